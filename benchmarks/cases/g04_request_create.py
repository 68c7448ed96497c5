"""Goal 4: a request gets its clocks when it is created, in a batch at hardly any cost."""

from functools import partial
from types import SimpleNamespace

from benchmarks import helpdesk, requests
from benchmarks.lib import Contest, Side, expect

BATCH = 1000
CLOCKS = len(requests.PROMISES)


def prepare(env):
    """Return working hours for both desks."""
    return SimpleNamespace(env=env, calendar=requests.calendar(env))


def prove(clocks, number: int, state: str) -> dict:
    """Both sides have as many clocks running, until the same moments."""
    expect("clocks", len(clocks), CLOCKS * number)
    running = clocks.filtered(lambda clock: clock.state == state)
    return {"clocks run": len(running), "are their deadlines": requests.deadlines(clocks)}


# --- Ours --------------------------------------------------------------------------------------


def set_up_requests(prepared, number: int):
    desk = requests.desk(prepared.env, prepared.calendar)
    desk.values = [requests.prepare_request(desk) for _ in range(number)]
    return desk


def create_requests(desk) -> None:
    desk.made = desk.env["aftersales.request"].with_user(desk.agent).create(desk.values)


def check_requests(desk, number: int) -> dict:
    expect("requests", len(desk.made), number)
    return prove(desk.made.sudo().clock_ids, number, "running")


def ours(number: int) -> Side:
    return Side(
        partial(set_up_requests, number=number),
        create_requests,
        partial(check_requests, number=number),
        number,
    )


# --- helpdesk_mgmt and helpdesk_mgmt_sla -------------------------------------------------------


def set_up_tickets(prepared, number: int):
    desk = helpdesk.desk(prepared.env, prepared.calendar)
    desk.values = [helpdesk.prepare_ticket(desk) for _ in range(number)]
    return desk


def create_tickets(desk) -> None:
    values = [dict(one) for one in desk.values]  # its create writes into them
    desk.made = desk.env[helpdesk.TICKET].with_user(desk.agent).create(values)


def check_tickets(desk, number: int) -> dict:
    expect("tickets", len(desk.made), number)
    return prove(desk.made.sudo().ticket_sla_ids, number, "in_progress")


def theirs(number: int) -> Side:
    return Side(
        partial(set_up_tickets, number=number),
        create_tickets,
        partial(check_tickets, number=number),
        number,
        slow=number > 1,
        model=helpdesk.TICKET,
    )


def contest(key: str, title: str, number: int) -> Contest:
    return Contest(
        key, title, ours(number), {"helpdesk": theirs(number)}, prepare, peers="helpdesk"
    )


CASES = (
    contest("requests_created", f"create {BATCH:,} requests with {CLOCKS} clocks each", BATCH),
    contest("request_created", f"create one request with {CLOCKS} clocks", 1),
)
