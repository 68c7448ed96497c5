"""Where a return stands: quantities from transfers, statuses from quantities, money from invoices.

* Quantities are floats in the unit of measure of the product; two that differ by less than
  ``TOLERANCE`` are the same.
* A transfer that goes back over another of the same return undoes it: goods received and sent back
  are *back*, a replacement that came back was never given.
* Nothing is settled by a promise: refunded is what a posted credit note says, replaced what left.
* A line is settled towards the customer. What becomes of the goods here (shelf, scrap, supplier) is
  our own affair.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: Finer than any rounding of a unit of measure.
TOLERANCE = 1e-6


def reaches(quantity: float, target: float) -> bool:
    return quantity > target - TOLERANCE


def exceeds(quantity: float, limit: float) -> bool:
    return quantity > limit + TOLERANCE


class Outcome(StrEnum):
    """What the customer gets."""

    REFUND = "refund"
    EXCHANGE = "exchange"
    REPAIR = "repair"
    REFURBISH = "refurbish"
    BACK = "back"
    NONE = "none"


#: Outcomes by which the customer gets the very same goods back.
KEEPS_GOODS = frozenset({Outcome.REPAIR, Outcome.REFURBISH, Outcome.BACK})
#: From most to least for the customer: what is proposed where the wish is not allowed.
PREFERENCE = (Outcome.REFUND, Outcome.EXCHANGE, Outcome.REPAIR, Outcome.REFURBISH)


class LineStatus(StrEnum):
    EXPECTED = "expected"
    PARTLY = "partly"
    RECEIVED = "received"
    INSPECTED = "inspected"
    SETTLED = "settled"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    AUTHORISED = "authorised"
    RECEIVED = "received"
    INSPECTED = "inspected"
    SETTLED = "settled"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Money(StrEnum):
    """Where the money of a return stands; NONE where nothing is owed."""

    NONE = "none"
    OWED = "owed"
    REQUESTED = "requested"
    REFUNDED = "refunded"


# === TRANSFERS === #


class Door(StrEnum):
    """Where goods passed."""

    IN = "in"  # from the customer
    OUT = "out"  # to the customer
    SUPPLIER = "supplier"
    INSIDE = "inside"


@dataclass(frozen=True)
class Transfer:
    """A done transfer of a return; ``undoes`` is the key of the one it goes back over, if any."""

    key: Hashable
    door: Door
    quantity: float
    undoes: Hashable | None = None


@dataclass(frozen=True)
class Tally:
    received: float = 0.0
    back: float = 0.0
    replaced: float = 0.0
    supplied: float = 0.0


#: What a transfer of its own counts for; one inside our walls counts for nothing.
_COUNTS_FOR = {Door.IN: "received", Door.OUT: "replaced", Door.SUPPLIER: "supplied"}


def tally(transfers: Iterable[Transfer]) -> Tally:
    """What came, went back, was replaced and went to the supplier."""
    by_key = {transfer.key: transfer for transfer in transfers}
    sums = dict.fromkeys(("received", "back", "replaced", "supplied"), 0.0)
    for transfer in by_key.values():
        name, sign = _classify(transfer, by_key)
        if name:
            sums[name] += sign * transfer.quantity
    return Tally(**sums)


def _classify(transfer: Transfer, by_key: Mapping) -> tuple[str | None, int]:
    undone = by_key.get(transfer.undoes)
    if undone is None or transfer.door in (Door.INSIDE, Door.SUPPLIER):
        return _COUNTS_FOR.get(transfer.door), 1
    name, sign = _classify(undone, by_key)
    if name == "received":
        return "back", 1
    return name, -sign


# === STATUSES === #


@dataclass(frozen=True)
class LineFacts:
    """What happened to one line.

    ``kept`` is what the customer keeps and was invoiced for (advance exchange), ``waived`` what is
    not expected any more. ``inspected`` is how much of what came was looked at, ``accepted`` how
    much of it counts; the rest goes back, or is scrapped with the customer's consent.
    """

    outcome: Outcome | None = None
    is_refused: bool = False
    authorised: float = 0.0
    waived: float = 0.0
    kept: float = 0.0
    received: float = 0.0
    inspected: float = 0.0
    accepted: float = 0.0
    refunded: float = 0.0
    replaced: float = 0.0
    repaired: float = 0.0
    back: float = 0.0
    scrapped: float = 0.0
    is_charged: bool = True  # a difference in price was settled, or there is none

    @property
    def expected(self) -> float:
        """How much is still to come."""
        return max(self.authorised - self.waived - self.kept - self.received, 0.0)

    @property
    def rejected(self) -> float:
        return max(self.received - self.accepted, 0.0)


def line_status(facts: LineFacts) -> LineStatus:
    if facts.is_refused:
        return LineStatus.REFUSED
    if not exceeds(facts.received, 0):
        return _status_before_receipt(facts)
    if exceeds(facts.expected, 0):
        return LineStatus.PARTLY
    if not reaches(facts.inspected, facts.received):
        return LineStatus.RECEIVED
    return LineStatus.SETTLED if is_settled(facts) else LineStatus.INSPECTED


def _status_before_receipt(facts: LineFacts) -> LineStatus:
    if exceeds(facts.expected, 0):
        return LineStatus.EXPECTED
    return LineStatus.SETTLED if exceeds(facts.kept, 0) else LineStatus.CANCELLED


def is_settled(facts: LineFacts) -> bool:
    """Whether the customer got everything for what came."""
    if facts.outcome is None or not facts.is_charged:
        return False
    if facts.outcome in KEEPS_GOODS:
        return _is_handed_back(facts)
    given = {
        Outcome.REFUND: facts.refunded,
        Outcome.EXCHANGE: facts.replaced,
        Outcome.NONE: facts.accepted,
    }[facts.outcome]
    rest = reaches(facts.back + facts.scrapped, facts.rejected)
    return rest and reaches(given, facts.accepted)


def _is_handed_back(facts: LineFacts) -> bool:
    worked = facts.outcome == Outcome.BACK or reaches(facts.repaired, facts.accepted)
    return worked and reaches(facts.back + facts.scrapped, facts.received)


#: How far a live line has come, for the state of the whole return: that of its slowest line.
_PROGRESS = {
    LineStatus.EXPECTED: State.AUTHORISED,
    LineStatus.PARTLY: State.AUTHORISED,
    LineStatus.RECEIVED: State.RECEIVED,
    LineStatus.INSPECTED: State.INSPECTED,
    LineStatus.SETTLED: State.SETTLED,
}
_ORDER = (State.AUTHORISED, State.RECEIVED, State.INSPECTED, State.SETTLED)


def state(
    lines: Sequence[LineStatus],
    *,
    is_submitted: bool,
    is_authorised: bool,
    is_refused: bool = False,
    is_cancelled: bool = False,
) -> State:
    """The state of a return, from what people decided and how far its lines have come."""
    if is_cancelled:
        return State.CANCELLED
    if is_refused:
        return State.REFUSED
    if not is_authorised:
        return State.SUBMITTED if is_submitted else State.DRAFT
    live = [_PROGRESS[line] for line in lines if line in _PROGRESS]
    if live:
        return min(live, key=_ORDER.index)
    return State.REFUSED if LineStatus.REFUSED in lines else State.CANCELLED


@dataclass(frozen=True)
class Debt:
    """The money of one line: what is owed, and how much of it drafts and posted documents say."""

    owed: float
    drafted: float
    posted: float


def money(debts: Iterable[Debt]) -> Money:
    """The worst of all lines: money is refunded when all of it is posted."""
    due = [debt for debt in debts if exceeds(debt.owed, 0)]
    if not due:
        return Money.NONE
    if all(reaches(debt.posted, debt.owed) for debt in due):
        return Money.REFUNDED
    if all(reaches(debt.posted + debt.drafted, debt.owed) for debt in due):
        return Money.REQUESTED
    return Money.OWED


# === DECISIONS === #


def propose(wish: str | None, allowed: Iterable[str]) -> Outcome | None:
    """What we propose: the wish where it is allowed, else the best that is; None if nothing is."""
    allowed = set(allowed)
    if wish in allowed and wish in set(Outcome):
        return Outcome(wish)
    return next((outcome for outcome in PREFERENCE if outcome.value in allowed), None)


class Rule(StrEnum):
    """What becomes of a difference in price when another model is given."""

    NONE = "none"
    DIFFERENCE = "difference"


def price_difference(rule: Rule, former: float, new: float) -> float:
    """What the customer pays for each (negative: gets back), in the currency of both prices."""
    return new - former if rule == Rule.DIFFERENCE else 0.0


# === QUANTITIES === #


def returnable(
    delivered: Mapping[Hashable, float],
    away: Mapping[Hashable, float],
    claimed: Mapping[Hashable, float],
) -> dict[Hashable, float]:
    """What can still come back of one delivery, by lot (None: without a number).

    ``away`` is what came back and was not sent out again, ``claimed`` what open returns wait for.
    Claims that name no lot may be for any: they narrow every lot.
    """
    left = {
        lot: quantity - away.get(lot, 0.0) - claimed.get(lot, 0.0)
        for lot, quantity in delivered.items()
    }
    nameless = sum(
        quantity
        for counts in (away, claimed)
        for lot, quantity in counts.items()
        if lot not in delivered
    )
    total = max(sum(left.values()) - nameless, 0.0)
    return {lot: max(min(quantity, total), 0.0) for lot, quantity in left.items()}


def allocate(
    quantity: float, sources: Iterable[tuple[Hashable, float]]
) -> tuple[list[tuple[Hashable, float]], float]:
    """Take a quantity from sources in their order: ``[(key, taken)], what is missing``."""
    taken = []
    for key, available in sources:
        if not exceeds(quantity, 0):
            break
        part = min(quantity, available)
        if exceeds(part, 0):
            taken.append((key, part))
            quantity -= part
    return taken, quantity if exceeds(quantity, 0) else 0.0
