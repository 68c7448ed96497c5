from odoo import api, fields, models
from odoo.fields import Domain

from .vocabulary import FINISHED

#: In which order a list shows the one clock that matters.
_SHOWN_FIRST = ("running", "paused", "waiting", "failed", "met")


class AftersalesRequest(models.Model):
    """What the screens show of a request's clocks."""

    _inherit = "aftersales.request"

    sla_badge = fields.Json(
        compute="_compute_sla_badge", string="Next Promise", help="The clock that is due next."
    )
    sla_strip = fields.Json(compute="_compute_sla_strip", string="Promises")
    is_escalated = fields.Boolean(
        compute="_compute_is_escalated",
        help="Somebody was told that it is late, and nobody has taken care yet.",
    )

    def _read_badges(self):
        """``{request id: [badge]}`` in the order of deadlines, with one query for the clocks."""
        if not self.ids:
            return {}
        domain = Domain("request_id", "in", self.ids)
        return self.env["aftersales.sla.clock"]._search_badges(domain)

    @api.depends_context("lang", "uid")
    @api.depends("clock_ids.deadline", "clock_ids.state", "clock_ids.urgency")
    def _compute_sla_badge(self):
        badges = self._read_badges()
        now = fields.Datetime.to_string(fields.Datetime.now())
        for request in self:
            mine = [badge for badge in badges.get(request.id, ()) if badge["state"] != "cancelled"]
            first = min(mine, key=_get_rank, default=None)
            request.sla_badge = first and {"now": now, "clocks": [first]}

    @api.depends_context("lang", "uid")
    @api.depends("clock_ids.deadline", "clock_ids.state", "clock_ids.urgency", "sla_policy_id")
    def _compute_sla_strip(self):
        badges = self._read_badges()
        now = fields.Datetime.to_string(fields.Datetime.now())
        for request in self:
            request.sla_strip = {"now": now, "clocks": badges.get(request.id, [])}

    @api.depends("clock_ids.acknowledged_at", "clock_ids.state", "clock_ids.log_ids")
    def _compute_is_escalated(self):
        for request in self:
            request.is_escalated = request.state not in FINISHED and any(
                clock._is_escalated() for clock in request.clock_ids
            )

    def get_sla_explanation(self):
        """For the “Why?” panel of one request: ``{now, clocks, tried}``.

        ``clocks`` are badges with the rows of ``aftersales.sla.clock._explain``, ``tried`` the
        lines of ``_explain_promise``.
        """
        self.ensure_one()
        self.check_access("read")
        clocks = self.clock_ids
        reasons = clocks._explain()
        badges = clocks._get_badges()
        return {
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "clocks": [badges[clock] | reasons[clock] for clock in clocks],
            "tried": self._explain_promise(),
        }

    def action_view_escalations(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_escalation_log_action"
        )
        return action | {"domain": [("request_id", "=", self.id)], "context": {}}


def _get_rank(badge):
    """Running before paused before the rest; among running ones the earliest deadline."""
    return _SHOWN_FIRST.index(badge["state"]), badge["deadline"] or "9"
