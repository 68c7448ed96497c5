"""What customers agreed to: the latest word holds, additions add, silence in time is a no."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.consent import (
    Answer,
    Estimate,
    Kind,
    Row,
    answer_due,
    approved,
    estimate,
    in_order,
    is_late,
    last,
    unasked,
)

NOON = datetime(2026, 3, 12, 12)


def rows(*said):
    """``"estimate given 200 ab"`` … one minute after the other; a and b were shown."""
    result = []
    for number, text in enumerate(said, 1):
        kind, answer, amount, items = (*text.split(), *("0", "")[max(0, text.count(" ") - 1) :])
        at = NOON + timedelta(minutes=number)
        shown = frozenset(items)
        result.append(Row(Kind(kind), Answer(answer), at, number, float(amount), 7, shown))
    return result


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], 0),
        (["estimate given 200"], 200),
        (["estimate given 200", "estimate given 150"], 150),
        (["estimate given 200", "added given 50"], 250),
        (["estimate given 200", "material given 30", "added given 20"], 250),
        (["estimate given 200", "added given 50", "estimate given 220"], 220),
        (["estimate given 200", "added refused 50"], 200),
        (["estimate given 200", "added given 50", "added withdrawn 50"], 200),
        (["estimate given 20", "added withdrawn 50"], 0),
        (["ceiling given 500"], 500),
        (["ceiling given 500", "estimate given 200"], 500),
        (["estimate given 200", "ceiling given 500"], 500),
        (["estimate given 600", "ceiling given 500"], 600),
        (["ceiling given 500", "added given 100"], 600),
        (["estimate given 200", "ceiling given 500", "ceiling withdrawn"], 200),
        (["ceiling given 500", "ceiling given 300"], 300),
        (["estimate given 200", "estimate withdrawn"], 0),
        (["ceiling given 500", "estimate given 200", "estimate withdrawn"], 500),
        (["ceiling given 500", "estimate refused"], 0),
        (["ceiling given 500", "estimate expired"], 0),
        (["estimate refused", "estimate given 200"], 200),
        (["plan given 900", "contract given 900", "remote given 900"], 0),
    ],
)
def test_what_is_approved(said, expected):
    assert approved(rows(*said)) == expected


@pytest.mark.parametrize(
    ("said", "total", "expected"),
    [
        ([], 200, "ab"),
        (["estimate given 200 ab"], 200, ""),
        (["estimate given 200 a"], 200, "b"),
        (["estimate given 200 ac"], 200, "b"),
        (["estimate given 150 a", "added given 50 b"], 200, ""),
        (["estimate given 150 a", "material given 50 b"], 200, ""),
        (["estimate given 150 a", "added refused 50 b"], 200, "b"),
        (["estimate given 200 a", "ceiling given 200"], 200, ""),
        (["estimate given 200 a", "ceiling given 200"], 201, "b"),
        (["estimate given 200 ab", "estimate given 100 a"], 200, "b"),
        (["estimate given 200 ab", "estimate withdrawn"], 200, "ab"),
        (["estimate given 200 ab", "estimate refused"], 200, "ab"),
    ],
)
def test_what_nobody_was_asked_about(said, total, expected):
    items = {"a": 150.0, "b": 50.0, "free": 0.0}
    assert "".join(unasked(rows(*said), items, total)) == expected


def answer(number, kind, at, order=7):
    return Row(Kind.ESTIMATE, Answer(kind), at, number, 200.0, order)


@pytest.mark.parametrize(
    ("minutes", "order", "expected"),
    [
        (-1, 7, 200),  # said in time, recorded later
        (0, 7, 200),  # in the very last moment
        (-1, 8, 0),  # about another quotation: the silence about this one holds
    ],
)
def test_an_answer_in_time_undoes_the_silence(minutes, order, expected):
    due = NOON + timedelta(hours=24)
    said = [
        answer(1, "expired", due),
        answer(2, "given", due + timedelta(minutes=minutes), order=order),
    ]
    assert approved(said) == expected


def test_an_answer_recorded_before_the_silence_is_no_excuse():
    said = [answer(1, "given", NOON), answer(2, "expired", NOON + timedelta(hours=24))]
    assert approved(said) == 0
    assert last(said, Kind.ESTIMATE).answer == Answer.EXPIRED
    assert last(said, Kind.PLAN) is None


@pytest.mark.parametrize(
    ("said", "known", "expected"),
    [
        ([], {}, "none"),
        ([], {"order_state": "draft"}, "quoted"),
        ([], {"order_state": "sent", "asked": NOON}, "sent"),
        ([], {"order_state": "sent", "asked": NOON, "seen": NOON}, "seen"),
        ([], {"order_state": "sent", "seen": NOON}, "seen"),
        ([], {"order_state": "sent", "asked": NOON, "seen": NOON - timedelta(1)}, "sent"),
        ([], {"order_state": "sale"}, "approved"),
        (["estimate given"], {"order_state": "sale"}, "approved"),
        (["estimate given", "estimate withdrawn"], {"order_state": "sale"}, "rejected"),
        (["estimate given", "estimate refused"], {"order_state": "sale"}, "rejected"),
        ([], {"order_state": "cancel"}, "none"),
        (["estimate refused"], {"order_state": "cancel"}, "rejected"),
        (["estimate expired"], {"order_state": "cancel"}, "expired"),
        (["estimate given", "estimate withdrawn"], {"order_state": "cancel"}, "none"),
        (["estimate expired"], {"order_state": "draft"}, "quoted"),
        (["estimate refused"], {"order_state": "sent", "asked": NOON}, "sent"),
        # without a quotation
        ([], {"asked": NOON}, "sent"),
        (["estimate given"], {}, "approved"),
        (["estimate refused"], {"asked": NOON}, "rejected"),
        (["estimate refused"], {"asked": NOON + timedelta(1)}, "sent"),
        (["ceiling given 500"], {}, "none"),
    ],
)
def test_how_an_estimate_stands(said, known, expected):
    order = 7 if "order_state" in known else None
    assert estimate(rows(*said), order=order, **known) == Estimate(expected)


def test_answers_about_another_quotation_do_not_count():
    assert estimate(rows("estimate refused"), order=8, order_state="cancel") == Estimate.NONE


def test_the_last_second_is_in_time():
    due = answer_due(NOON, 24)
    assert due == NOON + timedelta(days=1)
    assert not is_late(due, due)
    assert is_late(due + timedelta(seconds=1), due)
    assert answer_due(NOON, 0) is None
    assert not is_late(due, None)


amounts = st.integers(min_value=0, max_value=1000).map(float)
answers = st.lists(
    st.builds(
        Row,
        kind=st.sampled_from(Kind),
        answer=st.sampled_from(Answer),
        at=st.integers(0, 50).map(lambda minutes: NOON + timedelta(minutes=minutes)),
        number=st.integers(1, 99),
        amount=amounts,
        order=st.sampled_from([None, 7]),
    ),
    unique_by=lambda row: row.number,
)


@given(answers)
def test_never_more_than_was_ever_said_and_never_less_than_nothing(said):
    given_amounts = sum(row.amount for row in said if row.answer == Answer.GIVEN)
    assert 0 <= approved(said) <= given_amounts


@given(answers, amounts)
def test_a_last_no_takes_everything_back(said, amount):
    late = NOON + timedelta(days=1)
    refusal = Row(Kind.ESTIMATE, Answer.REFUSED, late, 100, amount, 7)
    assert approved([*said, refusal]) == 0


@given(answers, amounts)
def test_added_work_adds_exactly_its_amount(said, amount):
    late = NOON + timedelta(days=1)
    added = Row(Kind.ADDED, Answer.GIVEN, late, 100, amount, 7)
    assert approved([*said, added]) == approved(said) + amount


@given(st.permutations(range(6)))
def test_the_order_of_recording_does_not_matter_only_of_saying(order):
    said = rows(*["estimate given 100", "added given 20", "ceiling given 300"] * 2)
    assert approved([said[index] for index in order]) == approved(said)
    assert in_order([said[index] for index in order]) == said
