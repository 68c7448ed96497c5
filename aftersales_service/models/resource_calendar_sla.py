from odoo import models
from odoo.tools import ormcache
from odoo.tools.misc import format_date

from .local_time import local_date


class ResourceCalendar(models.Model):
    """What SLA clocks ask of a calendar, and that they hear of its changes."""

    _inherit = "resource.calendar"

    def _aftersales_month_loader(self, company):
        """How ``logic.working_time`` loads this calendar's spans for a company."""
        company_id = company.id

        def load(year, month):
            return self._aftersales_get_month_spans(company_id, year, month)

        return load

    @ormcache("self.id")
    def _aftersales_get_cached_tz(self):
        """The time zone, kept like the spans."""
        return self.sudo().tz or "UTC"

    def _aftersales_forget_spans(self):
        res = super()._aftersales_forget_spans()
        self.env["aftersales.sla.clock"].sudo()._look_again(self)
        return res

    def _aftersales_name_off_time(self, start, end, company):
        """The holiday or closure between two instants, in words; False for ordinary free time."""
        first, last = local_date(start, self), local_date(end, self)
        closed = self.aftersales_day_ids.filtered(
            lambda day: day.kind == "closed" and first <= day.date <= last
        )
        if closed:
            return closed[0].name or self.env._("Closed on %s", format_date(self.env, first))
        leaves = self.env["resource.calendar.leaves"].search(
            [
                ("calendar_id", "in", (False, self.id)),
                ("company_id", "in", (False, company.id)),
                ("resource_id", "=", False),
                ("date_from", "<", end),
                ("date_to", ">", start),
            ],
            limit=1,
        )
        return leaves.name
