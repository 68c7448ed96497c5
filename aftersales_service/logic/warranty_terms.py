"""Arithmetic of warranty terms: from the day an event happened to the last covered day.

Conventions (regimes, part 0):

* A2: a period is counted in whole local days, both ends covered. N months from D cover
  ``D … D + N months − 1 day``; N days cover ``D … D + N − 1``.
* Month arithmetic clips at the end of a month and always starts from D itself, so that nothing
  drifts: 12 months from 31 January end on 30 January, 1 month from 31 January on 27 (28) February.
* An extension lengthens the term itself: months (of goodwill, or bought) first, then days, so
  that it does not matter in which order they were granted. A phase that follows begins the day
  after the extended one.
* A9: days lost to repair and to waiting for parts are the union of the spans away, counted once.
* A period without a first day has *not started*; one with a first and no last day is for life.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from .errors import BrokenChainError, InvalidTermError
from .spans import Span, merge


class StartEvent(StrEnum):
    """What starts the clock of a term (C03)."""

    ORDER = "order"
    SHIPPING = "shipping"
    DELIVERY = "delivery"
    INVOICE = "invoice"
    ACCEPTANCE = "acceptance"
    DELIVERY_ACCEPTANCE = "delivery_acceptance"
    HANDOVER = "handover"
    COMMISSIONING = "commissioning"
    PREVIOUS = "previous"


class TermUnit(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    LIFETIME = "lifetime"


class Phase(StrEnum):
    """What a term promises: free repair, free maintenance, bought time, or paid care for life."""

    WARRANTY = "warranty"
    MAINTENANCE = "maintenance"
    EXTENSION = "extension"
    AFTERCARE = "aftercare"


#: Phases in which a normal fault costs the customer nothing.
FREE_PHASES = frozenset({Phase.WARRANTY, Phase.MAINTENANCE, Phase.EXTENSION})


@dataclass(frozen=True)
class Term:
    """One promise: ``length`` in ``unit`` from ``start``, for one component or for the whole.

    ``key`` identifies the term in the answer; ``component`` is None for the whole product.
    """

    key: Hashable
    start: StartEvent
    length: int
    unit: TermUnit
    component: Hashable | None = None


@dataclass(frozen=True)
class Period:
    """Days ``first … last``, both covered. No first: not started. No last: for life."""

    first: date | None
    last: date | None

    @property
    def started(self) -> bool:
        return self.first is not None

    @property
    def lifelong(self) -> bool:
        return self.first is not None and self.last is None

    def covers(self, on: date) -> bool:
        if self.first is None or on < self.first:
            return False
        return self.last is None or on <= self.last


@dataclass(frozen=True)
class Extension:
    """How much longer than promised a term runs."""

    months: int = 0
    days: int = 0

    def __add__(self, other: "Extension") -> "Extension":
        return Extension(self.months + other.months, self.days + other.days)


NOT_STARTED = Period(None, None)
NO_EXTENSION = Extension()


def last_covered_day(
    first: date, length: int, unit: TermUnit, extension: Extension = NO_EXTENSION
) -> date | None:
    """Last covered day of a term that begins on ``first`` (A2); None when it is for life.

    Raises InvalidTermError for a length below one.
    """
    if unit == TermUnit.LIFETIME:
        return None
    if length < 1:
        raise InvalidTermError(length, unit)
    months, days = in_months_and_days(length, unit)
    step = relativedelta(months=months + extension.months, days=days + extension.days)
    return first + step - timedelta(days=1)


def in_months_and_days(length: int, unit: TermUnit) -> tuple[int, int]:
    """A counted length as months and days, the only two steps of the calendar."""
    match unit:
        case TermUnit.DAY:
            return 0, length
        case TermUnit.MONTH:
            return length, 0
        case _:
            return 12 * length, 0


def add_up(grants: Iterable[tuple[int, TermUnit]]) -> Extension:
    """The sum of granted lengths; their order does not matter."""
    steps = [in_months_and_days(length, unit) for length, unit in grants]
    return Extension(
        months=sum(months for months, _days in steps), days=sum(days for _months, days in steps)
    )


#: A cover ends soon when it has no more than so many days left.
ENDING_SOON = timedelta(days=90)


class CoverState(StrEnum):
    NONE = "none"
    NOT_STARTED = "not_started"
    COVERED = "covered"
    EXPIRING = "expiring"
    EXPIRED = "expired"


def cover_state(period: Period, today: date, ended: date | None = None) -> CoverState:
    """Where ``today`` lies in the cover of a unit; ``ended`` is its first day without any."""
    if ended and ended <= today:
        return CoverState.EXPIRED
    if not period.started or today < period.first:
        return CoverState.NOT_STARTED
    if not period.covers(today):
        return CoverState.EXPIRED
    soon = period.last and period.last <= today + ENDING_SOON
    return CoverState.EXPIRING if soon else CoverState.COVERED


def event_date(event: StartEvent, events: Mapping[StartEvent, date | None]) -> date | None:
    """The day an event happened, None while it is unknown.

    "Later of delivery and acceptance" (R09.01) waits for both.
    """
    if event != StartEvent.DELIVERY_ACCEPTANCE:
        return events.get(event)
    delivered = events.get(StartEvent.DELIVERY)
    accepted = events.get(StartEvent.ACCEPTANCE)
    return max(delivered, accepted) if delivered and accepted else None


def schedule(
    terms: Iterable[Term],
    events: Mapping[StartEvent, date | None],
    extensions: Mapping[Hashable, Extension] | None = None,
    downtime: Iterable[Span] = (),
) -> dict[Hashable, Period]:
    """Place terms on the calendar, in the order given.

    A term that starts at PREVIOUS begins the day after the last covered day of the term before it
    for the same component (C14); it has not started while that one has not, and never starts
    behind one that is for life. ``extensions`` are granted lengths by key. ``downtime`` are the
    spans the unit was away, if the promise gives them back (C08): each lengthens the terms that
    were running when it began.

    Raises BrokenChainError when there is nothing to follow, InvalidTermError for an empty term.
    """
    extensions = extensions or {}
    away = merge(downtime)
    periods: dict[Hashable, Period] = {}
    latest: dict[Hashable | None, Period] = {}
    for term in terms:
        if term.start == StartEvent.PREVIOUS:
            if term.component not in latest:
                raise BrokenChainError(term.key)
            before = latest[term.component].last
            first = before + timedelta(days=1) if before else None
        else:
            first = event_date(term.start, events)
        period = _period(first, term, extensions.get(term.key, NO_EXTENSION), away)
        periods[term.key] = latest[term.component] = period
    return periods


def _period(first: date | None, term: Term, extension: Extension, away: list[Span]) -> Period:
    if first is None:
        return NOT_STARTED
    last = last_covered_day(first, term.length, term.unit, extension)
    for start, end in away:
        # a repair in time that an earlier one gave back is given back, too
        if last and first <= start <= last:
            last += end - start
    return Period(first, last)
