"""Requests come in by every channel; mails find customer, unit, team and company."""

from datetime import datetime, timedelta
from itertools import product

from freezegun import freeze_time
from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import AftersalesCommon

GROUP = "aftersales_service.group_aftersales_{}".format
CHANNELS_R37 = ("sms", "qq", "wechat", "email", "phone", "fax")


class TestChannels(AftersalesCommon):
    def test_s_r37_1_requests_are_registered_and_counted_by_channel(self):
        Request = self.env["aftersales.request"]
        before = dict(Request._read_group([], ["channel"], ["__count"]))
        for number, channel in enumerate(CHANNELS_R37, start=1):
            Request.create([{"title": channel, "channel": channel}] * number)
        after = dict(Request._read_group([], ["channel"], ["__count"]))
        for number, channel in enumerate(CHANNELS_R37, start=1):
            self.assertEqual(after[channel] - before.get(channel, 0), number, channel)
            found = Request.search([("channel", "=", channel), ("title", "=", channel)])
            self.assertEqual(len(found), number)

    def test_every_channel_of_the_texts_is_offered(self):
        offered = dict(self.env["aftersales.request"]._fields["channel"].selection)
        for channel in (*CHANNELS_R37, "web", "letter", "shop", "visit", "kakao", "chat"):
            self.assertIn(channel, offered)

    def test_numbers_are_drawn_at_once_and_by_company(self):
        Sequence = self.env["ir.sequence"]
        other = self.env["res.company"].create({"name": "Other Company"})
        Sequence.create(
            {"name": "Theirs", "code": "aftersales.request", "prefix": "X", "company_id": other.id}
        )
        Request = self.env["aftersales.request"]
        requests = Request.create([{"title": "R"}] * 5 + [{"title": "R", "company_id": other.id}])
        self.assertEqual(len(set(requests.mapped("name"))), 6)
        self.assertTrue(requests[-1].name.startswith("X"))
        Sequence.search([("code", "=", "aftersales.request")]).implementation = "no_gap"
        names = Request.create([{"title": "R"}] * 3).mapped("name")
        self.assertEqual(len(set(names)), 3)
        Sequence.search([("code", "=", "aftersales.request")]).active = False
        self.assertEqual(Request.create({"title": "R"}).name, "/")

    def test_alerts_are_told_in_one_order(self):
        request = self.env["aftersales.request"].create(
            {"title": "R", "partner_id": self.customer.id}
        )
        self.assertFalse(request.alerts)
        request.is_loaner_owed = True
        self.customer.aftersales_note = "Ring at the back door"
        told = self._utc("2026-03-16 16:30")
        request.write({"date_told": told, "date_expected": told + timedelta(days=1)})
        request.is_emergency = True
        agent = self._user("reader", GROUP("agent"))
        alerts = request.with_user(agent).alerts
        self.assertEqual(
            [alert["kind"] for alert in alerts], ["emergency", "handling", "stale", "loaner"]
        )
        self.assertEqual(alerts[1]["text"], "Ring at the back door")
        self.assertRegex(alerts[2]["text"], r"was told \(03/16/2026 4:30\sPM\)\.$")
        request.date_expected = told
        self.assertEqual(len(request.alerts), 3)

    def test_the_header_stays_on_one_line(self):
        """Whatever the state, what else there is to do waits in menus and beside its field."""
        agent = self._user("reader", GROUP("agent"))
        view = self.env["aftersales.request"].with_user(agent).get_view(view_type="form")
        buttons = etree.fromstring(view["arch"]).findall("header/button")
        facts = {"id": 1, "date_responded": False, "date_arrived": False, "merged_into_id": False}
        facts |= {"appointment_start": True, "similar_hint": True, "is_escalated": True}
        states = self.env["aftersales.request"]._fields["state"].get_values(self.env)
        for state, repairs, solved in product(states, (0, 1), (False, True)):
            with self.subTest(state=state, repairs=repairs, solved=solved):
                facts |= {"state": state, "repair_count": repairs, "is_solved": solved}
                shown = [
                    button.get("string")
                    for button in buttons
                    if not safe_eval(button.get("invisible") or "False", facts)
                ]
                self.assertLessEqual(len(shown), 7, shown)
                self.assertEqual(len(shown), len(set(shown)), shown)

    def test_special_handling_is_shown(self):
        site = self.env["res.partner"].create({"name": "Kitchen", "parent_id": self.customer.id})
        self.customer.aftersales_note = "Ring at the back door"
        request = self.env["aftersales.request"].create(
            {"title": "R", "partner_id": self.customer.id, "site_id": site.id}
        )
        self.assertEqual(request.handling_note, "Ring at the back door")
        site.aftersales_note = "Wear a hair net"
        self.assertIn("hair net", request.handling_note)
        clerk = self._user("clerk", "base.group_partner_manager")
        with self.assertRaises(AccessError):
            self.customer.with_user(clerk).read(["aftersales_note"])


