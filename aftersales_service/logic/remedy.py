"""What a customer may ask for on a day, for a reason: each remedy allowed or refused, and why.

A promise is a table of *tiers* (reason × channel × window → remedies, who pays) with a *ladder*
(after so many repairs an exchange, after so many exchanges the money back) and conditions. Windows
count as A3 says, see ``windows``; the day that counts is the day of the request (R29.08).

* A window that ends with the cover asks for the day of the failure, as the warranty does.
* Every tier that names a remedy is judged; the answer that is best for the customer counts, and of
  several refusals the one that came closest.
* A right without reason serves whoever has one: its tiers are open to every reason.
* The ladder is climbed only while the thing may be repaired (or, an accessory, be replaced) free of
  charge. What was damaged by an excluded cause climbs no step.
* Missing evidence never refuses: the remedy stays *open* and says what is missing.
* Goods nobody has looked at yet are taken to be intact: that is a condition, not a refusal.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from . import coverage
from .warranty_terms import FREE_PHASES, NOT_STARTED, Period, StartEvent, event_date
from .windows import Until, Window


class Remedy(StrEnum):
    REFUND = "refund"
    EXCHANGE = "exchange"
    REPAIR = "repair"
    TRAINING = "training"
    REFURBISH = "refurbish"
    BACK = "back"  # the goods go back to the customer as they are


class Why(StrEnum):
    """Why the customer asks."""

    QUALITY = "quality"
    NO_REASON = "no_reason"
    DISSATISFIED = "dissatisfied"
    NOT_AS_DESCRIBED = "not_as_described"
    CANNOT_USE = "cannot_use"


class Channel(StrEnum):
    """How it was bought."""

    DISTANCE = "distance"
    SHOP = "shop"


class Part(StrEnum):
    """What is concerned: the thing itself, or an accessory with rights of its own."""

    MAIN = "main"
    ACCESSORY = "accessory"


class Payer(StrEnum):
    COMPANY = "company"
    CUSTOMER = "customer"
    SHARED = "shared"  # as the charge rules of the warranty divide it


class Basis(StrEnum):
    """Which price is refunded."""

    INVOICE = "invoice"
    STANDALONE = "standalone"  # what it costs by itself on the day of the return


class Scope(StrEnum):
    """Which repairs and exchanges the ladder counts."""

    SAME_FAULT = "same_fault"
    LISTED_FAULT = "listed_fault"
    ANY_FAULT = "any_fault"


class Evidence(StrEnum):
    INSPECTION_SHEET = "inspection_sheet"
    PROOF = "proof"
    DESCRIPTION = "description"


class Intact(StrEnum):
    """Which returns need intact goods."""

    NEVER = "never"
    WITHOUT_FAULT = "without_fault"
    ALWAYS = "always"


class KindRule(StrEnum):
    """When a kind of goods is excluded from returns without a fault (R30.02)."""

    ALWAYS = "always"
    UNSEALED = "unsealed"
    CONFIRMED = "confirmed"  # by the customer, at the purchase


class Finding(StrEnum):
    """What the inspection sheet says."""

    CONFIRMED = "confirmed"
    NONCONFORMING = "nonconforming"
    NO_FAULT = "no_fault"


class BatchFinding(StrEnum):
    """What the test of goods of the same batch showed (R16.08)."""

    SAME_PROBLEM = "same_problem"
    SOUND = "sound"


class Status(StrEnum):
    REFUSED = "refused"
    OPEN = "open"  # a fact is missing, or somebody has to do something first
    ALLOWED = "allowed"


class Reason(StrEnum):
    """Why an answer is as it is; of several with one status the last in this order is told."""

    # refused
    NO_POLICY = "no_policy"
    ENDED = "ended"
    NOT_PROMISED = "not_promised"
    LADDER_NOT_REACHED = "ladder_not_reached"
    OTHER_CHANNEL = "other_channel"
    NOT_IN_PROMOTION = "not_in_promotion"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    NOT_COVERED = "not_covered"
    KIND_EXCLUDED = "kind_excluded"
    NOT_INTACT = "not_intact"
    CAUSE_EXCLUDED = "cause_excluded"
    NO_FAULT_FOUND = "no_fault_found"
    FAULT_NOT_LISTED = "fault_not_listed"
    BATCH_SOUND = "batch_sound"
    TAMPERED = "tampered"
    # open
    NOT_STARTED = "not_started"
    BEFORE_START = "before_start"
    CHANNEL_NEEDED = "channel_needed"
    PURCHASE_DATE_NEEDED = "purchase_date_needed"
    WARRANTY_OPEN = "warranty_open"
    FAULT_NEEDED = "fault_needed"
    BATCH_TEST_NEEDED = "batch_test_needed"
    SAMPLES_NEEDED = "samples_needed"
    TRAINING_FIRST = "training_first"
    EVIDENCE_MISSING = "evidence_missing"
    # allowed
    REPAIR_LATE = "repair_late"
    IRREPARABLE = "irreparable"
    NONCONFORMING = "nonconforming"
    EXCHANGE_LATE = "exchange_late"
    AFTER_EXCHANGES = "after_exchanges"
    AFTER_REPAIRS = "after_repairs"
    GOODS_HERE = "goods_here"
    BATCH_FAULTY = "batch_faulty"
    IN_WINDOW = "in_window"


class Hint(StrEnum):
    """What to do beside, or instead of, granting a remedy."""

    RETURN_AT_ONCE = "return_at_once"
    NEGOTIATE = "negotiate"
    APPROVAL = "approval"
    PAID_REPAIR = "paid_repair"


#: Remedies every customer thinks of: they are answered even where nothing names them.
ALWAYS_ANSWERED = frozenset({Remedy.REFUND, Remedy.EXCHANGE, Remedy.REPAIR})
#: Remedies by which the goods come back for good.
GIVES_UP_GOODS = frozenset({Remedy.REFUND, Remedy.EXCHANGE})
#: Reasons that say nothing is wrong with the goods.
WITHOUT_FAULT = frozenset({Why.NO_REASON, Why.DISSATISFIED})
#: What an unused or unproven promise leaves the customer: a repair at the customer's own cost.
_PAYABLE = frozenset({Reason.NOT_COVERED, Reason.TOO_LATE, Reason.CAUSE_EXCLUDED})
_STATUSES = tuple(Status)
_REASONS = tuple(Reason)
_PAYER_BY_RESULT = MappingProxyType(
    {
        coverage.Result.COVERED: Payer.COMPANY,
        coverage.Result.PARTLY: Payer.SHARED,
        coverage.Result.NOT_COVERED: Payer.CUSTOMER,
    }
)


# === WHAT WAS PROMISED === #


@dataclass(frozen=True)
class Tier:
    """One row of the table; None fits any channel, part or purchase date.

    ``freight`` is None where nothing was said; ``work`` (who pays repair, training,
    refurbishment) is None where the warranty decides about it.
    """

    key: Hashable
    why: Why
    remedies: frozenset[Remedy]
    window: Window
    start: StartEvent
    channel: Channel | None = None
    part: Part | None = None
    bought_from: date | None = None
    bought_until: date | None = None
    freight: Payer | None = None
    work: Payer | None = None


@dataclass(frozen=True)
class Ladder:
    """Steps from repair to exchange to refund; zero and False: no such step."""

    scope: Scope = Scope.SAME_FAULT
    repairs_before_exchange: int = 0
    exchanges_before_refund: int = 0
    accessory_exchanges_before_refund: int = 0
    exchange_days: int = 0
    exchange_irreparable: bool = False
    exchange_late: bool = False
    refund_nonconforming: bool = False


@dataclass(frozen=True)
class Terms:
    """A promise as it was frozen. ``listed`` is None where any fault counts."""

    tiers: Sequence[Tier] = ()
    ladder: Ladder = Ladder()
    evidence: frozenset[Evidence] = frozenset()
    intact: Intact = Intact.NEVER
    excluded: frozenset = frozenset()
    listed: frozenset | None = None
    kinds: Mapping[Hashable, KindRule] = field(default_factory=lambda: MappingProxyType({}))
    batch_test: bool = False
    tampered_repair_only: bool = True
    basis: Basis = Basis.INVOICE
    accessory_basis: Basis = Basis.INVOICE
    refund_days: int = 0
    free_trainings: int = 1
    approval: bool = False

    def names(self, remedy: Remedy) -> bool:
        return any(remedy in tier.remedies for tier in self.tiers)

    @property
    def splits_accessories(self) -> bool:
        """Whether accessories have rights of their own; otherwise they share the unit's."""
        rows = any(tier.part for tier in self.tiers)
        return rows or bool(self.ladder.accessory_exchanges_before_refund)


