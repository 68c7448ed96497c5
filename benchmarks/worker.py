"""A process with one registry: ``python -m benchmarks.worker DATABASE [OPTION OF ODOO …]``.

It answers requests, one JSON object per line, until its input ends:

    {"do": "cases"}                    the cases it knows: {key: title}
    {"do": "contests"}                 the contests: {key: {title, peers, rivals, numbers}}
    {"do": "open", "case": "…"}        prepare a case and warm up
    {"do": "open", "case": "…", "sides": ["ours", "…"]}       prepare these sides of a contest
    {"do": "count"}                    queries and calls of the open case
    {"do": "time"}                     seconds of one repetition of the open case
    {"do": "close"}                    undo everything

In a contest ``count`` and ``time`` name a ``side``.

Answers are one JSON object per line, too. A failed request is answered by {"error": "…"}.
"""

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
        self.cases = load_cases()
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
        return {
            key: case.title for key, case in self.cases.items() if not isinstance(case, Contest)
        }

    def do_contests(self) -> dict:
        return {
            key: {
                "title": contest.title,
                "peers": contest.peers,
                "rivals": list(contest.rivals),
                "numbers": {
                    name: side.number for name, side in contest.sides(self.registry).items()
                },
            }
            for key, contest in self.cases.items()
            if isinstance(contest, Contest)
        }

    def do_open(self, case: str, sides: Sequence[str] = ()) -> dict:
        self.do_close()
        self.cursor = self.registry.cursor()
        env = api.Environment(self.cursor, api.SUPERUSER_ID, {})
        work = self.cases[case]
        if isinstance(work, Contest):
            prepared = work.setup(env)
            taking_part = work.sides(env)
            self.benches = {name: Bench(taking_part[name], env, prepared) for name in sides}
        else:
            self.benches = {"": Bench(work, env)}
        for bench in self.benches.values():
            bench.warm_up()
        self._refuse_unequal_facts()
        return {}

    def _refuse_unequal_facts(self) -> None:
        """Who comes to another result has not done the same work."""
        ours = next(iter(self.benches.values())).facts
        for name, bench in self.benches.items():
            for fact in ours.keys() & bench.facts.keys():
                expect(f"{fact}, ours and {name}", ours[fact], bench.facts[fact])

    def do_count(self, side: str = "") -> dict:
        return self.benches[side].count()

    def do_time(self, side: str = "") -> dict:
        return self.benches[side].time()

    def do_close(self) -> dict:
        if self.cursor:
            self.cursor.rollback()
            self.cursor.close()
        self.cursor = None
        self.benches = {}
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
