"""Goal 1: noticing what is late costs what is late, not what is open."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

from odoo.fields import Datetime

from benchmarks import helpdesk, requests
from benchmarks.lib import Contest, Side, expect

OPEN = 100_000
LATE = 1_000
FEW = 1_000  # open tickets, where one costs milliseconds


def prepare(env, number: int, late: int):
    """Return our desk and, where there can be one, theirs: so many open, so many late.

    Our clocks have no ladder: what is late is marked, and nobody is told.
    """
    calendar = requests.calendar(env)
    desk = requests.desk(env, calendar, requests.ONE_PROMISE)
    desk.requests = requests.open_requests(desk, number, late)
    if helpdesk.TICKET in env:
        desk.theirs = helpdesk.desk(env, calendar)
        helpdesk.open_tickets(desk.theirs, number, late)
    return desk


def itself(desk):
    return desk


def of_theirs(desk):
    open_tickets = [("team_id", "=", desk.theirs.team.id), ("closed", "=", False)]
    return SimpleNamespace(Ticket=desk.env[helpdesk.TICKET], open=open_tickets)


# --- Ours --------------------------------------------------------------------------------------


def escalate(desk) -> None:
    desk.env["aftersales.sla.clock"]._cron_escalate()


def check_swept(desk, number: int, late: int) -> dict:
    found = (
        desk.env["aftersales.request"].search([("sla_urgency", "=", "breached")]) & desk.requests
    )
    expect("marked", len(found), late)
    expect("open", len(desk.requests), number)
    expect("told", desk.env["aftersales.escalation.log"].search_count([]), 0)
    return {"marked late": late, f"of {number:,} open": number}


def ours(number: int, late: int) -> Side:
    return Side(itself, escalate, partial(check_swept, number=number, late=late), number)


# --- Plain SQL: what marking costs the database alone ------------------------------------------


def update_clocks(desk) -> None:
    desk.env.cr.execute(
        """
        UPDATE aftersales_sla_clock SET urgency = 'breached', next_event_at = NULL
         WHERE next_event_at <= %s
        """,
        [Datetime.now()],
    )
    desk.found = desk.env.cr.rowcount


def check_updated(desk, late: int) -> dict:
    expect("updated", desk.found, late)
    return {}


# --- helpdesk_mgmt_sla 19.0 has no sweep: whoever wants to know has to ask ----------------------


def read_all(state) -> None:
    """What a board of open tickets does: read them all, with their state."""
    rows = state.Ticket.search_read(state.open, ["sla_expired"])
    state.found = sum(row["sla_expired"] for row in rows)


def search_late(state) -> None:
    """What its filter does: one statement, which changes nothing and tells nobody."""
    late = [*state.open, ("sla_expired", "=", True)]
    state.found = len(state.Ticket.search(late))


def check_found(state, late: int) -> dict:
    expect("found", state.found, late)
    return {"marked late": late}


def asking(run: Callable) -> Side:
    return Side(
        of_theirs,
        run,
        partial(check_found, late=LATE),
        OPEN,
        slow=True,
        model=helpdesk.TICKET,
    )


# --- The scheduled job of helpdesk_mgmt_sla 16.0, in words of our own ---------------------------


def sweep_as_in_16(state) -> None:
    """Compute each open ticket's deadline anew by a walk over the calendar; it wrote them, too."""
    now = Datetime.now()
    state.deadlines = []
    for ticket in state.Ticket.search(state.open, limit=FEW):
        calendar, hours = ticket.team_id.resource_calendar_id, ticket.ticket_sla_ids.sla_id.hours
        deadline = calendar.plan_hours(hours, ticket.create_date, compute_leaves=True)
        state.deadlines.append((deadline, deadline < now))


def check_as_in_16(state) -> dict:
    expect("deadlines", len(state.deadlines), FEW)
    return {}


AS_IN_16 = Side(of_theirs, sweep_as_in_16, check_as_in_16, FEW, slow=True, model=helpdesk.TICKET)

CASES = (
    Contest(
        "sweep_idle",
        f"look through {OPEN:,} open clocks, none due",
        ours(OPEN, late=0),
        setup=partial(prepare, number=OPEN, late=0),
    ),
    Contest(
        "sweep",
        f"mark {LATE:,} late of {OPEN:,} open",
        ours(OPEN, LATE),
        {
            "helpdesk_board": asking(read_all),
            "helpdesk_filter": asking(search_late),
            "helpdesk_16_job": AS_IN_16,
            "sql": Side(itself, update_clocks, partial(check_updated, late=LATE), OPEN),
        },
        partial(prepare, number=OPEN, late=LATE),
        peers="helpdesk",
    ),
    Contest(
        "sweep_tenth",
        f"mark {LATE:,} late of {OPEN // 10:,} open",
        ours(OPEN // 10, LATE),
        setup=partial(prepare, number=OPEN // 10, late=LATE),
    ),
)
