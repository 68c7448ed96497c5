"""Claims: covered or not, until when and why; presets promise what their regimes say."""

from datetime import date

from odoo.exceptions import UserError

from .common import AftersalesCommon


class TestClaimDecision(AftersalesCommon):
    def assertDecision(self, claim, result, reason, sentence):
        self.assertEqual((claim.result, claim.reason), (result, reason))
        self.assertIn(sentence, claim.reason_text)

    def test_s_r01_1_coverage_starts_at_acceptance(self):
        unit = self._delivered(plan=self._preset("r01"), on="2026-02-20", invoiced="2026-02-15")
        hardware = unit.coverage_ids[0]
        self.assertFalse(hardware.date_start)
        self.assertEqual((unit.coverage_state, unit.waits_for), ("not_started", "Acceptance"))
        self.assertDecision(
            self._claim(unit, "2026-03-01"), "undetermined", "not_started", "“Acceptance”"
        )
        unit.date_accepted = "2026-03-10"
        self.assertEqual(
            (hardware.date_start, hardware.date_end), (date(2026, 3, 10), date(2027, 3, 9))
        )
        for day, result in (
            ("2027-03-01", "covered"),
            ("2027-03-20", "not_covered"),
            ("2027-03-09", "covered"),
            ("2027-03-10", "not_covered"),
        ):
            self.assertEqual(self._claim(unit, day).result, result, day)

    def test_s_r12_1_six_years_from_shipping(self):
        unit = self._delivered(plan=self._preset("r12"), on="2026-03-10")
        unit.move_line_id.picking_id.aftersales_date_received = "2026-03-18"
        self.assertCover(unit, "2026-03-10", "2032-03-09")
        self.assertDecision(
            self._claim(unit, "2032-03-12"), "not_covered", "expired", "ended on 03/09/2032"
        )

    def test_s_r12_3_charges_by_cause(self):
        unit = self._delivered(plan=self._preset("r12"), on="2026-03-10")
        charges = self._claim(unit, "2027-01-01", self._cause("quality")).charges
        self.assertEqual(charges["part"], ["company", "free", 0.0])
        human = self._claim(unit, "2027-01-01", self._cause("human_damage"))
        self.assertDecision(human, "not_covered", "excluded", "Human damage")
        self.assertEqual(human.charges["part"], ["customer", "cost", 0.0])
        self.assertEqual(human.charges["labour"], ["customer", "cost", 0.0])
        late = self._claim(unit, "2033-01-01").charges
        self.assertEqual(late["part"], ["customer", "cost", 0.0])
        self.assertEqual(late["labour"], ["customer", "list", 0.0])

    def test_r05_care_for_life_after_the_year(self):
        unit = self._delivered(plan=self._preset("r05"), on="2026-03-10")
        self.assertRecordValues(
            unit.coverage_ids,
            [
                {
                    "phase": "warranty",
                    "date_start": date(2026, 3, 10),
                    "date_end": date(2027, 3, 9),
                },
                {"phase": "aftercare", "date_start": date(2027, 3, 10), "date_end": False},
            ],
        )
        later = self._claim(unit, "2030-01-01")
        self.assertDecision(later, "not_covered", "aftercare", "Paid care since")

    def test_r01_duty_is_charged_in_a_covered_repair(self):
        unit = self._delivered(plan=self._preset("r01"), on="2026-02-20", accepted="2026-03-10")
        claim = self._claim(unit, "2026-06-01", self._cause("quality"))
        self.assertEqual(claim.result, "covered")
        self.assertEqual(claim.charges["duty"], ["customer", "list", 0.0])
        self.assertIn("Duty and taxes: Customer – List price", claim.charges_text)

    def test_component_is_judged_by_its_own_term(self):
        lamp = self.env["aftersales.component"].create({"name": "Light source"})
        plan = self._plan({"length": 48}, {"length": 24, "component_id": lamp.id})
        unit = self._delivered(plan=plan, on="2026-03-10")
        self.assertEqual(self._claim(unit, "2029-01-01").result, "covered")
        own = self._claim(unit, "2029-01-01", component=lamp)
        self.assertDecision(own, "not_covered", "expired", "Light source · Warranty ended")

    def test_open_claim_follows_the_facts_a_decided_one_does_not(self):
        unit = self._delivered(plan=self._preset("r12"), on="2026-03-10")
        claim = self._claim(unit, "2032-03-01")
        self.assertEqual(claim.result, "covered")
        claim.action_decide()
        other = self._claim(unit, "2032-03-01")
        unit.move_line_id.picking_id.date_done = self._noon("2026-01-10")
        self.assertEqual((claim.result, other.result), ("covered", "not_covered"))
        claim.action_reopen()
        self.assertEqual(claim.result, "not_covered")

    def test_undetermined_claim_cannot_be_decided(self):
        unit = self._delivered(plan=self._preset("r01"), on="2026-02-20")
        with self.assertRaisesRegex(UserError, "cannot be decided yet.*not recorded"):
            self._claim(unit, "2026-03-01").action_decide()

    def test_policy_edited_after_the_sale_judges_by_what_was_promised(self):
        plan = self._preset("r12")
        unit = self._delivered(plan=plan, on="2026-03-10")
        plan.warranty_policy_id.charge_rule_ids.unlink()
        plan.warranty_policy_id.exclusion_ids = False
        claim = self._claim(unit, "2027-01-01", self._cause("human_damage"))
        self.assertEqual((claim.reason, claim.charges["part"][1]), ("excluded", "cost"))

    def test_many_units_are_judged_in_few_queries(self):
        plan = self._preset("r05")
        units = self.env["aftersales.unit"].create(
            [
                {
                    "name": f"U{number}",
                    "product_id": self.machine.id,
                    "partner_id": self.customer.id,
                    "plan_id": plan.id,
                    "date_delivered": "2026-03-10",
                }
                for number in range(500)
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            decisions = units._decide(date(2026, 6, 1))
        self.assertEqual({d.result.value for d in decisions.values()}, {"covered"})
