"""Money of returns: credit notes by reversal, posted by accountants, never above the invoice."""

from freezegun import freeze_time

from odoo import Command, fields

from .return_common import ReturnsCommon


class TestReturnMoney(ReturnsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env["account.tax"].create(
            {"name": "VAT 13", "amount": 13, "amount_type": "percent", "type_tax_use": "sale"}
        )

    def _taxed(self, quantity=10, *, discount=0, **values):
        self.seal.taxes_id = self.tax
        self._stock(self.seal, quantity)
        order = self._order(self.seal, quantity, confirm=False, **values)
        order.order_line.discount = discount
        order.action_confirm()
        self._ship(order.picking_ids, quantity=quantity)
        return order

    def _refunded(self, order, quantity=None, **values):
        returned = self._here(order, quantity, **values)
        returned.action_refund()
        return returned

    # === AS INVOICED === #

    def test_taxes_and_discount_are_those_of_the_invoice(self):
        order = self._taxed(10, discount=20)
        invoice = self._invoiced(order)
        self.seal.list_price = 10  # today's price is another one
        returned = self._refunded(order, 3)
        note = self._notes(returned)
        self.assertRecordValues(
            note,
            [
                {
                    "move_type": "out_refund",
                    "state": "draft",
                    "reversed_entry_id": invoice.id,
                    "partner_id": invoice.partner_id.id,
                    "journal_id": invoice.journal_id.id,
                    "amount_untaxed": 120,
                    "amount_total": 135.6,
                }
            ],
        )
        self.assertRecordValues(
            note.invoice_line_ids,
            [
                {
                    "quantity": 3,
                    "price_unit": 50,
                    "discount": 20,
                    "tax_ids": self.tax.ids,
                    "account_id": invoice.invoice_line_ids.account_id.id,
                    "sale_line_ids": order.order_line.ids,
                }
            ],
        )
        self.assertEqual(returned.money_status, "requested")
        note.action_post()
        self.assertRecordValues(returned, [{"money_status": "refunded", "state": "settled"}])
        self.assertEqual(returned.line_ids.amount_refunded, 120)

    def test_it_equals_odoos_own_reversal(self):
        order = self._taxed(4, discount=10)
        invoice = self._invoiced(order)
        returned = self._refunded(order, 4)
        ours = self._notes(returned)
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "reason": returned.name})
        )
        wizard.refund_moves()
        theirs = wizard.new_move_ids
        for name in (
            "move_type partner_id partner_bank_id journal_id currency_id invoice_date date "
            "invoice_origin invoice_user_id fiscal_position_id invoice_payment_term_id "
            "amount_untaxed amount_tax amount_total reversed_entry_id ref team_id campaign_id"
        ).split():
            self.assertEqual(ours[name], theirs[name], name)
        for name in (
            "product_id name quantity price_unit discount tax_ids account_id sale_line_ids "
            "product_uom_id analytic_distribution balance display_type"
        ).split():
            self.assertEqual(
                ours.line_ids.sorted("display_type").mapped(name),
                theirs.line_ids.sorted("display_type").mapped(name),
                name,
            )

    def test_another_currency_stays(self):
        other = self.env["res.currency"].search([("name", "=", "EUR")]) or self.env.ref("base.EUR")
        other.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2020-01-01", "rate": 0.5}
        )
        pricelist = self.env["product.pricelist"].create({"name": "EUR", "currency_id": other.id})
        order = self._taxed(2, pricelist_id=pricelist.id)
        self._invoiced(order)
        returned = self._refunded(order, 1)
        note = self._notes(returned)
        self.assertEqual(note.currency_id, other)
        self.assertEqual(note.amount_untaxed, order.order_line.price_unit)

    def test_several_invoices_are_credited_oldest_first(self):
        order = self._taxed(10)
        first = self._invoiced(order)
        first.button_draft()
        first.invoice_line_ids.quantity = 4
        first.action_post()
        second = self._invoiced(order)
        self.assertEqual(second.invoice_line_ids.quantity, 6)
        returned = self._refunded(order, 5)
        notes = self._notes(returned)
        self.assertEqual(
            {note.reversed_entry_id: note.invoice_line_ids.quantity for note in notes},
            {first: 4, second: 1},
        )
        notes[0].action_post()
        self.assertEqual(returned.money_status, "requested")
        notes[1].action_post()
        self.assertEqual(returned.money_status, "refunded")

    # === NEVER ABOVE THE INVOICE === #

    def test_what_was_not_invoiced_is_not_refunded(self):
        order = self._taxed(10)
        returned = self._here(order, 3)
        with self.assertRefused("only 0 of .* are invoiced and not credited"):
            returned.action_refund()
        draft = self._invoiced(order, post=False)
        with self.assertRefused("Post the invoice first"):
            returned.action_refund()
        self.assertFalse(self._notes(returned))
        draft.invoice_line_ids.quantity = 10
        draft.action_post()
        returned.action_refund()
        self.assertEqual(returned.money_status, "requested")

    def test_what_was_credited_by_hand_is_not_refunded_again(self):
        order = self._taxed(10)
        invoice = self._invoiced(order)
        by_hand = invoice._reverse_moves([{"invoice_date": fields.Date.today()}])
        by_hand.invoice_line_ids.quantity = 8
        returned = self._here(order, 3)
        with self.assertRefused("only 2 of"):
            returned.action_refund()
        by_hand.action_post()
        with self.assertRefused("only 2 of"):
            returned.action_refund()

    def test_nothing_is_refunded_twice(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._refunded(order, 3)
        with self.assertRefused("Nothing of .* is to be refunded"):
            returned.action_refund()
        self._notes(returned).action_post()
        with self.assertRefused("Nothing of .* is to be refunded"):
            returned.action_refund()

    def test_an_edited_draft_is_looked_at_again(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._refunded(order, 3)
        note = self._notes(returned)
        note.invoice_line_ids.quantity = 4
        with self.assertRefused("accepted 3 .*4 more cannot be"):
            note.action_post()
        note.invoice_line_ids.write({"quantity": 3, "price_unit": 500})
        with self.assertRefused("only .* are not credited yet"):
            note.action_post()

    def test_goods_that_are_not_here_or_not_looked_at_earn_nothing(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._authorised(order, 3)
        with self.assertRefused("came, were inspected and accepted"):
            returned.action_refund()
        self._receive(returned)
        with self.assertRefused("came, were inspected and accepted"):
            returned.action_refund()
        self._inspect(returned, accepted=2)
        returned.action_refund()
        self.assertEqual(self._notes(returned).invoice_line_ids.quantity, 2)

    def test_a_closed_period(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._here(order, 3)
        self.env.flush_all()
        self.company.fiscalyear_lock_date = self._today()
        with self.assertRefused("books .* are closed until"):
            returned.action_refund()
        self.assertFalse(self._notes(returned))
        self.assertEqual(returned.money_status, "owed")

    # === IT OPENS AGAIN === #

    def test_a_cancelled_credit_note_opens_the_money_again(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._refunded(order, 3)
        note = self._notes(returned)
        note.action_post()
        self.assertEqual(returned.state, "settled")
        note.button_draft()
        self.assertRecordValues(returned, [{"money_status": "requested", "state": "inspected"}])
        note.button_cancel()
        self.assertRecordValues(returned, [{"money_status": "owed", "state": "inspected"}])
        self.assertFalse(returned.date_settled)
        returned.action_refund()
        (self._notes(returned) - note).action_post()
        self.assertEqual(returned.state, "settled")

    def test_a_reversed_credit_note_opens_the_money_again(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._refunded(order, 3)
        note = self._notes(returned)
        note.action_post()
        back = note._reverse_moves([{"invoice_date": fields.Date.today()}])
        self.assertEqual(returned.state, "settled")
        back.action_post()
        self.assertRecordValues(returned, [{"money_status": "owed", "state": "inspected"}])
        returned.action_refund()
        (self._notes(returned) - note - back).action_post()
        self.assertEqual(returned.state, "settled")

    def test_a_deleted_draft_is_owed_again(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._refunded(order, 3)
        self._notes(returned).unlink()
        self.assertEqual(returned.money_status, "owed")

    # === FEES, FREIGHT, PRICES === #

    def test_a_restocking_fee_and_freight(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._here(order, 4)
        returned.write(
            {
                "fee_percent": 10,
                "freight_amount": 15,
                "freight_payer": "customer",
                "freight_paid_by": "company",
            }
        )
        returned.action_refund()
        note = self._notes(returned)
        self.assertEqual(note.invoice_line_ids.mapped("price_subtotal"), [200.0, -20.0, -15.0])
        note.action_post()
        self.assertEqual(returned.state, "settled")
        self.assertEqual(returned.line_ids.quantity_refunded, 4)

    def test_freight_that_the_customer_paid_and_we_bear(self):
        order = self._taxed(10)
        self._invoiced(order)
        returned = self._here(order, 1)
        returned.write(
            {"freight_amount": 15, "freight_payer": "company", "freight_paid_by": "customer"}
        )
        returned.action_refund()
        self.assertEqual(self._notes(returned).amount_untaxed, 65)

    def test_fees_above_the_refund(self):
        order = self._taxed(1)
        self._invoiced(order)
        returned = self._here(order, 1)
        returned.write(
            {"freight_amount": 500, "freight_payer": "customer", "freight_paid_by": "company"}
        )
        with self.assertRefused("more than what is refunded"):
            returned.action_refund()

    def test_a_dearer_model_is_quoted_at_the_difference(self):
        better = self._product("Better gasket", list_price=80, taxes_id=self.tax.ids)
        order = self._taxed(2)
        self._invoiced(order)
        self._stock(better, 2)
        returned = self._here(order, 2, wish="exchange")
        returned.line_ids.write(
            {
                "exchange_product_id": better.id,
                "is_other_model_agreed": True,
                "price_rule": "difference",
            }
        )
        returned.action_replace()
        quotation = returned.line_ids.sale_line_ids.order_id
        self.assertRecordValues(
            quotation.order_line,
            [{"product_id": better.id, "price_unit": 30, "product_uom_qty": 2}],
        )
        quotation.action_confirm()
        self.assertEqual(quotation.order_line.price_unit, 30)
        self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")
        self.assertEqual(quotation.order_line.qty_delivered, 2)
        self.assertRecordValues(order.order_line, [{"qty_delivered": 2, "qty_invoiced": 2}])

    def test_a_cheaper_model_gives_the_difference_back(self):
        cheaper = self._product("Plain gasket", list_price=40)
        order = self._taxed(2)
        self._invoiced(order)
        self._stock(cheaper, 2)
        returned = self._here(order, 2, wish="exchange")
        returned.line_ids.write(
            {
                "exchange_product_id": cheaper.id,
                "is_other_model_agreed": True,
                "price_rule": "difference",
            }
        )
        returned.action_replace()
        self._deliver_all(returned)
        self.assertEqual(returned.state, "inspected")
        returned.action_refund()
        note = self._notes(returned)
        self.assertRecordValues(note, [{"amount_untaxed": 20, "amount_tax": 2.6}])
        self.assertRecordValues(order.order_line, [{"qty_delivered": 2, "qty_invoiced": 2}])
        note.action_post()
        self.assertEqual(returned.state, "settled")

    # === DUE === #

    def test_s_r30_1_money_within_seven_days_of_the_goods(self):
        """Asked in time, goods back on 10 June: refund due on 17 June, freight is theirs."""
        plan = self._preset("r30")
        order = self._sold(
            self.seal,
            quantity=1,
            plan=plan,
            on="2026-06-03",
            aftersales_channel="distance",
            date_order="2026-05-30 04:00:00",
        )
        self._invoiced(order)
        returned = self._return(order, 1, why="no_reason", date_requested=self._noon("2026-06-08"))
        returned.action_submit()
        self.assertEqual(returned.line_ids.wish_status, "allowed")
        self.assertEqual(returned.freight_payer, "customer")
        with freeze_time(self._noon("2026-06-10")):
            returned.action_authorise()
            self._receive(returned)
            self._inspect(returned, "ok")
        self.assertEqual(str(returned.date_refund_due), "2026-06-17")
        self.assertRecordValues(
            returned.activity_ids,
            [
                {
                    "activity_type_id": self.env.ref("aftersales_service.activity_refund_due").id,
                    "date_deadline": fields.Date.to_date("2026-06-17"),
                }
            ],
        )
        returned.action_refund()
        self._notes(returned).action_post()
        self.assertFalse(returned.activity_ids)

    def test_s_r30_1_too_late(self):
        plan = self._preset("r30")
        order = self._sold(
            self.seal, quantity=1, plan=plan, on="2026-06-03", aftersales_channel="distance"
        )
        late = self._return(order, 1, why="no_reason", date_requested=self._noon("2026-06-15"))
        with self.assertRefused("does not allow “Refund”"):
            late.action_authorise()
        last = self._return(order, 1, why="no_reason", date_requested=self._noon("2026-06-10"))
        last.action_authorise()

    def test_a_late_refund_is_escalated_once(self):
        manager = self._user("boss", "aftersales_service.group_aftersales_manager")
        self.company.aftersales_manager_id = manager
        plan = self._preset("r30")
        order = self._sold(
            self.seal, quantity=1, plan=plan, on="2026-06-03", aftersales_channel="distance"
        )
        self._invoiced(order)
        returned = self._return(order, 1, why="no_reason", date_requested=self._noon("2026-06-08"))
        with freeze_time(self._noon("2026-06-10")):
            returned.action_authorise()
            self._receive(returned)
            self._inspect(returned, "ok")
        for day in ("2026-06-17", "2026-06-18", "2026-06-19"):
            with freeze_time(self._noon(day)), self.enter_registry_test_mode():
                self.env.ref("aftersales_service.cron_return_follow_up").method_direct_trigger()
        self.assertEqual(len(returned.activity_ids.filtered(lambda a: a.user_id == manager)), 1)

    def test_the_case_is_refunded_when_it_is_posted(self):
        plan = self._plan({"length": 12})
        order = self._sold(serials=["M1"], plan=plan)
        self._invoiced(order)
        unit = order.order_line.aftersales_unit_ids
        request = self._request(unit)
        returned = self._authorised(order, serials=["M1"], request_id=request.id)
        self.assertFalse(request.date_unit_arrived)
        self._receive(returned)
        self.assertTrue(request.date_unit_arrived)
        self._inspect(returned)
        self.assertEqual(request.money_status, "to_refund")
        returned.action_refund()
        self.assertFalse(request.date_refunded)
        note = self._notes(returned)
        note.action_post()
        self.assertTrue(request.date_refunded)
        self.assertEqual(request.money_status, "refunded")
        note.button_draft()
        self.assertFalse(request.date_refunded)
        self.assertEqual(request.money_status, "to_refund")
        request.action_start()
        request.action_resolve()
        with self.assertRefused("still has the open return"):
            request.action_close()
        note.action_post()
        request.action_close()

    def test_an_accessory_at_its_own_price(self):
        """R29.04: sold with the phone, refunded at its stand-alone price on the day of return."""
        plan = self._preset("r29")
        battery = self.env["aftersales.component"].search([("kind", "=", "accessory")], limit=1)
        product = self._product("Battery", list_price=199, aftersales_component_id=battery.id)
        order = self._sold(serials=["N1"], plan=plan, on="2026-06-01")
        self._invoiced(order)
        unit = order.order_line.aftersales_unit_ids
        returned = self.env["aftersales.return"].create(
            {
                "partner_id": self.customer.id,
                "order_id": order.id,
                "date_requested": self._noon("2026-06-05"),
                "line_ids": [
                    Command.create(
                        {
                            "unit_id": unit.id,
                            "component_id": battery.id,
                            "product_id": product.id,
                        }
                    )
                ],
            }
        )
        returned.action_submit()
        returned.line_ids._override("refund", "Two replacements did not help")
        returned.action_authorise()
        self._receive(returned)
        self._inspect(returned)
        self.assertEqual(unit.state, "active")
        returned.action_refund()
        note = self._notes(returned)
        self.assertRecordValues(
            note.invoice_line_ids,
            [{"product_id": product.id, "price_unit": 199, "sale_line_ids": []}],
        )
        note.action_post()
        self.assertEqual(returned.state, "settled")
        self.assertRecordValues(order.order_line, [{"qty_delivered": 1, "qty_invoiced": 1}])
