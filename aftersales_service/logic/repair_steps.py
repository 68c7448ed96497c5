"""Where a repair stands, in one word that workshop and customer understand (ux 6, 7).

A step is never entered by hand: it follows from the facts, so a corrected fact corrects it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps in the order a job passes them; not every job passes all."""

    ARRIVAL = "arrival"  #: the goods are not here yet
    DIAGNOSIS = "diagnosis"  #: nobody knows the cause yet
    CONSENT = "consent"  #: the customer has to answer
    PARTS = "parts"  #: a part is missing
    WORK = "work"  #: can be, or is being, repaired
    TEST = "test"  #: repaired, the quality test is missing
    HAND_BACK = "hand_back"  #: waits to go back to the customer
    WRAP_UP = "wrap_up"  #: back with the customer; report, signature or answer is missing
    CLOSED = "closed"
    CANCELLED = "cancelled"


#: Steps in which nobody has anything to do any more.
OVER = frozenset({Step.CLOSED, Step.CANCELLED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a repair."""

    is_begun: bool = False  #: the work has started
    is_ended: bool = False  #: the work is finished
    is_cancelled: bool = False
    is_closed: bool = False
    travels: bool = False  #: the goods come to us and go back
    has_arrived: bool = False
    is_diagnosed: bool = False
    waits_for_answer: bool = False  #: asked, or to be asked again for more than was approved
    is_declined: bool = False
    lacks_parts: bool = False
    needs_test: bool = False
    has_passed_test: bool = False
    is_handed_back: bool = False


def step(facts):
    """The ``Step`` of a repair.

    >>> step(Facts(travels=True)).value
    'arrival'
    >>> step(Facts(is_begun=True, is_ended=True, is_handed_back=True)).value
    'wrap_up'
    """
    if facts.is_closed:
        return Step.CLOSED
    if facts.is_cancelled or (facts.is_declined and not facts.is_begun):
        return Step.HAND_BACK if _is_here(facts) else Step.CANCELLED
    if facts.is_ended:
        return _step_after_work(facts)
    if facts.travels and not facts.has_arrived and not facts.is_begun:
        return Step.ARRIVAL
    return _step_of_work(facts)


def _is_here(facts):
    return facts.travels and facts.has_arrived and not facts.is_handed_back


def _step_after_work(facts):
    if facts.is_handed_back:
        return Step.WRAP_UP
    if facts.needs_test and not facts.has_passed_test:
        return Step.TEST
    return Step.HAND_BACK if facts.travels else Step.WRAP_UP


def _step_of_work(facts):
    if facts.waits_for_answer:
        return Step.CONSENT
    if not facts.is_begun and not facts.is_diagnosed:
        return Step.DIAGNOSIS
    return Step.PARTS if facts.lacks_parts else Step.WORK