class TestPromise(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"email": "desk@hotel.example.com", "tz": "Asia/Shanghai"})
        cls.request = cls.env["aftersales.request"].create(
            {"title": "Leaks", "partner_id": cls.customer.id}
        )
        cls.friday = fields.Datetime.now().replace(microsecond=0) + timedelta(days=3)

    def _tell(self, when, **values):
        dialog = Form(
            self.env["aftersales.request.promise"].with_context(default_request_id=self.request.id)
        )
        dialog.date_expected = when
        for name, value in values.items():
            dialog[name] = value
        return dialog.save()

    def test_the_customer_is_told_in_writing(self):
        dialog = self._tell(self.friday)
        self.assertEqual(dialog.way, "mail")
        self.assertIn(self.request.name, dialog.subject)
        self.assertIn("Asia/Shanghai", dialog.body)
        dialog.action_apply()
        self.assertEqual(self.request.date_told, self.friday)
        message = self.request.message_ids[0]
        self.assertEqual(message.partner_ids, self.customer)
        self.assertIn("we expect to solve", message.body)

    def test_a_later_date_must_be_told_again_with_a_reason(self):
        self._tell(self.friday).action_apply()
        self.request.date_expected = self.friday - timedelta(days=1)
        self.assertFalse(self.request.is_promise_stale, "earlier is no bad news")
        self.request.date_expected = self.friday + timedelta(days=1)
        self.assertTrue(self.request.is_promise_stale)
        self.assertIn(self.request, self.request.search([("is_promise_stale", "=", True)]))
        dialog = self._tell(self.friday + timedelta(days=1), reason="Seal out of stock")
        self.assertIn("Seal out of stock", dialog.body)
        self.assertIn("another time than we told you before", dialog.body)
        dialog.action_apply()
        self.assertFalse(self.request.is_promise_stale)
        silent = self.env["aftersales.request.promise"].create(
            {"request_id": self.request.id, "date_expected": self.friday + timedelta(days=9)}
        )
        self.assertEqual(silent.way, "mail")
        with self.assertRaisesRegex(UserError, "Say why it moves"):
            silent.action_apply()
        self.request.date_expected = False
        self.assertTrue(self.request.is_promise_stale, "no date at all is no promise kept")
        self.request.action_resolve()
        self.assertFalse(self.request.is_promise_stale)

    def test_who_has_no_mail_address_is_told_otherwise(self):
        self.customer.email = False
        dialog = self._tell(self.friday, reason="Parts on the way")
        self.assertEqual(dialog.way, "otherwise")
        dialog.action_apply()
        self.assertEqual(self.request.date_told, self.friday)
        self.assertIn("Parts on the way", self.request.message_ids[0].body)
        dialog = self._tell(self.friday)
        dialog.way = "mail"
        with self.assertRaisesRegex(UserError, "has no mail address"):
            dialog.action_apply()

    def test_the_past_is_no_promise(self):
        dialog = self._tell(datetime(2020, 1, 1))
        with self.assertRaisesRegex(UserError, "promise the past"):
            dialog.action_apply()

    def test_it_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("aftersales_service.mail_template_request_promise")
        template.with_context(lang="fr_FR").subject = "{{ object.name }} : bientôt"
        self.customer.lang = "fr_FR"
        self.assertIn("bientôt", self._tell(self.friday).subject)

    def test_a_user_tells_only_customers_of_own_requests(self):
        helper = self._user("helper", GROUP("user"))
        self.request.user_id = self.env.ref("base.user_admin")
        with self.assertRaises(AccessError):
            self.env["aftersales.request.promise"].with_user(helper).create(
                {"request_id": self.request.id, "date_expected": self.friday, "way": "otherwise"}
            ).action_apply()
        self.request.user_id = helper
        dialog = (
            self.env["aftersales.request.promise"]
            .with_user(helper)
            .create({"request_id": self.request.id, "date_expected": self.friday})
        )
        dialog.action_apply()
        self.assertEqual(self.request.date_told, self.friday)

    def test_appointment_and_lateness(self):
        day = datetime(2026, 5, 4, 2)
        request = self.request
        with self.assertRaisesRegex(ValidationError, "ends before it begins"):
            request.write({"appointment_start": day, "appointment_end": day - timedelta(hours=1)})
        request.write({"appointment_start": day, "appointment_end": day + timedelta(hours=2)})
        with freeze_time(day + timedelta(hours=1)):
            request.action_arrive()
        self.assertEqual(request.arrival_delay, 0)
        with self.assertRaisesRegex(UserError, "recorded already"):
            request.action_arrive()
        request.appointment_end = False
        self.assertEqual(request.arrival_delay, 1)
        request.date_arrived = False
        self.assertEqual(request.arrival_delay, 0)
        request.action_resolve()
        with self.assertRaisesRegex(UserError, "Reopen it to record"):
            request.action_arrive()


