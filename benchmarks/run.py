"""Measure the addon against a database without it, and beside others: ``make bench ARGS=--quick``.

For a case each side has its own database and its own process, and both run the same. In a contest
we and our rivals take turns in one process. The exit status is 1 when a hard gate of goals.toml
fails or something could not be measured.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice, permutations
from pathlib import Path

from benchmarks import contests, report
from scripts import databases, postgres
from scripts.console import Problem, say, step, warn
from scripts.files import locked
from scripts.layout import DEV, ROOT, caller_path

SIDES = ("with", "without")
# In --full a second database without the addon shows how far apart equal sides are.
TIMED_SIDES = (*SIDES, "again")
PAIRS = 20
PEERS = "peers_"  # before the name of a set: the side that has its addons


class InvalidResult(Exception):
    """A side could not do its part of a case; the others are still in step."""


class Worker:
    """A process that measures one side; asking and hearing are apart so that sides overlap."""

    def __init__(self, database: str, *options: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", database, *options],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **values) -> None:
        self.process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise Problem("A measuring process ended early; what it wrote is above")
        return json.loads(line)

    def answer(self, do: str, **values) -> dict:
        self.ask(do, **values)
        answer = self.hear()
        if "error" in answer:
            raise InvalidResult(answer["error"])
        return answer

    def stop(self) -> None:
        """End it at once: it holds nothing but a transaction that is never committed."""
        self.process.terminate()
        self.process.communicate()


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    goals = report.load_goals()
    with _cloned(options) as names, _working(options, names) as workers:
        with step("Registries"):
            known = _known(workers, goals, options)
        cases = list(_measure_cases(workers, known["cases"], goals, options))
        beside = list(_measure_contests(workers, known["contests"], goals, options))
    rows = [row for one in cases for row in report.judge(one, goals.get(one["case"], {}))]
    duels = [row for one in beside for row in contests.judge(one, goals.get(one["case"], {}))]
    verdicts = [row.passed for row in (*rows, *duels)]
    count = f"{verdicts.count(True)} gates hold, {verdicts.count(False)} fail"
    text = "\n".join([*report.write(cases, rows), *contests.write(beside, duels), count])
    say(text)
    if options.out:
        _save(caller_path(options.out), [*cases, *beside], text)
    return int(False in verdicts)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    parser.add_argument("--template", required=True, help="database with the addon, to clone")
    parser.add_argument("--base", default=databases.base_name(), help="the same without the addon")
    parser.add_argument("--db-prefix", required=True, help="for the names of the clones")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="queries and calls only (default)")
    size.add_argument("--full", action="store_true", help="times as well, beside all peers")
    parser.add_argument(
        "--peers", help="only contests, timed, beside these sets of peers.txt (a,b); or: none"
    )
    parser.add_argument(
        "--peer-set",
        action="append",
        default=[],
        nargs=3,
        metavar=("SET", "DATABASE", "ADDONS"),
        help="where the addons of a set are installed and to be found",
    )
    parser.add_argument("--case", action="append", help="only this one (may be repeated)")
    parser.add_argument("--pairs", type=int, help="timed pairs of each")
    parser.add_argument("--out", help="folder for results.jsonl and report.md")
    options = parser.parse_args(arguments)
    options.timed = options.full or bool(options.peer_set and not options.quick)
    return options


def _templates(options: argparse.Namespace) -> dict[str, str]:
    """Return what each side's database is a clone of."""
    beside = {f"{PEERS}{name}": database for name, database, _ in options.peer_set}
    if beside and not options.full:
        return beside
    sides = TIMED_SIDES if options.full else SIDES
    return {side: options.template if side == "with" else options.base for side in sides} | beside


