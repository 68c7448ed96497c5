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
CASE_KEYS = {"queries_more", "calls_ratio", "pairs"}
SHOWN = 5  # statements and functions per case
WIDTH = 100  # characters of a statement
RESAMPLES = 2000
HEADER = (
    "| case | measure | ours | without | difference | gate | verdict |",
    "|---|---|--:|--:|--:|--:|---|",
)


@dataclass(frozen=True)
class Row:
    """One measure of one case beside its gate; ``passed`` is None where nothing is judged."""

    case: str
    measure: str
    ours: str
    without: str
    difference: str
    gate: str = ""
    passed: bool | None = None
    remark: str = ""

    def __str__(self) -> str:
        cells = (self.case, self.measure, self.ours, self.without, self.difference, self.gate)
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
        return [Row(title, "not measured", "", "", "", passed=False)]
    ours, without = result["with"], result["without"]
    rows = [
        _judge_queries(title, ours["queries"], without["queries"], gates.get("queries_more")),
        _judge_calls(title, ours["calls"], without["calls"], gates.get("calls_ratio")),
    ]
    if times := result.get("times"):
        rows += [_report_time(title, times, clock) for clock in ("wall", "cpu")]
    return rows


def _judge_queries(title: str, ours: int, without: int, gate: int | None) -> Row:
    more = ours - without
    row = (title, "queries", f"{ours:,}", f"{without:,}", f"{more:+,}")
    return Row(*row) if gate is None else Row(*row, f"≤ +{gate}", more <= gate)


def _judge_calls(title: str, ours: int, without: int, gate: float | None) -> Row:
    ratio = ours / without
    row = (title, "Python calls", f"{ours:,}", f"{without:,}", f"× {ratio:.3f}")
    return Row(*row) if gate is None else Row(*row, f"≤ × {gate}", ratio <= gate)


def _report_time(title: str, times: Mapping, clock: str) -> Row:
    """Report a ratio of times with its interval; within the noise it says nothing."""
    ours, without = ([sample[clock] for sample in times[side]] for side in ("with", "without"))
    ratio = ratio_of_medians(ours, without)
    low, high = _noise_of(times, clock)
    return Row(
        title,
        f"{clock}, {len(ours)} pairs",
        milliseconds(ours),
        milliseconds(without),
        f"× {ratio:.2f} ({times_range(*interval(ours, without))})",
        remark="not decidable"
        if low <= ratio <= high
        else f"reported (noise {times_range(low, high)})",
    )


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
    lines = ["## Beside a database without the addon", "", *_noise(results), *HEADER]
    lines += [*map(str, rows), ""]
    for result in results:
        lines += _problem(result) if "error" in result else _details(result)
    return lines


def _noise(results: Sequence[Mapping]) -> list[str]:
    """The A/A line: how far apart equal work in equal databases was in this very run."""
    timed = [result["times"] for result in results if "times" in result]
    if not timed:
        return []
    most = max(_noise_of(times, "wall")[1] for times in timed)
    pairs = sum(len(times["again"]) for times in timed)
    return [
        f"Noise, without against without, {pairs} pairs: {times_range(1 / most, most)}",
        "",
    ]


def _noise_of(times: Mapping, clock: str) -> tuple[float, float]:
    """Return how far equal sides are apart; which of the two was slower is chance."""
    return spread_of(*([sample[clock] for sample in times[side]] for side in ("again", "without")))


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
    ours, without = result["with"], result["without"]
    proof = ", ".join(f"{number} {what}" for what, number in ours["facts"].items())
    lines = [f"### {result['title']}", "", f"Done in each repetition: {proof}.", ""]
    if spread := _spread(result):
        lines += [f"Calls of equal work differed by up to {spread:,}.", ""]
    for what in ("statements", "functions"):
        lines += _differences(what, ours[what], without[what])
    return lines


def _spread(result: Mapping) -> int:
    """Return by how much calls differ that should not: a count is only as good as this."""
    equal = [result[side]["calls"] for side in ("without", "again") if side in result]
    repeated = (result[side]["calls_spread"] for side in ("with", "without"))
    return max(max(equal) - min(equal), *repeated)


def _differences(what: str, ours: Mapping, without: Mapping) -> list[str]:
    """List what is done more or less often than without the addon, the greatest first."""
    difference = Counter(ours)
    difference.subtract(without)
    changed = sorted(
        ((name, more) for name, more in difference.items() if more),
        key=lambda item: (-abs(item[1]), item[0]),
    )
    if not changed:
        return []
    shown = [f"- {more:+,} `{short(name)}`" for name, more in changed[:SHOWN]]
    return [f"Greatest differences in {what} ({len(changed)} differ):", "", *shown, ""]


def short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
