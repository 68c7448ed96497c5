"""From measurements to verdicts, and from verdicts to a Markdown report."""

import random
import statistics
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.console import Problem

GOALS = Path(__file__).with_name("goals.toml")
CASE_KEYS = {"queries", "queries_more", "queries_ratio", "calls_ratio", "time_ratio", "pairs"}
SHOWN = 5  # statements and functions per case
WIDTH = 100  # characters of a statement
RESAMPLES = 2000
HEADER = (
    "| case | measure | ours | peer | difference | gate | verdict |",
    "|---|---|--:|--:|--:|--:|---|",
)


@dataclass(frozen=True)
class Row:
    """One measure of one case beside its gate; ``passed`` is None where nothing is judged."""

    case: str
    measure: str
    ours: str
    peer: str = ""
    difference: str = ""
    gate: str = ""
    passed: bool | None = None
    remark: str = ""

    def __str__(self) -> str:
        cells = (self.case, self.measure, self.ours, self.peer, self.difference, self.gate)
        return f"| {' | '.join(cells)} | {verdict(self.passed, self.remark)} |"


def verdict(passed: bool | None, remark: str = "") -> str:
    return {None: remark or "reported", True: "holds", False: "**fails**"}[passed]


def load_goals() -> dict[str, dict]:
    return tomllib.loads(GOALS.read_text(encoding="utf-8"))


def refuse_unknown(gates: Mapping, known: set[str], what: str) -> None:
    """A gate that nobody reads would hold for ever."""
    if unknown := gates.keys() - known:
        raise Problem(f"{GOALS.name}: {what} has unknown keys: {', '.join(sorted(unknown))}")


# --- Judging -----------------------------------------------------------------------------------


def judge(result: Mapping, gates: Mapping) -> list[Row]:
    """Return the rows of one case; a case that could not be measured fails."""
    title = result["title"]
    if "error" in result:
        return [Row(title, "not measured", "", passed=False)]
    ours, peer = result["ours"], result.get("peer")
    rows = [
        _judge_queries(title, ours["queries"], peer and peer["queries"], gates),
        _judge_calls(title, ours["calls"], peer and peer["calls"], gates.get("calls_ratio")),
    ]
    if times := result.get("times"):
        report = _judge_time if peer else _report_seconds
        rows += [report(title, times, "wall", gates.get("time_ratio")), report(title, times, "cpu")]
    return rows


def _judge_queries(title: str, ours: int, peer: int | None, gates: Mapping) -> Row:
    row = [title, "queries", f"{ours:,}"]
    if peer is not None:
        row += [f"{peer:,}", f"{ours - peer:+,}"]
        if (gate := gates.get("queries_more")) is not None:
            return Row(*row, gate=f"≤ +{gate}", passed=ours - peer <= gate)
        if (gate := gates.get("queries_ratio")) is not None:
            row[-1] += f" (× {ours / peer:.2f})"
            return Row(*row, gate=f"≤ × {gate}", passed=ours <= gate * peer)
    if (gate := gates.get("queries")) is not None:
        return Row(*row, gate=f"≤ {gate}", passed=ours <= gate)
    return Row(*row)


def _judge_calls(title: str, ours: int, peer: int | None, gate: float | None) -> Row:
    if peer is None:
        return Row(title, "Python calls", f"{ours:,}")
    ratio = ours / peer
    row = (title, "Python calls", f"{ours:,}", f"{peer:,}", f"× {ratio:.3f}")
    return Row(*row) if gate is None else Row(*row, f"≤ × {gate}", ratio <= gate)


def _judge_time(title: str, times: Mapping, clock: str, gate: float | None = None) -> Row:
    """Judge or report a ratio of times with its interval; within the noise it says nothing.

    A gate fails only if the whole interval lies beyond it: no bad moment of a machine does that.
    """
    ours, peer = ([sample[clock] for sample in times[side]] for side in ("ours", "peer"))
    ratio = ratio_of_medians(ours, peer)
    least, most = interval(ours, peer)
    row = (
        title,
        f"{clock}, {len(ours)} pairs",
        milliseconds(ours),
        milliseconds(peer),
        f"× {ratio:.2f} ({times_range(least, most)})",
    )
    if gate is not None:
        return Row(*row, f"≤ × {gate}", judged(ratio, least, gate), remark="not decidable")
    low, high = _noise_of(times, clock)
    return Row(
        *row,
        remark="not decidable"
        if low <= ratio <= high
        else f"reported (noise {times_range(low, high)})",
    )


