"""A customer follows a repair and answers by link: by POST, in time, once, for the own repair."""

import re
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import LockError
from odoo.tests import HttpCase, tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import AftersalesCommon
from .test_repair_consent import PIXEL


@tagged("standard", "post_install", "-at_install", "aftersales")
class TestPortalRepair(HttpCase, AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("aftersales_service.product_labour").taxes_id = False
        cls.company.portal_confirmation_sign = False
        cls.customer.email = "hotel@example.com"
        cls.plan = cls._plan({"length": 12}, quote_hours=24)
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2020-03-10")
        cls.guest = mail_new_test_user(
            cls.env, "guest", groups="base.group_portal", name="Mrs Wang"
        )
        cls.guest.partner_id.parent_id = cls.customer
        cls.stranger = mail_new_test_user(cls.env, "stranger", groups="base.group_portal")

    def setUp(self):
        super().setUp()
        self.repair = self._job(
            self.unit,
            fields.Date.today(),
            parts=1,
            costs=({"cost_type": "labour", "price_list": 150, "price_cost": 77},),
            description="<p>secret: never repair for free again</p>",
        )
        self.repair.internal_notes = "secret note"

    def _quote(self, send=True):
        self.repair.action_create_sale_order()
        if send:
            self.repair.sale_order_id.action_quotation_sent()
        return self.repair.sale_order_id

    def _url(self, action="", token=None, repair=None):
        repair = repair or self.repair
        token = repair._portal_ensure_token() if token is None else token
        path = f"/my/repairs/{repair.id}{action and '/' + action}"
        return f"{path}?access_token={token}" if token else path

    def _open(self, **values):
        self.env.flush_all()
        response = self.url_open(self._url(**values))
        self.env.invalidate_all()
        return response

    def _fill(self, page, form, **typed):
        """Post a form of a page as a browser without JavaScript does."""
        forms = re.findall(r"<form[^>]*>.*?</form>", page.text, re.S)
        html = next(text for text in forms if f'name="{form}"' in text.split(">")[0])
        action = re.search(r'action="([^"]+)"', html)[1]
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
        self.env.flush_all()
        response = self.url_open(action, data={**hidden, **typed})
        self.env.invalidate_all()
        return response

    def _notes(self):
        return " ".join(self.repair.message_ids.mapped("body"))

    # === LOOKING === #

    def test_the_page_says_what_it_costs_and_nothing_internal(self):
        self._quote()
        page = self._open()
        self.assertEqual(page.status_code, 200)
        for words in (
            "Seal",
            "Parts",
            "Labour",
            "350.00",
            "You pay",
            "It is your turn",
            "Please answer by",
        ):
            self.assertIn(words, page.text)
        for words in ("secret", "77.00", "120.00", "Cost price"):
            self.assertNotIn(words, page.text)
        self.assertEqual(self.repair.aftersales_estimate_state, "seen")

    def test_a_ruling_is_shown_without_what_people_wrote(self):
        self.repair.aftersales_claim_id._rule("rejected", "He broke it, secretly")
        page = self._open()
        self.assertEqual(page.status_code, 200)
        self.assertIn("This is not covered.", page.text)
        self.assertNotIn("secretly", page.text)

    def test_covered_work_is_free(self):
        unit = self._delivered("SN-2", plan=self.plan, on=fields.Date.today() - timedelta(30))
        self.repair = self._job(unit, fields.Date.today(), parts=1)
        page = self._open()
        self.assertIn("Covered: free for you", page.text)
        self.assertNotIn('name="approve"', page.text)

    def test_customers_list_their_own_repairs_only(self):
        self.env.flush_all()
        self.authenticate("guest", "guest")
        self.assertIn(self.repair.name, self.url_open("/my/repairs").text)
        self.assertEqual(self._open(token="").status_code, 200)
        self.authenticate("stranger", "stranger")
        self.assertNotIn(self.repair.name, self.url_open("/my/repairs").text)
        self.assertEqual(self._open(token="").status_code, 403)

    def test_portal_users_have_no_right_on_repairs(self):
        for model in ("repair.order", "aftersales.consent", "aftersales.consent.answer"):
            for operation in ("read", "write", "create", "unlink"):
                access = self.env[model].with_user(self.guest).has_access(operation)
                self.assertFalse(access, (model, operation))

    def test_the_home_page_counts(self):
        self._quote()
        self.env.flush_all()
        self.authenticate("guest", "guest")
        counters = ["repair_count", "repair_answer_count"]
        counts = self.make_jsonrpc_request("/my/counters", {"counters": counters})
        self.assertEqual(counts, {"repair_count": 1, "repair_answer_count": 1})
        self.assertIn("/my/repairs", self.url_open("/my").text)

    def test_repairs_outside_of_service_have_no_page(self):
        plain = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self._product("Plain").id}
        )
        self.assertEqual(self._open(repair=plain).status_code, 403)

    def test_missing_and_wrong_links_look_alike(self):
        self.assertEqual(self._open(token="").status_code, 403)
        self.assertEqual(self._open(token="wrong").status_code, 403)
        self.assertEqual(self.url_open("/my/repairs/999999?access_token=x").status_code, 403)

    # === APPROVING === #

    def test_the_customer_approves_by_link(self):
        order = self._quote()
        answer = self._fill(self._open(), "approve", name="Mr Li")
        self.assertIn("We have your approval", answer.text)
        self.assertEqual(order.state, "sale")
        row = self.repair.aftersales_consent_ids
        self.assertRecordValues(
            row, [{"kind": "estimate", "by_name": "Mr Li", "channel": "portal", "amount": 350}]
        )
        self.assertEqual(self.repair.aftersales_request_id.state, "in_progress")
        self.repair.action_repair_start()

    def test_a_logged_in_customer_approves_too(self):
        order = self._quote()
        self.env.flush_all()
        self.authenticate("guest", "guest")
        page = self._open(token="")
        self.assertIn('value="Mrs Wang"', page.text)
        self._fill(page, "approve", name="Mrs Wang")
        self.assertEqual(order.state, "sale")

    def test_an_estimate_without_a_quotation(self):
        self.assertIn("preparing the estimate", self._open().text)
        self.repair.action_aftersales_ask_customer()
        self._fill(self._open(), "approve", name="Mr Li")
        self.assertEqual(self.repair.aftersales_amount_approved, 350)

    def test_added_work_is_marked_and_approved(self):
        self._quote().action_confirm()
        self.repair.action_repair_start()
        self.repair.move_ids = [
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 2, "repair_line_type": "add"}
            )
        ]
        self.repair.action_aftersales_ask_customer()
        page = self._open()
        self.assertEqual(page.text.count(">New<"), 1)
        self.assertIn("To approve now", page.text)
        self.assertIn("Approve the added work", page.text)
        self._fill(page, "approve", name="Mr Li")
        self.assertEqual(self.repair.aftersales_amount_approved, 750)
        self.assertEqual(self.repair.aftersales_consent_ids[0].kind, "added")
        self.assertEqual(self.repair.aftersales_consent_ids[0].amount, 400)

    def test_go_ahead_up_to_a_limit(self):
        order = self._quote()
        page = self._open()
        for limit in ("100", "99999", "-1", "nan", "much"):
            answer = self._fill(page, "limit", name="Mr Li", limit=limit)
            self.assertIn("name a limit between", answer.text, limit)
        self.assertEqual(order.state, "sent")
        answer = self._fill(page, "limit", name="Mr Li", limit="500")
        self.assertIn("up to your limit", answer.text)
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.repair.aftersales_amount_approved, 500)

    def test_who_must_sign_is_led_to_cores_page(self):
        self.company.portal_confirmation_sign = True
        order = self._quote()
        page = self._open()
        self.assertNotIn('name="approve"', page.text)
        self.assertIn(f"/my/orders/{order.id}?access_token=", page.text)
        answer = self._post("approve", name="Mr Li", total="350.00")
        self.assertIn("needs your signature", answer.text)
        self.assertEqual(order.state, "sent")
        self.env.flush_all()
        self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {"access_token": order.access_token, "name": "Mr Li", "signature": PIXEL.decode()},
        )
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        row = self.repair.aftersales_consent_ids
        self.assertEqual((row.by_name, row.channel), ("Mr Li", "portal"))

    def test_nothing_else_is_taken_from_the_post(self):
        self._quote()
        page = self._open()
        self._fill(
            page,
            "approve",
            name="M" * 999,
            amount="1",
            kind="ceiling",
            partner_id="1",
            state="done",
        )
        row = self.repair.aftersales_consent_ids
        self.assertEqual((row.amount, row.kind), (350, "estimate"))
        self.assertEqual(row.by_name, "M" * 80)
        self.assertEqual(row.partner_id, self.customer)

    # === REFUSING AND ASKING === #

    def test_the_customer_declines_with_a_reason(self):
        order = self._quote()
        answer = self._fill(self._open(), "refuse", name="Mr Li", reason="Too <b>dear</b>")
        self.assertIn("You declined the estimate", answer.text)
        self.assertEqual(order.state, "cancel")
        self.assertEqual(self.repair.aftersales_estimate_state, "rejected")
        self.assertEqual(self.repair.aftersales_consent_ids.note, "Too <b>dear</b>")
        self.assertIn("Too &lt;b&gt;dear", self._notes())

    def test_declining_on_cores_page_is_an_answer(self):
        self.company.portal_confirmation_sign = True
        order = self._quote()
        self.env.flush_all()
        page = self.url_open(order.get_portal_url())
        token = re.search(r'csrf_token: "(\w+)"', page.text)[1]
        self.url_open(
            f"/my/orders/{order.id}/decline?access_token={order.access_token}",
            data={"csrf_token": token, "decline_message": "Too dear"},
        )
        self.env.invalidate_all()
        self.assertEqual(order.state, "cancel")
        row = self.repair.aftersales_consent_ids
        self.assertEqual((row.answer, row.channel, row.note), ("refused", "portal", "Too dear"))
        self.assertEqual(self.repair.aftersales_estimate_state, "rejected")

    def test_a_question_reaches_who_is_in_charge(self):
        self.repair.user_id = self._user("tech", "aftersales_service.group_aftersales_agent")
        self._quote()
        answer = self._fill(self._open(), "ask", question="Is it <worth> it?")
        self.assertIn("We have your question", answer.text)
        message = self.repair.message_ids[0]
        self.assertIn("&lt;worth&gt;", message.body)
        self.assertEqual(message.author_id, self.customer)
        self.assertIn(self.repair.user_id.partner_id, message.notified_partner_ids)
        self.assertEqual(self.repair.aftersales_estimate_state, "seen")

    # === BAD LINKS === #

    def _post(self, action, token=None, repair=None, **data):
        """Post what no page offers, with a valid session and csrf token."""
        page = self.url_open("/web/login")
        csrf = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        repair = repair or self.repair
        token = repair._portal_ensure_token() if token is None else token
        self.env.flush_all()
        response = self.url_open(
            f"/my/repairs/{repair.id}/{action}",
            data={"csrf_token": csrf, "access_token": token, **data},
        )
        self.env.invalidate_all()
        return response

    def assertRefused(self, response, words, note=None):
        self.assertIn(words, response.text)
        self.assertIn(note or words, self._notes())
        self.assertFalse(
            self.repair.aftersales_consent_ids.filtered(lambda row: row.by_name == "Cheat")
        )

    def test_a_link_used_twice(self):
        self._quote()
        page = self._open()
        self._fill(page, "approve", name="Mr Li")
        again = self._fill(page, "approve", name="Cheat")
        self.assertRefused(again, "approved on", "was approved on")
        self.assertIn("Mr Li", again.text)
        self.assertEqual(len(self.repair.aftersales_consent_ids), 1)
        notes = len(self.repair.message_ids)
        self._fill(page, "approve", name="Cheat")
        self.assertEqual(len(self.repair.message_ids), notes, "logged once")

    def test_an_expired_link(self):
        order = self._quote()
        page = self._open()
        late = fields.Datetime.now() - timedelta(seconds=1)
        self.repair.aftersales_date_answer_due = late
        answer = self._fill(page, "approve", name="Cheat")
        self.assertRefused(answer, "The estimate was valid until")
        self.assertEqual(order.state, "sent")
        self.assertNotIn('name="approve"', self._open().text)

    def test_a_declined_estimate(self):
        order = self._quote()
        page = self._open()
        order.action_cancel()
        self.assertRefused(self._fill(page, "approve", name="Cheat"), "is declined")

    def test_another_repairs_token(self):
        self._quote()
        other = self._job(self.unit, fields.Date.today(), parts=1)
        answer = self._post(
            "approve", token=other._portal_ensure_token(), name="Cheat", total="350.00"
        )
        self.assertEqual(answer.status_code, 403)
        self.assertRefused(answer, "does not open a repair", "with the link of another repair")
        answer = self._post("approve", token="guessed", name="Cheat", total="350.00")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.repair.sale_order_id.state, "sent")

    def test_an_orders_token_is_none_of_a_repair(self):
        order = self._quote()
        answer = self._post("approve", token=order._portal_ensure_token(), name="Cheat")
        self.assertEqual(answer.status_code, 403)

    def test_a_cancelled_repair(self):
        self._quote()
        page = self._open()
        self.repair.action_repair_cancel()
        self.assertRefused(self._fill(page, "approve", name="Cheat"), "was cancelled")

    def test_by_get(self):
        self._quote()
        answer = self._open(action="approve")
        self.assertEqual(answer.status_code, 200)
        self.assertRefused(answer, "Opening a link is no answer")
        self.assertIn('name="approve"', answer.text)
        self.assertEqual(self.repair.sale_order_id.state, "sent")

    def test_without_a_csrf_token(self):
        self._quote()
        self.env.flush_all()
        answer = self.url_open(
            f"/my/repairs/{self.repair.id}/approve",
            data={"access_token": self.repair._portal_ensure_token(), "name": "Cheat"},
        )
        self.assertEqual(answer.status_code, 400)
        self.env.invalidate_all()
        self.assertFalse(self.repair.aftersales_consent_ids)

    def test_an_estimate_that_changed_meanwhile(self):
        self._quote()
        page = self._open()
        self.repair.aftersales_cost_line_ids.quantity = 3
        self.assertRefused(self._fill(page, "approve", name="Cheat"), "has changed since")

    def test_a_name_is_needed(self):
        self._quote()
        answer = self._fill(self._open(), "approve", name="  ")
        self.assertIn("type your name", answer.text)
        self.assertFalse(self.repair.aftersales_consent_ids)

    def test_an_estimate_that_is_not_sent_yet(self):
        self._quote(send=False)
        answer = self._post("approve", name="Cheat", total="350.00")
        self.assertRefused(answer, "not ready yet")

    def test_somebody_else_is_answering(self):
        self._quote()
        page = self._open()
        Repair = type(self.env["repair.order"])
        with patch.object(Repair, "lock_for_update", side_effect=LockError("locked")):
            answer = self._fill(page, "approve", name="Cheat")
        self.assertRefused(answer, "try again in a moment")

    def test_a_stranger_cannot_answer(self):
        self._quote()
        self.env.flush_all()
        self.authenticate("stranger", "stranger")
        answer = self._post("approve", token="", name="Cheat", total="350.00")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.repair.sale_order_id.state, "sent")
