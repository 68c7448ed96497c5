from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        if rows:
            rows.calendar_id._aftersales_forget_spans()
        return rows

    def write(self, vals):
        calendars = self.calendar_id
        result = super().write(vals)
        if self:
            (calendars | self.calendar_id)._aftersales_forget_spans()
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        if calendars:
            calendars._aftersales_forget_spans()
        return result
