from odoo import api, fields, models

from .local_time import format_minute


class AftersalesRequest(models.Model):
    """What whoever opens a request must know before they do anything."""

    _inherit = "aftersales.request"

    alerts = fields.Json(compute="_compute_alerts")

    @api.depends_context("lang", "tz")
    @api.depends("is_emergency", "handling_note", "is_promise_stale", "date_told", "is_loaner_owed")
    def _compute_alerts(self):
        """``[{kind, text}]``, the gravest first; False where all is quiet."""
        for request in self:
            told = {kind: text for kind, text in request._get_alerts().items() if text}
            request.alerts = [{"kind": kind, "text": text} for kind, text in told.items()] or False

    def _get_alerts(self):
        """``{kind: text}``, with an empty text where there is nothing to tell."""
        return {
            "emergency": self.is_emergency and self.env._("The emergency plan is in force."),
            "handling": self.handling_note,
            "stale": self.is_promise_stale
            and self.env._(
                "It will be solved later than the customer was told (%(time)s).",
                time=format_minute(self.env, self.date_told),
            ),
            "loaner": self.is_loaner_owed and self.env._("A loaner is owed to the customer."),
        }
