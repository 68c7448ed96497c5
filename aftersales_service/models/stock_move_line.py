from odoo import api, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._aftersales_corrected()
        return lines

    def write(self, vals):
        res = super().write(vals)
        if vals.keys() & {"lot_id", "quantity", "product_uom_id"}:
            self._aftersales_corrected()
        return res

    def _aftersales_corrected(self):
        """A done transfer was corrected: the units follow what was really delivered."""
        done = self.filtered(lambda line: line.state == "done")
        if done:
            done.move_id._aftersales_follow_correction()
