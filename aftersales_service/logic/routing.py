"""Which team a request belongs to, and who of the team takes it.

Rules are tried in order; the first that fits gives the team. A criterion that a rule leaves empty
fits everything, so a rule without criteria fits every request.

Postcodes are compared as text, without spaces and hyphens, in capitals: both bounds of a range have
the same length n and are compared with the first n characters of the postcode, so that "26" to "27"
holds "266001". A postcode shorter than the bounds does not fit.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

Taker = TypeVar("Taker")
NOTHING: frozenset[int] = frozenset()


class Criterion(Enum):
    """What a rule may ask of a request."""

    COUNTRY = "country"
    STATE = "state"
    POSTCODE = "postcode"
    KIND = "kind"
    CATEGORY = "category"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Subject:
    """What is known of a request: its site, its kind, and what stands above product and customer.

    Numbers are record ids. ``categories`` and ``customers`` hold the record itself and everything
    above it, so that a rule on a parent fits its children.
    """

    country: int | None = None
    state: int | None = None
    postcode: str = ""
    kind: int | None = None
    categories: frozenset[int] = NOTHING
    customers: frozenset[int] = NOTHING


@dataclass(frozen=True)
class Rule:
    """The criteria of one rule; ``key`` is whatever the caller finds it again by."""

    key: int
    countries: frozenset[int] = NOTHING
    states: frozenset[int] = NOTHING
    zip_from: str = ""
    zip_to: str = ""
    kinds: frozenset[int] = NOTHING
    categories: frozenset[int] = NOTHING
    customers: frozenset[int] = NOTHING


@dataclass(frozen=True)
class Fit:
    """A rule that fits, and what of the request fitted each of its criteria."""

    rule: Rule
    why: Mapping[Criterion, frozenset[int]] = field(default_factory=dict)


def normal_postcode(text: str | None) -> str:
    """The postcode as it is compared.

    >>> normal_postcode(" sw1a-1aa ")
    'SW1A1AA'
    """
    return (text or "").replace(" ", "").replace("-", "").upper()


def in_range(postcode: str, first: str, last: str) -> bool:
    """Whether a postcode lies in a range of prefixes; an empty ``last`` means ``first`` alone."""
    first, last = normal_postcode(first), normal_postcode(last) or normal_postcode(first)
    start = normal_postcode(postcode)[: len(first)]
    return len(start) == len(first) and first <= start <= last


def fit(rule: Rule, subject: Subject) -> Fit | None:
    """The rule with what fitted, or None where one of its criteria does not."""
    asked = {
        Criterion.COUNTRY: (rule.countries, {subject.country}),
        Criterion.STATE: (rule.states, {subject.state}),
        Criterion.KIND: (rule.kinds, {subject.kind}),
        Criterion.CATEGORY: (rule.categories, subject.categories),
        Criterion.CUSTOMER: (rule.customers, subject.customers),
    }
    why = {name: wanted & known for name, (wanted, known) in asked.items() if wanted}
    if not all(why.values()):
        return None
    if rule.zip_from:
        if not in_range(subject.postcode, rule.zip_from, rule.zip_to):
            return None
        why[Criterion.POSTCODE] = NOTHING
    return Fit(rule, why)


def first_fit(rules: Iterable[Rule], subject: Subject) -> Fit | None:
    """The first rule that fits; None where none does."""
    fits = (fit(rule, subject) for rule in rules)
    return next((found for found in fits if found), None)


def spread(loads: Mapping[Taker, int], number: int) -> Sequence[Taker]:
    """Who takes each of ``number`` new requests: always the one with the least on the desk.

    Equal loads go in the order of ``loads``. Nobody there: an empty answer.

    >>> spread({"first": 1, "second": 0}, 3)
    ['second', 'first', 'second']
    """
    desks = [(load, position, taker) for position, (taker, load) in enumerate(loads.items())]
    heapq.heapify(desks)
    takers: list[Taker] = []
    while desks and len(takers) < number:
        load, position, taker = desks[0]
        takers.append(taker)
        heapq.heapreplace(desks, (load + 1, position, taker))
    return takers
