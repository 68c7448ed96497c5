"""Service goals: shares of jobs against what a company wants to keep."""

from odoo import fields

from .common import AftersalesCommon


class TestGoals(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goal = cls.env["aftersales.goal"].create(
            {"name": "Major complaints", "measure": "major_complaint", "limit": 1}
        )
        cls.complaint = cls.env.ref("aftersales_service.request_type_complaint")
        jobs = cls.env["repair.order"].create(
            [{"product_id": cls.part.id, "partner_id": cls.customer.id} for _number in range(300)]
        )
        # what three hundred jobs of a month leave behind, without moving goods three hundred times
        case = cls._complain()
        case.severity = "minor"
        jobs.aftersales_request_id = case
        jobs.aftersales_date_intake = cls._noon("2026-03-18")
        jobs.write({"state": "done", "aftersales_date_repaired": cls._noon("2026-03-20")})

    @classmethod
    def _complain(cls, on="2026-03-10 10:00"):
        return cls._reported(on, type_id=cls.complaint.id, severity="major")

    def _look(self, month="2026-03-01"):
        return self.goal.with_context(aftersales_month=month)

    def test_s_r14_1_not_above_one_percent(self):
        for _number in range(3):
            self._complain()
        self.assertEqual((self._look().part, self._look().whole), (3, 300))
        self.assertEqual((self._look().share, self._look().state), (1.0, "met"))
        self._complain()
        self.goal.invalidate_recordset()
        self.assertEqual((self._look().share, self._look().state), (1.33, "missed"))
        self.assertIn("4 of 300 are 1.33 %", self._look().sentence)

    def test_a_month_is_the_companys_month(self):
        self._complain("2026-03-31 23:30")
        self._complain("2026-04-01 00:30")
        self.assertEqual(self._look().part, 1)
        april = self._look("2026-04-01")
        self.assertEqual((april.part, april.whole, april.state), (1, 0, "none"))
        self.assertIn("nothing to count", april.sentence)
        self.assertAlmostEqual(april.former_share, 0.33)

    def test_other_companies_count_for_themselves(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.goal.company_id = other
        self.assertEqual(self._look().whole, 0)

    def test_agents_read_and_managers_set_goals(self):
        agent = self._user("goal-agent", "aftersales_service.group_aftersales_agent")
        seen = self._look().with_user(agent)
        self.assertEqual(seen.whole, 300)
        self.assertFalse(seen.has_access("write"))
        self.assertEqual(self.goal.month, fields.Date.today().replace(day=1))
