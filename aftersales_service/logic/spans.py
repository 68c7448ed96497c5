"""Half-open spans ``(start, end)`` of dates or instants: ``end`` itself is outside.

A unit handed in on the 3rd and given back on the 13th was away for ten days (A9): the span
``(3rd, 13th)``. Empty and reversed spans count for nothing.
"""

from collections.abc import Iterable
from datetime import date, timedelta

Span = tuple[date, date]


def merge(spans: Iterable[Span]) -> list[Span]:
    """The union as disjoint spans in order; touching ones become one."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """What is left of the union of spans outside every hole, as ``merge`` returns it."""
    left: list[Span] = []
    closed = merge(holes)
    for start, end in merge(spans):
        for hole_start, hole_end in closed:
            if hole_end <= start or end <= hole_start:
                continue
            if start < hole_start:
                left.append((start, hole_start))
            start = min(hole_end, end)
        if start < end:
            left.append((start, end))
    return left


def clip(spans: Iterable[Span], start: date, end: date) -> list[Span]:
    """The part of the union of spans inside the window from start to end."""
    return merge((max(first, start), min(last, end)) for first, last in spans)


def total(spans: Iterable[Span]) -> timedelta:
    """How long the union lasts: what overlaps is counted once."""
    return sum((end - start for start, end in merge(spans)), timedelta())
