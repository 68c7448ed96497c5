from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_unit_count = fields.Integer(compute="_compute_aftersales_unit_count")

    def _compute_aftersales_unit_count(self):
        counts = dict(
            self.env["aftersales.unit"]._read_group(
                [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
            )
        )
        for order in self:
            order.aftersales_unit_count = counts.get(order, 0)

    def _action_confirm(self):
        res = super()._action_confirm()
        # superuser: an order may be confirmed by its customer, signing or paying on the portal
        self.order_line.sudo()._aftersales_freeze_promise()
        return res

    def action_view_aftersales_units(self):
        self.ensure_one()
        units = self.env["aftersales.unit"].search([("sale_order_id", "=", self.id)])
        return units._get_records_action(name=self.env._("Units"))