class TestMail(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={})
        domain = cls.env["mail.alias.domain"].create({"name": "service.example.com"})
        cls.company = cls.company.with_env(cls.env)
        cls.company.alias_domain_id = domain
        cls.other = cls.env["res.company"].create(
            {"name": "Other Company", "alias_domain_id": domain.id}
        )
        Team = cls.env["aftersales.team"]
        cls.team = Team.create({"name": "Pumps", "alias_name": "pumps"})
        cls.theirs = Team.create(
            {"name": "Theirs", "alias_name": "theirs", "company_id": cls.other.id}
        )
        cls.customer = cls.customer.with_env(cls.env)
        cls.customer.email = "desk@hotel.example.com"
        cls.count = 0

    @classmethod
    def _mail(
        cls,
        subject="Pump leaks",
        to="pumps",
        sender="desk@hotel.example.com",
        body="",
        reply_to=None,
        extra="",
    ):
        """A mail arrives; returns the requests it made."""
        cls.count += 1
        before = cls.env["aftersales.request"].search([])
        reference = f"References: {reply_to.message_id}\n" if reply_to else ""
        cls.env["mail.thread"].message_process(
            None,
            f"From: {sender}\nTo: {to}@service.example.com\nSubject: {subject}\n"
            f"Message-Id: <{cls.count}@hotel.example.com>\n{reference}{extra}"
            f"Content-Type: text/html; charset=utf-8\n\n<p>{body or 'It drips.'}</p>\n",
        )
        return cls.env["aftersales.request"].search([]) - before

    def _mails_to(self, partner):
        return self.env["mail.mail"].search([("recipient_ids", "in", partner.ids)])

    def test_a_mail_is_a_request_of_the_team(self):
        request = self._mail(body="It drips.<script>alert(1)</script>")
        self.assertRecordValues(
            request,
            [
                {
                    "title": "Pump leaks",
                    "channel": "email",
                    "team_id": self.team.id,
                    "partner_id": self.customer.id,
                    "contact_id": False,
                    "company_id": self.company.id,
                    "user_id": False,
                    "team_reason": "Mail to pumps@service.example.com.",
                }
            ],
        )
        self.assertIn("It drips.", request.description)
        self.assertNotIn("script", request.description)
        self.assertIn(
            "It drips.",
            request.message_ids.filtered(lambda message: message.message_type == "email").body,
        )

    def test_the_customer_is_acknowledged_once_by_a_machine(self):
        request = self._mail()
        mail = self._mails_to(self.customer)
        self.assertEqual(len(mail), 1)
        self.assertIn(request.name, mail.subject)
        self.assertIn("auto-replied", mail.headers)
        self.assertIn("pumps@service.example.com", mail.reply_to)
        self._mail("Re: Pump leaks", reply_to=mail.mail_message_id, body="Still drips")
        self.assertEqual(len(self._mails_to(self.customer)), 1)

    def test_a_reply_goes_into_the_thread(self):
        request = self._mail()
        acknowledgement = self._mails_to(self.customer).mail_message_id
        self.assertFalse(self._mail("Re: Pump leaks", reply_to=acknowledgement, body="More water"))
        self.assertIn("More water", request.message_ids[0].body)

    def test_a_stranger_becomes_a_customer(self):
        request = self._mail(sender="New Person <new@elsewhere.example.com>")
        self.assertEqual(request.partner_id.email, "new@elsewhere.example.com")
        self.assertEqual(request.partner_id.name, "New Person")

    def test_an_employee_of_a_customer_is_its_contact(self):
        person = self.env["res.partner"].create(
            {"name": "Front desk", "parent_id": self.customer.id, "email": "fd@hotel.example.com"}
        )
        request = self._mail(sender="fd@hotel.example.com")
        self.assertEqual((request.partner_id, request.contact_id), (self.customer, person))
        self.assertEqual(len(self._mails_to(person)), 1)

    def test_a_colleague_forwards_for_somebody_else(self):
        colleague = self._user("colleague")
        request = self._mail(sender=colleague.email)
        self.assertFalse(request.partner_id)
        self.assertFalse(self._mails_to(colleague.partner_id))
        self.assertFalse(request.date_responded, "a forwarded report is no answer")
        [report] = request.message_ids.filtered(lambda message: message.message_type == "email")
        self._mail("Re: Pump leaks", reply_to=report, sender=colleague.email)
        self.assertTrue(request.date_responded)

    def test_a_serial_in_the_mail_gives_the_unit(self):
        plan = self._preset("r05")
        unit = self._delivered("SN-500", plan=plan, on="2026-03-10")
        self.assertEqual(self._mail("Pump sn-500, leaks").unit_id, unit)
        request = self._mail("Pump leaks", body="型号是SN-500。 Please hurry")
        self.assertEqual(request.unit_id, unit)
        self.assertEqual(request.claim_ids.unit_id, unit)
        self.assertFalse(self._mail("SN-5001 leaks").unit_id)
        self._delivered("SN-501", plan=plan, on="2026-03-10")
        self.assertFalse(self._mail("SN-500 or SN-501").unit_id, "two are not exactly one")
        self.assertFalse(self._mail("SN-500", sender="x@elsewhere.example.com").unit_id)

    def test_mail_as_root_is_routed_in_the_teams_company(self):
        mail_env = self.env(user=self.env.ref("base.user_root"))
        self.assertNotEqual(mail_env.company, self.other)
        request = self._mail("For them", to="theirs")
        self.assertEqual((request.team_id, request.company_id), (self.theirs, self.other))
        self.env["aftersales.team.rule"].create(
            {"team_id": self.team.id, "country_ids": [Command.clear()]}
        )
        request = self._mail("For them again", to="theirs")
        self.assertEqual(request.company_id, self.other)

    def test_an_archived_team_loses_no_mail(self):
        self.env["aftersales.team.rule"].create(
            {"team_id": self.env["aftersales.team"].create({"name": "All"}).id}
        )
        self.team.active = False
        request = self._mail()
        self.assertEqual(request.team_id.name, "All")
        self.assertIn("all other requests", request.team_reason)

    def test_a_mail_without_subject(self):
        self.assertEqual(self._mail(subject="").title, "Mail without subject")

    def test_a_flood_from_one_address_is_stopped(self):
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 3)
        made = [len(self._mail(f"Loop {n}")) for n in range(5)]
        self.assertEqual(made, [1, 1, 1, 0, 0])

    def test_a_reply_reopens_what_was_finished(self):
        request = self._mail()
        first = self._mails_to(self.customer).mail_message_id
        request.action_resolve()
        colleague = self._user("colleague")
        self._mail("Re", reply_to=first, sender=colleague.email)
        self.assertEqual(request.state, "resolved", "a colleague's word reopens nothing")
        self.assertFalse(self._mail("Re", reply_to=first))
        self.assertEqual(request.state, "new")
        request.action_resolve()
        request.action_close()
        self.assertTrue(request.date_closed)
        self.assertFalse(self._mail("Re", reply_to=first))
        self.assertEqual(request.state, "new")
        self.assertFalse(request.date_closed)

    def test_a_reply_after_long_opens_a_new_one(self):
        request = self._mail()
        first = self._mails_to(self.customer).mail_message_id
        request.action_resolve()
        request.action_close()
        request.date_closed -= timedelta(days=31)
        fresh = self._mail("Re: again", reply_to=first, body="Again!")
        self.assertEqual((fresh.origin_id, fresh.team_id), (request, self.team))
        self.assertEqual(fresh.partner_id, self.customer)
        self.assertEqual(request.state, "closed")
        self.assertTrue(any("Again!" in message.body for message in fresh.message_ids))

    def test_followers_of_the_team_hear_of_new_requests(self):
        fan = self._user("fan", GROUP("agent"))
        self.team.message_subscribe(
            fan.partner_id.ids, self.env.ref("aftersales_service.mt_team_request_new").ids
        )
        request = self._mail()
        self.assertIn(fan.partner_id, request.message_partner_ids)
        subtype = self.env.ref("aftersales_service.mt_request_new")
        news = request.message_ids.filtered(lambda message: message.subtype_id == subtype)
        self.assertIn(fan.partner_id, news.notified_partner_ids)

    def test_suggested_recipients(self):
        request = self._mail()
        suggested = request._message_get_suggested_recipients(no_create=True)
        self.assertIn(self.customer.id, [one["partner_id"] for one in suggested])

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_bad_input(self):
        self.assertEqual(len(self._mail(sender="not an address")), 1)
        self.team.alias_id.alias_defaults = "{'team_id': 99999999}"
        request = self._mail("Lost team")
        self.assertEqual((request.team_id.id, request.channel), (False, "email"))


