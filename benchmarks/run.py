"""Measure the addon against a database without it: ``make bench ARGS=--quick``.

Each side has its own database and its own process; both run the same cases. What only the addon
can do is measured in its database alone, against a plain way of the same case or against nothing.
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

from benchmarks import report
from scripts import databases, postgres
from scripts.console import Problem, say, step, warn
from scripts.files import locked
from scripts.layout import DEV, caller_path

SIDES = ("ours", "peer")
# Where time is taken, the peer a second time shows how far apart equal sides are.
TIMED_SIDES = (*SIDES, "again")
PAIRS = 20


class InvalidResult(Exception):
    """A side could not do its part of a case; the others are still in step."""


class Worker:
    """A process that measures one side; asking and hearing are apart so that sides overlap."""

    def __init__(self, database: str):
        self.database = database
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", database],
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
    sides = TIMED_SIDES if options.full else SIDES
    goals = report.load_goals()
    with _cloned(options, sides) as names, _working(names) as workers:
        results = list(_measure(workers, goals, options))
    rows = [row for one in results for row in report.judge(one, goals.get(one["case"], {}))]
    text = report.write(results, rows)
    say(text)
    if options.out:
        _save(caller_path(options.out), results, text)
    return int(any(row.passed is False for row in rows))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    parser.add_argument("--template", required=True, help="database with the addon, to clone")
    parser.add_argument("--base", default=databases.base_name(), help="the same without the addon")
    parser.add_argument("--db-prefix", required=True, help="for the names of the clones")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="only what is quick (default)")
    size.add_argument("--full", action="store_true", help="all times, all sizes")
    parser.add_argument("--case", action="append", help="only this case (may be repeated)")
    parser.add_argument("--pairs", type=int, help="timed pairs per case")
    parser.add_argument("--out", help="folder for results.jsonl and report.md")
    return parser.parse_args(arguments)


@contextmanager
def _cloned(options: argparse.Namespace, sides: Sequence[str]) -> Iterator[dict[str, str]]:
    """Give each side a database of its own: ``{side: name}``, dropped afterwards."""
    server = postgres.users_own()
    names = {side: f"{options.db_prefix}{side}" for side in sides}
    try:
        # PostgreSQL refuses to clone a database that somebody is connected to.
        with locked(DEV / "template"):
            for side, name in names.items():
                server.clone(options.template if side == "ours" else options.base, name)
        yield names
    finally:
        for name in names.values():
            server.drop(name)


@contextmanager
def _working(names: dict[str, str]) -> Iterator[dict[str, Worker]]:
    with ExitStack() as stack:
        workers = {}
        for side, name in names.items():
            workers[side] = Worker(name)
            stack.callback(workers[side].stop)
        yield workers


# --- Measuring ---------------------------------------------------------------------------------


def _measure(workers: dict[str, Worker], goals: dict, options: argparse.Namespace) -> Iterator:
    """Yield one result per case, in the order of the files."""
    with step("Registries"):
        cases = _together(workers, "cases")["ours"]
    if unknown := {*goals, *(options.case or ())} - cases.keys():
        raise Problem(f"There is no case {', '.join(sorted(unknown))}")
    for case, form in cases.items():
        if not _is_chosen(case, form, options):
            continue
        pairs = options.pairs or goals.get(case, {}).get("pairs", PAIRS)
        # One side at a time in one database: fast enough for --quick.
        timed = options.full or form["ours_only"]
        title = form["title"]
        with step(title[0].upper() + title[1:]):
            yield _measure_case(workers, case, form, pairs if timed else 0) | {"title": title}


def _is_chosen(case: str, form: dict, options: argparse.Namespace) -> bool:
    if options.case:
        return case in options.case
    return options.full or not form["full_only"]


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
        # Such cases fill tables: what they leave behind would slow down those that follow.
        postgres.users_own().run_sql("VACUUM", workers["ours"].database)
    return result


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
