"""SLA clocks: a deadline is a pure function of a log of events and of working time.

The log is append-only and read in the order of recording. Every event has the instant from which
it counts, which may lie before that of an earlier one (a back-dated correction); a mistaken event
is voided by a later one, never edited.

Budgets are whole seconds. Targets in minutes, hours and days run round the clock (A4); working
minutes and hours on a calendar; *n* working days become the working seconds up to the end of the
*n*-th working day, the day of the event not counted (A5). A pause takes its working time out of
the count, however many there are and however they overlap. Overdue means ``now > deadline``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from enum import StrEnum

from .errors import ClockError, NoWorkingTimeError
from .spans import Span, merge
from .working_time import Always, WorkingTime, complement, in_seconds


class TargetUnit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WORKING_MINUTE = "working_minute"
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"

    @property
    def needs_calendar(self) -> bool:
        return self.value.startswith("working")


_LENGTHS = {
    TargetUnit.MINUTE: 60,
    TargetUnit.WORKING_MINUTE: 60,
    TargetUnit.HOUR: 3600,
    TargetUnit.WORKING_HOUR: 3600,
    TargetUnit.DAY: 86400,
}


class EventKind(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RETARGET = "retarget"
    MET = "met"
    REOPEN = "reopen"
    CANCEL = "cancel"
    VOID = "void"


class ClockState(StrEnum):
    WAITING = "waiting"  # for its start event
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    FAILED = "failed"  # done, but late
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self in (ClockState.MET, ClockState.FAILED, ClockState.CANCELLED)


@dataclass(frozen=True)
class Target:
    """How much time: ``amount`` in ``unit``; ``calendar`` is a key of the working times given."""

    amount: float
    unit: TargetUnit
    calendar: object = None


@dataclass(frozen=True)
class Event:
    """One line of the log.

    ``until`` bounds a pause (it resumes by itself), ``target`` comes with start and retarget,
    ``carry`` says whether a retarget keeps the pauses before it, ``ref`` is the ``key`` of the
    event that a void takes back, or of the pause that a resume ends (none: all of them).
    """

    kind: EventKind
    at: datetime
    key: object = None
    until: datetime | None = None
    target: Target | None = None
    carry: bool = True
    ref: object = None


@dataclass(frozen=True)
class Clock:
    """Where a clock stands.

    ``deadline`` is None while nobody can know it: waiting, or paused without ``paused_until``;
    with one it is what it will be if nobody resumes earlier. ``paused_from`` is when the open pause
    began; ``paused_since`` the same only where it has no end: what has one lies in ``pauses``.
    """

    state: ClockState
    target: Target | None = None
    start: datetime | None = None
    budget: int = 0
    deadline: datetime | None = None
    pauses: tuple[Span, ...] = ()
    paused_since: datetime | None = None
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    met_at: datetime | None = None
    time: WorkingTime | Always = field(default_factory=Always, compare=False)

    def moment(self, seconds: int) -> datetime | None:
        """When ``seconds`` of the count are used up; None where an open pause hides it."""
        return _reach(self.start, seconds, self.time, self.pauses, self.paused_since)

    def used(self, now: datetime) -> int:
        """Seconds counted until ``now``, or until it was met or paused."""
        if self.start is None:
            return 0
        end = min(filter(None, (now, self.met_at, self.paused_since)))
        return self.time.elapsed(self.start, end) - sum(
            self.time.elapsed(max(first, self.start), min(last, end)) for first, last in self.pauses
        )

    def is_late(self, now: datetime) -> bool:
        if self.state == ClockState.FAILED:
            return True
        return not self.state.is_over and self.deadline is not None and now > self.deadline


class WhyKind(StrEnum):
    COUNTED = "counted"
    PAUSED = "paused"
    OFF = "off"


@dataclass(frozen=True)
class WhyRow:
    start: datetime
    end: datetime
    kind: WhyKind
    seconds: int


def budget_of(target: Target, start: datetime, time: WorkingTime | Always, zone: tzinfo) -> int:
    """Whole seconds of a target that starts to count at ``start``."""
    if target.unit == TargetUnit.WORKING_DAY:
        return time.elapsed(start, time.until_end_of_day(start, int(target.amount), zone))
    return round(target.amount * _LENGTHS[target.unit])


def replay(
    events: Iterable[Event], times: Mapping[object, WorkingTime | Always], zone: tzinfo
) -> Clock:
    """The state of a clock by its log.

    ``times`` are the working times by calendar; 24×7 needs none. ``zone`` is where days begin.
    Raises ClockError for a log that makes no sense, NoWorkingTimeError for a target no calendar
    can reach.
    """
    log = _Log()
    events = list(events)
    voided = {event.ref for event in events if event.kind == EventKind.VOID}
    for event in events:
        if event.key not in voided or event.key is None:
            log.take_in(event)
    return log.conclude(times, zone)


class _Log:
    """What the events read so far amount to."""

    def __init__(self) -> None:
        self.start = self.target = self.met_at = self.cancelled_at = None
        self.open: dict[object, Event] = {}
        self.pauses: list[Span] = []

    def take_in(self, event: Event) -> None:
        getattr(self, f"_read_{event.kind}")(event)

    def _read_start(self, event: Event) -> None:
        # started again: the corrected date counts, the pauses stay
        self.start, self.target = event.at, event.target or self.target

    def _read_pause(self, event: Event) -> None:
        self.open[event.key] = event

    def _read_resume(self, event: Event) -> None:
        ended = list(self.open) if event.ref is None else [event.ref]
        for key in ended:
            if pause := self.open.pop(key, None):
                self.pauses.append((pause.at, _earliest(event.at, pause.until)))

    def _read_retarget(self, event: Event) -> None:
        self.target = event.target
        if not event.carry:
            self.pauses.clear()
            self.open = {
                key: replace(pause, at=max(pause.at, event.at)) for key, pause in self.open.items()
            }

    def _read_met(self, event: Event) -> None:
        if self.met_at is None:
            self.met_at = event.at

    def _read_reopen(self, event: Event) -> None:
        # the time it lay finished is nobody's
        over = min(filter(None, (self.met_at, self.cancelled_at)), default=event.at)
        self.pauses.append((over, event.at))
        self.met_at = self.cancelled_at = None

    def _read_cancel(self, event: Event) -> None:
        self.cancelled_at = event.at

    def _read_void(self, _event: Event) -> None:
        """Its effect is that the other one is not read."""

    def conclude(self, times: Mapping[object, WorkingTime | Always], zone: tzinfo) -> Clock:
        if self.start is None:
            return Clock(self._state(None), self.target)
        if self.target is None:
            raise ClockError("A clock starts without a target.")
        time = self._choose_time(times)
        budget = budget_of(self.target, self.start, time, zone)
        pauses, paused_since = self._close_pauses()
        deadline = _reach(self.start, budget, time, pauses, paused_since)
        return Clock(
            state=self._state(deadline),
            target=self.target,
            start=self.start,
            budget=budget,
            deadline=deadline,
            pauses=pauses,
            paused_since=paused_since,
            paused_from=min((pause.at for pause in self.open.values()), default=None),
            paused_until=self._paused_until(),
            met_at=self.met_at,
            time=time,
        )

    def _choose_time(self, times: Mapping[object, WorkingTime | Always]) -> WorkingTime | Always:
        if not self.target.unit.needs_calendar:
            return Always()
        if self.target.calendar not in times:
            raise NoWorkingTimeError
        return times[self.target.calendar]

    def _close_pauses(self) -> tuple[tuple[Span, ...], datetime | None]:
        """All spans that do not count, and since when an endless one hides the deadline."""
        over = min(filter(None, (self.met_at, self.cancelled_at)), default=None)
        ends = [(pause.at, pause.until or over) for pause in self.open.values()]
        spans = [span for span in ends if span[1] is not None]
        endless = [first for first, last in ends if last is None]
        return tuple(merge([*self.pauses, *spans])), min(endless, default=None)

    def _paused_until(self) -> datetime | None:
        ends = [pause.until for pause in self.open.values()]
        return max(ends) if ends and None not in ends else None

    def _state(self, deadline: datetime | None) -> ClockState:
        if self.cancelled_at is not None:
            return ClockState.CANCELLED
        if self.start is None:
            return ClockState.WAITING
        if self.met_at is not None:
            late = deadline is not None and self.met_at > deadline
            return ClockState.FAILED if late else ClockState.MET
        return ClockState.PAUSED if self.open else ClockState.RUNNING


def _earliest(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)


def _reach(
    start: datetime,
    seconds: int,
    time: WorkingTime | Always,
    pauses: Sequence[Span],
    paused_since: datetime | None,
) -> datetime | None:
    """When ``seconds`` have been counted from ``start``, pauses left out."""
    position, left = start, seconds
    for first, last in pauses:
        if last <= position:
            continue
        end = time.add(position, left)
        if end <= first:
            return _unless_paused(end, paused_since)
        left -= time.elapsed(position, first)
        position = last
    return _unless_paused(time.add(position, left), paused_since)


def _unless_paused(end: datetime, paused_since: datetime | None) -> datetime | None:
    return end if paused_since is None or end <= paused_since else None


def why(clock: Clock, now: datetime) -> list[WhyRow]:
    """What was counted and what was not, from the start to the deadline, in order.

    Up to now where nobody knows the deadline. The counted seconds add up to the budget exactly
    when there is one.
    """
    if clock.start is None:
        return []
    end = clock.deadline or max(now, clock.start)
    pauses = [*clock.pauses]
    if clock.paused_since is not None:
        pauses.append((clock.paused_since, max(end, clock.paused_since)))
    pauses = merge((max(first, clock.start), min(last, end)) for first, last in pauses)
    working = [
        piece
        for first, last in complement(clock.start, end, pauses)
        for piece in clock.time.slices(first, last)
    ]
    rows = [WhyRow(*span, WhyKind.COUNTED, in_seconds(span[1] - span[0])) for span in working]
    rows += [WhyRow(*span, WhyKind.PAUSED, 0) for span in pauses]
    off = complement(clock.start, end, [*working, *pauses])
    rows += [WhyRow(*span, WhyKind.OFF, 0) for span in off]
    return sorted(rows, key=lambda row: row.start)
