"""Goal 3: a deadline costs a bisection, not a walk over the calendar."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

from odoo.addons.aftersales_service.logic.sla_clock import (
    Event,
    EventKind,
    Target,
    TargetUnit,
    replay,
)
from odoo.addons.aftersales_service.logic.working_time import WorkingTime

from benchmarks import requests
from benchmarks.lib import Contest, Side, expect

MANY = 10_000
WALKED = 200  # as many as one has the patience to wait for
DAYS, HOURS = 28, 40
#: Always the same days, so that always as many months are asked for.
TODAY = datetime(2026, 9, 29, 12)


def prepare(env):
    """Return a calendar, and instants of four weeks with the hours promised from then on."""
    draw = random.Random(3)
    promises = [
        (TODAY - timedelta(seconds=draw.randrange(DAYS * 86400)), draw.randint(1, HOURS))
        for _ in range(MANY)
    ]
    calendar = requests.calendar(env, TODAY.date())
    return SimpleNamespace(env=env, calendar=calendar, promises=promises)


def set_up(prepared, number: int, *, forget: bool):
    promises = prepared.promises[:number]
    return SimpleNamespace(**vars(prepared) | {"promises": promises, "forget": forget})


def begin(state) -> None:
    if state.forget:
        state.env.registry.clear_cache()


def working_time(state) -> WorkingTime:
    return WorkingTime(state.calendar._aftersales_month_loader(state.env.company))


def bisect(state) -> None:
    begin(state)
    time = working_time(state)
    state.found = [time.add(at, hours * 3600) for at, hours in state.promises]


def replay_logs(state) -> None:
    """What a clock does: read its log, which so far says when it started and for how long."""
    begin(state)
    calendar = state.calendar.id
    times = {calendar: working_time(state)}
    logs = [
        [Event(EventKind.START, at, target=Target(hours, TargetUnit.WORKING_HOUR, calendar))]
        for at, hours in state.promises
    ]
    state.found = [replay(log, times, UTC).deadline for log in logs]


def plan_hours(state) -> None:
    begin(state)
    state.found = [
        state.calendar.plan_hours(hours, at, compute_leaves=True) for at, hours in state.promises
    ]


def check(state) -> dict:
    """All have to come to the same deadlines, as far as they went."""
    expect("deadlines", len(state.found), len(state.promises))
    compared = state.found[:WALKED]
    seconds = sum(round((deadline - TODAY).total_seconds()) for deadline in compared)
    return {f"seconds is the sum of the first {len(compared)}": seconds}


def contest(key: str, title: str, run: Callable, number: int, *, forget: bool) -> Contest:
    """Make a contest with ``plan_hours``, on so many that it comes to an end."""

    def side(run: Callable, number: int) -> Side:
        return Side(partial(set_up, number=number, forget=forget), run, check, number, silent=True)

    rivals = {"plan_hours": side(plan_hours, min(number, WALKED))}
    return Contest(key, title, side(run, number), rivals, prepare)


CASES = (
    contest("deadlines", f"{MANY:,} deadlines, nothing kept", bisect, MANY, forget=True),
    contest("deadline_kept", "one deadline, its months kept", bisect, 1, forget=False),
    contest("deadline_cold", "one deadline, nothing kept", bisect, 1, forget=True),
    contest("logs_replayed", f"{MANY:,} logs of clocks replayed", replay_logs, MANY, forget=True),
)