# === WHAT IS KNOWN === #


@dataclass(frozen=True)
class Tally:
    """How often something was done, by what is counted."""

    same_fault: int = 0
    listed_fault: int = 0
    any_fault: int = 0

    def of(self, scope: Scope) -> int:
        return getattr(self, scope.value)


@dataclass(frozen=True)
class Counts:
    """What was done about the thing (or the accessory) concerned so far."""

    repairs: Tally = Tally()
    exchanges: Tally = Tally()


@dataclass(frozen=True)
class Attempt:
    """One done repair, or exchange, of the thing concerned."""

    fault: Hashable | None = None
    cause: Hashable | None = None
    exchanged: bool = False


def count(
    attempts: Iterable[Attempt],
    *,
    fault: Hashable | None = None,
    excluded: frozenset = frozenset(),
    listed: frozenset | None = None,
) -> Counts:
    """Count what was done before a fault; what an excluded cause made necessary does not count."""
    done = [attempt for attempt in attempts if attempt.cause not in excluded]
    return Counts(
        _tally([attempt for attempt in done if not attempt.exchanged], fault, listed),
        _tally([attempt for attempt in done if attempt.exchanged], fault, listed),
    )


def _tally(attempts: list[Attempt], fault: Hashable | None, listed: frozenset | None) -> Tally:
    return Tally(
        same_fault=sum(fault is not None and attempt.fault == fault for attempt in attempts),
        listed_fault=sum(listed is None or attempt.fault in listed for attempt in attempts),
        any_fault=len(attempts),
    )


