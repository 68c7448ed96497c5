"""When a fault has come so often that somebody must look into it (R28.08).

Cases are counted by local month. Quarters and years are made of whole months, so three levels
need no more than the months' counts. Each level alarms once in each of its periods.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum


class Level(Enum):
    """How long a period an alarm looks at; the value is its length in months."""

    MONTH = 1
    QUARTER = 3
    YEAR = 12


@dataclass(frozen=True)
class Alarm:
    """So many cases from ``start`` to ``end``, both included."""

    level: Level
    start: date
    end: date
    count: int


def period_start(day: date, level: Level) -> date:
    """The first day of the period that holds a day.

    >>> period_start(date(2026, 5, 17), Level.QUARTER)
    datetime.date(2026, 4, 1)
    """
    return date(day.year, (day.month - 1) // level.value * level.value + 1, 1)


def period_end(start: date, level: Level) -> date:
    """The last day of the period that begins on a day.

    >>> period_end(date(2026, 10, 1), Level.QUARTER), period_end(date(2028, 2, 1), Level.MONTH)
    (datetime.date(2026, 12, 31), datetime.date(2028, 2, 29))
    """
    months = start.month - 1 + level.value
    return date(start.year + months // 12, months % 12 + 1, 1) - timedelta(days=1)


def due_alarms(
    months: Mapping[date, int],
    thresholds: Mapping[Level, int],
    raised: Container[tuple[Level, date]] = (),
    since: date = date.min,
) -> list[Alarm]:
    """The alarms to raise now: reached, not raised before, of periods not over before ``since``.

    :param months: cases by the first day of their month
    :param thresholds: from how many cases on a level alarms; 0 or nothing: never
    :param raised: what was raised already, as level and first day of the period
    """
    alarms = []
    for level in Level:
        counts: dict[date, int] = {}
        for month, number in months.items():
            start = period_start(month, level)
            counts[start] = counts.get(start, 0) + number
        for start in sorted(counts):
            end = period_end(start, level)
            reached = 0 < thresholds.get(level, 0) <= counts[start]
            if reached and end >= since and (level, start) not in raised:
                alarms.append(Alarm(level, start, end, counts[start]))
    return alarms
