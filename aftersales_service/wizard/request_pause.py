from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.local_time import format_minute
from ..models.vocabulary import label


class AftersalesRequestPause(models.TransientModel):
    """Why a request waits, who holds the ball, and what that does to its deadlines."""

    _name = "aftersales.request.pause"
    _description = "Wait"

    request_ids = fields.Many2many("aftersales.request", required=True)
    reason_id = fields.Many2one("aftersales.pause.reason", required=True)
    party = fields.Selection(related="reason_id.party")
    needs_proof = fields.Boolean(related="reason_id.needs_proof")
    stops_clocks = fields.Boolean(compute="_compute_stops_clocks")
    until = fields.Datetime(
        string="At the Latest until",
        compute="_compute_until",
        store=True,
        readonly=False,
        help="Work and clocks go on by themselves then. Empty: until somebody resumes.",
    )
    note = fields.Char(string="Remark")
    attachment_ids = fields.Many2many("ir.attachment", string="Proof")
    preview = fields.Text(compute="_compute_preview", string="What Happens")

    @api.depends("reason_id")
    def _compute_stops_clocks(self):
        for wizard in self:
            reason = wizard.reason_id
            wizard.stops_clocks = any(
                (reason.stops_response, reason.stops_on_site, reason.stops_solution)
            )

    @api.depends("reason_id")
    def _compute_until(self):
        for wizard in self:
            hours = wizard.reason_id.max_hours
            wizard.until = hours and fields.Datetime.now() + timedelta(hours=hours)

    @api.depends("reason_id", "until")
    def _compute_preview(self):
        for wizard in self:
            lines = [wizard._preview_clock(clock) for clock in wizard._get_running()]
            wizard.preview = "\n".join(lines) or self.env._("No clock is running.")

    def _get_running(self):
        return self.request_ids.sudo().clock_ids.filtered(lambda clock: clock.state == "running")

    def _preview_clock(self, clock):
        words = {
            "milestone": label(clock, "milestone", clock.milestone),
            "deadline": format_minute(self.env, clock.deadline),
        }
        if not self.reason_id or not self.reason_id._stops(clock.milestone):
            return self.env._("%(milestone)s: goes on, due %(deadline)s", **words)
        if clock.deadline < fields.Datetime.now():
            return self.env._("%(milestone)s: stops; overdue since %(deadline)s", **words)
        after = clock._preview_pause(fields.Datetime.now(), self.until or None)
        if not after:
            return self.env._("%(milestone)s: stops; it was due %(deadline)s", **words)
        words["after"] = format_minute(self.env, after)
        return self.env._(
            "%(milestone)s: stops; due %(after)s instead of %(deadline)s at the latest", **words
        )

    def action_apply(self):
        self.ensure_one()
        if self.until and self.until <= fields.Datetime.now():
            raise UserError(self.env._("Waiting cannot end in the past. Choose a later time."))
        if self.needs_proof and not (self.attachment_ids or (self.note or "").strip()):
            raise UserError(
                self.env._(
                    "“%s” needs a proof: attach a file, or write down what proves it.",
                    self.reason_id.name,
                )
            )
        for requests in self.request_ids if self.attachment_ids else (self.request_ids,):
            proof = self._take_proof(requests)
            requests._wait(self.reason_id, self.until, self.note, proof.ids)
        return {"type": "ir.actions.act_window_close"}

    def _take_proof(self, request):
        """The files as the request's own: whoever sees it sees them; each request has its copy."""
        if not self.attachment_ids:
            return self.attachment_ids
        home = {"res_model": request._name, "res_id": request.id}
        if request != self.request_ids[:1]:
            return self.attachment_ids.copy(home)
        # superuser: the files are the user's own, and move to a request the user may write
        request.check_access("write")
        self.attachment_ids.sudo().write(home)
        return self.attachment_ids
