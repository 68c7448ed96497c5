"""Clocks in a request's life: pauses, other promises, corrections, and what they explain."""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users
from odoo.tools import mute_logger

from .common import AftersalesCommon

FOUR_HOURS = {"milestone": "resolution", "amount": 4, "unit": "working_hour"}
RESPONSE = {"milestone": "response", "amount": 2, "unit": "hour"}


class SlaCase(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls.reason = cls.env.ref("aftersales_service.pause_reason_customer")
        # 8:00–12:00 and 13:00–17:00, Monday to Friday
        cls.calendar = cls.company.resource_calendar_id

    def _do(self, request, local, action, *args, **kwargs):
        with freeze_time(self._utc(local)):
            result = getattr(request, action)(*args, **kwargs)
            self.env.flush_all()
        return result

    def _start(self, request, local):
        self._do(request, local, "action_diagnose")


class TestPauses(SlaCase):
    def test_a_second_pause_never_overwrites_the_first(self):
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        for begin, end in (("09:00", "10:00"), ("11:00", "14:00")):
            self._do(request, f"2026-03-16 {begin}", "_wait", self.reason)
            self._do(request, f"2026-03-16 {end}", "action_start")
        self.assertDue(request, resolution="2026-03-16 16:00")  # 1 h and 2 h without lunch
        hours = self._clock(request, "resolution").event_ids.mapped("hours")
        self.assertEqual([hour for hour in hours if hour], [1, 2])

    def test_paused_is_never_violated_and_never_escalates(self):
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 09:00", "_wait", self.reason)
        self._run_job("2026-04-16 09:00")
        clock = self._clock(request, "resolution")
        self.assertEqual((clock.state, clock.deadline, clock.log_ids.ids), ("paused", False, []))
        self.assertEqual((request.sla_urgency, request.party), ("paused", "customer"))
        self._do(request, "2026-04-16 10:00", "action_start")
        self.assertDue(request, resolution="2026-04-16 14:00")
        self.assertFalse(request.party)

    def test_only_the_clocks_of_the_reason_stop(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE, FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 09:00", "_wait", self.reason)
        states = {clock.milestone: clock.state for clock in request.clock_ids}
        self.assertEqual(states, {"response": "running", "resolution": "paused"})

    def test_the_dialog_tells_deadlines_to_the_minute_where_the_user_is(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE, FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        dialog = self.env["aftersales.request.pause"].with_user(self.agent)
        with freeze_time(self._utc("2026-03-16 09:00")):
            dialog = dialog.new({"request_ids": request.ids, "reason_id": self.reason.id})
            dialog.until = self._utc("2026-03-16 14:00")
            goes_on, stops = dialog.preview.splitlines()
        self.assertRegex(goes_on, r"^First response: goes on, due 03/16/2026 10:00\sAM$")
        self.assertRegex(stops, r"due 03/16/2026 5:00\sPM instead of 03/16/2026 12:00\sPM at the")

    def test_the_longest_time_to_wait_ends_by_itself_at_that_moment(self):
        self.reason.max_hours = 3
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        with freeze_time(self._utc("2026-03-16 09:00")):
            dialog = Form(
                self.env["aftersales.request.pause"].with_context(default_request_ids=request.ids)
            )
            dialog.reason_id = self.reason
            self.assertIn("Solution: stops; due", dialog.preview)
            dialog.save().action_apply()
        self.assertDue(request, resolution="2026-03-16 16:00")
        self._run_job("2026-03-16 16:30")  # late: the pause ended at noon all the same
        self.assertEqual(request.state, "in_progress")
        self.assertDue(request, resolution="2026-03-16 16:00")
        self.assertEqual(self._clock(request, "resolution").urgency, "breached")

    def test_a_wait_that_stops_no_clock_ends_by_itself_too(self):
        self.reason.write({"max_hours": 3, "stops_on_site": False, "stops_solution": False})
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        with freeze_time(self._utc("2026-03-16 09:00")):
            dialog = Form(
                self.env["aftersales.request.pause"].with_context(default_request_ids=request.ids)
            )
            dialog.reason_id = self.reason
            dialog.save().action_apply()
        self.assertEqual(self._clock(request, "resolution").state, "running")
        self._run_job("2026-03-16 11:58")
        self.assertEqual(request.state, "waiting")
        ends = self.env["ir.cron.trigger"].search([]).mapped("call_at")
        self.assertIn(self._utc("2026-03-16 12:00"), ends)
        self._run_job("2026-03-16 12:00")
        self.assertEqual((request.state, request.waiting_until), ("in_progress", False))
        self.assertIn("longest time to wait", "".join(request.message_ids.mapped("body")))
        self.assertDue(request, resolution="2026-03-16 12:00")

    def test_a_wait_that_cannot_end_keeps_nobody_waiting(self):
        self.reason.stops_solution = False
        requests = [self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS)) for _n in range(2)]
        for request in requests:
            self._start(request, "2026-03-16 08:00")
            until = self._utc("2026-03-16 10:00")
            self._do(request, "2026-03-16 09:00", "_wait", self.reason, until)
        bad, good = requests
        go_on = type(bad)._go_on_after_pause

        def fail(request):
            if request == bad:
                raise ValueError("broken")
            return go_on(request)

        with (
            patch.object(type(bad), "_go_on_after_pause", fail),
            mute_logger("odoo.addons.aftersales_service.models.request_waiting"),
        ):
            self._run_job("2026-03-16 10:00")
        self.assertEqual((bad.state, good.state), ("waiting", "in_progress"))
        self._run_job("2026-03-17 10:00")
        self.assertEqual(bad.state, "in_progress")

    def test_proof_and_times_are_checked(self):
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        request.action_diagnose()
        reason = self.env.ref("aftersales_service.pause_reason_access")
        dialog = self.env["aftersales.request.pause"].create(
            {"request_ids": [Command.set(request.ids)], "reason_id": reason.id}
        )
        with self.assertRaisesRegex(UserError, "needs a proof"):
            dialog.action_apply()
        dialog.write({"note": "Gate closed, photo sent", "until": "2020-01-01 10:00:00"})
        with self.assertRaisesRegex(UserError, "cannot end in the past"):
            dialog.action_apply()
        dialog.until = False
        dialog.action_apply()
        self.assertEqual(request.state, "waiting")

    def test_everybody_who_sees_a_request_sees_its_proof(self):
        policy = self._sla(FOUR_HOURS)
        requests = self.env["aftersales.request"]
        for _number in range(2):
            requests |= self._reported("2026-03-16 08:00", policy)
        requests.action_diagnose()
        requests.user_id = self.agent
        dialog = self.env["aftersales.request.pause"].with_user(self.agent)
        photo = self.env["ir.attachment"].with_user(self.agent)
        photo = photo.create({"name": "gate.jpg", "raw": b"x", "res_model": dialog._name})
        dialog.create(
            {
                "request_ids": [Command.set(requests.ids)],
                "reason_id": self.env.ref("aftersales_service.pause_reason_access").id,
                "attachment_ids": [Command.set(photo.ids)],
                "note": "Gate closed",
            }
        ).action_apply()
        colleague = self._user("colleague", "aftersales_service.group_aftersales_agent")
        for request in requests:
            proof = request.clock_ids.event_ids.attachment_ids
            self.assertEqual((proof.res_model, proof.res_id), (request._name, request.id))
            self.assertEqual(proof.with_user(colleague).raw, b"x")
            self.assertIn("Gate closed", request.message_ids[0].body)

    def test_resolved_while_paused_is_met(self):
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 09:00", "_wait", self.reason)
        self._do(request, "2026-03-20 09:00", "action_resolve")
        clock = self._clock(request, "resolution")
        self.assertEqual((clock.state, clock.used_hours), ("met", 1))
        self.assertFalse(request.pause_reason_id)

    def test_the_customers_answer_ends_the_wait(self):
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 09:00", "_wait", self.reason)
        self._do(
            request,
            "2026-03-16 10:00",
            "message_post",
            body="Here is the photo",
            author_id=self.customer.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(request.state, "in_progress")
        self.assertDue(request, resolution="2026-03-16 14:00")

    def test_whoever_leaves_waiting_stops_the_pause(self):
        """Solved or cancelled while it waited, or moved by an import: nothing stays paused."""
        policy = self._sla(FOUR_HOURS)
        for leave in ("action_resolve", "action_cancel"):
            request = self._reported("2026-03-16 08:00", policy)
            self._start(request, "2026-03-16 08:00")
            self._do(request, "2026-03-16 09:00", "_wait", self.reason)
            self._do(request, "2026-03-16 10:00", leave)
            self._do(request, "2026-03-17 08:00", "action_reopen")
            self.assertEqual(request.clock_ids.state, "running", leave)
            self.assertDue(request, resolution="2026-03-17 11:00")
        self._start(request, "2026-03-17 08:00")
        self._do(request, "2026-03-17 09:00", "_wait", self.reason)
        self._do(request, "2026-03-17 10:00", "write", {"state": "in_progress"})
        self.assertDue(request, resolution="2026-03-17 12:00")
        self.assertFalse(request.pause_reason_id)

    def test_what_starts_or_is_promised_while_it_waits_waits_too(self):
        """GLPI showed it violated while it was pending."""
        urgent = {"milestone": "on_site", "amount": 4, "unit": "working_hour", "priority": "2"}
        policy = self._sla({**FOUR_HOURS, "start_event": "unit_arrived"}, urgent)
        request = self._reported("2026-03-16 08:00", policy)
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 09:00", "_wait", self.reason)
        self._do(request, "2026-03-16 10:00", "action_unit_arrived")
        self._do(request, "2026-03-16 10:00", "write", {"priority": "2"})
        self.assertEqual(request.clock_ids.mapped("state"), ["paused", "paused"])
        self._do(request, "2026-03-17 08:00", "action_start")
        self.assertDue(request, resolution="2026-03-17 12:00", on_site="2026-03-17 10:00")
        self.assertEqual(self._clock(request, "resolution").event_ids[-1].hours, 6)

    def test_a_broken_calendar_does_not_keep_work_from_going_on(self):
        calendar = self.calendar.copy()
        request = self._reported(
            "2026-03-16 08:00", self._sla({**FOUR_HOURS, "calendar_id": calendar.id})
        )
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 09:00", "_wait", self.reason)
        calendar.attendance_ids.unlink()
        self._do(request, "2026-03-16 10:00", "action_start")
        self.assertEqual(request.state, "in_progress")
        self.assertTrue(request.clock_ids.error)


class TestFacts(SlaCase):
    def test_the_first_public_answer_meets_the_response(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE))
        post = {"author_id": self.agent.partner_id.id, "message_type": "comment"}
        self._do(
            request,
            "2026-03-16 08:10",
            "message_post",
            body="Note",
            subtype_xmlid="mail.mt_note",
            **post,
        )
        self.assertEqual(self._clock(request, "response").state, "running")
        robot = self.env.ref("base.partner_root")
        self._do(
            request,
            "2026-03-16 08:15",
            "message_post",
            body="Received",
            author_id=robot.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(self._clock(request, "response").state, "running")
        self._do(
            request,
            "2026-03-16 08:20",
            "message_post",
            body="We come",
            subtype_xmlid="mail.mt_comment",
            **post,
        )
        clock = self._clock(request, "response")
        self.assertEqual((clock.state, clock.date_met), ("met", self._utc("2026-03-16 08:20")))

    def test_whoever_solves_has_answered(self):
        visit = {"milestone": "on_site", "amount": 4, "unit": "hour"}
        call = {"milestone": "callback", "amount": 8, "unit": "hour"}
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE, visit, call, FOUR_HOURS))
        self._do(request, "2026-03-16 09:00", "action_resolve")
        states = {clock.milestone: clock.state for clock in request.clock_ids}
        self.assertEqual(
            states,
            {"response": "met", "on_site": "cancelled", "callback": "running", "resolution": "met"},
        )
        self._do(request, "2026-03-16 09:00", "action_close")
        self.assertEqual(self._clock(request, "callback").state, "cancelled")

    def test_a_reopened_case_goes_on_where_it_stopped(self):
        visit = {"milestone": "on_site", "amount": 4, "unit": "hour"}
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE, visit, FOUR_HOURS))
        self._do(request, "2026-03-16 09:00", "action_resolve")
        self._do(request, "2026-03-17 09:00", "action_reopen")
        self.assertDue(request, resolution="2026-03-17 12:00", on_site="2026-03-17 12:00")
        self.assertEqual(self._clock(request, "response").state, "met")

    def test_cancelled_and_reopened(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE))
        self._do(request, "2026-03-16 09:00", "action_cancel")
        self.assertEqual(self._clock(request, "response").state, "cancelled")
        self.assertFalse(request.next_due_at)
        self._do(request, "2026-03-16 11:00", "action_reopen")
        self.assertDue(request, response="2026-03-16 12:00")

    def test_a_corrected_fact_corrects_the_clock(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE))
        request.date_responded = self._utc("2026-03-16 11:00")
        clock = self._clock(request, "response")
        self.assertEqual(clock.state, "failed")
        request.date_responded = self._utc("2026-03-16 09:00")
        self.assertEqual((clock.state, clock.date_met), ("met", self._utc("2026-03-16 09:00")))
        request.date_reported = self._utc("2026-03-16 06:00")
        self.assertEqual((clock.state, clock.deadline), ("failed", self._utc("2026-03-16 08:00")))
        request.date_responded = False
        self.assertEqual(clock.state, "running")

    def test_a_fact_taken_back_gives_no_time(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE))
        self._do(request, "2026-03-16 08:05", "action_respond")
        self._do(request, "2026-03-16 09:55", "write", {"date_responded": False})
        self.assertDue(request, response="2026-03-16 10:00")

    def test_a_corrected_solution_keeps_the_time_before_it_was_reopened(self):
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._do(request, "2026-03-16 09:00", "action_resolve")
        self._do(request, "2026-03-16 14:00", "action_reopen")
        self._do(request, "2026-03-16 16:00", "action_resolve")
        request.date_resolved = self._utc("2026-03-16 15:00")
        clock = request.clock_ids
        self.assertEqual((clock.state, clock.date_met), ("met", self._utc("2026-03-16 15:00")))
        self.assertDue(request, resolution="2026-03-16 17:00")

    def test_pressing_twice_moves_no_clock(self):
        plan = {"milestone": "plan", "amount": 2, "unit": "hour"}
        policy = self._sla({**FOUR_HOURS, "start_event": "unit_arrived"}, plan)
        request = self._reported("2026-03-16 08:00", policy)
        for hour in ("09:00", "15:00"):
            for action in ("action_unit_arrived", "action_give_plan", "action_consent"):
                self._do(request, f"2026-03-16 {hour}", action)
        self.assertDue(request, resolution="2026-03-16 14:00")
        self.assertEqual(self._clock(request, "plan").state, "met")
        self.assertEqual(request.date_consent, self._utc("2026-03-16 09:00"))

    def test_what_is_promised_late_or_again_knows_what_happened_before(self):
        arrived = {**FOUR_HOURS, "start_event": "unit_arrived", "part_origin": "domestic"}
        policy = self._sla(arrived)
        request = self._reported("2026-03-16 08:00", policy, part_origin="domestic")
        request.part_origin = False
        self._do(request, "2026-03-16 09:00", "action_unit_arrived")
        self._do(request, "2026-03-16 09:10", "action_respond")
        self._do(request, "2026-03-16 09:30", "write", {"part_origin": "domestic"})
        self.assertDue(request, resolution="2026-03-16 14:00")
        answer = self._sla(RESPONSE)
        team = self.env["aftersales.team"].create({"name": "T", "sla_policy_id": answer.id})
        self.company.aftersales_sla_policy_id = False
        self._do(request, "2026-03-16 11:00", "write", {"team_id": team.id})
        clock = self._clock(request, "response")
        self.assertEqual((clock.state, clock.date_met), ("met", self._utc("2026-03-16 09:10")))

    def test_what_happened_while_it_was_cancelled_counts_when_reopened(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE))
        self._do(request, "2026-03-16 08:30", "action_cancel")
        request.write(
            {
                "date_reported": self._utc("2026-03-16 07:00"),
                "date_responded": self._utc("2026-03-16 08:20"),
            }
        )
        self._do(request, "2026-03-16 12:00", "action_reopen")
        clock = request.clock_ids
        self.assertEqual(clock.date_start, self._utc("2026-03-16 07:00"))
        self.assertEqual((clock.state, clock.date_met), ("met", self._utc("2026-03-16 08:20")))

    def test_documents_tell_what_happened(self):
        """Starting the repair, sending its quotation and the customer's signature are facts."""
        targets = (
            {"milestone": "quote", "amount": 8, "unit": "hour"},
            {"milestone": "resolution", "amount": 8, "unit": "hour", "start_event": "consent"},
            {"milestone": "loaner", "amount": 8, "unit": "hour", "start_event": "repair_begun"},
        )
        plan = self._plan({"length": 12}, sla_policy_id=self._sla(*targets).id)
        unit = self._delivered("SN-7", plan=plan, on="2026-03-01")
        request = self._reported("2026-03-16 08:00", unit_id=unit.id)
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        repair.aftersales_cost_line_ids = [Command.create({"cost_type": "labour", "price_list": 9})]
        repair.action_create_sale_order()
        order = repair.sale_order_id
        self._do(order, "2026-03-16 09:00", "action_quotation_sent")
        self.assertEqual(self._clock(request, "quote").date_met, self._utc("2026-03-16 09:00"))
        self._do(order, "2026-03-16 10:00", "action_confirm")
        self.assertDue(request, resolution="2026-03-16 18:00")
        self._do(repair, "2026-03-16 11:00", "action_validate")
        self._do(repair, "2026-03-16 11:00", "action_repair_start")
        self.assertDue(request, loaner="2026-03-16 19:00")

    def test_a_deadline_in_the_past_at_creation_is_overdue_at_once(self):
        old = self._utc("2026-03-01 08:00")
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE), date_reported=old)
        self.assertEqual((request.sla_urgency, request.clock_ids.error), ("breached", False))


