"""What must not slip through, whoever tries which way: money, gates, rights, dates."""

from contextlib import contextmanager
from datetime import timedelta

from freezegun import freeze_time
from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form
from odoo.tools import mute_logger

from .test_repair_consent import LABOUR, PIXEL, ConsentCase


class HeldCase(ConsentCase):
    @contextmanager
    def refused(self):
        """Whatever is inside is refused with an error people can read."""
        try:
            with self.env.cr.savepoint():
                yield
                self.env.flush_all()
        except (UserError, AccessError, ValidationError):
            return
        self.fail("it was not refused")


class TestMoneyHeld(HeldCase):
    def test_more_parts_used_than_agreed(self):
        """Used quantity above the planned one raises the confirmed order after the check."""
        self._stock(self.part, 99)
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        self.assertEqual(repair.aftersales_amount_approved, 350)
        move = repair.move_ids
        move.quantity = 3
        move.picked = True
        with self.assertRaises(UserError):
            repair.action_repair_end()

    def test_costs_added_after_the_end(self):
        self._stock(self.part, 99)
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        repair.action_repair_end()
        with self.assertRaises(UserError):
            repair.with_user(self.env.ref("base.user_admin")).aftersales_cost_line_ids = [
                Command.create({"cost_type": "labour", "price_list": 500})
            ]
            repair.action_aftersales_close()

    def test_a_cancelled_repair_charges_no_labour(self):
        repair = self._quoted()
        order = repair.sale_order_id
        order.action_confirm()
        repair.action_repair_cancel()
        self.assertEqual(order.amount_total, 0)

    def test_the_quotation_of_a_cancelled_repair_is_not_signed(self):
        repair = self._sent(fields.Datetime.to_string(fields.Datetime.now())[:16])
        order = repair.sale_order_id
        repair.action_repair_cancel()
        if order.state == "sent":
            order._validate_order()
        self.assertNotEqual((order.state, order.amount_total), ("sale", 150))

    def test_a_ceiling_after_a_decline_revives_the_quotation(self):
        repair = self._sent()
        with freeze_time(self._utc("2026-03-13 10:00")):
            self._says(repair, answer="refused")
            self._says(repair, "ceiling", amount=500)
            repair.action_repair_start()
        self.assertNotEqual(repair.sale_order_id.state, "cancel")

    def test_the_rest_above_a_ceiling_confirms_the_quotation(self):
        repair = self._quoted()
        self._says(repair, "ceiling", amount=100)
        repair.sale_order_id.action_quotation_sent()
        dialog = self.env["aftersales.consent.answer"].create(
            {"repair_id": repair.id, "by_name": "Mr Li"}
        )
        dialog.action_apply()
        repair.action_repair_start()
        self.assertEqual(repair.sale_order_id.state, "sale")

    def test_the_same_yes_recorded_twice_counts_once(self):
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        self._add_part(repair)
        dialogs = [
            self.env["aftersales.consent.answer"].create(
                {"repair_id": repair.id, "by_name": "Mr Li", "kind": "added"}
            )
            for _twice in range(2)
        ]
        with self.assertRaises(UserError):
            for dialog in dialogs:
                dialog.action_apply()

    def test_another_product_of_a_quoted_cost(self):
        repair = self._quoted()
        line = repair.aftersales_cost_line_ids
        travel = self.env.ref("aftersales_service.product_travel")
        line.cost_type = "travel"
        self.env.flush_all()
        self.assertEqual(line.product_id, travel)
        self.assertEqual(line.sale_line_id.product_id, line.product_id)

    def test_another_customer_has_agreed_to_nothing(self):
        repair = self._charged()
        self._says(repair)
        repair.partner_id = self.env["res.partner"].create({"name": "Somebody else"})
        self.assertTrue(repair.aftersales_needs_approval)

    def test_the_link_of_a_former_customer(self):
        repair = self._charged()
        token = repair._portal_ensure_token()
        repair.partner_id = self.env["res.partner"].create({"name": "Somebody else"})
        self.assertNotEqual(repair.access_token, token)

    def test_a_quoted_cost_renamed(self):
        repair = self._quoted()
        line = repair.aftersales_cost_line_ids
        line.name = "Two hours on Sunday"
        self.assertEqual(line.sale_line_id.name, "Two hours on Sunday")

    def test_a_yes_to_a_cancelled_quotation_revives_it(self):
        repair = self._quoted()
        repair.sale_order_id.action_cancel()
        self._says(repair, "added", amount=350)
        repair.action_repair_start()
        self.assertEqual(repair.sale_order_id.state, "sale")

    def test_negative_parts(self):
        repair = self._charged()
        self._add_part(repair, -1)
        self._says(repair)
        with self.assertRaises(UserError):
            repair.action_repair_start()

    def test_cost_line_of_a_cancelled_repair_in_other_company_currency(self):
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        repair.aftersales_cost_line_ids.price_list = 1000
        self.env.flush_all()
        self.assertTrue(
            repair.aftersales_needs_approval or repair.sale_order_id.amount_total == 350
        )


