"""Which promise fits a request: the first whose conditions all hold, and why the others do not."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HourRange:
    """Local minutes of the day from ``start`` up to, not including, ``end``; may pass midnight."""

    start: int
    end: int

    def __contains__(self, minute: int) -> bool:
        if self.start == self.end:
            return True
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True)
class Candidate:
    """A promise with its conditions: name of a fact → values that fit (none named: all fit)."""

    key: Hashable
    conditions: Mapping[str, frozenset | HourRange] = field(default_factory=dict)


@dataclass(frozen=True)
class Tried:
    """A promise that was tried, and the first condition it failed by; None where it fits."""

    key: Hashable
    misfit: str | None


def first_misfit(candidate: Candidate, facts: Mapping[str, object]) -> str | None:
    """The first condition that does not hold. A fact that is not known fits no condition."""
    for name, allowed in candidate.conditions.items():
        value = facts.get(name)
        if isinstance(value, (set, frozenset, tuple)):
            if not any(one in allowed for one in value):
                return name
        elif value is None or value not in allowed:
            return name
    return None


def choose(
    candidates: Iterable[Candidate], facts: Mapping[str, object]
) -> tuple[Hashable | None, list[Tried]]:
    """The key of the first that fits (or None), and all that were tried up to it."""
    tried = []
    for candidate in candidates:
        misfit = first_misfit(candidate, facts)
        tried.append(Tried(candidate.key, misfit))
        if misfit is None:
            return candidate.key, tried
    return None, tried
