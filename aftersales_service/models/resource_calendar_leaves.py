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
        if vals.keys() & {"resource_id", "calendar_id"}:
            self._aftersales_forget_spans()
        result = super().write(vals)
        self._aftersales_forget_spans()
        return result

    def unlink(self):
        self._aftersales_forget_spans()
        return super().unlink()

    def _aftersales_forget_spans(self):
        """Called before and after every change; a leave without calendar concerns all of them."""
        everybodys = self.filtered(lambda leave: not leave.resource_id)
        if everybodys:
            concerned = all(leave.calendar_id for leave in everybodys)
            calendars = everybodys.calendar_id if concerned else self.env["resource.calendar"]
            calendars._aftersales_forget_spans()
