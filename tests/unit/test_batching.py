"""Batches: cut-off day, rhythm, and never a month before the report (R35.04, S-R35-1)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.batching import (
    Rhythm,
    batch_month,
    cutoff_date,
    day_in_month,
    next_month,
)
from odoo.addons.aftersales_service.logic.errors import InvalidRhythmError

MONTHLY = Rhythm(date(2026, 1, 1), 1, 20)
ODD_MONTHS = Rhythm(date(2026, 1, 15), 2, 20)
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
RHYTHMS = st.builds(Rhythm, DAYS, st.integers(1, 12), st.integers(1, 31))


@pytest.mark.parametrize(
    ("rhythm", "reported", "month"),
    [
        (MONTHLY, date(2026, 3, 18), date(2026, 3, 1)),
        (MONTHLY, date(2026, 3, 20), date(2026, 3, 1)),
        (MONTHLY, date(2026, 3, 21), date(2026, 4, 1)),
        (MONTHLY, date(2026, 3, 22), date(2026, 4, 1)),
        (MONTHLY, date(2026, 12, 21), date(2027, 1, 1)),
        (ODD_MONTHS, date(2026, 3, 18), date(2026, 3, 1)),
        (ODD_MONTHS, date(2026, 3, 22), date(2026, 5, 1)),
        (ODD_MONTHS, date(2026, 4, 3), date(2026, 5, 1)),
        (ODD_MONTHS, date(2026, 4, 25), date(2026, 5, 1)),
        (ODD_MONTHS, date(2026, 11, 21), date(2027, 1, 1)),
        (ODD_MONTHS, date(2025, 3, 18), date(2026, 1, 1)),
        (Rhythm(date(2026, 1, 1), 1, 31), date(2026, 2, 28), date(2026, 2, 1)),
        (Rhythm(date(2026, 1, 1), 5, 10), date(2026, 6, 11), date(2026, 11, 1)),
    ],
)
def test_a_report_joins_the_batch_of(rhythm, reported, month):
    assert batch_month(reported, rhythm) == month


def test_the_next_batch_keeps_the_rhythm():
    assert next_month(date(2026, 3, 1), MONTHLY) == date(2026, 4, 1)
    assert next_month(date(2026, 3, 1), ODD_MONTHS) == date(2026, 5, 1)


def test_short_months_end_with_their_last_day():
    assert day_in_month(date(2026, 2, 1), 31) == date(2026, 2, 28)
    assert day_in_month(date(2028, 2, 9), 30) == date(2028, 2, 29)
    assert cutoff_date(date(2026, 3, 31), MONTHLY) == date(2026, 3, 20)


@pytest.mark.parametrize(("every", "day"), [(0, 20), (-1, 20), (1, 0), (1, 32)])
def test_a_rhythm_that_never_comes_is_refused(every, day):
    with pytest.raises(InvalidRhythmError, match="No batch"):
        Rhythm(date(2026, 1, 1), every, day)


@settings(max_examples=300)
@given(DAYS, RHYTHMS)
def test_a_batch_is_never_before_its_report(reported, rhythm):
    assert cutoff_date(batch_month(reported, rhythm), rhythm) >= reported


@settings(max_examples=300)
@given(DAYS, RHYTHMS)
def test_a_batch_is_always_on_the_rhythm(reported, rhythm):
    month = batch_month(reported, rhythm)
    apart = (month.year - rhythm.first.year) * 12 + month.month - rhythm.first.month
    assert apart >= 0
    assert apart % rhythm.every == 0


@settings(max_examples=300)
@given(DAYS, DAYS, RHYTHMS)
def test_who_reports_later_is_never_served_earlier(one, other, rhythm):
    first, second = sorted((one, other))
    assert batch_month(first, rhythm) <= batch_month(second, rhythm)


@settings(max_examples=300)
@given(DAYS, RHYTHMS)
def test_no_batch_of_the_rhythm_is_skipped(reported, rhythm):
    """A day after the cut-off of its batch, the next batch is the one to join."""
    month = batch_month(reported, rhythm)
    late = cutoff_date(month, rhythm) + timedelta(days=1)
    assert batch_month(late, rhythm) == next_month(month, rhythm)
