"""When a clock wakes whom: steps of a ladder by what is used of the budget.

Steps lie on the clock's own count, so pauses and nights push them like the deadline. A step at or
beyond the whole budget is due only *after* its moment (overdue means ``now > deadline``), one
before it at its moment. After a standstill every step passed is due, but only the highest one
notifies. A clock that is paused, waiting or over is quiet, and one that was acknowledged climbs no
further.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
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
                return ceil(budget * self.value / 100)
            case Trigger.BEFORE:
                return max(budget - round(self.value * 60), 0)
            case _:
                return budget + round(self.value * 60)


@dataclass(frozen=True)
class Thresholds:
    """From when on a clock is watched or at risk: percentages, and minutes left.

    The minutes count only for budgets of at least twice as much: a promise of ten minutes is not
    at risk from its first second.
    """

    watch: float = 50
    risk: float = 75
    risk_minutes: float = 30

    def warnings(self, budget: int) -> Sequence[Step]:
        steps = [
            Step(Urgency.WATCH, Trigger.PERCENT, self.watch),
            Step(Urgency.RISK, Trigger.PERCENT, self.risk),
        ]
        if budget >= 2 * 60 * self.risk_minutes:
            steps.append(Step(Urgency.RISK, Trigger.BEFORE, self.risk_minutes))
        return steps


@dataclass(frozen=True)
class Plan:
    """Now: ``due`` steps to record, the one of them to ``notify``, and when to look again."""

    due: tuple[Step, ...] = ()
    notify: Step | None = None
    next_at: datetime | None = None


def urgency(clock: Clock, now: datetime, thresholds: Thresholds) -> Urgency:
    """How late a started clock is."""
    if clock.is_late(now):
        return Urgency.BREACHED
    if now <= clock.start:
        return Urgency.OK
    used = clock.used(now)
    warnings = thresholds.warnings(clock.budget)
    reached = {step.key for step in warnings if step.seconds(clock.budget) <= used}
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
    moments = {step: _moment(clock, step) for step in open_steps}
    due = sorted(
        (step for step in open_steps if moments[step] <= now),
        key=lambda step: step.seconds(clock.budget),
    )
    ahead = [moments[step] for step in open_steps if moments[step] > now]
    ahead += _changes_ahead(clock, now, thresholds)
    return Plan(tuple(due), due[-1] if due else None, min(ahead, default=None))


def _changes_ahead(clock: Clock, now: datetime, thresholds: Thresholds | None) -> list[datetime]:
    if thresholds is None:
        return []
    steps = [*thresholds.warnings(clock.budget), Step(Urgency.BREACHED, Trigger.PERCENT, 100)]
    moments = (_moment(clock, step) for step in steps)
    return [moment for moment in moments if moment > now]


def _moment(clock: Clock, step: Step) -> datetime:
    """The first whole second at which a step is due."""
    seconds = step.seconds(clock.budget)
    late = timedelta(seconds=1 if seconds >= clock.budget else 0)
    return clock.moment(seconds) + late
