"""Suggestions from finished repairs, by example and by property."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.suggestions import MOST, Suggestion, Tally, suggest

PUMP, OTHER_PUMP = 1, 2
SEAL, BEARING, MOTOR, CABLE = 11, 12, 13, 14


def test_the_products_own_repairs_count_where_they_are_enough():
    tallies = [Tally(PUMP, SEAL, 5, 5), Tally(OTHER_PUMP, BEARING, 90, 90)]
    assert suggest(tallies, PUMP) == [Suggestion(SEAL, 5, 5, 5)]


def test_few_own_repairs_are_counted_with_the_familys():
    tallies = [
        Tally(PUMP, SEAL, 3, 3),
        Tally(OTHER_PUMP, SEAL, 9, 8),
        Tally(OTHER_PUMP, MOTOR, 3, 3),
    ]
    assert suggest(tallies, PUMP) == [Suggestion(SEAL, 12, 11, 15), Suggestion(MOTOR, 3, 3, 15)]


def test_what_held_comes_first():
    tallies = [Tally(PUMP, SEAL, 8, 2), Tally(PUMP, BEARING, 4, 4)]
    assert [each.key for each in suggest(tallies, PUMP)] == [BEARING, SEAL]


def test_only_the_best_are_shown_and_what_nobody_recorded_is_not_counted():
    tallies = [Tally(PUMP, key, 10 - key % 10, 0) for key in (SEAL, BEARING, MOTOR, CABLE)]
    found = suggest([*tallies, Tally(PUMP, None, 50, 50)], PUMP)
    assert [each.key for each in found] == [SEAL, BEARING, MOTOR]
    assert {each.total for each in found} == {9 + 8 + 7 + 6}


def test_nothing_known_suggests_nothing():
    assert suggest([], PUMP) == []


@st.composite
def tallies(draw):
    number = draw(st.integers(1, 50))
    key = draw(st.none() | st.sampled_from([SEAL, BEARING, MOTOR, CABLE]))
    return Tally(draw(st.sampled_from([1, 2])), key, number, draw(st.integers(0, number)))


@given(st.lists(tallies()))
def test_suggestions_are_ranked_parts_of_the_whole(known):
    found = suggest(known, PUMP)
    assert len(found) <= MOST
    assert sum(each.count for each in found) <= (found[0].total if found else 0)
    ranks = [(-each.held, -each.count) for each in found]
    assert ranks == sorted(ranks)
