"""Repeat repairs: what comes back, and how often, by example and by property."""

import doctest
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic import repeats
from odoo.addons.aftersales_service.logic.repeats import Job, Scope, Watch, count, find_repeated

D1, D2, D3, NETWORK = 1, 2, 3, 9
TABLE = frozenset({D1, D2})


def test_examples_in_docstrings():
    assert doctest.testmod(repeats).failed == 0


def job(key, fault, failed, repaired=None, taken=None):
    """A job with ISO days: taken in at eight (on the day of failure), repaired at noon."""
    done = repaired and date.fromisoformat(repaired)
    return Job(
        key,
        fault,
        date.fromisoformat(failed),
        datetime.combine(date.fromisoformat(taken or failed), time(8)),
        done and datetime.combine(done, time(12)),
        done or None,
    )


#: Earlier job, later job, watch, whether the later repeats the earlier.
FIRST = job(1, D1, "2026-05-01", "2026-05-10")


@pytest.mark.parametrize(
    ("later", "watch", "repeats"),
    [
        # the window: day 90 is in, day 91 is out, 0 days is for ever
        (job(2, D1, "2026-08-08"), Watch(days=90), True),
        (job(2, D1, "2026-08-09"), Watch(days=90), False),
        (job(2, D1, "2036-08-09"), Watch(days=0), True),
        # scopes
        (job(2, D2, "2026-06-01"), Watch(Scope.SAME_FAULT), False),
        (job(2, None, "2026-06-01"), Watch(Scope.SAME_FAULT), False),
        (job(2, D1, "2026-06-01"), Watch(Scope.NONE), False),
        (job(2, D2, "2026-06-01"), Watch(Scope.LISTED_FAULT, listed=TABLE), True),
        (job(2, NETWORK, "2026-06-01"), Watch(Scope.LISTED_FAULT, listed=TABLE), False),
        (job(2, D1, "2026-06-01"), Watch(Scope.LISTED_FAULT, listed=frozenset({D2})), False),
        (job(2, D3, "2026-06-01"), Watch(Scope.LISTED_FAULT), True),
        (job(2, None, "2026-06-01"), Watch(Scope.LISTED_FAULT), False),
        (job(2, None, "2026-06-01"), Watch(Scope.ANY_FAULT), True),
        # failed before the repair, brought after it: never right, where it is the same fault
        (job(2, D1, "2026-05-02", taken="2026-05-20"), Watch(), True),
        (job(2, D2, "2026-05-02", taken="2026-05-20"), Watch(Scope.ANY_FAULT), False),
        (job(2, None, "2026-05-02", taken="2026-05-20"), Watch(Scope.ANY_FAULT), False),
        # brought before the other one was done: two jobs at once
        (job(2, D1, "2026-05-02"), Watch(), False),
        # on the day of the repair, but after it
        (job(2, D1, "2026-05-10", taken="2026-05-11"), Watch(), True),
    ],
)
def test_what_comes_back(later, watch, repeats):
    assert (find_repeated(later, [FIRST, later], watch) == FIRST) is repeats


def test_the_last_of_several_is_repeated():
    second = job(2, D1, "2026-06-01", "2026-06-05")
    third = job(3, D1, "2026-07-01")
    assert find_repeated(third, [FIRST, second, third], Watch()) == second


def test_an_unfinished_job_is_not_repeated():
    assert find_repeated(job(2, D1, "2026-06-01"), [job(1, D1, "2026-05-01")], Watch()) is None


def test_of_two_in_the_same_second_the_first_recorded_is_the_earlier():
    noon = datetime(2026, 5, 1, 12)
    one, two = (Job(key, D1, noon.date(), noon, noon, noon.date()) for key in (1, 2))
    assert find_repeated(two, [one, two], Watch()) == one
    assert find_repeated(one, [one, two], Watch()) is None


def test_s_r05_2_counts_the_same_defect():
    jobs = [
        job(1, D1, "2026-05-05", "2026-05-10"),
        job(2, D1, "2026-06-28", "2026-07-01"),
        job(3, D2, "2026-07-30", "2026-08-01"),
    ]
    on = date(2026, 9, 10)
    assert count(jobs, D1, until=on).same == 2  # exchange owed
    assert count(jobs, D2, until=on).same == 1  # second time: repair only
    assert count(jobs, None, until=on).same == 0
    assert count(jobs, D1, until=date(2026, 6, 30)).same == 1


def test_s_r29_5_counts_any_fault_of_the_table():
    ring = job(1, D1, "2026-07-01", "2026-07-05")
    keys = job(2, D2, "2026-08-30", "2026-09-01")
    network = job(3, NETWORK, "2026-08-30", "2026-09-01")
    assert count([ring, keys], D1, listed=TABLE).listed == 2
    assert count([ring], D1, listed=TABLE).listed == 1
    assert count([ring, network, job(4, D1, "2026-10-10")], D1, listed=TABLE) == repeats.Counts(
        same=1, listed=1, total=2
    )


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def jobs(draw):
    return [
        Job(
            key,
            draw(st.sampled_from([None, D1, D2, NETWORK])),
            draw(days),
            datetime.combine(taken, time(8)),
            done and datetime.combine(done, time(12)),
            done,
        )
        for key in range(draw(st.integers(0, 6)))
        for taken in [draw(days)]
        for done in [draw(st.none() | st.dates(taken, date(2027, 1, 1)))]
    ]


watches = st.builds(
    Watch,
    st.sampled_from(Scope),
    st.integers(0, 400),
    st.none() | st.frozensets(st.sampled_from([D1, D2, NETWORK])),
)


@given(jobs(), watches)
def test_repeats_never_go_round_in_a_circle(of, watch):
    for each in of:
        seen = {each.key}
        while (each := find_repeated(each, of, watch)) is not None:
            assert each.key not in seen
            seen.add(each.key)


@given(jobs(), watches, st.integers(1, 400))
def test_a_longer_window_finds_at_least_as_much(of, watch, more):
    longer = Watch(watch.scope, watch.days and watch.days + more, watch.listed)
    for each in of:
        if find_repeated(each, of, watch):
            assert find_repeated(each, of, longer)


@given(jobs(), st.none() | st.frozensets(st.sampled_from([D1, D2, NETWORK])))
def test_counts_are_parts_of_the_whole(of, listed):
    counts = count(of, D1, listed=listed)
    assert 0 <= counts.same <= counts.total
    assert 0 <= counts.listed <= counts.total
