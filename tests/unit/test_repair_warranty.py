"""The warranty on a repair itself: which days, and which later faults it answers for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.repair_warranty import (
    RepairPromise,
    governing,
    repair_period,
)
from odoo.addons.aftersales_service.logic.warranty_terms import NOT_STARTED, Period, TermUnit

BACK = date(2026, 3, 10)
PERIOD = Period(BACK, date(2026, 6, 9))
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@pytest.mark.parametrize(
    ("back", "length", "unit", "last"),
    [
        (BACK, 90, TermUnit.DAY, date(2026, 6, 7)),
        (BACK, 1, TermUnit.DAY, BACK),
        (BACK, 3, TermUnit.MONTH, date(2026, 6, 9)),
        (BACK, 1, TermUnit.YEAR, date(2027, 3, 9)),
        (date(2026, 1, 31), 1, TermUnit.MONTH, date(2026, 2, 27)),
    ],
)
def test_last_day_is_start_plus_length_less_one_day(back, length, unit, last):
    assert repair_period(back, length, unit) == Period(back, last)


@pytest.mark.parametrize(("back", "length"), [(None, 3), (BACK, 0), (None, 0)])
def test_nothing_runs_before_the_unit_is_back_or_without_a_promise(back, length):
    assert repair_period(back, length, TermUnit.MONTH) == NOT_STARTED


@pytest.mark.parametrize(
    ("promise", "fault", "component", "answers"),
    [
        ({"fault": "leak"}, "leak", None, True),
        ({"fault": "leak"}, "noise", None, False),
        ({"fault": "leak"}, None, None, False),
        ({}, None, None, False),
        ({}, "leak", None, False),
        # the same fault, but of another part
        ({"fault": "leak", "component": "seal"}, "leak", "hose", False),
        ({"fault": "leak", "component": "seal"}, "leak", "seal", True),
        ({"fault": "leak", "component": "seal"}, "leak", None, True),
        # another fault of a part: only if the part was replaced
        ({"fault": "leak", "component": "seal"}, "noise", "seal", False),
        ({"fault": "leak", "component": "seal", "replaced": True}, "noise", "seal", True),
        ({"fault": "leak", "component": "seal", "replaced": True}, None, "seal", True),
        ({"fault": "leak", "component": "seal", "replaced": True}, "noise", "hose", False),
        ({"fault": "leak", "replaced": True}, "noise", None, False),
    ],
)
def test_which_fault_a_repair_answers_for(promise, fault, component, answers):
    row = RepairPromise("r", PERIOD, **promise)
    assert row.answers_for(BACK, fault, component) is answers, (promise, fault, component)


@pytest.mark.parametrize(
    ("on", "answers"),
    [
        (BACK - timedelta(days=1), False),
        (BACK, True),
        (date(2026, 6, 9), True),
        (date(2026, 6, 10), False),
    ],
)
def test_both_ends_are_covered(on, answers):
    assert RepairPromise("r", PERIOD, "leak").answers_for(on, "leak", None) is answers


def test_of_several_the_one_that_ends_last_governs():
    short = RepairPromise("short", PERIOD, "leak")
    longer = RepairPromise("longer", Period(BACK, date(2026, 12, 9)), "leak")
    endless = RepairPromise("endless", Period(BACK, None), "leak")
    other = RepairPromise("other", Period(BACK, date(2029, 3, 9)), "noise")
    assert governing([short, longer, other], BACK, "leak", None) == longer
    assert governing([endless, longer], BACK, "leak", None) == endless
    assert governing([short], BACK, "noise", None) is None
    assert governing([], BACK, "leak", None) is None


@given(DAYS, st.integers(1, 400), st.sampled_from([TermUnit.DAY, TermUnit.MONTH]))
def test_the_day_of_hand_back_is_always_covered(back, length, unit):
    period = repair_period(back, length, unit)
    assert period.covers(back)
    assert not period.covers(back - timedelta(days=1))
    assert not period.covers(period.last + timedelta(days=1))


@given(DAYS, st.integers(1, 400))
def test_a_longer_warranty_never_ends_sooner(back, length):
    shorter = repair_period(back, length, TermUnit.DAY)
    assert repair_period(back, length + 1, TermUnit.DAY).last > shorter.last
