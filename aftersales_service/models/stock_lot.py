from odoo import fields, models


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_unit_ids = fields.One2many("aftersales.unit", "lot_id")

    def action_view_aftersales_unit(self):
        """Open the passport of this serial."""
        self.ensure_one()
        units = self.env["aftersales.unit"].search([("lot_id", "=", self.id)])
        return units._get_records_action(name=self.env._("Units"))
