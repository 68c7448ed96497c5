from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """Leaves of everybody change when work happens; those of one person do not."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._aftersales_forget_spans()
        return leaves

    def write(self, vals):
        if "resource_id" in vals:
            self._aftersales_forget_spans()
        result = super().write(vals)
        self._aftersales_forget_spans()
        return result

    def unlink(self):
        self._aftersales_forget_spans()
        return super().unlink()

    def _aftersales_forget_spans(self):
        if not all(leave.resource_id for leave in self):
            self.calendar_id._aftersales_forget_spans()
