"""Goal 14: ten thousand units are judged for a day in a few dozen queries."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from odoo.fields import Date

from benchmarks import builders
from benchmarks.lib import Case, expect

NUMBER = 10_000
DAYS_AGO = 400  # some units were not delivered yet, and the cover of some had ended

# What has to come out, said a second time in SQL.
RESULTS = """
    SELECT CASE WHEN cover_start > %(on)s THEN 'undetermined'
                WHEN date_ended <= %(on)s OR cover_end < %(on)s THEN 'not_covered'
                ELSE 'covered' END,
           count(*)
      FROM aftersales_unit WHERE id = ANY(%(ids)s) GROUP BY 1
"""
STATES = """
    SELECT CASE WHEN date_ended <= %(on)s THEN 'expired'
                WHEN cover_start > %(on)s THEN 'not_started'
                WHEN cover_end < %(on)s THEN 'expired'
                WHEN cover_end <= %(on)s + 90 THEN 'expiring'
                ELSE 'covered' END,
           count(*)
      FROM aftersales_unit WHERE id = ANY(%(ids)s) GROUP BY 1
"""


@dataclass
class Judging:
    """Units in the hands of an agent, the day they are judged for, and the answers by number."""

    units: Any
    on: Any
    cause: Any
    wanted: Counter
    answers: Counter = field(default_factory=Counter)


def setup(env, wanted: str) -> Judging:
    units = builders.units(env, NUMBER)
    agent = builders.person(env, "agent", builders.AGENT)
    on = Date.today() - timedelta(days=DAYS_AGO)
    cause = env["aftersales.cause"].create({"name": "Bearing"})
    env.cr.execute(wanted, {"on": on, "ids": units.ids})
    return Judging(
        units=units.with_user(agent),
        on=on,
        cause=cause.with_user(agent),
        wanted=Counter(dict(env.cr.fetchall())),
    )


def decide(judging: Judging) -> None:
    decisions = judging.units._decide(judging.on, cause=judging.cause)
    judging.answers = Counter(decision.result.value for decision in decisions.values())


def look_up_states(judging: Judging) -> None:
    judging.answers = Counter(unit._get_coverage_state(judging.on) for unit in judging.units)


def check(judging: Judging) -> dict[str, int]:
    """Prove that all units are judged, and that not one answer is the only one there is."""
    expect("answers", judging.answers, judging.wanted)
    expect("units judged", judging.answers.total(), NUMBER)
    expect("only one answer", len(judging.answers) == 1, False)
    return {"units": NUMBER, **judging.answers}


CASES = (
    Case(
        "judge_units",
        f"decide on {NUMBER:,} units for a day and a cause",
        setup=partial(setup, wanted=RESULTS),
        run=decide,
        check=check,
        ours_only=True,
    ),
    Case(
        "cover_states",
        f"tell the state of cover of {NUMBER:,} units for a day",
        setup=partial(setup, wanted=STATES),
        run=look_up_states,
        check=check,
        ours_only=True,
    ),
)