class TestGatesHeld(HeldCase):
    def _tech(self, repair):
        user = self.env["res.users"].search([("login", "=", "tech")])
        return repair.with_user(user)

    def test_done_without_start(self):
        unit = self._delivered("SN-3", plan=self._preset("r01"), on="2026-02-20")
        repair = self._job(unit, "2026-03-01", parts=0)
        repair._aftersales_note_consent("ceiling", amount=9999)
        self.assertEqual(repair.aftersales_claim_id.result, "undetermined")
        with self.refused():
            self._tech(repair).action_repair_done()

    def test_state_written(self):
        repair = self._charged()
        with self.refused():
            self._tech(repair).write({"state": "under_repair"})

    def test_a_stale_form_starts_a_done_repair(self):
        repair = self._charged(parts=0)
        self._start(repair)
        repair.action_repair_end()
        repair.action_aftersales_close()
        with self.assertRaises(UserError):
            self._tech(repair).action_repair_start()

    def test_and_ends_it_again(self):
        self._stock(self.part, 9)
        repair = self._charged(parts=1)
        self._start(repair)
        repair.action_repair_end()
        with self.assertRaises(UserError):
            self._tech(repair).action_repair_start()
            self._tech(repair).action_repair_end()

    def test_a_stale_form_starts_a_cancelled_repair(self):
        repair = self._charged(parts=0, costs=())
        repair.action_repair_cancel()
        with self.assertRaises(UserError):
            self._tech(repair).action_repair_start()

    def test_handed_back_by_typing_a_date(self):
        self.plan.needs_test = True
        repair = self._charged(parts=0)
        self._start(repair)
        repair.action_repair_end()
        with self.assertRaises(UserError):
            repair.action_aftersales_hand_back()
        with self.assertRaises(UserError):
            self._tech(repair).write({"aftersales_date_handed_back": fields.Datetime.now()})

    def test_handed_back_in_the_future_or_before_it_was_taken_in(self):
        repair = self._charged(parts=0)
        self._start(repair)
        repair.action_repair_end()
        for at in (fields.Datetime.now() + timedelta(days=400), "2001-01-01 00:00:00"):
            with self.subTest(str(at)), self.refused():
                with self.env.cr.savepoint():
                    self._tech(repair).write({"aftersales_date_handed_back": at})
                    self.env.flush_all()

    def test_handed_back_before_it_was_repaired(self):
        repair = self._charged(parts=0)
        with self.refused():
            self._tech(repair).write({"aftersales_date_handed_back": fields.Datetime.now()})

    def test_a_typed_end_survives_the_start(self):
        repair = self._charged(parts=0)
        yesterday = fields.Datetime.now() - timedelta(days=1)
        repair.aftersales_date_intake = yesterday - timedelta(days=1)
        repair.aftersales_date_repaired = yesterday
        self._start(repair)
        repair.action_repair_end()
        self.assertEqual(repair.aftersales_date_repaired, yesterday)

    def test_the_claim_of_another_unit(self):
        covered = self._plan({"length": 999})
        other = self._delivered("SN-2", plan=covered, on="2026-01-01")
        claim = self._claim(other, "2026-03-01")
        self.assertEqual(claim.result, "covered")
        repair = self._charged()
        with self.refused():
            self._tech(repair).write({"aftersales_claim_id": claim.id})

    def test_start_of_a_mixed_selection(self):
        ready, waiting = (self._charged(parts=0, costs=()), self._charged())
        with self.assertRaises(UserError):
            (ready | waiting).action_repair_start()

    def test_a_closed_repair_reset_to_draft(self):
        repair = self._charged(parts=0)
        self._start(repair)
        repair.action_repair_end()
        repair.action_aftersales_close()
        with self.assertRaises(UserError):
            repair.action_repair_cancel_draft()


