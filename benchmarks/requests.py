"""Our service desk, set up to promise the same as ``benchmarks/helpdesk.py``."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from odoo.fields import Datetime
from odoo.tools import SQL
from odoo.tools.sql import table_columns

from benchmarks import builders


def calendar(env):
    """Return working hours in the customer's zone, with a holiday that deadlines have to skip."""
    hours = env["resource.calendar"].create({"name": "Service hours", "tz": "Asia/Shanghai"})
    day_after_tomorrow = Datetime.now().date() + timedelta(days=2)
    begin = datetime.combine(day_after_tomorrow, time(16))  # midnight there
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


def agent(env):
    return builders.person(env, "agent", "aftersales_service.group_aftersales_agent")


def prepare_request(customer, agent, **values) -> dict:
    return {
        "title": "Pump leaks",
        "description": "<p>Since this morning</p>",
        "partner_id": customer.id,
        "user_id": agent.id,
        **values,
    }


def open_requests(original, number: int):
    """Return copies of a request as it is stored, each reported a minute before the last one.

    One statement for all: creating them as a person does would take minutes.
    """
    changed = {
        "name": SQL("'B' || place"),
        "title": SQL("'Pump ' || place"),
        "priority": SQL("(place %% 3)::text"),
        "date_reported": SQL("date_reported - place %% 10000 * interval '1 minute'"),
    }
    return copies(original, SQL("generate_series(1, %s) AS place", number), changed)


def copies(original, source: SQL, changed: Mapping[str, SQL]):
    """Copy a row for every row of ``source``, with some columns changed."""
    env = original.env
    env.flush_all()
    table = original._table
    names = [name for name in table_columns(env.cr, table) if name != "id"]
    values = [changed.get(name, SQL.identifier(table, name)) for name in names]
    rows = env.execute_query(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s, %s WHERE %s = %s RETURNING id",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(values),
            SQL.identifier(table),
            source,
            SQL.identifier(table, "id"),
            original.id,
        )
    )
    env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
    return original.browse(row[0] for row in rows)
