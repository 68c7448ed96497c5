from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .local_time import local_date


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
        counts = self.env["aftersales.unit"]._count_by("move_line_id", self.move_line_ids)
        for picking in self:
            picking.aftersales_unit_count = sum(
                counts.get(line, 0) for line in picking.move_line_ids
            )

    @api.constrains("aftersales_date_received", "date_done")
    def _check_aftersales_date_received(self):
        for picking in self.filtered("aftersales_date_received"):
            shipped = local_date(
                picking.date_done, picking.partner_id, picking.company_id.resource_calendar_id
            )
            if shipped and picking.aftersales_date_received < shipped:
                raise ValidationError(
                    self.env._(
                        "%(picking)s left on %(shipped)s and cannot be received before.",
                        picking=picking.name,
                        shipped=shipped,
                    )
                )

    def write(self, vals):
        # The first date_done comes with the transfer itself, which makes its units; a later one
        # corrects them.
        dates = {"date_done", "aftersales_date_received"} & vals.keys()
        corrected = self.filtered("date_done") if dates else self.browse()
        res = super().write(vals)
        if corrected:
            corrected.move_ids._aftersales_relevant()._aftersales_sync_units()
        return res

    def action_view_aftersales_units(self):
        self.ensure_one()
        units = self.env["aftersales.unit"].search([("move_line_id.picking_id", "=", self.id)])
        return units._get_records_action(name=self.env._("Units"))
