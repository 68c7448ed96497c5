"""An agent, with only an agent's rights, reads and moves the clocks of a request."""

from datetime import timedelta

from odoo import fields
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
