"""Alarms of recurring faults, by example and by property."""

import doctest
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic import fault_alarms
from odoo.addons.aftersales_service.logic.fault_alarms import (
    Alarm,
    Level,
    due_alarms,
    period_end,
    period_start,
)

MARCH = date(2026, 3, 1)


def test_examples_in_docstrings():
    assert doctest.testmod(fault_alarms).failed == 0


def test_s_r28_3_the_third_alarms_once():
    monthly = {Level.MONTH: 3}
    assert due_alarms({MARCH: 2}, monthly) == []
    third = due_alarms({MARCH: 3}, monthly)
    assert third == [Alarm(Level.MONTH, MARCH, date(2026, 3, 31), 3)]
    assert due_alarms({MARCH: 4}, monthly, {(Level.MONTH, MARCH)}) == []


def test_quarters_and_years_add_up_their_months():
    months = {date(2026, 1, 1): 2, date(2026, 2, 1): 2, date(2026, 11, 1): 3}
    found = due_alarms(months, {Level.MONTH: 9, Level.QUARTER: 4, Level.YEAR: 7})
    assert found == [
        Alarm(Level.QUARTER, date(2026, 1, 1), date(2026, 3, 31), 4),
        Alarm(Level.YEAR, date(2026, 1, 1), date(2026, 12, 31), 7),
    ]


def test_zero_never_alarms_and_neither_does_what_was_over_before():
    assert due_alarms({MARCH: 99}, {Level.MONTH: 0}) == []
    assert due_alarms({MARCH: 99}, {Level.MONTH: 1}, since=date(2026, 4, 1)) == []
    assert due_alarms({MARCH: 99}, {Level.MONTH: 1}, since=date(2026, 3, 31))


days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(days, st.sampled_from(Level))
def test_every_day_lies_in_its_period(day, level):
    start = period_start(day, level)
    assert start <= day <= period_end(start, level)
    assert period_start(period_end(start, level), level) == start


@given(
    st.dictionaries(days.map(lambda day: day.replace(day=1)), st.integers(1, 9), max_size=8),
    st.dictionaries(st.sampled_from(Level), st.integers(0, 20)),
)
def test_what_was_raised_is_not_raised_again(months, thresholds):
    first = due_alarms(months, thresholds)
    raised = {(alarm.level, alarm.start) for alarm in first}
    assert len(raised) == len(first)
    assert due_alarms(months, thresholds, raised) == []
    assert all(alarm.count >= thresholds[alarm.level] for alarm in first)
