"""Goal 5: moving requests on and closing them, with clocks that are met on the way."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

from benchmarks import helpdesk, requests
from benchmarks.lib import Contest, Side, expect

NUMBER = 100


def prepare(env):
    """Return working hours for both desks."""
    return SimpleNamespace(env=env, calendar=requests.calendar(env))


# --- Ours --------------------------------------------------------------------------------------


def set_up_requests(prepared):
    desk = requests.desk(prepared.env, prepared.calendar)
    values = [requests.prepare_request(desk) for _ in range(NUMBER)]
    desk.requests = prepared.env["aftersales.request"].with_user(desk.agent).create(values)
    return desk


def take_up_requests(desk) -> None:
    """The customer is answered, which meets the first clock, and work begins."""
    desk.requests.action_respond()
    desk.requests.action_start()


def close_requests(desk) -> None:
    """Solved, which ends all clocks, and done with."""
    desk.requests.action_resolve()
    desk.requests.action_close()


def check_requests(desk, state: str, running: int) -> dict:
    requests = desk.requests.sudo()
    expect("states", set(requests.mapped("state")), {state})
    clocks = requests.clock_ids
    expect("running", len(clocks.filtered(lambda clock: clock.state == "running")), running)
    return {"requests": len(requests), "clocks": len(clocks), "still run": running}


# --- helpdesk_mgmt and helpdesk_mgmt_sla -------------------------------------------------------


def set_up_tickets(prepared, *, silent: bool = False):
    desk = helpdesk.desk(prepared.env, prepared.calendar)
    if silent:
        helpdesk.stage(desk.env, "done").mail_template_id = False
    values = [helpdesk.prepare_ticket(desk) for _ in range(NUMBER)]
    desk.tickets = prepared.env[helpdesk.TICKET].with_user(desk.agent).create(values)
    return desk


def move_tickets(desk, stage: str) -> None:
    desk.tickets.write({"stage_id": helpdesk.stage(desk.env, stage).id})


def check_tickets(desk, stage: str, running: int) -> dict:
    tickets = desk.tickets.sudo()
    expect("stage", tickets.stage_id, helpdesk.stage(desk.env, stage))
    clocks = tickets.ticket_sla_ids
    expect("running", len(clocks.filtered(lambda clock: clock.state == "in_progress")), running)
    return {"requests": len(tickets), "clocks": len(clocks), "still run": running}


def contest(
    key: str,
    title: str,
    run: Callable,
    state: str,
    stage: str,
    running: int,
    *,
    silent: bool = False,
) -> Contest:
    """Make a contest of a step that leaves as many clocks running on both sides."""
    return Contest(
        key,
        f"{title} {NUMBER} requests with {len(requests.PROMISES)} clocks each",
        ours=Side(
            set_up_requests,
            run,
            partial(check_requests, state=state, running=running),
            NUMBER,
        ),
        rivals={
            "helpdesk": Side(
                partial(set_up_tickets, silent=silent),
                partial(move_tickets, stage=stage),
                partial(check_tickets, stage=stage, running=running),
                NUMBER,
                slow=True,
                model=helpdesk.TICKET,
            )
        },
        setup=prepare,
        peers="helpdesk",
        full_only=silent,  # our half is the same
    )


CASES = (
    contest(
        "requests_taken_up",
        "answer and take up",
        take_up_requests,
        state="in_progress",
        stage="in_progress",
        running=2 * NUMBER,
    ),
    contest(
        "requests_closed",
        "solve and close",
        close_requests,
        state="closed",
        stage="done",
        running=0,
    ),
    contest(
        "requests_closed_silently",
        "solve and close (their mail to the customer switched off)",
        close_requests,
        state="closed",
        stage="done",
        running=0,
        silent=True,
    ),
)
