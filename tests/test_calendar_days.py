"""When work happens: a calendar's week, leaves, exception days; time zones and what is kept."""

import random
from datetime import date, datetime, timedelta
from unittest.mock import patch

from dateutil import tz
from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import AftersalesCommon

OFFICE = [(day, *hours) for day in range(5) for hours in ((9, 12), (13, 18))]
ROUND_THE_CLOCK = [(day, 0, 24) for day in range(7)]
MANAGER = "aftersales_service.group_aftersales_manager"


def _at(text):
    """``"03-14 09:00"``: an instant of 2026, as stored."""
    return datetime.fromisoformat(f"2026-{text}")


@tagged("standard", "post_install", "-at_install", "aftersales")
class CalendarCommon(AftersalesCommon):
    """Calendars that read like the week they describe."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})

    @classmethod
    def _calendar(cls, rows=OFFICE, zone="Asia/Shanghai", **values):
        """A calendar of ``(weekday, from, to[, week])`` rows."""
        return cls.env["resource.calendar"].create(
            {
                "name": "Service hours",
                "tz": zone,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Work",
                            "dayofweek": str(day),
                            "hour_from": hour_from,
                            "hour_to": hour_to,
                            "day_period": "full_day",
                            "week_type": week[0] if week else False,
                        }
                    )
                    for day, hour_from, hour_to, *week in rows
                ],
                **values,
            }
        )

    @classmethod
    def _closed(cls, calendar, day, **values):
        return cls._working(calendar, day, kind="closed", **values)

    @classmethod
    def _working(cls, calendar, day, hour_from=0, hour_to=0, kind="working", **values):
        return cls.env["aftersales.calendar.day"].create(
            {
                "calendar_id": calendar.id,
                "date": day,
                "kind": kind,
                "hour_from": hour_from,
                "hour_to": hour_to,
                **values,
            }
        )

    @classmethod
    def _leave(cls, calendar, start, end, **values):
        values = {"calendar_id": calendar and calendar.id, **values}
        company = values.pop("company_id", cls.company.id)
        leave = cls.env["resource.calendar.leaves"].create(
            {"name": "Leave", "date_from": _at(start), "date_to": _at(end), **values}
        )
        leave.company_id = company
        return leave

    def _spans(self, calendar, start, end, company=None):
        return calendar._aftersales_get_spans(_at(start), _at(end), company or self.company)

    def assertSpans(self, calendar, start, end, *expected, company=None):
        """The spans between two instants are these: ``("03-14 01:00", "03-14 04:00")``, UTC."""
        spans = self._spans(calendar, start, end, company)
        self.assertEqual(spans, [(_at(first), _at(last)) for first, last in expected])

    def assertHours(self, calendar, day, hours):
        """So many hours are worked on a local date of 2026."""
        start = datetime.fromisoformat(f"2026-{day}").replace(tzinfo=tz.gettz(calendar.tz))
        window = (
            tz.resolve_imaginary(moment).astimezone(tz.UTC).replace(tzinfo=None)
            for moment in (start, start + timedelta(days=1))
        )
        spans = calendar._aftersales_get_spans(*window, self.company)
        worked = sum((last - first).total_seconds() for first, last in spans)
        self.assertEqual(worked / 3600, hours, day)


class TestSpans(CalendarCommon):
    def test_a_week_with_its_lunch_breaks(self):
        calendar = self._calendar()
        self.assertSpans(
            calendar,
            "03-13 00:00",  # a Friday; 08:00 in Shanghai
            "03-16 02:00",
            ("03-13 01:00", "03-13 04:00"),
            ("03-13 05:00", "03-13 10:00"),
            ("03-16 01:00", "03-16 02:00"),
        )

    def test_lunch_rows_are_no_work(self):
        calendar = self._calendar()
        calendar.attendance_ids = [
            Command.create(
                {
                    "name": "Lunch",
                    "dayofweek": "0",
                    "hour_from": 12,
                    "hour_to": 13,
                    "day_period": "lunch",
                }
            )
        ]
        self.assertHours(calendar, "03-09", 8)

    def test_round_the_clock_is_one_span(self):
        for zone in ("Asia/Shanghai", "Europe/Berlin", "Atlantic/Azores", "America/Havana"):
            with self.subTest(zone):
                calendar = self._calendar(ROUND_THE_CLOCK, zone)
                year = ("01-01 00:00", "12-31 23:59")
                self.assertSpans(calendar, *year, year)

    def test_nights_over_midnight_go_on(self):
        nights = [(day, *hours) for day in range(7) for hours in ((0, 6), (22, 24))]
        self.assertSpans(
            self._calendar(nights),
            "03-10 04:00",
            "03-11 04:00",
            ("03-10 14:00", "03-10 22:00"),
        )

    def test_an_empty_window_and_an_empty_calendar(self):
        self.assertSpans(self._calendar(), "03-10 04:00", "03-10 04:00")
        self.assertSpans(self._calendar([]), "03-01 00:00", "03-31 00:00")

    def test_two_week_calendars_follow_the_parity_of_the_week(self):
        calendar = self._calendar([(0, 9, 12, "0"), (0, 9, 17, "1")], two_weeks_calendar=True)
        parity = self.env["resource.calendar.attendance"].get_week_type(date(2026, 3, 9))
        hours = [3, 8]
        self.assertHours(calendar, "03-09", hours[parity])
        self.assertHours(calendar, "03-16", hours[1 - parity])

    def test_flexible_hours_are_refused(self):
        calendar = self._calendar(schedule_type="flexible")
        with self.assertRaisesRegex(UserError, "Service hours has flexible hours"):
            self._spans(calendar, "03-01 00:00", "03-02 00:00")

    def test_a_row_over_midnight_is_refused(self):
        """Odoo would silently never work in it."""
        calendar = self._calendar([(0, 22, 24)])
        calendar.attendance_ids.hour_to = 6
        with self.assertRaisesRegex(UserError, "Split work over midnight"):
            self._spans(calendar, "03-01 00:00", "03-02 00:00")

    def test_hours_that_odoo_cannot_read_are_refused(self):
        for hours in ((9, 25), (-1, 8), (9, 17.9999)):
            calendar = self._calendar([(0, *hours)])
            with self.subTest(hours), self.assertRaisesRegex(UserError, "“Work” of Service"):
                self._spans(calendar, "03-01 00:00", "03-02 00:00")

    # === LEAVES === #

    def test_a_public_holiday_takes_its_day(self):
        calendar = self._calendar()
        self._leave(calendar, "03-09 16:00", "03-10 15:59:59")
        self.assertHours(calendar, "03-10", 0)
        self.assertHours(calendar, "03-11", 8)

    def test_holidays_in_a_row_leave_no_second_between(self):
        calendar = self._calendar(ROUND_THE_CLOCK)
        self._leave(calendar, "03-09 16:00", "03-10 15:59:59")
        self._leave(calendar, "03-10 16:00", "03-11 15:59:59")
        self.assertSpans(
            calendar,
            "03-09 00:00",
            "03-13 00:00",
            ("03-09 00:00", "03-09 16:00"),
            ("03-11 16:00", "03-13 00:00"),
        )

    def test_other_companies_leaves_never_count(self):
        shared = self._calendar(company_id=False)
        day = ("03-09 16:00", "03-10 15:59:59")
        for calendar in (shared, self.env["resource.calendar"]):
            self._leave(calendar, *day, company_id=self.other_company.id)
        for calendar in (shared, shared.with_user(self.env.ref("base.user_root"))):
            self.assertHours(calendar, "03-10", 8)
        self.assertSpans(shared, *day, company=self.other_company)

    def test_a_branch_keeps_the_holidays_of_its_company(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        calendar = self._calendar()
        day = ("03-09 16:00", "03-10 15:59:59")
        self._leave(calendar, *day)
        self.assertSpans(calendar, *day, company=branch)

    def test_personal_leaves_and_trainings_do_not_count(self):
        calendar = self._calendar()
        person = self.env["resource.resource"].create(
            {"name": "Fitter", "calendar_id": calendar.id}
        )
        self._leave(calendar, "03-09 16:00", "03-10 15:59:59", resource_id=person.id)
        self._leave(calendar, "03-10 16:00", "03-11 15:59:59", time_type="other")
        self.assertHours(calendar, "03-10", 8)
        self.assertHours(calendar, "03-11", 8)

    # === EXCEPTION DAYS === #

    def test_a_make_up_saturday_has_the_usual_hours(self):
        calendar = self._calendar()
        self.assertHours(calendar, "02-14", 0)
        self._working(calendar, "2026-02-14")
        self.assertSpans(
            calendar,
            "02-13 16:00",
            "02-14 16:00",
            ("02-14 01:00", "02-14 04:00"),
            ("02-14 05:00", "02-14 10:00"),
        )

    def test_usual_hours_are_those_of_the_weekday_then_of_most_days(self):
        calendar = self._calendar([*OFFICE, (5, 9, 11)])
        self._leave(calendar, "02-13 16:00", "02-14 15:59:59")
        self._working(calendar, "2026-02-14")
        self._working(calendar, "2026-02-15")
        self.assertHours(calendar, "02-14", 2)
        self.assertHours(calendar, "02-15", 8)

    def test_usual_hours_of_a_two_week_calendar(self):
        calendar = self._calendar(
            [(0, 9, 12, "0"), *((day, 9, 17, "1") for day in range(3))], two_weeks_calendar=True
        )
        short = date(2026, 3, 9)
        if self.env["resource.calendar.attendance"].get_week_type(short):
            short += timedelta(days=7)
        for day in (short, short + timedelta(days=2)):
            self._working(calendar, day)
        self.assertHours(calendar, f"{short:%m-%d}", 3)
        self.assertHours(calendar, f"{short + timedelta(days=2):%m-%d}", 8)

    def test_usual_hours_of_an_empty_calendar_are_none(self):
        calendar = self._calendar([])
        self._working(calendar, "2026-02-14")
        self.assertHours(calendar, "02-14", 0)

    def test_a_working_day_has_its_own_hours_also_during_a_leave(self):
        calendar = self._calendar()
        self._leave(calendar, "03-08 16:00", "03-11 15:59:59")
        self._working(calendar, "2026-03-10", 8, 11.5)
        self._working(calendar, "2026-03-10", 20, 24)
        self.assertSpans(
            calendar,
            "03-08 16:00",
            "03-11 16:00",
            ("03-10 00:00", "03-10 03:30"),
            ("03-10 12:00", "03-10 16:00"),
        )

    def test_a_closure_takes_the_local_date(self):
        calendar = self._calendar(ROUND_THE_CLOCK)
        self._closed(calendar, "2026-03-10")
        self.assertSpans(
            calendar,
            "03-08 00:00",
            "03-12 00:00",
            ("03-08 00:00", "03-09 16:00"),
            ("03-10 16:00", "03-12 00:00"),
        )

    def test_a_closure_of_another_calendar_does_not_count(self):
        self._closed(self._calendar(), "2026-03-10")
        self.assertHours(self._calendar(), "03-10", 8)

    def test_a_copied_calendar_keeps_its_exception_days(self):
        calendar = self._calendar()
        self._closed(calendar, "2026-03-10")
        self.assertHours(calendar.copy(), "03-10", 0)

    # === CLOCKS SET FORWARD AND BACK === #

    def test_days_of_23_and_25_hours(self):
        for zone, short, long in (
            ("Europe/Berlin", "03-29", "10-25"),
            ("America/New_York", "03-08", "11-01"),
            ("Atlantic/Azores", "03-29", "10-25"),
        ):
            calendar = self._calendar(ROUND_THE_CLOCK, zone)
            with self.subTest(zone):
                self.assertHours(calendar, short, 23)
                self.assertHours(calendar, long, 25)
            for kind, hours in (("closed", (0, 0)), ("working", (0, 24)), ("working", (9, 17))):
                calendar.aftersales_day_ids = [Command.clear()] + [
                    Command.create(
                        {
                            "date": f"2026-{day}",
                            "kind": kind,
                            "hour_from": hours[0],
                            "hour_to": hours[1],
                        }
                    )
                    for day in (short, long)
                ]
                whole = hours == (0, 24)
                with self.subTest(zone, kind=kind, hours=hours):
                    self.assertHours(calendar, short, 23 if whole else hours[1] - hours[0])
                    self.assertHours(calendar, long, 25 if whole else hours[1] - hours[0])

    def test_nights_in_which_clocks_change(self):
        nights = [(day, *hours) for day in range(7) for hours in ((0, 6), (22, 24))]
        for zone, short, long in (
            ("Europe/Berlin", "03-29", "10-25"),
            ("America/New_York", "03-08", "11-01"),
        ):
            calendar = self._calendar(nights, zone)
            with self.subTest(zone):
                self.assertHours(calendar, short, 7)
                self.assertHours(calendar, long, 9)

    def test_office_hours_move_with_the_clock(self):
        calendar = self._calendar([(0, 9, 17)], "Europe/Berlin")
        self.assertSpans(
            calendar,
            "03-23 00:00",
            "03-31 00:00",
            ("03-23 08:00", "03-23 16:00"),
            ("03-30 07:00", "03-30 15:00"),
        )


class TestExceptionDays(CalendarCommon):
    def test_what_makes_no_sense_is_refused(self):
        calendar = self._calendar()
        for rows, message in (
            ([("closed", 9, 12)], "is closed all day in Service hours"),
            ([("working", 12, 9)], "must begin before they end"),
            ([("working", 9, 9)], "must begin before they end"),
            ([("working", 9, 25)], "between 00:00 and 24:00"),
            ([("working", -1, 8)], "between 00:00 and 24:00"),
            ([("working", 9, 12), ("working", 11, 15)], "The hours of .* overlap"),
            ([("working", 9, 12), ("working", 0, 0)], "row without hours"),
            ([("working", 9, 12), ("closed", 0, 0)], "03/10/2026 would be closed and working"),
            ([("closed", 0, 0), ("closed", 0, 0)], "is already closed in Service hours"),
        ):
            for at_once in (True, False):
                with self.subTest(rows, at_once=at_once), self.env.cr.savepoint() as savepoint:
                    with self.assertRaisesRegex(ValidationError, message):
                        self._enter(calendar, rows, at_once)
                    savepoint.rollback()

    def _enter(self, calendar, rows, at_once):
        values = [
            {
                "calendar_id": calendar.id,
                "date": "2026-03-10",
                "kind": kind,
                "hour_from": hour_from,
                "hour_to": hour_to,
            }
            for kind, hour_from, hour_to in rows
        ]
        for batch in [values] if at_once else [[value] for value in values]:
            self.env["aftersales.calendar.day"].create(batch)

    def test_touching_hours_are_fine(self):
        calendar = self._calendar()
        self._working(calendar, "2026-03-14", 9, 12)
        self._working(calendar, "2026-03-14", 12, 15)
        self.assertHours(calendar, "03-14", 6)

    def test_the_database_refuses_what_two_people_enter_at_once(self):
        day = self._closed(self._calendar(), "2026-03-10")
        with (
            patch.object(type(day), "_check_rows", lambda days: None),
            self.assertRefusedByDatabase(),
        ):
            day.copy()
            self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def test_closing_a_working_day_drops_its_hours(self):
        day = self._working(self._calendar(), "2026-03-14", 9, 12)
        day.kind = "closed"
        self.assertRecordValues(day, [{"hour_from": 0, "hour_to": 0}])

    def test_days_are_called_by_their_reason(self):
        calendar = self._calendar()
        days = self._closed(calendar, "2026-03-10", name="Stocktaking")
        days |= self._closed(calendar, "2026-03-11")
        self.assertEqual(days.mapped("display_name"), ["Stocktaking", "Day off"])

    def test_the_hours_that_count_are_shown(self):
        calendar = self._calendar()
        days = self._closed(calendar, "2026-03-10")
        days |= self._working(calendar, "2026-03-14")
        days |= self._working(calendar, "2026-03-15", 22.5, 24)
        days |= self._working(self._calendar([]), "2026-03-15")
        expected = [False, "09:00–12:00, 13:00–18:00", "22:30–24:00", "None"]
        self.assertEqual(days.mapped("worked"), expected)

    def test_only_managers_enter_them(self):
        day = self._closed(self._calendar(), "2026-03-10")
        agent = self._user("agent", "aftersales_service.group_aftersales_agent")
        self.assertEqual(day.with_user(agent).kind, "closed")
        for refused in (
            lambda: day.with_user(agent).write({"kind": "working"}),
            lambda: day.with_user(agent).unlink(),
            lambda: day.with_user(agent).copy({"date": "2026-03-11"}),
        ):
            with self.assertRaises(AccessError):
                refused()
        manager = self._user("manager", MANAGER)
        day.with_user(manager).copy({"date": "2026-03-11"})
        day.with_user(manager).unlink()

    def test_other_companies_days_are_not_shown_but_count(self):
        elsewhere = self._calendar(company_id=self.other_company.id)
        shared = self._calendar(company_id=False)
        days = self._closed(elsewhere, "2026-03-10") | self._closed(shared, "2026-03-10")
        manager = self._user("manager", MANAGER)
        seen = self.env["aftersales.calendar.day"].with_user(manager).search([])
        self.assertEqual(seen & days, days[1])
        self.assertHours(elsewhere.with_user(manager), "03-10", 0)


class TestKeptSpans(CalendarCommon):
    """The spans of a month are kept until something they follow from changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls._calendar()
        cls.person = cls.env["resource.resource"].create(
            {"name": "Fitter", "calendar_id": cls.calendar.id}
        )

    def _month(self, company=None, calendar=None):
        return (calendar or self.calendar)._aftersales_get_month_spans(
            (company or self.company).id, 2026, 3
        )

    def assertFresh(self):
        spans = self._spans(self.calendar, "03-01 00:00", "04-01 00:00")
        self.assertEqual(self._month(), tuple(spans))
        with self.assertQueryCount(0):
            self._month()

    def test_a_month_is_that_of_utc(self):
        calendar = self._calendar(ROUND_THE_CLOCK)
        self.assertEqual(self._month(calendar=calendar), ((_at("03-01"), _at("04-01")),))

    def test_every_change_is_noticed(self):
        calendar = self.calendar
        leave = self._leave(calendar, "03-09 16:00", "03-10 15:59:59")
        day = self._closed(calendar, "2026-03-12")
        row = calendar.attendance_ids[0]
        for name, change in {
            "attendance written": lambda: row.write({"hour_from": 10}),
            "attendance deleted": lambda: row.unlink(),
            "attendance created": lambda: calendar.attendance_ids[0].copy({"dayofweek": "6"}),
            "leave written": lambda: leave.write({"date_to": _at("03-11 15:59:59")}),
            "leave made personal": lambda: leave.write({"resource_id": self.person.id}),
            "leave made global": lambda: leave.write({"resource_id": False}),
            "leave deleted": lambda: leave.unlink(),
            "leave created": lambda: self._leave(calendar, "03-02 16:00", "03-03 15:59:59"),
            "leave of everybody": lambda: self._leave(None, "03-03 16:00", "03-04 15:59:59"),
            "day written": lambda: day.write({"date": "2026-03-13"}),
            "day deleted": lambda: day.unlink(),
            "day created": lambda: self._working(calendar, "2026-03-14", 8, 9),
            "zone": lambda: calendar.write({"tz": "Europe/Berlin"}),
            "two weeks": lambda: calendar.switch_calendar_type(),
            "one week": lambda: calendar.switch_calendar_type(),
        }.items():
            before = self._month()
            change()
            with self.subTest(name):
                self.assertFresh()
                if name != "two weeks":  # both weeks are as the one before
                    self.assertNotEqual(self._month(), before)

    def test_a_calendar_made_flexible_is_noticed(self):
        self._month()
        self.calendar.schedule_type = "flexible"
        with self.assertRaises(UserError):
            self._month()

    def test_leaves_of_people_forget_nothing(self):
        self._month()
        leave = self._leave(
            self.calendar, "03-09 16:00", "03-10 15:59:59", resource_id=self.person.id
        )
        leave.date_to = _at("03-11 15:59:59")
        leave.unlink()
        self.env.flush_all()
        with self.assertQueryCount(0):
            self._month()

    def test_customers_get_the_same_answer(self):
        """Their requests run against the same hours, though they may read no calendar."""
        portal = mail_new_test_user(self.env, login="guest", groups="base.group_portal")
        mine = self._month()
        self.env.registry.clear_cache()
        self.assertEqual(self._month(calendar=self.calendar.with_user(portal)), mine)

    def test_what_is_told_of_changes(self):
        """The calendars that changed; none named where all may have."""
        other = self._calendar()
        leave = self._leave(self.calendar, "03-09 16:00", "03-10 15:59:59")
        shared = self._leave(None, "03-10 16:00", "03-11 15:59:59")
        day = self._closed(self.calendar, "2026-03-12")
        for name, change, expected in (
            ("day moved", lambda: day.write({"calendar_id": other.id}), [self.calendar | other]),
            ("leave moved", lambda: leave.write({"calendar_id": other.id}), [self.calendar, other]),
            ("leaves of all", lambda: (leave | shared).write({"name": "Feast"}), [other.browse()]),
            ("nothing created", lambda: day.create([]), []),
            ("nothing deleted", lambda: day.browse().unlink(), []),
            ("no row created", lambda: other.attendance_ids.create([]), []),
            ("rows deleted", lambda: other.attendance_ids.unlink(), [other]),
        ):
            told = []
            with (
                self.subTest(name),
                patch.object(
                    type(other),
                    "_aftersales_forget_spans",
                    lambda calendars, told=told: told.append(calendars),
                ),
            ):
                change()
                self.assertEqual(told, expected)

    def test_each_company_has_its_own(self):
        shared = self._calendar(company_id=False)
        before = self._month(calendar=shared)
        self._leave(shared, "03-09 16:00", "03-10 15:59:59", company_id=self.other_company.id)
        self.assertEqual(self._month(calendar=shared), before)
        self.assertNotEqual(self._month(self.other_company, shared), before)


