"""Units follow the goods: made once, moved by corrections, never lost or doubled."""

from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError

from .common import AftersalesCommon


class TestUnitDelivery(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan({"length": 12})

    def _units(self, order):
        return order.order_line.aftersales_unit_ids

    def test_delivered_serial_is_one_unit_with_its_cover(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        self.assertRecordValues(
            unit,
            [
                {
                    "name": "SN-1",
                    "state": "active",
                    "partner_id": self.customer.id,
                    "plan_id": self.plan.id,
                    "date_shipped": date(2026, 3, 10),
                    "date_delivered": date(2026, 3, 10),
                    "cover_end": date(2027, 3, 9),
                }
            ],
        )
        self.assertCover(unit, "2026-03-10", "2027-03-09")

    def test_dates_are_local_to_the_customer(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        picking = unit.move_line_id.picking_id
        picking.date_done = "2026-03-10 17:00:00"  # 01:00 on the 11th in Shanghai
        self.assertCover(unit, "2026-03-11", "2027-03-10")

    def test_backdating_moves_the_cover(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        unit.move_line_id.picking_id.date_done = self._noon("2026-02-20")
        self.assertCover(unit, "2026-02-20", "2027-02-19")

    def test_received_later_than_shipped(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        unit.move_line_id.picking_id.aftersales_date_received = "2026-03-18"
        self.assertEqual(unit.date_shipped, date(2026, 3, 10))
        self.assertCover(unit, "2026-03-18", "2027-03-17")

    def test_partial_deliveries_make_each_serial_once(self):
        order = self._order(quantity=3, plan=self.plan)
        for name in ("SN-1", "SN-2", "SN-3"):
            self._stock(self.machine, 1, self._serial(name))
        first = order.picking_ids
        self._ship(first, ["SN-1", "SN-2"], on="2026-03-10")
        self.assertEqual(sorted(self._units(order).mapped("name")), ["SN-1", "SN-2"])
        backorder = order.picking_ids - first
        self._ship(backorder, ["SN-3"], on="2026-03-20")
        self.assertEqual(len(self._units(order)), 3)
        late = self._units(order).filtered(lambda unit: unit.name == "SN-3")
        self.assertCover(late, "2026-03-20", "2027-03-19")

    def test_return_and_redelivery_never_restart(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        order = unit.sale_order_id
        back = self._send_back(order.picking_ids, lot=unit.lot_id)
        self.assertEqual((unit.state, unit.quantity_returned), ("returned", 1))
        self._send_back(back, lot=unit.lot_id)
        self.assertEqual((unit.state, unit.quantity_returned), ("active", 0))
        self.assertEqual(self._units(order), unit)
        self.assertCover(unit, "2026-03-10", "2027-03-09")

    def test_on_site_repair_makes_no_unit(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        customers = self.customer.property_stock_customer
        repair = self.env["repair.order"].create(
            {
                "partner_id": self.customer.id,
                "product_id": self.machine.id,
                "lot_id": unit.lot_id.id,
                "product_location_src_id": customers.id,
                "product_location_dest_id": customers.id,
                "aftersales_unit_id": unit.id,
            }
        )
        repair._action_repair_confirm()
        repair.action_repair_start()
        repair.action_repair_end()
        self.assertEqual(repair.state, "done")
        self.assertEqual(
            self.env["aftersales.unit"].search_count([("lot_id", "=", unit.lot_id.id)]), 1
        )
        self.assertCover(unit, "2026-03-10", "2027-03-09")

    def test_without_serials_one_unit_per_delivered_quantity(self):
        chair = self._product("Chair")
        self._stock(chair, 40)
        order = self._order(chair, 40, plan=self.plan)
        self._ship(order.picking_ids, quantity=30, on="2026-03-10")
        self._ship(
            order.picking_ids.filtered(lambda p: p.state != "done"), quantity=10, on="2026-03-12"
        )
        self.assertEqual(sorted(self._units(order).mapped("quantity")), [10, 30])
        unit = self._units(order).filtered(lambda unit: unit.quantity == 30)
        first = unit.move_line_id.picking_id
        self._send_back(first, quantity=5)
        self.assertEqual((unit.state, unit.quantity_returned), ("active", 5))
        self._send_back(first, quantity=25)
        self.assertEqual((unit.state, unit.quantity_returned), ("returned", 30))

    def test_corrected_serial_moves_the_unit(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        self._stock(self.machine, 1, self._serial("SN-2"))
        unit.move_line_id.lot_id = self._serial("SN-2")
        self.assertEqual((unit.name, unit.lot_id.name), ("SN-2", "SN-2"))
        self.assertCover(unit, "2026-03-10", "2027-03-09")

    def test_corrected_to_nothing_cancels_and_comes_back(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        unit.move_line_id.quantity = 0
        self.assertEqual(unit.state, "cancelled")
        self.assertEqual(self._claim(unit, "2026-06-01").reason, "ended")
        unit.move_line_id.quantity = 1
        self.assertEqual((unit.state, unit.date_ended), ("active", False))
        self.assertEqual(self._claim(unit, "2026-06-01").result, "covered")

    def test_serial_added_to_a_done_transfer(self):
        order = self._order(quantity=2, plan=self.plan)
        for name in ("SN-1", "SN-2"):
            self._stock(self.machine, 1, self._serial(name))
        picking = self._ship(order.picking_ids, ["SN-1"], on="2026-03-10")
        line = picking.move_line_ids
        self.env["stock.move.line"].create(
            {
                "move_id": line.move_id.id,
                "picking_id": picking.id,
                "product_id": self.machine.id,
                "location_id": line.location_id.id,
                "location_dest_id": line.location_dest_id.id,
                "lot_id": self._serial("SN-2").id,
                "quantity": 1,
            }
        )
        self.assertEqual(sorted(self._units(order).mapped("name")), ["SN-1", "SN-2"])

    def test_serial_sold_again_ends_the_former_promise(self):
        old = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        self._send_back(old.sale_order_id.picking_ids, lot=old.lot_id, to_refund=True)
        order = self._order(plan=self.plan)
        self._ship(order.picking_ids, ["SN-1"], on="2026-08-01")
        new = self._units(order)
        self.assertEqual((old.state, new.state), ("ended", "active"))
        self.assertEqual((new.replaces_id, old.date_ended), (old, date(2026, 8, 1)))
        self.assertCover(new, "2026-08-01", "2027-07-31")
        self.assertEqual(self._claim(old, "2026-09-01").result, "not_covered")

    def test_editing_a_policy_changes_nothing_already_sold(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        ordered = self._order(plan=self.plan)
        self.plan.warranty_policy_id.term_ids.length = 3
        self._stock(self.machine, 1, self._serial("SN-2"))
        self._ship(ordered.picking_ids, ["SN-2"], on="2026-03-10")
        later = self._delivered("SN-3", plan=self.plan, on="2026-03-10")
        self.assertCover(unit, "2026-03-10", "2027-03-09")
        self.assertCover(self._units(ordered), "2026-03-10", "2027-03-09")
        self.assertCover(later, "2026-03-10", "2026-06-09")
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            unit.coverage_ids.length = 24

    def test_archived_plan_and_plan_without_terms(self):
        bare = self.env["aftersales.plan"].create({"name": "Bare"})
        self.plan.active = False
        for number, plan in enumerate((bare, self.plan)):
            unit = self._delivered(f"SN-{number}", plan=plan, on="2026-03-10")
            self.assertEqual(unit.plan_id, plan)
        empty = self.env["aftersales.unit"].search([("plan_id", "=", bare.id)])
        self.assertEqual(empty.coverage_state, "none")
        self.assertEqual(self._claim(empty, "2026-06-01").reason, "no_terms")

    def test_promise_of_a_delivered_line_stands(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        with self.assertRaisesRegex(UserError, "already with the customer"):
            unit.sale_line_id.aftersales_plan_id = self._plan({"length": 1})
        with self.assertRaisesRegex(UserError, "another promise"):
            unit.plan_id = self._plan({"length": 1})
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.plan.unlink()

    def test_a_wrong_serial_corrected_restores_the_former_promise(self):
        old = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        self._send_back(old.sale_order_id.picking_ids, lot=old.lot_id)
        order = self._order(plan=self.plan)
        self._ship(order.picking_ids, ["SN-1"], on="2026-08-01")
        new = self._units(order)
        self.assertEqual(old.state, "ended")
        self._stock(self.machine, 1, self._serial("SN-2"))
        new.move_line_id.lot_id = self._serial("SN-2")
        self.assertEqual((old.state, old.date_ended, new.name), ("returned", False, "SN-2"))
        self.assertFalse(new.replaces_id)
        new.move_line_id.lot_id = old.lot_id
        self.assertEqual((old.state, new.replaces_id), ("ended", old))
        new.move_line_id.quantity = 0
        self.assertEqual((old.state, new.state), ("returned", "cancelled"))

    def test_serials_swapped_between_two_lines(self):
        order = self._order(quantity=2, plan=self.plan)
        for name in ("SN-1", "SN-2"):
            self._stock(self.machine, 1, self._serial(name))
        self._ship(order.picking_ids, ["SN-1", "SN-2"], on="2026-03-10")
        one, two = order.picking_ids.move_line_ids
        first, second = one.lot_id, two.lot_id
        one.lot_id = self._serial("SN-3")
        two.lot_id = first
        one.lot_id = second
        self.assertEqual(
            {unit.move_line_id: unit.name for unit in self._units(order)},
            {one: second.name, two: first.name},
        )

    def test_resold_without_a_plan_ends_the_promise(self):
        old = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        self._send_back(old.sale_order_id.picking_ids, lot=old.lot_id)
        order = self._order()
        self._ship(order.picking_ids, ["SN-1"], on="2026-08-01")
        self.assertEqual(old.state, "ended")
        self.assertFalse(old.lot_id.aftersales_unit_id)

    def test_the_same_serial_in_exchange_goes_on(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        order = unit.sale_order_id
        delivery = order.picking_ids
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        wizard.product_return_moves.quantity = 1
        wizard.action_create_exchanges()
        back = order.picking_ids.filtered(lambda picking: picking.return_id == delivery)
        self._ship(back, ["SN-1"])
        self.assertEqual(unit.state, "returned")
        again = order.picking_ids - delivery - back
        self._ship(again, ["SN-1"])
        self.assertEqual((unit.state, self._units(order)), ("active", unit))
        self._send_back(again, lot=unit.lot_id)
        self.assertEqual(unit.state, "returned")

    def test_lots_are_returned_to_their_own_unit(self):
        paint = self._product("Paint", tracking="lot")
        order = self._order(paint, 6, plan=self.plan)
        lots = [self._serial(name, paint) for name in ("LOT-A", "LOT-B")]
        for lot in lots:
            self._stock(paint, 3, lot)
        picking = order.picking_ids
        picking.move_ids.move_line_ids.unlink()
        picking.move_ids.move_line_ids = [
            Command.create({"product_id": paint.id, "lot_id": lot.id, "quantity": 3})
            for lot in lots
        ]
        picking.move_ids.picked = True
        picking._action_done()
        self._send_back(picking, lot=lots[1], quantity=1)
        by_lot = {unit.lot_id: unit.quantity_returned for unit in self._units(order)}
        self.assertEqual(by_lot, {lots[0]: 0, lots[1]: 1})

    def test_terms_of_the_line_alone_make_a_unit_and_no_terms_make_none(self):
        policy = self.plan.warranty_policy_id
        order = self._order(confirm=False)
        order.order_line.aftersales_policy_id = policy
        order.action_confirm()
        bare = self._order(plan=self.plan, confirm=False)
        bare.order_line.aftersales_policy_id = False
        bare.action_confirm()
        for number, each in enumerate((order, bare)):
            self._stock(self.machine, 1, self._serial(f"SN-{number}"))
            self._ship(each.picking_ids, [f"SN-{number}"], on="2026-03-10")
        self.assertCover(self._units(order), "2026-03-10", "2027-03-09")
        self.assertEqual(self._units(bare).coverage_state, "none")

    def test_a_promise_is_frozen_when_confirmed_and_thaws_when_redrafted(self):
        order = self._order(plan=self.plan)
        order.order_line = [
            Command.create({"product_id": self.machine.id, "aftersales_plan_id": self.plan.id})
        ]
        versions = order.order_line.aftersales_version_id
        self.assertEqual(len(order.order_line.filtered("aftersales_version_id")), 2)
        self.plan.warranty_policy_id.term_ids.length = 3
        order.order_line[0].aftersales_plan_id = self.plan
        self.assertEqual(order.order_line.aftersales_version_id, versions)
        order._action_cancel()
        order.action_draft()
        self.assertFalse(order.order_line.aftersales_version_id)
        self.assertIn("3 months", order.order_line[0].aftersales_terms)

    def test_a_broken_chain_is_refused_before_it_can_stop_a_warehouse(self):
        plan = self._plan({"length": 12}, {"length": 6, "start_event": "previous"})
        first = plan.warranty_policy_id.term_ids[0]
        with self.assertRaisesRegex(ValidationError, "no phase to follow"):
            first.unlink()
        with self.assertRaisesRegex(ValidationError, "no phase to follow"):
            first.length_unit = "lifetime"

    def test_what_a_promise_names_is_not_deleted(self):
        lamp = self.env["aftersales.component"].create({"name": "Lamp"})
        plan = self._plan({"length": 12, "component_id": lamp.id})
        self._order(plan=plan)
        plan.warranty_policy_id.term_ids.component_id = False
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            lamp.unlink()

    def test_received_before_it_left(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        with self.assertRaisesRegex(ValidationError, "cannot be received before"):
            unit.move_line_id.picking_id.aftersales_date_received = "2026-03-01"

    def test_a_plan_given_later_covers_an_unpromised_unit(self):
        unit = self.env["aftersales.unit"].create(
            {
                "product_id": self.machine.id,
                "partner_id": self.customer.id,
                "name": "OLD-1",
                "date_delivered": "2026-03-10",
            }
        )
        self.assertEqual((unit.coverage_state, unit.lot_id.name), ("none", "OLD-1"))
        unit.plan_id = self.plan
        self.assertCover(unit, "2026-03-10", "2027-03-09")

    def test_posting_the_invoice_is_the_purchase(self):
        plan = self._plan({"length": 6}, start="invoice")
        unit = self._delivered("SN-1", plan=plan, on="2026-03-10")
        self.assertEqual(unit.coverage_state, "not_started")
        invoice = unit.sale_order_id._create_invoices()
        invoice.invoice_date = "2026-03-15"
        invoice.action_post()
        self.assertCover(unit, "2026-03-15", "2026-09-14")

    def test_no_plan_no_unit(self):
        self._stock(self.machine, 1, self._serial("SN-1"))
        order = self._order()
        self._ship(order.picking_ids, ["SN-1"])
        self.assertFalse(self._units(order))
