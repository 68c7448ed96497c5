from odoo import fields, models


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_unit_ids = fields.One2many("aftersales.unit", "lot_id")

    def action_view_aftersales_unit(self):
        """Open the passport of this serial."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_unit_action"
        )
        return action | {"domain": [("lot_id", "=", self.id)], "context": {}}
