"""When a clock wakes whom: steps of a ladder by what is used of the budget.

Steps lie on the clock's own count, so pauses and nights push them like the deadline. A step at or
beyond the whole budget is due only *after* its moment (overdue means ``now > deadline``), one
before it at its moment. After a standstill every step passed is due, but only the highest one
notifies. A clock that is paused, waiting or over is quiet, and one that was acknowledged climbs no
further.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from .sla_clock import Clock, ClockState


class Trigger(StrEnum):
    PERCENT = "percent"
    BEFORE = "before"
    AFTER = "after"


class Urgency(StrEnum):
    """How a running clock looks; the rest is its state."""

    OK = "ok"
    WATCH = "watch"
    RISK = "risk"
    BREACHED = "breached"


@dataclass(frozen=True)
class Step:
    """``value`` is a percentage, or minutes before or after the deadline (of counted time)."""

    key: Hashable
    trigger: Trigger
    value: float

    def seconds(self, budget: int) -> int:
        match self.trigger:
            case Trigger.PERCENT:
                return _percent_of(budget, self.value)
            case Trigger.BEFORE:
                return _minutes_before(budget, self.value)
            case _:
                return budget + round(self.value * 60)


def _percent_of(budget: int, percent: float) -> int:
    return ceil(budget * percent / 100)


def _minutes_before(budget: int, minutes: float) -> int:
    return max(budget - round(minutes * 60), 0)


@dataclass(frozen=True)
class Thresholds:
    """From when on a clock is watched or at risk: percentages, and minutes left.

    The minutes count only for budgets of at least twice as much: a promise of ten minutes is not
    at risk from its first second.
    """

    watch: float = 50
    risk: float = 75
    risk_minutes: float = 30

    def warnings(self, budget: int) -> list[tuple[int, Urgency]]:
        """Which levels come after how many used seconds."""
        levels = [
            (_percent_of(budget, self.watch), Urgency.WATCH),
            (_percent_of(budget, self.risk), Urgency.RISK),
        ]
        if budget >= 2 * 60 * self.risk_minutes:
            levels.append((_minutes_before(budget, self.risk_minutes), Urgency.RISK))
        return levels


@dataclass(frozen=True)
class Plan:
    """Now: ``due`` steps to record, the one of them to ``notify``, and when to look again."""

    due: tuple[Step, ...] = ()
    notify: Step | None = None
    next_at: datetime | None = None

    def look_again(self, now: datetime) -> datetime | None:
        """When somebody has to look who takes no steps now: at once where one is due."""
        return now if self.due else self.next_at


@dataclass(frozen=True)
class Ladder:
    """What belongs to a promise beside its time: who is woken, and how it looks until then."""

    steps: tuple[Step, ...] = ()
    thresholds: Thresholds = Thresholds()


def urgency(clock: Clock, now: datetime, thresholds: Thresholds) -> Urgency:
    """How late a started clock is."""
    if clock.is_late(now):
        return Urgency.BREACHED
    if now <= clock.start:
        return Urgency.OK
    used = clock.used(now)
    reached = {level for seconds, level in thresholds.warnings(clock.budget) if seconds <= used}
    return next((level for level in (Urgency.RISK, Urgency.WATCH) if level in reached), Urgency.OK)


def plan(
    clock: Clock,
    steps: Iterable[Step],
    now: datetime,
    fired: Collection[Hashable] = (),
    thresholds: Thresholds | None = None,
    *,
    acknowledged: bool = False,
) -> Plan:
    """Which steps are due and when the next moment comes at which anything changes."""
    if clock.state == ClockState.PAUSED:
        return Plan(next_at=clock.paused_until)
    if clock.state != ClockState.RUNNING:
        return Plan()
    open_steps = [] if acknowledged else [step for step in steps if step.key not in fired]
    moments = {step: _moment(clock, step.seconds(clock.budget)) for step in open_steps}
    due = sorted(
        (step for step in open_steps if moments[step] <= now),
        key=lambda step: step.seconds(clock.budget),
    )
    ahead = [moments[step] for step in open_steps if moments[step] > now]
    if thresholds and (change := _next_change(clock, now, thresholds)):
        ahead.append(change)
    return Plan(tuple(due), due[-1] if due else None, min(ahead, default=None))


def _next_change(clock: Clock, now: datetime, thresholds: Thresholds) -> datetime | None:
    """When it looks different next: watched, at risk, late. Later changes are not looked for."""
    lengths = [seconds for seconds, _level in thresholds.warnings(clock.budget)]
    moments = (_moment(clock, seconds) for seconds in sorted([*lengths, clock.budget]))
    return next((moment for moment in moments if moment > now), None)


def _moment(clock: Clock, seconds: int) -> datetime:
    """The first whole second at which so much is used that a step is due."""
    late = timedelta(seconds=1 if seconds >= clock.budget else 0)
    return clock.moment(seconds) + late
