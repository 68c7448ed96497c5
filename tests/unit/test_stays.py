"""Stays: from the first thing that came in until nothing is left."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.spans import total
from odoo.addons.aftersales_service.logic.stays import balance, stays

START = datetime(2026, 3, 1)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 1000).map(lambda hours: START + timedelta(hours=hours)),
        st.sampled_from([-2.0, -1.0, 1.0, 2.0]),
    ),
    max_size=8,
)


def _at(day):
    return START + timedelta(days=day)


def test_in_and_out_is_one_stay():
    assert stays([(_at(9), -1), (_at(2), 1)]) == [(_at(2), _at(9))]


def test_what_is_still_here_has_no_end():
    assert stays([(_at(2), 1)]) == [(_at(2), None)]
    assert balance([(_at(2), 1)]) == 1


def test_a_stay_ends_with_the_last_piece():
    events = [(_at(1), 3), (_at(4), -1), (_at(6), -2), (_at(8), 1), (_at(9), -1)]
    assert stays(events) == [(_at(1), _at(6)), (_at(8), _at(9))]


def test_parts_of_a_whole_add_up():
    assert stays([(_at(1), 0.1), (_at(1), 0.2), (_at(3), -0.3)]) == [(_at(1), _at(3))]


def test_what_left_without_coming_in_is_no_stay():
    assert stays([(_at(1), -1)]) == []
    assert balance([(_at(1), -1)]) == 0


@given(EVENTS)
def test_stays_are_in_order_and_apart(events):
    found = stays(events)
    edges = [edge for stay in found for edge in stay if edge]
    assert edges == sorted(edges)
    assert all(end for _start, end in found[:-1])


@given(EVENTS)
def test_all_stays_lie_between_the_first_and_the_last_event(events):
    found = [stay for stay in stays(events) if stay[1]]
    longest = max((when for when, _ in events), default=START) - min(
        (when for when, _ in events), default=START
    )
    assert total(found) <= longest
