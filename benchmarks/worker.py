"""A process with one registry: ``python -m benchmarks.worker DATABASE [OPTION OF ODOO …]``.

It answers requests, one JSON object per line, until its input ends:

    {"do": "cases"}                    the cases it knows: {key: form}
    {"do": "contests"}                 the contests that it knows: {key: form}
    {"do": "open", "case": "…"}        prepare a case and warm up
    {"do": "count", "plain": false}    queries and calls of the open case
    {"do": "time", "plain": false}     seconds of one repetition of the open case
    {"do": "close"}                    undo everything

"plain" asks for the plain way of a case that has one. For a contest "open" gets the "sides" to
prepare, "count" and "time" the "side" to measure. Answers are one JSON object per line, too. A
failed request is answered by {"error": "…"}.
"""

import gc
import json
import os
import sys
import threading
import traceback
from collections.abc import Sequence

from odoo import api, tools
from odoo.modules.registry import Registry
from odoo.service import server

from benchmarks.lib import Bench, Contest, InvalidCase, expect, load_cases


class Worker:
    """Answers requests about one database, with at most one case open."""

    def __init__(self, database: str, *more: str):
        options = ["-d", database, "--no-http", "--log-level", "warn", *more]
        tools.config.parse_config(options, setup_logging=True)
        server.load_server_wide_modules()
        threading.current_thread().dbname = database
        self.registry = Registry(database)
        found = load_cases()
        self.cases = {key: it for key, it in found.items() if not isinstance(it, Contest)}
        self.contests = {key: it for key, it in found.items() if isinstance(it, Contest)}
        self.cursor = None
        self.benches: dict[str, Bench] = {}

    def answer(self, request: dict) -> dict:
        """Do what a request asks for; a case that fails is closed, so that others can follow."""
        try:
            return getattr(self, f"do_{request.pop('do')}")(**request)
        except InvalidCase as refusal:
            self.do_close()
            return {"error": str(refusal)}
        except Exception:
            self.do_close()
            return {"error": traceback.format_exc()}

    def do_cases(self) -> dict:
        return {key: case.form for key, case in self.cases.items()}

    def do_contests(self) -> dict:
        return {key: contest.form(self.registry) for key, contest in self.contests.items()}

    def do_open(self, case: str, sides: Sequence[str] = ()) -> dict:
        self.do_close()
        self.cursor = self.registry.cursor()
        env = api.Environment(self.cursor, api.SUPERUSER_ID, {})
        if case in self.cases:
            self.benches = {"": Bench(self.cases[case], env)}
        else:
            self.benches = self._prepare_sides(self.contests[case], sides, env)
        for bench in self.benches.values():
            bench.warm_up()
        self._refuse_unequal_facts()
        # What is there by now stays: collecting before each repetition need not look at it.
        gc.collect()
        gc.freeze()
        return {}

    def _prepare_sides(self, contest: Contest, names: Sequence[str], env) -> dict[str, Bench]:
        prepared, sides = contest.setup(env), contest.sides(env)
        return {name: Bench(sides[name], env, prepared) for name in names}

    def _refuse_unequal_facts(self) -> None:
        """Who comes to another result has not done the same work."""
        ours = next(iter(self.benches.values())).facts
        for name, bench in self.benches.items():
            for fact in ours.keys() & bench.facts.keys():
                expect(f"{fact}, ours and {name}", ours[fact], bench.facts[fact])

    def do_count(self, *, side: str = "", plain: bool = False) -> dict:
        return self.benches[side].count(plain=plain)

    def do_time(self, *, side: str = "", plain: bool = False) -> dict:
        return self.benches[side].time(plain=plain)

    def do_close(self) -> dict:
        if self.cursor:
            self.cursor.rollback()
            self.cursor.close()
        self.cursor = None
        self.benches = {}
        gc.unfreeze()
        return {}


def main(database: str, *options: str) -> None:
    # Answers have the original output to themselves: whatever else prints goes to the errors.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    worker = Worker(database, *options)
    for line in sys.stdin:
        print(json.dumps(worker.answer(json.loads(line))), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
