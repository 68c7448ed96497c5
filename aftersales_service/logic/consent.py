"""What a customer of a repair agreed to pay, and how an estimate stands (C43, C44).

Answers are rows that are only ever added. In the order in which they were given:

* the latest estimate that was agreed to counts with its total;
* a ceiling ("go ahead up to …") counts until another one is named;
* added work and materials count on top of what was agreed before;
* a refused or expired estimate takes everything back, a withdrawn one only itself.

An estimate counts as declined when nobody has answered in time; an answer that was given in time
but recorded later undoes that (R39.04: the hour of the answer decides, not of its recording).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    ESTIMATE = "estimate"
    CEILING = "ceiling"
    ADDED = "added"
    MATERIAL = "material"
    PLAN = "plan"
    CONTRACT = "contract"
    REMOTE = "remote"


class Answer(StrEnum):
    GIVEN = "given"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Estimate(StrEnum):
    """How the estimate of a repair stands."""

    NONE = "none"
    QUOTED = "quoted"
    SENT = "sent"
    SEEN = "seen"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


#: Kinds whose amount comes on top of what was agreed before; of the others it is a total.
ADDS = frozenset({Kind.ADDED, Kind.MATERIAL})
#: Estimates that wait for the customer.
AWAITED = frozenset({Estimate.SENT, Estimate.SEEN})


@dataclass(frozen=True)
class Row:
    """One answer. ``number`` counts in the order of recording; ``order`` is the quotation."""

    kind: Kind
    answer: Answer
    at: datetime
    number: int
    amount: float = 0.0
    order: Hashable | None = None
    items: frozenset[Hashable] = frozenset()  # keys of what the customer was shown


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The rows that count, in the order in which they were said."""
    rows = sorted(rows, key=lambda row: (row.at, row.number))
    return [row for row in rows if not _is_undone(row, rows)]


def last(rows: Iterable[Row], kind: Kind) -> Row | None:
    """The answer of a kind that holds, or None where nobody answered."""
    return next((row for row in reversed(in_order(rows)) if row.kind == kind), None)


def approved(rows: Iterable[Row]) -> float:
    """Up to which total the customer may be charged."""
    agreed, ceiling, _items = _sum_up(rows)
    return max(agreed, ceiling)


def unasked(rows: Iterable[Row], items: Mapping[Hashable, float], total: float) -> list[Hashable]:
    """Which charged items came in after the customer agreed to others (R07.07: added work).

    ``items`` are what each costs the customer now, by its key. "Go ahead up to …" covers whatever
    the work takes, as long as the total stays within it.
    """
    _agreed, ceiling, shown = _sum_up(rows)
    if total <= ceiling:
        return []
    return [key for key, amount in items.items() if amount > 0 and key not in shown]


def _sum_up(rows):
    """What was agreed to so far: total, ceiling, and the items that were shown."""
    agreed, ceiling, items = 0.0, 0.0, frozenset()
    for row in in_order(rows):
        given = row.answer == Answer.GIVEN
        if row.kind == Kind.ESTIMATE:
            agreed, items = (row.amount, row.items) if given else (0.0, frozenset())
            ceiling = 0.0 if row.answer in (Answer.REFUSED, Answer.EXPIRED) else ceiling
        elif row.kind == Kind.CEILING:
            ceiling = row.amount if given else 0.0
        elif row.kind in ADDS and given:
            agreed, items = max(agreed, ceiling) + row.amount, items | row.items
        elif row.kind in ADDS and row.answer == Answer.WITHDRAWN:
            agreed = max(agreed - row.amount, 0.0)
    return agreed, ceiling, items


def estimate(
    rows: Sequence[Row],
    *,
    order: Hashable | None = None,
    order_state: str | None = None,
    asked: datetime | None = None,
    seen: datetime | None = None,
) -> Estimate:
    """How an estimate stands, by its quotation (if any), what was asked and what was answered.

    ``order_state`` is one of Odoo's: draft, sent, sale, cancel.
    """
    answer = last([row for row in rows if order in (None, row.order)], Kind.ESTIMATE)
    if order_state == "sale":
        # taken back, although the order could not be cancelled any more
        refused = answer and answer.answer in (Answer.REFUSED, Answer.WITHDRAWN)
        return Estimate.REJECTED if refused else Estimate.APPROVED
    if answer and order_state in (None, "cancel"):
        # a question asked again after the last answer is open again
        if order_state == "cancel" or not (asked and asked > answer.at):
            return _ANSWERED[answer.answer]
    waiting = order_state == "sent" or (order_state is None and asked)
    if not waiting:
        return Estimate.QUOTED if order_state == "draft" else Estimate.NONE
    return Estimate.SEEN if seen and (not asked or seen >= asked) else Estimate.SENT


def answer_due(asked: datetime, hours: int) -> datetime | None:
    """Until when an answer counts; None where a quotation stays open."""
    return asked + timedelta(hours=hours) if hours else None


def is_late(at: datetime, due: datetime | None) -> bool:
    """Whether an answer comes too late: the very last second is in time."""
    return bool(due) and at > due


_ANSWERED = {
    Answer.GIVEN: Estimate.APPROVED,
    Answer.REFUSED: Estimate.REJECTED,
    Answer.EXPIRED: Estimate.EXPIRED,
    Answer.WITHDRAWN: Estimate.NONE,
}


def _is_undone(row: Row, rows: Iterable[Row]) -> bool:
    """An estimate taken for declined, although somebody had answered it by then."""
    return (
        row.kind == Kind.ESTIMATE
        and row.answer == Answer.EXPIRED
        and any(
            other.kind == Kind.ESTIMATE
            and other.order == row.order
            and other.number > row.number
            and other.at <= row.at
            and other.answer in (Answer.GIVEN, Answer.REFUSED)
            for other in rows
        )
    )
