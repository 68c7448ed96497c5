"""What usually lies behind a fault, and what usually helps, best first.

Finished repairs are counted by what was found or done. What held, a repair that did not come
back, ranks before what only happened often.
"""

from collections.abc import Iterable
from dataclasses import dataclass

#: From so many repairs of the very same product on, its family is no longer asked.
ENOUGH = 5
#: How many suggestions anybody reads.
MOST = 3


@dataclass(frozen=True)
class Tally:
    """So many finished repairs of a product had this finding; ``held`` of them did not come back.

    ``key`` is whatever the caller finds the finding again by; None where nothing was recorded.
    """

    product: int
    key: int | None
    count: int
    held: int


@dataclass(frozen=True)
class Suggestion:
    """``count`` of ``total`` repairs had this finding, and ``held`` of these did not come back."""

    key: int
    count: int
    held: int
    total: int


def suggest(tallies: Iterable[Tally], product: int, most: int = MOST) -> list[Suggestion]:
    """The best findings for a product: by its own repairs, or its family's where these are few.

    Repairs that recorded no finding tell nothing and are not counted.
    """
    known = [tally for tally in tallies if tally.key is not None]
    own = [tally for tally in known if tally.product == product]
    used = own if sum(tally.count for tally in own) >= ENOUGH else known
    counts: dict[int, int] = {}
    held: dict[int, int] = {}
    for tally in used:
        counts[tally.key] = counts.get(tally.key, 0) + tally.count
        held[tally.key] = held.get(tally.key, 0) + tally.held
    total = sum(counts.values())
    best = sorted(counts, key=lambda key: (-held[key], -counts[key], key))
    return [Suggestion(key, counts[key], held[key], total) for key in best[:most]]
