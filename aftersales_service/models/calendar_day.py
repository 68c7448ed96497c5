from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date, format_duration

from .vocabulary import DAY_KINDS, label


class AftersalesCalendarDay(models.Model):
    """A date on which a calendar is closed, or works other hours than its week says.

    A closed date has one row. A working date has one row per stretch of work (morning,
    afternoon…), or a single row without hours: then it has those of the calendar's usual day.
    """

    _name = "aftersales.calendar.day"
    _description = "Exception Day of a Calendar"
    _order = "date, hour_from, id"

    calendar_id = fields.Many2one(
        "resource.calendar", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="calendar_id.company_id", store=True)
    date = fields.Date(required=True)
    kind = fields.Selection(DAY_KINDS, required=True, default="closed")
    name = fields.Char(string="Reason")
    hour_from = fields.Float(
        string="From",
        compute="_compute_hours",
        store=True,
        readonly=False,
        precompute=True,
        help="Leave both hours empty to work the calendar's usual hours.",
    )
    hour_to = fields.Float(
        string="To", compute="_compute_hours", store=True, readonly=False, precompute=True
    )
    worked = fields.Char(compute="_compute_worked", string="Hours")

    # Two people entering the same date at once. Only at the end of a transaction, so that the
    # constraints below, which say what is wrong, come first.
    _date_unique = models.Constraint(
        "UNIQUE(calendar_id, date, hour_from) DEFERRABLE INITIALLY DEFERRED",
        "This date was just entered by somebody else. Reload the page.",
    )

    @api.depends("kind")
    def _compute_hours(self):
        """A closed date has no hours."""
        for day in self:
            if day.kind == "closed":
                day.hour_from = day.hour_to = 0

    @api.depends("calendar_id", "date", "kind", "hour_from", "hour_to")
    @api.depends_context("lang")
    def _compute_worked(self):
        """The hours that count, also where they are the usual ones."""
        for day in self:
            day.worked = day.kind == "working" and (
                ", ".join(
                    f"{format_duration(hour_from)}–{format_duration(hour_to)}"
                    for hour_from, hour_to in day._get_hours()
                )
                or self.env._("None")
            )

    @api.depends("name", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for day in self:
            day.display_name = day.name or label(day, "kind", day.kind)

    @api.constrains("kind", "hour_from", "hour_to")
    def _check_hours(self):
        for day in self:
            if not day.hour_from and not day.hour_to:
                continue
            if day.kind == "closed":
                day._refuse(
                    self.env._(
                        "%(date)s is closed all day in %(calendar)s. Remove the hours, or make it "
                        "a working day with the hours that remain."
                    )
                )
            if not 0 <= day.hour_from < day.hour_to <= 24:
                day._refuse(
                    self.env._(
                        "The hours of %(date)s in %(calendar)s must begin before they end, "
                        "between 00:00 and 24:00. Enter work over midnight on both dates."
                    )
                )

    @api.constrains("calendar_id", "date", "kind", "hour_from", "hour_to")
    def _check_date(self):
        """What all rows of a date say together."""
        # superuser: rows that the user may not see count as well
        rows = self.sudo().search(
            [("calendar_id", "in", self.calendar_id.ids), ("date", "in", self.mapped("date"))]
        )
        for day_rows in rows.grouped(lambda row: (row.calendar_id, row.date)).values():
            if day_rows & self and len(day_rows) > 1:
                day_rows._check_rows()

    def _check_rows(self):
        """Rows of one date of one calendar do not contradict each other."""
        kinds = set(self.mapped("kind"))
        if len(kinds) > 1:
            self[0]._refuse(
                self.env._(
                    "%(date)s would be closed and working at once in %(calendar)s. "
                    "Delete one of the two."
                )
            )
        if kinds == {"closed"}:
            self[0]._refuse(
                self.env._("%(date)s is already closed in %(calendar)s. Delete one of the two.")
            )
        rows = self.sorted("hour_from")
        if any(row._has_usual_hours() for row in rows):
            self[0]._refuse(
                self.env._(
                    "%(date)s has a row without hours in %(calendar)s, which means the usual "
                    "ones, and another row. Enter the hours of each, or delete one."
                )
            )
        for row, following in zip(rows, rows[1:], strict=False):
            if round(following.hour_from * 60) < round(row.hour_to * 60):
                row._refuse(
                    self.env._(
                        "The hours of %(date)s overlap in %(calendar)s. Correct them, or delete "
                        "one of the rows."
                    )
                )

    def _refuse(self, message):
        """Raise a message that tells of the date and the calendar."""
        words = {"date": format_date(self.env, self.date), "calendar": self.calendar_id.name}
        raise ValidationError(message % words)

    @api.model_create_multi
    def create(self, vals_list):
        days = super().create(vals_list)
        if days:
            days.calendar_id._aftersales_forget_spans()
        return days

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

    def _get_hours(self):
        """The hours of a working row: ``[(hour_from, hour_to), …]``."""
        if not self._has_usual_hours():
            return [(self.hour_from, self.hour_to)]
        return self.calendar_id._aftersales_get_usual_hours(self.date) if self.date else []

    def _has_usual_hours(self):
        return self.kind == "working" and not self.hour_from and not self.hour_to
