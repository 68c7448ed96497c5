"""Repairs collected for a common visit: which month's batch a report joins (C50, R35.04).

A month stands as its first day. What is reported until the cut-off day of a month, that day
included, joins the batch of this month, if the rhythm has one, or else the next one it has.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from .errors import InvalidRhythmError

LAST_DAY = 31


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A batch every so many months, from the month of ``first`` on (any day of it).

    Months that are too short for the cut-off day end with their last day.
    Raises InvalidRhythmError for a rhythm that never comes or a day no month has.
    """

    first: date
    every: int
    cutoff_day: int

    def __post_init__(self) -> None:
        if self.every < 1 or not 1 <= self.cutoff_day <= LAST_DAY:
            raise InvalidRhythmError(self.every, self.cutoff_day)


def batch_month(reported: date, rhythm: Rhythm) -> date:
    """The month of the batch that something reported on a day joins."""
    month = _number(reported)
    if reported > cutoff_date(reported, rhythm):
        month += 1
    return _on_rhythm(month, rhythm)


def next_month(month: date, rhythm: Rhythm) -> date:
    """The month of the batch after the one of a month."""
    return _on_rhythm(_number(month) + 1, rhythm)


def cutoff_date(month: date, rhythm: Rhythm) -> date:
    """The last day on which reports still join the batch of a month (any day of it)."""
    return day_in_month(month, rhythm.cutoff_day)


def day_in_month(month: date, day: int) -> date:
    """A day of a month (any day of it), or its last day where it has none with this number."""
    last = _first_day(_number(month) + 1) - timedelta(days=1)
    return last.replace(day=min(day, last.day))


def _on_rhythm(month: int, rhythm: Rhythm) -> date:
    first = _number(rhythm.first)
    month = max(month, first)
    return _first_day(month + (first - month) % rhythm.every)


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(month: int) -> date:
    year, rest = divmod(month, 12)
    return date(year, rest + 1, 1)
