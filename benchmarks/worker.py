"""A process with one registry: ``python -m benchmarks.worker DATABASE``.

It answers requests, one JSON object per line, until its input ends:

    {"do": "cases"}                    the cases it knows: {key: form}
    {"do": "open", "case": "…"}        prepare a case and warm up
    {"do": "count", "plain": false}    queries and calls of the open case
    {"do": "time", "plain": false}     seconds of one repetition of the open case
    {"do": "close"}                    undo everything

"plain" asks for the plain way of a case that has one. Answers are one JSON object per line, too. A
failed request is answered by {"error": "…"}.
"""

import gc
import json
import os
import sys
import threading
import traceback

from odoo import api, tools
from odoo.modules.registry import Registry
from odoo.service import server

from benchmarks.lib import Bench, InvalidCase, load_cases


class Worker:
    """Answers requests about one database, with at most one case open."""

    def __init__(self, database: str):
        options = ["-d", database, "--no-http", "--log-level", "warn"]
        tools.config.parse_config(options, setup_logging=True)
        server.load_server_wide_modules()
        threading.current_thread().dbname = database
        self.registry = Registry(database)
        self.cases = load_cases()
        self.cursor = None
        self.bench: Bench | None = None

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

    def do_open(self, case: str) -> dict:
        self.do_close()
        self.cursor = self.registry.cursor()
        env = api.Environment(self.cursor, api.SUPERUSER_ID, {})
        self.bench = Bench(self.cases[case], env)
        # What is there by now stays: collecting before each repetition need not look at it.
        gc.collect()
        gc.freeze()
        return {}

    def do_count(self, *, plain: bool) -> dict:
        return self.bench.count(plain=plain)

    def do_time(self, *, plain: bool) -> dict:
        return self.bench.time(plain=plain)

    def do_close(self) -> dict:
        if self.cursor:
            self.cursor.rollback()
            self.cursor.close()
        self.cursor = self.bench = None
        gc.unfreeze()
        return {}


def main(database: str) -> None:
    # Answers have the original output to themselves: whatever else prints goes to the errors.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    worker = Worker(database)
    for line in sys.stdin:
        print(json.dumps(worker.answer(json.loads(line))), file=answers)


if __name__ == "__main__":
    main(sys.argv[1])
