"""Arithmetic of terms: tables for the borders that regimes name, properties for all the rest."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.errors import BrokenChainError, InvalidTermError
from odoo.addons.aftersales_service.logic.warranty_terms import (
    ENDING_SOON,
    NOT_STARTED,
    CoverState,
    Extension,
    Period,
    StartEvent,
    Term,
    TermUnit,
    add_up,
    cover_state,
    event_date,
    last_covered_day,
    schedule,
)

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
COUNTED = st.sampled_from([TermUnit.DAY, TermUnit.MONTH, TermUnit.YEAR])
LENGTHS = st.integers(1, 120)


@pytest.mark.parametrize(
    ("first", "length", "unit", "last"),
    [
        ("2026-03-10", 12, "month", "2027-03-09"),  # A2
        ("2026-03-10", 90, "day", "2026-06-07"),  # S-R33-1
        ("2026-03-10", 6, "year", "2032-03-09"),  # S-R12-1
        ("2026-04-30", 2, "year", "2028-04-29"),  # S-R38-1
        ("2026-01-31", 1, "month", "2026-02-27"),  # clipped, counted from the anchor
        ("2026-01-31", 2, "month", "2026-03-30"),  # … and not drifting
        ("2024-02-29", 1, "year", "2025-02-27"),
        ("2026-03-10", 0, "lifetime", None),
    ],
)
def test_last_covered_day(first, length, unit, last):
    expected = last and date.fromisoformat(last)
    assert last_covered_day(date.fromisoformat(first), length, TermUnit(unit)) == expected


@pytest.mark.parametrize("length", [0, -3])
def test_a_term_without_length_is_refused(length):
    with pytest.raises(InvalidTermError, match="covers no day") as caught:
        last_covered_day(date(2026, 1, 1), length, TermUnit.MONTH)
    assert (caught.value.length, caught.value.unit) == (length, "month")


@given(DAYS, LENGTHS, LENGTHS, COUNTED)
def test_a_longer_term_never_ends_sooner(first, one, other, unit):
    short, long = sorted((one, other))
    assert last_covered_day(first, short, unit) <= last_covered_day(first, long, unit)


@given(DAYS, LENGTHS, COUNTED)
def test_a_term_covers_its_own_first_and_last_day(first, length, unit):
    last = last_covered_day(first, length, unit)
    period = Period(first, last)
    assert period.covers(first)
    assert period.covers(last)
    assert not period.covers(first - timedelta(days=1))
    assert not period.covers(last + timedelta(days=1))


@given(DAYS, st.integers(1, 60))
def test_months_never_drift(first, count):
    """The n-th month begins on the anchor's day, or at the month's end where that is missing."""
    following = last_covered_day(first, count, TermUnit.MONTH) + timedelta(days=1)
    end_of_month = (following.replace(day=28) + timedelta(days=4)).replace(day=1)
    assert following.day == min(first.day, (end_of_month - timedelta(days=1)).day)


def test_a_period_for_life_and_one_not_started():
    for_life = Period(date(2026, 3, 10), None)
    assert for_life.lifelong
    assert for_life.started
    assert for_life.covers(date(2999, 1, 1))
    assert not NOT_STARTED.covers(date(2026, 3, 10))
    assert not NOT_STARTED.started
    assert not NOT_STARTED.lifelong


@pytest.mark.parametrize(
    ("delivered", "accepted", "expected"),
    [
        ("2026-02-20", "2026-03-10", "2026-03-10"),  # S-R09-1
        ("2026-03-10", "2026-02-20", "2026-03-10"),
        ("2026-03-10", None, None),
        (None, "2026-03-10", None),
    ],
)
def test_later_of_delivery_and_acceptance(delivered, accepted, expected):
    events = {
        StartEvent.DELIVERY: delivered and date.fromisoformat(delivered),
        StartEvent.ACCEPTANCE: accepted and date.fromisoformat(accepted),
    }
    found = event_date(StartEvent.DELIVERY_ACCEPTANCE, events)
    assert found == (expected and date.fromisoformat(expected))


def _term(key, start, length, unit="month", component=None):
    return Term(key, StartEvent(start), length, TermUnit(unit), component)


def test_phases_follow_each_other_without_a_gap():
    """S-R43-1: 24 months of warranty, then three years of free maintenance, then for life."""
    periods = schedule(
        [
            _term(1, "acceptance", 24),
            _term(2, "previous", 3, "year"),
            _term(3, "previous", 0, "lifetime"),
        ],
        {StartEvent.ACCEPTANCE: date(2026, 3, 10)},
    )
    assert periods == {
        1: Period(date(2026, 3, 10), date(2028, 3, 9)),
        2: Period(date(2028, 3, 10), date(2031, 3, 9)),
        3: Period(date(2031, 3, 10), None),
    }


def test_nothing_starts_behind_a_phase_that_has_not_started_or_never_ends():
    waiting = schedule([_term(1, "acceptance", 24), _term(2, "previous", 12)], {})
    assert waiting == {1: NOT_STARTED, 2: NOT_STARTED}
    endless = schedule(
        [_term(1, "delivery", 0, "lifetime"), _term(2, "previous", 12)],
        {StartEvent.DELIVERY: date(2026, 3, 10)},
    )
    assert endless[2] == NOT_STARTED


def test_components_are_chained_apart():
    periods = schedule(
        [
            _term("whole", "delivery", 12),
            _term("pole", "delivery", 240, component="pole"),
            _term("care", "previous", 12),
        ],
        {StartEvent.DELIVERY: date(2026, 3, 10)},
    )
    assert periods["care"].first == date(2027, 3, 10)


def test_a_chain_needs_something_to_follow():
    with pytest.raises(BrokenChainError, match="'care'") as caught:
        schedule([_term("care", "previous", 12)], {})
    assert caught.value.key == "care"


@given(DAYS, LENGTHS, COUNTED, st.integers(0, 400), LENGTHS)
def test_an_extension_moves_the_end_and_what_follows(first, length, unit, extra, next_length):
    terms = [_term(1, "delivery", length, unit), _term(2, "previous", next_length, "day")]
    events = {StartEvent.DELIVERY: first}
    plain, extended = schedule(terms, events), schedule(terms, events, {1: Extension(days=extra)})
    assert extended[1].last - plain[1].last == timedelta(days=extra)
    assert extended[2].first - plain[2].first == timedelta(days=extra)


def test_an_extension_of_something_for_life_changes_nothing():
    terms = [_term(1, "delivery", 0, "lifetime")]
    events = {StartEvent.DELIVERY: date(2026, 3, 10)}
    assert schedule(terms, events, {1: Extension(12, 30)}) == schedule(terms, events)


GRANTS = st.lists(st.tuples(st.integers(1, 40), COUNTED), max_size=6)


@given(DAYS, LENGTHS, COUNTED, GRANTS, st.randoms())
def test_extensions_commute(first, length, unit, grants, random):
    shuffled = grants.copy()
    random.shuffle(shuffled)
    assert last_covered_day(first, length, unit, add_up(grants)) == last_covered_day(
        first, length, unit, add_up(shuffled)
    )


@given(GRANTS, GRANTS)
def test_extensions_carried_over_add_up(before, since):
    assert add_up(before) + add_up(since) == add_up(before + since)


@given(DAYS, LENGTHS, COUNTED, GRANTS)
def test_an_extension_never_shortens(first, length, unit, grants):
    plain = last_covered_day(first, length, unit)
    assert last_covered_day(first, length, unit, add_up(grants)) >= plain


def test_s_r29_7_battery_with_ten_days_of_repair():
    downtime = [(date(2026, 8, 3), date(2026, 8, 13)), (date(2026, 8, 5), date(2026, 8, 10))]
    events = {StartEvent.INVOICE: date(2026, 6, 1)}
    periods = schedule([_term("battery", "invoice", 6)], events, downtime=downtime)
    assert periods["battery"].last == date(2026, 12, 10)


def test_downtime_lengthens_what_was_running_and_moves_what_follows():
    terms = [_term(1, "delivery", 12), _term(2, "previous", 12)]
    events = {StartEvent.DELIVERY: date(2026, 1, 1)}
    first = (date(2026, 12, 25), date(2027, 1, 4))
    inside_given_back = (date(2027, 1, 8), date(2027, 1, 10))
    later = (date(2027, 6, 1), date(2027, 6, 11))
    periods = schedule(terms, events, downtime=[later, inside_given_back, first])
    assert periods == {
        1: Period(date(2026, 1, 1), date(2027, 1, 12)),
        2: Period(date(2027, 1, 13), date(2028, 1, 22)),
    }


def test_downtime_before_the_start_and_of_something_for_life_changes_nothing():
    events = {StartEvent.DELIVERY: date(2026, 1, 1)}
    before = [(date(2025, 1, 1), date(2025, 2, 1))]
    during = [(date(2026, 3, 1), date(2026, 4, 1))]
    counted, for_life = [_term(1, "delivery", 12)], [_term(1, "delivery", 0, "lifetime")]
    assert schedule(counted, events, downtime=before) == schedule(counted, events)
    assert schedule(for_life, events, downtime=during) == schedule(for_life, events)


def test_s_r32_3_five_days_of_missed_guarantee():
    grants = [(5, TermUnit.DAY)]
    assert last_covered_day(date(2026, 4, 19), 1, TermUnit.YEAR, add_up(grants)) == date(
        2027, 4, 23
    )


@pytest.mark.parametrize(
    ("first", "last", "ended", "state"),
    [
        (None, None, None, "not_started"),
        ("2026-06-02", "2027-06-01", None, "not_started"),
        ("2026-06-01", "2027-05-31", None, "covered"),  # the first day is covered
        ("2026-01-01", None, None, "covered"),  # for life
        ("2026-01-01", "2026-08-31", None, "covered"),
        ("2026-01-01", "2026-08-30", None, "expiring"),  # 90 days left
        ("2026-01-01", "2026-06-01", None, "expiring"),  # the last day is covered
        ("2026-01-01", "2026-05-31", None, "expired"),
        ("2026-01-01", "2027-05-31", "2026-06-01", "expired"),  # given back today
        ("2026-01-01", "2027-05-31", "2026-06-02", "covered"),
        (None, None, "2026-01-01", "expired"),
    ],
)
def test_cover_state(first, last, ended, state):
    days = [day and date.fromisoformat(day) for day in (first, last, ended)]
    assert cover_state(Period(*days[:2]), date(2026, 6, 1), days[2]) == state


@given(first=DAYS, length=LENGTHS, unit=COUNTED, today=DAYS)
def test_cover_state_agrees_with_the_covered_days(first, length, unit, today):
    period = Period(first, last_covered_day(first, length, unit))
    state = cover_state(period, today)
    assert period.covers(today) == (state in (CoverState.COVERED, CoverState.EXPIRING))
    if state == CoverState.EXPIRING:
        assert period.last - today <= ENDING_SOON
