from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .vocabulary import MILESTONES


class AftersalesEscalationLog(models.Model):
    """One step of one clock's ladder that was taken: once, however often the job runs."""

    _name = "aftersales.escalation.log"
    _description = "Escalation"
    _order = "id desc"
    _rec_name = "clock_id"

    clock_id = fields.Many2one(
        "aftersales.sla.clock", required=True, ondelete="cascade", index=True
    )
    request_id = fields.Many2one(
        "aftersales.request", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="request_id.company_id", store=True, precompute=True)
    milestone = fields.Selection(MILESTONES, required=True)
    step_id = fields.Many2one("aftersales.sla.policy.escalation", ondelete="set null")
    step_key = fields.Integer(required=True)
    round = fields.Integer()
    deadline = fields.Datetime()
    taken_at = fields.Datetime(string="Taken on", default=fields.Datetime.now, required=True)
    user_id = fields.Many2one("res.users", string="Told")
    is_notified = fields.Boolean(
        string="Told Somebody",
        help="After a standstill all steps passed are recorded, but only the highest one tells.",
    )
    text = fields.Char(string="What Happened")

    _step_once = models.UniqueIndex(
        "(clock_id, round, step_key)", "This step was already taken for this clock."
    )

    def write(self, vals):
        if vals:
            raise UserError(self.env._("Escalations are a record of what happened; they stay."))
        return super().write(vals)

    @api.model
    def _wake_at(self, moment):
        """Make sure the escalation job runs at ``moment`` or before, if that is still to come.

        A trigger of the past may belong to a run that is under way and has looked already: only
        those ahead count.
        """
        cron = self.env.ref("aftersales_service.cron_sla_escalation", raise_if_not_found=False)
        if not cron:
            return
        now = fields.Datetime.now()
        moment = max(moment, now + timedelta(seconds=1))
        ahead = [("cron_id", "=", cron.id), ("call_at", ">", now), ("call_at", "<=", moment)]
        if not self.env["ir.cron.trigger"].sudo().search_count(ahead, limit=1):
            cron.sudo()._trigger(at=moment)
