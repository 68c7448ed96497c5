"""Goal 3: a deadline costs a bisection, not a walk over the calendar."""

import random
from datetime import UTC, timedelta
from functools import partial
from types import SimpleNamespace

from odoo.fields import Datetime

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
DAYS, HOURS = 30, 40


def prepare(env):
    """Return a calendar, and instants of the past month with the hours promised from then on."""
    draw, now = random.Random(3), Datetime.now()
    promises = [
        (now - timedelta(seconds=draw.randrange(DAYS * 86400)), draw.randint(1, HOURS))
        for _ in range(MANY)
    ]
    return SimpleNamespace(env=env, calendar=requests.calendar(env), promises=promises)


def set_up(prepared, number: int, forget: bool):
    promises = prepared.promises[:number]
    return SimpleNamespace(**vars(prepared) | {"promises": promises, "forget": forget})


def start(state) -> None:
    if state.forget:
        state.env.registry.clear_cache()


def replay_logs(state) -> None:
    """What our clocks do: read a log, count on the calendar's spans."""
    start(state)
    company = state.env.company.id
    spans = state.calendar._aftersales_get_month_spans
    times = {state.calendar.id: WorkingTime(partial(spans, company))}
    state.found = [
        replay(
            [
                Event(
                    EventKind.START,
                    at,
                    target=Target(hours, TargetUnit.WORKING_HOUR, state.calendar.id),
                )
            ],
            times,
            UTC,
        ).deadline
        for at, hours in state.promises
    ]


def plan_hours(state) -> None:
    start(state)
    state.found = [
        state.calendar.plan_hours(hours, at, compute_leaves=True) for at, hours in state.promises
    ]


def check(state) -> dict:
    """Both have to come to the same deadlines, as far as both went."""
    expect("deadlines", len(state.found), len(state.promises))
    compared = state.found[: min(len(state.found), WALKED)]
    seconds = sum(
        round((it - Datetime.to_datetime("2020-01-01")).total_seconds()) for it in compared
    )
    return {f"seconds is the sum of the first {len(compared)}": seconds}


def side(run, number: int, forget: bool) -> Side:
    return Side(
        partial(set_up, number=number, forget=forget), run, check, number, silent=not forget
    )


CASES = (
    Contest(
        "deadlines",
        f"{MANY:,} deadlines on one calendar, nothing kept",
        ours=side(replay_logs, MANY, forget=True),
        rivals={"plan_hours": side(plan_hours, WALKED, forget=True)},
        setup=prepare,
    ),
    Contest(
        "deadline_kept",
        "one deadline, its months kept",
        ours=side(replay_logs, 1, forget=False),
        rivals={"plan_hours": side(plan_hours, 1, forget=False)},
        setup=prepare,
    ),
    Contest(
        "deadline_cold",
        "one deadline, nothing kept",
        ours=side(replay_logs, 1, forget=True),
        rivals={"plan_hours": side(plan_hours, 1, forget=True)},
        setup=prepare,
    ),
)