@dataclass(frozen=True)
class Facts:
    """What is known on the day of the request. None means that nobody knows.

    ``on`` is the day of the request, ``failed`` the day of the failure where it was another one,
    ``starts`` when each event happened, ``bought`` the day of purchase. ``cover`` is the free
    cover of the thing concerned (see ``free_cover``; None where none was promised), ``warranty``
    the decision about its repair. ``exchange_asked`` is the day of an exchange that was granted
    and is not made yet, ``exchange_due`` when it was agreed to be made. ``agreed_freight`` is what
    the order says of return freight. ``ended`` is the first day on which somebody else has the
    rights.
    """

    on: date
    why: Why
    starts: Mapping[StartEvent, date | None]
    failed: date | None = None
    channel: Channel | None = None
    bought: date | None = None
    part: Part = Part.MAIN
    is_bundled: bool = True
    fault: Hashable | None = None
    cause: Hashable | None = None
    cover: Period | None = None
    warranty: coverage.Decision | None = None
    counts: Counts = Counts()
    evidence: frozenset[Evidence] = frozenset()
    finding: Finding | None = None
    is_intact: bool | None = None
    kind: Hashable | None = None
    is_unsealed: bool = False
    is_confirmed: bool = False
    is_tampered: bool = False
    is_irreparable: bool = False
    is_repair_late: bool = False
    batch: BatchFinding | None = None
    batch_in_stock: bool | None = None
    trainings: int = 0
    insists: bool = False
    exchange_asked: date | None = None
    exchange_due: date | None = None
    agreed_freight: Payer | None = None
    goods_here: bool = False
    goods_back: date | None = None
    ended: date | None = None


