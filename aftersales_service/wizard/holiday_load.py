from importlib import import_module

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..models.vocabulary import DAY_KINDS


class AftersalesHolidayLoad(models.TransientModel):
    """Load the public holidays of a country and year into calendars, seen before they count.

    Substitute holidays come along, and so do the weekend days on which they are worked off. They
    become exception days: Odoo's own leaves, and with them payroll and planning, stay untouched.
    """

    _name = "aftersales.holiday.load"
    _description = "Load Public Holidays"

    calendar_ids = fields.Many2many(
        "resource.calendar",
        string="Calendars",
        required=True,
        default=lambda self: self._default_calendars(),
    )
    country_id = fields.Many2one(
        "res.country", required=True, default=lambda self: self._default_country()
    )
    subdivision = fields.Char(
        string="Region",
        compute="_compute_subdivision",
        store=True,
        readonly=False,
        help="The code of a state or province that has holidays of its own.",
    )
    subdivisions = fields.Char(string="Regions Known", compute="_compute_subdivisions")
    year = fields.Integer(required=True, default=lambda self: self._default_year())
    problem = fields.Char(compute="_compute_problem")
    notice = fields.Char(compute="_compute_notice")
    line_ids = fields.One2many(
        "aftersales.holiday.load.line",
        "dialog_id",
        string="Days",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    taken_count = fields.Integer(string="Days Taken", compute="_compute_taken_count")
    moved = fields.Char(string="Effect", compute="_compute_moved")

    def _default_calendars(self):
        if self.env.context.get("active_model") == "resource.calendar":
            return self.env["resource.calendar"].browse(self.env.context.get("active_ids"))
        return self.env.company.resource_calendar_id

    def _default_country(self):
        company = self._default_calendars().company_id[:1] or self.env.company
        return company.country_id

    def _default_year(self):
        """The first year, from the one that should be known by now, that a calendar lacks."""
        calendars = self._default_calendars()
        year = calendars._aftersales_holiday_year()
        while calendars and calendars._aftersales_with_holidays(year) == calendars:
            year += 1
        return year

    @api.depends("country_id")
    def _compute_subdivision(self):
        for dialog in self:
            company = dialog.calendar_ids._origin.company_id[:1] or self.env.company
            country = dialog.country_id._origin
            # Odoo writes some codes with that of the country: DE-BY
            code = (company.state_id.code or "").removeprefix(f"{country.code}-")
            known = company.country_id == country and code in dialog._get_subdivisions()
            dialog.subdivision = known and code

    @api.depends("country_id")
    def _compute_subdivisions(self):
        for dialog in self:
            dialog.subdivisions = ", ".join(dialog._get_subdivisions())

    @api.depends("country_id", "subdivision", "year")
    def _compute_problem(self):
        for dialog in self:
            dialog.problem = dialog._load_error_message()

    @api.depends("country_id", "subdivision", "year")
    @api.depends_context("lang")
    def _compute_notice(self):
        for dialog in self:
            dialog.notice = not dialog._load_error_message() and dialog._get_notice()

    @api.depends("calendar_ids", "country_id", "subdivision", "year")
    @api.depends_context("lang")
    def _compute_line_ids(self):
        for dialog in self:
            days = [] if dialog._load_error_message() else dialog._get_days()
            known = dialog._get_known()
            calendars = set(dialog.calendar_ids.ids)
            lines = [
                Command.create({**day, "is_known": is_known, "is_taken": not is_known})
                for day in days
                for is_known in [known.get(day["date"], set()) >= calendars]
            ]
            dialog.line_ids = [Command.clear(), *lines]

    @api.depends("line_ids.is_taken")
    def _compute_taken_count(self):
        for dialog in self:
            dialog.taken_count = len(dialog.line_ids.filtered("is_taken"))

    @api.depends("calendar_ids", "line_ids.is_taken")
    @api.depends_context("lang")
    def _compute_moved(self):
        for dialog in self:
            count = dialog._count_moved()
            dialog.moved = (
                self.env._("This moves 1 deadline.")
                if count == 1
                else self.env._("This moves %(count)s deadlines.", count=count)
            )

    # === ACTIONS === #

    def action_load(self):
        """Add the days that are ticked and not there yet; doing it again adds nothing."""
        self.ensure_one()
        if problem := self._load_error_message():
            raise UserError(problem)
        taken = self.line_ids.filtered("is_taken")
        values = [
            {
                "calendar_id": calendar.id,
                "date": line.date,
                "kind": line.kind,
                "name": line.name,
            }
            for calendar, lines in self._get_new_lines().items()
            for line in lines
        ]
        days = self.env["aftersales.calendar.day"].create(values)
        closed = days.filtered(lambda day: day.kind == "closed")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Closed days added: %(closed)s. Make-up working days added: %(working)s. "
                    "Already there: %(known)s.",
                    closed=len(closed),
                    working=len(days - closed),
                    known=len(taken) * len(self.calendar_ids) - len(days),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === WHAT IS NEW === #

    def _get_known(self):
        """The calendars that already say something of a date: ``{date: {calendar id, …}}``."""
        days = self.env["aftersales.calendar.day"].search(
            [("calendar_id", "in", self.calendar_ids.ids)]
        )
        return {
            date: set(day_rows.calendar_id.ids) for date, day_rows in days.grouped("date").items()
        }

    def _get_new_lines(self):
        """What each calendar would get: ``{calendar: lines}``."""
        known = self._get_known()
        return {
            # dialogs hold new records of calendars while they are being filled in
            calendar._origin: self.line_ids.filtered(
                lambda line, calendar=calendar: (
                    line.is_taken and calendar._origin.id not in known.get(line.date, ())
                )
            )
            for calendar in self.calendar_ids
        }

    def _count_moved(self):
        """How many running deadlines the new days would move."""
        Clock = self.env["aftersales.sla.clock"]
        return sum(
            Clock._count_moved(
                calendar,
                lines.filtered(lambda line: line.kind == "closed").mapped("date"),
                lines.filtered(lambda line: line.kind == "working").mapped("date"),
            )
            for calendar, lines in self._get_new_lines().items()
            if lines
        )

    # === THE LIBRARY === #

    @api.model
    def _get_library(self):
        """The ``holidays`` package, or ``None`` where it is not installed."""
        try:
            return import_module("holidays")
        except ImportError:
            return None

    def _get_source(self, **options):
        """What the library knows of the country: ``{date: name}`` with more to ask.

        :raise NotImplementedError: when it does not know the country or the region
        """
        code = self.country_id.code or ""
        return self._get_library().country_holidays(code, **options)

    def _get_source_of_year(self, year):
        """As ``_get_source``, of a year and the region, in a language near the user's."""
        offered = self._get_source().supported_languages
        wanted = self.env.lang or "en_US"
        languages = (wanted, wanted.partition("_")[0], "en_US")
        return self._get_source(
            years=year,
            subdiv=(self.subdivision or "").strip() or None,
            language=next((name for name in languages if name in offered), None),
        )

    def _get_subdivisions(self):
        """The codes of regions with holidays of their own."""
        if not self._get_library() or not self.country_id:
            return ()
        try:
            return self._get_source().subdivisions
        except NotImplementedError:
            return ()

    def _load_error_message(self):
        """Why there is nothing to load, or ``False``."""
        if not self._get_library():
            return self.env._(
                "Public holidays come from the Python package “holidays”, which is not installed. "
                "Ask your administrator to install it, or enter exception days by hand."
            )
        if not self.country_id or not self.calendar_ids:
            return self.env._("Choose calendars and a country.")
        words = {"country": self.country_id.name, "year": self.year, "region": self.subdivision}
        try:
            source = self._get_source()
        except NotImplementedError:
            return self.env._(
                "No public holidays of %(country)s are on file. Enter them as exception days.",
                **words,
            )
        words |= {"first": source.start_year, "last": source.end_year}
        try:
            days = self._get_source_of_year(self.year)
        except NotImplementedError:
            return self.env._(
                "%(country)s has no region “%(region)s” on file. Choose one of: %(regions)s.",
                regions=", ".join(source.subdivisions) or "–",
                **words,
            )
        if not days:
            return self.env._(
                "No public holidays of %(country)s are on file for %(year)s. Choose a year from "
                "%(first)s to %(last)s.",
                **words,
            )
        return False

    def _get_notice(self):
        """What to know of days that are announced year by year, or ``False``."""
        if _make_up_days(self._get_source_of_year(self.year), self.year):
            return False
        before = self.year - 1
        if not _make_up_days(self._get_source_of_year(before), before):
            return False
        return self.env._(
            "No make-up working days of %(year)s are on file; there were some in %(before)s. They "
            "may not be announced yet: load again when they are.",
            year=self.year,
            before=before,
        )

    def _get_days(self):
        """Values of a line for each day that the library knows, in order."""
        source = self._get_source_of_year(self.year)
        names = dict.fromkeys(
            _make_up_days(source, self.year), ("working", self.env._("Make-up working day"))
        )
        names |= {day: ("closed", name) for day, name in source.items() if day.year == self.year}
        return [
            {"date": day, "kind": kind, "name": name} for day, (kind, name) in sorted(names.items())
        ]


class AftersalesHolidayLoadLine(models.TransientModel):
    _name = "aftersales.holiday.load.line"
    _description = "Public Holiday to Load"
    _order = "date, id"

    dialog_id = fields.Many2one("aftersales.holiday.load", required=True, ondelete="cascade")
    is_taken = fields.Boolean(string="Take")
    is_known = fields.Boolean(string="Already There")
    date = fields.Date(required=True)
    weekday = fields.Char(compute="_compute_weekday", string="Day")
    name = fields.Char(string="Reason")
    kind = fields.Selection(DAY_KINDS, required=True)

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_weekday(self):
        for line in self:
            line.weekday = format_date(self.env, line.date, date_format="EEEE")


def _make_up_days(source, year):
    """The days of a year's weekends that are worked off (the library lists other years, too)."""
    return sorted(day for day in getattr(source, "weekend_workdays", ()) if day.year == year)
