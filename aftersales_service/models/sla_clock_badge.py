from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..logic.errors import RuleError
from ..logic.escalation import Thresholds
from ..logic.working_time import Always
from .vocabulary import label

#: What a badge needs of the clock itself …
OWN_COLUMNS = (
    "id",
    "request_id",
    "company_id",
    "milestone",
    "amount",
    "unit",
    "calendar_id",
    "start_event",
    "state",
    "urgency",
    "deadline",
    "date_start",
    "date_met",
    "paused_since",
    "paused_until",
    "budget",
    "seconds_left",
    "policy_id",
    "error",
)
#: … and of records it links to: (name, linked from, by field, its model, its columns).
LINKED_COLUMNS = (
    ("company", "clock", "company_id", "res.company", ()),
    (
        "policy",
        "clock",
        "policy_id",
        "aftersales.sla.policy",
        ("name", "watch_percent", "risk_percent", "risk_minutes"),
    ),
    ("reason", "clock", "pause_reason_id", "aftersales.pause.reason", ("name",)),
    ("calendar", "clock", "calendar_id", "resource.calendar", ("tz", "hours_per_day")),
    ("home", "company", "resource_calendar_id", "resource.calendar", ("tz",)),
)


class AftersalesSlaClock(models.Model):
    """What the screens draw of clocks; one query reads it for however many of them."""

    _inherit = "aftersales.sla.clock"

    def _get_badges(self, slice_days=7):
        """What the ``sla_badge`` widget draws, ``{clock: dict}``.

        Instants are strings in UTC, lengths whole seconds. ``left`` is what is left of the promise
        now, negative when overdue, and ``paused`` how much counted time pauses took out so far;
        ``slices`` are the working spans of the coming days, so that the browser counts on by
        itself (None: round the clock). ``watch_percent``, ``risk_percent`` and ``risk_minutes``
        say from when on a clock is watched or at risk, ``day_seconds`` how long a day of the
        promise is.
        """
        found = self._search_badges(Domain("id", "in", self.ids), slice_days)
        by_id = {badge["id"]: badge for badges in found.values() for badge in badges}
        return {clock: by_id[clock.id] for clock in self}

    @api.model
    def _search_badges(self, domain, slice_days=7):
        """``{request id: [badge]}`` in the order of deadlines, see ``_get_badges``."""
        now = fields.Datetime.now()
        times, found = {}, {}
        for row in self._read_badge_rows(domain):
            key = (row["calendar_id"], row["company_id"])
            if key not in times:
                times[key] = self._get_badge_time(*key)
            badge = self._get_badge(row, times[key], now, timedelta(days=slice_days))
            found.setdefault(row["request_id"], []).append(badge)
        return found

    @api.model
    def _get_badge_time(self, calendar_id, company_id):
        if not calendar_id:
            return Always()
        calendar = self.env["resource.calendar"].browse(calendar_id)
        company = self.env["res.company"].browse(company_id)
        return self._get_times(calendar, company)[calendar_id]

    @api.model
    def _read_badge_rows(self, domain):
        """Rows of ``OWN_COLUMNS``, ``LINKED_COLUMNS`` (“policy_name”) and ``pauses``."""
        query = self._search(domain)
        columns = {name: self._field_to_sql(query.table, name, query) for name in OWN_COLUMNS}
        aliases = {"clock": query.table}
        for name, source, field_name, model_name, fields_ in LINKED_COLUMNS:
            # superuser: whoever may see a clock may see on what terms it runs
            model = self.env[model_name].sudo()
            alias = query.left_join(aliases[source], field_name, model._table, "id", name)
            aliases[name] = alias
            columns |= {
                f"{name}_{field}": model._field_to_sql(alias, field, query) for field in fields_
            }
        columns["pauses"] = SQL(
            """(SELECT count(*) FROM aftersales_sla_clock_event pause
                 WHERE pause.clock_id = %s AND pause.kind = 'pause'
                   AND NOT EXISTS (SELECT FROM aftersales_sla_clock_event void
                                    WHERE void.ref_id = pause.id AND void.kind = 'void'
                                      AND void.clock_id = pause.clock_id))""",
            SQL.identifier(query.table, "id"),
        )
        return self.env.execute_query_dict(
            query.select(
                *(SQL("%s AS %s", sql, SQL.identifier(name)) for name, sql in columns.items())
            )
        )

    @api.model
    def _get_badge(self, row, time, now, ahead):
        """One badge of a row of ``_read_badge_rows``; ``time`` is what its calendar counts."""
        try:
            left, paused = _count_left(row, time, now), _count_paused(row, time, now)
            slices = _get_slices(row, time, now, now + ahead)
        except (RuleError, UserError):
            left = paused = 0
            slices = []
        return {
            "id": row["id"],
            "milestone": row["milestone"],
            "label": label(self, "milestone", row["milestone"]),
            "target": f"{row['amount'] or 0:g} {label(self, 'unit', row['unit']) or ''}",
            "start_event": label(self, "start_event", row["start_event"]) or "",
            "in_days": row["unit"] in ("day", "working_day"),
            "day_seconds": _get_day_seconds(row),
            "state": row["state"],
            "urgency": row["urgency"] or "ok",
            "deadline": _to_text(row["deadline"]),
            "start": _to_text(row["date_start"]),
            "met": _to_text(row["date_met"]),
            "paused_since": _to_text(row["paused_since"]),
            "paused_until": _to_text(row["paused_until"]),
            "reason": row["reason_name"] or "",
            "pauses": row["pauses"],
            "paused": paused,
            "budget": row["budget"] or 0,
            "left": left,
            "slices": slices,
            "tz": row["calendar_tz"] or row["home_tz"] or "UTC",
            "policy": row["policy_name"] or "",
            "error": row["error"] or "",
        } | _get_thresholds(row)


def _count_left(row, time, now):
    if row["state"] == "paused":
        return row["seconds_left"] or 0
    deadline = row["deadline"]
    if not deadline:
        return 0
    now = row["date_met"] or now
    if now <= deadline:
        return time.elapsed(now, deadline)
    return -max(time.elapsed(deadline, now), 1)


def _count_paused(row, time, now):
    """Counted time that pauses took out until now, or until it was met."""
    if not row["date_start"] or not row["pauses"]:
        return 0
    if row["state"] == "paused":
        used = row["budget"] - row["seconds_left"]
        return time.elapsed(row["date_start"], now) - used
    return time.elapsed(row["date_start"], row["deadline"] or now) - row["budget"]


def _get_slices(row, time, start, end):
    if not row["calendar_id"] or row["state"] not in ("running", "paused"):
        return None
    return [[_to_text(first), _to_text(last)] for first, last in time.slices(start, end)]


def _get_day_seconds(row):
    """A calendar day, or an average working day of the calendar."""
    if row["unit"] == "working_day" and row["calendar_hours_per_day"]:
        return round(row["calendar_hours_per_day"] * 3600)
    return 24 * 3600


def _get_thresholds(row):
    usual = Thresholds()
    if not row["policy_id"]:
        return {
            "watch_percent": usual.watch,
            "risk_percent": usual.risk,
            "risk_minutes": usual.risk_minutes,
        }
    return {
        name: row[f"policy_{name}"] for name in ("watch_percent", "risk_percent", "risk_minutes")
    }


def _to_text(instant):
    """An instant as the browser reads it: a string in UTC, or False."""
    return fields.Datetime.to_string(instant) if instant else False