class TestRightsHeld(HeldCase):
    def setUp(self):
        super().setUp()
        self.tech = self.env["res.users"].search([("login", "=", "tech")])

    def _private(self, name="salary.png", raw=None):
        """A file on a document a technician may not read."""
        holder = self.env["ir.config_parameter"].sudo().create({"key": name, "value": "x"})
        return self.env["ir.attachment"].create(
            {
                "name": name,
                "datas": raw or PIXEL,
                "mimetype": "image/gif",
                "res_model": holder._name,
                "res_id": holder.id,
            }
        )

    def test_the_dialog_takes_nobody_elses_files(self):
        file = self._private()
        with self.assertRaises(AccessError):
            file.with_user(self.tech).read(["datas"])
        repair = self._charged()
        with self.assertRaises(AccessError):
            self.env["aftersales.consent.answer"].with_user(self.tech).create(
                {
                    "repair_id": repair.id,
                    "by_name": "Mr Li",
                    "attachment_ids": [Command.link(file.id)],
                }
            ).action_apply()

    def test_photos_are_nobody_elses_files(self):
        file = self._private()
        repair = self._charged(parts=0)
        self._start(repair)
        tech = repair.with_user(self.tech)
        with self.assertRaises(AccessError):
            tech.write({"aftersales_photo_ids": [Command.link(file.id)]})

    def test_dialogs_tell_nothing_of_other_companies(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._user("stranger", "aftersales_service.group_aftersales_agent")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        repair = self._charged()
        with self.assertRaises(AccessError):
            repair.with_user(stranger).read(["name"])
        dialog = self.env["aftersales.consent.answer"].with_user(stranger)
        with self.assertRaises(AccessError):
            dialog.create({"repair_id": repair.id, "by_name": "Me"})

    def test_a_deleted_draft_gives_its_downtime_back(self):
        repair = self._charged(parts=0)
        start = fields.Datetime.now() - timedelta(days=9)
        repair.action_aftersales_wait_parts()
        repair.aftersales_downtime_ids.sudo().date_start = start
        repair.action_aftersales_parts_arrived()
        self.env.flush_all()
        entries = self.env["aftersales.coverage.extension"].search(
            [
                ("source_model", "=", "aftersales.repair.downtime"),
                ("source_id", "in", repair.aftersales_downtime_ids.ids),
            ]
        )
        repair.aftersales_request_id.repair_ids = [Command.clear()]
        repair.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(entries.exists().filtered(lambda e: e.state == "active"))

    def test_copy_by_a_technician(self):
        repair = self._charged()
        repair.aftersales_cost_line_ids.write(
            {"is_goodwill": True, "goodwill_reason": "Old friend"}
        )
        copy = repair.with_user(self.tech).copy()
        self.assertFalse(any(copy.aftersales_cost_line_ids.mapped("is_goodwill")))

    def test_an_activity_for_each_decline(self):
        repair = self._sent()
        with freeze_time(self._utc("2026-03-13 10:00")):
            self._says(repair, answer="refused")
            repair.sale_order_id.action_draft()
            repair.sale_order_id.action_quotation_sent()
            self._says(repair, answer="refused")
        hand_back = repair.activity_ids.filtered(
            lambda a: "Hand the unit back" in (a.summary or "")
        )
        self.assertEqual(len(hand_back), 1)

    @mute_logger("odoo.sql_db")
    def test_deleting_a_draft_with_an_answer(self):
        repair = self._charged(parts=0)
        self._says(repair)
        with self.assertRaisesRegex(UserError, "keeps what its customer said"):
            repair.unlink()


class TestLifeHeld(HeldCase):
    def setUp(self):
        super().setUp()
        self.tech = self.env["res.users"].search([("login", "=", "tech")])

    def test_a_confirmed_order_that_is_taken_back(self):
        repair = self._quoted()
        self._says(repair)
        order = repair.sale_order_id
        self.assertEqual(order.state, "sale")
        self._says(repair, answer="refused")
        self.assertNotEqual((order.state, repair.aftersales_estimate_state), ("sale", "approved"))

    def test_the_request_that_is_kept_waits_too(self):
        kept = self._request(self.unit)
        kept.action_start()
        repair = self._sent(fields.Datetime.to_string(fields.Datetime.now())[:16])
        gone = repair.aftersales_request_id
        self.assertEqual(gone.state, "waiting")
        kept._merge(gone)
        self.assertEqual(kept.state, "waiting")

    def test_what_was_signed_costs_what_was_signed(self):
        self._stock(self.part, 9)
        repair = self._quoted()
        order = repair.sale_order_id
        order.action_confirm()
        repair.action_repair_start()
        repair.action_repair_end()
        repair.write({"aftersales_customer_signature": PIXEL, "aftersales_signed_by": "Mr Li"})
        self.assertTrue(repair.aftersales_date_signed)
        order.order_line[0].price_unit = 900
        self.env.flush_all()
        self.assertFalse(repair.aftersales_date_signed)

    def test_goods_that_came_with_a_return_are_handed_back_by_a_date(self):
        picking = self.unit.move_line_id.picking_id
        back = self._send_back(picking, lot=self.unit.lot_id)
        repair = self._charged(parts=0)
        repair.picking_id = back
        self._start(repair)
        repair.action_repair_end()
        self.assertEqual(repair.aftersales_quantity_here, 1)
        with self.refused():
            repair.with_user(self.tech).write(
                {"aftersales_date_handed_back": fields.Datetime.now()}
            )
            repair.action_aftersales_close()

    def test_lists_of_repairs_stay_cheap(self):
        names = (
            "aftersales_amount_total",
            "aftersales_amount_open",
            "aftersales_needs_approval",
            "aftersales_result",
            "aftersales_reason",
            "aftersales_site_city",
            "aftersales_fault_text",
            "aftersales_parts_date",
            "aftersales_repeat_text",
            "aftersales_history_text",
            "aftersales_picking_count",
            "aftersales_may_receive",
            "aftersales_is_promise_at_risk",
            "aftersales_needs_plan",
            "aftersales_suggestions",
            "aftersales_needs_contract",
            "aftersales_may_see_secret",
            "aftersales_map_url",
            "aftersales_appointment",
            "aftersales_coordinator_id",
            "aftersales_is_at_customers",
        )
        units = [self._delivered(f"SX-{n}", plan=self.plan, on="2026-01-10") for n in range(8)]
        repairs = self.env["repair.order"].concat(
            *(self._job(unit, "2026-03-01", parts=1, costs=(LABOUR,)) for unit in units)
        )
        for repair in repairs[:]:
            repair.action_create_sale_order()
        repairs = repairs.with_user(self.tech)
        bad = {}
        for name in names:
            counts = []
            for number in (8, 2, 8):  # the first time only warms what is remembered
                self.env.flush_all()
                self.env.invalidate_all()
                start = self.cr.sql_log_count
                repairs[:number].read([name])
                counts.append(self.cr.sql_log_count - start)
            if counts[2] > counts[1] + 1:
                bad[name] = counts
        self.assertFalse(bad)

    def test_price_raised_on_the_order_after_the_end(self):
        self._stock(self.part, 9)
        repair = self._quoted()
        order = repair.sale_order_id
        order.action_confirm()
        repair.action_repair_start()
        repair.action_repair_end()
        order.order_line[0].product_uom_qty = 5
        self.env.flush_all()
        self.assertTrue(repair.aftersales_needs_approval)

    def test_search_and_field_agree(self):
        repair = self._charged()
        found = self.env["repair.order"].search([("aftersales_needs_approval", "=", True)])
        self.assertIn(repair, found)
        found = self.env["repair.order"].search([("aftersales_needs_approval", "=", False)])
        self.assertNotIn(repair, found)

    def test_a_cancelled_repair_taken_up_again_charges_its_labour_once(self):
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_cancel()
        repair.action_repair_cancel_draft()
        self.assertEqual(repair.sale_order_id.amount_total, 350)

    def test_parts_of_a_done_repair_changed(self):
        self._stock(self.part, 9)
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        repair.action_repair_end()
        with self.assertRaises(UserError):
            self._add_part(repair.with_user(self.tech), 2)

    def test_free_parts_used_beyond_a_ceiling_without_quotation(self):
        """Without a quotation, more is used than was planned and agreed; it is quoted after."""
        self._stock(self.part, 99)
        repair = self._charged()
        self._says(repair)
        repair.action_repair_start()
        repair.move_ids.quantity = 4
        repair.move_ids.picked = True
        with self.assertRaises(UserError):
            repair.action_repair_end()

    def test_two_receipts_at_once(self):
        repair = self._charged(parts=0)
        first = repair.action_aftersales_announce()
        second = repair.action_aftersales_announce()
        self.assertEqual(first.get("res_id"), second.get("res_id"))

    def test_a_cancelled_claim_of_a_started_repair(self):
        """Cover is taken away in the middle: the customer is asked before the end."""
        covered = self._plan({"length": 999})
        covered.needs_consent = True
        unit = self._delivered("SN-9", plan=covered, on="2026-01-01")
        repair = self._job(unit, "2026-03-01", parts=0, costs=(LABOUR,))
        repair.action_repair_start()
        repair.aftersales_claim_id.action_cancel()
        self.assertTrue(repair.aftersales_needs_approval)
        with self.refused():
            repair.action_repair_end()

    def test_merge_of_two_customers_keeps_the_answers(self):
        repair = self._charged(parts=0)
        self._says(repair)
        rows = self._rows(repair)
        other = self._request(self.unit)
        other._merge(repair.aftersales_request_id)
        self.assertEqual(self._rows(repair), rows)

    def test_invoiced_by_delivery(self):
        """The same as m01, to the invoice: the customer agreed to 350."""
        self.part.invoice_policy = "delivery"
        self._stock(self.part, 99)
        repair = self._quoted()
        order = repair.sale_order_id
        order.action_confirm()
        repair.action_repair_start()
        repair.move_ids.quantity = 3
        repair.move_ids.picked = True
        with self.assertRaises(UserError):
            repair.with_user(self.tech).action_repair_end()

    def test_proof_is_not_taken_from_another_document(self):
        other = self._request(self.unit)
        file = self.env["ir.attachment"].create(
            {"name": "a.gif", "datas": PIXEL, "res_model": other._name, "res_id": other.id}
        )
        repair = self._charged()
        self._says(repair, user=self.tech, attachment_ids=file)
        self.assertEqual(file.res_model, "aftersales.request")

    def test_a_plain_storekeeper_repairs(self):
        keeper = self._user("keeper", "stock.group_stock_user")
        self._stock(self.part, 9)
        back = self._send_back(self.unit.move_line_id.picking_id, lot=self.unit.lot_id)
        repair = (
            self.env["repair.order"]
            .with_user(keeper)
            .create(
                {
                    "product_id": self.machine.id,
                    "lot_id": self.unit.lot_id.id,
                    "partner_id": self.customer.id,
                    "picking_id": back.id,
                }
            )
        )
        self._says(repair, user=keeper)
        self.env.invalidate_all()
        with Form(repair) as form:
            form.aftersales_condition = "Fine"
        repair.action_repair_start()
        repair.action_repair_end()
        repair.action_aftersales_hand_back()
        repair.action_aftersales_close()
        self.assertEqual(repair.state, "done")

    def test_portal_after_a_small_ceiling(self):
        repair = self._quoted()
        self._says(repair, "ceiling", amount=100)
        repair.sale_order_id.action_quotation_sent()
        repair = repair.with_user(1)
        repair._aftersales_agree_online("350.00", "Mr Li")
        self.assertEqual(repair.sale_order_id.state, "sale")

    def test_portal_decline_after_a_small_ceiling(self):
        repair = self._quoted()
        self._says(repair, "ceiling", amount=100)
        repair.sale_order_id.action_quotation_sent()
        repair = repair.with_user(1)
        repair._aftersales_refuse_online("Mr Li", "Too expensive")
        self.assertEqual(repair.sale_order_id.state, "cancel")

    def test_repaired_at_night(self):
        repair = self._charged(parts=0)
        with freeze_time(self._utc("2026-04-01 07:00")):
            repair.aftersales_date_intake = fields.Datetime.now()
            self._start(repair)
            repair.action_repair_end()
            self.env.flush_all()
        row = self.env["aftersales.repair.analysis"].browse(repair.id)
        self.assertEqual(str(row.date), "2026-04-01")

    def test_a_technician_without_the_case_starts_and_ends(self):
        """The case belongs to a colleague: the technician only repairs."""
        other = self._user("other", "aftersales_service.group_aftersales_user")
        repair = self._charged(parts=0)
        repair.aftersales_request_id.sudo().write({"user_id": other.id})
        self.env.cr.execute(
            "UPDATE aftersales_request SET create_uid=%s WHERE id=%s",
            (other.id, repair.aftersales_request_id.id),
        )
        self._says(repair)
        self.env.flush_all()
        self.env.invalidate_all()
        mine = repair.with_user(self.tech)
        with Form(mine) as form:
            form.aftersales_solution = "Sealed"
        mine.action_repair_start()
        mine.action_repair_end()
        mine.action_aftersales_close()
        self.assertTrue(mine.aftersales_date_closed)

    def test_two_open_quotations_of_one_request(self):
        first, second = (self._quoted(), self._quoted())
        (first | second).sale_order_id.action_quotation_sent()
        self._says(first)
        self.assertTrue(second.aftersales_needs_approval)

    def test_declined_unit_goes_back(self):
        back = self._send_back(self.unit.move_line_id.picking_id, lot=self.unit.lot_id)
        repair = self._charged(parts=0)
        repair.picking_id = back
        repair.action_create_sale_order()
        repair.sale_order_id.action_quotation_sent()
        self._says(repair, answer="refused")
        repair.action_repair_cancel()
        repair.action_aftersales_hand_back()
        self.env.flush_all()
        hand_back = repair.activity_ids.filtered(
            lambda a: "Hand the unit back" in (a.summary or "")
        )
        self.assertFalse(hand_back)

    def test_asking_again_after_a_decline(self):
        repair = self._quoted()
        repair.sale_order_id.action_quotation_sent()
        self._says(repair, answer="refused")
        with self.assertRaises(UserError):
            repair.action_aftersales_ask_customer()

    def test_asked_again_the_time_begins_anew(self):
        agent = self.env["res.users"].search([("login", "=", "agent")])
        repair = self._sent()
        with freeze_time(self._utc("2026-03-13 14:00")):
            repair.sale_order_id.order_line[0].product_uom_qty = 2
            repair.with_user(agent).action_aftersales_ask_customer()
            self.env.flush_all()
        self.assertEqual(self._local(repair.aftersales_date_answer_due), "2026-03-14 14:00")

    def test_a_typed_price_beside_free_for_you(self):
        covered = self._plan({"length": 999})
        unit = self._delivered("SN-9", plan=covered, on="2026-01-01")
        repair = self._job(unit, "2026-03-01", parts=1)
        repair.action_create_sale_order()
        repair.sale_order_id.order_line.price_unit = 99
        self.env.flush_all()
        item = repair._aftersales_show_estimate()["items"][0]
        self.assertFalse(item["total"] and "free" in item["payer"])

    def test_no_to_added_work_on_the_page(self):
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        self._add_part(repair)
        repair.action_aftersales_ask_customer()
        repair = repair.with_user(1)
        repair._aftersales_refuse_online("Mr Li", "No")
        self.assertNotIn("preparing the estimate", repair._aftersales_show_status())

    def test_parts_replaced_by_dearer_ones_at_the_same_total(self):
        """What was agreed to is removed, other work is added for the same money."""
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        repair.move_ids.product_uom_qty = 0
        other = self._product("Motor", list_price=200)
        repair.move_ids = [
            Command.create(
                {"product_id": other.id, "product_uom_qty": 1, "repair_line_type": "add"}
            )
        ]
        self.assertTrue(repair.aftersales_needs_approval, "an item nobody was asked about (C43)")

    def test_a_rework_uses_more(self):
        self._stock(self.part, 9)
        self.plan.needs_test = True
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        repair.action_repair_end()
        self.env["aftersales.quality.test"].create(
            {"repair_id": repair.id, "result": "failed", "findings": "Leaks"}
        )
        rework = self.env["repair.order"].browse(repair.action_aftersales_rework()["res_id"])
        self._add_part(rework)
        rework.aftersales_cost_line_ids = [Command.create(LABOUR)]
        rework.action_repair_start()
        rework.action_repair_end()
        self.assertEqual(repair.sale_order_id.amount_total, 350)
        self.assertEqual(rework.aftersales_amount_total, 0)

    def test_euro_all_the_way(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        for day, rate in (("2020-01-01", 0.5), ("2026-03-13", 0.4)):
            self.env["res.currency.rate"].create(
                {"currency_id": euro.id, "rate": rate, "name": day, "company_id": False}
            )
        self.customer.property_product_pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id}
        )
        repair = self._sent()
        with freeze_time(self._utc("2026-03-13 10:00")):
            mine = repair.with_user(1)
            mine._aftersales_agree_up_to(str(repair.sale_order_id.amount_total), "Mr Li")
            self.env.flush_all()
            self.assertFalse(repair.aftersales_needs_approval)

    def test_future_promise_of_the_past(self):
        repair = self._charged(parts=0)
        with self.refused():
            repair.with_user(self.tech).write({"aftersales_date_promised": "2001-01-01 00:00:00"})

    def test_arrived_after_it_was_handed_back(self):
        repair = self._charged(parts=0)
        self._start(repair)
        repair.action_repair_end()
        repair.aftersales_date_handed_back = fields.Datetime.now() - timedelta(days=5)
        with self.refused():
            repair.aftersales_date_arrived = fields.Datetime.now() - timedelta(days=1)

    def test_a_cost_line_moved_to_another_repair(self):
        first, second = (self._quoted(), self._charged())
        line = first.aftersales_cost_line_ids
        with self.refused():
            line.with_user(self.tech).repair_id = second

    def test_unconfirmed_quotation_with_refused_added_work_then_done(self):
        self._stock(self.part, 9)
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        self._add_part(repair)
        self._says(repair, "added", "refused")
        with self.refused():
            repair.action_repair_end()

    def test_a_batch_job_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.customer.lang = "zh_CN"
        self.company.partner_id.lang = "zh_CN"
        repair = self._sent()
        repair.user_id = self._user("zh", "aftersales_service.group_aftersales_agent")
        repair.user_id.lang = "zh_CN"
        self._expire("2026-03-13 16:00")
        self.assertNotEqual(
            repair.activity_ids.summary, "Hand the unit back: the estimate was declined"
        )

    def test_mass_edit_of_units_in_the_list(self):
        """Odoo's list of repairs is multi_edit: what is in it can be changed for many at once."""
        view = self.env["repair.order"].get_view(view_type="list")
        fields_ = etree.fromstring(view["arch"]).xpath("//field[@name='aftersales_unit_id']")
        self.assertEqual({f.get("readonly") for f in fields_}, {"1"})

    def test_another_unit_on_a_done_repair(self):
        repair = self._charged(parts=0)
        self._start(repair)
        repair.action_repair_end()
        repair.action_aftersales_close()
        other = self._delivered("SN-8", plan=self.plan, on="2020-03-10")
        with self.refused():
            repair.with_user(self.tech).aftersales_unit_id = other

    def test_another_serial_is_judged_anew(self):
        covered = self._plan({"length": 999})
        good = self._delivered("SN-7", plan=covered, on="2026-01-01")
        repair = self._job(good, "2026-03-01", parts=1)
        self._says(repair)
        self.assertEqual(repair.aftersales_amount_total, 0)
        repair.with_user(self.tech).write({"lot_id": self.unit.lot_id.id})
        self.assertEqual(repair.aftersales_unit_id, self.unit)
        self.assertFalse(repair.aftersales_claim_id)
        self.assertTrue(repair.aftersales_needs_approval)
        repair.with_user(self.tech).action_aftersales_judge()
        self.assertEqual(repair.aftersales_claim_id.unit_id, self.unit)

    def test_a_consent_is_of_its_unit(self):
        repair = self._charged()
        self._says(repair)
        other = self._delivered("SN-8", plan=self.plan, on="2020-03-10")
        repair.with_user(self.tech).lot_id = other.lot_id
        self.assertEqual(repair.aftersales_unit_id, other)
        self.assertFalse(repair.aftersales_amount_approved)
        self._says(repair)
        repair.action_aftersales_judge()
        repair.action_repair_start()
        with self.assertRaisesRegex(UserError, "who pays was decided for"):
            repair.lot_id = self.unit.lot_id

    def test_only_who_sells_links_a_confirmed_order(self):
        order = self._order(self.part, 5)
        repair = self._charged(parts=1)
        with self.assertRaisesRegex(AccessError, "Only salespeople"):
            repair.with_user(self.tech).sale_order_id = order
        repair.sale_order_id = order
        self.assertEqual(repair.aftersales_amount_approved, order.amount_total)

    def test_only_who_sells_waives_what_was_done(self):
        self._stock(self.part, 9)
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        repair.action_repair_end()
        with self.assertRaisesRegex(UserError, "is done and ordered"):
            repair.with_user(self.tech).aftersales_cost_line_ids.unlink()
        self.assertEqual(repair.sale_order_id.amount_total, 350)

    def test_what_is_taken_back_is_not_invoiced(self):
        repair = self._quoted()
        self._says(repair)
        self._says(repair, answer="withdrawn")
        self.assertEqual(repair.sale_order_id.state, "cancel")
        self.assertEqual(repair.aftersales_consent_ids[:1].by_name, "Mr Li")

    def test_what_is_invoiced_is_settled_by_somebody(self):
        self._stock(self.part, 9)
        repair = self._quoted()
        self._says(repair)
        repair.action_repair_start()
        repair.action_repair_end()
        repair.sale_order_id._create_invoices()
        self._says(repair, answer="withdrawn")
        self.assertEqual(repair.sale_order_id.state, "sale")
        self.assertEqual(repair.aftersales_estimate_state, "rejected")
        self.assertIn("the customer took it back", " ".join(repair.activity_ids.mapped("summary")))

    def test_an_unconfirmed_quotation_keeps_the_job_open(self):
        self._stock(self.part, 9)
        repair = self._charged()
        self._says(repair)
        repair.action_create_sale_order()
        repair.action_repair_start()
        repair.action_repair_end()
        with self.assertRaisesRegex(UserError, "is not confirmed, so nothing of it is invoiced"):
            repair.action_aftersales_close()
        repair.sale_order_id.action_confirm()
        repair.action_aftersales_close()

    def test_replaced_parts_go_back_to_who_wants_them(self):
        self._stock(self.part, 9)
        repair = self._charged()
        repair.aftersales_old_parts = "back"
        self._says(repair)
        repair.action_repair_start()
        repair.action_repair_end()
        self.assertEqual(repair.aftersales_accessory_ids.name, "Replaced parts")
        with self.assertRaisesRegex(UserError, "Replaced parts"):
            repair.action_aftersales_close()
        repair.action_aftersales_accessories_back()
        repair.action_aftersales_close()

    def test_the_return_date_is_the_customers(self):
        self.company.resource_calendar_id.tz = "America/Los_Angeles"
        self.customer.tz = False
        repair = self._charged()
        repair.aftersales_date_return_due = "2026-03-18 00:00:00"  # Tuesday 17:00 there
        self.assertIn("17", repair._aftersales_show_return())

    def test_a_ceiling_covers_what_the_work_takes(self):
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        self._says(repair, "ceiling", amount=900)
        repair.action_repair_start()
        self._add_part(repair)
        self.assertFalse(repair.aftersales_needs_approval)
        self._add_part(repair, 3)
        self.assertTrue(repair.aftersales_needs_approval)
