"""Each person does their own part of a return and no more; companies keep to themselves."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, users

from .return_common import ReturnsCommon

AGENT = "aftersales_service.group_aftersales_agent"


class TestReturnSecurity(ReturnsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._user("seller", "sales_team.group_sale_salesman")
        cls._user("keeper", "stock.group_stock_user")
        cls._user("helper", "aftersales_service.group_aftersales_user")
        cls._user("agent", AGENT)
        cls._user("manager", "aftersales_service.group_aftersales_manager")
        cls._user("clerk", "account.group_account_invoice")
        cls._user("guest")
        cls.seller = cls.env["res.users"].search([("login", "=", "seller")])
        cls.order = cls._sold(cls.seal, quantity=10, user_id=cls.seller.id)

    def _mine(self, record):
        return record.with_user(self.env.user)

    # === THE WHOLE WAY, EACH WITH OWN RIGHTS === #

    def test_the_whole_way_by_five_people(self):
        self._invoiced(self.order)
        seller, agent, keeper, clerk = (
            self.env["res.users"].search([("login", "=", login)])
            for login in ("seller", "agent", "keeper", "clerk")
        )
        order = self.order.with_user(seller)
        action = order.action_aftersales_return()
        dialog = Form(
            self.env["aftersales.return.goods"].with_user(seller).with_context(**action["context"])
        )
        with dialog.line_ids.edit(0) as line:
            self.assertEqual((line.delivered, line.returnable), (10, 10))
            line.quantity = 4
        dialog.wish = "refund"
        result = dialog.save().action_apply()
        returned = self.env["aftersales.return"].browse(result["res_id"])
        self.assertEqual(returned.create_uid, seller)
        returned.with_user(seller).action_submit()

        returned.with_user(agent).action_authorise()
        self.assertFalse(agent.has_group("account.group_account_invoice"))

        action = returned.with_user(keeper).action_receive()
        with Form(
            self.env[action["res_model"]].with_user(keeper).with_context(**action["context"])
        ) as dialog:
            with dialog.line_ids.edit(0) as line:
                line.quantity = 3
            dialog.is_last = True
        dialog.record.action_apply()
        self.assertEqual(returned.state, "received")
        action = returned.line_ids.with_user(keeper).action_open_inspection()
        view = action["views"][0][0]
        with Form(returned.line_ids.with_user(keeper), view=view) as form:
            form.result = "defective"
            form.inspection_note = "Cracked"
            self.assertEqual(form.quantity_accepted, 3)
        returned.line_ids.with_user(keeper).action_inspect()
        self.assertEqual(returned.line_ids.inspector_id, keeper)

        returned.with_user(agent).action_refund()
        note = self._notes(returned)
        self.assertEqual(note.invoice_line_ids.quantity, 3)
        with self.assertRaises(AccessError):
            note.with_user(agent).action_post()
        note.with_user(clerk).action_post()
        self.assertRecordValues(returned, [{"state": "settled", "money_status": "refunded"}])
        self.assertTrue(returned.with_user(clerk).name)

    # === WHO MAY WHAT === #

    @users("guest")
    def test_other_employees_see_nothing(self):
        returned = self._return(self.order, 1)
        with self.assertRaises(AccessError):
            self._mine(returned).read(["name"])
        with self.assertRaises(AccessError):
            self.env["aftersales.return.line"].search([])

    @users("seller")
    def test_a_salesperson_sees_returns_of_own_orders_only(self):
        mine = self._return(self.order, 1, user_id=False)
        self.assertTrue(self._mine(mine).name)
        foreign = self._sold(self.seal, quantity=1, user_id=self.env.ref("base.user_admin").id)
        other = self._return(foreign, 1, user_id=False)
        with self.assertRaises(AccessError):
            self._mine(other).read(["name"])
        with self.assertRaises(AccessError):
            self._mine(other.line_ids).read(["product_id"])

    @users("seller", "keeper", "helper")
    def test_only_agents_authorise_refund_and_refuse(self):
        returned = self._return(self.order, 2)
        returned.action_submit()
        mine = self._mine(returned)
        for step in ("action_authorise", "action_refuse"):
            with self.assertRaises(AccessError):
                getattr(mine, step)()
        returned.action_authorise()
        self._receive(returned)
        self._inspect(returned)
        for step in ("action_refund", "action_replace", "action_send_back", "action_dispose"):
            with self.assertRaises(AccessError):
                getattr(mine, step)()
        with self.assertRaises(AccessError):
            mine.line_ids.action_waive()

    @users("seller", "agent", "manager")
    def test_where_it_stands_is_not_typed_in(self):
        returned = self._return(self.order, 2)
        mine = self._mine(returned)
        for name, value in (
            ("state", "settled"),
            ("date_authorised", "2026-01-01 00:00:00"),
            ("date_submitted", "2026-01-01 00:00:00"),
        ):
            with self.assertRaises(AccessError):
                mine.write({name: value})
        for name, value in (
            ("is_overridden", True),
            ("is_refused", True),
            ("quantity_inspected", 2),
            ("quantity_waived", 1),
        ):
            with self.assertRaises(AccessError):
                mine.line_ids.write({name: value})
        with self.assertRaises(AccessError):
            self.env["aftersales.return"].create(
                {"partner_id": self.customer.id, "date_authorised": "2026-01-01 00:00:00"}
            )

    @users("keeper")
    def test_a_storekeeper_inspects_and_decides_nothing(self):
        returned = self._return(self.order, 2)
        mine = self._mine(returned.line_ids)
        with self.assertRaises(AccessError):
            mine.quantity_accepted = 2
        returned.action_authorise()
        self._receive(returned)
        mine.write({"result": "ok", "quantity_accepted": 1})
        for values in ({"outcome": "refund"}, {"destination": "scrap"}, {"quantity_authorised": 9}):
            with self.assertRaises(AccessError):
                mine.write(values)
        with self.assertRaises(AccessError):
            self._mine(returned).is_advance = True

    @users("seller")
    def test_a_salesperson_changes_wishes_until_it_is_authorised(self):
        returned = self._return(self.order, 2)
        mine = self._mine(returned)
        mine.line_ids.wish = "exchange"
        with self.assertRaises(AccessError):
            mine.line_ids.outcome = "exchange"
        returned.action_authorise()
        with self.assertRaises(AccessError):
            mine.line_ids.wish = "refund"
        with self.assertRaises(AccessError):
            mine.enclose = "Cable"

    @users("agent")
    def test_quantities_and_goods_stay_once_authorised(self):
        returned = self._return(self.order, 2)
        returned.action_submit()
        mine = self._mine(returned)
        with self.assertRaisesRegex(UserError, "its goods stay"):
            mine.line_ids.delivery_move_id = False
        mine.action_authorise()
        with self.assertRaisesRegex(UserError, "its quantities stay"):
            mine.line_ids.quantity_authorised = 9
        with self.assertRaisesRegex(UserError, "customer, order and company stay"):
            mine.partner_id = self.env.user.partner_id
        with self.assertRaisesRegex(UserError, "needs a return of its own"):
            mine.line_ids = [
                Command.create({"delivery_move_id": self.order._aftersales_get_deliveries().id})
            ]
        with self.assertRaisesRegex(UserError, "Refuse or waive"):
            mine.line_ids.unlink()

    @users("agent")
    def test_only_a_manager_grants_what_is_refused(self):
        returned = self._return(self.order, 2)
        with self.assertRaises(AccessError):
            self._mine(returned.line_ids)._override("refund", "Good customer")

    # === COMPANIES === #

    def test_companies_keep_to_themselves(self):
        other = self.env["res.company"].create({"name": "Branch Office"})
        agent = self._user("branch_agent", AGENT)
        agent.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        returned = self._return(self.order, 1)
        theirs = returned.with_user(agent).with_context(allowed_company_ids=other.ids)
        with self.assertRaises(AccessError):
            theirs.read(["name"])
        with self.assertRaises(AccessError):
            theirs.line_ids.read(["product_id"])
        self.assertFalse(
            self.env["aftersales.return.analysis"]
            .with_user(agent)
            .with_context(allowed_company_ids=other.ids)
            .search([("return_id", "=", returned.id)])
        )
        with self.assertRaisesRegex(UserError, "[Cc]ompan"):
            self.env["aftersales.return"].create(
                {
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "line_ids": [
                        Command.create(
                            {"delivery_move_id": self.order._aftersales_get_deliveries().id}
                        )
                    ],
                }
            )

    def test_nobody_works_on_returns_of_another_company(self):
        """Buttons are refused as much as reading is, whatever a program sends."""
        other = self.env["res.company"].create({"name": "Branch Office"})
        keeper = self._user("branch_keeper", "stock.group_stock_user")
        manager = self._user("branch_manager", "aftersales_service.group_aftersales_manager")
        for user in (keeper, manager):
            user.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        returned = self._here(self.order, 1)
        line = returned.line_ids
        for user, records, method in (
            (keeper, line, "action_inspect"),
            (keeper, line, "action_open_inspection"),
            (keeper, returned, "action_accept_all"),
            (manager, returned, "action_refund"),
            (manager, returned, "action_cancel"),
            (manager, returned, "action_draft"),
            (manager, returned, "action_approve"),
            (manager, returned, "action_ask_again"),
            (manager, returned, "action_dispose"),
            (manager, returned, "action_retry"),
            (manager, line, "action_expect_again"),
        ):
            records = records.with_user(user).with_context(allowed_company_ids=other.ids)
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(records, method)()
        dialog = (
            self.env["aftersales.return.receipt"]
            .with_user(keeper)
            .with_context(allowed_company_ids=other.ids)
            .create({"return_id": returned.id, "line_ids": [], "is_last": True, "other_goods": "x"})
        )
        with self.assertRaises(AccessError):
            dialog.action_apply()

    # === SCREENS === #

    @users("agent", "manager", "keeper", "seller", "helper")
    def test_everybody_concerned_opens_the_form(self):
        serial = f"O-{self.env.user.login}"
        order = self._sold(serials=[serial], user_id=self.seller.id)
        returned = self._here(order, serials=[serial])
        with Form(self._mine(returned)) as form:
            self.assertEqual(form.state, "inspected")
        shown = {"lot_id": {"fields": {"display_name": {}}}, "answers_text": {}, "status": {}}
        row = self._mine(returned).line_ids.web_read(shown)[0]
        self.assertEqual((row["lot_id"]["display_name"], row["status"]), (serial, "inspected"))

    @users("clerk")
    def test_an_accountant_reads_it(self):
        returned = self._here(self.order, 2)
        self.assertTrue(self._mine(returned).read(["name", "money_status", "credit_note_count"]))

    @users("agent")
    def test_a_new_return_has_no_odd_title(self):
        self.assertFalse(self.env["aftersales.return"].new({}).display_name)

    @users("agent")
    def test_buttons_on_documents(self):
        plan = self._plan({"length": 12})
        order = self._sold(serials=["S1"], plan=plan)
        unit = order.order_line.aftersales_unit_ids
        request = self._request(unit, user_id=self.env.uid)
        for document in (order.picking_ids, unit, request):
            action = (
                self._mine(document).action_aftersales_return()
                if document._name == "stock.picking"
                else self._mine(document).action_create_return()
            )
            wizard = self.env[action["res_model"]].with_context(**action["context"]).create({})
            self.assertRecordValues(
                wizard.line_ids, [{"lot_id": self._serial("S1").id, "quantity": 1}]
            )
        returned = self.env["aftersales.return"].browse(wizard.action_apply()["res_id"])
        self.assertEqual(returned.request_id, request)
        self.assertEqual(returned.line_ids.unit_id, unit)
        for document, count in (
            (unit, "return_count"),
            (request, "return_count"),
            (order.picking_ids, "aftersales_return_count"),
        ):
            self.assertEqual(self._mine(document)[count], 1)
