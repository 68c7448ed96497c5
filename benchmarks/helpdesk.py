"""The desk of helpdesk_mgmt and helpdesk_mgmt_sla, as their own documentation says to set it up.

Its three promises are those of ``benchmarks/requests.py``, on the same calendar.
"""

from types import SimpleNamespace

from odoo import Command

from benchmarks import builders, requests

TICKET = "helpdesk.ticket"  # in the registry only where the peers are installed
#: Working hours and the stage that has to be reached in them.
PROMISES = ((4, "in_progress"), (16, "done"), (40, "done"))


def stage(env, name: str):
    return env.ref(f"helpdesk_mgmt.helpdesk_ticket_stage_{name}")


def desk(env, calendar):
    """Return a team whose tickets get three deadlines, and its agent."""
    agent = builders.person(env, "ticket agent", "helpdesk_mgmt.group_helpdesk_user")
    team = env["helpdesk.ticket.team"].create(
        {
            "name": "Service desk",
            "use_sla": True,
            "resource_calendar_id": calendar.id,
            "user_ids": [Command.link(agent.id)],
        }
    )
    promises = env["helpdesk.sla"].create(
        [
            {
                "name": f"{hours} hours",
                "team_ids": [Command.link(team.id)],
                "hours": hours,
                "stage_id": stage(env, name).id,
            }
            for hours, name in PROMISES
        ]
    )
    return SimpleNamespace(
        env=env, team=team, promises=promises, agent=agent, customer=requests.customer(env)
    )


def prepare_ticket(desk, **values) -> dict:
    return {
        "name": "Pump leaks",
        "description": "<p>Since this morning</p>",
        "partner_id": desk.customer.id,
        "team_id": desk.team.id,
        "user_id": desk.agent.id,
        **values,
    }


def open_tickets(desk, number: int, breached: int) -> None:
    """Fill in tickets with one running deadline each, so many of them passed an hour ago.

    One statement for all: creating them as a person does would take an hour.
    """
    env = desk.env
    values = {
        "number": number,
        "breached": breached,
        "stage": stage(env, "new").id,
        "team": desk.team.id,
        "user": desk.agent.id,
        "company": env.company.id,
        "promise": desk.promises[-1].id,
        "reached": desk.promises[-1].stage_id.id,
    }
    env.cr.execute(
        """
        WITH ticket AS (
            INSERT INTO helpdesk_ticket (
                number, name, description, stage_id, team_id, user_id, company_id, priority,
                sequence, active, unattended, last_stage_update, create_uid, write_uid,
                create_date, write_date
            )
            SELECT 'B' || place, 'Pump ' || place, '<p>Leaks</p>', %(stage)s, %(team)s, %(user)s,
                   %(company)s, (place %% 4)::text, 10, true, true, now() AT TIME ZONE 'UTC', 1, 1,
                   now() AT TIME ZONE 'UTC' - place %% 10000 * interval '1 minute',
                   now() AT TIME ZONE 'UTC'
              FROM generate_series(1, %(number)s) AS place
         RETURNING id, create_date
        ), numbered AS (
            SELECT id, create_date, row_number() OVER (ORDER BY id) AS place FROM ticket
        )
        INSERT INTO helpdesk_ticket_sla (
            ticket_id, sla_id, hours, expected_stage_id, consumed_time, last_state_date, state,
            deadline, create_uid, write_uid, create_date, write_date
        )
        SELECT id, %(promise)s, 40, %(reached)s, 0, create_date, 'in_progress',
               now() AT TIME ZONE 'UTC' + CASE WHEN place <= %(breached)s
                   THEN interval '-1 hour' ELSE interval '1 day' * (1 + place %% 30) END,
               1, 1, create_date, create_date
          FROM numbered
        """,
        values,
    )
    env.cr.execute("ANALYZE helpdesk_ticket, helpdesk_ticket_sla")
