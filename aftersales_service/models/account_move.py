from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        posted.filtered(lambda move: move.move_type == "out_invoice")._aftersales_date_units()
        return posted

    def _aftersales_date_units(self):
        """The first invoice of what was sold is the purchase some promises run from (R29)."""
        # superuser: accountants post invoices, promises follow
        lines = self.sudo().invoice_line_ids
        promised = lines.sale_line_ids.filtered(lambda line: line._aftersales_promises())
        for unit in promised.aftersales_unit_ids.filtered(lambda unit: not unit.date_invoiced):
            unit.date_invoiced = unit._get_invoice_date(unit.sale_line_id)