def free_cover(covers: Iterable[coverage.Cover], component: Hashable | None) -> Period | None:
    """The free cover of a component (of the whole product where it has none of its own).

    Phases follow each other: from the first day of the earliest to the last day of the latest.
    None where nothing free was promised, NOT_STARTED while no phase has begun.
    """
    free = [cover for cover in covers if cover.phase in FREE_PHASES]
    own = [cover.period for cover in free if cover.component == component]
    periods = own or [cover.period for cover in free if cover.component is None]
    if not periods:
        return None
    begun = [period for period in periods if period.started]
    if not begun:
        return NOT_STARTED
    last = None
    if not any(period.lifelong for period in begun):
        last = max(period.last for period in begun)
    return Period(min(period.first for period in begun), last)


# === THE ANSWER === #


@dataclass(frozen=True)
class Answer:
    """One remedy: its status, the reason, and the dates and numbers that explain it.

    ``first … last`` is the window that decided (no last: without end). ``done`` of ``needed`` is
    how far the ladder was climbed, ``due`` until when an exchange must be made. ``missing`` is
    evidence to bring, ``if_intact`` and ``if_sealed`` conditions that are checked when the goods
    come back. ``warranty`` is set where the warranty decided.
    """

    status: Status
    reason: Reason
    tier: Tier | None = None
    first: date | None = None
    last: date | None = None
    missing: tuple[Evidence, ...] = ()
    if_intact: bool = False
    if_sealed: bool = False
    freight: Payer | None = None
    work: Payer | None = None
    basis: Basis | None = None
    refund_days: int = 0
    refund_due: date | None = None
    done: int = 0
    needed: int = 0
    due: date | None = None
    warranty: coverage.Decision | None = None

    @property
    def allowed(self) -> bool:
        return self.status == Status.ALLOWED


@dataclass(frozen=True)
class Stage:
    """What may be asked for from a later day on, if nothing else happens."""

    first: date
    allowed: frozenset[Remedy]


@dataclass(frozen=True)
class Decision:
    """An answer for each remedy, what comes next, and what to do beside."""

    answers: Mapping[Remedy, Answer]
    coming: Stage | None = None
    hints: tuple[Hint, ...] = ()

    @property
    def allowed(self) -> frozenset[Remedy]:
        return _allowed(self.answers)

    @property
    def open(self) -> frozenset[Remedy]:
        return frozenset(
            remedy for remedy, answer in self.answers.items() if answer.status == Status.OPEN
        )


def decide(terms: Terms | None, facts: Facts) -> Decision:
    """Answer for every remedy. Never raises: what is missing is the reason of an open answer."""
    answers = _answer(terms, facts)
    return Decision(
        MappingProxyType(answers),
        _get_coming(terms, facts, _allowed(answers)),
        tuple(_get_hints(terms, facts, answers)),
    )


def _allowed(answers: Mapping[Remedy, Answer]) -> frozenset[Remedy]:
    return frozenset(remedy for remedy, answer in answers.items() if answer.allowed)


def _answer(terms: Terms | None, facts: Facts) -> dict[Remedy, Answer]:
    named = {remedy for remedy in Remedy if terms and terms.names(remedy)} | ALWAYS_ANSWERED
    answers = {remedy: _answer_one(terms, facts, remedy) for remedy in Remedy if remedy in named}
    if facts.goods_here:
        answers[Remedy.BACK] = Answer(Status.ALLOWED, Reason.GOODS_HERE)
    return answers


def _answer_one(terms: Terms | None, facts: Facts, remedy: Remedy) -> Answer:
    if terms is None:
        return Answer(Status.REFUSED, Reason.NO_POLICY)
    if facts.ended and facts.on >= facts.ended:
        return Answer(Status.REFUSED, Reason.ENDED, last=facts.ended)
    fitting = [tier for tier in _get_tiers(terms, facts) if remedy in tier.remedies]
    candidates = [_judge(terms, facts, tier, remedy) for tier in fitting]
    climbed = [*_climb(terms, facts, remedy), *_claim_late_exchange(terms, facts, remedy)]
    best = _get_best([*candidates, *climbed]) or Answer(Status.REFUSED, Reason.NOT_PROMISED)
    if best.allowed and remedy == Remedy.REFUND:
        return _with_refund(terms, facts, best)
    if best.allowed or not climbed:
        return best
    # also where a window decided: how far the ladder was climbed
    step = climbed[0]
    return replace(best, done=step.done, needed=step.needed, due=climbed[-1].due)


