"""Claims that people decide, and what each line of a repair costs whom."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users

from .common import AftersalesCommon


class TestClaimRuling(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls._user("manager", "aftersales_service.group_aftersales_manager")
        cls._user("helper", "aftersales_service.group_aftersales_user")
        cls.unit = cls._delivered("SN-1", plan=cls._preset("r12"), on="2026-03-10")

    def _rule(self, claim, ruling, reason="Letter of the maker"):
        dialog = Form(self.env["aftersales.claim.ruling"].with_context(default_claim_id=claim.id))
        dialog.ruling = ruling
        dialog.reason = reason
        return dialog.save().action_apply()

    def test_s_r07_1_undetermined_waits_for_the_maker(self):
        request = self._request(self.unit, "2026-06-01")
        claim = request.claim_ids
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        claim.action_submit()
        self.assertEqual((claim.result, claim.reason), ("undetermined", "doubtful"))
        with self.assertRaisesRegex(UserError, "Nobody knows yet who pays"):
            repair.action_repair_start()
        self._rule(claim, "approved")
        self.assertEqual((claim.result, claim.charges["part"][0]), ("covered", "company"))
        self.assertIn("Letter of the maker", claim.reason_text)
        repair.action_repair_start()
        self.assertEqual(repair.state, "under_repair")

    def test_s_r07_1_rejected_needs_a_quote(self):
        claim = self._claim(self.unit, "2026-06-01")
        claim.action_submit()
        self._rule(claim, "rejected")
        self.assertEqual(claim.result, "not_covered")
        self.assertEqual(claim.charges["labour"], ["customer", "list", 0.0])

    @users("agent")
    def test_goodwill_and_refusal_are_the_managers(self):
        claim = self._claim(self.unit, "2033-01-01").with_user(self.env.user)
        for ruling in ("goodwill", "refused"):
            with self.assertRaisesRegex(AccessError, "Only an after-sales manager"):
                self._rule(claim, ruling)
        self._rule(claim, "approved")
        self.assertEqual(claim.result, "covered")

    def _offered(self):
        Dialog = self.env["aftersales.claim.ruling"]
        return [name for name, _words in Dialog.fields_get(["ruling"])["ruling"]["selection"]]

    @users("helper", "agent")
    def test_the_dialog_offers_what_one_may_decide(self):
        self.assertEqual(self._offered(), ["approved", "rejected"])

    @users("manager")
    def test_the_dialog_offers_managers_everything(self):
        self.assertEqual(self._offered(), ["approved", "rejected", "goodwill", "refused"])

    @users("manager")
    def test_goodwill_has_a_reason_and_can_be_withdrawn(self):
        claim = self._claim(self.unit, "2033-01-01").with_user(self.env.user)
        self._rule(claim, "goodwill", "Good customer since the beginning")
        self.assertEqual((claim.result, claim.is_goodwill), ("covered", True))
        self.assertIn("Good customer", claim.reason_text)
        self.assertTrue(claim.date_ruled)
        claim.action_decide()
        claim.action_withdraw_ruling()
        self.assertEqual(
            (claim.state, claim.result, claim.is_goodwill), ("open", "not_covered", False)
        )
        self.assertFalse(claim.ruling_user_id or claim.date_ruled)

    @users("helper")
    def test_whoever_takes_requests_records_the_makers_answer(self):
        request = self._request(self.unit, "2033-06-01", user_id=self.env.user.id)
        repair = self.env["repair.order"].sudo().browse(request.action_create_repair()["res_id"])
        claim = request.claim_ids.with_user(self.env.user)
        self._rule(claim, "approved")
        self.assertEqual((claim.result, repair.under_warranty), ("covered", True))

    def test_who_pays_is_told_in_the_order_people_know(self):
        claim = self._claim(self.unit, "2026-06-01")
        told = [line.split(":")[0] for line in claim.charges_text.splitlines()]
        self.assertEqual(
            told, ["Labour", "Parts", "Travel", "Freight", "Duty and taxes", "Sundries"]
        )

    def test_the_dialog_shows_what_it_changes(self):
        request = self._request(self.unit, "2033-06-01")
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        repair.aftersales_cost_line_ids = [
            Command.create({"cost_type": "labour", "quantity": 2, "price_list": 150})
        ]
        dialog = self.env["aftersales.claim.ruling"].new(
            {"claim_id": request.claim_ids.id, "ruling": "goodwill"}
        )
        self.assertEqual((dialog.result_before, dialog.result_after), ("not_covered", "covered"))
        self.assertEqual((dialog.charged_before, dialog.charged_after), (300, 0))

    def test_components_of_others_and_units_of_others(self):
        lamp = self.env["aftersales.component"].create(
            {"name": "Lamp", "product_tmpl_ids": [Command.set(self.part.product_tmpl_id.ids)]}
        )
        with self.assertRaisesRegex(ValidationError, "no component of Pump P200"):
            self._claim(self.unit, "2026-06-01", component=lamp)
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        with self.assertRaisesRegex(ValidationError, "belongs to Harbour Hotel"):
            self._request(self.unit, "2026-06-01", partner_id=stranger.id)


class TestFiveCostLines(AftersalesCommon):
    """One repair, five lines, five decisions with five reasons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan(
            {"length": 12},
            rules=(
                {"cost_type": "labour", "payer": "customer", "price_basis": "cost"},
                {"cost_type": "travel", "payer": "customer", "price_basis": "less", "percent": 50},
                {"cost_type": "duty", "payer": "customer", "price_basis": "list"},
            ),
        )
        unit = cls._delivered("SN-1", plan=cls.plan, on="2026-03-10")
        request = cls._request(unit, "2026-06-01", cause_id=cls._cause("quality").id)
        cls.repair = cls.env["repair.order"].browse(request.action_create_repair()["res_id"])
        cls.repair.move_ids = [
            Command.create(
                {"product_id": cls.part.id, "product_uom_qty": 2, "repair_line_type": "add"}
            )
        ]
        cls.analyst = cls._user("analyst", "aftersales_service.group_aftersales_agent")
        cls.repair.aftersales_cost_line_ids = [
            Command.create(
                {"cost_type": "labour", "quantity": 2, "price_list": 150, "price_cost": 80}
            ),
            Command.create({"cost_type": "travel", "price_list": 90}),
            Command.create({"cost_type": "duty", "price_list": 33}),
            Command.create(
                {
                    "cost_type": "freight",
                    "price_list": 60,
                    "is_goodwill": True,
                    "goodwill_reason": "Second trip was our fault",
                }
            ),
        ]

    def test_five_decisions_and_reasons(self):
        lines = self.repair.aftersales_cost_line_ids
        self.assertEqual(
            lines.mapped(lambda line: (line.cost_type, line.amount)),
            [("labour", 160), ("travel", 45), ("duty", 33), ("freight", 0)],
        )
        reasons = [*lines.mapped("reason"), self.repair.move_ids.aftersales_reason]
        self.assertEqual(len(set(reasons)), 5)
        self.assertIn("Goodwill: Second trip", reasons[3])
        self.assertIn("Promised rule “Duty and taxes”", reasons[2])
        self.assertIn("Covered: Warranty", reasons[4])

    def test_the_quotation_carries_the_prices(self):
        self.repair.action_create_sale_order()
        order = self.repair.sale_order_id
        self.assertEqual(order.amount_untaxed, 160 + 45 + 33)
        order.action_update_prices()
        self.assertEqual(order.amount_untaxed, 160 + 45 + 33)
        labour = self.repair.aftersales_cost_line_ids[0]
        labour.quantity = 3
        self.assertEqual(labour.sale_line_id.price_subtotal, 240)
        later = self.env["aftersales.cost.line"].create(
            {"repair_id": self.repair.id, "cost_type": "sundry", "price_list": 10}
        )
        self.assertEqual(later.sale_line_id.price_unit, 0)
        freight = self.repair.aftersales_cost_line_ids[3]
        self.assertEqual(freight.sale_line_id.aftersales_charge, "We – Free")
        travel = self.repair.aftersales_cost_line_ids[1]
        travel.cost_type = "sundry"
        self.assertEqual((travel.amount, travel.sale_line_id.price_unit), (0, 0))
        travel.write({"cost_type": "travel", "price_list": 90})
        labour.unlink()
        self.assertEqual(order.amount_untaxed, 45 + 33)

    def test_goodwill_on_a_line_is_the_managers_and_has_a_reason(self):
        agent = self._user("agent", "aftersales_service.group_aftersales_agent")
        line = self.repair.aftersales_cost_line_ids[0]
        with self.assertRaisesRegex(UserError, "Only an after-sales manager"):
            line.with_user(agent).write({"is_goodwill": True, "goodwill_reason": "Nice"})
        with self.assertRaisesRegex(ValidationError, "Goodwill needs a reason"):
            line.is_goodwill = True
        self.assertTrue(self.repair.aftersales_claim_id.is_goodwill)

    def _analyse(self, *measures, **conditions):
        self.env.flush_all()
        domain = [("repair_id", "=", self.repair.id)]
        domain += [(field, "=", value) for field, value in conditions.items()]
        analysis = self.env["aftersales.cost.analysis"].with_user(self.analyst)
        [sums] = analysis._read_group(domain, [], [f"{measure}:sum" for measure in measures])
        return sums

    def test_costs_are_reported_in_money(self):
        self.part.write({"standard_price": 30, "list_price": 50})
        self.repair.aftersales_cost_line_ids[3].price_cost = 40
        self.assertEqual(
            self._analyse("amount_cost", "amount_charged", "amount_result"),
            (160 + 2 * 30 + 40, 160 + 45 + 33, 260 - 238),
        )
        self.assertEqual(self._analyse("amount_goodwill"), (40,))
        self.assertEqual(
            self._analyse("amount_cost", "amount_list", payer="company", cost_type="part"),
            (60, 100),
        )
        self._rule_goodwill()
        self.assertEqual(self._analyse("amount_goodwill", "amount_charged"), (260, 0))

    def _rule_goodwill(self):
        self.repair.aftersales_claim_id._rule("goodwill", "A good customer")

    def test_suppliers_owe_what_the_rules_say(self):
        self.part.write({"standard_price": 30, "list_price": 50})
        plan = self._plan(
            {"length": 12},
            rules=(
                {"cost_type": "part", "payer": "supplier", "price_basis": "free"},
                {"cost_type": "labour", "payer": "supplier", "price_basis": "less", "percent": 20},
            ),
        )
        unit = self._delivered("SN-2", plan=plan, on="2026-03-10")
        request = self._request(unit, "2026-06-01")
        self.repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        self.repair.move_ids = [
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 2, "repair_line_type": "add"}
            )
        ]
        self.repair.aftersales_cost_line_ids = [
            Command.create(
                {"cost_type": "labour", "quantity": 2, "price_list": 150, "price_cost": 80}
            )
        ]
        self.assertEqual(
            self._analyse("amount_recoverable", "amount_charged", "amount_cost"),
            (2 * 30 + 2 * 120, 0, 2 * 30 + 2 * 80),
        )
        self.repair.aftersales_claim_id.action_cancel()
        self.assertEqual(self._analyse("amount_recoverable", "amount_charged"), (0, 400))
        self.repair.action_repair_cancel()
        self.assertEqual(self._analyse("amount_cost"), (False,))

    def test_negative_lines_are_refused(self):
        for values in ({"quantity": -1}, {"price_list": -5}):
            with self.assertRefusedByDatabase():
                self.env["aftersales.cost.line"].create({"repair_id": self.repair.id, **values})


