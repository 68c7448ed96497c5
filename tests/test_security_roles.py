"""Each person can do their own job and no more; companies keep to themselves."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, users

from .common import AftersalesCommon


class TestSecurityRoles(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._user("seller", "sales_team.group_sale_salesman")
        cls._user("keeper", "stock.group_stock_user")
        cls._user("helper", "aftersales_service.group_aftersales_user")
        cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls._user("manager", "aftersales_service.group_aftersales_manager")
        cls._user("clerk")
        cls.plan = cls._preset("r05")
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2026-03-10")
        cls.unit.user_id = False

    def _mine(self, record):
        return record.with_user(self.env.user)

    @users("seller", "keeper", "helper", "agent", "manager")
    def test_everybody_concerned_reads_the_passport(self):
        with Form(self._mine(self.unit)) as form:
            self.assertIn("Covered: Warranty", form.coverage_sentence)
            self.assertIn("Delivered", form.timeline_html)

    @users("manager")
    def test_forms_of_what_is_new_have_no_odd_titles(self):
        for model in ("unit", "request", "claim", "acceptance"):
            with self.subTest(model):
                self.assertFalse(self.env[f"aftersales.{model}"].new({}).display_name)

    @users("seller", "keeper", "helper", "agent")
    def test_the_passport_links_only_where_one_may_go(self):
        self.unit.sale_order_id.user_id = False
        events = self._mine(self.unit)._get_timeline()
        linked = {event["model"] for event in events} - {False}
        self.assertEqual("sale.order" in linked, self.env.user.login == "seller")
        self.assertEqual(self.env["stock.picking"].has_access("read"), "stock.picking" in linked)

    @users("seller")
    def test_a_salesperson_sees_units_of_own_and_unassigned_orders(self):
        self.assertTrue(self._mine(self.unit).name)
        self.unit.user_id = self.env.ref("base.user_admin")
        with self.assertRaises(AccessError):
            self._mine(self.unit).read(["name"])

    @users("clerk")
    def test_other_employees_see_no_unit(self):
        with self.assertRaises(AccessError):
            self._mine(self.unit).read(["name"])
        with self.assertRaises(AccessError):
            self.env["aftersales.request"].search([])

    @users("seller", "keeper", "helper", "agent")
    def test_promises_are_the_managers(self):
        with self.assertRaises(AccessError):
            self._mine(self.plan).name = "Better"
        with self.assertRaises(AccessError):
            self._mine(self.plan.warranty_policy_id).term_ids.length = 99
        with self.assertRaises(AccessError):
            self._mine(self.unit).coverage_ids.unlink()

    @users("manager")
    def test_a_manager_writes_promises_but_not_what_was_promised(self):
        self._mine(self.plan).name = "Better"
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            self._mine(self.unit).coverage_ids.length = 99
        with self.assertRaises(AccessError):
            self._mine(self.unit).coverage_ids.copy()

    @users("seller")
    def test_a_salesperson_chooses_the_plan_and_confirms(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.machine.id, "aftersales_plan_id": self.plan.id}
                    )
                ],
            }
        )
        self.assertIn("1 year", order.order_line.aftersales_terms)
        order.action_confirm()
        self.assertTrue(order.sudo().order_line.aftersales_version_id)

    @users("keeper")
    def test_a_storekeeper_delivers_and_the_unit_appears(self):
        order = self.env["sale.order"].sudo().browse(self._order(plan=self.plan).id)
        self._stock(self.machine, 1, self._serial("SN-2"))
        picking = self._mine(order.picking_ids)
        picking.move_ids.move_line_ids.unlink()
        picking.move_ids.lot_ids = self._serial("SN-2")
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(order.order_line.aftersales_unit_ids.name, "SN-2")

    @users("helper")
    def test_a_user_sees_own_and_unassigned_requests(self):
        mine = self.env["aftersales.request"].create({"title": "Mine", "unit_id": self.unit.id})
        self.assertEqual(mine.claim_ids.result, "covered")
        free = self._request(self.unit, user_id=False)
        other = self._request(self.unit, user_id=self.env.ref("base.user_admin").id)
        found = self.env["aftersales.request"].search([])
        self.assertEqual(found & (mine | free | other), mine | free)
        with self.assertRaises(AccessError):
            self._mine(other).title = "Taken"
        with self.assertRaises(AccessError):
            mine.action_create_repair()

    @users("agent")
    def test_an_agent_repairs_and_quotes_without_sales_rights(self):
        request = self._mine(self._request(self.unit, user_id=self.env.ref("base.user_admin").id))
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        repair.move_ids = [
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 2, "repair_line_type": "add"}
            )
        ]
        self.assertEqual(repair.move_ids.aftersales_charge, "We – Free")
        repair.action_create_sale_order()
        self.assertEqual(repair.sudo().sale_order_id.order_line.price_unit, 0)
        repair.move_ids.product_uom_qty = 3
        self.assertEqual(repair.sudo().sale_order_id.amount_total, 0)
        with self.assertRaises(AccessError):
            self.env["sale.order"].create({"partner_id": self.customer.id})

    @users("agent", "keeper")
    def test_who_repairs_opens_what_was_quoted(self):
        agent = self.env["res.users"].sudo().search([("login", "=", "agent")])
        request = self._request(self.unit, user_id=agent.id).with_user(agent)
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        repair.move_ids = [
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 2, "repair_line_type": "add"}
            )
        ]
        repair.with_user(agent).action_create_sale_order()
        self.env.flush_all()
        self.env.invalidate_all()
        action = self._mine(repair).action_view_sale_order()
        order = self.env["sale.order"].browse(action["res_id"])
        with self.assertRaisesRegex(AccessError, "Journal Item"):
            Form(order)
        form = Form(order, view=action["views"][0][0])
        self.assertEqual((form.amount_total, len(form.order_line)), (0, 1))
        self.assertIn("/my/orders/", order.action_preview_sale_order()["url"])

    @users("seller")
    def test_salespeople_open_orders_as_ever(self):
        repair = self.env["repair.order"].sudo().new({"sale_order_id": self.unit.sale_order_id.id})
        self.assertFalse(repair.sudo(False).action_view_sale_order()["views"][0][0])

    @users("helper", "agent")
    def test_decisions_and_facts_of_transfers_are_not_typed(self):
        claim = self._mine(self._claim(self.unit, "2033-01-01"))
        for values in ({"result": "covered"}, {"charges": {}}, {"ruling": "goodwill"}):
            with self.assertRaisesRegex(AccessError, "not typed in"):
                claim.write(values)

    @users("agent")
    def test_a_promise_is_not_forged(self):
        unit = self._mine(self.unit)
        version = self._plan({"length": 99}).warranty_policy_id._current_versions()
        for values in ({"version_id": next(iter(version.values())).id}, {"is_serial": True}):
            with self.assertRaisesRegex(AccessError, "cannot be entered"):
                unit.write(values)
        with self.assertRaisesRegex(UserError, "Correct them there"):
            unit.date_delivered = "2030-01-01"
        with self.assertRaisesRegex(UserError, "instead of deleting"):
            self.unit.unlink()

    def test_an_accountant_opens_orders_and_transfers(self):
        biller = self._user("biller", "account.group_account_invoice")
        self.assertEqual(self.unit.sale_order_id.with_user(biller).aftersales_unit_count, 0)

    def test_dialogs_are_their_users_own(self):
        agent, manager = (
            self.env["res.users"].search([("login", "=", login)]) for login in ("agent", "manager")
        )
        claim = self._claim(self.unit, "2033-01-01")
        dialog = self.env["aftersales.claim.ruling"].with_user(agent)
        dialog = dialog.create({"claim_id": claim.id, "reason": "Letter"})
        self.assertEqual(dialog.reason, "Letter")
        for action in (lambda his: his.read(["reason"]), lambda his: his.action_apply()):
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                action(dialog.with_user(manager))

    def test_no_dialog_is_forgotten(self):
        dialogs = [
            model
            for model in self.env.values()
            if model._transient and model._name.startswith("aftersales.")
        ]
        self.assertTrue(dialogs)
        Rule = self.env["ir.rule"].with_user(self.env.ref("base.user_admin"))
        for dialog in dialogs:
            with self.subTest(dialog._name):
                rule = Rule._compute_domain(dialog._name, "read")
                self.assertIn("create_uid", str(rule))

    @users("keeper")
    def test_a_storekeeper_repairs_what_a_claim_covers(self):
        request = self._request(self.unit, "2026-06-01")
        repair = self.env["repair.order"].browse(request.sudo().action_create_repair()["res_id"])
        repair = self._mine(repair)
        repair.action_repair_start()
        self.assertEqual(repair.sudo().aftersales_claim_id.state, "decided")

    def test_another_company_sees_and_uses_nothing(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._user("stranger", "aftersales_service.group_aftersales_manager")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        for record in (self.unit, self._request(self.unit), self.unit.coverage_ids[:1]):
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(["display_name"])
        request = self.env["aftersales.request"].with_user(stranger).new({"serial": "SN-1"})
        self.assertFalse(request.unit_id)

    def test_a_plan_of_another_company_never_applies(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        theirs = self._plan({"length": 99}, company_id=other.id)
        self.company.aftersales_plan_id = theirs  # as an import as superuser could leave it
        self.assertFalse(self._order(confirm=False).order_line.aftersales_plan_id)
        with self.assertRaises(UserError):
            self.env["aftersales.unit"].create(
                {
                    "product_id": self.machine.id,
                    "partner_id": self.customer.id,
                    "plan_id": theirs.id,
                }
            )


class TestPlanLookup(AftersalesCommon):
    """Nearest first: order line, product, category, its parents, company."""

    def test_nearest_plan_wins(self):
        by_name = {
            name: self._plan({"length": 12}, name=name)
            for name in ("company", "grandparent", "category", "product", "line")
        }
        Category = self.env["product.category"]
        grandparent = Category.create({"name": "Machines"})
        parent = Category.create({"name": "Pumps", "parent_id": grandparent.id})
        category = Category.create({"name": "Big pumps", "parent_id": parent.id})
        self.machine.categ_id = category

        def chosen():
            return self._order(confirm=False).order_line.aftersales_plan_id

        self.assertFalse(chosen())
        self.company.aftersales_plan_id = by_name["company"]
        self.assertEqual(chosen(), by_name["company"])
        grandparent.aftersales_plan_id = by_name["grandparent"]
        self.assertEqual(chosen(), by_name["grandparent"])
        category.aftersales_plan_id = by_name["category"]
        self.assertEqual(chosen(), by_name["category"])
        self.machine.aftersales_plan_id = by_name["product"]
        self.assertEqual(chosen(), by_name["product"])
        line = self._order(plan=by_name["line"], confirm=False).order_line
        self.assertEqual(line.aftersales_plan_id, by_name["line"])

    def test_a_product_without_category_and_a_deleted_category(self):
        plan = self._plan({"length": 12})
        category = self.env["product.category"].create(
            {"name": "Soon gone", "aftersales_plan_id": plan.id}
        )
        self.machine.categ_id = category
        order = self._order()
        self.machine.categ_id = False
        category.unlink()
        self.assertFalse(self._order(confirm=False).order_line.aftersales_plan_id)
        self.assertEqual(order.order_line.aftersales_plan_id, plan)

    def test_companies_promise_their_own(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        plan = self._plan({"length": 12})
        self.machine.aftersales_plan_id = plan
        plans = self.machine._aftersales_plans(other)
        self.assertFalse(plans[self.machine])
        self.assertEqual(self.machine._aftersales_plans(self.company)[self.machine], plan)

    def test_one_lookup_for_the_whole_batch(self):
        plan = self._plan({"length": 12})
        category = self.env["product.category"].create(
            {"name": "Pumps", "aftersales_plan_id": plan.id}
        )
        products = self.env["product.product"].create(
            [{"name": f"P{number}", "categ_id": category.id} for number in range(50)]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(11):  # whatever the number of products
            plans = products._aftersales_plans(self.company)
        self.assertEqual(set(plans.values()), {plan})

    def test_quotation_prints_the_terms(self):
        order = self._order(plan=self._preset("r12"), confirm=False)
        html = self.env["ir.actions.report"]._render_qweb_html("sale.report_saleorder", order.ids)[
            0
        ]
        self.assertIn("Warranty: 6 years, from: Shipping", html.decode())
