"""Shares of jobs against the limits a service set itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.goals import is_met, rate


@pytest.mark.parametrize(
    ("part", "limit", "at_most", "expected"),
    [
        (3, 1, True, True),  # S-R14-1: 1.00 % is not above 1 %
        (4, 1, True, False),
        (0, 1, True, True),
        (270, 90, False, True),
        (269, 90, False, False),
    ],
)
def test_is_met_of_300_jobs(part, limit, at_most, expected):
    assert is_met(part, 300, limit, at_most=at_most) is expected


def test_of_nothing_nothing_is_said():
    assert rate(0, 0) is None
    assert is_met(0, 0, 1) is None


@given(st.integers(1, 10**6), st.integers(0, 1000))
def test_a_limit_typed_in_decimals_is_exact(thousands, per_mille):
    whole, part = 1000 * thousands, per_mille * thousands
    limit = per_mille / 10
    assert is_met(part, whole, limit)
    assert is_met(part, whole, limit, at_most=False)
    assert not is_met(part + 1, whole, limit)
