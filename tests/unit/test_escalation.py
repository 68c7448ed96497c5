"""Ladders: once per step, only the highest after a standstill, quiet while nobody may be blamed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.escalation import (
    Plan,
    Step,
    Thresholds,
    Trigger,
    Urgency,
    plan,
    urgency,
)
from odoo.addons.aftersales_service.logic.sla_clock import Target, TargetUnit

from .test_sla_clock import event, run, start
from .test_working_time import at

WARN = Step("warn", Trigger.BEFORE, 10)
BREACH = Step("breach", Trigger.PERCENT, 100)
LATE = Step("late", Trigger.AFTER, 60)
STEPS = (WARN, BREACH, LATE)
HALF_HOUR = start("2026-03-14 16:00", Target(30, TargetUnit.MINUTE))


@pytest.mark.parametrize(
    ("now", "due", "following"),
    [
        ("16:19:59", (), "16:20"),
        ("16:20", ("warn",), "16:30:01"),
        ("16:30", ("warn",), "16:30:01"),  # overdue means later than the deadline
        ("16:30:01", ("warn", "breach"), "17:30:01"),
        ("18:00", ("warn", "breach", "late"), None),
    ],
)
def test_steps_in_their_order(now, due, following):
    result = plan(run(HALF_HOUR), STEPS, at(f"2026-03-14 {now}"))
    assert tuple(step.key for step in result.due) == due
    assert (result.notify and result.notify.key) == (due[-1] if due else None)
    assert result.next_at == (following and at(f"2026-03-14 {following}"))


def test_an_appointment_is_in_time_until_its_hour():
    clock = run(start("2026-03-14 16:00", Target(0, TargetUnit.HOUR)))
    for now, level in (("15:00", "ok"), ("16:00", "ok"), ("16:00:01", "breached")):
        assert urgency(clock, at(f"2026-03-14 {now}"), Thresholds()) == level


@pytest.mark.parametrize(("now", "again"), [("16:19", "16:20"), ("16:25", "16:25")])
def test_who_takes_no_steps_now_leaves_them_to_be_taken_at_once(now, again):
    instant = at(f"2026-03-14 {now}")
    assert plan(run(HALF_HOUR), STEPS, instant).look_again(instant) == at(f"2026-03-14 {again}")


def test_a_step_fires_once():
    result = plan(run(HALF_HOUR), STEPS, at("2026-03-14 16:45"), fired={"warn", "breach"})
    assert (result.due, result.next_at) == ((), at("2026-03-14 17:30:01"))


def test_the_next_look_is_when_the_colour_changes():
    clock = run(start("2026-03-14 16:00", Target(4, TargetUnit.HOUR)))
    for now, following in (
        ("16:00", "18:00"),
        ("18:00", "19:00"),
        ("19:00", "19:30"),
        ("19:30", "20:00:01"),
    ):
        result = plan(clock, (), at(f"2026-03-14 {now}"), thresholds=Thresholds())
        assert result.next_at == at(f"2026-03-14 {following}")
    assert plan(clock, (), at("2026-03-14 20:00:01"), thresholds=Thresholds()) == Plan()


def test_acknowledged_climbs_no_further():
    result = plan(run(HALF_HOUR), STEPS, at("2026-03-14 18:00"), fired={"warn"}, acknowledged=True)
    assert result == Plan()


def test_quiet_while_paused_or_over():
    paused = run(HALF_HOUR, event("pause", "2026-03-14 16:10", key=1))
    assert plan(paused, STEPS, at("2026-03-15 16:00")) == Plan()
    until = at("2026-03-14 17:00")
    bounded = run(HALF_HOUR, event("pause", "2026-03-14 16:10", key=1, until=until))
    assert plan(bounded, STEPS, at("2026-03-14 16:50")) == Plan(next_at=until)
    met = run(HALF_HOUR, event("met", "2026-03-14 16:10"))
    assert plan(met, STEPS, at("2026-03-15 16:00"), thresholds=Thresholds()) == Plan()


@pytest.mark.parametrize(
    ("now", "level"),
    [
        ("16:00", Urgency.OK),
        ("18:00", Urgency.WATCH),
        ("19:00", Urgency.RISK),
        ("19:40", Urgency.RISK),
        ("20:00", Urgency.RISK),
        ("20:00:01", Urgency.BREACHED),
    ],
)
def test_urgency_of_four_hours(now, level):
    clock = run(start("2026-03-14 16:00", Target(4, TargetUnit.HOUR)))
    assert urgency(clock, at(f"2026-03-14 {now}"), Thresholds()) == level


def test_ten_minutes_are_not_at_risk_at_once():
    clock = run(start("2026-03-14 16:00", Target(10, TargetUnit.MINUTE)))
    assert urgency(clock, at("2026-03-14 16:01"), Thresholds()) == Urgency.OK
    long = run(start("2026-03-14 16:00", Target(10, TargetUnit.DAY)))
    assert urgency(long, at("2026-03-24 15:31"), Thresholds(risk=100)) == Urgency.RISK


@given(
    minutes=st.integers(1, 600),
    values=st.lists(st.integers(1, 200), max_size=5, unique=True),
    ticks=st.lists(st.integers(0, 2000), max_size=12),
)
def test_every_step_once_whenever_somebody_looks(minutes, values, ticks):
    """However often and late the job runs, each step passed is recorded exactly once."""
    clock = run(start("2026-03-14 16:00", Target(minutes, TargetUnit.MINUTE)))
    steps = [Step(value, Trigger.PERCENT, value) for value in values]
    fired, seen = set(), []
    for tick in sorted(ticks):
        now = clock.start + timedelta(minutes=tick)
        result = plan(clock, steps, now, fired)
        seen += [step.key for step in result.due]
        fired |= {step.key for step in result.due}
        assert result.next_at is None or result.next_at > now
    assert len(seen) == len(set(seen))
    last = max(ticks, default=0) * 60
    passed = {
        step.key
        for step in steps
        if step.seconds(clock.budget) + (step.value >= 100) <= last or not step.seconds(1)
    }
    assert set(seen) == passed if ticks else not seen
