from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from pytz import UTC, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

from ..logic import spans
from .local_time import instant_at, local_date


class ResourceCalendar(models.Model):
    """When work happens: Odoo's working hours, with exception days merged in.

    Nothing of Odoo's own changes: leaves, payroll and planning know no exception days.
    """

    _inherit = "resource.calendar"

    aftersales_day_ids = fields.One2many(
        "aftersales.calendar.day", "calendar_id", string="Exception Days", copy=True
    )
    aftersales_serves_holidays = fields.Boolean(
        string="Serves on Public Holidays",
        help="Nobody is reminded that public holidays are missing in this calendar.",
    )
    aftersales_needs_holidays = fields.Boolean(
        compute="_compute_aftersales_needs_holidays",
        search="_search_aftersales_needs_holidays",
        string="Holidays Missing",
    )
    aftersales_holiday_gap = fields.Char(
        compute="_compute_aftersales_needs_holidays", string="No Holidays In"
    )

    @api.depends(
        "aftersales_day_ids.date",
        "aftersales_day_ids.kind",
        "aftersales_serves_holidays",
        "flexible_hours",
        "company_id",
    )
    def _compute_aftersales_needs_holidays(self):
        year = self._aftersales_holiday_year()
        known = self._aftersales_with_holidays(year)
        for calendar in self:
            calendar.aftersales_needs_holidays = not (
                calendar in known or calendar.aftersales_serves_holidays or calendar.flexible_hours
            )
            calendar.aftersales_holiday_gap = calendar.aftersales_needs_holidays and str(year)

    def _search_aftersales_needs_holidays(self, operator, _value):
        """The framework asks for ``in [True]`` and turns that round where it must."""
        if operator != "in":
            return NotImplemented
        calendars = self.with_context(active_test=False).search(
            [("aftersales_serves_holidays", "=", False), ("flexible_hours", "=", False)]
        )
        known = calendars._aftersales_with_holidays(self._aftersales_holiday_year())
        return [("id", "in", (calendars - known).ids)]

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"tz", "two_weeks_calendar", "flexible_hours", "schedule_type"}:
            self._aftersales_forget_spans()
        return result

    # === ACTIONS === #

    def action_aftersales_view_days(self):
        """The exception days of this calendar, to edit without rights on Odoo's own hours."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_calendar_day_action"
        )
        return action | {
            "domain": [("calendar_id", "=", self.id)],
            "context": {"default_calendar_id": self.id},
        }

    def action_aftersales_serve_holidays(self):
        """This calendar needs no public holidays."""
        self.env["aftersales.calendar.day"].check_access("create")
        # superuser: after-sales managers decide on exception days, not on Odoo's own hours
        self.sudo().aftersales_serves_holidays = True

    # === PUBLIC HOLIDAYS === #

    @api.model
    def _aftersales_holiday_year(self):
        """The year whose public holidays should be known by now: from October on, the next."""
        today = fields.Date.context_today(self)
        return today.year + (today.month >= 10)

    def _aftersales_with_holidays(self, year):
        """Those with a closed day, or a leave of everybody, in a year."""
        first, last = date(year, 1, 1), date(year, 12, 31)
        # superuser: what a calendar knows does not depend on who looks
        closed = self.env["aftersales.calendar.day"].sudo()
        known = dict(
            closed._read_group(
                [
                    ("calendar_id", "in", self.ids),
                    ("kind", "=", "closed"),
                    ("date", ">=", first),
                    ("date", "<=", last),
                ],
                ["calendar_id"],
                ["__count"],
            )
        )
        leaves = closed.env["resource.calendar.leaves"].search(
            [
                ("calendar_id", "in", [False, *self.ids]),
                ("resource_id", "=", False),
                ("time_type", "=", "leave"),
                ("date_from", "<=", datetime(year + 1, 1, 2)),
                ("date_to", ">=", datetime(year - 1, 12, 31)),
            ]
        )
        return self.filtered(
            lambda calendar: (
                calendar in known
                or any(
                    local_date(leave.date_from, calendar) <= last
                    and local_date(leave.date_to, calendar) >= first
                    for leave in leaves
                    if calendar._aftersales_heeds(leave)
                )
            )
        )

    def _aftersales_heeds(self, leave):
        """A leave is this calendar's, or everybody's in its company."""
        company = self.company_id or self.env.company
        return leave.calendar_id in (self, self.browse()) and (
            not leave.company_id or leave.company_id in company.sudo().parent_ids
        )

    # === WHEN WORK HAPPENS === #

    def _aftersales_get_spans(self, start, end, company):
        """When work happens between two naive UTC instants: ``[(start, end), …]``.

        The spans are naive UTC, on whole seconds, in order, disjoint and never touching. Leaves of
        the company (and of those it is a branch of) and of no company count, whoever asks;
        people's own leaves do not. An exception day decides its whole local date alone.

        :raise UserError: when nobody can tell, see ``_aftersales_spans_error_message``
        """
        self.ensure_one()
        # superuser: the answer is the same for everybody, and kept for all
        calendar = self.sudo()
        if problem := calendar._aftersales_spans_error_message():
            raise UserError(problem)
        if start >= end:
            return []
        zone = timezone(calendar.tz)
        first, last = local_date(start, calendar), local_date(end, calendar)
        window = (instant_at(first, 0, zone), instant_at(last, 24, zone))
        exceptions = calendar._aftersales_get_exceptions(first, last)
        whole_days = [(instant_at(day, 0, zone), instant_at(day, 24, zone)) for day in exceptions]
        worked = [
            (instant_at(day, hour_from, zone), instant_at(day, hour_to, zone))
            for day, hours in exceptions.items()
            for hour_from, hour_to in hours
        ]
        usual = calendar._aftersales_get_usual_spans(*window, company.sudo(), zone)
        return spans.clip([*spans.subtract(usual, whole_days), *worked], start, end)

    @ormcache("self.id", "company_id", "year", "month")
    def _aftersales_get_month_spans(self, company_id, year, month):
        """The spans of a month of UTC as a tuple, see ``_aftersales_get_spans``; kept."""
        start = datetime(year, month, 1)
        company = self.env["res.company"].browse(company_id)
        return tuple(self._aftersales_get_spans(start, start + relativedelta(months=1), company))

    def _aftersales_forget_spans(self):
        """Called after every change of what the spans of these calendars follow from.

        An empty recordset stands for all calendars.
        """
        self.env.registry.clear_cache()
        # another thread may have read the former state in the meantime
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    def _aftersales_spans_error_message(self):
        """Why nobody can tell when work happens by this calendar, or ``False``."""
        self.ensure_one()
        if self.flexible_hours:
            return self.env._(
                "%(calendar)s has flexible hours, so nobody can tell when work happens. Choose a "
                "calendar with fixed hours.",
                calendar=self.name,
            )
        for row in self.sudo().attendance_ids:
            if not row.display_type and not _is_readable(row.hour_from, row.hour_to):
                return self.env._(
                    "“%(row)s” of %(calendar)s must begin before it ends, between 00:00 and 24:00. "
                    "Split work over midnight into two rows, one for each day.",
                    row=row.name,
                    calendar=self.name,
                )
        return False

    def _aftersales_get_usual_spans(self, start, end, company, zone):
        """The hours of the week less leaves, see ``_aftersales_get_spans``."""
        intervals = self._work_intervals_batch(
            UTC.localize(start),
            UTC.localize(end),
            domain=[
                ("time_type", "=", "leave"),
                ("company_id", "in", [False, *company.parent_ids.ids]),
                ("resource_id", "=", False),
            ],
            tz=zone,
        )[False]
        return spans.merge(
            (_start_of(start, zone), _whole_second(end)) for start, end, _rows in intervals
        )

    def _aftersales_get_exceptions(self, first, last):
        """The exception days between two dates: ``{date: [(hour_from, hour_to), …]}``."""
        rows = self.env["aftersales.calendar.day"].search(
            [("calendar_id", "=", self.id), ("date", ">=", first), ("date", "<=", last)]
        )
        exceptions = defaultdict(list)
        for row in rows:
            if row.kind == "closed":
                exceptions[row.date] = []
            else:
                exceptions[row.date] += row._get_hours()
        return exceptions

    def _aftersales_get_usual_hours(self, day):
        """The hours of a date that is worked as usual: ``[(hour_from, hour_to), …]``.

        Those of its day of the week; where that one is free, those most days of the week share
        (the earliest such day's, where several are equally frequent).
        """
        hours = defaultdict(list)
        for row in self.attendance_ids:
            if row._is_work_period() and row.hour_from < row.hour_to:
                week = int(row.week_type) if self.two_weeks_calendar else 0
                hours[week, int(row.dayofweek)].append((row.hour_from, row.hour_to))
        week = self.attendance_ids.get_week_type(day) if self.two_weeks_calendar else 0
        if own := hours.get((week, day.weekday())):
            return sorted(own)
        patterns = Counter(tuple(sorted(hours[key])) for key in sorted(hours))
        return list(patterns.most_common(1)[0][0]) if patterns else []


def _is_readable(hour_from, hour_to):
    """Odoo can read both hours, and the second is not before the first."""
    minutes = (round(hour % 1 * 60) for hour in (hour_from, hour_to))
    return 0 <= hour_from <= hour_to <= 24 and all(minute < 60 for minute in minutes)


def _start_of(local, zone):
    """The naive UTC start of an interval of Odoo.

    Leaves end with the last second of a day: work does not go on for the second that is left.
    Where midnight comes twice, the day begins with the first.
    """
    if local.time() == time():
        return instant_at(local.date(), 0, zone)
    start = _whole_second(local)
    return start + timedelta(seconds=1) if start.second == 59 else start


def _whole_second(local):
    """The nearest whole second, naive UTC: Odoo's days end at 23:59:59.999999."""
    instant = local.astimezone(UTC).replace(tzinfo=None) + timedelta(milliseconds=500)
    return instant.replace(microsecond=0)
