"""Goal 12: a list shows, filters and sorts by what is promised at no more than a list costs."""

from collections.abc import Iterable
from functools import partial
from types import SimpleNamespace

from lxml import etree

from benchmarks import helpdesk, requests
from benchmarks.lib import Contest, Side, expect

OPEN = 100_000
LATE = 1_000
PAGE = 80
#: What the screens show of promises.
PROMISE_COLUMNS = ("sla_badge", "sla_urgency", "next_due_at")
TICKET_COLUMNS = ("sla_deadline", "sla_expired")
SHOWN_AS_NAME = {"many2one": {"fields": {"display_name": {}}}, "many2many": {"fields": {}}}


def prepare(env):
    """Return our desk with its open requests, in the hands of its agent."""
    desk = requests.desk(env, requests.calendar(env), requests.ONE_PROMISE)
    desk.requests = requests.open_requests(desk, OPEN, LATE)
    desk.calendar = desk.policy.calendar_id
    return desk


# --- A page of the list ------------------------------------------------------------------------


def specification(Model, without: Iterable[str] = (), more: Iterable[str] = ()) -> dict:
    """Return what the client asks for to show a list: the columns that are not hidden."""
    arch = etree.fromstring(Model.get_view(view_type="list")["arch"])
    shown = {node.get("name") for node in arch.iter("field") if node.get("optional") != "hide"}
    names = sorted((shown - {*without}) | {*more})
    return {name: SHOWN_AS_NAME.get(Model._fields[name].type, {}) for name in names}


def request_list(desk, **columns):
    Request = desk.env["aftersales.request"].with_user(desk.agent)
    return SimpleNamespace(
        Model=Request,
        domain=[("state", "not in", ("resolved", "closed", "cancelled"))],
        order="next_due_at, id",
        specification=specification(Request, **columns),
    )


def ticket_list(desk):
    theirs = helpdesk.desk(desk.env, desk.calendar)
    helpdesk.open_tickets(theirs, OPEN, LATE)
    Ticket = desk.env[helpdesk.TICKET].with_user(theirs.agent)
    return SimpleNamespace(
        Model=Ticket,
        domain=[("team_id", "=", theirs.team.id), ("closed", "=", False)],
        order=None,  # what it is late with is not stored, so it cannot sort by it
        specification=specification(Ticket, more=TICKET_COLUMNS),
    )


def show_page(state) -> None:
    state.page = state.Model.web_search_read(
        state.domain, state.specification, limit=PAGE, order=state.order
    )["records"]


def check_page(state) -> dict:
    expect("rows", len(state.page), PAGE)
    return {"rows": PAGE}


def check_request_page(state) -> dict:
    """The earliest deadlines stand first, with a badge each where that is a column."""
    dues = state.Model.browse(row["id"] for row in state.page).mapped("next_due_at")
    expect("order", dues, sorted(dues))
    badges = [row["sla_badge"] for row in state.page if "sla_badge" in row]
    expect("empty badges", sum(not badge for badge in badges), 0)
    return check_page(state)


# --- Who is late -------------------------------------------------------------------------------


def count_by_urgency(state) -> None:
    groups = state.Model.formatted_read_group(state.domain, ["sla_urgency"], ["__count"])
    state.late = sum(group["__count"] for group in groups if group["sla_urgency"] == "breached")


def count_one_by_one(state) -> None:
    state.late = len(state.Model.search(state.domain).filtered("sla_expired"))


def mark_late(desk):
    """Let the job look at the requests once: what is late is stored from then on."""
    desk.env["aftersales.sla.clock"].search([("next_event_at", "<", "now")])._escalate()
    return request_list(desk)


def check_late(state) -> dict:
    return {"late": state.late}


CASES = (
    Contest(
        "list_page",
        f"the {PAGE} most urgent of {OPEN:,} requests, with their promises",
        Side(partial(request_list, more=PROMISE_COLUMNS), show_page, check_request_page),
        {
            "without_promises": Side(
                partial(request_list, without=PROMISE_COLUMNS), show_page, check_request_page
            ),
            "helpdesk": Side(ticket_list, show_page, check_page, slow=True, model=helpdesk.TICKET),
        },
        prepare,
        peers="helpdesk",
    ),
    Contest(
        "list_late",
        f"count {OPEN:,} requests by how late they are",
        Side(mark_late, count_by_urgency, check_late),
        {
            "helpdesk": Side(
                ticket_list, count_one_by_one, check_late, slow=True, model=helpdesk.TICKET
            )
        },
        prepare,
        peers="helpdesk",
        full_only=True,
    ),
)
