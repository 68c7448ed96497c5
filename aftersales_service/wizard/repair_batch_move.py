from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesRepairBatchMove(models.TransientModel):
    """Move repairs to another batch, or out of all, with the reason."""

    _name = "aftersales.repair.batch.move"
    _description = "Change Batch"

    repair_ids = fields.Many2many("repair.order", required=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    batch_id = fields.Many2one(
        "aftersales.repair.batch",
        domain="[('state', '!=', 'done'), ('company_id', '=', company_id)]",
        help="Leave empty to handle these repairs by themselves.",
    )
    reason = fields.Char(required=True)

    @api.depends("repair_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.repair_ids.company_id[:1]

    def action_apply(self):
        self.ensure_one()
        self.repair_ids.check_access("write")
        for repair in self.repair_ids:
            self._refuse_wrong(repair)
        self.repair_ids._aftersales_move_to_batch(self.batch_id, self.reason)
        return {"type": "ir.actions.act_window_close"}

    def _refuse_wrong(self, repair):
        if repair.state in ("done", "cancel") or not repair.aftersales_is_service:
            raise UserError(
                self.env._("%s is over, or in no service. It joins no batch.", repair.name)
            )
        if self.batch_id.state == "done":
            raise UserError(
                self.env._("The visit of %s is over. Choose a later batch.", self.batch_id.name)
            )
        if self.batch_id and self.batch_id.company_id != repair.company_id:
            raise UserError(
                self.env._(
                    "%(batch)s belongs to another company than %(repair)s.",
                    batch=self.batch_id.name,
                    repair=repair.name,
                )
            )
        if not self.reason.strip():
            raise UserError(self.env._("Say why %s changes its batch.", repair.name))
