"""What a case is, and how one repetition of it is measured.

Time is noisy, so the gates are on what a computer counts exactly: SQL queries and calls of Python
functions. Both are the same in every repetition once caches are warm, and no machine is too slow
or too busy for them.
"""

import cProfile
import gc
import importlib
import pkgutil
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from odoo.fields import Datetime
from odoo.sql_db import Cursor

from benchmarks import cases

# After two repetitions registry and ormcache have settled; the third shows that they have.
WARM_UPS = 3
COUNTED = 2  # repetitions whose calls are compared with each other

# What a statement's form leaves out.
UUID = re.compile(r'"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"')
PLACEHOLDERS = re.compile(r"%s(?:::\w+)?(?:, ?%s(?:::\w+)?)+")
ROWS = re.compile(r"(\([^()]*\))(?:, ?\1)+")
NUMBER = re.compile(r"\b\d+\b")
QUALIFIED = re.compile(r'"\w+"\.(?=")')
# With an addon a table has more columns, yet reading a row of it is still the same statement.
COLUMNS = (
    (re.compile(r"^SELECT .+? FROM "), "SELECT … FROM "),
    (re.compile(r"^(INSERT INTO \w+) \(.*?\) VALUES .*$"), r"\1 …"),
    (re.compile(r"^(UPDATE \w+) SET .* (?:FROM \(VALUES .*|WHERE .*)$"), r"\1 …"),
)


class InvalidCase(Exception):
    """The case did not do what its title says, so that its numbers mean nothing."""


@dataclass(frozen=True)
class Case:
    """One piece of work: prepared once, then run again and again from the same state.

    ``setup`` gets an environment and returns whatever ``run`` and ``check`` need. ``check`` looks
    at the outcome of each single run and returns the numbers that prove it; it must hold in both
    databases, or say itself what differs between them.

    ``ours_only`` is work that a database without the addon knows nothing of. Its peer, if any, is
    ``plain``: another way through the same prepared state, which ``check`` has to tell apart.
    ``full_only`` takes too long for --quick.
    """

    key: str
    title: str
    setup: Callable[[Any], Any]
    run: Callable[[Any], None]
    check: Callable[[Any], dict[str, int]]
    ours_only: bool = False
    plain: Callable[[Any], None] | None = None
    full_only: bool = False

    @property
    def form(self) -> dict:
        """Return what the program has to know that leads the processes."""
        return {
            "title": self.title,
            "ours_only": self.ours_only,
            "plain": self.plain is not None,
            "full_only": self.full_only,
        }


@dataclass(frozen=True)
class Side:
    """One way of doing the work of a contest: ours, an addon's of others, Odoo's own, plain SQL.

    ``setup`` gets what the contest prepared. Sides may work on unequal ``number``s of records:
    what they cost is compared per record. Facts of the same name have to be equal, though.
    """

    setup: Callable[[Any], Any]
    run: Callable[[Any], None]
    check: Callable[[Any], dict[str, int | str]]
    number: int = 1
    slow: bool = False  # many seconds: warmed up once, its calls are not counted
    silent: bool = False  # may do without any query
    model: str = ""  # a database without this model cannot do it
    plain = None


@dataclass(frozen=True)
class Contest:
    """The same work done by us and by rivals, in turn, in one process on one database.

    ``peers`` is the set of peers.txt that rivals come from. Where its addons are not installed
    we are measured beside the rest. ``full_only`` takes too long for --quick.
    """

    key: str
    title: str
    ours: Side
    rivals: Mapping[str, Side] = field(default_factory=dict)
    setup: Callable[[Any], Any] = lambda env: env
    peers: str = ""
    full_only: bool = False

    def form(self, env) -> dict:
        """Return what the program has to know that leads the processes."""
        return {
            "title": self.title,
            "peers": self.peers,
            "full_only": self.full_only,
            "rivals": list(self.rivals),
            "numbers": {name: side.number for name, side in self.sides(env).items()},
        }

    def sides(self, env) -> dict[str, Side]:
        """Return who can take part in this database, ours first."""
        everyone = {"ours": self.ours, **self.rivals}
        return {
            name: side for name, side in everyone.items() if not side.model or side.model in env
        }


def expect(what: str, actual: object, wanted: object) -> None:
    """Refuse a case whose outcome is not the one that its title promises."""
    if actual != wanted:
        raise InvalidCase(f"{what}: {actual} instead of {wanted}")


def load_cases() -> dict[str, Case | Contest]:
    """Return the cases of all files in the folder, so that adding one is adding a file."""
    found: dict[str, Case | Contest] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(cases.__path__)):
        for case in importlib.import_module(f"{cases.__name__}.{module}").CASES:
            if case.key in found:
                raise InvalidCase(f"Two cases are called {case.key}")
            found[case.key] = case
    return found


# --- Repetitions -------------------------------------------------------------------------------


