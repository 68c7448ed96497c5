from odoo import api, fields, models

#: In which order a list shows the one clock that matters.
_SHOWN_FIRST = ("running", "paused", "waiting", "failed", "met")


class AftersalesRequest(models.Model):
    """What the screens show of a request's clocks."""

    _inherit = "aftersales.request"

    sla_badge = fields.Json(
        compute="_compute_sla_badge", string="Next Promise", help="The clock that is due next."
    )
    sla_strip = fields.Json(compute="_compute_sla_strip", string="Promises")

    def _read_badges(self):
        """``{request id: [badge]}`` in the order of deadlines, with one query for the clocks."""
        Clock = self.env["aftersales.sla.clock"]
        clocks = Clock.search_fetch(
            [("request_id", "in", self.ids)],
            [
                "request_id",
                "company_id",
                "milestone",
                "amount",
                "unit",
                "calendar_id",
                "state",
                "urgency",
                "deadline",
                "date_start",
                "date_met",
                "paused_since",
                "paused_until",
                "pause_reason_id",
                "budget",
                "seconds_left",
                "policy_id",
                "error",
            ],
        )
        badges = clocks._get_badges()
        by_request = {}
        for clock in clocks:
            by_request.setdefault(clock.request_id.id, []).append(badges[clock])
        return by_request

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

    def get_sla_explanation(self):
        """For the “Why?” panel of one request: ``{now, clocks, tried}``.

        ``clocks`` are badges with the rows of ``aftersales.sla.clock._explain``, ``tried`` the lines
        of ``_explain_promise``.
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


def _get_rank(badge):
    """Running before paused before the rest; among running ones the earliest deadline."""
    return _SHOWN_FIRST.index(badge["state"]), badge["deadline"] or "9"
