"""What is accepted and what is ruled, in a real browser, by people with only their own rights."""

from datetime import date

from odoo.tests import HttpCase, tagged

from .common import AftersalesCommon


@tagged("-at_install", "post_install", "aftersales")
class TestTourAcceptanceRuling(AftersalesCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._user("tour_agent", "aftersales_service.group_aftersales_agent")
        cls.manager = cls._user("tour_manager", "aftersales_service.group_aftersales_manager")
        cls.plan = cls._plan({"length": 10, "length_unit": "year"}, start="acceptance")

    def _waiting(self, serial):
        """A machine ordered and delivered that nobody has accepted yet."""
        unit = self._delivered(serial, plan=self.plan, on="2026-02-20")
        unit.date_ordered = "2026-02-01"
        unit.sale_order_id.date_order = self._noon("2026-02-01")
        return unit

    def _walk(self, tour, user, action="aftersales_unit_action", record=None):
        path = f"/odoo/action-aftersales_service.{action}"
        if record:
            path = f"/odoo/{record._name}/{record.id}"
        self.start_tour(path, tour, login=user.login)
        self.env.invalidate_all()

    def test_an_acceptance_starts_what_waited(self):
        unit = self._waiting("SN-WAITS")

        self._walk("aftersales_future_acceptance_tour", self.agent)
        self.assertFalse(unit.acceptance_ids)
        self.assertEqual((unit.date_accepted, unit.coverage_state), (False, "not_started"))
        self.assertCover(unit, False, False)

        self._walk("aftersales_acceptance_tour", self.agent)
        self.assertRecordValues(
            unit.acceptance_ids,
            [
                {
                    "state": "recorded",
                    "date": date(2026, 3, 10),
                    "order_id": unit.sale_order_id.id,
                    "partner_id": self.customer.id,
                    "signed_customer": "Head of Engineering",
                    "signed_company": "Project Manager",
                    "create_uid": self.agent.id,
                }
            ],
        )
        self.assertEqual((unit.date_accepted, unit.coverage_state), (date(2026, 3, 10), "covered"))
        self.assertCover(unit, "2026-03-10", "2036-03-09")

    def test_an_order_is_accepted_as_a_whole(self):
        seller = self._user("tour_seller", "sales_team.group_sale_salesman")
        serials = ["SN-ONE", "SN-TWO"]
        for serial in serials:
            self._stock(self.machine, 1, self._serial(serial))
        order = self._order(quantity=2, plan=self.plan, user_id=seller.id)
        self._ship(order.picking_ids, serials)
        units = order.order_line.aftersales_unit_ids
        self.assertEqual(set(units.mapped("coverage_state")), {"not_started"})

        self._walk("aftersales_order_acceptance_tour", seller, record=order)
        acceptance = units.acceptance_ids
        self.assertRecordValues(
            acceptance, [{"state": "recorded", "order_id": order.id, "create_uid": seller.id}]
        )
        self.assertEqual(units.mapped("date_accepted"), [acceptance.date] * 2)
        self.assertEqual(set(units.mapped("coverage_state")), {"covered"})

    def test_goodwill_lets_an_undetermined_repair_start(self):
        unit = self._waiting("SN-FAILS")
        self._stock(self.part, 5)

        self._walk("aftersales_undetermined_repair_tour", self.agent)
        claim = unit.request_ids.claim_ids
        repair = claim.repair_ids
        self.assertEqual((claim.state, claim.result), ("open", "undetermined"))
        self.assertEqual((claim.reason, repair.state), ("not_started", "confirmed"))

        self._walk("aftersales_ruling_tour", self.manager, "aftersales_claim_action")
        self.assertRecordValues(
            claim,
            [
                {
                    "state": "open",
                    "result": "covered",
                    "is_goodwill": True,
                    "ruling": "goodwill",
                    "ruling_reason": "The customer waited for us",
                    "ruling_user_id": self.manager.id,
                }
            ],
        )
        self.assertEqual(set(map(tuple, claim.charges.values())), {("company", "free", 0.0)})
        self.assertIn("The customer waited for us", claim.reason_text)

        self._walk("aftersales_goodwill_repair_tour", self.agent, record=repair)
        self.assertEqual((repair.state, claim.state), ("under_repair", "decided"))
        self.assertCover(unit, False, False)