class TestOrderTerms(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._user("seller", "sales_team.group_sale_salesman")
        cls.plan = cls._preset("r12")
        cls.order = cls._order(plan=cls.plan, confirm=False)
        cls.order.user_id = cls.seller

    def _dialog(self):
        line = self.order.order_line.with_user(self.seller)
        action = line.action_change_aftersales_terms()
        return Form(
            self.env[action["res_model"]].with_user(self.seller).with_context(action["context"])
        )

    def test_a_salesperson_promises_other_terms_on_one_order(self):
        with self._dialog() as dialog, dialog.term_ids.edit(0) as term:
            term.length = 8
        dialog.record.action_apply()
        line = self.order.order_line
        self.assertIn("8 years", line.aftersales_terms)
        self.assertEqual(self.plan.warranty_policy_id.term_ids.length, 6)
        html = self.env["ir.actions.report"]._render_qweb_html(
            "sale.report_saleorder", self.order.ids
        )[0]
        self.assertIn("8 years", html.decode())
        with self._dialog() as again, again.term_ids.edit(0) as term:
            term.length = 9
        again.record.action_apply()
        self.assertEqual(
            self.env["aftersales.warranty.policy"].search_count(
                [("deviation_line_id", "=", line.id)]
            ),
            1,
        )
        self.order.action_confirm()
        self._stock(self.machine, 1, self._serial("SN-1"))
        self._ship(self.order.picking_ids, ["SN-1"], on="2026-03-10")
        self.assertCover(line.aftersales_unit_ids, "2026-03-10", "2035-03-09")

    def test_nothing_to_change_without_a_promise(self):
        self.order.order_line.aftersales_plan_id = False
        with self.assertRaisesRegex(UserError, "promises nothing yet"):
            self._dialog()


class TestPolicyAndLibrary(AftersalesCommon):
    def test_overlapping_terms_and_broken_chains(self):
        with self.assertRaisesRegex(ValidationError, "run at the same time"):
            self._plan({"length": 12}, {"length": 24})
        with self.assertRaisesRegex(ValidationError, "no phase to follow"):
            self._plan({"length": 12, "start_event": "previous"})
        for term in ({"length": 0}, {"length": 9999, "length_unit": "year"}):
            with self.assertRefusedByDatabase():
                self._plan(term)

    def test_the_library_takes_plans_into_use(self):
        dialog = self.env["aftersales.plan.library"].create({"industry": "Furniture"})
        plan = self.env.ref("aftersales_service.plan_r05")
        self.assertIn(plan, dialog.plan_ids)
        self.assertFalse(plan.active)
        dialog.chosen_ids = plan
        dialog.action_use()
        self.assertTrue(plan.active and plan.warranty_policy_id.active)
        self.assertNotIn(plan, dialog._get_shelf())

    def test_a_variant_may_promise_something_else(self):
        plan, other = self._plan({"length": 12}), self._plan({"length": 24})
        self.machine.aftersales_plan_id = plan
        self.machine.aftersales_variant_plan_id = other
        self.assertEqual(self._order(confirm=False).order_line.aftersales_plan_id, other)

    def test_import_of_an_installed_base_follows_the_same_rules(self):
        self._preset("r05")
        fields = ["name", "product_id", "partner_id", "plan_id", "date_delivered"]
        rows = [
            [
                "OLD-1",
                self.machine.name,
                self.customer.name,
                "1 year from delivery, exchange after two repairs, care for life",
                "2026-03-10",
            ]
        ]
        result = self.env["aftersales.unit"].load(fields, rows)
        self.assertFalse(result["messages"])
        unit = self.env["aftersales.unit"].browse(result["ids"])
        self.assertEqual(str(unit.coverage_ids[0].date_end), "2027-03-09")
