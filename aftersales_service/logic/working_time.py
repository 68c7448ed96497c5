"""Counting on a working calendar: whole seconds between instants, and instants after seconds.

Instants are naive UTC (as Odoo stores them), spans are half-open ``[from, until)``. A deadline that
falls on closing time stays there (17:00, not next morning). A working day is a local date with
working time in it; it ends with its last working second (A5).

Spans are loaded month by month and indexed by prefix sums, so that an answer costs a bisection and
not a walk over the calendar.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from .errors import NoWorkingTimeError
from .spans import Span, merge

#: A calendar without a working second for so many months in a row is taken to have none.
MONTHS_WITHOUT_WORK = 14
#: Nothing is promised further ahead than this.
MONTHS_AHEAD = 240
_SECOND = timedelta(seconds=1)

Instants = tuple[datetime, datetime]
MonthLoader = Callable[[int, int], Sequence[Instants]]


def in_seconds(span: timedelta) -> int:
    return span // _SECOND


class Always:
    """Round the clock: what has no calendar runs 24×7 (A4)."""

    def elapsed(self, start: datetime, end: datetime) -> int:
        return max(in_seconds(end - start), 0)

    def add(self, start: datetime, seconds: int) -> datetime:
        return start + timedelta(seconds=seconds)

    def slices(self, start: datetime, end: datetime) -> list[Instants]:
        return [(start, end)] if start < end else []


class WorkingTime:
    """The working spans of one calendar, as far as somebody asked for them.

    ``load(year, month)`` gives the spans of a UTC month, in order and inside that month.
    """

    def __init__(self, load: MonthLoader) -> None:
        self._load = load
        self._first = self._after = None  # months loaded: first … after (outside)
        self._starts: list[datetime] = []
        self._stops: list[datetime] = []
        self._sums: list[int] = [0]

    # === QUESTIONS === #

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Working seconds from ``start`` to ``end``; none if they are reversed."""
        if end <= start:
            return 0
        self._cover(start, end)
        return self._at(end) - self._at(start)

    def add(self, start: datetime, seconds: int) -> datetime:
        """The first instant when ``seconds`` of working time have passed since ``start``.

        Raises NoWorkingTimeError where the calendar never gets there.
        """
        if not seconds:
            return start
        self._cover(start, start)
        wanted = self._at(start) + seconds
        self._grow_until(lambda: self._sums[-1] >= wanted)
        place = bisect_left(self._sums, wanted)
        return self._starts[place - 1] + timedelta(seconds=wanted - self._sums[place - 1])

    def slices(self, start: datetime, end: datetime) -> list[Instants]:
        """The working spans between two instants, cut to them."""
        if end <= start:
            return []
        self._cover(start, end)
        first = bisect_right(self._stops, start)
        last = bisect_left(self._starts, end)
        pairs = zip(self._starts[first:last], self._stops[first:last], strict=True)
        return merge((max(begin, start), min(stop, end)) for begin, stop in pairs)

    def until_end_of_day(self, start: datetime, days: int, zone: tzinfo) -> datetime:
        """The end of the ``days``-th working day after the local date of ``start`` (A5).

        Raises NoWorkingTimeError where there are not as many.
        """
        today = _to_local(start, zone).date()
        left, current, latest = days, today, start
        for begin, stop in self._pieces_by_date(start, zone):
            day = _to_local(begin, zone).date()
            if day > current:
                if not left:
                    return latest
                current, left = day, left - 1
            latest = stop
        raise AssertionError  # pragma: no cover - the walk never ends by itself

    # === INDEX === #

    def _pieces_by_date(self, start: datetime, zone: tzinfo) -> Iterator[Instants]:
        """Working spans from ``start`` on without end, cut at local midnights."""
        self._cover(start, start)
        place = bisect_right(self._stops, start)
        while True:
            if place == len(self._starts):
                self._grow_until(lambda place=place: len(self._starts) > place)
            begin, stop = self._starts[place], self._stops[place]
            while begin < stop:
                cut = min(stop, _next_midnight(begin, zone))
                yield begin, cut
                begin = cut
            place += 1

    def _at(self, instant: datetime) -> int:
        """Working seconds from the beginning of what is loaded until ``instant``."""
        place = bisect_right(self._starts, instant)
        if not place:
            return 0
        inside = min(instant, self._stops[place - 1]) - self._starts[place - 1]
        return self._sums[place - 1] + in_seconds(inside)

    def _cover(self, start: datetime, end: datetime) -> None:
        first, last = _month(start), _month(end)
        if self._first is None or first < self._first:
            after = self._after if self._first is not None else first + 1
            self._first = self._after = first
            self._starts, self._stops, self._sums = [], [], [0]
            self._append_until(after)
        self._append_until(last + 1)

    def _append_until(self, after: int) -> None:
        while self._after < after:
            year, month = divmod(self._after, 12)
            for begin, stop in self._load(year, month + 1):
                self._starts.append(begin)
                self._stops.append(stop)
                self._sums.append(self._sums[-1] + in_seconds(stop - begin))
            self._after += 1

    def _grow_until(self, reached: Callable[[], bool]) -> None:
        empty = 0
        while not reached():
            before = len(self._starts)
            self._append_until(self._after + 1)
            empty = 0 if len(self._starts) > before else empty + 1
            if empty > MONTHS_WITHOUT_WORK or self._after - self._first > MONTHS_AHEAD:
                raise NoWorkingTimeError


def _month(instant: datetime) -> int:
    return instant.year * 12 + instant.month - 1


def _to_local(instant: datetime, zone: tzinfo) -> datetime:
    """Wall clock of a naive UTC instant."""
    return datetime.fromtimestamp((instant - datetime(1970, 1, 1)) // _SECOND, zone)


def _to_utc(wall: datetime, zone: tzinfo) -> datetime:
    """Naive UTC of a naive wall clock."""
    since = wall.replace(tzinfo=zone).timestamp()
    return datetime(1970, 1, 1) + timedelta(seconds=since)


def _next_midnight(instant: datetime, zone: tzinfo) -> datetime:
    local = _to_local(instant, zone)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time())
    return _to_utc(midnight, zone)


def complement(start: datetime, end: datetime, spans: Sequence[Span]) -> list[Instants]:
    """What of ``start … end`` lies outside the spans."""
    edges = [(start, start), *merge(spans), (end, end)]
    gaps = ((max(one[1], start), min(two[0], end)) for one, two in pairwise(edges))
    return [gap for gap in gaps if gap[0] < gap[1]]
