"""Spans: union and length, also of spans that overlap, touch or are empty."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.spans import clip, merge, subtract, total

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
SPANS = st.lists(st.tuples(DAYS, DAYS), max_size=8)


def _days(spans):
    """The slow way: every day counted by itself."""
    return {
        start + timedelta(days=number)
        for start, end in spans
        for number in range((end - start).days)
    }


def test_waiting_for_parts_inside_the_repair_counts_once():
    """S-R29-7: ten days, not fifteen."""
    repair = (date(2026, 8, 3), date(2026, 8, 13))
    waiting = (date(2026, 8, 5), date(2026, 8, 10))
    assert total([repair, waiting]) == timedelta(days=10)


def test_touching_spans_become_one():
    first, second = (date(2026, 1, 1), date(2026, 1, 5)), (date(2026, 1, 5), date(2026, 1, 9))
    assert merge([second, first]) == [(date(2026, 1, 1), date(2026, 1, 9))]


@given(SPANS)
def test_the_union_never_counts_a_day_twice(spans):
    assert total(spans).days == len(_days(spans))


@given(SPANS)
def test_merged_spans_are_disjoint_and_in_order(spans):
    merged = merge(spans)
    assert all(start < end for start, end in merged)
    assert all(before[1] < after[0] for before, after in zip(merged, merged[1:], strict=False))


@given(SPANS, SPANS)
def test_more_spans_never_last_shorter(some, more):
    assert total(some + more) >= total(some)


def test_a_closed_day_splits_a_span():
    span = (date(2026, 1, 1), date(2026, 1, 9))
    hole = (date(2026, 1, 3), date(2026, 1, 4))
    left = [(span[0], hole[0]), (hole[1], span[1])]
    assert subtract([span], [hole]) == left
    elsewhere = [(date(2025, 1, 1), span[0]), (span[1], date(2027, 1, 1))]
    assert subtract([span], elsewhere) == [span]


@given(SPANS, SPANS)
def test_what_is_left_is_what_no_hole_takes(spans, holes):
    left = subtract(spans, holes)
    assert _days(left) == _days(spans) - _days(holes)
    assert merge(left) == left


@given(SPANS, DAYS, DAYS)
def test_a_window_keeps_the_days_inside_it(spans, start, end):
    clipped = clip(spans, start, end)
    assert _days(clipped) == {day for day in _days(spans) if start <= day < end}
    assert merge(clipped) == clipped


def test_a_hole_may_begin_with_the_span_or_end_with_it():
    first, second, third = (date(2026, 3, day) for day in (1, 5, 9))
    assert subtract([(first, third)], [(first, second)]) == [(second, third)]
    assert subtract([(first, third)], [(second, third)]) == [(first, second)]
    assert subtract([(first, third)], [(first, third)]) == []
