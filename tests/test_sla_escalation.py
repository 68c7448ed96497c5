"""Ladders: who is told, once, in which order, and what happens when something is broken."""

from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.tools import mute_logger

from .common import AftersalesCommon


class TestEscalation(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = cls._user("leader", "aftersales_service.group_aftersales_agent")
        cls.boss = cls._user("boss", "aftersales_service.group_aftersales_manager")
        cls.agent = cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls.team = cls.env["aftersales.team"].create(
            {"name": "Field", "leader_id": cls.leader.id, "manager_user_id": cls.boss.id}
        )

    def _reported(self, local, promise=None, **values):
        return super()._reported(local, promise, team_id=self.team.id, **values)

    def assertTold(self, request, *users):
        self.assertEqual(request.activity_ids.mapped("user_id.login"), list(users))

    def test_s_x2_escalation_is_idempotent(self):
        request = self._reported("2026-03-14 16:00", "r02")
        response = self._clock(request, "response")
        self._run_job("2026-03-14 16:29")
        self.assertFalse(request.escalation_ids)
        self._run_job("2026-03-14 16:31")
        self.assertEqual(response.urgency, "breached")
        self.assertEqual(len(request.escalation_ids), 1)
        self.assertTold(request, "leader")
        self._run_job("2026-03-14 16:45")
        self.assertEqual(len(request.escalation_ids), 1)
        self.assertTold(request, "leader")
        with freeze_time(self._utc("2026-03-14 16:50")):
            request.action_respond()
        self.assertEqual(
            (response.state, response.deadline), ("failed", self._utc("2026-03-14 16:30"))
        )
        self.assertEqual(response.late_hours * 60, 20)
        self.assertDue(request, on_site="2026-03-15 16:00", resolution="2026-03-17 16:00")
        self.assertEqual(self._clock(request, "on_site").state, "running")

    def _ladder(self, *steps, **values):
        """A response within an hour, with steps such as ``(75, "activity", "responsible")``."""
        rows = [
            Command.create({"value": value, "action": action, "role": role})
            for value, action, role in steps
        ]
        target = {"milestone": "response", "amount": 1, "unit": "hour", "escalation_ids": rows}
        return self._sla({**target, **values})

    def test_after_downtime_all_rows_but_only_the_highest_tells(self):
        policy = self._ladder(
            (50, "activity", "responsible"),
            (100, "activity", "leader"),
            (150, "loaner", "leader"),
            (200, "activity", "manager"),
        )
        request = self._reported("2026-03-14 16:00", policy, user_id=self.agent.id)
        self._run_job("2026-03-14 19:00")
        logs = request.escalation_ids.sorted("id")
        self.assertEqual(logs.mapped("is_notified"), [False, False, False, True])
        told = [log.user_id.login for log in logs]
        self.assertEqual(told, ["agent", "leader", "leader", "boss"])
        self.assertTold(request, "boss")
        self.assertTrue(request.is_loaner_owed, "what is owed is owed, whoever is told")

    def test_acknowledged_climbs_no_further(self):
        policy = self._ladder((100, "activity", "leader"), (200, "activity", "manager"))
        request = self._reported("2026-03-14 16:00", policy)
        self._run_job("2026-03-14 17:01")
        request.with_user(self.leader).action_acknowledge()
        self.assertEqual(request.clock_ids.acknowledged_by_id, self.leader)
        self._run_job("2026-03-14 19:00")
        self.assertEqual(len(request.escalation_ids), 1)

    def test_what_is_not_late_yet_still_rings_after_an_acknowledgement(self):
        steps = [Command.create({"value": 100, "role": "leader"})]
        targets = (
            {"milestone": "response", "amount": 1, "unit": "hour", "escalation_ids": steps},
            {"milestone": "resolution", "amount": 8, "unit": "hour", "escalation_ids": steps},
        )
        request = self._reported("2026-03-14 16:00", self._sla(*targets))
        self._run_job("2026-03-14 17:01")
        request.with_user(self.leader).action_acknowledge()
        self.assertFalse(request.is_escalated)
        self._run_job("2026-03-15 00:01")
        self.assertEqual(len(request.escalation_ids), 2)
        self.assertTrue(request.is_escalated)

    def test_reopened_and_late_again_tells_again(self):
        resolution = {
            "milestone": "resolution",
            "amount": 1,
            "unit": "hour",
            "escalation_ids": [Command.create({"value": 100, "role": "leader"})],
        }
        request = self._reported("2026-03-14 16:00", self._sla(resolution))
        self._run_job("2026-03-14 17:01")
        with freeze_time(self._utc("2026-03-14 18:00")):
            request.action_resolve()
            request.activity_ids.action_done()
        self._run_job("2026-03-14 18:01")
        with freeze_time(self._utc("2026-03-15 10:00")):
            request.action_reopen()
        self._run_job("2026-03-15 10:01")
        self.assertEqual(len(request.escalation_ids), 2)
        self.assertTold(request, "leader")

    def test_a_role_nobody_fills_falls_back(self):
        self.team.leader_id = False
        request = self._reported("2026-03-14 16:00", self._ladder((100, "activity", "leader")))
        self._run_job("2026-03-14 17:01")
        self.assertTold(request, "boss")

    def test_archived_people_are_passed_over(self):
        self.leader.active = False
        request = self._reported("2026-03-14 16:00", self._ladder((100, "activity", "leader")))
        self._run_job("2026-03-14 17:01")
        self.assertTold(request, "boss")

    def test_hand_over_and_priority(self):
        policy = self._ladder((50, "priority", "leader"), (100, "hand_over", "manager"))
        request = self._reported("2026-03-14 16:00", policy, user_id=self.agent.id)
        self._run_job("2026-03-14 17:01")
        self.assertEqual((request.priority, request.user_id), ("2", self.boss))

    def test_a_mail_goes_to_the_queue(self):
        request = self._reported("2026-03-14 16:00", self._ladder((100, "mail", "leader")))
        self._run_job("2026-03-14 17:01")
        mail = self.env["mail.mail"].search(
            [("model", "=", "aftersales.request"), ("res_id", "=", request.id)]
        )
        self.assertEqual(mail.recipient_ids, self.leader.partner_id)
        self.assertEqual(mail.state, "outgoing")

    def test_one_bad_record_does_not_stop_the_others(self):
        policy = self._ladder((100, "activity", "leader"))
        good, bad = (self._reported("2026-03-14 16:00", policy) for _n in range(2))
        broken = bad.clock_ids
        self.env.flush_all()
        table = "ALTER TABLE aftersales_escalation_log"
        self.env.cr.execute(f"{table} ADD CONSTRAINT broken CHECK (request_id != %s)", [bad.id])
        with mute_logger("odoo.sql_db", "odoo.addons.aftersales_service.models.sla_escalation_job"):
            self._run_job("2026-03-14 17:01")
        self.assertTold(good, "leader")
        self.assertEqual(broken.failures, 1)
        self.assertIn("broken", broken.error)
        self.assertGreater(broken.next_event_at, self._utc("2026-03-14 17:01"))
        self.env.cr.execute(f"{table} DROP CONSTRAINT broken")
        self._run_job("2026-03-14 18:00")
        self.assertTold(bad, "leader")
        self.assertEqual((broken.failures, broken.error), (0, False))

    def test_a_collision_with_somebodys_work_is_no_bad_record(self):
        request = self._reported("2026-03-14 16:00", self._ladder((100, "activity", "leader")))
        Clock = self.env.registry["aftersales.sla.clock"]
        escalate, collisions = Clock._escalate, [SerializationFailure("changed"), None]

        def collide_once(clocks):
            if error := collisions.pop(0):
                raise error
            return escalate(clocks)

        self.env.flush_all()
        with patch.object(Clock, "_escalate", collide_once):
            self._run_job("2026-03-14 17:01")
        self.assertFalse(collisions)
        self.assertTold(request, "leader")
        self.assertEqual((request.clock_ids.failures, request.clock_ids.error), (0, False))

    def test_a_step_that_changes_the_promise_shows_the_new_one(self):
        steps = [Command.create({"value": 50, "action": "priority", "role": "leader"})]
        urgent = {"milestone": "response", "amount": 2, "unit": "hour", "priority": "2"}
        usual = {"milestone": "response", "amount": 8, "unit": "hour", "escalation_ids": steps}
        visit = {"milestone": "on_site", "amount": 9, "unit": "hour", "priority": "0"}
        policy = self._sla(urgent, usual, visit)
        request = self._reported("2026-03-14 16:00", policy, priority="0")
        self._run_job("2026-03-14 20:01")
        self.assertDue(request, response="2026-03-14 18:00")
        self.assertEqual(self._clock(request, "response").urgency, "breached")
        self.assertEqual(self._clock(request, "on_site").state, "cancelled")
        self.assertEqual(len(request.escalation_ids), 1)

    def test_a_priority_nobody_chose_is_raised(self):
        request = self._reported("2026-03-14 16:00", self._ladder((100, "priority", "leader")))
        request.priority = False
        self._run_job("2026-03-14 17:01")
        self.assertEqual(request.priority, "2")

    def test_an_appointment_missed_again_tells_again(self):
        visit = {
            "milestone": "on_site",
            "amount": 0,
            "start_event": "appointment",
            "escalation_ids": [Command.create({"value": 100, "role": "leader"})],
        }
        request = self._reported("2026-03-14 16:00", self._sla(visit))
        with freeze_time(self._utc("2026-03-14 16:10")):
            request.appointment_start = self._utc("2026-03-16 10:00")
        self.assertEqual(request.clock_ids.urgency, "ok")
        self._run_job("2026-03-16 10:01")
        with freeze_time(self._utc("2026-03-16 11:00")):
            request.appointment_start = self._utc("2026-03-18 10:00")
        self._run_job("2026-03-16 11:01")
        self.assertEqual(len(request.escalation_ids), 1)
        self._run_job("2026-03-18 10:01")
        self.assertEqual(len(request.escalation_ids), 2)

    def test_a_trigger_that_is_being_used_up_wakes_nobody_again(self):
        cron = self.env.ref("aftersales_service.cron_sla_escalation")
        Trigger = self.env["ir.cron.trigger"]
        now = self._utc("2026-03-14 16:30")
        self._reported("2026-03-14 16:00", self._ladder((100, "activity", "leader")))
        Trigger.search([("cron_id", "=", cron.id)]).unlink()
        Trigger.create({"cron_id": cron.id, "call_at": now})
        with freeze_time(now):
            self.env["aftersales.sla.clock"]._sleep_until_next()
            self.env["aftersales.sla.clock"]._sleep_until_next()
        ahead = Trigger.search([("cron_id", "=", cron.id), ("call_at", ">", now)])
        self.assertEqual(len(ahead), 1)

    def test_the_job_wakes_itself_for_the_next_moment(self):
        cron = self.env.ref("aftersales_service.cron_sla_escalation")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        policy = self._ladder((100, "activity", "leader"))
        policy.write({"watch_percent": 100, "risk_percent": 100, "risk_minutes": 0})
        self._reported("2026-03-14 16:00", policy)
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        due = self._utc("2026-03-14 17:00")
        self.assertTrue(0 <= (triggers.call_at - due).total_seconds() <= 60)
        self._reported("2026-03-14 16:10", policy)
        self.assertEqual(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]), triggers)

    def test_a_hundred_at_once_do_not_ask_per_clock(self):
        policy = self._ladder((100, "activity", "leader"))
        self.company.aftersales_sla_policy_id = policy
        reported = self._utc("2026-03-14 16:00")
        values = [
            {
                "title": f"Case {n}",
                "partner_id": self.customer.id,
                "team_id": self.team.id,
                "date_reported": reported,
            }
            for n in range(205)
        ]
        with freeze_time(reported):
            self.env["aftersales.request"].create(values)
            self.env.flush_all()
        self.env.invalidate_all()
        with freeze_time(self._utc("2026-03-14 17:01")):
            self.env["aftersales.sla.clock"]._lock_due(5)._escalate_safely()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            clocks = self.env["aftersales.sla.clock"]._lock_due(200)
            self.assertEqual(clocks._escalate_safely(), 0)
            self.env.flush_all()
            count = self.env.cr.sql_log_count - before
        self.assertEqual(len(clocks.request_id.activity_ids), 200)
        self.assertLess(count, 0.3 * 200)

    def test_late_when_entered_tells_once_and_not_one_by_one(self):
        """Loading old cases does not flood anybody; what is missed from then on is told."""
        policy = self._ladder((100, "activity", "leader"), (2400, "activity", "manager"))
        self.company.aftersales_sla_policy_id = policy
        old = self._utc("2026-03-14 16:00")
        with freeze_time(self._utc("2026-03-15 10:00")):
            requests = self.env["aftersales.request"].create(
                [
                    {
                        "title": f"Old {number}",
                        "partner_id": self.customer.id,
                        "team_id": self.team.id,
                        "date_reported": old,
                    }
                    for number in range(30)
                ]
            )
            self.env.flush_all()
        self._run_job("2026-03-15 10:01")
        self.assertEqual(set(requests.mapped("sla_urgency")), {"breached"})
        self.assertFalse(requests.activity_ids)
        self.assertEqual(len(requests.escalation_ids), 30)
        notes = self.env["mail.message"].search([("subject", "=", "Overdue when entered: 30")])
        self.assertEqual(notes.notified_partner_ids, self.leader.partner_id)
        self._run_job("2026-03-15 16:01")  # 24 times the hour: missed here
        self.assertEqual(requests.activity_ids.user_id, self.boss)
        self.assertEqual(len(requests.activity_ids), 30)
