"""Charged work waits for the customer: estimates, ceilings, added work, silence, contracts."""

from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import AftersalesCommon

LABOUR = {"cost_type": "labour", "price_list": 150}
#: A transparent dot, as an image in base64.
PIXEL = b"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
SENT, DUE = "2026-03-12 15:00", "2026-03-13 15:00"


class ConsentCase(AftersalesCommon):
    """A pump without any promise: everything is charged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "hotel@example.com"
        cls.plan = cls._plan({"length": 12}, quote_hours=24, decline_return_days=3)
        cls.plan.needs_consent = True
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2020-03-10")
        cls.company.portal_confirmation_sign = False
        for kind in ("labour", "travel"):
            cls.env.ref(f"aftersales_service.product_{kind}").taxes_id = False
        cls._user("tech", "aftersales_service.group_aftersales_user", "stock.group_stock_user")
        cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls._user("seller", "sales_team.group_sale_salesman_all_leads")

    @classmethod
    def _charged(cls, parts=1, costs=(LABOUR,), **values):
        """A repair for 200 (a seal) and 150 (labour) that the customer pays."""
        return cls._job(cls.unit, "2026-03-01", parts=parts, costs=costs, **values)

    @classmethod
    def _quoted(cls, **values):
        repair = cls._charged(**values)
        repair.action_create_sale_order()
        return repair

    def _sent(self, local=SENT, **values):
        with freeze_time(self._utc(local)):
            repair = self._quoted(**values)
            repair.aftersales_place = "workshop"
            repair.sale_order_id.action_quotation_sent()
            self.env.flush_all()
        return repair

    def _says(self, repair, kind="estimate", answer="given", user=None, at=None, **values):
        """Record an answer in the dialog as a user."""
        repair = repair.with_user(user or self.env.user)
        action = repair.action_aftersales_record_answer()
        with Form(
            self.env[action["res_model"]]
            .with_user(user or self.env.user)
            .with_context(**action["context"])
        ) as form:
            form.kind = kind
            form.answer = answer
            form.by_name = "Mr Li"
            if at:
                form.date = at
            for name, value in values.items():
                form[name] = value
        form.record.action_apply()
        self.env.invalidate_all()

    def _expire(self, local):
        with freeze_time(self._utc(local)), self.enter_registry_test_mode():
            self.env.ref("aftersales_service.cron_estimate_expiry").method_direct_trigger()
        self.env.invalidate_all()

    def _rows(self, repair):
        rows = repair.aftersales_consent_ids.sorted("id")
        return [(row.kind, row.answer, row.amount) for row in rows]

    def _add_part(self, repair, quantity=1):
        repair.move_ids = [
            Command.create(
                {
                    "product_id": self.part.id,
                    "product_uom_qty": quantity,
                    "repair_line_type": "add",
                }
            )
        ]


class TestAmounts(ConsentCase):
    def test_what_the_customer_would_pay_without_a_quotation(self):
        repair = self._charged(parts=2)
        self.assertEqual(repair.aftersales_amount_total, 550)
        self.assertEqual(repair.aftersales_amount_approved, 0)
        self.assertTrue(repair.aftersales_needs_approval)
        self.assertEqual(repair.aftersales_estimate_state, "none")

    def test_taxes_are_included_as_on_the_quotation(self):
        tax = self.env["account.tax"].create({"name": "13 %", "amount": 13, "type_tax_use": "sale"})
        self.part.taxes_id = tax
        repair = self._charged()
        self.assertEqual(repair.aftersales_amount_total, 376)
        repair.action_create_sale_order()
        self.assertEqual(repair.sale_order_id.amount_total, 376)
        self.assertEqual(repair.aftersales_amount_total, 376)

    def test_a_foreign_quotation_is_counted_in_company_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "name": "2020-01-01"}
        )
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        repair = self._charged()
        self.customer.property_product_pricelist = pricelist
        repair.invalidate_recordset()
        self.assertEqual(repair.aftersales_amount_total, 350)
        self.assertEqual(repair.move_ids.aftersales_price_unit, 200)
        repair.action_create_sale_order()
        self.assertEqual(repair.sale_order_id.amount_total, 175)
        self.assertEqual(repair.aftersales_amount_total, 350)
        self.assertEqual(repair.move_ids.aftersales_price_unit, 200)
        repair.sale_order_id.action_confirm()
        self.assertEqual(repair.aftersales_amount_approved, 350)
        self.assertFalse(repair.aftersales_needs_approval)

    def test_an_order_about_more_than_the_repair_counts_only_its_lines(self):
        service = self._product("Overhaul", type="service", list_price=80, is_storable=False)
        service.service_tracking = "repair"
        order = self._order(service)
        order.order_line = [Command.create({"product_id": self.part.id})]
        repair = order.repair_order_ids
        repair.write({"product_id": self.machine.id, "lot_id": self.unit.lot_id.id})
        self.assertTrue(repair.aftersales_is_service)
        self.assertEqual(repair.aftersales_amount_total, 80)
        self.assertEqual(repair.aftersales_amount_approved, 80)
        self.assertEqual(repair.aftersales_estimate_state, "approved")

    def test_many_repairs_are_counted_in_few_queries(self):
        repairs = self.env["repair.order"].browse()
        for _number in range(20):
            repairs |= self._charged()
        self.env.flush_all()
        self.env.invalidate_all()
        first, others = repairs[:2], repairs[2:]
        before = self.cr.sql_log_count
        first.mapped("aftersales_amount_total")
        two = self.cr.sql_log_count - before
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.assertEqual(sum(others.mapped("aftersales_amount_total")), 18 * 350)
        self.assertLessEqual(self.cr.sql_log_count - before, two + 18)


class TestGate(ConsentCase):
    def test_charged_work_waits_for_a_yes(self):
        repair = self._charged()
        with self.assertRaisesRegex(UserError, "350.00 and has not agreed"):
            repair.action_repair_start()
        repair.action_create_sale_order()
        with self.assertRaisesRegex(UserError, "has not agreed"):
            repair.action_repair_start()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        self.assertEqual(repair.state, "under_repair")

    def test_free_work_needs_no_yes(self):
        unit = self._delivered("SN-2", plan=self.plan, on="2026-02-10")
        repair = self._job(unit, "2026-03-01", parts=1, costs=(LABOUR,))
        self.assertEqual(repair.aftersales_amount_total, 0)
        repair.action_repair_start()

    def test_a_plan_may_do_without(self):
        self.plan.needs_consent = False
        self._charged().action_repair_start()

    def test_a_repair_without_a_plan_needs_a_yes_too(self):
        product = self._product("Old Pump")
        request = self.env["aftersales.request"].create(
            {"title": "Leaks", "partner_id": self.customer.id, "product_id": product.id}
        )
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        self._add_part(repair)
        self.assertFalse(repair.aftersales_plan_id)
        with self.assertRaisesRegex(UserError, "has not agreed"):
            repair.action_repair_start()

    def test_repairs_outside_of_service_stay_as_odoo_made_them(self):
        repair = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self._product("Plain").id}
        )
        self._add_part(repair)
        repair.action_create_sale_order()
        repair.sale_order_id.action_quotation_sent()
        repair.action_repair_start()
        self._stock(self.part, 5)
        repair.action_repair_end()
        repair.sale_order_id.action_confirm()
        self.assertEqual(repair.state, "done")
        self.assertFalse(repair.aftersales_consent_ids)
        self.assertEqual(repair.aftersales_estimate_state, "none")
        self.assertFalse(repair.aftersales_needs_approval)

    def test_undetermined_claims_first_need_a_decision(self):
        unit = self._delivered("SN-3", plan=self._preset("r01"), on="2026-02-20")
        repair = self._job(unit, "2026-03-01", parts=1)
        with self.assertRaisesRegex(UserError, "Nobody knows yet who pays") as caught:
            repair.action_repair_start()
        self.assertNotIn("has not agreed", str(caught.exception))

    def test_rounding_asks_for_nothing(self):
        repair = self._charged()
        repair._aftersales_note_consent("estimate", amount=349.999)
        self.assertFalse(repair.aftersales_needs_approval)

    def test_what_was_agreed_is_not_typed_in(self):
        repair = self._charged().with_user(self.env.ref("base.user_admin"))
        for values in (
            {"aftersales_amount_approved": 999},
            {"aftersales_estimate_state": "approved"},
            {"aftersales_consent_ids": [Command.create({"kind": "estimate"})]},
        ):
            with self.assertRaises(AccessError):
                repair.write(values)
        repair._aftersales_note_consent("estimate")
        row = repair.aftersales_consent_ids
        with self.assertRaises(UserError):
            row.sudo().amount = 1
        with self.assertRaises(UserError):
            row.sudo().unlink()


class TestOrders(ConsentCase):
    def test_an_order_tells_its_repair_what_became_of_it(self):
        repair = self._quoted()
        order = repair.sale_order_id
        self.assertEqual(repair.aftersales_estimate_state, "quoted")
        order.action_quotation_sent()
        self.assertEqual(repair.aftersales_estimate_state, "sent")
        order.message_post(body="viewed", subtype_xmlid="sale.mt_order_viewed")
        self.assertEqual(repair.aftersales_estimate_state, "seen")
        order.action_confirm()
        self.assertEqual(repair.aftersales_estimate_state, "approved")
        self.assertEqual(self._rows(repair), [("estimate", "given", 350)])
        row = repair.aftersales_consent_ids
        self.assertEqual((row.sale_order_id, row.channel), (order, "system"))
        self.assertIn("Seal", row.items_text)
        order.action_cancel()
        self.assertEqual(repair.aftersales_estimate_state, "none")
        self.assertEqual(repair.aftersales_amount_approved, 0)
        order.action_draft()
        self.assertEqual(repair.aftersales_estimate_state, "quoted")
        self.assertEqual(
            self._rows(repair), [("estimate", "given", 350), ("estimate", "withdrawn", 0)]
        )
        with self.assertRaisesRegex(UserError, "has not agreed"):
            repair.action_repair_start()

    def test_a_quotation_that_nobody_answered_is_just_cancelled(self):
        repair = self._sent()
        repair.sale_order_id.action_cancel()
        self.assertFalse(repair.aftersales_consent_ids)
        self.assertEqual(repair.aftersales_estimate_state, "none")
        self.assertFalse(repair.aftersales_date_asked)

    def test_a_signed_order_names_who_signed(self):
        repair = self._sent()
        order = repair.sale_order_id
        with freeze_time(self._utc("2026-03-13 14:00")):
            order.write({"signed_by": "Mrs Wang", "signature": PIXEL})
            order.action_confirm()
        row = repair.aftersales_consent_ids
        self.assertEqual((row.by_name, row.channel), ("Mrs Wang", "portal"))

    def test_the_case_waits_and_goes_on(self):
        repair = self._sent()
        request = repair.aftersales_request_id
        self.assertEqual(request.state, "waiting")
        self.assertEqual(
            request.pause_reason_id, self.env.ref("aftersales_service.pause_reason_approval")
        )
        with freeze_time(self._utc("2026-03-13 14:00")):
            repair.sale_order_id.action_confirm()
        self.assertEqual(request.state, "in_progress")
        self.assertEqual(request.date_consent, self._utc("2026-03-13 14:00"))

    def test_a_case_that_waits_for_something_else_keeps_waiting(self):
        repair = self._quoted()
        request = repair.aftersales_request_id
        parts = self.env.ref("aftersales_service.pause_reason_parts")
        request._wait(parts)
        repair.sale_order_id.action_quotation_sent()
        self.assertEqual(request.pause_reason_id, parts)
        repair.sale_order_id.action_confirm()
        self.assertEqual(request.state, "waiting")

    def test_a_cancelled_repair_asks_nothing_any_more(self):
        repair = self._sent()
        repair.action_repair_cancel()
        self.assertFalse(repair.aftersales_date_asked)
        self.assertEqual(repair.aftersales_request_id.state, "in_progress")
        self.assertEqual(repair.sale_order_id.state, "cancel", "nobody signs it any more")
        self._expire("2026-03-20 10:00")
        self.assertFalse(repair.aftersales_consent_ids)

    @users("agent")
    def test_an_agent_sends_the_quotation_without_rights_in_sales(self):
        repair = self._quoted(user_id=self.env.user.id).with_user(self.env.user)
        repair.action_aftersales_ask_customer()
        self.assertEqual(repair.sudo().sale_order_id.state, "sent")
        self.assertEqual(repair.aftersales_estimate_state, "sent")

    def test_nobody_is_asked_without_an_address(self):
        repair = self._quoted()
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            repair.action_aftersales_ask_customer()
        repair.sale_order_id.action_confirm()
        self.customer.email = "hotel@example.com"
        with self.assertRaisesRegex(UserError, "agreed to all"):
            repair.action_aftersales_ask_customer()


class TestByPhone(ConsentCase):
    @users("tech", "agent")
    def test_a_technician_records_a_yes_which_confirms_the_quotation(self):
        repair = self._quoted(user_id=self.env.user.id)
        self._says(repair, user=self.env.user, note="on the phone")
        self.assertEqual(repair.sale_order_id.state, "sale")
        row = repair.aftersales_consent_ids
        self.assertRecordValues(
            row,
            [
                {
                    "by_name": "Mr Li",
                    "channel": "phone",
                    "amount": 350,
                    "user_id": self.env.user.id,
                    "note": "on the phone",
                }
            ],
        )
        self.assertIn("Mr Li", repair.message_ids[0].body)
        repair.with_user(self.env.user).action_repair_start()

    @users("seller")
    def test_a_salesperson_records_it_on_the_quotation(self):
        repair = self._quoted()
        order = repair.sale_order_id.with_user(self.env.user)
        self.assertEqual(order.aftersales_repair_count, 1)
        action = order.action_aftersales_record_answer()
        with Form(self.env[action["res_model"]].with_context(**action["context"])) as form:
            self.assertEqual(form.amount, 350)
            self.assertIn("is confirmed", form.effect)
            form.by_name = "Mr Li"
        form.record.action_apply()
        self.assertEqual(order.state, "sale")

    def test_strangers_record_nothing(self):
        clerk = self._user("clerk", "aftersales_service.group_aftersales_user")
        repair = self._charged()
        dialog = self.env["aftersales.consent.answer"].with_user(clerk)
        with self.assertRaises(AccessError):
            dialog.create({"repair_id": repair.id, "by_name": "Me"})

    def test_other_companies_record_nothing(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._user("stranger", "aftersales_service.group_aftersales_agent")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        repair = self._charged()
        repair._aftersales_note_consent("estimate")
        dialog = self.env["aftersales.consent.answer"].with_user(stranger)
        with self.assertRaises(AccessError):
            dialog.create({"repair_id": repair.id, "by_name": "Me"})
        with self.assertRaises(AccessError):
            repair.aftersales_consent_ids.with_user(stranger).read(["amount"])

    def test_a_no_cancels_the_quotation_and_promises_the_unit_back(self):
        repair = self._sent()
        with freeze_time(self._utc("2026-03-13 10:00")):
            self._says(repair, answer="refused", at=self._utc("2026-03-13 09:00"))
        self.assertEqual(repair.sale_order_id.state, "cancel")
        self.assertEqual(repair.aftersales_estimate_state, "rejected")
        self.assertEqual(self._local(repair.aftersales_date_return_due), "2026-03-18 17:00")
        self.assertTrue(repair.activity_ids.summary.startswith("Hand the unit back"))
        with self.assertRaisesRegex(UserError, "has not agreed"):
            repair.action_repair_start()

    def test_a_ceiling_that_covers_the_estimate_confirms_it(self):
        repair = self._quoted()
        self._says(repair, "ceiling", amount=500)
        self.assertEqual(repair.sale_order_id.state, "sale")
        self.assertEqual(repair.aftersales_amount_approved, 500)
        repair.action_repair_start()
        self._add_part(repair)  # 550
        self.assertTrue(repair.aftersales_needs_approval)
        self.assertEqual(repair.aftersales_amount_open, 50)

    def test_a_ceiling_below_the_estimate_opens_nothing(self):
        repair = self._quoted()
        self._says(repair, "ceiling", amount=100)
        self.assertEqual(repair.sale_order_id.state, "draft")
        with self.assertRaisesRegex(UserError, "agreed to .*100.00 only"):
            repair.action_repair_start()

    def test_without_a_quotation_a_yes_is_enough(self):
        repair = self._charged()
        self._says(repair)
        self.assertEqual(repair.aftersales_estimate_state, "approved")
        repair.action_repair_start()

    def test_nonsense_is_refused(self):
        repair = self._charged()
        for message, values in (
            ("in the future", {"at": fields.Datetime.now() + timedelta(hours=1)}),
            ("Say who answered", {"by_name": "  "}),
            ("which amount", {"kind": "ceiling", "amount": 0}),
        ):
            with self.assertRaisesRegex(UserError, message):
                self._says(repair, **values)
        repair.action_repair_cancel()
        with self.assertRaisesRegex(UserError, "is cancelled"):
            self._says(repair)

    def test_an_agreement_is_taken_back(self):
        repair = self._charged()
        self._says(repair, "ceiling", amount=500)
        self._says(repair, "ceiling", "withdrawn")
        self.assertEqual(repair.aftersales_amount_approved, 0)


class TestAddedWork(ConsentCase):
    def _begun(self):
        repair = self._quoted()
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        self._stock(self.part, 9)
        return repair

    def test_r07_07_added_work_waits_for_the_customer(self):
        repair = self._begun()
        self._add_part(repair)
        self.assertTrue(repair.aftersales_needs_approval)
        self.assertEqual(repair.aftersales_amount_open, 200)
        for finish in (repair.action_repair_end, repair.action_repair_done):
            with self.assertRaisesRegex(UserError, "550.00, but agreed to .*350.00 only"):
                finish()
        found = repair.search([("aftersales_needs_approval", "=", True), ("id", "=", repair.id)])
        self.assertEqual(found, repair)
        self._says(repair, "added", amount=200)
        self.assertFalse(repair.aftersales_needs_approval)
        self.assertEqual(self._rows(repair), [("estimate", "given", 350), ("added", "given", 200)])
        repair.action_repair_end()
        self.assertEqual(repair.state, "done")

    def test_what_is_removed_again_needs_nothing(self):
        repair = self._begun()
        self._add_part(repair)
        repair.move_ids[-1]._action_cancel()
        self.assertFalse(repair.aftersales_needs_approval)
        repair.action_repair_end()

    def test_free_additions_need_nothing(self):
        repair = self._begun()
        repair.aftersales_cost_line_ids = [
            Command.create(
                {
                    "cost_type": "travel",
                    "price_list": 90,
                    "is_goodwill": True,
                    "goodwill_reason": "Our fault",
                }
            )
        ]
        self.assertFalse(repair.aftersales_needs_approval)

    def test_more_of_what_was_agreed_is_more(self):
        repair = self._begun()
        repair.aftersales_cost_line_ids.quantity = 2
        self.assertEqual(repair.aftersales_amount_open, 150)

    def test_a_no_to_added_work_leaves_the_rest(self):
        repair = self._begun()
        self._add_part(repair)
        self._says(repair, "added", "refused")
        self.assertEqual(repair.aftersales_amount_approved, 350)
        self.assertEqual(repair.sale_order_id.state, "sale")
        self.assertFalse(repair.aftersales_date_return_due)

    def test_agreed_additions_keep_their_charge(self):
        repair = self._begun()
        self._add_part(repair)
        line = repair.move_ids[-1].sale_line_id
        self.assertFalse(line.aftersales_agreed)
        self._says(repair, "added", amount=200)
        self.assertTrue(line.aftersales_agreed)
        self.assertEqual(line.price_unit, 200)


class TestAskingForMore(ConsentCase, MailCase):
    @users("agent")
    def test_the_customer_is_asked_by_a_link(self):
        repair = self._quoted(user_id=self.env.user.id)
        repair.sale_order_id.action_confirm()
        repair.action_repair_start()
        self._add_part(repair)
        repair = repair.with_user(self.env.user)
        with self.mock_mail_gateway(mail_unlink_sent=False):
            repair.action_aftersales_ask_customer()
        mail = self._new_mails.filtered(lambda mail: "we need your approval" in mail.subject)
        self.assertIn(self.customer, mail.recipient_ids)
        self.assertIn(f"/my/repairs/{repair.id}?access_token=", mail.body_html)
        self.assertTrue(repair.aftersales_date_asked)
        self.assertEqual(repair.aftersales_request_id.state, "waiting")
        self.assertFalse(repair.aftersales_date_answer_due, "work has begun: silence is no answer")
        self._says(repair, "added", amount=200)
        self.assertEqual(repair.aftersales_request_id.state, "in_progress")


class TestContract(ConsentCase):
    def test_s_r33_3_misuse_needs_a_contract_with_proof(self):
        plan = self._plan({"length": 12}, excluded=self._cause("misuse"), needs_contract=True)
        unit = self._delivered("SN-4", plan=plan, on="2026-02-10")
        cause = {"cause_id": self._cause("misuse").id}
        repair = self._job(unit, "2026-03-01", parts=1, **cause)
        repair._aftersales_note_consent("estimate")
        with self.assertRaisesRegex(UserError, "repair contract only"):
            repair.action_repair_start()
        with self.assertRaisesRegex(UserError, "needs its proof"):
            repair._aftersales_note_consent("contract") and self.env.flush_all()
        proof = self.env["ir.attachment"].create({"name": "contract.pdf", "raw": b"signed"})
        with self.assertRaises(ValidationError):
            repair._aftersales_note_consent("contract")
        repair._aftersales_note_consent(
            "contract", channel="paper", attachment_ids=[Command.set(proof.ids)]
        )
        repair.action_repair_start()

    def test_after_the_cover_no_contract_is_needed(self):
        plan = self._plan({"length": 12}, excluded=self._cause("misuse"), needs_contract=True)
        unit = self._delivered("SN-5", plan=plan, on="2020-02-10")
        repair = self._job(unit, "2026-03-01", parts=1, cause_id=self._cause("misuse").id)
        self.assertFalse(repair.aftersales_needs_contract)
        unit = self._delivered("SN-6", plan=plan, on="2026-02-10")
        repair = self._job(unit, "2026-03-01", parts=1)
        self.assertFalse(repair.aftersales_needs_contract)


class TestExpiry(ConsentCase, MailCase):
    def test_s_r39_2_no_answer_in_time_is_a_no(self):
        plan = self._preset("r39")
        unit = self._delivered("SN-7", plan=plan, on="2020-03-10", invoiced="2020-03-10")
        with freeze_time(self._utc(SENT)):
            repair = self._job(unit, "2026-03-01", parts=1)
            repair.aftersales_place = "workshop"
            repair.action_create_sale_order()
            repair.sale_order_id.action_quotation_sent()
            self.env.flush_all()
        self.assertEqual(self._local(repair.aftersales_date_answer_due), DUE)
        self._expire(DUE)
        self.assertEqual(repair.aftersales_estimate_state, "sent", "the last second is in time")
        with self.mock_mail_gateway(mail_unlink_sent=False):
            self._expire("2026-03-13 15:00:01")
        self.assertEqual(repair.aftersales_estimate_state, "expired")
        self.assertEqual(repair.sale_order_id.state, "cancel")
        self.assertEqual(self._local(repair.aftersales_date_return_due), "2026-03-18 17:00")
        self.assertEqual(repair.activity_ids.date_deadline, fields.Date.to_date("2026-03-18"))
        self.assertEqual(repair.aftersales_request_id.state, "in_progress")
        row = repair.aftersales_consent_ids
        self.assertEqual((row.answer, row.channel), ("expired", "system"))
        self.assertEqual(self._local(row.date), DUE)
        mail = self._new_mails.filtered(lambda mail: "has expired" in mail.subject)
        self.assertIn("counts as declined", mail.body_html)
        self.assertIn(self.customer, mail.recipient_ids)
        self._expire("2026-03-13 16:00")
        self.assertEqual(len(repair.aftersales_consent_ids), 1, "once, however often it runs")
        self.assertEqual(len(repair.activity_ids), 1)

    def test_a_unit_that_never_left_its_customer_is_not_promised_back(self):
        repair = self._sent()
        repair.aftersales_place = "on_site"
        self._expire("2026-03-13 15:30")
        self.assertEqual(repair.aftersales_estimate_state, "expired")
        self.assertFalse(repair.aftersales_date_return_due)
        self.assertFalse(repair.activity_ids)

    def test_handing_back_a_declined_unit_ends_its_job(self):
        repair = self._sent()
        with freeze_time(self._utc("2026-03-12 15:30")):
            repair.action_aftersales_receive()
        self.assertFalse(repair.aftersales_may_hand_back)
        self._expire("2026-03-13 15:30")
        self.assertTrue(repair.aftersales_may_hand_back)
        self.assertTrue(repair.activity_ids)
        due = repair.aftersales_date_return_due
        with freeze_time(self._utc("2026-03-16 10:00")):
            repair.action_aftersales_hand_back()
        self.assertEqual(repair.state, "cancel")
        self.assertEqual(repair.aftersales_unit_id.state, "active")
        self.assertFalse(repair.activity_ids, "nobody is asked any more to hand it back")
        self.assertEqual(repair.aftersales_date_return_due, due, "what was promised stays known")
        to_hand_back = repair.search(
            [
                ("aftersales_date_return_due", "!=", False),
                ("aftersales_date_handed_back", "=", False),
            ]
        )
        self.assertNotIn(repair, to_hand_back)

    def test_s_r39_2_a_minute_before_is_accepted(self):
        repair = self._sent()
        with freeze_time(self._utc("2026-03-13 14:59")):
            repair.sale_order_id.action_confirm()
        self._expire("2026-03-20 10:00")
        self.assertEqual(repair.sale_order_id.state, "sale")
        self.assertEqual(repair.aftersales_estimate_state, "approved")

    def test_s_r39_2_a_second_after_is_refused_and_explained(self):
        repair = self._sent()
        order = repair.sale_order_id
        order.require_signature = True
        with freeze_time(self._utc(DUE)):
            order.invalidate_recordset()
            self.assertTrue(order._has_to_be_signed())
        with freeze_time(self._utc("2026-03-13 15:00:01")):
            order.invalidate_recordset()
            self.assertTrue(order.is_expired)
            self.assertFalse(order._has_to_be_signed())
            with self.assertRaisesRegex(
                UserError, r"was valid until 2026-03-13 15:00 \(Asia/Shanghai\)"
            ):
                order.action_confirm()
            with self.assertRaisesRegex(UserError, "was valid until"):
                self._says(repair)
            # said in time, recorded now
            self._says(repair, at=self._utc("2026-03-13 14:59"))
        self.assertEqual(order.state, "sale")

    def test_an_answer_in_time_is_recorded_after_the_job(self):
        repair = self._sent()
        self._expire("2026-03-13 15:30")
        self.assertEqual(repair.aftersales_estimate_state, "expired")
        with freeze_time(self._utc("2026-03-13 16:00")):
            with self.assertRaisesRegex(UserError, "was valid until"):
                self._says(repair, at=self._utc("2026-03-13 15:20"))
            self._says(repair, at=self._utc("2026-03-13 14:50"))
        self.assertEqual(repair.sale_order_id.state, "sale")
        self.assertEqual(repair.aftersales_estimate_state, "approved")
        self.assertEqual(repair.aftersales_amount_approved, 350)
        self.assertFalse(repair.aftersales_date_return_due)
        self.assertFalse(repair.activity_ids)
        repair.action_repair_start()

    def test_a_new_quotation_starts_a_new_time(self):
        repair = self._sent()
        self._expire("2026-03-13 15:30")
        order = repair.sale_order_id
        with freeze_time(self._utc("2026-03-16 09:00")):
            order.action_draft()
            self.assertFalse(repair.aftersales_date_answer_due)
            order.action_quotation_sent()
        self.assertEqual(self._local(repair.aftersales_date_answer_due), "2026-03-17 09:00")
        self.assertFalse(repair.aftersales_date_return_due)
        with freeze_time(self._utc("2026-03-17 08:00")):
            order.action_confirm()
        self.assertEqual(repair.aftersales_amount_approved, 350)

    def test_without_a_time_a_quotation_stays_open(self):
        self.plan.quote_hours = 0
        repair = self._sent()
        self.assertFalse(repair.aftersales_date_answer_due)
        self._expire("2027-03-13 15:30")
        self.assertEqual(repair.aftersales_estimate_state, "sent")

    def test_an_estimate_without_a_quotation_expires_too(self):
        with freeze_time(self._utc(SENT)):
            repair = self._charged()
            repair.action_aftersales_ask_customer()
            self.env.flush_all()
        self.assertEqual(repair.aftersales_estimate_state, "sent")
        self._expire("2026-03-13 15:30")
        self.assertEqual(repair.aftersales_estimate_state, "expired")

    def test_what_became_free_does_not_expire(self):
        repair = self._sent()
        repair.aftersales_claim_id._rule("goodwill", "Good customer")
        self.assertEqual(repair.aftersales_amount_total, 0)
        self._expire("2026-03-13 15:30")
        self.assertEqual(repair.sale_order_id.state, "sent")
        self.assertFalse(repair.aftersales_date_answer_due)

    def test_holidays_move_the_return(self):
        self.env["aftersales.calendar.day"].create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "date": "2026-03-17",
                "kind": "closed",
            }
        )
        repair = self._sent()
        self._expire("2026-03-13 15:30")
        self.assertEqual(self._local(repair.aftersales_date_return_due), "2026-03-19 17:00")

    def test_a_calendar_without_work_hinders_nobody(self):
        self.company.resource_calendar_id.attendance_ids.unlink()
        repair = self._sent()
        self._expire("2026-03-13 15:30")
        self.assertEqual(repair.aftersales_estimate_state, "expired")
        self.assertFalse(repair.aftersales_date_return_due)
        self.assertTrue(
            repair.message_ids.filtered(lambda note: "when the unit is due back" in note.body)
        )
        self.assertTrue(repair.activity_ids)

    @mute_logger("odoo.addons.aftersales_service.models.repair_estimate_job")
    def test_one_bad_estimate_keeps_its_reason_and_stops_no_other(self):
        bad, good = self._sent(), self._sent()
        Order = type(self.env["sale.order"])
        cancel, broken = Order._action_cancel, bad.sale_order_id

        def fail(orders):
            if broken in orders:
                raise UserError("The draft invoice cannot go")
            return cancel(orders)

        with patch.object(Order, "_action_cancel", fail):
            self._expire("2026-03-13 15:30")
        self.assertEqual(good.aftersales_estimate_state, "expired")
        self.assertEqual(bad.aftersales_estimate_state, "sent")
        self.assertIn("draft invoice", bad.aftersales_estimate_error)
        self.assertEqual(bad.aftersales_estimate_failures, 1)
        self.assertFalse(bad.aftersales_consent_ids)
        self._expire("2026-03-13 15:40")
        self.assertEqual(bad.aftersales_estimate_state, "sent", "not yet tried again")
        self._expire("2026-03-13 15:46")
        self.assertEqual(bad.aftersales_estimate_state, "expired")
        self.assertFalse(bad.aftersales_estimate_error)

    def test_the_job_wakes_for_the_next_answer(self):
        cron = self.env.ref("aftersales_service.cron_estimate_expiry")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        self._sent()
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(self._utc(DUE) + timedelta(seconds=1), triggers.mapped("call_at"))
        triggers.unlink()
        self._expire("2026-03-13 10:00")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertEqual(triggers.call_at, self._utc(DUE) + timedelta(seconds=1))

    def test_a_batch_is_small_and_nothing_is_left(self):
        repairs = self._sent() | self._sent() | self._sent()
        job = self.env.ref("aftersales_service.cron_estimate_expiry")
        job.code = "model._cron_aftersales_expire_estimates(batch=1)"
        self._expire("2026-03-13 15:30")
        self.assertEqual(set(repairs.mapped("aftersales_estimate_state")), {"expired"})

    def _pay(self, order, state):
        everything = {"active_test": False}
        method = self.env["payment.method"].with_context(**everything).search([], limit=1)
        provider = self.env["payment.provider"].with_context(**everything).search([], limit=1)
        return self.env["payment.transaction"].create(
            {
                "payment_method_id": method.id,
                "provider_id": provider.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": self.customer.id,
                "sale_order_ids": [Command.set(order.ids)],
                "state": state,
            }
        )

    def test_a_payment_under_way_is_an_answer(self):
        repair = self._sent()
        order = repair.sale_order_id
        payment = self._pay(order, "pending")
        self._expire("2026-03-13 15:30")
        self.assertEqual(order.state, "sent")
        payment.state = "done"
        with freeze_time(datetime(2026, 3, 13, 9)):
            order.action_confirm()
        self.assertEqual(repair.aftersales_estimate_state, "approved")
        row = repair.aftersales_consent_ids
        self.assertEqual((row.channel, row.note), ("portal", "Paid online"))
