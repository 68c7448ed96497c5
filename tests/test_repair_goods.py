"""Goods of a repair: received, sent elsewhere, handed back; downtime and parts (C41, C16, R25)."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form

from .common import AftersalesCommon


class GoodsCase(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan({"length": 12}, needs_consent=False)
        cls.plan.warranty_policy_id.downtime_extends = True
        cls.technician = cls._user(
            "technician", "aftersales_service.group_aftersales_user", "stock.group_stock_user"
        )

    def _quantities(self, lot, product=None):
        """What stands where: ``{(usage, owner): quantity}``, nothing where there is nothing."""
        quants = self.env["stock.quant"].search(
            [("product_id", "=", (product or self.machine).id), ("lot_id", "=", lot.id)]
        )
        found = {}
        for quant in quants:
            key = (quant.location_id.usage, quant.owner_id)
            found[key] = found.get(key, 0) + quant.quantity
        return {key: quantity for key, quantity in found.items() if quantity}

    def _finish(self, repair):
        self._start(repair)
        repair.action_repair_end()

    def _receive(self, repair, on=None):
        repair.action_aftersales_receive()
        picking = repair._aftersales_get_moved("receive")[-1:]
        if on:
            picking.date_done = on
        return picking

    def _hand_back(self, repair, on=None):
        repair.action_aftersales_hand_back()
        picking = repair._aftersales_get_moved("hand_back")[-1:]
        if on:
            picking.date_done = on
        return picking


class TestRepairGoods(GoodsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2026-03-10")
        cls.nobody = cls.env["res.partner"]

    def test_received_repaired_handed_back(self):
        """One unit with the same cover apart from the downtime; the order is delivered once."""
        line = self.unit.sale_line_id
        repair = self._job(self.unit, "2026-08-01")
        self.assertTrue(repair.aftersales_is_at_customers)
        receipt = self._receive(repair, self._noon("2026-08-03"))
        self.assertEqual(receipt.picking_type_code, "incoming")
        self.assertEqual(receipt.move_ids.origin_returned_move_id, self.unit.move_line_id.move_id)
        self.assertFalse(receipt.move_ids.to_refund)
        self.assertFalse(repair.aftersales_is_at_customers)
        self.assertEqual(repair.aftersales_date_arrived, self._noon("2026-08-03"))
        self.assertEqual(repair.aftersales_request_id.date_unit_arrived, self._noon("2026-08-03"))
        self.assertEqual(self.unit.state, "returned")
        self.assertEqual(repair.aftersales_request_id.goods_status, "us")
        self.assertEqual(self._quantities(self.unit.lot_id), {("internal", self.customer): 1})
        self._finish(repair)
        delivery = self._hand_back(repair, self._noon("2026-08-13"))
        self.assertEqual(delivery.move_ids.origin_returned_move_id, receipt.move_ids)
        self.assertEqual(repair.aftersales_date_handed_back, self._noon("2026-08-13"))
        self.assertEqual(repair.aftersales_quantity_here, 0)
        self.assertEqual(self.unit.state, "active")
        self.assertEqual(self._quantities(self.unit.lot_id), {("customer", self.nobody): 1})
        self.assertEqual(self.unit.lot_id.location_id, self.customer.property_stock_customer)
        units = self.env["aftersales.unit"].search([("lot_id", "=", self.unit.lot_id.id)])
        self.assertEqual(units, self.unit)
        self.assertCover(self.unit, "2026-03-10", "2027-03-19")
        self.assertEqual((line.qty_delivered, line.order_id.order_line), (1, line))

    def test_the_value_of_our_stock_never_holds_what_is_the_customers(self):
        self.machine.standard_price = 600
        self.machine.categ_id.property_valuation = "periodic"
        before = self.machine.total_value
        repair = self._job(self.unit, "2026-08-01")
        receipt = self._receive(repair)
        self.machine.invalidate_recordset()
        self.assertEqual(self.machine.total_value, before)
        self.assertEqual(receipt.move_ids.value, 0)
        self._finish(repair)
        self._hand_back(repair)
        self.machine.invalidate_recordset()
        self.assertEqual(self.machine.total_value, before)

    def test_dates_follow_corrections_and_so_does_the_cover(self):
        repair = self._job(self.unit, "2026-08-01")
        receipt = self._receive(repair, self._noon("2026-08-03"))
        self._finish(repair)
        delivery = self._hand_back(repair, self._noon("2026-08-13"))
        delivery.date_done = self._noon("2026-08-08")
        self.assertEqual(repair.aftersales_date_handed_back, self._noon("2026-08-08"))
        self.assertCover(self.unit, "2026-03-10", "2027-03-14")
        receipt.date_done = self._noon("2026-08-07")
        self.assertEqual(repair.aftersales_request_id.date_unit_arrived, self._noon("2026-08-07"))
        self.assertCover(self.unit, "2026-03-10", "2027-03-10")
        rows = self.unit.extension_ids
        self.assertEqual(len(rows.filtered(lambda row: row.state == "active")), 1)
        self.assertTrue(
            all(rows.filtered(lambda row: row.state != "active").mapped("cancel_reason"))
        )

    def test_back_on_the_same_day_lost_nothing(self):
        repair = self._job(self.unit, "2026-08-01")
        self._receive(repair, self._noon("2026-08-03"))
        self._finish(repair)
        self._hand_back(repair, self._noon("2026-08-03") + timedelta(hours=2))
        self.assertCover(self.unit, "2026-03-10", "2027-03-09")
        self.assertFalse(self.unit.extension_ids.filtered(lambda row: row.state == "active"))

    def test_back_tomorrow_by_the_customers_clock(self):
        """21:00 UTC is the next day in China: no reason to refuse the hand-over."""
        with freeze_time("2026-08-03 04:00:00"):
            repair = self._job(self.unit, "2026-08-01")
            self._receive(repair, fields.Datetime.now())
        with freeze_time("2026-08-13 21:00:00"):
            self._finish(repair)
            self._hand_back(repair, fields.Datetime.now())
            self.assertCover(self.unit, "2026-03-10", "2027-03-20")

    def test_a_cancelled_repair_still_goes_back_but_extends_nothing(self):
        repair = self._job(self.unit, "2026-08-01")
        self._receive(repair, self._noon("2026-08-03"))
        with self.assertRaisesRegex(UserError, "has not ended yet"):
            repair.action_aftersales_hand_back()
        repair.action_repair_cancel()
        self.assertTrue(repair.aftersales_may_hand_back)
        self._hand_back(repair, self._noon("2026-08-05"))
        self.assertEqual(self.unit.state, "active")
        self.assertCover(self.unit, "2026-03-10", "2027-03-09")
        repair.action_repair_cancel_draft()
        self.assertCover(self.unit, "2026-03-10", "2027-03-11")
        repair.action_repair_cancel()
        self.assertCover(self.unit, "2026-03-10", "2027-03-09")

    def test_an_announced_unit_comes_when_the_store_says_so(self):
        repair = self._job(self.unit, "2026-08-01")
        action = repair.action_aftersales_announce()
        picking = self.env["stock.picking"].browse(action["res_id"])
        self.assertEqual(picking.state, "assigned")
        self.assertFalse(repair.aftersales_date_arrived)
        self.assertEqual(repair.action_aftersales_announce()["res_id"], picking.id)
        picking.button_validate()
        self.assertTrue(repair.aftersales_date_arrived)
        with self.assertRaisesRegex(UserError, "is here already"):
            repair.action_aftersales_receive()
        self._finish(repair)
        action = repair.action_aftersales_prepare_delivery()
        self.assertFalse(repair.aftersales_date_handed_back)
        self.env["stock.picking"].browse(action["res_id"]).button_validate()
        self.assertTrue(repair.aftersales_date_handed_back)
        with self.assertRaisesRegex(UserError, "was handed back on"):
            repair.action_aftersales_hand_back()

    def test_what_was_announced_does_not_come_to_a_cancelled_repair(self):
        repair = self._job(self.unit, "2026-08-01")
        repair.action_aftersales_announce()
        repair.action_repair_cancel()
        self.assertEqual(repair.aftersales_picking_ids.state, "cancel")
        with self.assertRaisesRegex(UserError, "is over"):
            repair.action_aftersales_receive()

    def test_a_gate_holds_whoever_validates_the_delivery(self):
        repair = self._job(self.unit, "2026-08-01")
        self._receive(repair)
        self._finish(repair)
        repair.action_aftersales_prepare_delivery()
        self.env["aftersales.repair.task"].create({"repair_id": repair.id, "name": "Paint"})
        store = self._user("store", "stock.group_stock_user")
        picking = repair._aftersales_get_open("hand_back").with_user(store)
        with self.assertRaisesRegex(UserError, "“Paint” is still open"):
            picking.button_validate()

    def test_on_site_nothing_moves(self):
        repair = self._job(self.unit, "2026-08-01")
        self._finish(repair)
        repair.action_aftersales_hand_back()
        self.assertTrue(repair.aftersales_date_handed_back)
        self.assertFalse(repair.aftersales_picking_ids)
        self.assertFalse(repair.aftersales_downtime_ids)
        self.assertEqual(self.unit.state, "active")
        with self.assertRaisesRegex(UserError, "is put right by a new repair"):
            repair.state = "under_repair"

    def test_nothing_goes_back_that_never_came(self):
        repair = self._job(self.unit, "2026-08-01")
        repair._aftersales_leave_customers()
        repair._action_repair_confirm()
        self._finish(repair)
        with self.assertRaisesRegex(UserError, "was never received"):
            repair.action_aftersales_hand_back()

    def test_a_return_of_odoo_is_a_receipt_too(self):
        back = self._send_back(self.unit.move_line_id.picking_id, lot=self.unit.lot_id)
        back.date_done = self._noon("2026-08-03")
        repair = self._job(self.unit, "2026-08-01")
        self.assertFalse(repair.aftersales_is_at_customers)
        repair.action_aftersales_receive()
        self.assertEqual(repair.aftersales_picking_ids, back)
        self.assertEqual(repair.aftersales_date_arrived, self._noon("2026-08-03"))
        second = self._job(self.unit, "2026-08-01")
        with self.assertRaisesRegex(UserError, "is here for"):
            second.action_aftersales_receive()
        repair.action_repair_cancel()
        second.action_aftersales_receive()
        self.assertEqual((repair.aftersales_quantity_here, second.aftersales_quantity_here), (0, 1))
        self._finish(second)
        self._hand_back(second)
        self.assertEqual(self._quantities(self.unit.lot_id), {("customer", self.nobody): 1})

    def test_a_repair_made_from_a_return_knows_when_it_came(self):
        back = self._send_back(self.unit.move_line_id.picking_id, lot=self.unit.lot_id)
        back.date_done = self._noon("2026-08-03")
        repair = self.env["repair.order"].create(
            {
                "partner_id": self.customer.id,
                "product_id": self.machine.id,
                "lot_id": self.unit.lot_id.id,
                "picking_id": back.id,
            }
        )
        self.assertEqual(repair.aftersales_date_arrived, self._noon("2026-08-03"))
        self._finish(repair)
        self._hand_back(repair)
        self.assertEqual(self.unit.state, "active")

    def test_the_customer_refuses_what_was_handed_back(self):
        repair = self._job(self.unit, "2026-08-01")
        self._receive(repair, self._noon("2026-08-03"))
        self._finish(repair)
        delivery = self._hand_back(repair, self._noon("2026-08-05"))
        back = self._send_back(delivery, lot=self.unit.lot_id)
        back.date_done = self._noon("2026-08-07")
        self.assertEqual(back.aftersales_repair_role, "receive")
        self.assertFalse(repair.aftersales_date_handed_back)
        self.assertEqual(self.unit.state, "returned")
        self._hand_back(repair, self._noon("2026-08-10"))
        self.assertEqual(repair.aftersales_date_handed_back, self._noon("2026-08-10"))
        self.assertCover(self.unit, "2026-03-10", "2027-03-14")

    def test_pieces_without_serials(self):
        product = self._product("Filter")
        self._stock(product, 5)
        order = self._order(product, 5, plan=self.plan)
        self._ship(order.picking_ids, quantity=5, on="2026-03-10")
        unit = order.order_line.aftersales_unit_ids
        repair = self._job(unit, "2026-08-01")
        repair.product_qty = 5
        picking = self.env["stock.picking"].browse(repair.action_aftersales_announce()["res_id"])
        picking.move_line_ids.quantity = 2
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual(repair.aftersales_quantity_here, 2)
        self.assertEqual((unit.quantity_returned, unit.state), (2, "active"))
        rest = repair._aftersales_get_open("receive")
        rest.move_ids.picked = True
        rest.button_validate()
        self.assertEqual((repair.aftersales_quantity_here, unit.state), (5, "returned"))
        self._finish(repair)
        self._hand_back(repair)
        self.assertEqual((unit.quantity_returned, unit.state), (0, "active"))
        self.assertEqual(order.order_line.qty_delivered, 5)
        nothing = self.env["stock.lot"]
        self.assertEqual(self._quantities(nothing, product), {("customer", self.nobody): 5})

    def test_pieces_that_no_transfer_delivered(self):
        product = self._product("Old Pump")
        unit = self.env["aftersales.unit"].create(
            {"product_id": product.id, "partner_id": self.customer.id, "quantity": 2}
        )
        repair = self._job(unit, "2026-08-01")
        repair.product_qty = 2
        self._receive(repair)
        self.assertEqual(unit.state, "returned")
        self._finish(repair)
        self._hand_back(repair)
        self.assertEqual(unit.state, "active")
        self.assertEqual(unit.search_count([("product_id", "=", product.id)]), 1)

    def test_receiving_needs_serial_and_customer(self):
        repair = self._job(self.unit, "2026-08-01")
        repair.lot_id = False
        with self.assertRaisesRegex(UserError, "has serials"):
            repair.action_aftersales_receive()
        plain = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.part.id}
        )
        with self.assertRaisesRegex(UserError, "a repair of Odoo's own"):
            plain.action_aftersales_receive()

    def test_a_technician_does_it_all(self):
        repair = self._job(self.unit, "2026-08-01").with_user(self.technician)
        self._receive(repair)
        self._finish(repair)
        self._hand_back(repair)
        self.assertEqual(self.unit.state, "active")
        with self.assertRaises(AccessError):
            repair.aftersales_quantity_here = 7
        with self.assertRaisesRegex(UserError, "Correct the date there"):
            repair.aftersales_date_handed_back = fields.Datetime.now()

    def test_repairs_of_odoo_stay_as_they_were(self):
        repair = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.part.id}
        )
        self._finish(repair)
        self.assertEqual(repair.state, "done")
        self.assertFalse(repair.aftersales_may_hand_back)

    def test_the_form_shows_it(self):
        repair = self._job(self.unit, "2026-08-01")
        self._receive(repair)
        with Form(repair.with_user(self.technician)) as form:
            self.assertTrue(form.aftersales_date_arrived)
            self.assertEqual(len(form.aftersales_picking_ids), 1)


class TestRepairOutside(GoodsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._delivered(
            "SN-1", plan=cls._preset("r25"), on="2026-03-02", accepted="2026-03-02"
        )
        cls.factory = cls.env["res.partner"].create({"name": "Display Factory"})

    def _sent(self, kind="factory", **values):
        repair = self._job(self.unit, "2026-03-10")
        self._receive(repair)
        step = self.env["aftersales.repair.outside"].create(
            {"repair_id": repair.id, "kind": kind, "partner_id": self.factory.id, **values}
        )
        step.action_send()
        return step

    def test_s_r25_1_back_within_five_working_days_of_the_arrival_there(self):
        step = self._sent()
        step.date_arrived = self._utc("2026-03-13 10:00")
        self.assertEqual(self._local(step.date_due), "2026-03-20 17:00")
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Labour Day",
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": self._utc("2026-05-01 00:00"),
                "date_to": self._utc("2026-05-05 23:59"),
            }
        )
        step.date_arrived = self._utc("2026-04-30 10:00")
        self.assertEqual(self._local(step.date_due), "2026-05-12 17:00")

    def test_the_factorys_time_counts_from_its_own_arrival(self):
        step = self._sent()
        request = step.repair_id.aftersales_request_id
        step.date_arrived = self._utc("2026-03-13 10:00")
        self.assertEqual(request.date_unit_arrived, step.date_arrived)
        step.date_arrived = self._utc("2026-03-16 10:00")
        self.assertEqual(request.date_unit_arrived, step.date_arrived)

    def test_a_workshop_does_not_move_the_customers_clock(self):
        step = self._sent("workshop")
        request = step.repair_id.aftersales_request_id
        before = request.date_unit_arrived
        step.action_arrive()
        self.assertEqual(request.date_unit_arrived, before)

    def test_out_and_back_with_the_same_serial_and_owner(self):
        step = self._sent()
        repair, lot = step.repair_id, self.unit.lot_id
        self.assertEqual((step.state, repair.aftersales_is_outside), ("out", True))
        self.assertEqual(lot.location_id.aftersales_partner_id, self.factory)
        self.assertEqual(lot.location_id.name, "At Display Factory")
        self.assertEqual(lot.quant_ids.filtered("quantity").mapped("owner_id"), self.customer)
        self.assertEqual(self.unit.state, "returned")
        request = repair.aftersales_request_id
        self.assertEqual(request.goods_status, "maker")
        found = request.search([("goods_status", "=", "maker"), ("id", "=", request.id)])
        self.assertEqual(found, request)
        self.assertFalse(request.search([("goods_status", "=", "us"), ("id", "=", request.id)]))
        self._start(repair)
        with self.assertRaisesRegex(UserError, "It is at Display Factory"):
            repair.action_repair_end()
        step.action_fetch()
        self.assertEqual((step.state, repair.aftersales_is_outside), ("back", False))
        self.assertEqual(lot.location_id, repair.product_location_src_id)
        repair.action_repair_end()
        self._hand_back(repair)
        self.assertEqual(self.unit.state, "active")

    def test_a_place_is_made_once(self):
        first, second = self._sent(), None
        first.action_fetch()
        second = first.copy()
        second.action_send()
        places = (first | second).sent_picking_id.location_dest_id
        self.assertEqual(len(places), 1)
        self.assertTrue(places.is_valued_internal)

    def test_wrong_steps_are_refused(self):
        step = self._sent()
        repair = step.repair_id
        with self.assertRaisesRegex(UserError, "was sent to Display Factory already"):
            step.action_send()
        other = self.env["aftersales.repair.outside"].create(
            {"repair_id": repair.id, "partner_id": self.customer.id}
        )
        with self.assertRaisesRegex(UserError, "before it goes elsewhere"):
            other.action_send()
        with self.assertRaisesRegex(UserError, "is not out"):
            other.action_fetch()
        with self.assertRaisesRegex(UserError, "Send it first"):
            other.action_arrive()
        with self.assertRaisesRegex(UserError, "before you cancel this"):
            step.action_cancel()
        with self.assertRaisesRegex(UserError, "stays on record"):
            step.unlink()
        step.action_arrive()
        with self.assertRaisesRegex(UserError, "recorded already"):
            step.action_arrive()
        with self.assertRaisesRegex(ValidationError, "in the future"):
            step.date_arrived = fields.Datetime.now() + timedelta(days=1)
        other.action_cancel()
        self.assertEqual(other.state, "cancelled")
        other.action_reopen()
        other.unlink()
        repair.action_repair_cancel()
        with self.assertRaisesRegex(UserError, "is at Display Factory"):
            repair.action_aftersales_hand_back()

    def test_what_is_not_here_is_not_sent(self):
        repair = self._job(self.unit, "2026-03-10")
        step = self.env["aftersales.repair.outside"].create(
            {"repair_id": repair.id, "partner_id": self.factory.id}
        )
        with self.assertRaisesRegex(UserError, "is not here"):
            step.action_send()

    def test_a_technician_sends_it(self):
        repair = self._job(self.unit, "2026-03-10").with_user(self.technician)
        self._receive(repair)
        step = repair.env["aftersales.repair.outside"].create(
            {"repair_id": repair.id, "kind": "factory", "partner_id": self.factory.id}
        )
        self.assertEqual(step.days, 5)
        step.action_send()
        step.action_arrive()
        step.action_fetch()
        self.assertEqual(step.state, "back")


class TestRepairParts(GoodsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2026-03-10")
        cls.reason = cls.env.ref("aftersales_service.pause_reason_parts")

    def _waiting(self, user=None):
        repair = self._job(self.unit, "2026-08-01", parts=1)
        repair._action_repair_confirm()
        if user:
            repair = repair.with_user(user)
        repair.action_aftersales_wait_parts()
        return repair

    def _incoming(self, on):
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.env.ref("stock.picking_type_in").id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.env.ref("stock.stock_location_stock").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.part.id,
                            "product_uom_qty": 1,
                            "date": on,
                            "location_id": self.env.ref("stock.stock_location_suppliers").id,
                            "location_dest_id": self.env.ref("stock.stock_location_stock").id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.date = on
        return picking

    def test_the_case_waits_and_goes_on_when_the_parts_come(self):
        repair = self._waiting(self.technician)
        request = repair.sudo().aftersales_request_id
        self.assertTrue(repair.aftersales_waits_for_parts)
        self.assertEqual((request.state, request.pause_reason_id), ("waiting", self.reason))
        with self.assertRaisesRegex(UserError, "waits for parts already"):
            repair.action_aftersales_wait_parts()
        receipt = self._incoming(fields.Datetime.now() + timedelta(days=3))
        self.env.invalidate_all()
        expected = fields.Datetime.now() + timedelta(days=3)
        self.assertEqual(repair.aftersales_parts_date, self._local_day(expected))
        receipt.move_ids.picked = True
        receipt._action_done()
        self.assertEqual(repair.move_ids.state, "assigned")
        self.assertFalse(repair.aftersales_waits_for_parts)
        self.assertEqual((request.state, request.pause_reason_id.id), ("in_progress", False))
        self.assertFalse(repair.aftersales_parts_date)
        with self.assertRaisesRegex(UserError, "nothing to wait for"):
            repair.action_aftersales_wait_parts()

    def _local_day(self, instant):
        return fields.Date.to_date(self._local(instant)[:10])

    def test_the_last_repair_of_a_case_lets_it_go_on(self):
        repair = self._waiting()
        request = repair.aftersales_request_id
        other = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        other.action_aftersales_wait_parts()
        repair.action_aftersales_parts_arrived()
        self.assertEqual(request.state, "waiting")
        other.action_repair_cancel()
        self.assertEqual(request.state, "in_progress")

    def test_a_case_that_waits_for_something_else_goes_on_waiting(self):
        repair = self._job(self.unit, "2026-08-01", parts=1)
        request = repair.aftersales_request_id
        customer = self.env.ref("aftersales_service.pause_reason_customer")
        request._wait(customer)
        repair._action_repair_confirm()
        repair.action_aftersales_wait_parts()
        self.assertEqual(request.pause_reason_id, customer)
        repair.action_aftersales_parts_arrived()
        self.assertEqual(request.state, "waiting")

    def test_s_r29_7_waiting_inside_the_repair_counts_once(self):
        with freeze_time(self._utc("2026-08-03 10:00")):
            repair = self._job(self.unit, "2026-08-01", parts=1)
            self._receive(repair, fields.Datetime.now())
            repair._action_repair_confirm()
        with freeze_time(self._utc("2026-08-05 10:00")):
            repair.action_aftersales_wait_parts()
        with freeze_time(self._utc("2026-08-10 10:00")):
            repair.action_aftersales_parts_arrived()
        self.assertCover(self.unit, "2026-03-10", "2027-03-14")
        with freeze_time(self._utc("2026-08-13 10:00")):
            self._finish(repair)
            self._hand_back(repair, fields.Datetime.now())
        self.assertCover(self.unit, "2026-03-10", "2027-03-19")
        self.assertEqual(repair.aftersales_downtime_ids.mapped("days"), [10, 5])

    def test_waiting_at_the_customers_counts_by_itself(self):
        with freeze_time(self._utc("2026-08-05 10:00")):
            repair = self._waiting()
        with freeze_time(self._utc("2026-08-10 10:00")):
            self._start(repair)
            repair.action_repair_end()
        self.assertFalse(repair.aftersales_waits_for_parts)
        self.assertCover(self.unit, "2026-03-10", "2027-03-14")

    def test_an_agent_corrects_a_wait_and_the_cover_follows(self):
        with freeze_time(self._utc("2026-08-05 10:00")):
            repair = self._waiting()
        with freeze_time(self._utc("2026-08-10 10:00")):
            repair.action_aftersales_parts_arrived()
        row = repair.aftersales_downtime_ids
        agent = self._user("agent", "aftersales_service.group_aftersales_agent")
        row.with_user(agent).date_end = self._utc("2026-08-08 10:00")
        self.assertCover(self.unit, "2026-03-10", "2027-03-12")
        with self.assertRaises(AccessError):
            row.with_user(self.technician).date_end = self._utc("2026-08-09 10:00")
        with self.assertRaisesRegex(ValidationError, "lies in the future"):
            row.date_end = fields.Datetime.now() + timedelta(days=1)
        with self.assertRefusedByDatabase():
            row.date_end = self._utc("2026-08-04 10:00")
        row.unlink()
        self.assertCover(self.unit, "2026-03-10", "2027-03-09")

    def test_stays_are_not_typed(self):
        repair = self._job(self.unit, "2026-08-01")
        self._receive(repair, self._noon("2026-08-03"))
        agent = self._user("agent", "aftersales_service.group_aftersales_agent")
        with self.assertRaisesRegex(UserError, "follows from its transfers"):
            repair.aftersales_downtime_ids.with_user(agent).date_start = self._noon("2026-08-01")

    def test_a_policy_that_gives_no_downtime_back(self):
        self.plan.warranty_policy_id.downtime_extends = False
        unit = self._delivered("SN-2", plan=self.plan, on="2026-03-11")
        repair = self._job(unit, "2026-08-01")
        self._receive(repair, self._noon("2026-08-03"))
        self._finish(repair)
        self._hand_back(repair, self._noon("2026-08-13"))
        self.assertTrue(unit.extension_ids, "noted, though it lengthens nothing")
        self.assertCover(unit, "2026-03-11", "2027-03-10")

    def test_the_right_unit_loses_the_days(self):
        """Two of a kind without serials: which one it was is corrected later."""
        plain = self._product("Fan", tracking="none")
        orders = [self._order(plain, plan=self.plan) for _unit in range(2)]
        for order in orders:
            self._stock(plain)
            self._ship(order.picking_ids, quantity=1, on="2026-03-10")
        wrong, right = (order.order_line.aftersales_unit_ids for order in orders)
        repair = self._job(wrong, "2026-08-01")
        self._receive(repair, self._noon("2026-08-03"))
        self._finish(repair)
        self._hand_back(repair, self._noon("2026-08-13"))
        repair.aftersales_claim_id = False
        repair.aftersales_unit_id = right
        self.assertCover(wrong, "2026-03-10", "2027-03-09")
        self.assertCover(right, "2026-03-10", "2027-03-19")

    def test_filters_find_what_waits(self):
        repair = self._waiting()
        waits = Domain("aftersales_waits_for_parts", "=", True)
        self.assertIn(repair, repair.search(waits))
