"""Measure the addon against a database without it, and beside others: ``make bench ARGS=--quick``.

Each side has its own database and its own process; both run the same cases. What only the addon
can do is measured in its database alone, against a plain way of the same case or against nothing.
In a contest we and our rivals take turns in one process on one database.

The exit status is 1 when a hard gate of goals.toml fails or a case could not be measured.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice, permutations
from pathlib import Path

from benchmarks import contests, report
from scripts import databases, postgres
from scripts.console import Problem, say, step, warn
from scripts.files import locked
from scripts.layout import DEV, ROOT, caller_path

SIDES = ("ours", "peer")
# Where time is taken, the peer a second time shows how far apart equal sides are.
TIMED_SIDES = (*SIDES, "again")
PAIRS = 20
BESIDE = "beside_"  # before the name of a set of peers: the database that has its addons


class InvalidResult(Exception):
    """A side could not do its part of a case; the others are still in step."""


class Worker:
    """A process that measures one side; asking and hearing are apart so that sides overlap."""

    def __init__(self, database: str, *options: str):
        self.database = database
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", database, *options],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **values) -> None:
        """Send a request; answers come in the order of the requests."""
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


@dataclass(frozen=True)
class Side:
    """One of what is compared: the work in a database, or the plain way of it."""

    worker: Worker
    plain: bool = False

    def ask(self, do: str) -> None:
        self.worker.ask(do, plain=self.plain)

    def hear(self) -> dict:
        return self.worker.hear()


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    goals = report.load_goals()
    with _cloned(options) as names, _working(options, names) as workers:
        with step("Registries"):
            cases, entries = _known(workers, goals, options)
        results = list(_measure(workers, cases, goals, options))
        beside = list(_measure_contests(workers, entries, goals, options))
    rows = [row for one in results for row in report.judge(one, goals.get(one["case"], {}))]
    duels = [row for one in beside for row in contests.judge(one, goals.get(one["case"], {}))]
    verdicts = [row.passed for row in (*rows, *duels)]
    count = f"{verdicts.count(True)} gates hold, {verdicts.count(False)} fail"
    text = "\n".join([*report.write(results, rows), *contests.write(beside, duels), count])
    say(text)
    if options.out:
        _save(caller_path(options.out), [*results, *beside], text)
    return int(False in verdicts)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    parser.add_argument("--template", required=True, help="database with the addon, to clone")
    parser.add_argument("--base", default=databases.base_name(), help="the same without the addon")
    parser.add_argument("--db-prefix", required=True, help="for the names of the clones")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="only what is quick (default)")
    size.add_argument("--full", action="store_true", help="all times, all sizes, all peers")
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
    parser.add_argument("--case", action="append", help="only this case (may be repeated)")
    parser.add_argument("--pairs", type=int, help="timed pairs per case")
    parser.add_argument("--out", help="folder for results.jsonl and report.md")
    options = parser.parse_args(arguments)
    options.timed = options.full or bool(options.peer_set and not options.quick)
    return options


def _templates(options: argparse.Namespace) -> dict[str, str]:
    """Return what each process gets a clone of."""
    beside = {f"{BESIDE}{name}": database for name, database, _ in options.peer_set}
    if beside and not options.full:
        return beside
    sides = TIMED_SIDES if options.full else SIDES
    return {side: options.template if side == "ours" else options.base for side in sides} | beside


@contextmanager
def _cloned(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Give each process a database of its own: ``{side: name}``, dropped afterwards."""
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
        f"{BESIDE}{name}": [f"--addons-path={ROOT},{path}"] for name, _, path in options.peer_set
    }
    with ExitStack() as stack:
        workers = {}
        for side, name in names.items():
            workers[side] = Worker(name, *addons.get(side, ()))
            stack.callback(workers[side].stop)
        yield workers


# --- Measuring ---------------------------------------------------------------------------------


