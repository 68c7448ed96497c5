from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesRequest(models.Model):
    """What a case and its repairs tell each other: arrival of the product, what can fail."""

    _inherit = "aftersales.request"

    product_category_id = fields.Many2one(related="product_id.categ_id")

    @api.constrains("fault_id", "product_id", "unit_id")
    def _check_fault(self):
        for request in self:
            if request.product_id and not request.fault_id._fits(request.product_id):
                raise ValidationError(
                    self.env._(
                        "“%(fault)s” is no fault of %(product)s. Choose one of its family for "
                        "%(request)s.",
                        fault=request.fault_id.name,
                        product=request.product_id.display_name,
                        request=request.name,
                    )
                )

    def write(self, vals):
        res = super().write(vals)
        if vals.get("date_unit_arrived"):
            self._tell_repairs_of_arrival()
        return res

    def _tell_repairs_of_arrival(self):
        """What arrived for the case arrived for its repairs that wait for it."""
        # superuser: whoever works on a case need not be allowed to repair
        for request in self.sudo():
            waiting = request.repair_ids.filtered(
                lambda repair: (
                    repair.state not in ("done", "cancel")
                    and repair.aftersales_place != "on_site"
                    and not repair.aftersales_date_arrived
                )
            )
            waiting.aftersales_date_arrived = request.date_unit_arrived

    def _prepare_repair_values(self):
        values = super()._prepare_repair_values()
        if self.date_unit_arrived:
            values["aftersales_date_arrived"] = self.date_unit_arrived
        return values
