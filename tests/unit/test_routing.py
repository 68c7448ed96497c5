"""Routing rules and the spread of work, by example and by property."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic import routing
from odoo.addons.aftersales_service.logic.routing import Criterion, Rule, Subject

CHINA, KOREA, SHANDONG = 48, 113, 7


def test_examples_in_docstrings():
    assert doctest.testmod(routing).failed == 0


@pytest.mark.parametrize(
    ("postcode", "first", "last", "inside"),
    [
        ("266001", "26", "27", True),
        ("266001", "266001", "", True),
        ("266 001", "266-001", "266-100", True),
        ("266001", "27", "28", False),
        ("2", "26", "27", False),
        ("", "26", "27", False),
        ("sw1a 1aa", "SW", "", True),
        ("SW1A1AA", "N", "", False),
    ],
)
def test_postcodes_are_compared_by_their_first_characters(postcode, first, last, inside):
    assert routing.in_range(postcode, first, last) is inside


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule(1), True),
        (Rule(1, countries=frozenset({CHINA, KOREA})), True),
        (Rule(1, countries=frozenset({KOREA})), False),
        (Rule(1, countries=frozenset({CHINA}), states=frozenset({SHANDONG})), True),
        (Rule(1, zip_from="26", zip_to="27"), True),
        (Rule(1, zip_from="30", zip_to="31"), False),
        (Rule(1, kinds=frozenset({5})), False),
        (Rule(1, categories=frozenset({2})), True),
        (Rule(1, customers=frozenset({9})), False),
    ],
)
def test_every_criterion_of_a_rule_must_fit(rule, fits):
    subject = Subject(
        country=CHINA,
        state=SHANDONG,
        postcode="266001",
        kind=4,
        categories=frozenset({1, 2}),
        customers=frozenset({8}),
    )
    assert bool(routing.fit(rule, subject)) is fits


def test_a_fit_tells_what_fitted():
    rule = Rule(1, countries=frozenset({CHINA, KOREA}), zip_from="26")
    found = routing.fit(rule, Subject(country=CHINA, postcode="266001"))
    assert found.why == {Criterion.COUNTRY: {CHINA}, Criterion.POSTCODE: frozenset()}


def test_the_first_rule_that_fits_wins():
    rules = [Rule(1, countries=frozenset({KOREA})), Rule(2), Rule(3)]
    assert routing.first_fit(rules, Subject(country=CHINA)).rule.key == 2
    assert routing.first_fit(rules, Subject(country=KOREA)).rule.key == 1
    assert routing.first_fit([], Subject()) is None


loads = st.dictionaries(st.integers(0, 9), st.integers(0, 30), min_size=1)


@given(loads, st.integers(0, 60))
def test_everything_is_handed_out(desks, number):
    assert len(routing.spread(desks, number)) == number


@given(loads, st.integers(0, 60))
def test_nobody_who_got_something_has_more_than_another_and_one(desks, number):
    after = dict(desks)
    for taker in routing.spread(desks, number):
        assert after[taker] == min(after.values())
        after[taker] += 1


def test_nobody_there_takes_nothing():
    assert routing.spread({}, 3) == []