def _known(
    workers: dict[str, Worker], goals: Mapping, options: argparse.Namespace
) -> tuple[dict[str, dict], dict[str, dict]]:
    """Return the forms of cases and contests; a gate or a choice of none of them is a mistake."""
    cases, entries = (
        next(iter(_together(workers, what).values())) for what in ("cases", "contests")
    )
    if unknown := {*goals, *(options.case or ())} - cases.keys() - entries.keys():
        raise Problem(f"There is no case {', '.join(sorted(unknown))}")
    for key, gates in goals.items():
        if key in cases:
            report.refuse_unknown(gates, report.CASE_KEYS, key)
        else:
            contests.refuse_unknown_gates(gates, entries[key]["rivals"], key)
    return cases, entries


def _measure(
    workers: dict[str, Worker], cases: Mapping, goals: Mapping, options: argparse.Namespace
) -> Iterator[dict]:
    """Yield one result per case, in the order of the files."""
    sides = {side: worker for side, worker in workers.items() if side in TIMED_SIDES}
    for case, form in cases.items() if sides else ():
        if not _is_chosen(case, form, options):
            continue
        pairs = options.pairs or goals.get(case, {}).get("pairs", PAIRS)
        # One side at a time in one database: fast enough for --quick.
        timed = options.full or form["ours_only"]
        with step(_capitalized(form["title"])):
            result = _measure_case(sides, case, form, pairs if timed else 0)
        yield result | {"title": form["title"]}


def _capitalized(title: str) -> str:
    return title[0].upper() + title[1:]


def _is_chosen(case: str, form: dict, options: argparse.Namespace) -> bool:
    if options.case:
        return case in options.case
    return options.timed or not form["full_only"]


def _measure_case(workers: dict[str, Worker], case: str, form: dict, pairs: int) -> dict:
    result: dict = {"case": case}
    if form["ours_only"]:
        workers = {"ours": workers["ours"]}
    sides = _sides(workers, form)
    try:
        _together(workers, "open", case=case)
        result |= _together(sides, "count")
        if pairs:
            result["times"] = _interleaved(sides, pairs)
        _together(workers, "close")
    except InvalidResult as refusal:
        result["error"] = str(refusal)
    if form["ours_only"]:
        _tidy_up(workers["ours"])
    return result


def _tidy_up(worker: Worker) -> None:
    """Vacuum tables that were filled: what is left behind would slow down those that follow."""
    postgres.users_own().run_sql("VACUUM", worker.database)


def _sides(workers: dict[str, Worker], form: dict) -> dict[str, Side]:
    sides = {name: Side(worker) for name, worker in workers.items()}
    if form["plain"]:
        plain = Side(workers["ours"], plain=True)
        sides |= dict.fromkeys(TIMED_SIDES[1:], plain)
    return sides


def _together(parties: Mapping[str, Worker | Side], do: str, **values) -> dict[str, dict]:
    """Let all parties do the same at the same time, which exact counts do not mind."""
    for party in parties.values():
        party.ask(do, **values)
    answers = {name: party.hear() for name, party in parties.items()}
    for name, answer in answers.items():
        if "error" in answer:
            raise InvalidResult(f"{name}: {answer['error']}")
    return answers


def _interleaved(sides: dict[str, Side], pairs: int) -> dict[str, list[dict]]:
    """Time the sides in turn, in every order equally often: neither drift nor place favors one."""
    times: dict[str, list[dict]] = {name: [] for name in sides}
    for order in islice(cycle(permutations(sides)), pairs):
        for name in order:
            times[name].append(_together({name: sides[name]}, "time")[name])
    return times


def _measure_contests(
    workers: dict[str, Worker], entries: Mapping, goals: Mapping, options: argparse.Namespace
) -> Iterator[dict]:
    """Yield one result per contest, each from the database where its rivals are."""
    for key, entry in entries.items():
        host = _host(entry["peers"], workers)
        if host and _is_chosen(key, entry, options):
            gates = goals.get(key, {})
            pairs = options.pairs or gates.get("pairs", PAIRS)
            with step(_capitalized(entry["title"])):
                yield _measure_contest(host, key, gates, pairs if options.timed else 0)
                _tidy_up(host)


def _host(peers: str, workers: dict[str, Worker]) -> Worker | None:
    if peers:
        return workers.get(f"{BESIDE}{peers}") or workers.get("ours")
    return workers.get("ours") or next(iter(workers.values()))


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
