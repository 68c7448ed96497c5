"""When something was away from its owner: spans between what came in and what went out again."""

from collections.abc import Iterable
from datetime import datetime

Event = tuple[datetime, float]
Stay = tuple[datetime, datetime | None]

#: Less than this is nothing: quantities are floats with a few decimals.
NOTHING = 1e-6


def stays(events: Iterable[Event]) -> list[Stay]:
    """The spans in which anything was here, in order; the last one may still be open (None).

    ``events`` are ``(instant, quantity)``: what came in counts up, what went out counts down. A
    span begins when there is something, and ends when there is nothing left. At one instant,
    what comes in is counted first.
    """
    found: list[Stay] = []
    here, since = 0.0, None
    for instant, quantity in sorted(events, key=lambda event: (event[0], -event[1])):
        here += quantity
        if since is None and here > NOTHING:
            since = instant
        elif since is not None and here <= NOTHING:
            found.append((since, instant))
            since = None
    if since is not None:
        found.append((since, None))
    return found


def balance(events: Iterable[Event]) -> float:
    """How much is here now; never less than nothing."""
    left = sum(quantity for _instant, quantity in events)
    return left if left > NOTHING else 0.0
