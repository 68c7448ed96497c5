from odoo import fields, models
from odoo.exceptions import UserError

from ..models.return_vocabulary import OUTCOMES


class AftersalesReturnOverride(models.TransientModel):
    """A manager grants what the promise refuses, and says why."""

    _name = "aftersales.return.override"
    _description = "Grant What Was Not Promised"

    return_id = fields.Many2one("aftersales.return")
    line_id = fields.Many2one("aftersales.return.line", required=True)
    answers_text = fields.Text(related="line_id.answers_text")
    outcome = fields.Selection(OUTCOMES, string="Grant", required=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why it is granted."))
        self.line_id._override(self.outcome, reason)
        return {"type": "ir.actions.act_window_close"}
