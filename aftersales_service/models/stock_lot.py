from odoo import api, fields, models

from .unit import IN_PLAY


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_repair_ids = fields.One2many("repair.order", "lot_id")
    aftersales_unit_ids = fields.One2many("aftersales.unit", "lot_id")
    aftersales_unit_id = fields.Many2one(
        "aftersales.unit",
        string="Unit in Service",
        compute="_compute_aftersales_unit_id",
        store=True,
        index="btree_not_null",
        help="Who has it, and what was promised for it.",
    )

    @api.depends("aftersales_unit_ids.state")
    def _compute_aftersales_unit_id(self):
        """Kept on the lot, so that a transfer knows without asking whether it carries a promise."""
        for lot in self:
            playing = lot.aftersales_unit_ids.filtered(
                lambda unit: unit.is_serial and unit.state in IN_PLAY
            )
            lot.aftersales_unit_id = playing[:1]

    def action_view_aftersales_unit(self):
        """Open the passport of this serial."""
        self.ensure_one()
        units = self.env["aftersales.unit"].search([("lot_id", "=", self.id)])
        return units._get_records_action(name=self.env._("Units"))
