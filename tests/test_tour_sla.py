"""An agent, with only an agent's rights, reads and moves the clocks of a request."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from .common import AftersalesCommon


@tagged("-at_install", "post_install", "aftersales")
class TestTourSla(AftersalesCommon, HttpCase):
    def test_sla(self):
        agent = self._user("tour_agent", "aftersales_service.group_aftersales_agent")
        self.company.aftersales_sla_policy_id = self._sla(
            {"milestone": "response", "amount": 3, "unit": "day"},
            {"milestone": "resolution", "amount": 2, "unit": "day", "priority": "2"},
            {"milestone": "resolution", "amount": 4, "unit": "day"},
            name="Three days",
        )
        request = self.env["aftersales.request"].create(
            {
                "title": "Chiller runs hot",
                "partner_id": self.customer.id,
                "date_reported": fields.Datetime.now() - timedelta(hours=25, minutes=30),
            }
        )
        self.start_tour(
            "/odoo/action-aftersales_service.aftersales_request_action?view_type=list",
            "aftersales_sla_tour",
            login=agent.login,
        )
        self.assertRecordValues(
            request, [{"state": "in_progress", "priority": "2", "party": False}]
        )
        response, solution = (self._clock(request, name) for name in ("response", "resolution"))
        self.assertEqual((response.state, solution.state), ("met", "running"))
        self.assertEqual(
            solution.event_ids.mapped("kind"), ["start", "pause", "resume", "retarget"]
        )

    def test_from_the_mail_to_the_solution(self):
        """A mail, a wait, a breach, the leader's activity, the acknowledgement, the solution."""
        agent = self._user("tour_agent", "aftersales_service.group_aftersales_agent")
        leader = self._user("tour_leader", "aftersales_service.group_aftersales_agent")
        policy = self._sla(
            {
                "milestone": "resolution",
                "amount": 4,
                "unit": "hour",
                "escalation_ids": [
                    Command.create({"value": 100, "role": "leader"}),
                    Command.create({"trigger": "after", "value": 60, "role": "manager"}),
                ],
            }
        )
        self.env["mail.alias.domain"].create({"name": "service.example.com"})
        self.env["aftersales.team"].create(
            {
                "name": "Chillers",
                "alias_name": "chillers",
                "leader_id": leader.id,
                "member_ids": [Command.set((agent | leader).ids)],
                "sla_policy_id": policy.id,
            }
        )
        self.customer.email = "desk@hotel.example.com"
        self.env["mail.thread"].message_process(
            None,
            "From: desk@hotel.example.com\nTo: chillers@service.example.com\n"
            "Subject: Chiller stopped\nMessage-Id: <chiller@hotel.example.com>\n\nPlease come.\n",
        )
        request = self.env["aftersales.request"].search([("title", "=", "Chiller stopped")])
        self.assertEqual((request.partner_id, request.channel), (self.customer, "email"))
        board = "/odoo/action-aftersales_service.aftersales_request_action?view_type=list"
        self.start_tour(board, "aftersales_sla_mail_tour", login=agent.login)
        clock = self._clock(request, "resolution")
        self.assertEqual(clock.event_ids.mapped("kind"), ["start", "pause", "resume"])
        self.assertFalse(request.escalation_ids)

        # four and a half hours pass: the customer had called earlier than the mail says
        request.date_reported -= timedelta(hours=4, minutes=30)
        clock.opened_at = request.date_reported
        with self.enter_registry_test_mode():
            self.env.ref("aftersales_service.cron_sla_escalation").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(request.activity_ids.user_id, leader)
        self.start_tour(board, "aftersales_sla_leader_tour", login=leader.login)
        self.assertEqual((request.state, clock.state), ("resolved", "failed"))
        self.assertEqual(clock.acknowledged_by_id, leader)
        self.assertEqual(len(request.escalation_ids), 1)
