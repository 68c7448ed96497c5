"""What the screens get of clocks: values, and how little it costs to read them."""

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import users

from .common import AftersalesCommon


class TestSlaBadges(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls.customer_waits = cls.env.ref("aftersales_service.pause_reason_customer")
        cls.policy = cls._sla(
            {"milestone": "response", "amount": 4, "unit": "working_hour"},
            {"milestone": "resolution", "amount": 3, "unit": "working_day"},
            {"milestone": "on_site", "amount": 8, "unit": "hour"},
            watch_percent=40,
            risk_percent=80,
            risk_minutes=20,
        )

    def _badges(self, request, local):
        """Badges by milestone at a moment."""
        self.env.invalidate_all()
        with freeze_time(self._utc(local)):
            clocks = request.sla_strip["clocks"]
        return {badge["milestone"]: badge for badge in clocks}

    def test_a_running_clock(self):
        request = self._reported("2026-03-16 10:00", self.policy)
        badge = self._badges(request, "2026-03-16 11:00")["response"]
        self.assertEqual(badge["label"], "First response")
        self.assertEqual(badge["target"], "4 Working hours")
        self.assertEqual((badge["state"], badge["left"], badge["paused"]), ("running", 10800, 0))
        self.assertEqual((badge["watch_percent"], badge["risk_percent"]), (40, 80))
        self.assertEqual((badge["risk_minutes"], badge["tz"]), (20, "Asia/Shanghai"))
        self.assertEqual((badge["in_days"], badge["policy"]), (False, "Promise"))
        # 11:00 to lunch at 12:00, in Shanghai
        self.assertEqual(badge["slices"][0], ["2026-03-16 03:00:00", "2026-03-16 04:00:00"])

    def test_days_are_as_long_as_the_calendar_says(self):
        request = self._reported("2026-03-16 10:00", self.policy)
        badge = self._badges(request, "2026-03-16 11:00")["resolution"]
        self.assertEqual((badge["in_days"], badge["day_seconds"]), (True, 8 * 3600))
        on_site = self._badges(request, "2026-03-16 11:00")["on_site"]
        self.assertEqual((on_site["in_days"], on_site["slices"]), (False, None))

    def test_paused_time_is_counted_on_the_clocks_own_hours(self):
        request = self._reported("2026-03-16 10:00", self.policy)
        with freeze_time(self._utc("2026-03-16 16:00")):
            request.action_start()
            request._wait(self.customer_waits)
        badges = self._badges(request, "2026-03-17 09:00")
        badge = badges["resolution"]
        self.assertEqual((badge["state"], badge["pauses"]), ("paused", 1))
        self.assertEqual(badge["reason"], "Waiting for the customer's answer")
        self.assertEqual(badge["paused"], 2 * 3600)  # 16:00–17:00 and 8:00–9:00
        self.assertEqual(badges["response"]["state"], "running")
        with freeze_time(self._utc("2026-03-17 09:00")):
            request.action_start()
        badge = self._badges(request, "2026-03-17 11:00")["resolution"]
        self.assertEqual((badge["state"], badge["pauses"], badge["paused"]), ("running", 1, 7200))

    def test_overdue_is_working_time_and_never_nothing(self):
        request = self._reported("2026-03-16 10:00", self.policy)
        due = self._clock(request, "response").deadline
        self.assertEqual(self._local(due), "2026-03-16 15:00")
        badge = self._badges(request, "2026-03-16 15:00:01")["response"]
        self.assertEqual(badge["left"], -1)
        badge = self._badges(request, "2026-03-17 09:00")["response"]
        self.assertEqual(badge["left"], -3 * 3600)

    def test_met_and_failed(self):
        request = self._reported("2026-03-16 10:00", self.policy)
        with freeze_time(self._utc("2026-03-16 11:30")):
            request.action_respond()
        badge = self._badges(request, "2026-03-18 11:30")["response"]
        self.assertEqual((badge["state"], badge["budget"] - badge["left"]), ("met", 5400))
        with freeze_time(self._utc("2026-03-16 20:00")):
            request.date_arrived = fields.Datetime.now()
        badge = self._badges(request, "2026-03-18 11:30")["on_site"]
        self.assertEqual((badge["state"], badge["left"]), ("failed", -2 * 3600))

    def test_without_a_policy_there_is_no_badge(self):
        request = self._reported("2026-03-16 10:00")
        self.assertFalse(request.sla_badge)
        self.assertEqual(request.sla_strip["clocks"], [])
        explanation = request.get_sla_explanation()
        self.assertEqual(explanation["clocks"], [])
        self.assertIn(("Company: no policy is chosen there", False), explanation["tried"])

    @users("agent")
    def test_an_agent_reads_why(self):
        request = self._reported("2026-03-16 10:00", self.policy).with_env(self.env)
        with freeze_time(self._utc("2026-03-16 11:00")):
            explanation = request.get_sla_explanation()
        for clock in explanation["clocks"]:
            self.assertEqual(sum(row["seconds"] for row in clock["rows"]), clock["budget"])

    def test_somebody_has_to_take_care(self):
        self.policy.target_ids.filtered(
            lambda target: target.milestone == "response"
        ).escalation_ids = [Command.create({"trigger": "percent", "value": 100})]
        request = self._reported("2026-03-16 10:00", self.policy)
        self.assertFalse(request.is_escalated)
        self._run_job("2026-03-16 15:01")
        self.assertTrue(request.is_escalated)
        self.assertEqual(request.escalation_count, 1)
        found = self.env["aftersales.escalation.log"].search(
            request.action_view_escalations()["domain"]
        )
        self.assertEqual(found.request_id, request)
        request.action_acknowledge()
        self.assertFalse(request.is_escalated)

    def test_a_team_counts_what_is_late(self):
        team = self.env["aftersales.team"].create({"name": "Field"})
        request = self._reported("2026-03-16 10:00", self.policy, team_id=team.id)
        self.assertEqual(team.late_count, 0)
        self._run_job("2026-03-16 15:01")
        self.assertEqual(team.late_count, 1)
        late = self.env["aftersales.request"].search(team.action_view_late()["domain"])
        self.assertEqual(late, request)


class TestSlaBadgeQueries(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_sla_policy_id = cls._sla(
            {"milestone": "response", "amount": 4, "unit": "working_hour"},
            {"milestone": "on_site", "amount": 8},
            {"milestone": "resolution", "amount": 3, "unit": "working_day"},
        )
        cls.requests = cls.env["aftersales.request"].create(
            [{"title": "Broken", "partner_id": cls.customer.id} for _number in range(80)]
        )
        paused = cls.requests[:20]
        paused.action_start()
        paused._wait(cls.env.ref("aftersales_service.pause_reason_customer"))

    def _count(self, *names):
        specification = {name: {} for name in ("name", "title", "next_due_at", *names)}
        domain = [("id", "in", self.requests.ids)]

        def read():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.env["aftersales.request"].web_search_read(domain, specification, limit=80)
            self.assertEqual(len(found["records"]), 80)
            return self.env.cr.sql_log_count - before

        read()  # what is kept for all is kept by now
        return read()

    def test_a_list_of_eighty_costs_one_query_more(self):
        self.assertLessEqual(self._count("sla_badge"), self._count() + 1)

    def test_all_clocks_of_eighty_cost_one_query_more(self):
        self.assertLessEqual(self._count("sla_strip"), self._count() + 1)
