"""The warranty on a repair itself: how long, and which later faults it answers for.

It begins on the day the unit is handed back and covers ``first … first + length − 1 day`` (A2). It
answers for the same fault, and for the component whose parts the repair replaced; never for what
else may break in the meantime. It is no cover of the product: it neither starts nor lengthens one.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date

from .warranty_terms import NOT_STARTED, Period, TermUnit, last_covered_day


@dataclass(frozen=True)
class RepairPromise:
    """What one finished repair stands by. ``replaced``: parts were put in."""

    key: Hashable
    period: Period
    fault: Hashable | None = None
    component: Hashable | None = None
    replaced: bool = False

    def answers_for(self, on: date, fault: Hashable | None, component: Hashable | None) -> bool:
        """Whether a fault found on a day is this repair's to make good."""
        return self.period.covers(on) and (
            self._is_same_fault(fault, component) or self._is_same_part(component)
        )

    def _is_same_fault(self, fault: Hashable | None, component: Hashable | None) -> bool:
        elsewhere = None not in (self.component, component) and self.component != component
        return fault is not None and self.fault == fault and not elsewhere

    def _is_same_part(self, component: Hashable | None) -> bool:
        return self.replaced and component is not None and self.component == component


def repair_period(back: date | None, length: int, unit: TermUnit) -> Period:
    """The days a repair is warranted; not started while the unit is not back, or without length."""
    if back is None or length < 1:
        return NOT_STARTED
    return Period(back, last_covered_day(back, length, unit))


def governing(
    promises: Iterable[RepairPromise],
    on: date,
    fault: Hashable | None,
    component: Hashable | None,
) -> RepairPromise | None:
    """The promise that answers for a fault, of several the one that ends last."""
    fitting = [each for each in promises if each.answers_for(on, fault, component)]
    return max(fitting, key=lambda each: each.period.last or date.max, default=None)