def judged(median: float, least: float, gate: float) -> bool | None:
    """Say whether a gate on time holds; it fails only if nothing lies within it."""
    if median <= gate:
        return True
    return False if least > gate else None


def _report_seconds(title: str, times: Mapping, clock: str, _gate: float | None = None) -> Row:
    seconds = [sample[clock] for sample in times["ours"]]
    return Row(title, f"{clock}, {len(seconds)} runs", milliseconds(seconds))


def milliseconds(seconds: list[float]) -> str:
    median = statistics.median(seconds) * 1000
    return f"{median:,.0f} ms" if median >= 100 else f"{median:.3g} ms"


def ratio_of_medians(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


def interval(ours: list[float], theirs: list[float]) -> tuple[float, float]:
    """Return where 90 % of the ratios lie when the pairs are drawn again at random."""
    draw = random.Random(0)
    pairs = list(zip(ours, theirs, strict=True))
    ratios = sorted(
        ratio_of_medians(*zip(*draw.choices(pairs, k=len(pairs)), strict=True))
        for _ in range(RESAMPLES)
    )
    return ratios[RESAMPLES // 20], ratios[-RESAMPLES // 20]


# --- Writing -----------------------------------------------------------------------------------


def write(results: Sequence[Mapping], rows: Sequence[Row]) -> list[str]:
    """Return the report's lines: noise, table, then what the differences consist of."""
    if not results:
        return []
    lines = ["## Cases", "", *_noise(results), *HEADER, *map(str, rows), ""]
    for result in results:
        lines += _problem(result) if "error" in result else _details(result)
    return lines


def _noise(results: Sequence[Mapping]) -> list[str]:
    """The A/A line: how far apart equal work was in this very run."""
    timed = [result["times"] for result in results if "again" in result.get("times", {})]
    if not timed:
        return []
    most = max(_noise_of(times, "wall")[1] for times in timed)
    pairs = sum(len(times["again"]) for times in timed)
    return [
        f"Noise, peer against peer, {pairs} pairs: {times_range(1 / most, most)}",
        "",
    ]


def _noise_of(times: Mapping, clock: str) -> tuple[float, float]:
    """Return how far equal sides are apart; which of the two was slower is chance."""
    return spread_of(*([sample[clock] for sample in times[side]] for side in ("again", "peer")))


def spread_of(again: list[float], first: list[float]) -> tuple[float, float]:
    """Return the interval of ratios that equal work gives, the same to both sides of 1."""
    low, high = interval(again, first)
    most = max(high, 1 / low)
    return 1 / most, most


def times_range(low: float, high: float) -> str:
    return f"× {low:.2f}–{high:.2f}"


def _problem(result: Mapping) -> list[str]:
    return [f"### {result['title']}: not measured", "", result["error"].strip(), ""]


def _details(result: Mapping) -> list[str]:
    ours, peer = result["ours"], result.get("peer")
    proof = ", ".join(f"{number:,} {what}" for what, number in ours["facts"].items())
    lines = [f"### {result['title']}", "", f"Done in each repetition: {proof}.", ""]
    if spread := _spread(result):
        lines += [f"Calls of equal work differed by up to {spread:,}.", ""]
    for what in ("statements", "functions"):
        lines += _differences(what, ours[what], peer[what]) if peer else _most(what, ours[what])
    return lines


def _spread(result: Mapping) -> int:
    """Return by how much calls differ that should not: a count is only as good as this."""
    equal = [result[side]["calls"] for side in ("peer", "again") if side in result]
    repeated = (result[side]["calls_spread"] for side in ("ours", "peer") if side in result)
    return max(max(equal, default=0) - min(equal, default=0), *repeated)


def _differences(what: str, ours: Mapping, peer: Mapping) -> list[str]:
    """List what is done more or less often than by the peer, the greatest first."""
    difference = Counter(ours)
    difference.subtract(peer)
    changed = _greatest(difference)
    if not changed:
        return []
    shown = [f"- {more:+,} `{short(name)}`" for name, more in changed[:SHOWN]]
    return [f"Greatest differences in {what} ({len(changed)} differ):", "", *shown, ""]


def _most(what: str, ours: Mapping) -> list[str]:
    """List what is done most often, where there is nothing to compare with."""
    shown = [f"- {number:,} `{short(name)}`" for name, number in _greatest(ours)[:SHOWN]]
    return [f"Most frequent {what} (of {len(ours)}):", "", *shown, ""]


def _greatest(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(
        ((name, number) for name, number in numbers.items() if number),
        key=lambda item: (-abs(item[1]), item[0]),
    )


def short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
