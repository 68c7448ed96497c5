from odoo import models


class AftersalesRequest(models.Model):
    """The day of a report decides which batch its repairs join (R35.04)."""

    _inherit = "aftersales.request"

    def write(self, vals):
        res = super().write(vals)
        if "date_reported" in vals:
            # superuser: who corrects a report need not see its repairs
            self.sudo().repair_ids._aftersales_join_batches()
        return res
