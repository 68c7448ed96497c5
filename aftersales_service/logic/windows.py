"""Windows in which something may be asked for, counted from an event.

Convention A3: "within N days/months" is elapsed time. The day of the event is day 0, the last day
is ``D + N``. A window that opens *after* N days begins the day after that one, so that neighbours
("7 days", "7 days to 1 month") share no day and leave none out. Months clip at the end of a month.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from .warranty_terms import Period


class StepUnit(StrEnum):
    DAY = "day"
    MONTH = "month"


class Until(StrEnum):
    """Ends of a window that are no counted time."""

    COVER = "cover"  # with the free cover of the thing concerned
    NEVER = "never"


@dataclass(frozen=True)
class Step:
    """So many days or months."""

    amount: int
    unit: StepUnit

    def added_to(self, day: date) -> date:
        if self.unit == StepUnit.DAY:
            return day + timedelta(days=self.amount)
        return day + relativedelta(months=self.amount)


@dataclass(frozen=True)
class Window:
    """After so long (zero: from the day of the event itself) until so long."""

    after: Step
    until: Step | Until

    def first_day(self, start: date) -> date:
        if not self.after.amount:
            return start
        return self.after.added_to(start) + timedelta(days=1)

    def last_day(self, start: date, cover: Period | None = None) -> date | None:
        """Last day; None where there is none. ``cover`` must have started if it ends the window."""
        match self.until:
            case Until.NEVER:
                return None
            case Until.COVER:
                return cover.last
            case step:
                return step.added_to(start)

    def is_empty(self) -> bool:
        """Whether it may hold no day at all, as from the first of the shortest month."""
        if isinstance(self.until, Until):
            return False
        start = date(2026, 2, 1)
        return self.last_day(start) < self.first_day(start)