def _get_tiers(terms: Terms, facts: Facts, *whys: Why) -> Iterator[Tier]:
    whys = whys or (facts.why, Why.NO_REASON)
    for tier in terms.tiers:
        if tier.why in whys and tier.part in (None, facts.part):
            yield tier


def _get_best(answers: Sequence[Answer]) -> Answer | None:
    return max(answers, key=_get_rank, default=None)


def _get_rank(answer: Answer) -> tuple:
    """The best for the customer first; of refusals the closest, by reason and by day."""
    days = 0
    if answer.reason == Reason.TOO_LATE:
        days = answer.last.toordinal()
    elif answer.reason == Reason.TOO_EARLY:
        days = -answer.first.toordinal()
    return _STATUSES.index(answer.status), _REASONS.index(answer.reason), days


def _with_refund(terms: Terms, facts: Facts, answer: Answer) -> Answer:
    basis = terms.basis
    if facts.part == Part.ACCESSORY:
        basis = terms.accessory_basis if facts.is_bundled else Basis.INVOICE
    due = None
    if facts.goods_back and terms.refund_days:
        due = facts.goods_back + timedelta(days=terms.refund_days)
    return replace(answer, basis=basis, refund_days=terms.refund_days, refund_due=due)


# === TIERS === #


def _judge(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Answer:
    """What one tier says of a remedy it names."""
    placed = _place(facts, tier)
    if placed.status != Status.ALLOWED:
        return placed
    return _examine(terms, facts, placed, remedy)


def _place(facts: Facts, tier: Tier) -> Answer:
    """Whether a tier is open on the day, with its window."""
    if tier.channel and facts.channel and tier.channel != facts.channel:
        return Answer(Status.REFUSED, Reason.OTHER_CHANNEL, tier)
    if facts.bought and not _is_in_promotion(tier, facts.bought):
        return Answer(Status.REFUSED, Reason.NOT_IN_PROMOTION, tier)
    placed = _place_on_calendar(facts, tier)
    if placed.status != Status.ALLOWED:
        return placed
    if tier.channel and not facts.channel:
        return replace(placed, status=Status.OPEN, reason=Reason.CHANNEL_NEEDED)
    if not facts.bought and (tier.bought_from or tier.bought_until):
        return replace(placed, status=Status.OPEN, reason=Reason.PURCHASE_DATE_NEEDED)
    return placed


def _is_in_promotion(tier: Tier, bought: date) -> bool:
    begun = not tier.bought_from or bought >= tier.bought_from
    return begun and (not tier.bought_until or bought <= tier.bought_until)


def _place_on_calendar(facts: Facts, tier: Tier) -> Answer:
    with_cover = tier.window.until == Until.COVER
    if with_cover and facts.cover is None:
        return Answer(Status.REFUSED, Reason.NOT_COVERED, tier)
    start = event_date(tier.start, facts.starts)
    if start is None or (with_cover and not facts.cover.started):
        return Answer(Status.OPEN, Reason.NOT_STARTED, tier)
    first, last = tier.window.first_day(start), tier.window.last_day(start, facts.cover)
    placed = Answer(Status.ALLOWED, Reason.IN_WINDOW, tier, first, last)
    if facts.on < start:
        return replace(placed, status=Status.OPEN, reason=Reason.BEFORE_START)
    asked = (facts.failed or facts.on) if with_cover else facts.on
    if last and asked > last:
        return replace(placed, status=Status.REFUSED, reason=Reason.TOO_LATE)
    if facts.on < first:
        return replace(placed, status=Status.REFUSED, reason=Reason.TOO_EARLY)
    return placed


# === CONDITIONS === #


def _examine(terms: Terms, facts: Facts, placed: Answer, remedy: Remedy) -> Answer:
    """What speaks against a remedy whose window is open; a refusal comes before a question."""
    tier = placed.tier
    missing = _get_missing(terms, facts, tier, remedy)
    found = [reason for check in _CHECKS for reason in check(terms, facts, tier, remedy)]
    if missing:
        found.append(Reason.EVIDENCE_MISSING)
    by_warranty = _is_by_warranty(tier, remedy)
    answer = replace(
        placed,
        missing=missing,
        freight=facts.agreed_freight or tier.freight,
        work=_get_work_payer(terms, facts, tier, remedy),
        if_intact=facts.is_intact is None and _needs_intact(terms, tier, remedy),
        if_sealed=not facts.is_unsealed
        and _get_kind_rule(terms, facts, tier, remedy) == KindRule.UNSEALED,
        warranty=facts.warranty if by_warranty else None,
    )
    first_open = _REASONS.index(Reason.NOT_STARTED)
    refusals = [reason for reason in found if _REASONS.index(reason) < first_open]
    if refusals:
        return replace(answer, status=Status.REFUSED, reason=refusals[0])
    if found:
        return replace(answer, status=Status.OPEN, reason=found[0])
    if terms.batch_test and tier.why == Why.QUALITY and remedy in GIVES_UP_GOODS:
        return replace(answer, reason=Reason.BATCH_FAULTY)
    return answer


def _check_tampered(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    """R39.03: rights shrink to repair."""
    if terms.tampered_repair_only and facts.is_tampered and remedy != Remedy.REPAIR:
        yield Reason.TAMPERED


def _check_kind(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    """R30.02: goods that cannot be given back without a fault."""
    applies = {
        None: False,
        KindRule.ALWAYS: True,
        KindRule.UNSEALED: facts.is_unsealed,
        KindRule.CONFIRMED: facts.is_confirmed,
    }
    if applies[_get_kind_rule(terms, facts, tier, remedy)]:
        yield Reason.KIND_EXCLUDED


def _get_kind_rule(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> KindRule | None:
    if tier.why not in WITHOUT_FAULT or remedy not in GIVES_UP_GOODS:
        return None
    return terms.kinds.get(facts.kind)


def _check_intact(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    if facts.is_intact is False and _needs_intact(terms, tier, remedy):
        yield Reason.NOT_INTACT


def _needs_intact(terms: Terms, tier: Tier, remedy: Remedy) -> bool:
    if remedy not in GIVES_UP_GOODS:
        return False
    return {
        Intact.NEVER: False,
        Intact.WITHOUT_FAULT: tier.why in WITHOUT_FAULT,
        Intact.ALWAYS: True,
    }[terms.intact]


def _check_cause(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    """Damage by the customer is no fault of the goods (R28.06, R29.09, R39.02)."""
    concerned = tier.why in (Why.QUALITY, Why.CANNOT_USE) and remedy != Remedy.TRAINING
    if concerned and not _is_by_warranty(tier, remedy) and facts.cause in terms.excluded:
        yield Reason.CAUSE_EXCLUDED


def _check_fault(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    """Only real, listed faults qualify; about a repair the warranty decides."""
    if tier.why != Why.QUALITY or _is_by_warranty(tier, remedy):
        return
    if facts.finding == Finding.NO_FAULT:
        yield Reason.NO_FAULT_FOUND
    if terms.listed is not None and facts.fault is None:
        yield Reason.FAULT_NEEDED
    elif terms.listed is not None and facts.fault not in terms.listed:
        yield Reason.FAULT_NOT_LISTED


def _check_batch(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    """R16.08, R16.09: goods of the same batch are tested first."""
    if not terms.batch_test or tier.why != Why.QUALITY or remedy not in GIVES_UP_GOODS:
        return
    if facts.batch == BatchFinding.SOUND:
        yield Reason.BATCH_SOUND
    elif facts.batch is None:
        no_stock = facts.batch_in_stock is False
        yield Reason.SAMPLES_NEEDED if no_stock else Reason.BATCH_TEST_NEEDED


def _check_training(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    """R28.06: who merely cannot use it is offered training first; who insists may return it."""
    offered = facts.trainings or facts.insists
    if remedy in GIVES_UP_GOODS and Remedy.TRAINING in tier.remedies and not offered:
        yield Reason.TRAINING_FIRST


def _check_warranty(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Iterator[Reason]:
    if not _is_by_warranty(tier, remedy):
        return
    warranty = facts.warranty
    if warranty and warranty.result == coverage.Result.UNDETERMINED:
        yield Reason.WARRANTY_OPEN
    elif not warranty or _is_refused_by(warranty):
        yield Reason.NOT_COVERED


def _is_refused_by(warranty: coverage.Decision) -> bool:
    """Paid care for life is still a promise to repair."""
    not_covered = warranty.result == coverage.Result.NOT_COVERED
    return not_covered and warranty.reason != coverage.Reason.AFTERCARE


#: Order in which refusals, and then questions, are told.
_CHECKS = (
    _check_tampered,
    _check_cause,
    _check_fault,
    _check_kind,
    _check_intact,
    _check_batch,
    _check_training,
    _check_warranty,
)


def _is_by_warranty(tier: Tier, remedy: Remedy) -> bool:
    return remedy == Remedy.REPAIR and tier.work is None


def _get_missing(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> tuple[Evidence, ...]:
    """Evidence still to bring; the sheet is about faults alone, and no repair waits for it."""
    if remedy not in GIVES_UP_GOODS:
        return ()
    brought = facts.evidence
    if facts.finding:
        brought |= {Evidence.INSPECTION_SHEET}
    return tuple(
        evidence
        for evidence in Evidence
        if evidence in terms.evidence - brought
        and (evidence != Evidence.INSPECTION_SHEET or tier.why == Why.QUALITY)
    )


def _get_work_payer(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Payer | None:
    """Who pays the repair, the training or the refurbishment."""
    if remedy in GIVES_UP_GOODS:
        return None
    if remedy == Remedy.TRAINING:
        return Payer.COMPANY if facts.trainings < terms.free_trainings else Payer.CUSTOMER
    if remedy == Remedy.REPAIR and tier.work is None:
        return facts.warranty and _PAYER_BY_RESULT.get(facts.warranty.result)
    return tier.work or Payer.COMPANY


# === LADDER === #


def _climb(terms: Terms, facts: Facts, remedy: Remedy) -> Iterator[Answer]:
    """Where the ladder stands for an exchange or a refund; nothing where it has no such step."""
    ladder, accessory = terms.ladder, facts.part == Part.ACCESSORY
    if facts.why != Why.QUALITY:
        return
    if remedy == Remedy.EXCHANGE and not accessory:
        step = _Step(Reason.AFTER_REPAIRS, facts.counts.repairs, ladder.repairs_before_exchange)
        shortcuts = (
            (Reason.IRREPARABLE, ladder.exchange_irreparable, facts.is_irreparable),
            (Reason.REPAIR_LATE, ladder.exchange_late, facts.is_repair_late),
        )
    elif remedy == Remedy.REFUND:
        needed = ladder.exchanges_before_refund
        if accessory:
            needed = ladder.accessory_exchanges_before_refund
        step = _Step(Reason.AFTER_EXCHANGES, facts.counts.exchanges, needed)
        nonconforming = facts.finding == Finding.NONCONFORMING
        shortcuts = ((Reason.NONCONFORMING, ladder.refund_nonconforming, nonconforming),)
    else:
        return
    yield from _climb_step(terms, facts, remedy, step, shortcuts)


@dataclass(frozen=True)
class _Step:
    reason: Reason
    tally: Tally
    needed: int


def _climb_step(
    terms: Terms,
    facts: Facts,
    remedy: Remedy,
    step: _Step,
    shortcuts: Iterable[tuple[Reason, bool, bool]],
) -> Iterator[Answer]:
    promised = [(reason, happened) for reason, is_promised, happened in shortcuts if is_promised]
    if not step.needed and not promised:
        return
    scope = terms.ladder.scope
    done = step.tally.of(scope)
    reasons = [reason for reason, happened in promised if happened]
    if step.needed and done >= step.needed:
        reasons.append(step.reason)
    progress = {"done": done, "needed": step.needed}
    if reasons:
        yield replace(_reach(terms, facts, remedy, reasons[-1]), **progress)
    elif step.needed and _may_be_same_fault(facts, scope, step):
        yield Answer(Status.OPEN, Reason.FAULT_NEEDED, **progress)
    else:
        yield Answer(Status.REFUSED, Reason.LADDER_NOT_REACHED, **progress)


def _may_be_same_fault(facts: Facts, scope: Scope, step: _Step) -> bool:
    """Whether naming the fault could show that it was repaired often enough."""
    unnamed = scope == Scope.SAME_FAULT and facts.fault is None
    return unnamed and step.tally.any_fault >= step.needed


def _reach(terms: Terms, facts: Facts, remedy: Remedy, reason: Reason) -> Answer:
    """A step of the ladder, if the thing may be repaired or replaced free of charge today."""
    base = _get_best(
        [
            _judge_free(terms, facts, tier, rung)
            for tier in _get_tiers(terms, facts, Why.QUALITY)
            for rung in (Remedy.EXCHANGE, Remedy.REPAIR)
            if rung in tier.remedies
        ]
    ) or Answer(Status.REFUSED, Reason.NOT_PROMISED)
    if not base.allowed:
        return base
    placed = replace(base, reason=Reason.IN_WINDOW)
    reached = _examine(terms, facts, placed, remedy)
    return replace(reached, reason=reason) if reached.allowed else reached


def _judge_free(terms: Terms, facts: Facts, tier: Tier, remedy: Remedy) -> Answer:
    answer = _judge(terms, facts, tier, remedy)
    if answer.allowed and answer.work == Payer.CUSTOMER:
        return replace(answer, status=Status.REFUSED, reason=Reason.NOT_COVERED)
    return answer


def _claim_late_exchange(terms: Terms, facts: Facts, remedy: Remedy) -> Iterator[Answer]:
    """An exchange that is not made in time becomes a refund (R05.02, C71), whatever day it is."""
    days = terms.ladder.exchange_days
    if remedy != Remedy.REFUND or not days or not facts.exchange_asked:
        return
    due = facts.exchange_due or facts.exchange_asked + timedelta(days=days)
    if facts.on > due:
        tiers = [tier for tier in _get_tiers(terms, facts) if Remedy.EXCHANGE in tier.remedies]
        freight = next((tier.freight for tier in tiers), None)
        freight = facts.agreed_freight or freight
        yield Answer(Status.ALLOWED, Reason.EXCHANGE_LATE, due=due, freight=freight)
    else:
        yield Answer(Status.REFUSED, Reason.LADDER_NOT_REACHED, due=due)


# === WHAT COMES NEXT === #


def _get_coming(terms: Terms | None, facts: Facts, now: frozenset[Remedy]) -> Stage | None:
    """The first later day on which other remedies are allowed, if nothing else happens."""
    if terms is None:
        return None
    for day in sorted(day for day in _get_turns(terms, facts) if day > facts.on):
        later = _allowed(_answer(terms, replace(facts, on=day)))
        if later != now:
            return Stage(day, later)
    return None


def _get_turns(terms: Terms, facts: Facts) -> set[date]:
    """Days on which a window opens or has closed."""
    turns = set()
    for tier in _get_tiers(terms, facts):
        placed = _place_on_calendar(facts, tier)
        if placed.first:
            turns.add(placed.first)
        if placed.last:
            turns.add(placed.last + timedelta(days=1))
    for answer in _claim_late_exchange(terms, facts, Remedy.REFUND):
        turns.add(answer.due + timedelta(days=1))
    return turns


def _get_hints(
    terms: Terms | None, facts: Facts, answers: Mapping[Remedy, Answer]
) -> Iterator[Hint]:
    reasons = {answer.reason for answer in answers.values()}
    if Reason.BATCH_FAULTY in reasons:
        yield Hint.RETURN_AT_ONCE
    if Reason.BATCH_SOUND in reasons:
        yield Hint.NEGOTIATE
    if terms and terms.approval and GIVES_UP_GOODS & _allowed(answers):
        yield Hint.APPROVAL
    repair = answers[Remedy.REPAIR]
    if facts.why == Why.QUALITY and repair.reason in _PAYABLE:
        yield Hint.PAID_REPAIR
