"""Goods of returns: what may come back, what came, and where it goes."""

from freezegun import freeze_time

from odoo import Command

from .return_common import ReturnsCommon


class TestReturnGoods(ReturnsCommon):
    def test_the_whole_way_to_a_refund(self):
        order = self._sold(self.seal, quantity=10)
        self._invoiced(order)
        returned = self._return(order, 3)
        self.assertRegex(returned.name, r"^RMA\d+")
        self.assertEqual(returned.state, "draft")
        self.assertLeft(order, 10)
        returned.action_submit()
        self.assertEqual(returned.state, "submitted")
        self.assertLeft(order, 7)
        picking = returned.action_authorise()
        self.assertRecordValues(
            returned, [{"state": "authorised", "goods_status": "expected", "money_status": False}]
        )
        self.assertRecordValues(
            picking.move_ids,
            [
                {
                    "state": "assigned",
                    "product_uom_qty": 3,
                    "origin_returned_move_id": order.picking_ids.move_ids[:1].id,
                    "to_refund": True,
                    "sale_line_id": order.order_line.id,
                }
            ],
        )
        self._receive(returned)
        self.assertRecordValues(
            returned, [{"state": "received", "goods_status": "received", "money_status": False}]
        )
        self.assertEqual(order.order_line.qty_delivered, 7)
        self._inspect(returned)
        self.assertRecordValues(returned, [{"state": "inspected", "money_status": "owed"}])
        returned.action_refund()
        self.assertEqual(returned.money_status, "requested")
        self._notes(returned).action_post()
        self.assertRecordValues(
            returned, [{"state": "settled", "money_status": "refunded", "goods_status": "received"}]
        )
        self.assertEqual(order.order_line.qty_invoiced, 7)
        self.assertLeft(order, 7)
        self.assertTrue(returned.date_settled)

    # === HOW MUCH MAY COME BACK === #

    def test_never_more_than_was_delivered(self):
        order = self._sold(self.seal, quantity=10)
        with self.assertRefused("only 10 .* can still come back, not 11"):
            self._return(order, 11).action_submit()
        self._return(order, 6).action_submit()
        second = self._return(order, 5)
        with self.assertRefused(r"only 4 .*or in RMA"):
            second.action_submit()
        self.assertEqual(second.state, "draft")

    def test_two_lines_of_one_return_share_what_is_left(self):
        order = self._sold(self.seal, quantity=10)
        returned = self._return(order, 6)
        returned.line_ids = [
            Command.create(
                {
                    "delivery_move_id": order.picking_ids.move_ids.id,
                    "quantity_requested": 5,
                }
            )
        ]
        with self.assertRefused("can still come back"):
            returned.action_submit()

    def test_a_draft_claims_nothing_and_a_cancelled_return_neither(self):
        order = self._sold(self.seal, quantity=2)
        draft = self._return(order, 2)
        returned = self._authorised(order, 2)
        with self.assertRefused("in RMA"):
            draft.action_submit()
        returned.action_cancel()
        self.assertEqual(returned.state, "cancelled")
        self.assertEqual(set(returned.line_ids.move_ids.mapped("state")), {"cancel"})
        draft.action_submit()

    def test_odoos_own_return_dialog_counts(self):
        order = self._sold(self.seal, quantity=10)
        delivery = order.picking_ids
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        wizard.product_return_moves.quantity = 4
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self.assertLeft(order, 6)
        back.action_cancel()
        self.assertLeft(order, 10)
        self._send_back(delivery, quantity=3)
        self.assertLeft(order, 7)

    def test_what_is_sent_out_again_may_come_back_again(self):
        order = self._sold(self.seal, quantity=2)
        returned = self._authorised(order, 2, wish="repair")
        self._receive(returned)
        self.assertLeft(order, 0)
        self._inspect(returned, "no_fault", outcome="back")
        returned.line_ids.outcome = "back"
        returned.action_send_back()
        self.assertLeft(order, 0)
        self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")
        self.assertLeft(order, 2)
        again = self._authorised(order, 2)
        self._receive(again)
        self.assertLeft(order, 0)

    def test_more_may_be_authorised_only_if_it_is_left(self):
        order = self._sold(self.seal, quantity=5)
        returned = self._return(order, 2)
        returned.action_submit()
        returned.line_ids.quantity_authorised = 6
        with self.assertRefused("can still come back"):
            returned.action_authorise()
        returned.line_ids.quantity_authorised = 5
        returned.action_authorise()
        self.assertLeft(order, 0)

    def test_units_of_measure_are_those_of_the_product(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._stock(self.seal, 24)
        order = self._order(self.seal, 2, confirm=False)
        order.order_line.product_uom_id = dozen
        order.action_confirm()
        order.picking_ids.move_ids.picked = True
        order.picking_ids._action_done()
        self._invoiced(order)
        self.assertLeft(order, 24)
        returned = self._here(order, 6)
        returned.action_refund()
        note = self._notes(returned)
        self.assertEqual(note.invoice_line_ids.quantity, 0.5)
        note.action_post()
        self.assertEqual(returned.state, "settled")
        self.assertEqual(order.order_line.qty_delivered, 1.5)

    # === SERIALS === #

    def test_the_serial_that_was_said_comes_back(self):
        order = self._sold(serials=["A1", "A2", "A3"])
        returned = self._authorised(order, serials=["A2"])
        row = returned.line_ids.move_ids.move_line_ids
        self.assertEqual(row.lot_id.name, "A2")
        self._receive(returned)
        self.assertEqual(self._serial("A2").location_id.usage, "internal")
        self.assertEqual(self._serial("A1").location_id.usage, "customer")

    def test_a_serial_is_in_one_open_return_only(self):
        order = self._sold(serials=["B1"])
        first = self._return(order, serials=["B1"])
        first.action_submit()
        second = self._return(order, serials=["B1"])
        with self.assertRefused(f"in another open return: {first.name}"):
            second.action_submit()
        first.action_authorise()
        self._receive(first)
        with self.assertRefused("another open return"):
            second.action_submit()

    def test_the_database_knows_it_too(self):
        order = self._sold(serials=["B2"])
        self._return(order, serials=["B2"]).action_submit()
        second = self._return(order, serials=["B2"])
        with self.assertRefusedByDatabase():
            second.sudo().date_submitted = "2026-03-10 04:00:00"

    def test_goods_must_be_what_was_delivered(self):
        order = self._sold(serials=["C1"])
        other = self._sold(serials=["C2"])
        move = order.picking_ids.move_ids
        with self.assertRefused("C2 was not delivered with"):
            self._return(order, serials=["C2"])
        with self.assertRefused("say which serial"):
            self._return(order, 1)
        with self.assertRefused("was not delivered with"):
            self.env["aftersales.return"].create(
                {
                    "partner_id": self.customer.id,
                    "order_id": other.id,
                    "line_ids": [
                        Command.create(
                            {"delivery_move_id": move.id, "lot_id": self._serial("C1").id}
                        )
                    ],
                }
            )
        with self.assertRefused("names no delivery"):
            self.env["aftersales.return"].create(
                {
                    "partner_id": self.customer.id,
                    "line_ids": [Command.create({"product_id": self.seal.id})],
                }
            )

    def test_another_customers_serial_is_refused(self):
        order = self._sold(serials=["D1"])
        stranger = self.env["res.partner"].create({"name": "Grand Hotel"})
        with self.assertRefused("belongs to Harbour Hotel, not to Grand"):
            self.env["aftersales.return"].create(
                {
                    "partner_id": stranger.id,
                    "line_ids": [
                        Command.create(
                            {
                                "delivery_move_id": order.picking_ids.move_ids.id,
                                "lot_id": self._serial("D1").id,
                            }
                        )
                    ],
                }
            )
        with self.assertRefused("belongs to Harbour Hotel"):
            self._return(order, serials=["D1"], partner_id=stranger.id)

    def test_what_never_reached_the_customer_cannot_come_back(self):
        self._stock(self.seal, 5)
        order = self._order(self.seal, 5)
        move = order.picking_ids.move_ids
        values = {
            "partner_id": self.customer.id,
            "line_ids": [Command.create({"delivery_move_id": move.id})],
        }
        with self.assertRefused("has not reached the customer"):
            self.env["aftersales.return"].create(values)
        order.picking_ids.action_cancel()
        with self.assertRefused("is cancelled, nothing was delivered"):
            self.env["aftersales.return"].create(values)
        with self.assertRefused("Nothing of .* was delivered"):
            order.action_aftersales_return()

    # === RECEIVING === #

    def test_partial_receipt_is_normal(self):
        order = self._sold(self.seal, quantity=10)
        returned = self._authorised(order, 10)
        self._receive(returned, 4)
        self.assertRecordValues(returned, [{"state": "authorised", "goods_status": "partly"}])
        self.assertRecordValues(
            returned.line_ids,
            [{"quantity_received": 4, "quantity_expected": 6, "status": "partly"}],
        )
        self.assertLeft(order, 0)
        self._receive(returned, 5)
        returned.line_ids.action_waive()
        self.assertRecordValues(returned, [{"state": "received", "goods_status": "received"}])
        self.assertLeft(order, 1)
        self.assertFalse(returned.line_ids._get_open_moves())
        returned.line_ids.action_expect_again()
        self.assertRecordValues(returned, [{"state": "authorised", "goods_status": "partly"}])
        self._receive(returned)
        self.assertEqual(returned.state, "received")

    def test_partial_receipt_of_a_lot_waits_for_that_lot(self):
        batch = self._product("Tile", tracking="lot")
        lots = [self._serial(name, batch) for name in ("B7", "B8")]
        for lot in lots:
            self._stock(batch, 5, lot)
        order = self._order(batch, 10)
        picking = order.picking_ids
        picking.move_ids.picked = True
        picking._action_done()
        returned = self.env["aftersales.return"].create(
            {
                "partner_id": self.customer.id,
                "line_ids": [
                    Command.create(
                        {
                            "delivery_move_id": picking.move_ids.id,
                            "lot_id": lots[1].id,
                            "quantity_requested": 5,
                        }
                    )
                ],
            }
        )
        returned.action_authorise()
        self._receive(returned, 2)
        self.assertEqual(returned.line_ids._get_open_receipts().move_line_ids.lot_id, lots[1])
        self._receive(returned)
        self.assertEqual(returned.state, "received")
        left = picking.move_ids._aftersales_get_returnable()
        self.assertEqual(left[picking.move_ids, lots[0]], 5)
        self.assertEqual(left[picking.move_ids, lots[1]], 0)

    def test_nothing_comes_at_all(self):
        order = self._sold(self.seal, quantity=2)
        returned = self._authorised(order, 2)
        returned.action_waive()
        self.assertEqual(returned.state, "cancelled")
        self.assertLeft(order, 2)

    def test_another_serial_is_not_received(self):
        order = self._sold(serials=["E1", "E2"])
        returned = self._authorised(order, serials=["E1"])
        move = returned.line_ids.move_ids
        move.move_line_ids.lot_id = self._serial("E2")
        move.picked = True
        with self.assertRefused("E2 came instead of .*E1"):
            move.picking_id._action_done()
        self.assertEqual(returned.state, "authorised")

    def test_more_than_authorised_is_not_received(self):
        order = self._sold(self.seal, quantity=10)
        returned = self._authorised(order, 3)
        move = returned.line_ids.move_ids
        move.quantity = 4
        move.picked = True
        with self.assertRefused("expects 3 .*not 4"):
            move.picking_id._action_done()

    def test_something_else_came(self):
        order = self._sold(serials=["F1"])
        returned = self._authorised(order, serials=["F1"])
        dialog = self.env["aftersales.return.receipt"].create({"return_id": returned.id})
        dialog.line_ids.serial = "F9"
        with self.assertRefused("F9 is not F1"):
            dialog.action_apply()
        dialog.line_ids.quantity = 0
        dialog.other_goods = "A pump P100, F9"
        dialog.action_apply()
        self.assertEqual(returned.state, "authorised")
        self.assertIn("Something else came", returned.activity_ids.summary)

    def test_missing_accessories_are_noted_on_receipt(self):
        order = self._sold(serials=["F2"])
        returned = self._authorised(order, serials=["F2"])
        dialog = self.env["aftersales.return.receipt"].create({"return_id": returned.id})
        dialog.line_ids.missing_accessories = "Cable"
        dialog.action_apply()
        self.assertRecordValues(
            returned.line_ids, [{"is_complete": False, "missing_accessories": "Cable"}]
        )

    def test_a_corrected_receipt_moves_the_day_and_the_state(self):
        order = self._sold(self.seal, quantity=2)
        returned = self._authorised(order, 2)
        picking = self._receive(returned, on="2026-06-10")
        self.assertEqual(str(returned.date_received), "2026-06-10")
        picking.move_ids.move_line_ids.quantity = 1
        self.assertRecordValues(returned.line_ids, [{"quantity_received": 1, "status": "partly"}])

    # === BACK AND AWAY === #

    def test_what_is_not_accepted_goes_back(self):
        order = self._sold(self.seal, quantity=10)
        self._invoiced(order)
        returned = self._authorised(order, 10)
        self._receive(returned)
        self._inspect(returned, accepted=7)
        self.assertEqual(order.order_line.qty_delivered, 0)
        returned.action_refund()
        self._notes(returned).action_post()
        self.assertEqual(returned.state, "inspected")
        returned.action_send_back()
        self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")
        self.assertRecordValues(order.order_line, [{"qty_delivered": 3, "qty_invoiced": 3}])
        self.assertLeft(order, 3)
        self.assertOnHand(self.seal, 7)

    def test_or_is_scrapped_with_the_customers_consent(self):
        order = self._sold(self.seal, quantity=10)
        self._invoiced(order)
        returned = self._authorised(order, 10)
        self._receive(returned)
        self._inspect(returned, accepted=7, rest_to="scrap", destination="scrap")
        returned.action_dispose()
        self.assertOnHand(self.seal, 0)
        self.assertEqual(returned.line_ids.quantity_scrapped, 3)
        returned.action_refund()
        self._notes(returned).action_post()
        self.assertEqual(returned.state, "settled")
        self.assertFalse(returned.has_to_dispose)

    def test_goods_for_the_supplier(self):
        maker = self.env["res.partner"].create({"name": "Maker"})
        self.seal.seller_ids = [Command.create({"partner_id": maker.id})]
        order = self._sold(self.seal, quantity=2)
        returned = self._here(order, 2)
        returned.line_ids.destination = "supplier"
        self.assertTrue(returned.has_to_dispose)
        returned.action_dispose()
        returned.invalidate_recordset()
        self.assertFalse(returned.has_to_dispose)
        moves = returned.line_ids._get_open_moves()
        self.assertEqual(moves.location_dest_id.usage, "supplier")
        self.assertEqual(moves.picking_id.partner_id, maker)
        moves.picked = True
        moves.picking_id._action_done()
        self.assertEqual(returned.line_ids.quantity_supplied, 2)
        self.assertOnHand(self.seal, 0)

    def test_a_repair_and_back_without_touching_the_promise(self):
        plan = self._plan({"length": 12})
        order = self._sold(serials=["G1"], plan=plan, on="2026-03-10")
        unit = order.order_line.aftersales_unit_ids
        cover = unit.cover_end
        returned = self._here(order, serials=["G1"], wish="repair")
        self.assertEqual(unit.state, "returned")
        returned.action_repair()
        repair = returned.line_ids.repair_ids
        self.assertRecordValues(
            repair,
            [
                {
                    "lot_id": self._serial("G1").id,
                    "aftersales_unit_id": unit.id,
                    "picking_id": returned.line_ids.move_ids.picking_id.id,
                }
            ],
        )
        self.assertTrue(repair.aftersales_request_id)
        with self.assertRefused("still in repair"):
            returned.action_send_back()
        repair.action_validate()
        repair.action_repair_start()
        repair.action_repair_end()
        self.assertEqual(repair.state, "done")
        returned.action_send_back()
        self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")
        self.assertRecordValues(unit, [{"state": "active", "cover_end": cover}])
        self.assertEqual(order.order_line.qty_delivered, 1)
        self.assertTrue(repair.aftersales_date_handed_back)
        self.assertFalse(repair.aftersales_quantity_here)

    def _in_repair(self, serial, **plan):
        """A return whose repair is done; returns both."""
        order = self._sold(serials=[serial], plan=self._plan({"length": 12}, **plan))
        returned = self._here(order, serials=[serial], wish="repair")
        returned.action_repair()
        repair = returned.line_ids.repair_ids
        repair.action_validate()
        repair.action_repair_start()
        repair.action_repair_end()
        return returned, repair

    def test_a_repair_that_hands_back_settles_its_return(self):
        returned, repair = self._in_repair("G2")
        self.assertEqual(repair.aftersales_quantity_here, 1)
        repair.action_aftersales_hand_back()
        self.assertTrue(repair.aftersales_date_handed_back)
        self.assertRecordValues(
            returned.line_ids, [{"quantity_back": 1, "status": "settled", "is_open": False}]
        )
        self.assertEqual(returned.state, "settled")
        with self.assertRefused("Nothing of"):
            returned.line_ids.action_send_back()

    def test_what_a_plan_demands_holds_for_returns_too(self):
        returned, repair = self._in_repair("G3", needs_test=True)
        with self.assertRefused(f"{repair.name} cannot be handed back yet"):
            returned.action_send_back()
        self.assertFalse(returned.line_ids._get_open_moves())

    def test_part_is_repaired_and_the_rest_goes_back_as_it_is(self):
        order = self._sold(self.seal, quantity=3)
        returned = self._authorised(order, 3, wish="repair")
        self._receive(returned)
        self._inspect(returned, accepted=2)
        returned.action_repair()
        repair = returned.line_ids.repair_ids
        self.assertEqual(repair.product_qty, 2)
        repair.action_validate()
        repair.action_repair_start()
        repair.action_repair_end()
        returned.action_send_back()
        moves = returned.line_ids._get_open_moves()
        self.assertEqual(sorted(moves.mapped("product_qty")), [1, 2])
        self._deliver_all(returned)
        self.assertEqual(returned.line_ids.quantity_back, 3)
        self.assertEqual(returned.state, "settled")

    def test_a_unit_that_was_registered_by_hand(self):
        unit = self.env["aftersales.unit"].create(
            {"name": "OLD-1", "product_id": self.machine.id, "partner_id": self.customer.id}
        )
        returned = self.env["aftersales.return"].create(
            {
                "partner_id": self.customer.id,
                "line_ids": [Command.create({"unit_id": unit.id, "wish": "repair"})],
            }
        )
        self.assertEqual(returned.line_ids.product_id, self.machine)
        picking = returned.action_authorise()
        self.assertEqual(picking.picking_type_code, "incoming")
        other = returned.copy({"line_ids": [Command.create({"unit_id": unit.id})]})
        with self.assertRefused("in another open return"):
            other.action_submit()
        self._receive(returned)
        self.assertEqual(returned.state, "received")

    # === EXCHANGES === #

    def test_a_replacement_leaves_without_touching_the_order(self):
        plan = self._plan({"length": 12})
        plan.warranty_policy_id.exchange_rule = "restart"
        order = self._sold(serials=["H1"], plan=plan, on="2026-03-10")
        self._invoiced(order)
        old = order.order_line.aftersales_unit_ids
        returned = self._here(order, serials=["H1"], wish="exchange")
        self.assertRecordValues(order.order_line, [{"qty_delivered": 1, "qty_to_invoice": 0}])
        self._stock(self.machine, 1, self._serial("H2"))
        returned.action_replace()
        move = returned.line_ids._get_open_moves()
        self.assertFalse(move.sale_line_id)
        self.assertFalse(move.picking_id.sale_id)
        with self.assertRefused("No replacement .* is owed"):
            returned.line_ids.action_replace()
        self.assertEqual(move.move_line_ids.lot_id, self._serial("H2"))
        with freeze_time("2026-09-15 04:00:00"):
            self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")
        self.assertEqual(len(order.order_line), 1)
        self.assertRecordValues(
            order.order_line, [{"qty_delivered": 1, "qty_to_invoice": 0, "product_uom_qty": 1}]
        )
        new = old.replaced_by_ids
        self.assertRecordValues(
            new,
            [
                {
                    "lot_id": self._serial("H2").id,
                    "state": "active",
                    "exchange_rule": "restart",
                    "partner_id": self.customer.id,
                    "plan_id": plan.id,
                }
            ],
        )
        self.assertCover(new, "2026-09-15", "2027-09-14")
        self.assertEqual(old.state, "replaced")

    def test_what_was_given_in_exchange_may_come_back_and_be_refunded(self):
        plan = self._plan({"length": 12})
        order = self._sold(serials=["I1"], plan=plan)
        self._invoiced(order)
        returned = self._here(order, serials=["I1"], wish="exchange")
        self._stock(self.machine, 1, self._serial("I2"))
        returned.action_replace()
        self._deliver_all(returned)
        move = returned.line_ids.move_ids.filtered(
            lambda move: move.location_dest_id.usage == "customer"
        )
        again = self.env["aftersales.return"].create(
            {
                "partner_id": self.customer.id,
                "order_id": order.id,
                "line_ids": [
                    Command.create({"delivery_move_id": move.id, "lot_id": self._serial("I2").id})
                ],
            }
        )
        again.action_authorise()
        self._receive(again)
        self._inspect(again)
        again.action_refund()
        self._notes(again).action_post()
        self.assertEqual(again.state, "settled")
        self.assertEqual(returned.state, "settled")
        self.assertRecordValues(order.order_line, [{"qty_delivered": 0, "qty_invoiced": 0}])

    def test_a_replacement_that_comes_back_opens_the_exchange_again(self):
        order = self._sold(self.seal, quantity=1)
        returned = self._here(order, 1, wish="exchange")
        returned.action_replace()
        picking = self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")
        self._send_back(picking, quantity=1)
        self.assertRecordValues(
            returned.line_ids, [{"quantity_replaced": 0, "quantity_received": 1}]
        )
        self.assertEqual(returned.state, "inspected")

    def test_another_model_needs_consent(self):
        better = self._product("Better gasket", list_price=80)
        order = self._sold(self.seal, quantity=1)
        self._stock(better, 1)
        returned = self._here(order, 1, wish="exchange")
        returned.line_ids.exchange_product_id = better
        with self.assertRefused("customer's consent"):
            returned.action_replace()
        returned.line_ids.is_other_model_agreed = True
        returned.action_replace()
        self._deliver_all(returned)
        self.assertEqual(returned.state, "settled")
        self.assertOnHand(better, 0)

    def test_an_advance_exchange_has_a_clock_and_ends_in_an_invoice(self):
        plan = self._plan({"length": 12})
        order = self._sold(serials=["J1"], plan=plan)
        self._stock(self.machine, 1, self._serial("J2"))
        returned = self._authorised(
            order, serials=["J1"], wish="exchange", is_advance=True, date_expected="2026-06-10"
        )
        returned.action_replace()
        self._deliver_all(returned)
        old, new = order.order_line.aftersales_unit_ids.sorted("id")
        self.assertEqual(old.state, "replaced")
        self.assertRecordValues(returned, [{"state": "authorised", "goods_status": "expected"}])
        self._follow_up("2026-06-10")
        self.assertFalse(self._notes(returned))
        self._follow_up("2026-06-11")
        self._follow_up("2026-06-12")
        invoice = self._notes(returned)
        self.assertRecordValues(invoice, [{"move_type": "out_invoice", "state": "draft"}])
        self.assertEqual(invoice.amount_untaxed, 1000)
        invoice.action_post()
        self.assertEqual(returned.state, "settled")
        self.assertRecordValues(old | new, [{"state": "active"}, {"state": "active"}])
        self.assertFalse(new.replaces_id)

    def test_goods_that_come_after_all_drop_the_draft(self):
        order = self._sold(self.seal, quantity=1)
        self._stock(self.seal, 1)
        returned = self._authorised(
            order, 1, wish="exchange", is_advance=True, date_expected="2026-06-10"
        )
        returned.action_replace()
        self._deliver_all(returned)
        self._follow_up("2026-06-11")
        self._receive(returned)
        self.assertEqual(self._notes(returned).state, "cancel")
        self._inspect(returned)
        self.assertEqual(returned.state, "settled")

    def _follow_up(self, day):
        with freeze_time(self._noon(day)), self.enter_registry_test_mode():
            self.env.ref("aftersales_service.cron_return_follow_up").method_direct_trigger()
        self.env.invalidate_all()
