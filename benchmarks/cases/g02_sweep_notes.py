"""Goal 2: telling people what is late costs what is late, and little of that."""

from functools import partial
from types import SimpleNamespace

from benchmarks import requests
from benchmarks.lib import Contest, Side, expect

OPEN = 100_000
LATE = 1_000
SINGLY = 100  # as many as one has the patience to tell one at a time
#: When the promised time is over, whoever is responsible gets an activity; a note says so.
STEP = {"trigger": "percent", "value": 100, "action": "activity", "role": "responsible"}


def prepare(env):
    """Return our desk; what is late of its open requests is what the job has to tell."""
    desk = requests.desk(env, requests.calendar(env), requests.ONE_PROMISE, [STEP])
    desk.requests = requests.open_requests(desk, OPEN, LATE)
    desk.late = desk.requests[-LATE:]
    return desk


# --- Ours --------------------------------------------------------------------------------------


def escalate(desk) -> None:
    desk.env["aftersales.sla.clock"]._cron_escalate()


def check_told(state, number: int) -> dict:
    late = state.late
    expect("notes", len(late.message_ids), number)
    expect("activities", len(late.activity_ids), number)
    expect("for the responsible", late.activity_ids.user_id, late.user_id)
    return {}


def check_escalated(desk) -> dict:
    expect("logged", desk.env["aftersales.escalation.log"].search_count([]), LATE)
    expect("marked", set(desk.late.mapped("sla_urgency")), {"breached"})
    return check_told(desk, LATE)


# --- As Odoo's manual shows it: one at a time --------------------------------------------------


def set_up_singly(desk):
    return SimpleNamespace(late=desk.late[:SINGLY])


def tell_singly(state) -> None:
    for request in state.late:
        request.message_post(body="The promised time is over.", subtype_xmlid="mail.mt_note")
        request.with_context(mail_activity_quick_update=True).activity_schedule(
            "aftersales_service.activity_escalation",
            summary="The promised time is over",
            user_id=request.user_id.id,
        )


ONE_AT_A_TIME = Side(
    set_up_singly, tell_singly, partial(check_told, number=SINGLY), SINGLY, slow=True
)

CASES = (
    Contest(
        "sweep_told",
        f"note and activity for {LATE:,} late of {OPEN:,} open",
        Side(lambda desk: desk, escalate, check_escalated, LATE),
        {"one_at_a_time": ONE_AT_A_TIME},
        prepare,
    ),
)