class TestHolidays(CalendarCommon):
    """Public holidays come from a library, are shown first, and become exception days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls._calendar()
        cls.manager = cls._user("manager", MANAGER)

    def _dialog(self, country="cn", year=2026, calendars=None, **values):
        """The dialog as the manager fills it in."""
        calendars = calendars or self.calendar
        dialog = self.env["aftersales.holiday.load"].with_context(
            active_model="resource.calendar",
            active_ids=calendars.ids,
            lang=self.manager.lang,
        )
        with Form(dialog.with_user(self.manager)) as form:
            form.country_id = self.env.ref(f"base.{country}")
            form.year = year
            for name, value in values.items():
                setattr(form, name, value)
        return form.record

    def _days(self, dialog, kind="closed"):
        return {f"{line.date:%m-%d}": line.name for line in dialog.line_ids if line.kind == kind}

    def test_china_has_substitute_holidays_and_make_up_days(self):
        dialog = self._dialog()
        make_up = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
        self.assertEqual(list(self._days(dialog, "working")), make_up)
        closed = self._days(dialog)
        self.assertIn("Day off", closed["10-07"])
        self.assertIn("National Day", closed["10-01"])
        self.assertEqual(dialog.line_ids[0].weekday, "Thursday")
        dialog.action_load()
        self.assertHours(self.calendar, "02-14", 8)
        self.assertHours(self.calendar, "02-16", 0)
        self.assertHours(self.calendar, "10-07", 0)
        self.assertHours(self.calendar, "10-10", 8)

    def test_korea_has_alternative_holidays(self):
        closed = self._days(self._dialog("kr"))
        for day in ("03-02", "05-25", "08-17", "10-05"):
            self.assertIn("Alternative holiday", closed[day])

    def test_names_are_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("ko_KR")
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager.lang = "ko_KR"
        self.assertEqual(self._days(self._dialog("kr"))["09-25"], "추석")
        self.manager.lang = "fr_FR"  # not offered for Korea
        self.assertEqual(self._days(self._dialog("kr"))["09-25"], "Chuseok")

    def test_loading_again_adds_nothing(self):
        first = self._dialog().action_load()["params"]["message"]
        self.assertIn("Closed days added: 22. Make-up working days added: 6.", first)
        days = self.calendar.aftersales_day_ids
        dialog = self._dialog()
        self.assertTrue(all(dialog.line_ids.mapped("is_known")))
        self.assertEqual(dialog.taken_count, 0)
        dialog.line_ids.is_taken = True
        message = dialog.action_load()["params"]["message"]
        self.assertIn("Closed days added: 0. Make-up working days added: 0.", message)
        self.assertIn("Already there: 28.", message)
        self.assertEqual(self.calendar.aftersales_day_ids, days)

    def test_what_was_decided_by_hand_stays(self):
        self._working(self.calendar, "2026-10-01", 9, 12)
        self._dialog().action_load()
        self.assertHours(self.calendar, "10-01", 3)

    def test_only_ticked_days_are_loaded(self):
        dialog = self._dialog()
        dialog.line_ids[1:].is_taken = False
        dialog.action_load()
        self.assertEqual(self.calendar.aftersales_day_ids.mapped("name"), ["New Year's Day"])

    def test_several_calendars_get_what_each_lacks(self):
        other = self._calendar()
        self._closed(other, "2026-10-01")
        dialog = self._dialog(calendars=self.calendar | other)
        self.assertFalse(any(dialog.line_ids.mapped("is_known")))
        message = dialog.action_load()["params"]["message"]
        self.assertIn("Closed days added: 43.", message)
        self.assertIn("Already there: 1.", message)
        self.assertEqual(len(other.aftersales_day_ids), 28)

    def test_nothing_of_odoos_own_changes(self):
        leaves = self.env["resource.calendar.leaves"].search_count([])
        self._dialog().action_load()
        self.assertEqual(self.env["resource.calendar.leaves"].search_count([]), leaves)

    def test_a_region_has_its_own(self):
        whole = self._dialog("de")
        self.assertIn("BY", whole.subdivisions)
        self.assertNotIn("01-06", self._days(whole))
        self.assertIn("01-06", self._days(self._dialog("de", subdivision="BY")))

    def test_the_region_of_the_company_is_proposed(self):
        self.company.country_id = self.env.ref("base.de")
        self.company.state_id = self.env.ref("base.state_de_by")
        self.assertEqual(self._dialog("de").subdivision, "BY")
        self.assertFalse(self._dialog("cn").subdivision)

    def test_what_cannot_be_loaded_says_why(self):
        for values, message in (
            ({"country": "xi"}, "No public holidays of Northern Ireland are on file. Enter them"),
            ({"year": 1900}, "Choose a year from 1950 to"),
            ({"year": 0}, "Choose a year from 1950 to"),
            ({"country": "de", "subdivision": "XX"}, "no region “XX” on file. Choose one of: BB"),
        ):
            dialog = self._dialog(**values)
            with self.subTest(values):
                self.assertRegex(dialog.problem, message)
                self.assertFalse(dialog.line_ids)
                with self.assertRaisesRegex(UserError, message):
                    dialog.action_load()

    def test_a_missing_library_is_named(self):
        dialog = self._dialog()
        with patch.object(type(dialog), "_get_library", lambda _dialog: None):
            with self.assertRaisesRegex(UserError, "Python package “holidays”"):
                dialog.action_load()
            self.assertIn("Python package “holidays”", self._dialog().problem)

    def test_make_up_days_that_are_not_announced_are_mentioned(self):
        self.assertFalse(self._dialog().notice)
        self.assertFalse(self._dialog("kr").notice)
        year = next(
            year for year in range(2026, 2100) if not self._days(self._dialog(year=year), "working")
        )
        self.assertIn("may not be announced yet", self._dialog(year=year).notice)

    def test_it_says_how_many_deadlines_move(self):
        self.assertEqual(self._dialog().moved, "This moves 0 deadlines.")
        target = {"milestone": "resolution", "amount": 8, "unit": "working_hour"}
        policy = self._sla({**target, "calendar_id": self.calendar.id})
        self._reported("2026-09-30 14:00", policy)  # over the first of October
        self.assertEqual(self._dialog().moved, "This moves 1 deadline.")
        self._reported("2026-09-30 14:00", policy)
        self._reported("2026-03-16 08:00", policy)  # done the same day
        self.assertEqual(self._dialog().moved, "This moves 2 deadlines.")

    def test_only_managers_load(self):
        agent = self._user("agent", "aftersales_service.group_aftersales_agent")
        with self.assertRaises(AccessError):
            self.env["aftersales.holiday.load"].with_user(agent).create({})

    # === WHICH CALENDARS LACK THEM === #

    def _needing(self, calendars):
        """Those that lack holidays; the field and its search say the same."""
        calendars.invalidate_recordset()
        Calendar = calendars.with_user(self.manager)
        needing = Calendar.search([("aftersales_needs_holidays", "=", True)])
        others = Calendar.search([("aftersales_needs_holidays", "=", False)])
        self.assertFalse(needing & others)
        self.assertLessEqual(calendars, needing | others)
        self.assertEqual(Calendar.filtered("aftersales_needs_holidays"), Calendar & needing)
        return calendars & needing

    def test_from_october_on_the_next_year_is_asked_for(self):
        self._dialog().action_load()
        for now, gap in (
            ("2026-09-30 12:00", False),
            ("2026-09-30 16:30", "2027"),  # October in Shanghai
            ("2026-12-31 12:00", "2027"),
            ("2027-03-01 12:00", "2027"),
        ):
            with self.subTest(now), freeze_time(now):
                self.assertEqual(bool(self._needing(self.calendar)), bool(gap))
                calendar = self.calendar.with_user(self.manager)
                self.assertEqual(calendar.aftersales_holiday_gap, gap)

    @freeze_time("2026-03-01")
    def test_what_counts_as_holidays(self):
        calendars = self.env["resource.calendar"].union(*(self._calendar() for _n in range(7)))
        empty, day, leave, make_up, personal, former, always = calendars
        person = self.env["resource.resource"].create({"name": "Fitter"})
        self._closed(day, "2026-12-31")
        self._working(make_up, "2026-02-14")
        self._leave(leave, "10-01 16:00", "10-02 15:59:59")
        self._leave(personal, "10-01 16:00", "10-02 15:59:59", resource_id=person.id)
        self._closed(former, "2025-12-31")
        always.with_user(self.manager).action_aftersales_serve_holidays()
        flexible = self._calendar(schedule_type="flexible")
        self.assertEqual(self._needing(calendars | flexible), empty | make_up | personal | former)

    @freeze_time("2026-03-01")
    def test_holidays_of_everybody_count_for_the_company(self):
        shared = self._calendar(company_id=False)
        elsewhere = self._calendar(company_id=self.other_company.id)
        calendars = self.calendar | shared | elsewhere
        self._leave(None, "10-01 16:00", "10-02 15:59:59", company_id=self.other_company.id)
        self.assertEqual(self._needing(calendars), self.calendar | shared)
        self._leave(None, "10-01 16:00", "10-02 15:59:59")
        self.assertFalse(self._needing(calendars))

    @freeze_time("2026-03-01")
    def test_a_new_year_begins_at_local_midnight(self):
        new_year, eve = self._calendar(), self._calendar()
        for calendar, start in ((new_year, "2025-12-31"), (eve, "2025-12-30")):
            start = datetime.fromisoformat(f"{start} 16:00")
            self.env["resource.calendar.leaves"].create(
                {
                    "calendar_id": calendar.id,
                    "date_from": start,
                    "date_to": start + timedelta(hours=24, seconds=-1),
                }
            )
        self.assertEqual(self._needing(new_year | eve), eve)

    def test_agents_do_not_decide_on_holidays(self):
        agent = self._user("agent", "aftersales_service.group_aftersales_agent")
        with self.assertRaises(AccessError):
            self.calendar.with_user(agent).action_aftersales_serve_holidays()

    def test_the_first_year_that_lacks_them_is_proposed(self):
        with freeze_time("2026-03-01"):
            self.assertEqual(self._proposed_year(), 2026)
            self._closed(self.calendar, "2026-05-01")
            self.assertEqual(self._proposed_year(), 2027)
        with freeze_time("2026-11-01"):
            self._closed(self.calendar, "2027-05-01")
            self.assertEqual(self._proposed_year(), 2028)

    def _proposed_year(self):
        dialog = self.env["aftersales.holiday.load"].with_context(
            active_model="resource.calendar", active_ids=self.calendar.ids
        )
        return Form(dialog.with_user(self.manager)).year

    def test_the_form_of_a_calendar_opens_for_everybody_concerned(self):
        self._closed(self.calendar, "2026-05-01")
        for user in (self.manager, self._user("clerk"), self.env.ref("base.user_admin")):
            Form(self.calendar.with_user(user))
        action = self.calendar.with_user(self.manager).action_aftersales_view_days()
        self.assertEqual(action["domain"], [("calendar_id", "=", self.calendar.id)])

    def test_an_administrator_edits_days_on_the_form(self):
        with Form(self.calendar.with_user(self.env.ref("base.user_admin"))) as form:
            with form.aftersales_day_ids.new() as day:
                day.date = "2026-03-14"
                day.kind = "working"
                day.hour_from, day.hour_to = 9, 11
        self.assertHours(self.calendar, "03-14", 2)


class TestAgainstMinutes(CalendarCommon):
    """Spans say of every minute what counting minutes by hand says."""

    ZONES = (
        "Asia/Shanghai",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # set forward by half an hour
        "Atlantic/Azores",  # midnight comes twice
        "Asia/Kolkata",
    )
    # days around the changes of the clock, and ordinary ones
    DAYS = ("03-07", "03-28", "04-04", "10-03", "10-24", "10-31", "06-10", "12-30")
    # not between 00:00 and 04:00, where hours come twice or never: Odoo's rule is tested above
    HOURS = (0, 4, 6.5, 8, 9.25, 12, 13, 17.75, 20, 22, 24)

    def setUp(self):
        super().setUp()
        self.dice = random.Random(2026)

    def test_random_calendars_and_windows(self):
        for _number in range(40):
            calendar, leaves = self._random_calendar()
            for _window in range(8):
                start = _at(self.dice.choice(self.DAYS)) + timedelta(
                    minutes=self.dice.randrange(-1440, 1440)
                )
                end = start + timedelta(minutes=self.dice.randrange(1, 2 * 1440))
                spans = calendar._aftersales_get_spans(start, end, self.company)
                with self.subTest(zone=calendar.tz, start=start, end=end):
                    self.assertEqual(self._count(calendar, leaves, start, end), spans)

    def _stretches(self, most):
        """Up to so many disjoint stretches of a day; they may touch."""
        hours = sorted(self.dice.sample(self.HOURS, 2 * self.dice.randint(0, most)))
        pairs = list(zip(hours[::2], hours[1::2], strict=True))
        if len(pairs) == 2 and self.dice.random() < 0.3:
            pairs[1] = (pairs[0][1], pairs[1][1])
        return pairs

    def _random_calendar(self):
        dice = self.dice
        two_weeks = dice.random() < 0.3
        rows = [
            (day, *hours, *((week,) if two_weeks else ()))
            for day in range(7)
            for week in (("0", "1") if two_weeks else (False,))
            for hours in self._stretches(2)
        ]
        calendar = self._calendar(rows, dice.choice(self.ZONES), two_weeks_calendar=two_weeks)
        anchors = [date.fromisoformat(f"2026-{day}") for day in self.DAYS]
        days = {
            anchor + timedelta(days=dice.randrange(5)) for anchor in anchors for _times in range(2)
        }
        for day in sorted(days):
            stretches = self._stretches(2)
            if stretches and dice.random() < 0.7:
                for hours in stretches:
                    self._working(calendar, day, *hours)
            else:
                self._closed(calendar, day)
        return calendar, [self._random_leave(calendar, anchor) for anchor in anchors]

    def _random_leave(self, calendar, anchor):
        """A leave; returns its instants if it counts."""
        dice = self.dice
        start = datetime.combine(anchor, datetime.min.time()) + timedelta(
            minutes=dice.randrange(3 * 1440)
        )
        end = start + timedelta(minutes=dice.randrange(1, 2 * 1440), seconds=-dice.choice((0, 1)))
        values = dice.choice(
            (
                {},
                {},
                {"company_id": self.other_company.id},
                {"time_type": "other"},
            )
        )
        self.env["resource.calendar.leaves"].create(
            {"name": "Leave", "calendar_id": calendar.id, "date_from": start, "date_to": end}
        ).write(values)
        return (start, end) if not values else (start, start)

    def _count(self, calendar, leaves, start, end):
        """The slow way: every minute asked by itself, with another library's time zones."""
        zone = tz.gettz(calendar.tz)
        week_rows, exceptions = self._read(calendar)
        minutes = []
        minute = start
        while minute < end:
            local = minute.replace(tzinfo=tz.UTC).astimezone(zone)
            hour = local.hour + local.minute / 60
            if local.date() in exceptions:
                hours = exceptions[local.date()]
            elif any(first <= minute < last for first, last in leaves):
                hours = ()
            else:
                week = (local.date() - date(1, 1, 1)).days // 7 % 2
                hours = week_rows.get((week, local.weekday()), ())
            if any(first <= hour < last for first, last in hours):
                minutes.append(minute)
            minute += timedelta(minutes=1)
        return self._join(minutes)

    def _read(self, calendar):
        week_rows, exceptions = {}, {}
        for row in calendar.attendance_ids:
            for week in (0, 1) if not calendar.two_weeks_calendar else (int(row.week_type),):
                key = (week, int(row.dayofweek))
                week_rows.setdefault(key, []).append((row.hour_from, row.hour_to))
        for day in calendar.aftersales_day_ids:
            exceptions.setdefault(day.date, []).append((day.hour_from, day.hour_to))
        return week_rows, exceptions

    def _join(self, minutes):
        spans = []
        for minute in minutes:
            if spans and spans[-1][1] == minute:
                spans[-1] = (spans[-1][0], minute + timedelta(minutes=1))
            else:
                spans.append((minute, minute + timedelta(minutes=1)))
        return spans