class TestLeastRights(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._user("helper", GROUP("user"))
        cls._user("boss", GROUP("manager"))

    @users("helper", "boss")
    def test_managers_alone_enter_what_was_finished_elsewhere(self):
        Request = self.env["aftersales.request"]
        self.assertEqual(Request.create({"title": "Call", "state": "new"}).state, "new")
        old = {"title": "Call", "name": "OLD-7", "state": "closed", "date_resolved": "2020-01-01"}
        if self.env.user.login == "boss":
            self.assertEqual(Request.create(old).name, "OLD-7")
        else:
            with self.assertRaisesRegex(AccessError, "Use the buttons"):
                Request.create(old)

    @users("helper")
    def test_the_desk_works_with_only_its_own_rights(self):
        with Form(self.env["aftersales.request"]) as form:
            form.title = "Call"
            form.partner_id = self.customer
            form.channel = "wechat"
        request = form.record
        request.action_start()
        self.assertFalse(request.team_reason)
        self.assertFalse(request.goods_status)
        self.assertFalse(request.money_status)
        for values in ({"date_told": fields.Datetime.now()}, {"merged_into_id": request.id}):
            with self.assertRaisesRegex(AccessError, "not typed in"):
                request.write(values)
        for values in (
            {"state": "resolved"},
            {"date_resolved": "2026-01-01 08:00:00"},
            {"date_closed": False},
            {"name": "SR-0"},
        ):
            with self.subTest(values), self.assertRaisesRegex(AccessError, "Use the buttons"):
                request.write(values)
        request.action_resolve()
        self.assertEqual((request.state, bool(request.date_resolved)), ("resolved", True))
        request.action_close()
        request.action_reopen()
        self.assertEqual((request.state, request.date_resolved), ("new", False))
        with self.assertRaises(AccessError):
            self.env["aftersales.request.type"].create({"name": "Mine"})
        with self.assertRaises(AccessError):
            self.env["aftersales.team.rule"].create({"team_id": 1})
