"""Diagnosis: facts that decide the claim, codes per family, suggestions from finished repairs."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users

from .common import AftersalesCommon


class TestRepairDiagnosis(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        technician = ("aftersales_service.group_aftersales_user", "stock.group_stock_user")
        cls.tech = cls._user("tech", *technician)
        cls._user("keeper", "stock.group_stock_user")
        cls._user("manager", "aftersales_service.group_aftersales_manager")
        cls.unit = cls._delivered("SN-1", plan=cls._preset("r12"), on="2026-03-10")
        cls.leak = cls.env.ref("aftersales_service.fault_leak")
        cls.noise = cls.env.ref("aftersales_service.fault_noise")
        cls.admin = cls.env.ref("base.user_admin")

    def _mine(self, record):
        return record.with_user(self.env.user)

    @classmethod
    def _remedy(cls, name):
        return cls.env.ref(f"aftersales_service.remedy_{name}")

    # === FACTS === #

    @users("tech")
    def test_what_a_technician_finds_decides_the_claim_of_a_colleagues_case(self):
        repair = self._mine(self._job(self.unit, "2026-06-01", user_id=self.admin.id))
        with Form(repair) as form:
            form.aftersales_fault_id = self.leak
            form.aftersales_cause_id = self._cause("human_damage")
            form.aftersales_remedy_id = self._remedy("part_replaced")
        claim = repair.aftersales_claim_id
        request = repair.sudo().aftersales_request_id
        self.assertEqual((request.fault_id, claim.fault_id), (self.leak, self.leak))
        self.assertEqual(claim.result, "not_covered")
        self.assertFalse(repair.under_warranty)
        self.assertTrue(repair.aftersales_date_diagnosed)

    def test_the_repair_follows_its_case(self):
        repair = self._job(self.unit, "2026-06-01", fault_id=self.leak.id)
        request = repair.aftersales_request_id
        self.assertEqual(repair.aftersales_fault_id, self.leak)
        self.assertEqual(str(repair.aftersales_date_failure), "2026-06-01")
        self.assertFalse(repair.aftersales_date_diagnosed)
        request.write({"fault_id": self.noise.id, "date_failure": "2026-06-02"})
        self.assertEqual(repair.aftersales_fault_id, self.noise)
        self.assertEqual(str(repair.aftersales_date_failure), "2026-06-02")

    def test_the_usual_cause_of_a_fault_is_proposed(self):
        self.leak.cause_id = self._cause("quality")
        repair = self._job(self.unit, "2026-06-01")
        repair.aftersales_fault_id = self.leak
        self.assertEqual(repair.aftersales_cause_id, self._cause("quality"))
        walk_in = self.env["repair.order"].create(
            {
                "partner_id": self.customer.id,
                "product_id": self.machine.id,
                "lot_id": self.unit.lot_id.id,
            }
        )
        walk_in.action_aftersales_judge()
        walk_in.aftersales_fault_id = self.leak
        self.assertEqual(walk_in.aftersales_claim_id.cause_id, self._cause("quality"))
        self.assertEqual(walk_in.aftersales_cause_id, self._cause("quality"))

    @users("tech")
    def test_a_decided_claim_is_reopened_first_and_decided_when_done(self):
        repair = self._mine(self._job(self.unit, "2026-06-01"))
        self._start(repair)
        claim = repair.aftersales_claim_id
        self.assertEqual(claim.state, "decided")
        with self.assertRaisesRegex(UserError, "Reopen Decision"):
            repair.aftersales_cause_id = self._cause("misuse")
        repair.aftersales_remedy_id = self._remedy("adjusted")
        repair.action_aftersales_reopen_claim()
        repair.aftersales_cause_id = self._cause("misuse")
        self.assertEqual(claim.result, "not_covered")
        repair.action_repair_end()
        self.assertEqual(claim.state, "decided")

    def test_a_finished_repair_keeps_what_it_found(self):
        repair = self._job(self.unit, "2026-06-01", fault_id=self.leak.id)
        self._start(repair)
        repair.action_repair_end()
        repair.aftersales_claim_id.action_reopen()
        repair.aftersales_request_id.fault_id = self.noise
        self.assertEqual(repair.aftersales_fault_id, self.leak)
        # corrected on the repair, the case that went on is told that fact and no other
        repair.aftersales_request_id.date_failure = "2026-06-20"
        repair.aftersales_cause_id = self._cause("quality")
        self.assertEqual(repair.aftersales_request_id.fault_id, self.noise)
        self.assertEqual(repair.aftersales_request_id.cause_id, self._cause("quality"))

    def test_a_finished_case_is_left_alone(self):
        repair = self._job(self.unit, "2026-06-01")
        request, claim = repair.aftersales_request_id, repair.aftersales_claim_id
        repair.action_repair_cancel()
        request.action_resolve()
        repair.aftersales_fault_id = self.leak
        self.assertFalse(request.fault_id)
        self.assertEqual(claim.fault_id, self.leak)
        claim.action_cancel()
        repair.aftersales_fault_id = self.noise
        self.assertEqual(claim.fault_id, self.leak)

    @users("keeper")
    def test_a_storekeeper_does_not_decide_who_pays(self):
        repair = self._mine(self._job(self.unit, "2026-06-01"))
        with self.assertRaisesRegex(AccessError, "recorded by after-sales people"):
            repair.aftersales_cause_id = self._cause("misuse")
        repair.aftersales_remedy_id = self._remedy("cleaned")
        plain = self.env["repair.order"].create({"product_id": self.part.id})
        plain.aftersales_cause_id = self._cause("misuse")
        self.assertFalse(plain.aftersales_date_diagnosed)

    def test_a_back_dated_diagnosis_stays(self):
        repair = self._job(self.unit, "2026-06-01")
        earlier = fields.Datetime.now() - timedelta(days=3)
        repair.write(
            {
                "aftersales_remedy_id": self._remedy("cleaned").id,
                "aftersales_date_diagnosed": earlier,
            }
        )
        repair.aftersales_remedy_id = self._remedy("adjusted")
        self.assertEqual(repair.aftersales_date_diagnosed, earlier)

    # === CODES === #

    def test_codes_belong_to_families_and_those_below(self):
        pumps = self.env["product.category"].create({"name": "Pumps"})
        big = self.env["product.category"].create({"name": "Big", "parent_id": pumps.id})
        others = self.env["product.category"].create({"name": "Phones"})
        self.machine.categ_id = big
        repair = self._job(self.unit, "2026-06-01")
        self.leak.category_ids = pumps
        repair.aftersales_fault_id = self.leak
        phones = self.env["aftersales.remedy"].create(
            {"name": "New battery", "category_ids": [Command.set(others.ids)]}
        )
        with self.assertRaisesRegex(ValidationError, "New battery.*is not for"):
            repair.aftersales_remedy_id = phones
        self.noise.category_ids = others
        with self.assertRaisesRegex(ValidationError, "is not for"):
            repair.aftersales_fault_id = self.noise
        with self.assertRaisesRegex(ValidationError, "is no fault of"):
            repair.aftersales_request_id.fault_id = self.noise
        self.assertIn(self.leak, self._offered(big))
        self.assertNotIn(self.noise, self._offered(big))

    def _offered(self, category):
        return self.env["aftersales.fault"].search(
            ["|", ("category_ids", "=", False), ("category_ids", "parent_of", category.id)]
        )

    def test_two_remedies_never_share_a_code(self):
        self.env["aftersales.remedy"].create({"name": "One", "code": "R1"})
        with self.assertRefusedByDatabase():
            self.env["aftersales.remedy"].create({"name": "Two", "code": "R1"})

    @users("tech", "keeper")
    def test_remedies_are_the_managers(self):
        self.assertTrue(self.env["aftersales.remedy"].search([]).mapped("name"))
        with self.assertRaises(AccessError):
            self.env["aftersales.remedy"].create({"name": "Mine"})

    @users("manager")
    def test_a_manager_adds_a_remedy(self):
        self.assertTrue(self.env["aftersales.remedy"].create({"name": "Balanced"}).id)

    # === SUGGESTIONS === #

    def _finished(self, number, fault, remedy, cause="quality", product=None):
        """So many finished repairs with this outcome, each of another thing."""
        repairs = self.env["repair.order"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": (product or self.machine).id,
                    "aftersales_fault_id": fault.id,
                    "aftersales_cause_id": self._cause(cause).id,
                    "aftersales_remedy_id": remedy and self._remedy(remedy).id,
                    "aftersales_unit_id": self.unit.id,
                    "aftersales_plan_id": False,
                }
                for _ in range(number)
            ]
        )
        repairs.write({"state": "done"})
        return repairs

    @users("tech")
    def test_what_helped_before_is_suggested_with_counts(self):
        self.unit.sudo().plan_id.repeat_scope = "none"
        self.env.flush_all()
        finished = self.env["repair.order"].sudo()
        for number, remedy in ((12, "part_replaced"), (3, "adjusted")):
            finished |= self._finished(number, self.leak, remedy)
        self._finished(4, self.noise, "cleaned")
        repair = self._mine(self._job(self.unit, "2026-06-01", fault_id=self.leak.id))
        suggested = repair.aftersales_suggestions["remedy"]
        self.assertEqual(
            [(each["name"], each["count"], each["total"]) for each in suggested],
            [("Part replaced", 12, 15), ("Adjusted", 3, 15)],
        )
        self.assertEqual(repair.aftersales_suggestions["cause"][0]["count"], 15)

    def test_suggestions_take_one_query_however_many_repairs(self):
        self._finished(6, self.leak, "part_replaced")
        jobs = self.env["repair.order"]
        for serial in ("SN-2", "SN-3"):
            unit = self._delivered(serial, plan=self.unit.plan_id, on="2026-03-10")
            jobs |= self._job(unit, "2026-06-01", fault_id=self.leak.id)
        jobs.mapped("aftersales_suggestions")  # names and families are known from here on
        self.env.flush_all()
        jobs.invalidate_recordset(["aftersales_suggestions"])
        with self.assertQueryCount(1):
            jobs.mapped("aftersales_suggestions")

    def test_nothing_is_suggested_for_a_fault_nobody_named(self):
        repair = self._job(self.unit, "2026-06-01")
        self.assertFalse(repair.aftersales_suggestions)
        repair.aftersales_fault_id = self.leak
        self.assertEqual(repair.aftersales_suggestions, {"cause": [], "remedy": []})
