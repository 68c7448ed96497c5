from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class AftersalesUnitTransfer(models.TransientModel):
    """Units change hands: the promise goes with them, the history stays."""

    _name = "aftersales.unit.transfer"
    _description = "Transfer Units to a New Owner"

    unit_ids = fields.Many2many("aftersales.unit", required=True)
    partner_id = fields.Many2one("res.partner", string="New Owner", required=True)
    site_id = fields.Many2one("res.partner", string="New Site")
    date = fields.Date(required=True, default=fields.Date.context_today)
    note = fields.Char()

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        self.site_id = self.partner_id

    def action_apply(self):
        self.ensure_one()
        if self.date > fields.Date.context_today(self):
            raise UserError(self.env._("A transfer is recorded on the day it happens, not before."))
        for unit in self.unit_ids:
            if unit.request_ids.filtered(
                lambda request: request.state not in ("resolved", "closed", "cancelled")
            ):
                raise UserError(
                    self.env._(
                        "%s has an open request of its present owner. Close it first.",
                        unit.display_name,
                    )
                )
            former = unit.partner_id
            unit.write(
                {"partner_id": self.partner_id.id, "site_id": (self.site_id or self.partner_id).id}
            )
            unit.message_post(
                body=self.env._(
                    "Owner since %(day)s: %(owner)s (before: %(former)s). %(note)s",
                    day=format_date(self.env, self.date),
                    owner=self.partner_id.display_name,
                    former=former.display_name,
                    note=self.note or "",
                )
            )
        return {"type": "ir.actions.act_window_close"}
