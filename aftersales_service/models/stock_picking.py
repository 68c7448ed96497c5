from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    aftersales_date_received = fields.Date(
        string="Received by Customer",
        copy=False,
        tracking=True,
        help="The day the goods reached the customer, where it differs from the day they left. "
        "Promises that run from delivery start here.",
    )
    aftersales_unit_count = fields.Integer(compute="_compute_aftersales_unit_count")

    def _compute_aftersales_unit_count(self):
        counts = self.env["aftersales.unit"]._read_group(
            [("move_line_id.picking_id", "in", self.ids)], ["move_line_id"], ["__count"]
        )
        for picking in self:
            picking.aftersales_unit_count = sum(
                count for line, count in counts if line.picking_id == picking
            )

    def write(self, vals):
        # The first date_done comes with the transfer itself, which makes its units; a later one
        # corrects them.
        dates = {"date_done", "aftersales_date_received"} & vals.keys()
        corrected = self.filtered("date_done") if dates else self.browse()
        res = super().write(vals)
        if corrected:
            corrected.move_ids._aftersales_promised()._aftersales_sync_units()
        return res

    def action_view_aftersales_units(self):
        self.ensure_one()
        units = self.env["aftersales.unit"].search([("move_line_id.picking_id", "=", self.id)])
        return units._get_records_action(name=self.env._("Units"))
