from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_unit_count = fields.Integer(compute="_compute_aftersales_unit_count")

    def _compute_aftersales_unit_count(self):
        counts = self.env["aftersales.unit"]._count_by("sale_order_id", self)
        for order in self:
            order.aftersales_unit_count = counts.get(order, 0)

    def _action_confirm(self):
        res = super()._action_confirm()
        # superuser: an order may be confirmed by its customer, signing or paying on the portal
        lines = self.order_line.sudo()
        lines._aftersales_freeze_promise()
        lines._aftersales_extend_cover()
        lines._aftersales_agree_on_charges()
        lines.aftersales_claim_id.request_id._note_fact("date_consent")
        return res

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") == "sent":
            lines = self.sudo().order_line
            lines.aftersales_claim_id.request_id._note_fact("date_quoted")
        return res

    def action_draft(self):
        """A redrafted quotation promises and charges what holds when it is confirmed again."""
        res = super().action_draft()
        self.order_line.sudo()._aftersales_thaw()
        return res

    def _action_cancel(self):
        res = super()._action_cancel()
        sold = self.order_line.filtered("product_id.aftersales_extension_length")
        if sold:
            self.env["aftersales.coverage.extension"]._cancel_for(sold)
        return res

    def action_record_acceptance(self):
        """Record what the customer accepted of this order, in a dialog."""
        self.ensure_one()
        units = self.order_line.aftersales_unit_ids.filtered(
            lambda unit: unit.state in ("active", "returned")
        )
        return units._get_acceptance_action(self)

    def action_view_aftersales_units(self):
        self.ensure_one()
        units = self.env["aftersales.unit"].search([("sale_order_id", "=", self.id)])
        return units._get_records_action(name=self.env._("Units"))
