from datetime import datetime

from dateutil.relativedelta import relativedelta
from pytz import timezone

from odoo import models
from odoo.tools.misc import format_date

from ..logic import spans
from .local_time import instant_at, local_date


class ResourceCalendar(models.Model):
    """What SLA clocks ask of a calendar, and that they hear of its changes."""

    _inherit = "resource.calendar"

    def _aftersales_month_loader(self, company):
        """How ``logic.working_time`` loads this calendar's spans for a company."""
        company_id = company.id

        def load(year, month):
            return self._aftersales_get_month_spans(company_id, year, month)

        return load

    def _aftersales_preview_loader(self, company, closed, working):
        """Like ``_aftersales_month_loader``, as if these dates were closed or worked as usual."""
        zone = timezone(self.tz)
        days = [(instant_at(day, 0, zone), instant_at(day, 24, zone)) for day in closed]
        days += [(instant_at(day, 0, zone), instant_at(day, 24, zone)) for day in working]
        worked = [
            (instant_at(day, hour_from, zone), instant_at(day, hour_to, zone))
            for day in working
            for hour_from, hour_to in self._aftersales_get_usual_hours(day)
        ]
        usual = self._aftersales_month_loader(company)

        def load(year, month):
            start = datetime(year, month, 1)
            end = start + relativedelta(months=1)
            left = spans.subtract(usual(year, month), days)
            return spans.clip([*left, *worked], start, end)

        return load

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
                ("company_id", "in", (False, *company.parent_ids.ids)),
                ("resource_id", "=", False),
                ("time_type", "=", "leave"),
                ("date_from", "<", end),
                ("date_to", ">", start),
            ],
            limit=1,
        )
        return leaves.name