class Bench:
    """A case or side in its prepared state, inside a transaction that is never committed."""

    def __init__(self, case: Case | Side, env, prepared: Any = None):
        self.case = case
        self.cr = env.cr
        self.env = env
        self.slow = isinstance(case, Side) and case.slow
        self.silent = isinstance(case, Side) and case.silent
        self.state = case.setup(env if prepared is None else prepared)
        self.cr.flush()
        self.facts: dict[str, int | str] = {}

    def warm_up(self) -> None:
        for _ in range(1 if self.slow else WARM_UPS):
            self.repeat(_nothing)
            if self.case.plain:
                self.repeat(_nothing, plain=True)

    def repeat(self, probe: Callable, *, plain: bool = False) -> Any:
        """Run the case once under a probe, prove its outcome, and undo it.

        Pending writes and tracking are part of the work, hence the flush inside the probe.
        """
        run = self.case.plain if plain else self.case.run
        savepoint = self.cr.savepoint()
        self._forget()
        with _without_gc(), _stopped_clock(), _without_commit(), probe(self.cr) as reading:
            run(self.state)
            self.cr.flush()
        self.facts = self.case.check(self.state)
        savepoint.close(rollback=True)
        self.cr.postcommit.clear()
        return reading

    def _forget(self) -> None:
        """Start as a new request does: warm registry, but no record in memory yet."""
        self.env.invalidate_all()
        self.cr.cache.clear()

    def count(self, *, plain: bool = False) -> dict:
        """Return what the gates judge, with the details that explain a difference."""
        if not self.slow:
            # what ran before may have emptied the registry's caches
            self.repeat(_nothing, plain=plain)
        statements = self.repeat(_statements, plain=plain)
        queries = statements.total()
        if not queries and not self.silent:
            raise InvalidCase("it sends no query at all")
        counted = {"facts": self.facts, "queries": queries, "statements": dict(statements)}
        return counted if self.slow else counted | self._count_calls(plain=plain)

    def _count_calls(self, *, plain: bool) -> dict:
        profiles = [self.repeat(_calls, plain=plain) for _ in range(COUNTED)]
        totals = [profile.total() for profile in profiles]
        return {
            "calls": min(totals),
            "calls_spread": max(totals) - min(totals),
            "functions": dict(profiles[0]),
        }

    def time(self, *, plain: bool = False) -> dict:
        """Return the seconds of one repetition, on the clock and on the processor."""
        return dict(self.repeat(_seconds, plain=plain))


@contextmanager
def _without_gc():
    """Collect before, not during: when the collector runs depends on what ran earlier."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _stopped_clock():
    """Let the work happen in one moment: a second that ticks meanwhile changes what is written.

    Fields whose default is the current time keep reading the real clock. The moment lies an hour
    beside it, so that it never happens to be the same second, and on the same day.
    """
    now, hour = Datetime.now(), timedelta(hours=1)
    moment = now + hour if (now + hour).date() == now.date() else now - hour
    with patch.object(Datetime, "now", staticmethod(lambda *_: moment)):
        yield


@contextmanager
def _without_commit():
    """Let a job that commits as it goes send everything, but keep it undoable."""

    def write_out(cursor):
        cursor.flush()
        cursor.clear()

    with patch.object(Cursor, "commit", write_out):
        yield


# --- Probes: context managers on a cursor that yield their reading ------------------------------


@contextmanager
def _nothing(_cr):
    yield None


@contextmanager
def _statements(cr):
    """Count statements by their form; the cursor's own counter must agree."""
    sent: list[str] = []
    thread = threading.current_thread()
    before = cr.sql_log_count
    reading: Counter[str] = Counter()
    thread.query_hooks = [lambda _cr, query, *_: sent.append(query)]
    try:
        yield reading
    finally:
        del thread.query_hooks
    expect("queries seen", len(sent), cr.sql_log_count - before)
    reading.update(map(normalized, sent))


@contextmanager
def _calls(_cr):
    """Count calls of Python functions (and resumed generators), not of C functions."""
    reading: Counter[str] = Counter()
    profile = cProfile.Profile(subcalls=False, builtins=False)
    profile.enable()
    try:
        yield reading
    finally:
        profile.disable()
    for entry in profile.getstats():
        if not isinstance(entry.code, str):
            reading[_function_name(entry.code)] += entry.callcount


@contextmanager
def _seconds(_cr):
    reading: dict[str, float] = {}
    wall, processor = time.perf_counter(), time.process_time()
    yield reading
    reading["cpu"] = time.process_time() - processor
    reading["wall"] = time.perf_counter() - wall


def normalized(query: str) -> str:
    """Return the form of a statement: an N+1 is one form that is sent many times."""
    text = " ".join(query.split())
    text = UUID.sub('"…"', text)
    text = PLACEHOLDERS.sub("%s…", text)
    text = ROWS.sub(r"\1…", text)
    text = NUMBER.sub("N", text)
    text = QUALIFIED.sub("", text).replace('"', "")
    for pattern, replacement in COLUMNS:
        text = pattern.sub(replacement, text)
    return text


def _function_name(code) -> str:
    return f"{_module_name(code.co_filename)}.{getattr(code, 'co_qualname', code.co_name)}"


@cache
def _module_name(filename: str) -> str:
    """Name a file by its addon or package, so that results of different machines compare."""
    path = Path(filename)
    addon = next((part.name for part in path.parents if (part / "__manifest__.py").exists()), "")
    return f"{addon or path.parent.name}/{path.stem}"
