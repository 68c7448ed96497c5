"""Lists and boards read as many queries for sixty records as for ten."""

from .common import AftersalesCommon


class TestListQueries(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls._preset("r05")
        cls.units = cls.env["aftersales.unit"].create(
            [
                {
                    "name": f"U{number}",
                    "product_id": cls.part.id,
                    "partner_id": cls.customer.id,
                    "plan_id": plan.id,
                    "date_delivered": "2026-03-10",
                }
                for number in range(60)
            ]
        )
        cls.requests = cls.env["aftersales.request"].create(
            [{"title": "Broken", "unit_id": unit.id} for unit in cls.units]
        )

    def _count(self, records, names):
        self.env.flush_all()
        self.env.invalidate_all()
        records = records.browse(records.ids)  # as a list view reads them
        before = self.env.cr.sql_log_count
        records.web_read({name: {} for name in names})
        return self.env.cr.sql_log_count - before

    def assertSteady(self, records, *names):
        few, many = self._count(records[:10], names), self._count(records, names)
        self.assertLessEqual(many, few, f"{records._name}: {few} queries for ten, {many} for sixty")

    def test_units(self):
        self.assertSteady(self.units, "name", "coverage_state", "cover_end")
        self.assertSteady(self.units, "name", "coverage_sentence", "request_count", "repair_count")

    def test_requests(self):
        self.assertSteady(self.requests, "title", "coverage_result", "coverage_sentence")

    def test_claims(self):
        self.assertSteady(self.requests.claim_ids, "name", "result", "reason_text", "charges_text")
