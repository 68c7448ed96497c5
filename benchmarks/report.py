"""From measurements to verdicts, and from verdicts to a Markdown report."""

import random
import statistics
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GOALS = Path(__file__).with_name("goals.toml")
KNOWN_KEYS = {"queries_more", "calls_ratio", "pairs"}
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

    @property
    def verdict(self) -> str:
        words = {None: self.remark or "reported", True: "holds", False: "**fails**"}
        return words[self.passed]

    def __str__(self) -> str:
        cells = (self.case, self.measure, self.ours, self.without, self.difference, self.gate)
        return f"| {' | '.join(cells)} | {self.verdict} |"


def load_goals() -> dict[str, dict]:
    goals = tomllib.loads(GOALS.read_text(encoding="utf-8"))
    for case, gates in goals.items():
        if unknown := gates.keys() - KNOWN_KEYS:
            raise ValueError(f"{GOALS.name}: {case} has unknown keys: {', '.join(unknown)}")
    return goals


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
        _milliseconds(ours),
        _milliseconds(without),
        f"× {ratio:.2f} ({_range(*interval(ours, without))})",
        remark="not decidable" if low <= ratio <= high else f"reported (noise {_range(low, high)})",
    )


def _milliseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:,.0f} ms"


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


def write(results: list[dict], rows: list[Row]) -> str:
    """Return the report: the noise, the table, then what the differences consist of."""
    lines = [*_noise(results), *HEADER, *map(str, rows), ""]
    for result in results:
        lines += _problem(result) if "error" in result else _details(result)
    failed = sum(row.passed is False for row in rows)
    held = sum(row.passed is True for row in rows)
    lines.append(f"{held} gates hold, {failed} fail")
    return "\n".join(lines)


def _noise(results: list[dict]) -> list[str]:
    """The A/A line: how far apart equal work in equal databases was in this very run."""
    timed = [result["times"] for result in results if "times" in result]
    if not timed:
        return []
    most = max(_noise_of(times, "wall")[1] for times in timed)
    pairs = sum(len(times["again"]) for times in timed)
    return [
        f"Noise, without against without, {pairs} pairs: {_range(1 / most, most)}",
        "",
    ]


def _noise_of(times: Mapping, clock: str) -> tuple[float, float]:
    """Return how far equal sides are apart; which of the two was slower is chance."""
    again, without = ([sample[clock] for sample in times[side]] for side in ("again", "without"))
    low, high = interval(again, without)
    most = max(high, 1 / low)
    return 1 / most, most


def _range(low: float, high: float) -> str:
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
    shown = [f"- {more:+,} `{_short(name)}`" for name, more in changed[:SHOWN]]
    return [f"Greatest differences in {what} ({len(changed)} differ):", "", *shown, ""]


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
