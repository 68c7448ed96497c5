"""Clocks: the log decides, pauses add up, and every deadline explains itself to the second."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.errors import ClockError, NoWorkingTimeError
from odoo.addons.aftersales_service.logic.sla_clock import (
    Clock,
    ClockState,
    Event,
    EventKind,
    Target,
    TargetUnit,
    WhyKind,
    replay,
    why,
)

from .test_working_time import DAYS, EPOCH, HOURS, OFFICE, at, weekly

UTC = ZoneInfo("UTC")
TIMES = {"office": OFFICE}
FOUR_HOURS = Target(4, TargetUnit.WORKING_HOUR, "office")
DAY = Target(1, TargetUnit.DAY)


def start(text, target=FOUR_HOURS):
    return Event(EventKind.START, at(text), target=target)


def event(kind, text, **words):
    return Event(EventKind(kind), at(text), **words)


def run(*events):
    return replay(events, TIMES, UTC)


@pytest.mark.parametrize(
    ("target", "deadline"),
    [
        (Target(30, TargetUnit.MINUTE), "2026-03-13 17:30"),
        (Target(2.5, TargetUnit.HOUR), "2026-03-13 19:30"),
        (Target(3, TargetUnit.DAY), "2026-03-16 17:00"),
        (Target(90, TargetUnit.WORKING_MINUTE, "office"), "2026-03-16 09:30"),
        (Target(4, TargetUnit.WORKING_HOUR, "office"), "2026-03-16 12:00"),  # S-R48-1
        (Target(3, TargetUnit.WORKING_DAY, "office"), "2026-03-18 18:00"),  # S-R48-1
        (Target(0, TargetUnit.HOUR), "2026-03-13 17:00"),  # the hour that the customer set
    ],
)
def test_targets(target, deadline):
    clock = run(start("2026-03-13 17:00", target))
    assert (clock.state, clock.deadline) == (ClockState.RUNNING, at(deadline))


def test_waiting_until_it_starts():
    assert run().state == ClockState.WAITING
    cancelled = run(event("cancel", "2026-03-13 10:00"))
    assert (cancelled.state, cancelled.used(EPOCH), why(cancelled, EPOCH)) == (
        ClockState.CANCELLED,
        0,
        [],
    )
    assert not run().is_late(EPOCH)


def test_pauses_add_up():
    """A second pause never overwrites the first, overlapping ones count once."""
    clock = run(
        start("2026-03-16 09:00"),
        event("pause", "2026-03-16 10:00", key=1),
        event("resume", "2026-03-16 11:00"),
        event("pause", "2026-03-16 14:00", key=2),
        event("pause", "2026-03-16 14:30", key=3),
        event("resume", "2026-03-16 15:00", ref=2),
        event("resume", "2026-03-16 15:30", ref=3),
    )
    assert clock.deadline == at("2026-03-16 16:30")
    assert clock.used(at("2026-03-16 14:10")) == 3 * 3600
    assert clock.used(at("2026-03-16 15:20")) == 3 * 3600


def test_a_pause_over_a_weekend_counts_its_working_time():
    clock = run(
        start("2026-03-13 16:00"),
        event("pause", "2026-03-13 17:00", key=1),
        event("resume", "2026-03-16 10:00"),
    )
    assert clock.deadline == at("2026-03-16 14:00")


def test_paused_is_never_late():
    clock = run(start("2026-03-16 09:00"), event("pause", "2026-03-16 10:00", key=1))
    assert (clock.state, clock.deadline) == (ClockState.PAUSED, None)
    assert not clock.is_late(at("2026-04-16 10:00"))
    assert clock.used(at("2026-04-16 10:00")) == 3600
    assert clock.moment(1800) == at("2026-03-16 09:30")
    rows = why(clock, at("2026-03-16 12:00"))
    assert [(row.kind, row.seconds) for row in rows] == [("counted", 3600), ("paused", 0)]


def test_a_breach_before_the_pause_stays():
    clock = run(start("2026-03-16 09:00"), event("pause", "2026-03-16 15:00", key=1))
    assert (clock.state, clock.deadline) == (ClockState.PAUSED, at("2026-03-16 14:00"))
    assert clock.is_late(at("2026-03-16 14:01"))


def test_a_pause_after_the_deadline_moves_nothing():
    clock = run(
        start("2026-03-16 09:00"),
        event("pause", "2026-03-16 15:00", key=1),
        event("resume", "2026-03-16 16:00", ref=1),
        event("resume", "2026-03-16 17:00", ref=1),
    )
    assert (clock.state, clock.deadline) == (ClockState.RUNNING, at("2026-03-16 14:00"))


def test_a_bounded_pause_ends_by_itself():
    bounded = event("pause", "2026-03-16 10:00", key=1, until=at("2026-03-16 11:00"))
    clock = run(start("2026-03-16 09:00"), bounded)
    assert (clock.state, clock.paused_until) == (ClockState.PAUSED, at("2026-03-16 11:00"))
    assert clock.deadline == at("2026-03-16 15:00")
    resumed = run(start("2026-03-16 09:00"), bounded, event("resume", "2026-03-16 12:00", ref=1))
    assert (resumed.state, resumed.deadline) == (ClockState.RUNNING, at("2026-03-16 15:00"))


@pytest.mark.parametrize(("carry", "deadline"), [(True, "2026-03-16 12:00"), (False, "11:00")])
def test_a_retarget_keeps_its_pauses_or_not(carry, deadline):
    clock = run(
        start("2026-03-16 09:00"),
        event("pause", "2026-03-16 09:30", key=1),
        event("resume", "2026-03-16 10:30"),
        event(
            "retarget",
            "2026-03-16 10:45",
            target=Target(2, TargetUnit.WORKING_HOUR, "office"),
            carry=carry,
        ),
    )
    assert clock.deadline == at(deadline if carry else f"2026-03-16 {deadline}")


def test_an_open_pause_survives_a_retarget_without_the_old_ones():
    clock = run(
        start("2026-03-16 09:00"),
        event("pause", "2026-03-16 09:30", key=1),
        event("retarget", "2026-03-16 10:00", target=FOUR_HOURS, carry=False),
        event("resume", "2026-03-16 10:30"),
    )
    assert clock.deadline == at("2026-03-16 14:30")


@pytest.mark.parametrize(
    ("met", "state"), [("2026-03-16 14:00", "met"), ("2026-03-16 14:00:01", "failed")]
)
def test_met_up_to_the_last_second(met, state):
    clock = run(start("2026-03-16 09:00"), event("met", met), event("met", "2026-03-20 10:00"))
    assert (clock.state, clock.met_at) == (state, at(met))
    assert clock.is_late(at("2026-03-30 10:00")) == (state == "failed")


def test_resolved_while_paused_counts_the_hold():
    clock = run(
        start("2026-03-16 09:00"),
        event("pause", "2026-03-16 10:00", key=1),
        event("met", "2026-03-20 10:00"),
    )
    assert clock.state == ClockState.MET
    assert clock.used(at("2026-03-30 10:00")) == 3600


def test_reopened_goes_on_where_it_stopped():
    clock = run(
        start("2026-03-16 09:00"),
        event("met", "2026-03-16 10:00"),
        event("reopen", "2026-03-17 09:00"),
    )
    assert (clock.state, clock.deadline) == (ClockState.RUNNING, at("2026-03-17 12:00"))
    again = run(
        start("2026-03-16 09:00"),
        event("cancel", "2026-03-16 10:00"),
        event("reopen", "2026-03-17 09:00"),
        event("reopen", "2026-03-17 10:00"),
    )
    assert again.deadline == at("2026-03-17 12:00")


def test_a_mistake_is_voided_and_a_start_corrected():
    wrong = event("pause", "2026-03-16 10:00", key=7)
    clock = run(
        start("2026-03-16 09:00"),
        wrong,
        event("void", "2026-03-16 11:00", ref=7),
        Event(EventKind.START, at("2026-03-16 10:00")),
    )
    assert (clock.state, clock.deadline) == (ClockState.RUNNING, at("2026-03-16 15:00"))


def test_a_pause_before_the_corrected_start_does_not_count():
    clock = run(
        start("2026-03-16 09:00"),
        event("pause", "2026-03-16 09:30", key=1),
        event("resume", "2026-03-16 10:00"),
        start("2026-03-16 10:00"),
    )
    assert clock.deadline == at("2026-03-16 15:00")


def test_logs_that_make_no_sense():
    with pytest.raises(ClockError):
        run(Event(EventKind.START, EPOCH))
    with pytest.raises(NoWorkingTimeError):
        run(start("2026-03-16 09:00", Target(1, TargetUnit.WORKING_HOUR, "gone")))


def test_why_names_lunch_and_nights():
    clock = run(start("2026-03-13 17:00"))
    assert [(row.kind, row.seconds) for row in why(clock, EPOCH)] == [
        (WhyKind.COUNTED, 3600),
        (WhyKind.OFF, 0),
        (WhyKind.COUNTED, 3 * 3600),
    ]


PAUSES = st.lists(st.tuples(st.integers(0, 60 * 24 * 12), st.integers(1, 60 * 24 * 3)), max_size=6)


@given(hours=HOURS, days=DAYS, pauses=PAUSES, budget=st.integers(1, 2000))
def test_a_deadline_agrees_with_walking_and_explains_itself(hours, days, pauses, budget):
    minute = timedelta(minutes=1)
    spans = [
        (EPOCH + first * minute, EPOCH + (first + length) * minute) for first, length in pauses
    ]
    events = [start(str(EPOCH), Target(budget, TargetUnit.WORKING_MINUTE, "c"))]
    for key, (first, last) in enumerate(spans):
        events += [
            Event(EventKind.PAUSE, first, key=key),
            Event(EventKind.RESUME, last, ref=key),
        ]
    clock = replay(events, {"c": weekly(*hours, days=days)}, UTC)
    left, walk = budget, EPOCH
    while left:
        working = walk.weekday() in days and any(one <= walk.hour < two for one, two in hours)
        left -= working and not any(first <= walk < last for first, last in spans)
        walk += minute
    assert clock.deadline == walk
    assert clock.used(walk) == budget * 60
    rows = why(clock, EPOCH)
    assert sum(row.seconds for row in rows) == clock.budget
    assert (rows[0].start, rows[-1].end) == (clock.start, clock.deadline)
    assert all(one.end == two.start for one, two in zip(rows, rows[1:], strict=False))


def test_a_clock_is_a_value():
    assert Clock(ClockState.WAITING) == Clock(ClockState.WAITING)
