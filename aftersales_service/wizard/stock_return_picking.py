from odoo import models

#: Transfers that take a unit the way back, by the way it came.
WAY_BACK = {
    "receive": "hand_back",
    "hand_back": "receive",
    "send_out": "fetch",
    "fetch": "send_out",
}


class StockReturnPicking(models.TransientModel):
    _inherit = "stock.return.picking"

    def _prepare_picking_default_values_based_on(self, picking):
        """Odoo's own way back of a unit in repair is one of its steps, too."""
        values = super()._prepare_picking_default_values_based_on(picking)
        if picking.aftersales_repair_id:
            role = WAY_BACK[picking.aftersales_repair_role]
            values |= picking._aftersales_get_role_values(role)
        return values
