"""Our service desk, set up to promise the same as ``benchmarks/helpdesk.py``."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

from odoo import Command
from odoo.fields import Datetime
from odoo.tools import SQL
from odoo.tools.sql import table_columns

from benchmarks import builders

#: Working hours until each milestone.
PROMISES = ((4, "response"), (16, "plan"), (40, "resolution"))
#: Who wants one clock per request.
ONE_PROMISE = PROMISES[-1:]
CLOCK_MODELS = ("aftersales.sla.clock", "aftersales.sla.clock.event")


def calendar(env, today: date | None = None):
    """Return working hours in the customer's zone, with a holiday that deadlines have to skip."""
    hours = env["resource.calendar"].create({"name": "Service hours", "tz": "Asia/Shanghai"})
    holiday = (today or Datetime.now().date()) + timedelta(days=2)
    begin = datetime.combine(holiday, time(16))  # midnight there
    env["resource.calendar.leaves"].create(
        {
            "name": "Founding day",
            "calendar_id": hours.id,
            "company_id": hours.company_id.id,
            "date_from": begin,
            "date_to": begin + timedelta(days=1, seconds=-1),
        }
    )
    return hours


def deadlines(clocks) -> str:
    """Return the different deadlines of clocks, in words that two sides can compare."""
    found = {f"{deadline:%m-%d %H:%M:%S}" for deadline in clocks.mapped("deadline")}
    return ", ".join(sorted(found))


def desk(env, calendar, promises=PROMISES, steps=()):
    """Return a company that promises this in working hours, its agent and a customer.

    ``steps`` of a ladder stand behind each promise.
    """
    ladder = [Command.create(step) for step in steps]
    policy = env["aftersales.sla.policy"].create(
        {
            "name": "Service desk",
            "company_id": calendar.company_id.id,
            "calendar_id": calendar.id,
            "target_ids": [
                Command.create(
                    {
                        "milestone": milestone,
                        "amount": hours,
                        "unit": "working_hour",
                        "escalation_ids": ladder,
                    }
                )
                for hours, milestone in promises
            ],
        }
    )
    env.company.aftersales_sla_policy_id = policy
    return SimpleNamespace(
        env=env,
        policy=policy,
        agent=builders.person(env, "agent", "aftersales_service.group_aftersales_agent"),
        customer=customer(env),
    )


def customer(env):
    return env["res.partner"].create({"name": "Harbour Hotel", "email": "desk@harbour.example"})


def prepare_request(desk, **values) -> dict:
    return {
        "title": "Pump leaks",
        "description": "<p>Since this morning</p>",
        "partner_id": desk.customer.id,
        "user_id": desk.agent.id,
        # the moment from which a ticket's deadlines count, so that both have the same
        "date_reported": desk.env.cr.now().replace(microsecond=0),
        **values,
    }


def open_requests(desk, number: int, late: int = 0):
    """Return open requests with the desk's clocks running, some with a deadline that has passed.

    The job has not looked at any of them since: that one is late is due, everything else is not.
    Copied row by row from two real ones, as creating them would take minutes. Those in time have
    deadlines of their own, which the job never compares with the log.
    """
    in_time, too_late = desk.env["aftersales.request"].create(
        [
            prepare_request(desk),
            prepare_request(desk, date_reported=Datetime.now() - timedelta(days=60)),
        ]
    )
    shift = SQL("place %% 10000 * interval '1 minute'")
    made = _copy(
        in_time,
        number - late,
        {"next_due_at": SQL("next_due_at + %s", shift)},
        {
            "deadline": SQL("deadline + %s", shift),
            "next_event_at": SQL("next_event_at + interval '1 day' + %s", shift),
        },
    )
    if late:
        made += _copy(
            too_late,
            late,
            {"sla_urgency": SQL("'ok'")},
            {
                "urgency": SQL("'ok'"),
                "opened_at": SQL("date_start"),
                "next_event_at": SQL("deadline + interval '1 second'"),
            },
        )
    (in_time + too_late).action_cancel()
    desk.env.flush_all()
    for model in ("aftersales.request", *CLOCK_MODELS):
        desk.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(desk.env[model]._table)))
    return made


def _copy(request, number: int, changed: Mapping[str, SQL], changed_clock: Mapping[str, SQL]):
    """Return copies of a request as it is stored, with its clocks and their logs."""
    request.env.flush_all()
    changed = {
        "name": SQL("'B' || place"),
        "title": SQL("'Pump ' || place"),
        "priority": SQL("(place %% 3)::text"),
        "date_reported": SQL("date_reported - place %% 10000 * interval '1 minute'"),
        **changed,
    }
    ids = _copy_row(request, SQL("generate_series(1, %s) AS place", number), changed)
    for clock in request.clock_ids:
        owners = SQL("unnest(%s) WITH ORDINALITY AS copy (owner, place)", ids)
        owned = {"request_id": SQL("owner"), **changed_clock}
        clocks = _copy_row(clock, owners, owned)
        for event in clock.event_ids:
            logs = SQL("unnest(%s) AS copy (owner)", clocks)
            _copy_row(event, logs, {"clock_id": SQL("owner")})
    for follower in request.message_follower_ids:
        followed = SQL("unnest(%s) AS copy (owner)", ids)
        _copy_row(follower, followed, {"res_id": SQL("owner")})
    return request.browse(ids)


def _copy_row(row, source: SQL, changed: Mapping[str, SQL]) -> list[int]:
    """Insert a row once for each row of ``source``, with some columns changed."""
    table = SQL.identifier(row._table)
    names = [name for name in table_columns(row.env.cr, row._table) if name != "id"]
    values = [changed.get(name, SQL.identifier(row._table, name)) for name in names]
    inserted = row.env.execute_query(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s, %s WHERE %s = %s RETURNING id",
            table,
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(values),
            table,
            source,
            SQL.identifier(row._table, "id"),
            row.id,
        )
    )
    return [one[0] for one in inserted]