class TestPromises(SlaCase):
    def test_a_priority_change_keeps_the_pauses(self):
        """GLPI lost them; ERPNext counted a hold twice."""
        urgent = {"priority": "2", "milestone": "resolution", "amount": 2, "unit": "working_hour"}
        request = self._reported("2026-03-16 08:00", self._sla(urgent, FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 08:30", "_wait", self.reason)
        self._do(request, "2026-03-16 09:30", "action_start")
        self._do(request, "2026-03-16 10:00", "write", {"priority": "2"})
        self.assertDue(request, resolution="2026-03-16 11:00")
        event = self._clock(request, "resolution").event_ids[-1]
        self.assertEqual(
            (event.kind, event.deadline_before, event.note),
            ("retarget", self._utc("2026-03-16 14:00"), "Priority changed"),
        )

    def test_the_dialog_shows_what_moves_and_may_drop_the_pauses(self):
        urgent = {"priority": "2", "milestone": "resolution", "amount": 2, "unit": "working_hour"}
        request = self._reported("2026-03-16 08:00", self._sla(urgent, FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 08:30", "_wait", self.reason)
        self._do(request, "2026-03-16 09:30", "action_start")
        with freeze_time(self._utc("2026-03-16 10:00")):
            dialog = Form(
                self.env["aftersales.request.retarget"].with_context(
                    default_request_id=request.id, lang="en_US", tz="Asia/Shanghai"
                )
            )
            self.assertEqual(dialog.preview, "No deadline moves.")
            dialog.priority = "2"
            self.assertRegex(dialog.preview, r"^Solution: .*2:00\sPM → .*11:00\sAM$")
            dialog.carry = False
            self.assertRegex(dialog.preview, r"^Solution: .*2:00\sPM → .*10:00\sAM$")
            dialog.save().action_apply()
        self.assertDue(request, resolution="2026-03-16 10:00")

    def test_met_clocks_stay_as_they_were(self):
        urgent = {"priority": "2", "milestone": "response", "amount": 1, "unit": "minute"}
        request = self._reported("2026-03-16 08:00", self._sla(urgent, RESPONSE))
        self._do(request, "2026-03-16 09:00", "action_respond")
        request.priority = "2"
        self.assertEqual(self._clock(request, "response").state, "met")
        self.assertEqual(len(request.clock_ids), 1)

    def test_the_nearest_policy_counts(self):
        company, team_policy, customers, plans = (
            self._sla(RESPONSE, name=name) for name in ("company", "team", "customer", "plan")
        )
        request = self._reported("2026-03-16 08:00", company)
        self.assertEqual(request.sla_policy_id, company)
        team = self.env["aftersales.team"].create({"name": "T", "sla_policy_id": team_policy.id})
        request.team_id = team
        self.assertEqual(request.sla_policy_id, team_policy)
        self.customer.aftersales_sla_policy_id = customers
        contact = self.env["res.partner"].create({"name": "Desk", "parent_id": self.customer.id})
        request.partner_id = contact
        self.assertEqual(request.sla_policy_id, customers)
        plan = self._plan({"length": 12}, sla_policy_id=plans.id)
        unit = self._delivered("SN-9", plan=plan, on="2026-03-01")
        request.unit_id = unit
        self.assertEqual(request.sla_policy_id, plans)
        self.assertEqual(len(request.clock_ids), 1)
        self.assertEqual(request.clock_ids.policy_id, plans)

    def test_open_requests_follow_a_policy_chosen_elsewhere(self):
        """On the customer, team, company or plan; and a corrected address changes the zone."""
        request = self._reported("2026-03-16 08:00")
        self.assertFalse(request.clock_ids)
        policies = [self._sla({**RESPONSE, "amount": hours}) for hours in (1, 2, 3, 4)]
        self.company.aftersales_sla_policy_id = policies[0]
        self.assertDue(request, response="2026-03-16 09:00")
        request.team_id = self.env["aftersales.team"].create({"name": "T"})
        request.team_id.sla_policy_id = policies[1]
        self.assertDue(request, response="2026-03-16 10:00")
        self.customer.aftersales_sla_policy_id = policies[2]
        self.assertDue(request, response="2026-03-16 11:00")
        plan = self._plan({"length": 12})
        request.unit_id = self._delivered("SN-9", plan=plan, on="2026-03-01")
        plan.sla_policy_id = policies[3]
        self.assertDue(request, response="2026-03-16 12:00")
        far = {**RESPONSE, "amount": 6, "zone": "other"}
        plan.sla_policy_id = self._sla(far, {**RESPONSE, "sequence": 20})
        self.assertDue(request, response="2026-03-16 10:00")
        home = {"country_id": self.env.ref("base.cn").id, "city": "杭州"}
        self.company.partner_id.write({**home, "state_id": self.env.ref("base.state_cn_ZJ").id})
        self.customer.write({**home, "state_id": self.env.ref("base.state_cn_JS").id})
        self.assertDue(request, response="2026-03-16 14:00")

    def test_an_archived_policy_keeps_what_it_promised(self):
        policy = self._sla({**RESPONSE, "priority": "2", "amount": 1}, RESPONSE)
        request = self._reported("2026-03-16 08:00", policy)
        policy.active = False
        request.priority = "2"
        self.assertDue(request, response="2026-03-16 09:00")
        later = self._reported("2026-03-16 08:00")
        self.assertFalse(later.clock_ids)

    def test_open_requests_are_not_archived(self):
        request = self._reported("2026-03-16 08:00", self._sla(RESPONSE))
        with self.assertRaisesRegex(UserError, "still open"):
            request.active = False
        request.action_cancel()
        request.active = False

    def test_another_companys_policy_never_counts(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        policy = self._sla(RESPONSE, company_id=other.id)
        self.customer.with_company(self.company).aftersales_sla_policy_id = policy
        request = self._reported("2026-03-16 08:00")
        self.assertFalse(request.clock_ids)
        self.assertIn(
            ("Customer: Promise belongs to another company", False), request._explain_promise()
        )

    def test_why_there_is_no_promise(self):
        policy = self._sla({**RESPONSE, "priority": "2"})
        request = self._reported("2026-03-16 08:00", policy)
        rows = request._explain_promise()
        self.assertIn(("Plan of the unit: no policy is chosen there", False), rows)
        self.assertIn(("Company: Promise", True), rows)
        self.assertIn(("First response: 2 Hours (Urgent) – does not fit: Priority", False), rows)
        self.assertIn(("First response: no target fits", False), rows)
        policy.active = False
        later = self._reported("2026-03-16 08:00")
        self.assertIn(("Company: Promise is archived", False), later._explain_promise())

    def test_an_edited_policy_reaches_open_requests_when_told_to(self):
        policy = self._sla(RESPONSE, FOUR_HOURS)
        request = self._reported("2026-03-16 08:00", policy)
        answered = self._reported("2026-03-16 08:00")
        self._do(answered, "2026-03-16 09:00", "action_respond")
        policy.target_ids[0].amount = 1
        self.assertDue(request, response="2026-03-16 10:00")
        self.assertEqual(policy.stale_count, 1)
        policy.action_apply_to_open()
        policy.invalidate_recordset(["stale_count"])
        self.assertDue(request, response="2026-03-16 09:00")
        self.assertDue(answered, response="2026-03-16 10:00")
        self.assertEqual(policy.stale_count, 0)

    def test_a_target_that_is_gone_leaves_its_clock_running(self):
        policy = self._sla(RESPONSE, FOUR_HOURS)
        request = self._reported("2026-03-16 08:00", policy)
        policy.target_ids[0].unlink()
        self.assertDue(request, response="2026-03-16 10:00")
        policy.action_apply_to_open()
        self.assertEqual(self._clock(request, "response").state, "cancelled")

    def test_used_policies_are_archived_not_deleted(self):
        policy = self._sla(RESPONSE)
        self._reported("2026-03-16 08:00", policy)
        self.company.aftersales_sla_policy_id = False
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            policy.unlink()

    def test_promises_that_make_no_sense_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "promises no time at all"):
            self._sla({**RESPONSE, "amount": 0})
        with self.assertRaisesRegex(ValidationError, "whole days"):
            self._sla({**RESPONSE, "amount": 1.5, "unit": "working_day"})
        with self.assertRaisesRegex(ValidationError, "can never count"):
            self._sla({**RESPONSE, "sequence": 1}, {**RESPONSE, "sequence": 2, "priority": "2"})
        hour = {"milestone": "on_site", "amount": 0, "start_event": "appointment"}
        early = [Command.create({"trigger": "before", "value": 30})]
        with self.assertRaisesRegex(ValidationError, "nothing lies before it"):
            self._sla({**hour, "escalation_ids": early})
        with self.assertRefusedByDatabase():
            self._sla(RESPONSE, watch_percent=90, risk_percent=50)


class TestCalendars(SlaCase):
    def test_a_closure_moves_running_deadlines(self):
        request = self._reported("2026-03-16 16:00", self._sla(FOUR_HOURS))
        self.assertDue(request, resolution="2026-03-17 11:00")
        with freeze_time(self._utc("2026-03-16 16:30")):
            count = self.env["aftersales.sla.clock"]._count_moved
            self.assertEqual(count(self.calendar, [date(2026, 3, 17)], []), 1)
            self.assertEqual(count(self.calendar, [date(2026, 3, 22)], []), 0, "a free Sunday")
            self.assertEqual(count(self.calendar, [], [date(2026, 3, 15)]), 0, "long past")
            self.calendar.aftersales_day_ids = [
                Command.create({"date": "2026-03-17", "kind": "closed", "name": "Typhoon"})
            ]
        self._run_job("2026-03-16 16:31")
        self.assertDue(request, resolution="2026-03-18 11:00")
        why = [row["why"] for row in request.clock_ids._explain()[request.clock_ids]["rows"]]
        self.assertIn("Typhoon", why)

    def test_a_calendar_without_hours_says_so(self):
        empty = self.env["resource.calendar"].create(
            {"name": "Never", "attendance_ids": [Command.clear()]}
        )
        request = self._reported(
            "2026-03-16 08:00", self._sla({**FOUR_HOURS, "calendar_id": empty.id})
        )
        clock = request.clock_ids
        self.assertIn("never offer the time", clock.error)
        self.assertEqual((clock.state, clock.deadline), ("waiting", False))
        self._run_job("2026-03-17 08:00")
        request.action_respond()
        self.assertTrue(request.sla_strip["clocks"][0]["error"])

    def test_a_repaired_calendar_lets_its_clocks_run(self):
        calendar = self.calendar.copy()
        hours = calendar.attendance_ids.copy_data()
        calendar.attendance_ids.unlink()
        request = self._reported(
            "2026-03-16 08:00", self._sla({**FOUR_HOURS, "calendar_id": calendar.id})
        )
        self.assertTrue(request.clock_ids.error)
        with freeze_time(self._utc("2026-03-16 08:30")):
            calendar.attendance_ids = [Command.create(row) for row in hours]
        self._run_job("2026-03-16 08:31")
        self.assertFalse(request.clock_ids.error)
        self.assertDue(request, resolution="2026-03-16 12:00")

    def test_a_target_beyond_every_working_hour_says_so(self):
        request = self._reported("2026-03-16 08:00", self._sla({**FOUR_HOURS, "amount": 10**7}))
        self.assertTrue(request.clock_ids.error)

    def test_flexible_hours_say_so(self):
        loose = self.env["resource.calendar"].create(
            {"name": "Loose", "flexible_hours": True, "full_time_required_hours": 40}
        )
        request = self._reported(
            "2026-03-16 08:00", self._sla({**FOUR_HOURS, "calendar_id": loose.id})
        )
        self.assertTrue(request.clock_ids.error)


class TestWhy(SlaCase):
    def test_the_rows_sum_to_the_target(self):
        request = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-13 15:00")
        self._do(request, "2026-03-13 16:00", "_wait", self.reason)
        self._do(request, "2026-03-13 16:30", "action_start")
        explained = request.with_user(self.agent).get_sla_explanation()
        [clock] = explained["clocks"]
        self.assertEqual(sum(row["seconds"] for row in clock["rows"]), clock["budget"])
        self.assertIn(
            "Paused: Waiting for the customer's answer", [row["why"] for row in clock["rows"]]
        )
        self.assertEqual(
            sorted({row["kind"] for row in clock["rows"]}), ["counted", "off", "paused"]
        )

    def test_the_time_a_case_lay_finished_is_no_pause(self):
        request = self._reported("2026-03-16 08:00", self._sla(FOUR_HOURS))
        self._start(request, "2026-03-16 08:00")
        self._do(request, "2026-03-16 08:30", "_wait", self.reason)
        self._do(request, "2026-03-16 09:00", "action_start")
        self._do(request, "2026-03-16 10:00", "action_resolve")
        self._do(request, "2026-03-16 14:00", "action_reopen")
        clock = request.clock_ids
        self.assertEqual(
            [row["why"] for row in clock._explain()[clock]["rows"] if row["kind"] == "paused"],
            [
                "Paused: Waiting for the customer's answer",
                "It was finished, and opened again later",
            ],
        )

    def test_replay_says_whether_anything_moved(self):
        request = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS))
        clock = request.clock_ids
        self.assertIn("nothing moved", clock.action_replay()["params"]["message"])
        self.env.cr.execute(
            "UPDATE aftersales_sla_clock SET deadline = now() WHERE id = %s", [clock.id]
        )
        clock.invalidate_recordset()
        self.assertIn("1 deadlines moved", clock.action_replay()["params"]["message"])
        self.assertDue(request, resolution="2026-03-16 10:00")

    @users("agent")
    def test_the_log_is_not_edited(self):
        request = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS))
        event = request.clock_ids.event_ids
        with self.assertRaises(UserError):
            event.write({"at": "2026-01-01 00:00:00"})
        for record in (event, request.clock_ids):
            mine = record.with_user(self.env.user)
            with self.assertRaises(AccessError):
                mine.unlink()
        with self.assertRaises(AccessError):
            request.clock_ids.with_user(self.env.user).write({"deadline": "2030-01-01 00:00:00"})

    def test_users_see_the_clocks_of_their_requests_only(self):
        user = self._user("plain", "aftersales_service.group_aftersales_user")
        mine = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS), user_id=user.id)
        other = self._reported("2026-03-13 15:00", user_id=self.agent.id)
        self.assertTrue(mine.with_user(user).get_sla_explanation()["clocks"])
        with self.assertRaises(AccessError):
            other.with_user(user).get_sla_explanation()
        mine.with_user(user).action_respond()
        mine.with_user(user).action_diagnose()
        mine.with_user(user)._wait(self.reason)
        mine.with_user(user).action_start()

    def test_clocks_and_their_logs_are_as_private_as_requests(self):
        user = self._user("plain", "aftersales_service.group_aftersales_user")
        mine = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS), user_id=user.id)
        other = self._reported("2026-03-13 15:00", user_id=self.agent.id)
        both = mine.clock_ids | other.clock_ids
        for model, domain in (
            ("aftersales.sla.clock", [("id", "in", both.ids)]),
            ("aftersales.sla.clock.event", [("clock_id", "in", both.ids)]),
        ):
            for person, requests in ((user, mine), (self.agent, mine | other)):
                found = self.env[model].with_user(person).search(domain)
                self.assertEqual(found.sudo().request_id, requests, model)

    def test_what_follows_from_clocks_is_not_typed(self):
        request = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS))
        mine = request.with_user(self.agent)
        for values in (
            {"party": "customer"},
            {"pause_reason_id": self.reason.id},
            {"sla_policy_id": False},
            {"sla_urgency": "ok"},
        ):
            with self.assertRaisesRegex(AccessError, "not typed in"):
                mine.write(values)
            with self.assertRaisesRegex(AccessError, "not typed in"):
                mine.create({"title": "Forged", **values})
        user = self._user("plain", "aftersales_service.group_aftersales_user")
        with self.assertRaises(AccessError):
            request.sla_policy_id.with_user(user).action_apply_to_open()

    def test_the_buttons_of_a_clock_need_no_rights_on_clocks(self):
        request = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS), user_id=False)
        self.env.cr.execute(
            "UPDATE aftersales_sla_clock SET deadline = now() WHERE id = %s", request.clock_ids.ids
        )
        request.clock_ids.invalidate_recordset()
        mine = request.clock_ids.with_user(self.agent)
        self.assertIn("1 deadlines moved", mine.action_replay()["params"]["message"])
        mine.action_acknowledge()
        self.assertEqual(request.clock_ids.acknowledged_by_id, self.agent)
        request.user_id = self.agent
        user = self._user("plain", "aftersales_service.group_aftersales_user")
        with self.assertRaises(AccessError):
            mine.with_user(user).action_acknowledge()

    def test_clocks_move_to_another_company_with_their_request(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        request = self._reported("2026-03-13 15:00", self._sla(FOUR_HOURS), user_id=False)
        other.aftersales_sla_policy_id = self._sla(RESPONSE)
        request.company_id = other
        self.assertEqual(request.clock_ids.company_id, other)
        self.assertEqual(self._clock(request, "resolution").state, "cancelled")
        self.assertEqual(self._clock(request, "response").state, "running")

    def test_the_badge_costs_one_query(self):
        requests = self.env["aftersales.request"]
        policy = self._sla(RESPONSE, FOUR_HOURS)
        for _number in range(5):
            requests |= self._reported("2026-03-13 15:00", policy)
        requests.invalidate_recordset()
        requests.mapped("sla_badge")
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            requests.mapped("sla_badge")


class TestBatches(SlaCase):
    def test_creation_does_not_ask_per_request(self):
        policy = self._sla(RESPONSE, FOUR_HOURS, {"milestone": "on_site", "amount": 4})
        self.company.aftersales_sla_policy_id = policy
        values = [{"title": f"Case {n}", "partner_id": self.customer.id} for n in range(300)]
        create = self.env["aftersales.request"].create
        create(values[:2])
        counts = []
        for size in (100, 200):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            requests = create(values[:size])
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(requests.clock_ids), 3 * size)
        self.assertLess(counts[1] - counts[0], 50)
        self.assertLess(counts[0], 100)
