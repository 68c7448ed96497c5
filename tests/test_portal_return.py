"""A customer asks for a return on the page of the order and follows it: own goods only."""

import base64
import re

from odoo.tests import HttpCase, tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .return_common import ReturnsCommon
from .test_repair_consent import PIXEL

PNG = base64.b64decode(PIXEL)


@tagged("standard", "post_install", "-at_install", "aftersales")
class TestPortalReturn(HttpCase, ReturnsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "hotel@example.com"
        cls.plan = cls._preset("r47")
        cls.order = cls._sold(serials=["SN-1", "SN-2"], plan=cls.plan)
        cls._invoiced(cls.order)
        cls.seals = cls._sold(cls.seal, quantity=5)
        cls.guest = mail_new_test_user(
            cls.env, "guest", groups="base.group_portal", name="Mrs Wang"
        )
        cls.guest.partner_id.parent_id = cls.customer
        mail_new_test_user(cls.env, "stranger", groups="base.group_portal")

    # === HELPERS === #

    def _ask_page(self, order=None, login="guest"):
        self.authenticate(login, login)
        order = order or self.order
        self.env.flush_all()
        return self.url_open(f"/my/orders/{order.id}/return")

    def _post(self, page, form, files=None, **typed):
        """Post a form of a page as a browser without JavaScript does."""
        forms = re.findall(r"<form[^>]*>.*?</form>", page.text, re.S)
        html = next(text for text in forms if f'name="{form}"' in text.split(">")[0])
        action = re.search(r'action="([^"]+)"', html)[1].replace("&amp;", "&")
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
        self.env.flush_all()
        response = self.url_open(action, data={**hidden, **typed}, files=files)
        self.env.invalidate_all()
        return response

    def _asked(self, **typed):
        page = self._ask_page()
        key = re.search(r'name="(quantity_\d+-\d+)"', page.text)[1]
        return self._post(
            page,
            "return",
            **({key: "1", "why": "quality", "wish": "refund", "description": "Leaks"} | typed),
        )

    def _returns(self, order=None):
        return self.env["aftersales.return"].search([("order_id", "=", (order or self.order).id)])

    # === ASKING === #

    def test_the_order_offers_it_once_something_was_delivered(self):
        self.authenticate("guest", "guest")
        offered = f"/my/orders/{self.order.id}/return"
        self.assertIn(offered, self.url_open(f"/my/orders/{self.order.id}").text)
        waiting = self._order(self.seal, 1)
        self.env.flush_all()
        self.assertNotIn("/return", self.url_open(f"/my/orders/{waiting.id}").text)
        self.assertNotIn('name="return"', self._ask_page(waiting).text)
        self.company.aftersales_return_online = False
        self.env.flush_all()
        self.assertNotIn(offered, self.url_open(f"/my/orders/{self.order.id}").text)
        self.assertNotIn('name="return"', self._ask_page().text)

    def test_what_was_asked_for_is_submitted_and_answered(self):
        answer = self._asked(description="It leaks")
        self.assertIn("We have your return", answer.text)
        returned = self._returns()
        self.assertRecordValues(
            returned, [{"state": "submitted", "partner_id": self.customer.id, "date_authorised": 0}]
        )
        self.assertRecordValues(
            returned.line_ids,
            [
                {
                    "quantity_requested": 1,
                    "why": "quality",
                    "wish": "refund",
                    "wish_status": "allowed",
                }
            ],
        )
        self.assertEqual(returned.line_ids.description, "It leaks")
        self.assertIn(returned.line_ids.wish_answer, answer.text)
        agent = self._user("agent", "aftersales_service.group_aftersales_agent")
        returned.user_id = False
        returned.with_user(agent).action_authorise()
        self.assertEqual(returned.user_id, agent)
        page = self.url_open(returned.access_url)
        self.assertIn("Please send the goods", page.text)
        self.assertIn("report_type=pdf", page.text)

    def test_pictures_come_with_it_and_nothing_else(self):
        page = self._ask_page()
        key = re.search(r'name="(quantity_\d+-\d+)"', page.text)[1]
        typed = {key: "1", "why": "quality", "wish": "repair"}
        script = [("files", ("x.html", b"<script>alert(1)</script>", "text/html"))]
        self.assertIn("at most 5 pictures", self._post(page, "return", script, **typed).text)
        self.assertFalse(self._returns())
        self.assertFalse(self.env["ir.attachment"].search([("name", "=", "x.html")]))
        picture = [("files", ("leak.png", PNG, "image/png"))]
        self._post(page, "return", picture, **typed)
        self.assertEqual(self._returns().line_ids.evidence_ids.mapped("name"), ["leak.png"])

    def test_bad_input_is_said_and_nothing_is_taken(self):
        page = self._ask_page()
        self.assertIn("</textarea>", page.text)
        keys = re.findall(r'name="(quantity_\d+-\d+)"', page.text)
        for typed, words in (
            ({}, "how much of what"),
            ({keys[0]: "many"}, "is no quantity"),
            ({keys[0]: "-1"}, "is no quantity"),
            ({keys[0]: "nan"}, "is no quantity"),
            ({keys[0]: "2"}, "only 1 of it can come back"),
            ({"quantity_999999-0": "1"}, "returned meanwhile"),
            ({keys[0]: "1", "wish": "back"}, "say why you return it"),
            ({keys[0]: "1", "why": "money"}, "say why you return it"),
        ):
            with self.subTest(typed=typed):
                answer = self._post(
                    page, "return", **({"why": "quality", "wish": "refund"} | typed)
                )
                self.assertIn(words, answer.text)
                self.assertFalse(self._returns())

    def test_goods_of_another_order_and_twice_the_same_are_refused(self):
        other = self._ask_page(self.seals)
        foreign = re.search(r'name="(quantity_\d+-\d+)"', other.text)[1]
        self.assertIn("returned meanwhile", self._asked(**{foreign: "1"}).text)
        page = self._ask_page(self.seals)
        typed = {foreign: "3", "why": "no_reason", "wish": "refund"}
        self._post(page, "return", **typed)
        again = self._post(page, "return", **typed)
        self.assertIn("only 2 Units can still come back, not 3", again.text)
        self.assertEqual(len(self._returns(self.seals)), 1)

    # === WHO MAY === #

    def test_strangers_ask_and_see_nothing(self):
        self._asked()
        returned = self._returns()
        self.authenticate("stranger", "stranger")
        self.assertNotIn('name="return"', self._ask_page(login="stranger").text)
        self.assertEqual(self.url_open(f"/my/returns/{returned.id}").status_code, 403)
        self.assertNotIn(returned.name, self.url_open("/my/returns").text)
        self.authenticate(None, None)
        self.assertEqual(self.url_open(f"/my/returns/{returned.id}").status_code, 403)
        link = returned.get_portal_url()
        self.env.flush_all()
        self.assertIn(returned.name, self.url_open(link).text)
        wrong = link.replace(returned.access_token, "x" * 36)
        self.assertEqual(self.url_open(wrong).status_code, 403)
        self.assertEqual(self.url_open("/my/returns/999999").status_code, 403)

    def test_customers_have_no_right_on_returns(self):
        for model in ("aftersales.return", "aftersales.return.line", "aftersales.return.goods"):
            for operation in ("read", "write", "create", "unlink"):
                access = self.env[model].with_user(self.guest).has_access(operation)
                self.assertFalse(access, (model, operation))

    def test_the_own_list_and_the_count(self):
        self._asked()
        self.env.flush_all()
        self.assertIn(self._returns().name, self.url_open("/my/returns").text)
        counts = self.make_jsonrpc_request("/my/counters", {"counters": ["return_count"]})
        self.assertEqual(counts, {"return_count": 1})
        draft = self._return(self.seals, 1)
        self.env.flush_all()
        self.assertEqual(self.url_open(f"/my/returns/{draft.id}").status_code, 403)

    # === TAKING IT BACK === #

    def test_it_is_withdrawn_until_it_is_authorised(self):
        page = self._asked()
        returned = self._returns()
        returned.action_authorise()
        self.assertIn("not open any more", self._post(page, "withdraw").text)
        self.assertEqual(returned.state, "authorised")
        returned.action_cancel()
        page = self._asked()
        second = self._returns() - returned
        self.assertIn("Withdrawn", self._post(page, "withdraw").text)
        self.assertEqual(second.state, "cancelled")

    def test_nothing_internal_is_shown(self):
        self._asked()
        returned = self._returns()
        returned.note = "secret: bad payer"
        manager = self._user("boss", "aftersales_service.group_aftersales_manager")
        returned.line_ids.with_user(manager)._override("exchange", "secretly a friend")
        self.env.flush_all()
        page = self.url_open(returned.access_url)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("secret", page.text)
