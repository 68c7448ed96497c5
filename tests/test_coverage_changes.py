"""What moves the cover of a unit after the sale: acceptance, extensions, exchanges, returns."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users

from .common import AftersalesCommon


class TestAcceptance(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._preset("r01")
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2026-02-20")
        cls.unit.date_ordered = "2026-02-01"
        cls.unit.sale_order_id.date_order = cls._noon("2026-02-01")

    def _accept(self, on, **values):
        return self.env["aftersales.acceptance"].create(
            {
                "partner_id": self.customer.id,
                "order_id": self.unit.sale_order_id.id,
                "unit_ids": [Command.set(self.unit.ids)],
                "date": on,
                **values,
            }
        )

    def _hardware(self):
        return self.unit.coverage_ids.filtered(lambda row: row.start_event == "acceptance")

    def test_recording_starts_correcting_moves_cancelling_takes_back(self):
        acceptance = self._accept("2026-03-10")
        self.assertFalse(self._hardware().date_start)
        acceptance.action_record()
        self.assertEqual(self._hardware().date_end, date(2027, 3, 9))
        acceptance.date = "2026-03-20"
        self.assertEqual(self._hardware().date_end, date(2027, 3, 19))
        acceptance.action_cancel()
        self.assertFalse(self._hardware().date_start)
        acceptance.action_draft()
        acceptance.action_record()
        self.assertEqual(self._hardware().date_end, date(2027, 3, 19))

    def test_kinds_record_their_own_dates(self):
        for kind, field in (
            ("acceptance", "date_accepted"),
            ("commissioning", "date_commissioned"),
            ("handover", "date_handed_over"),
        ):
            self._accept("2026-03-10", kind=kind).action_record()
            self.assertEqual(self.unit[field], date(2026, 3, 10))

    def test_days_that_cannot_be(self):
        with self.assertRaisesRegex(ValidationError, "before the order"):
            self._accept("2026-01-31")
        with freeze_time("2026-03-01"), self.assertRaisesRegex(ValidationError, "in the future"):
            self._accept("2026-03-10")

    def test_units_of_others_and_no_units(self):
        stranger = self.env["res.partner"].create({"name": "Another Hotel"})
        with self.assertRaisesRegex(ValidationError, "belongs to Harbour Hotel"):
            self._accept("2026-03-10", partner_id=stranger.id)
        empty = self._accept("2026-03-10", unit_ids=False)
        with self.assertRaisesRegex(UserError, "names no unit"):
            empty.action_record()

    def test_the_dialog_proposes_what_the_terms_wait_for(self):
        for start, kind in (
            ("acceptance", "acceptance"),
            ("delivery_acceptance", "acceptance"),
            ("commissioning", "commissioning"),
            ("handover", "handover"),
            ("delivery", "acceptance"),
        ):
            with self.subTest(start):
                plan = self._plan(
                    {"length": 12}, {"length": 12, "start_event": "previous"}, start=start
                )
                unit = self._delivered(f"SN-{start}", plan=plan, on="2026-02-20")
                context = unit.action_record_acceptance()["context"]
                self.assertEqual(context["default_kind"], kind)
                dialog = Form(self.env["aftersales.acceptance"].with_context(**context))
                self.assertEqual(dialog.kind, kind)

    def test_the_dialog_proposes_what_comes_next(self):
        lamp = self.env["aftersales.component"].create({"name": "Lamp"})
        plan = self._plan(
            {"length": 12},
            {"length": 6, "component_id": lamp.id, "start_event": "handover"},
            start="commissioning",
        )
        unit = self._delivered("SN-NEXT", plan=plan, on="2026-02-20")
        self.assertEqual(unit._get_awaited_kind(), "commissioning")
        unit.date_commissioned = "2026-03-01"
        self.assertEqual(unit._get_awaited_kind(), "handover")
        unit.date_handed_over = "2026-03-02"
        self.assertFalse(unit._get_awaited_kind())

    def test_the_order_offers_its_units(self):
        context = self.unit.sale_order_id.action_record_acceptance()["context"]
        self.assertEqual(context["default_unit_ids"], self.unit.ids)
        draft = self._accept("2026-03-10")
        draft.action_record()
        with self.assertRaisesRegex(UserError, "Cancel it instead"):
            draft.unlink()


class TestOrderWithTwoPromises(AftersalesCommon):
    def test_s_x1_order_with_two_promises(self):
        """A waits for acceptance while B runs from shipping; recording it starts A alone."""
        valve = self._product("Valve", tracking="serial")
        order = self._order(plan=self._preset("r01"), confirm=False)
        order.order_line = [
            Command.create({"product_id": valve.id, "aftersales_plan_id": self._preset("r12").id})
        ]
        order.date_order = self._noon("2026-02-01")
        order.action_confirm()
        order.date_order = self._noon("2026-02-01")
        for product, serial in ((self.machine, "A-1"), (valve, "B-1")):
            self._stock(product, 1, self._serial(serial, product))
        picking = order.picking_ids
        for move in picking.move_ids:
            move.lot_ids = self._serial(
                "A-1" if move.product_id == self.machine else "B-1", move.product_id
            )
        picking.move_ids.picked = True
        picking._action_done()
        picking.date_done = self._noon("2026-02-20")
        units = order.order_line.aftersales_unit_ids
        system = units.filtered(lambda unit: unit.name == "A-1")
        shipped = units - system
        hardware = system.coverage_ids[0]
        self.assertEqual((hardware.date_start, system.coverage_state), (False, "not_started"))
        self.assertCover(shipped, "2026-02-20", "2032-02-19")
        self.env["aftersales.acceptance"].create(
            {
                "partner_id": self.customer.id,
                "order_id": order.id,
                "unit_ids": [Command.set(system.ids)],
                "date": "2026-03-10",
            }
        ).action_record()
        self.assertEqual(
            (hardware.date_start, hardware.date_end), (date(2026, 3, 10), date(2027, 3, 9))
        )
        self.assertCover(shipped, "2026-02-20", "2032-02-19")


class TestExtension(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan({"length": 12}, {"length": 12, "start_event": "previous"})
        cls.plan.warranty_policy_id.downtime_extends = True
        cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls._user("manager", "aftersales_service.group_aftersales_manager")
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2026-03-10")

    def _extend(self, unit=None, **values):
        unit = unit or self.unit
        return self.env["aftersales.coverage.extension"].create(
            {
                "unit_id": unit.id,
                "coverage_id": unit.coverage_ids[:1].id,
                "length": 5,
                "reason": "Missed guarantee",
                **values,
            }
        )

    def _ends(self, unit=None):
        return [str(day) for day in (unit or self.unit).coverage_ids.mapped("date_end")]

    def test_goodwill_moves_the_term_and_what_follows(self):
        self.assertEqual(self._ends(), ["2027-03-09", "2028-03-09"])
        row = self._extend()
        self.assertEqual(self._ends(), ["2027-03-14", "2028-03-14"])
        row.action_cancel()
        self.assertEqual(self._ends(), ["2027-03-09", "2028-03-09"])

    def test_downtime_counts_once(self):
        away = {"kind": "downtime", "coverage_id": False, "length": 0}
        self._extend(**away, date_from="2026-08-03", date_to="2026-08-13", reason="Repair")
        self._extend(**away, date_from="2026-08-05", date_to="2026-08-10", reason="Parts")
        self.assertEqual(self._ends(), ["2027-03-19", "2028-03-19"])

    def test_the_ledger_is_not_edited(self):
        row = self._extend()
        with self.assertRaisesRegex(UserError, "Cancel it and enter another"):
            row.length = 50
        with self.assertRaisesRegex(UserError, "not shortened"):
            row.unlink()

    def test_a_document_counts_once_and_only_while_it_stands(self):
        order = self._order(confirm=False)
        source = {"source_model": "sale.order", "source_id": order.id}
        self._extend(**source)
        with self.assertRefusedByDatabase():
            self._extend(**source)
        order.action_cancel()
        with self.assertRaisesRegex(UserError, "is cancelled and cannot extend"):
            self._extend(source_model="sale.order", source_id=order.id, kind="guarantee")

    def test_what_cannot_be_extended(self):
        other = self._delivered("SN-2", plan=self._preset("r05"), on="2026-03-10")
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            self._extend(coverage_id=other.coverage_ids[0].id)
        with self.assertRaisesRegex(ValidationError, "already runs for life"):
            self._extend(other, coverage_id=other.coverage_ids[1].id)
        with self.assertRefusedByDatabase():
            self._extend(length=0)
        with freeze_time("2026-08-01"), self.assertRaisesRegex(ValidationError, "already"):
            self._extend(
                kind="downtime", coverage_id=False, date_from="2026-07-01", date_to="2026-09-01"
            )

    @users("agent")
    def test_goodwill_is_the_managers(self):
        with self.assertRaisesRegex(AccessError, "Only an after-sales manager"):
            self._extend(self.unit.with_user(self.env.user))
        row = self._extend(
            kind="downtime", coverage_id=False, date_from="2026-03-20", date_to="2026-03-22"
        )
        self.assertEqual(row.extent, "2 days")

    @users("manager")
    def test_a_manager_grants_and_cancels(self):
        row = self._extend(self.unit.with_user(self.env.user), kind="guarantee")
        self.assertEqual(self._ends()[0], "2027-03-14")
        row.action_cancel()
        self.assertEqual(self._ends()[0], "2027-03-09")


class TestPurchasedExtension(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan({"length": 12})
        cls.bought = cls._product(
            "One more year", type="service", is_storable=False, aftersales_extension_length=12
        )

    def _sell_extension(self, quantity=1, **line):
        order = self._order(self.bought, quantity, confirm=False)
        order.order_line.write(line)
        order.action_confirm()
        return order

    def test_a_year_bought_for_a_unit(self):
        unit = self._delivered("SN-1", plan=self.plan, on="2026-03-10")
        order = self._sell_extension(aftersales_extended_unit_id=unit.id)
        self.assertCover(unit, "2026-03-10", "2028-03-09")
        order._action_confirm()
        self.assertCover(unit, "2026-03-10", "2028-03-09")
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertCover(unit, "2026-03-10", "2027-03-09")

    def test_sold_with_the_machines_it_waits_for_their_delivery(self):
        order = self._order(quantity=2, plan=self.plan, confirm=False)
        order.order_line = [
            Command.create({"product_id": self.bought.id, "product_uom_qty": 1}),
        ]
        order.action_confirm()
        for name in ("SN-1", "SN-2"):
            self._stock(self.machine, 1, self._serial(name))
        self._ship(order.picking_ids, ["SN-1", "SN-2"], on="2026-03-10")
        first, second = order.order_line[0].aftersales_unit_ids.sorted("name")
        self.assertCover(first, "2026-03-10", "2028-03-09")
        self.assertCover(second, "2026-03-10", "2027-03-09")


class TestExchangeAndRefund(AftersalesCommon):
    def _exchange(self, plan):
        """Deliver SN-1, take it back, deliver SN-2 for it (core's own exchange)."""
        old = self._delivered("SN-1", plan=plan, on="2026-03-10")
        delivery = old.sale_order_id.picking_ids
        self._stock(self.machine, 1, self._serial("SN-2"))
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        wizard.product_return_moves.write({"quantity": 1, "to_refund": False})
        wizard.action_create_exchanges()
        back = old.sale_order_id.picking_ids.filtered(
            lambda picking: picking.state != "done" and picking.return_id == delivery
        )
        self._ship(back, ["SN-1"], on="2026-09-14")
        out = old.sale_order_id.picking_ids.filtered(lambda picking: picking.state != "done")
        self._ship(out, ["SN-2"], on="2026-09-15")
        return old, old.sale_line_id.aftersales_unit_ids - old

    def test_s_r05_3_exchange_restarts(self):
        old, new = self._exchange(self._preset("r05"))
        self.assertEqual((old.state, old.date_ended), ("replaced", date(2026, 9, 15)))
        self.assertEqual((new.replaces_id, new.exchange_rule), (old, "restart"))
        warranty = new.coverage_ids[0]
        self.assertEqual(
            (warranty.date_start, warranty.date_end), (date(2026, 9, 15), date(2027, 9, 14))
        )
        self.assertEqual(self._claim(new, "2027-06-01").result, "covered")
        self.assertEqual(self._claim(old, "2026-12-01").reason, "ended")

    def test_exchange_carries_over_with_extensions(self):
        old, new = self._exchange(self._plan({"length": 12}))
        self.assertCover(new, "2026-03-10", "2027-03-09")
        self.env["aftersales.coverage.extension"].create(
            {
                "unit_id": old.id,
                "coverage_id": old.coverage_ids.id,
                "length": 10,
                "reason": "Before the exchange",
            }
        )
        self.assertCover(new, "2026-03-10", "2027-03-19")
        self.env["aftersales.coverage.extension"].create(
            {
                "unit_id": new.id,
                "coverage_id": new.coverage_ids.id,
                "length": 5,
                "reason": "After the exchange",
            }
        )
        self.assertCover(new, "2026-03-10", "2027-03-24")

    def test_return_for_refund_ends_and_sending_it_again_restores(self):
        unit = self._delivered("SN-1", plan=self._plan({"length": 12}), on="2026-03-10")
        back = self._send_back(unit.sale_order_id.picking_ids, lot=unit.lot_id, to_refund=True)
        self.assertTrue(unit.date_ended)
        self.assertEqual(unit.coverage_state, "expired")
        self._send_back(back, lot=unit.lot_id)
        self.assertFalse(unit.date_ended)
        self.assertCover(unit, "2026-03-10", "2027-03-09")

    def test_return_for_repair_loses_nothing(self):
        unit = self._delivered("SN-1", plan=self._plan({"length": 12}), on="2026-03-10")
        self._send_back(unit.sale_order_id.picking_ids, lot=unit.lot_id, to_refund=False)
        self.assertEqual((unit.state, unit.date_ended), ("returned", False))

    def test_owner_transfer_keeps_the_promise(self):
        unit = self._delivered("SN-1", plan=self._plan({"length": 12}), on="2026-03-10")
        buyer = self.env["res.partner"].create({"name": "New Owner"})
        request = self._request(unit, "2026-06-01")
        dialog = self.env["aftersales.unit.transfer"].create(
            {"unit_ids": [Command.set(unit.ids)], "partner_id": buyer.id}
        )
        with self.assertRaisesRegex(UserError, "open request"):
            dialog.action_apply()
        request.action_cancel()
        dialog.action_apply()
        self.assertEqual((unit.partner_id, unit.site_id), (buyer, buyer))
        self.assertCover(unit, "2026-03-10", "2027-03-09")
        with self.assertRaisesRegex(ValidationError, "belongs to New Owner"):
            self._request(unit, "2026-06-01", partner_id=self.customer.id)


class TestCertificateAndMail(AftersalesCommon):
    def test_the_certificate_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(["aftersales_service"], ["zh_CN"])
        unit = self._delivered("SN-1", plan=self._preset("r12"), on="2026-03-10")
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        name = "aftersales_service.report_unit_certificate"
        english = report._render_qweb_html(name, unit.ids)[0].decode()
        self.assertIn("Warranty Certificate", english)
        self.assertIn("data:image/png;base64,", english)
        unit.partner_id.lang = "zh_CN"
        chinese = report._render_qweb_html(name, unit.ids)[0].decode()
        self.assertNotIn("Warranty Certificate", chinese)
        self.assertIn("质保", chinese)
        pdf, kind = report._render_qweb_pdf(name, unit.ids)
        self.assertEqual((pdf[:4], kind), (b"%PDF", "pdf"))

    def test_the_customer_is_told_once_when_cover_begins(self):
        plan = self._preset("r01")
        plan.start_template_id = self.env.ref("aftersales_service.mail_template_cover_started")
        self.customer.email = "hotel@example.com"
        unit = self._delivered("SN-1", plan=plan, on="2026-02-20")
        self.assertFalse(self._mails_about(unit))
        unit.date_ordered = "2026-02-01"
        acceptance = self.env["aftersales.acceptance"].create(
            {
                "partner_id": self.customer.id,
                "unit_ids": [Command.set(unit.ids)],
                "date": unit.date_delivered,
            }
        )
        acceptance.action_record()
        self.assertTrue(unit.is_announced)
        self.assertEqual(len(self._mails_about(unit)), 1)
        acceptance.note = "Again"
        acceptance.action_record()
        self.assertEqual(len(self._mails_about(unit)), 1)

    def _mails_about(self, unit):
        return self.env["mail.mail"].search(
            [("model", "=", "aftersales.unit"), ("res_id", "=", unit.id)]
        )
