"""Who pays for a fault: the decision about one claim, with its reason.

A claim is judged on the day the fault *happened*, not on the day somebody gets round to it, and
against the term of the component concerned: a component with terms of its own is judged by these
alone (R09: "the two years of the light source govern, not the four of the pole"), everything else
by the terms of the whole product.

What people ruled comes before what is computed: a manager's override (goodwill, or a refusal), or
the maker's ruling on a claim that nobody here could judge. Then it is asked whether the unit is
eligible at all and the fault is one the promise names.

Where all this does not make a fault free, the warranty on an earlier repair may: what was repaired
badly is repaired again at our cost, even when the unit's own cover is over (``repair_warranty``).

Charge rules are read from the top; the first that fits a (phase, cause, cost type) decides.
Without one: in a free phase and not excluded the company pays, otherwise the customer at list.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from dateutil.relativedelta import relativedelta

from .warranty_terms import FREE_PHASES, Period, Phase


class CostType(StrEnum):
    LABOUR = "labour"
    PART = "part"
    TRAVEL = "travel"
    FREIGHT = "freight"
    DUTY = "duty"
    SUNDRY = "sundry"


class Payer(StrEnum):
    COMPANY = "company"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    SUPPLIER = "supplier"


class Basis(StrEnum):
    """How the price of a cost line is found."""

    FREE = "free"
    COST = "cost"
    LIST = "list"
    LESS = "less"  # list price less a percentage


class Result(StrEnum):
    COVERED = "covered"
    PARTLY = "partly"
    NOT_COVERED = "not_covered"
    UNDETERMINED = "undetermined"


class Reason(StrEnum):
    """Why a claim was decided as it was; the sentence is made by the caller."""

    COVERED = "covered"
    NO_TERMS = "no_terms"
    COMPONENT_NEEDED = "component_needed"
    COMPONENT_WITHOUT_TERM = "component_without_term"
    NOT_STARTED = "not_started"
    BEFORE_START = "before_start"
    EXPIRED = "expired"
    AFTERCARE = "aftercare"
    EXCLUDED = "excluded"
    CHARGED = "charged"
    FREE_BY_RULE = "free_by_rule"
    ENDED = "ended"
    INELIGIBLE = "ineligible"
    FAULT_NEEDED = "fault_needed"
    FAULT_NOT_LISTED = "fault_not_listed"
    DOUBTFUL = "doubtful"
    APPROVED = "approved"
    REJECTED = "rejected"
    GOODWILL = "goodwill"
    REFUSED = "refused"
    REPAIR_WARRANTY = "repair_warranty"


#: Reasons that ask for a fact before anybody may be charged.
UNDECIDABLE = frozenset(
    {
        Reason.COMPONENT_NEEDED,
        Reason.FAULT_NEEDED,
        Reason.NOT_STARTED,
        Reason.BEFORE_START,
        Reason.DOUBTFUL,
    }
)

#: Decisions of people, and whether they are for the customer.
RULED = MappingProxyType(
    {
        Reason.GOODWILL: True,
        Reason.APPROVED: True,
        Reason.REFUSED: False,
        Reason.REJECTED: False,
    }
)

#: Outside every phase, as a charge rule names it.
OUT_OF_COVER = "out"

#: What a customer understands by "my repair": if these are paid, the claim is covered.
MAIN_COSTS = (CostType.LABOUR, CostType.PART)


@dataclass(frozen=True)
class Charge:
    payer: Payer
    basis: Basis
    percent: float = 0.0


#: Payers whose share the customer never sees on a quotation.
SPARES_CUSTOMER = frozenset({Payer.COMPANY, Payer.SUPPLIER})

FREE = Charge(Payer.COMPANY, Basis.FREE)
AT_LIST = Charge(Payer.CUSTOMER, Basis.LIST)


@dataclass(frozen=True)
class ChargeRule:
    """Who pays where it fits; an empty condition fits everything."""

    charge: Charge
    phase: str | None = None
    cause: Hashable | None = None
    cost: CostType | None = None
    key: Hashable | None = None

    def fits(self, phase: str, cause: Hashable | None, cost: CostType) -> bool:
        return (
            self.phase in (None, phase)
            and self.cause in (None, cause)
            and self.cost in (None, cost)
        )


@dataclass(frozen=True)
class Cover:
    """A term of the unit as it lies on the calendar."""

    key: Hashable
    phase: Phase
    period: Period
    component: Hashable | None = None


@dataclass(frozen=True)
class Facts:
    """What is known about a fault: its day, component, cause, and what was promised.

    ``listed`` are the faults a promise names, None where it covers any. ``ruling`` is what a person
    decided: one of RULED. ``doubtful`` means that nobody here can tell. ``repaired`` means that the
    warranty on an earlier repair answers for this fault.
    """

    on: date
    covers: Sequence[Cover]
    component: Hashable | None = None
    cause: Hashable | None = None
    fault: Hashable | None = None
    excluded: frozenset = frozenset()
    listed: frozenset | None = None
    rules: Sequence[ChargeRule] = ()
    ended: date | None = None
    eligible: bool = True
    doubtful: bool = False
    ruling: Reason | None = None
    repaired: bool = False


@dataclass(frozen=True)
class Decision:
    """The answer: result, reason, the cover that governs (or the one that would have), charges.

    ``sources`` names the rule behind each charge; None where none fitted.
    """

    result: Result
    reason: Reason
    cover: Cover | None = None
    charges: Mapping[CostType, Charge] = field(default_factory=lambda: MappingProxyType({}))
    sources: Mapping[CostType, Hashable | None] = field(
        default_factory=lambda: MappingProxyType({})
    )


def decide(facts: Facts) -> Decision:
    """Decide one claim. Never raises: what is missing is the reason of an undetermined claim."""
    reason, cover = _govern(facts)
    if facts.ruling:
        return _as_ruled(facts.ruling, cover)
    decision = _decide_by_promise(facts, _qualify(facts, reason), cover)
    if facts.repaired and _is_for_the_repair(facts, decision):
        return _all_alike(Result.COVERED, Reason.REPAIR_WARRANTY, None, FREE)
    return decision


def _is_for_the_repair(facts: Facts, decision: Decision) -> bool:
    """Whether an earlier repair has to answer, because the promise of the unit does not.

    It never answers for an excluded cause, for a unit that was given back, and while nobody can
    tell what happened.
    """
    somebody_elses = facts.cause is not None and facts.cause in facts.excluded
    if facts.doubtful or somebody_elses or decision.reason == Reason.ENDED:
        return False
    return decision.result != Result.COVERED


def _decide_by_promise(facts: Facts, reason: Reason, cover: Cover | None) -> Decision:
    if reason in UNDECIDABLE:
        # Nobody is charged because a date or a detail is missing: a person has to find it first.
        return Decision(Result.UNDETERMINED, reason, cover)
    in_cover = reason in (Reason.COVERED, Reason.AFTERCARE, Reason.EXCLUDED)
    phase = cover.phase if cover and in_cover else OUT_OF_COVER
    free = reason == Reason.COVERED
    fitting = {cost: _fitting_rule(facts, phase, cost) for cost in CostType}
    charges = {
        cost: rule.charge if rule else (FREE if free else AT_LIST) for cost, rule in fitting.items()
    }
    result = _result(charges)
    return Decision(
        result,
        _reconcile(reason, result),
        cover,
        MappingProxyType(charges),
        MappingProxyType({cost: rule and rule.key for cost, rule in fitting.items()}),
    )


def _reconcile(reason: Reason, result: Result) -> Reason:
    """Where charge rules turn the result around, they are the reason."""
    if reason == Reason.COVERED and result != Result.COVERED:
        return Reason.CHARGED
    if reason != Reason.COVERED and result == Result.COVERED:
        return Reason.FREE_BY_RULE
    return reason


def _as_ruled(ruling: Reason, cover: Cover | None) -> Decision:
    if RULED[ruling]:
        return _all_alike(Result.COVERED, ruling, cover, FREE)
    return _all_alike(Result.NOT_COVERED, ruling, cover, AT_LIST)


def _all_alike(result: Result, reason: Reason, cover: Cover | None, charge: Charge) -> Decision:
    """Every kind of cost is charged alike, whatever the rules of the promise say."""
    charges = MappingProxyType(dict.fromkeys(CostType, charge))
    return Decision(result, reason, cover, charges, MappingProxyType(dict.fromkeys(CostType)))


def _qualify(facts: Facts, reason: Reason) -> Reason:
    """What may still speak against a claim that lies in a free phase, or leave it open."""
    if not facts.eligible:
        return Reason.INELIGIBLE
    if reason != Reason.COVERED:
        return reason
    if facts.cause is not None and facts.cause in facts.excluded:
        return Reason.EXCLUDED
    if facts.listed is not None and facts.fault is None:
        return Reason.FAULT_NEEDED
    if facts.listed is not None and facts.fault not in facts.listed:
        return Reason.FAULT_NOT_LISTED
    return Reason.DOUBTFUL if facts.doubtful else reason


def _govern(facts: Facts) -> tuple[Reason, Cover | None]:
    """The cover that decides, or the one that explains why none does."""
    if not facts.covers:
        return Reason.NO_TERMS, None
    own = [cover for cover in facts.covers if cover.component == facts.component]
    if not own and facts.component is not None:
        own = [cover for cover in facts.covers if cover.component is None]
    if not own:
        needed = facts.component is None
        return (Reason.COMPONENT_NEEDED if needed else Reason.COMPONENT_WITHOUT_TERM), None
    if facts.ended and facts.on >= facts.ended:
        return Reason.ENDED, own[0]
    valid = [cover for cover in own if cover.period.covers(facts.on)]
    if valid:
        best = min(valid, key=lambda cover: cover.phase not in FREE_PHASES)
        return (Reason.COVERED if best.phase in FREE_PHASES else Reason.AFTERCARE), best
    return _why_not(own, facts.on)


def _why_not(own: Sequence[Cover], on: date) -> tuple[Reason, Cover]:
    over = [cover for cover in own if cover.period.last and cover.period.last < on]
    if over:
        return Reason.EXPIRED, max(over, key=lambda cover: cover.period.last)
    ahead = [cover for cover in own if cover.period.started]
    if ahead:
        return Reason.BEFORE_START, min(ahead, key=lambda cover: cover.period.first)
    return Reason.NOT_STARTED, own[0]


def _fitting_rule(facts: Facts, phase: str, cost: CostType) -> ChargeRule | None:
    return next((rule for rule in facts.rules if rule.fits(phase, facts.cause, cost)), None)


def _result(charges: Mapping[CostType, Charge]) -> Result:
    free = [charges[cost].payer in SPARES_CUSTOMER for cost in MAIN_COSTS]
    if all(free):
        return Result.COVERED
    return Result.PARTLY if any(free) else Result.NOT_COVERED


def price(charge: Charge, *, list_price: float, cost_price: float) -> float:
    """The unit price, not rounded, that a quotation shows for a charge."""
    if charge.payer in SPARES_CUSTOMER:
        return 0.0
    match charge.basis:
        case Basis.FREE:
            return 0.0
        case Basis.COST:
            return cost_price
        case Basis.LESS:
            return list_price * (1 - charge.percent / 100)
        case _:
            return list_price


def seller_must_prove(received: date | None, found: date, months: int) -> bool:
    """Reversed burden of proof (R20.02): a defect found within so many months of receipt.

    Counted as a claim window (A3): the last day is receipt plus the months.
    """
    if not received or not months:
        return False
    return received <= found <= received + relativedelta(months=months)
