"""From the first call to the repaired machine: scan, claim, repair, price, timeline."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form

from .common import AftersalesCommon


class TestRequestRepair(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._delivered("SN-77", plan=cls._preset("r12"), on="2026-03-10")

    def _repair(self, request, quantity=1):
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        repair.move_ids = [
            Command.create(
                {
                    "product_id": self.part.id,
                    "product_uom_qty": quantity,
                    "repair_line_type": "add",
                }
            )
        ]
        return repair

    def _quote(self, repair):
        repair.action_create_sale_order()
        return repair.sale_order_id.order_line

    # === REQUEST === #

    def test_scanning_a_serial_finds_unit_customer_and_cover(self):
        with Form(self.env["aftersales.request"]) as form:
            form.title = "Leaks"
            form.date_failure = "2026-06-01"
            form.serial = " sn-77 "
            self.assertEqual(form.unit_id, self.unit)
            self.assertEqual(form.partner_id, self.customer)
            self.assertEqual(form.coverage_result, "covered")
            self.assertIn("03/09/2032", form.coverage_sentence)
        claim = form.record.claim_ids
        self.assertRecordValues(claim, [{"unit_id": self.unit.id, "result": "covered"}])

    def test_unknown_serial_says_what_to_do(self):
        self._serial("SN-NEVER-SOLD")
        request = self.env["aftersales.request"].new({"serial": "SN-NEVER-SOLD"})
        self.assertIn("no delivery with a service plan", request.serial_hint)
        request = self.env["aftersales.request"].new({"serial": "no%such_"})
        self.assertIn("Nothing is known", request.serial_hint)
        self.assertFalse(request.unit_id)

    def test_changed_facts_change_the_claim(self):
        request = self._request(self.unit, "2026-06-01")
        self.assertEqual(request.coverage_result, "covered")
        request.cause_id = self._cause("human_damage")
        self.assertEqual(request.claim_ids.result, "not_covered")
        self.assertIn("Human damage", request.coverage_sentence)
        other = self._delivered("SN-78", plan=self._preset("r05"), on="2026-03-10")
        request.write({"unit_id": other.id, "cause_id": False})
        self.assertEqual(request._get_main_claim().unit_id, other)

    def test_life_of_a_request(self):
        request = self._request(self.unit, "2026-06-01")
        request.action_diagnose()
        repair = self._repair(request)
        self.assertEqual(request.state, "in_progress")
        with self.assertRaisesRegex(UserError, "still has the repair"):
            request.action_resolve()
        repair.action_repair_cancel()
        request.action_resolve()
        with self.assertRaisesRegex(UserError, "is Resolved and cannot become Waiting"):
            request.action_wait()
        request.action_close()
        request.action_reopen()
        self.assertEqual((request.state, request.date_resolved), ("new", False))
        request.action_cancel()
        self.assertEqual(request.claim_ids.state, "cancelled")
        with self.assertRaisesRegex(UserError, "Reopen it to repair"):
            request.action_create_repair()
        request.action_reopen()
        self.assertEqual(request.claim_ids.state, "open")

    def test_request_without_product_makes_no_repair(self):
        request = self.env["aftersales.request"].create(
            {"title": "Question", "partner_id": self.customer.id}
        )
        with self.assertRaisesRegex(UserError, "names no product"):
            request.action_create_repair()

    def test_an_incomplete_claim_form_does_not_fail(self):
        claim = self.env["aftersales.claim"].new({})
        self.assertFalse(claim.result)
        with Form(self._request(self.unit, "2026-06-01").claim_ids) as form:
            form.date_failure = "2026-06-02"

    def test_a_second_scan_forgets_the_first(self):
        with Form(self.env["aftersales.request"]) as form:
            form.title = "Leaks"
            form.serial = "SN-77"
            self.assertEqual(form.unit_id, self.unit)
            form.serial = "SN-OTHER"
            self.assertFalse(form.unit_id)
            self.assertIn("Nothing is known", form.serial_hint)
            form.serial = "SN-77"

    def test_a_repair_in_work_keeps_its_unit(self):
        request = self._request(self.unit, "2026-06-01")
        self._repair(request)
        other = self._delivered("SN-80", plan=self._preset("r12"), on="2026-03-10")
        with self.assertRaisesRegex(UserError, "open another request"):
            request.unit_id = other
        with self.assertRaisesRegex(UserError, "still has the repair"):
            request.action_cancel()

    def test_a_decided_claim_is_a_document(self):
        request = self._request(self.unit, "2026-06-01")
        claim = request.claim_ids
        claim.action_decide()
        sentence = claim.reason_text
        with self.assertRaisesRegex(UserError, "Reopen it to change"):
            claim.cause_id = self._cause("misuse")
        request.cause_id = self._cause("misuse")
        self.assertIn("Decided before the facts", request.coverage_sentence)
        self.unit.move_line_id.picking_id.date_done = self._noon("2020-03-10")
        self.assertEqual(claim.reason_text, sentence)
        with self.assertRaisesRegex(UserError, "instead of deleting"):
            request.unlink()

    # === REPAIR === #

    def test_a_cancelled_repair_reopens_its_claim(self):
        request = self._request(self.unit, "2026-06-01")
        repair = self._repair(request)
        repair.action_repair_start()
        self.assertEqual(request.claim_ids.state, "decided")
        repair.action_repair_cancel()
        self.assertEqual(request.claim_ids.state, "open")
        request.claim_ids.action_cancel()
        self.assertFalse(repair.under_warranty)

    def test_a_confirmed_order_keeps_its_charges(self):
        request = self._request(self.unit, "2026-06-01")
        repair = self._repair(request)
        line = self._quote(repair)
        line.order_id.action_confirm()
        request.cause_id = self._cause("human_damage")
        self.assertEqual(request.claim_ids.result, "not_covered")
        self.assertEqual(line.price_unit, 0)
        line.product_uom_qty = 4
        self.assertEqual(line.price_subtotal, 0)

    def test_a_typed_discount_stays(self):
        request = self._request(self.unit, "2033-06-01")
        self.unit.version_id.policy_id.charge_rule_ids.unlink()
        repair = self._repair(request)
        line = self._quote(repair)
        line.write({"price_unit": 150, "discount": 10})
        repair._aftersales_note_consent("estimate")
        repair.action_repair_start()
        self.assertEqual((line.price_unit, line.discount), (150, 10))

    def test_dozens_and_pricelists_show_what_will_be_quoted(self):
        request = self._request(self.unit, "2026-06-01", cause_id=self._cause("human_damage").id)
        repair = self._repair(request)
        repair.move_ids.product_uom = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(repair.move_ids.aftersales_price_unit, 1440)
        line = self._quote(repair)
        self.assertEqual(line.price_unit, 1440)

    def test_a_repair_of_a_known_serial_joins_its_passport(self):
        repair = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.machine.id}
        )
        repair.lot_id = self.unit.lot_id
        self.assertEqual(repair.aftersales_unit_id, self.unit)

    def test_repair_takes_everything_from_the_request(self):
        request = self._request(self.unit, "2026-06-01")
        repair = self._repair(request)
        self.assertRecordValues(
            repair,
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.machine.id,
                    "lot_id": self.unit.lot_id.id,
                    "aftersales_unit_id": self.unit.id,
                    "aftersales_claim_id": request.claim_ids.id,
                    "under_warranty": True,
                }
            ],
        )

    def test_price_follows_the_decision(self):
        for cause, day, price in (
            ("quality", "2026-06-01", 0),
            ("human_damage", "2026-06-01", 120),
            ("quality", "2033-06-01", 120),
        ):
            request = self._request(self.unit, day, cause_id=self._cause(cause).id)
            line = self._quote(self._repair(request))
            self.assertEqual(line.price_unit, price, (cause, day))

    def test_price_survives_quantity_and_update_prices(self):
        for cause, price in (("quality", 0), ("human_damage", 120)):
            request = self._request(self.unit, "2026-06-01", cause_id=self._cause(cause).id)
            repair = self._repair(request)
            line = self._quote(repair)
            repair.move_ids.product_uom_qty = 3
            self.assertEqual((line.product_uom_qty, line.price_unit), (3, price))
            line.product_uom_qty = 5
            self.assertEqual(line.price_unit, price)
            line.order_id.action_update_prices()
            self.assertEqual((line.price_unit, line.price_subtotal), (price, 5 * price))

    def test_price_follows_a_changed_decision(self):
        request = self._request(self.unit, "2026-06-01")
        repair = self._repair(request)
        line = self._quote(repair)
        self.assertEqual((line.price_unit, line.aftersales_charge), (0, "We – Free"))
        request.cause_id = self._cause("human_damage")
        self.assertEqual((line.price_unit, repair.under_warranty), (120, False))
        self.assertEqual(line.aftersales_charge, "Customer – Cost price")
        request.cause_id = False
        self.assertEqual((line.price_unit, repair.under_warranty), (0, True))

    def test_typed_price_wins(self):
        request = self._request(self.unit, "2026-06-01", cause_id=self._cause("misuse").id)
        repair = self._repair(request)
        line = self._quote(repair)
        line.price_unit = 99
        repair.move_ids.product_uom_qty = 2
        self.assertEqual(line.price_unit, 99)

    def test_repair_without_claim_is_priced_as_ever(self):
        repair = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.machine.id, "under_warranty": True}
        )
        repair.move_ids = [
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 1, "repair_line_type": "add"}
            )
        ]
        line = self._quote(repair)
        self.assertEqual(line.price_unit, 0)
        repair.under_warranty = False
        self.assertEqual(line.price_unit, 200)

    def test_undetermined_claim_blocks_the_start(self):
        unit = self._delivered("SN-79", plan=self._preset("r01"), on="2026-02-20")
        repair = self._repair(self._request(unit, "2026-03-01"))
        with self.assertRaisesRegex(UserError, "Nobody knows yet who pays"):
            repair.action_repair_start()
        unit.date_accepted = "2026-02-25"
        repair.action_repair_start()
        self.assertEqual(repair.aftersales_claim_id.state, "decided")

    def test_timeline_tells_the_whole_story(self):
        request = self._request(self.unit, "2026-06-01")
        repair = self._repair(request)
        self._stock(self.part, 5)
        self.assertEqual(repair.product_location_src_id.usage, "customer")
        repair.action_validate()
        repair.action_repair_start()
        repair.action_repair_end()
        request.action_resolve()
        titles = [event["title"] for event in self.unit._get_timeline()]
        for title in (
            "Ordered",
            "Shipped",
            "Delivered",
            "Warranty begins",
            "Warranty: last covered day",
            "Reported: Leaks",
            "Resolved: Leaks",
            f"Repair {repair.name}: Repaired",
        ):
            self.assertIn(title, titles)
        self.assertIn("Reported: Leaks", self.unit.timeline_html)
        self.assertIn("progress-bar", self.unit.coverage_html)
