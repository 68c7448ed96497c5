"""What contests showed: us beside others, in the same process on the same database."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import (
    interval,
    judged,
    milliseconds,
    ratio_of_medians,
    refuse_unknown,
    short,
    spread_of,
    times_range,
    verdict,
)

SHOWN = 5  # statements per side
HEADER = (
    "| contest | beside | measure | ours | theirs | ours / theirs | gate | verdict |",
    "|---|---|---|--:|--:|--:|--:|---|",
)
# Gates on ours alone: name → what it measures. They are per run, or per record of the run.
OWN_QUERIES = {"queries": "queries", "queries_each": "queries each"}
OWN_TIMES = {"ms": "wall", "ms_each": "wall each"}
OWN_KEYS = {*OWN_QUERIES, *OWN_TIMES, "beside", "pairs"}
BESIDE_KEYS = {"faster", "at_most", "queries_more"}


@dataclass(frozen=True)
class Row:
    """One measure of one contest beside its gate; ``passed`` is None where nothing is judged."""

    contest: str
    beside: str
    measure: str
    ours: str
    theirs: str = ""
    ratio: str = ""
    gate: str = ""
    passed: bool | None = None
    remark: str = ""

    def __str__(self) -> str:
        cells = (self.contest, self.beside, self.measure, self.ours, self.theirs, self.ratio)
        return f"| {' | '.join(cells)} | {self.gate} | {verdict(self.passed, self.remark)} |"


def refuse_unknown_gates(gates: Mapping, rivals: Sequence[str], key: str) -> None:
    refuse_unknown(gates, OWN_KEYS, key)
    beside = gates.get("beside", {})
    refuse_unknown(beside, set(rivals), f"{key}.beside")
    for rival, limits in beside.items():
        refuse_unknown(limits, BESIDE_KEYS, f"{key}.beside.{rival}")


def rivals_with(gate: str, gates: Mapping) -> set[str]:
    """Return the rivals beside whom there is such a gate."""
    return {rival for rival, limits in gates.get("beside", {}).items() if gate in limits}


# --- Judging -----------------------------------------------------------------------------------


def judge(result: Mapping, gates: Mapping) -> list[Row]:
    """Return the rows of one contest; one that could not be measured fails."""
    if "error" in result:
        return [Row(result["title"], "", "not measured", "", passed=False)]
    rows = [*_own_rows(result, gates)]
    for rival in result["counts"]:
        if rival != "ours":
            rows += _rows_beside(rival, result, gates.get("beside", {}).get(rival, {}))
    if "times" in result:
        rows += [
            Row(result["title"], rival, "not measured", "", remark="left out: not installed")
            for rival in gates.get("beside", {}).keys() - result["counts"].keys()
        ]
    return rows


def _own_rows(result: Mapping, gates: Mapping) -> Iterator[Row]:
    queries = result["counts"]["ours"]["queries"]
    yield _own_row(result, OWN_QUERIES, gates, [queries])
    if times := result.get("times"):
        milliseconds_taken = [seconds * 1000 for seconds in _seconds(times, "ours")]
        yield _own_row(result, OWN_TIMES, gates, milliseconds_taken, " ms")


def _own_row(
    result: Mapping, measures: Mapping, gates: Mapping, readings: Sequence[float], unit: str = ""
) -> Row:
    """Show the measure that has a gate, or the first: both say the same of equal work."""
    name = next((name for name in measures if name in gates), next(iter(measures)))
    if name.endswith("_each"):
        readings = [reading / result["numbers"]["ours"] for reading in readings]
    median = statistics.median(readings)
    row = (result["title"], "", measures[name], f"{_rounded(median)}{unit}")
    if name not in gates:
        return Row(*row)
    gate = gates[name]
    passed = judged(median, min(readings), gate)
    return Row(*row, gate=f"≤ {gate}{unit}", passed=passed, remark="not decidable")


def _rows_beside(rival: str, result: Mapping, gates: Mapping) -> Iterator[Row]:
    yield _compare_queries(rival, result, gates.get("queries_more"))
    if "calls" in result["counts"]["ours"] and "calls" in result["counts"][rival]:
        yield _compare_calls(rival, result)
    if times := result.get("times"):
        yield _compare_times(rival, result, times, gates)


def _compare_queries(rival: str, result: Mapping, gate: int | None) -> Row:
    ours, theirs = (result["counts"][side]["queries"] for side in ("ours", rival))
    if gate is not None:
        row = (result["title"], rival, "queries", f"{ours:,}", f"{theirs:,}", f"{ours - theirs:+,}")
        return Row(*row, f"≤ +{gate}", ours - theirs <= gate)
    each = [result["counts"][side]["queries"] / result["numbers"][side] for side in ("ours", rival)]
    ratio = _ratio(each[0] / each[1]) if each[1] else ""
    return Row(result["title"], rival, "queries each", *map(_rounded, each), ratio)


def _compare_calls(rival: str, result: Mapping) -> Row:
    each = [result["counts"][side]["calls"] / result["numbers"][side] for side in ("ours", rival)]
    return Row(
        result["title"], rival, "Python calls each", *map(_rounded, each), _ratio(each[0] / each[1])
    )


def _compare_times(rival: str, result: Mapping, times: Mapping, gates: Mapping) -> Row:
    """Judge a ratio of times, or report it; within what the machine adds it says nothing."""
    ours, theirs, again = (_each(result, times, side) for side in ("ours", rival, "again"))
    ratio, (least, most) = ratio_of_medians(ours, theirs), interval(ours, theirs)
    row = (
        result["title"],
        rival,
        f"wall each, {len(ours)} pairs",
        milliseconds(ours),
        milliseconds(theirs),
        f"{_ratio(ratio)} ({_ratio_range(least, most)})",
    )
    if "faster" in gates:
        passed = judged(ratio, least, 1 / gates["faster"])
        return Row(*row, f"{gates['faster']} × faster", passed, remark="not decidable")
    if "at_most" in gates:
        passed = judged(ratio, least, gates["at_most"])
        return Row(*row, f"≤ × {gates['at_most']}", passed, remark="not decidable")
    low, high = spread_of(again, ours)
    within = low <= ratio <= high
    return Row(
        *row, remark="not decidable" if within else f"reported (noise {times_range(low, high)})"
    )


def _each(result: Mapping, times: Mapping, side: str) -> list[float]:
    number = result["numbers"]["ours" if side == "again" else side]
    return [seconds / number for seconds in _seconds(times, side)]


def _seconds(times: Mapping, side: str) -> list[float]:
    return [sample["wall"] for sample in times[side]]


def _ratio(ratio: float) -> str:
    """Write a ratio so that a person can say it: “12 × faster” rather than “× 0.083”."""
    return f"× {ratio:.2f}" if ratio >= 1 / 2 else f"{1 / ratio:,.1f} × less" if ratio else "× 0"


def _ratio_range(low: float, high: float) -> str:
    if high >= 1 / 2:
        return times_range(low, high)
    return f"{1 / high:,.1f}–{1 / low:,.1f}"


def _rounded(value: float) -> str:
    """Write three digits that count; counts of things that are whole stay whole."""
    if float(value).is_integer() or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


# --- Writing -----------------------------------------------------------------------------------


def write(results: Sequence[Mapping], rows: Sequence[Row]) -> list[str]:
    """Return the lines of the report: a table, then what each side did."""
    if not results:
        return []
    lines = ["## Beside others", "", *_noise(results), *HEADER, *map(str, rows), ""]
    for result in results:
        lines += [f"### {result['title']}", ""]
        if "error" in result:
            lines += [result["error"].strip(), ""]
        for side, count in result.get("counts", {}).items():
            lines += _side(side, count, result["numbers"][side])
    return lines


def _noise(results: Sequence[Mapping]) -> list[str]:
    """The A/A line: how far apart equal work was in this very run."""
    timed = [(one, one["times"]) for one in results if "times" in one]
    if not timed:
        return []
    most = max(spread_of(*(_each(*one, side) for side in ("again", "ours")))[1] for one in timed)
    pairs = sum(len(times["again"]) for _, times in timed)
    return [f"Noise, ours against ours, {pairs} pairs: {times_range(1 / most, most)}", ""]


def _side(side: str, count: Mapping, number: int) -> list[str]:
    proof = ", ".join(f"{amount} {what}" for what, amount in count["facts"].items())
    statements = sorted(count["statements"].items(), key=lambda item: (-item[1], item[0]))
    return [
        f"{side}, {number:,} at once: {proof}; {len(statements)} forms of statement, most often:",
        "",
        *(f"- {times:,} `{short(form)}`" for form, times in statements[:SHOWN]),
        "",
    ]
