"""Which repair repeats an earlier one, and how often a thing was repaired for the same fault.

A job repeats the last earlier job that it matches by the scope of the plan and that was finished
before it was taken in. Days are counted from the day that job was repaired to the day of the new
failure; both are the customer's local days.

A failure dated before the earlier repair was never put right: it counts where the fault is the
same one. Another fault that was there before did not come back: it does not count (C45, C46, R04).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum


class Scope(Enum):
    """What counts as the same problem coming back."""

    NONE = "none"
    SAME_FAULT = "same_fault"
    LISTED_FAULT = "listed_fault"
    ANY_FAULT = "any_fault"


@dataclass(frozen=True)
class Watch:
    """What a plan watches, for how many days; 0 days: at any time.

    ``listed`` are the faults that the promise names; None where it names none: then every fault
    that has a name counts as listed.
    """

    scope: Scope = Scope.SAME_FAULT
    days: int = 0
    listed: frozenset[int] | None = None


@dataclass(frozen=True)
class Job:
    """One repair of a thing. ``repaired_at`` is None until it is done.

    Instants are naive UTC; ``failed_on`` and ``repaired_on`` are local days.
    """

    key: float
    fault: int | None
    failed_on: date
    taken_in: datetime
    repaired_at: datetime | None = None
    repaired_on: date | None = None


@dataclass(frozen=True)
class Counts:
    """How often a thing was repaired: for one fault, for any listed fault, at all."""

    same: int
    listed: int
    total: int


def find_repeated(job: Job, others: Iterable[Job], watch: Watch) -> Job | None:
    """The job that this one repeats; None where it repeats none."""
    candidates = [other for other in others if _comes_back(job, other, watch)]
    return max(candidates, key=lambda other: (other.repaired_at, other.key), default=None)


def _comes_back(job: Job, earlier: Job, watch: Watch) -> bool:
    if earlier.repaired_at is None or earlier.repaired_on is None:
        return False
    # of two in the same second the one recorded first is the earlier one
    if (earlier.repaired_at, earlier.key) >= (job.taken_in, job.key):
        return False
    days = (job.failed_on - earlier.repaired_on).days
    if watch.days and days > watch.days:
        return False
    was_never_right = job.fault is not None and job.fault == earlier.fault
    return _matches(job.fault, earlier.fault, watch) and (days >= 0 or was_never_right)


def _matches(fault: int | None, other: int | None, watch: Watch) -> bool:
    match watch.scope:
        case Scope.SAME_FAULT:
            return fault is not None and fault == other
        case Scope.LISTED_FAULT:
            return is_listed(fault, watch.listed) and is_listed(other, watch.listed)
        case Scope.ANY_FAULT:
            return True
        case _:
            return False


def is_listed(fault: int | None, listed: frozenset[int] | None) -> bool:
    """Whether a promise lists this fault.

    >>> is_listed(7, frozenset({7, 8})), is_listed(9, frozenset({7, 8})), is_listed(9, None)
    (True, False, True)
    >>> is_listed(None, None)
    False
    """
    return fault is not None and (listed is None or fault in listed)


def count(
    jobs: Iterable[Job],
    fault: int | None,
    *,
    listed: frozenset[int] | None = None,
    until: date | None = None,
) -> Counts:
    """How often a thing was repaired, up to and including the local day ``until``."""
    done = [
        job
        for job in jobs
        if job.repaired_on is not None and (until is None or job.repaired_on <= until)
    ]
    return Counts(
        same=sum(fault is not None and job.fault == fault for job in done),
        listed=sum(is_listed(job.fault, listed) for job in done),
        total=len(done),
    )