@contextmanager
def _cloned(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Give each side a database of its own: ``{side: name}``, dropped afterwards."""
    server = postgres.users_own()
    templates = _templates(options)
    names = {side: f"{options.db_prefix}{side}" for side in templates}
    try:
        # PostgreSQL refuses to clone a database that somebody is connected to.
        with locked(DEV / "template"):
            for side, name in names.items():
                server.clone(templates[side], name)
        yield names
    finally:
        for name in names.values():
            server.drop(name)


@contextmanager
def _working(options: argparse.Namespace, names: dict[str, str]) -> Iterator[dict[str, Worker]]:
    addons = {
        f"{PEERS}{name}": [f"--addons-path={ROOT},{path}"] for name, _, path in options.peer_set
    }
    with ExitStack() as stack:
        workers = {}
        for side, name in names.items():
            workers[side] = Worker(name, *addons.get(side, ()))
            stack.callback(workers[side].stop)
        yield workers


# --- Measuring ---------------------------------------------------------------------------------


def _known(workers: dict[str, Worker], goals: Mapping, options: argparse.Namespace) -> dict:
    """Return what can be measured; a gate or a choice that means nothing of it is a mistake."""
    titles = next(iter(_together(workers, "cases").values()))
    entries = next(iter(_together(workers, "contests").values()))
    if unknown := {*goals, *(options.case or ())} - titles.keys() - entries.keys():
        raise Problem(f"There is no case {', '.join(sorted(unknown))}")
    for key, gates in goals.items():
        keys = contests.OWN_KEYS if key in entries else report.CASE_KEYS
        report.refuse_unknown(gates, keys, key)
        rivals = gates.get("beside", {})
        report.refuse_unknown(rivals, {*entries.get(key, {}).get("rivals", ())}, f"{key}.beside")
        for name, limits in rivals.items():
            report.refuse_unknown(limits, contests.BESIDE_KEYS, f"{key}.beside.{name}")
    return {"cases": titles, "contests": entries}


def _chosen(found: Mapping, options: argparse.Namespace) -> Iterator[tuple]:
    return ((key, it) for key, it in found.items() if not options.case or key in options.case)


def _measure_cases(
    workers: dict[str, Worker], titles: dict, goals: Mapping, options: argparse.Namespace
) -> Iterator[dict]:
    """Yield one result per case, in the order of the files."""
    sides = {side: worker for side, worker in workers.items() if side in TIMED_SIDES}
    for case, title in _chosen(titles, options) if sides else ():
        pairs = options.pairs or goals.get(case, {}).get("pairs", PAIRS)
        with step(_capitalized(title)):
            yield _measure_case(sides, case, pairs if options.full else 0) | {"title": title}


def _capitalized(title: str) -> str:
    return title[0].upper() + title[1:]


def _measure_case(workers: dict[str, Worker], case: str, pairs: int) -> dict:
    result: dict = {"case": case}
    try:
        _together(workers, "open", case=case)
        result |= _together(workers, "count")
        if pairs:
            result["times"] = _interleaved(workers, pairs)
        _together(workers, "close")
    except InvalidResult as refusal:
        result["error"] = str(refusal)
    return result


def _together(workers: dict[str, Worker], do: str, **values) -> dict[str, dict]:
    """Let all sides do the same at the same time, which exact counts do not mind."""
    for worker in workers.values():
        worker.ask(do, **values)
    answers = {side: worker.hear() for side, worker in workers.items()}
    for side, answer in answers.items():
        if "error" in answer:
            raise InvalidResult(f"{side}: {answer['error']}")
    return answers


def _interleaved(workers: dict[str, Worker], pairs: int) -> dict[str, list[dict]]:
    """Time the sides in turn, in every order equally often: neither drift nor place favors one."""
    times: dict[str, list[dict]] = {side: [] for side in workers}
    for order in islice(cycle(permutations(workers)), pairs):
        for side in order:
            times[side].append(_together({side: workers[side]}, "time")[side])
    return times


def _measure_contests(
    workers: dict[str, Worker], entries: dict, goals: Mapping, options: argparse.Namespace
) -> Iterator[dict]:
    """Yield one result per contest, each in the database where its rivals are."""
    for key, entry in _chosen(entries, options):
        if host := _host(entry["peers"], workers):
            gates = goals.get(key, {})
            pairs = options.pairs or gates.get("pairs", PAIRS)
            with step(_capitalized(entry["title"])):
                yield _measure_contest(host, key, gates, pairs if options.timed else 0)


def _host(peers: str, workers: dict[str, Worker]) -> Worker | None:
    if peers:
        return workers.get(f"{PEERS}{peers}") or workers.get("with")
    return workers.get("with") or next(iter(workers.values()))


def _measure_contest(host: Worker, key: str, gates: Mapping, pairs: int) -> dict:
    """Measure all sides; without times only those beside whom queries are judged."""
    entry = host.answer("contests")[key]
    judged = contests.rivals_with("queries_more", gates)
    sides = [side for side in entry["numbers"] if pairs or side == "ours" or side in judged]
    result: dict = {"case": key, **entry}
    try:
        host.answer("open", case=key, sides=sides)
        result["counts"] = {side: host.answer("count", side=side) for side in sides}
        if pairs:
            result["times"] = _alternating(host, sides, pairs)
        host.answer("close")
    except InvalidResult as refusal:
        result["error"] = str(refusal)
    return result


def _alternating(host: Worker, sides: list[str], pairs: int) -> dict[str, list[dict]]:
    """Time the sides there and back, A B B A; ours once more shows what the machine adds."""
    order = [*sides, "again"]
    times: dict[str, list[dict]] = {side: [] for side in order}
    for place in range(pairs):
        for side in order if place % 2 == 0 else reversed(order):
            times[side].append(host.answer("time", side="ours" if side == "again" else side))
    return times


def _save(folder: Path, results: list[dict], text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(result, ensure_ascii=False) + "\n" for result in results)
    (folder / "results.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "report.md").write_text(text + "\n", encoding="utf-8")
    say(f"Written to {folder}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        warn(str(problem))
        sys.exit(1)
