"""Returns by policy: what may be asked for, what a manager grants, what an inspection changes."""

from freezegun import freeze_time

from odoo import Command

from .return_common import ReturnsCommon


class TestReturnPromise(ReturnsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("granter", "aftersales_service.group_aftersales_manager")

    def _phone(self, serial, regime="r47", on="2026-06-01", **values):
        plan = self._preset(regime)
        order = self._sold(
            serials=[serial], plan=plan, on=on, date_order=f"{on} 04:00:00", **values
        )
        order.order_line.aftersales_unit_ids.date_invoiced = on
        return order

    def _asked(self, order, serial, on, **values):
        returned = self._return(order, serials=[serial], date_requested=self._noon(on), **values)
        returned.action_submit()
        return returned

    def test_each_refusal_has_a_reason_with_dates(self):
        order = self._phone("P1")
        returned = self._asked(order, "P1", "2027-07-01")
        line = returned.line_ids
        self.assertEqual(line.wish_status, "refused")
        self.assertRegex(line.answers_text, r"Refund: .*\d{4}")
        with self.assertRefused("does not allow “Refund”"):
            returned.action_authorise()
        self.assertEqual(returned.state, "submitted")

    def test_the_best_that_is_allowed_is_proposed(self):
        """S-R47-3: after three months only a repair is left."""
        order = self._phone("P2")
        returned = self._asked(order, "P2", "2026-09-10")
        self.assertRecordValues(
            returned.line_ids, [{"wish": "refund", "proposal": "repair", "outcome": "repair"}]
        )
        returned.action_authorise()
        self.assertFalse(returned.line_ids.move_ids.to_refund)

    def test_a_manager_grants_with_a_reason(self):
        order = self._phone("P3")
        self._invoiced(order)
        returned = self._asked(order, "P3", "2026-09-10")
        dialog = (
            self.env["aftersales.return.override"]
            .with_user(self.manager)
            .create({"line_id": returned.line_ids.id, "outcome": "refund", "reason": " "})
        )
        with self.assertRefused("Say why"):
            dialog.action_apply()
        dialog.reason = "A loyal customer"
        dialog.action_apply()
        self.assertRecordValues(
            returned.line_ids,
            [
                {
                    "outcome": "refund",
                    "is_overridden": True,
                    "override_reason": "A loyal customer",
                    "override_user_id": self.manager.id,
                }
            ],
        )
        returned.action_authorise()
        self._receive(returned)
        self._inspect(returned, "no_fault")
        self.assertEqual(returned.line_ids.outcome, "refund")
        returned.action_refund()
        self._notes(returned).action_post()
        self.assertEqual(returned.state, "settled")

    def test_lines_are_refused_one_by_one(self):
        order = self._sold(self.seal, quantity=5)
        returned = self._return(order, 2)
        returned.line_ids = [
            Command.create(
                {"delivery_move_id": order.picking_ids.move_ids.id, "quantity_requested": 1}
            )
        ]
        returned.action_submit()
        first, second = returned.line_ids
        dialog = self.env["aftersales.return.refusal"].create(
            {"return_id": returned.id, "line_ids": second.ids, "reason": "Not ours"}
        )
        dialog.action_apply()
        self.assertRecordValues(
            second, [{"status": "refused", "refusal_reason": "Not ours", "is_open": False}]
        )
        self.assertLeft(order, 3)
        returned.action_authorise()
        self.assertEqual(first.status, "expected")
        self.assertFalse(second.move_ids)

    def test_a_whole_return_is_refused_and_taken_up_again(self):
        order = self._sold(self.seal, quantity=5)
        returned = self._return(order, 2)
        returned.action_submit()
        dialog = self.env["aftersales.return.refusal"].create(
            {"return_id": returned.id, "reason": "Too late"}
        )
        dialog.action_apply()
        self.assertRecordValues(returned, [{"state": "refused", "refusal_reason": "Too late"}])
        self.assertLeft(order, 5)
        returned.action_draft()
        self.assertRecordValues(returned, [{"state": "draft", "refusal_reason": False}])

    # === INSPECTION === #

    def test_no_fault_found_asks_the_promise_again(self):
        order = self._phone("Q1", "r29")
        self._invoiced(order)
        fault = self.env["aftersales.fault"].search([("name", "ilike", "ring")], limit=1)
        returned = self._return(order, serials=["Q1"], date_requested=self._noon("2026-06-05"))
        returned.line_ids.fault_id = fault
        with freeze_time(self._noon("2026-06-05")):
            returned.action_authorise()
            self.assertEqual(returned.line_ids.outcome, "refund")
            self._receive(returned)
            self._inspect(returned, "no_fault")
        line = returned.line_ids
        self.assertEqual(line.wish_status, "refused")
        self.assertIn("no fault", line.wish_answer.lower())
        self.assertNotEqual(line.outcome, "refund")
        self.assertFalse(line.move_ids.to_refund)
        self.assertEqual(order.order_line.qty_delivered, 1)

    def test_s_r29_1_with_a_sheet(self):
        """Day 4, “no ring”, inspected by us: refund, at the invoice price."""
        self.machine.list_price = 2999
        order = self._phone("Q2", "r29")
        self._invoiced(order)
        self.machine.list_price = 2599
        fault = self.env["aftersales.fault"].search([("name", "ilike", "ring")], limit=1)
        returned = self._return(order, serials=["Q2"], date_requested=self._noon("2026-06-05"))
        returned.line_ids.fault_id = fault
        with freeze_time(self._noon("2026-06-05")):
            returned.action_authorise()
            self._receive(returned)
            self._inspect(returned, "defective")
        self.assertEqual(returned.line_ids.wish_status, "allowed")
        returned.action_refund()
        self.assertEqual(self._notes(returned).amount_untaxed, 2999)

    def test_a_worn_unit_loses_rights(self):
        """R39.03: a tampered date or severe wear leaves repair only."""
        order = self._phone("Q3", "r39")
        returned = self._return(
            order, serials=["Q3"], wish="exchange", date_requested=self._noon("2026-06-05")
        )
        with freeze_time(self._noon("2026-06-05")):
            returned.action_authorise()
            self._receive(returned)
            self._inspect(returned, "defective", is_worn=True)
        line = returned.line_ids
        self.assertTrue(line.unit_id.is_tampered)
        self.assertEqual(line.wish_status, "refused")
        with self.assertRefused("not to be exchanged|does not allow"):
            line.action_replace()

    def test_a_wrong_item_goes_back(self):
        order = self._sold(self.seal, quantity=1)
        returned = self._authorised(order, 1)
        self._receive(returned)
        self._inspect(returned, "wrong_item")
        self.assertRecordValues(returned.line_ids, [{"outcome": "back", "quantity_accepted": 0}])
        returned.action_send_back()
        self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")

    def test_what_an_inspection_must_say(self):
        order = self._sold(self.seal, quantity=2)
        returned = self._authorised(order, 2)
        line = returned.line_ids
        with self.assertRefused("not here yet"):
            line.action_inspect()
        self._receive(returned)
        with self.assertRefused("Say what was found"):
            line.action_inspect()
        line.result = "incomplete"
        with self.assertRefused("Say what is missing"):
            line.action_inspect()
        line.write({"missing_accessories": "Screws", "quantity_accepted": 3})
        with self.assertRefused("2 came, so 3 cannot be accepted"):
            line.action_inspect()
        line.quantity_accepted = 1
        line.action_inspect()
        self.assertEqual(returned.state, "inspected")

    def test_what_comes_later_is_inspected_too(self):
        order = self._sold(self.seal, quantity=4)
        returned = self._authorised(order, 4)
        self._receive(returned, 1)
        returned.action_accept_all()
        self._receive(returned)
        self.assertEqual(returned.state, "received")
        returned.action_accept_all()
        self.assertRecordValues(
            returned.line_ids, [{"quantity_accepted": 4, "quantity_inspected": 4}]
        )
        self.assertEqual(returned.state, "inspected")

    # === S-R16-1: THE SAME BATCH === #

    def _tiles(self, stock):
        plan = self._preset("r16")
        tile = self._product("Tile", tracking="lot", list_price=10)
        batch = self._serial("B7", tile)
        self._stock(tile, 20 + stock, batch)
        order = self._order(tile, 20, plan=plan)
        order.picking_ids.move_ids.picked = True
        order.picking_ids._action_done()
        returned = self._return(order, serials=["B7"])
        returned.line_ids.quantity_requested = 20
        returned.action_submit()
        return returned

    def test_a_batch_in_stock_is_tested_first(self):
        returned = self._tiles(stock=12)
        self.assertRecordValues(returned.line_ids, [{"wish_status": "open"}])
        self.assertIn("Test goods of the same batch", returned.line_ids.wish_answer)
        with self.assertRefused("“Refund” is not decided yet. Test goods of the same batch first"):
            returned.action_authorise()
        returned.line_ids.batch_finding = "same_problem"
        returned.line_ids._ask_promise()
        self.assertEqual(returned.line_ids.wish_status, "allowed")
        self.assertIn("return_at_once", returned.line_ids.answers["hints"])
        returned.action_authorise()
        self.assertEqual(returned.state, "authorised")

    def test_a_sound_batch_is_negotiated(self):
        returned = self._tiles(stock=12)
        returned.line_ids.batch_finding = "sound"
        returned.line_ids._ask_promise()
        self.assertEqual(returned.line_ids.wish_status, "refused")
        self.assertIn("negotiate", returned.line_ids.answers["hints"])
        with self.assertRefused("does not allow"):
            returned.action_authorise()

    def test_without_the_batch_samples_are_asked_for(self):
        returned = self._tiles(stock=0)
        self.assertIn("samples", returned.line_ids.wish_answer)

    # === R28: TRAINING FIRST, THEN UPPER MANAGEMENT === #

    def test_who_cannot_use_it_is_trained_first(self):
        order = self._phone("U1", "r28")
        returned = self._asked(order, "U1", "2026-06-03", why="cannot_use")
        with self.assertRefused("Offer training first"):
            returned.action_authorise()
        request = self._request(
            order.order_line.aftersales_unit_ids,
            "2026-06-03",
            remedy_why="cannot_use",
            insists_on_return=True,
        )
        returned.request_id = request
        returned.line_ids.description = "Too many buttons"
        returned.action_ask_again()
        self.assertTrue(returned.needs_approval)
        agent = self._user("r28_agent", "aftersales_service.group_aftersales_agent")
        with self.assertRefused("hands RMA.* to upper management"):
            returned.with_user(agent).action_authorise()
        returned.with_user(self.manager).action_approve()
        self.assertRecordValues(
            returned, [{"needs_approval": False, "approver_id": self.manager.id}]
        )
        returned.with_user(agent).action_authorise()
        self.assertEqual(returned.state, "authorised")

    # === LADDERS THROUGH RETURNS === #

    def test_an_exchange_that_is_not_made_in_time_becomes_a_refund(self):
        """R05.02, C71: the clock starts when the exchange is granted."""
        plan = self._plan({"length": 12})
        plan.remedy_policy_id = self.env["aftersales.remedy.policy"].create(
            {
                "name": "Exchange in a week",
                "exchange_days": 7,
                "tier_ids": [
                    Command.create(
                        {"why": "quality", "allows_exchange": True, "until_unit": "cover"}
                    )
                ],
            }
        )
        order = self._sold(serials=["V1"], plan=plan, on="2026-06-01")
        returned = self._return(
            order, serials=["V1"], wish="exchange", date_requested=self._noon("2026-06-03")
        )
        with freeze_time(self._noon("2026-06-05")):
            returned.action_authorise()
            self._receive(returned)
            self._inspect(returned)
        line = returned.line_ids
        self.assertEqual(str(line.date_exchange_granted), "2026-06-05")
        for day, allowed in (("2026-06-12", "refused"), ("2026-06-13", "allowed")):
            with freeze_time(self._noon(day)):
                returned.action_ask_again()
            self.assertEqual(line._get_answer("refund")["status"], allowed, day)
            self.assertEqual(line._get_answer("exchange")["status"], "allowed", day)
        self.assertEqual(line.outcome, "exchange")
        line.wish = "refund"
        self.assertEqual(line.outcome, "refund")
        self.assertTrue(line.move_ids.to_refund)

    # === TELLING, PRINTING, COUNTING === #

    def test_customers_are_told_once_of_each_step(self):
        self.company.aftersales_return_mails = True
        self.customer.email = "hotel@example.com"
        order = self._sold(self.seal, quantity=1)
        self._invoiced(order)
        returned = self._authorised(order, 1)
        sent = []
        for step in (
            lambda: None,
            lambda: None,
            lambda: self._receive(returned),
            lambda: (self._inspect(returned), returned.action_refund()),
            lambda: self._notes(returned).action_post(),
        ):
            step()
            with self.enter_registry_test_mode():
                self.env.ref("aftersales_service.cron_return_follow_up").method_direct_trigger()
            mails = (
                self.env["mail.mail"]
                .sudo()
                .search([("model", "=", "aftersales.return"), ("res_id", "=", returned.id)])
            )
            sent.append(len(mails))
        self.assertEqual(sent, [1, 1, 2, 2, 3])
        self.assertFalse(returned.follow_up_error)

    def test_forms_are_in_the_customers_language_and_printable(self):
        order = self._sold(serials=["R1"])
        returned = self._authorised(order, serials=["R1"], enclose="The charger")
        Report = self.env["ir.actions.report"]
        for name, words in (
            ("return_form", (returned.name, "R1", "The charger", "Please enclose")),
            ("return_label", (returned.name,)),
            ("return_inspection", (returned.name, "R1", "Fault confirmed")),
        ):
            html = Report._render_qweb_html(f"aftersales_service.report_{name}", returned.ids)[
                0
            ].decode()
            for word in words:
                self.assertIn(word, html, name)

    def test_the_analysis_counts_rates_by_product(self):
        order = self._sold(self.seal, quantity=8)
        self._return(order, 2).action_submit()
        self.env.flush_all()
        ((rate, delivered, returned),) = self.env["aftersales.return.analysis"]._read_group(
            [("product_id", "=", self.seal.id)],
            [],
            ["rate:avg", "quantity_delivered:sum", "quantity_returned:sum"],
        )
        self.assertEqual((rate, delivered, returned), (25.0, 8.0, 2.0))

    def test_lists_cost_no_query_a_row(self):
        order = self._sold(self.seal, quantity=40)
        returns = self.env["aftersales.return"].union(*(self._here(order, 1) for _n in range(6)))
        names = ["name", "goods_status", "money_status", "state", "is_late", "date_refund_due"]
        self.env.flush_all()
        counts = []
        for some in (returns[:2], returns):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.read(names)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
