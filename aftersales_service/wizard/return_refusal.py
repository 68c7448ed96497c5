from odoo import fields, models
from odoo.exceptions import UserError


class AftersalesReturnRefusal(models.TransientModel):
    """Say why a return, or some of its lines, is refused; the customer reads these words."""

    _name = "aftersales.return.refusal"
    _description = "Refuse a Return"

    return_id = fields.Many2one("aftersales.return", required=True)
    line_ids = fields.Many2many("aftersales.return.line", help="Empty: the whole return.")
    reason = fields.Text(required=True)

    def default_get(self, fields):
        """What the promise said is proposed as the reason."""
        values = super().default_get(fields)
        order = self.env["aftersales.return"].browse(values.get("return_id"))
        if order and "reason" in fields and not values.get("reason"):
            said = [
                f"{line.display_name}: {line.wish_answer}"
                for line in order.line_ids
                if line.wish_answer
            ]
            values["reason"] = "\n".join(said)
        return values

    def action_apply(self):
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the customer is told."))
        if self.line_ids:
            self.line_ids._refuse(reason)
        else:
            self.return_id._refuse(reason)
        return {"type": "ir.actions.act_window_close"}
