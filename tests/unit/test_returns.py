"""Returns: quantities from transfers, statuses from quantities, what may still come back."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.returns import (
    Debt,
    Door,
    LineFacts,
    LineStatus,
    Money,
    Outcome,
    Rule,
    State,
    Tally,
    Transfer,
    allocate,
    is_settled,
    line_status,
    money,
    price_difference,
    propose,
    returnable,
    state,
    tally,
)

QUANTITIES = st.integers(0, 20).map(float)


# === TRANSFERS === #


def test_what_comes_and_goes_back_again():
    journey = [
        Transfer(1, Door.IN, 3),
        Transfer(2, Door.OUT, 1, undoes=1),
        Transfer(3, Door.IN, 1, undoes=2),
        Transfer(4, Door.OUT, 2, undoes=1),
    ]
    assert tally(journey) == Tally(received=3, back=2)


def test_a_replacement_that_comes_back_was_never_given():
    out = Transfer("out", Door.OUT, 2)
    assert tally([out]) == Tally(replaced=2)
    assert tally([out, Transfer("in", Door.IN, 2, undoes="out")]) == Tally()


def test_goods_for_the_supplier_and_inside_our_walls():
    moves = [
        Transfer(1, Door.IN, 1),
        Transfer(2, Door.INSIDE, 1, undoes=1),
        Transfer(3, Door.SUPPLIER, 1, undoes=1),
    ]
    assert tally(moves) == Tally(received=1, supplied=1)


def test_a_return_of_somebody_elses_transfer_is_a_return():
    assert tally([Transfer(5, Door.IN, 1, undoes=99)]) == Tally(received=1)


# === LINES === #


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"is_refused": True, "authorised": 1}, LineStatus.REFUSED),
        ({"authorised": 2}, LineStatus.EXPECTED),
        ({"authorised": 2, "waived": 2}, LineStatus.CANCELLED),
        ({"authorised": 2, "kept": 2}, LineStatus.SETTLED),
        ({"authorised": 2, "received": 1}, LineStatus.PARTLY),
        ({"authorised": 2, "received": 1, "inspected": 1}, LineStatus.PARTLY),
        ({"authorised": 2, "received": 2, "inspected": 1}, LineStatus.RECEIVED),
        ({"authorised": 2, "received": 1, "waived": 1}, LineStatus.RECEIVED),
        ({"authorised": 2, "received": 2, "inspected": 2, "accepted": 2}, LineStatus.INSPECTED),
    ],
)
def test_where_a_line_stands(facts, expected):
    assert line_status(LineFacts(outcome=Outcome.REFUND, **facts)) == expected


HERE = {"authorised": 2, "received": 2, "inspected": 2}


@pytest.mark.parametrize(
    ("outcome", "facts", "settled"),
    [
        (Outcome.REFUND, {"accepted": 2, "refunded": 1}, False),
        (Outcome.REFUND, {"accepted": 2, "refunded": 2}, True),
        (Outcome.REFUND, {"accepted": 1, "refunded": 1}, False),
        (Outcome.REFUND, {"accepted": 1, "refunded": 1, "back": 1}, True),
        (Outcome.REFUND, {"accepted": 1, "refunded": 1, "scrapped": 1}, True),
        (Outcome.EXCHANGE, {"accepted": 2, "replaced": 1}, False),
        (Outcome.EXCHANGE, {"accepted": 2, "replaced": 2}, True),
        (Outcome.EXCHANGE, {"accepted": 2, "replaced": 2, "is_charged": False}, False),
        (Outcome.REPAIR, {"accepted": 2, "repaired": 2}, False),
        (Outcome.REPAIR, {"accepted": 2, "repaired": 2, "back": 2}, True),
        (Outcome.REPAIR, {"accepted": 2, "repaired": 1, "back": 2}, False),
        (Outcome.BACK, {"back": 1}, False),
        (Outcome.BACK, {"back": 2}, True),
        (Outcome.NONE, {"accepted": 2}, True),
        (Outcome.NONE, {"accepted": 1}, False),
        (None, {"accepted": 2, "refunded": 2}, False),
    ],
)
def test_settled_is_what_the_customer_got(outcome, facts, settled):
    facts = LineFacts(outcome=outcome, **HERE, **facts)
    assert is_settled(facts) is settled
    assert line_status(facts) == (LineStatus.SETTLED if settled else LineStatus.INSPECTED)


# === THE WHOLE RETURN === #


@pytest.mark.parametrize(
    ("lines", "flags", "expected"),
    [
        ([], {}, State.DRAFT),
        ([LineStatus.EXPECTED], {"is_submitted": True}, State.SUBMITTED),
        ([LineStatus.EXPECTED], {"is_submitted": True, "is_refused": True}, State.REFUSED),
        ([LineStatus.SETTLED], {"is_cancelled": True, "is_authorised": True}, State.CANCELLED),
        ([LineStatus.SETTLED, LineStatus.PARTLY], {"is_authorised": True}, State.AUTHORISED),
        ([LineStatus.SETTLED, LineStatus.RECEIVED], {"is_authorised": True}, State.RECEIVED),
        ([LineStatus.SETTLED, LineStatus.INSPECTED], {"is_authorised": True}, State.INSPECTED),
        ([LineStatus.SETTLED, LineStatus.REFUSED], {"is_authorised": True}, State.SETTLED),
        ([LineStatus.CANCELLED, LineStatus.REFUSED], {"is_authorised": True}, State.REFUSED),
        ([LineStatus.CANCELLED], {"is_authorised": True}, State.CANCELLED),
    ],
)
def test_the_slowest_line_decides(lines, flags, expected):
    flags = {"is_submitted": False, "is_authorised": False, **flags}
    assert state(lines, **flags) == expected


@pytest.mark.parametrize(
    ("debts", "expected"),
    [
        ([], Money.NONE),
        ([Debt(0, 0, 0)], Money.NONE),
        ([Debt(1, 0, 1), Debt(0, 0, 0)], Money.REFUNDED),
        ([Debt(1, 0, 1), Debt(1, 1, 0)], Money.REQUESTED),
        ([Debt(1, 0, 1), Debt(2, 1, 0)], Money.OWED),
    ],
)
def test_money_is_refunded_when_all_of_it_is_posted(debts, expected):
    assert money(debts) == expected


# === DECISIONS === #


@pytest.mark.parametrize(
    ("wish", "allowed", "expected"),
    [
        ("refund", {"refund", "repair"}, Outcome.REFUND),
        ("refund", {"exchange", "repair"}, Outcome.EXCHANGE),
        ("exchange", {"training"}, None),
        ("training", {"training", "repair"}, Outcome.REPAIR),
        (None, {"repair"}, Outcome.REPAIR),
        ("back", {"back"}, Outcome.BACK),
    ],
)
def test_the_wish_or_the_best_that_is_allowed(wish, allowed, expected):
    assert propose(wish, allowed) == expected


def test_a_difference_in_price_is_settled_only_by_rule():
    assert price_difference(Rule.NONE, 100, 150) == 0
    assert price_difference(Rule.DIFFERENCE, 100, 150) == 50
    assert price_difference(Rule.DIFFERENCE, 100, 80) == -20


# === QUANTITIES === #


def test_a_claim_without_a_number_narrows_every_lot():
    assert returnable({"A": 1, "B": 1}, {}, {None: 1}) == {"A": 1, "B": 1}
    assert returnable({"A": 1, "B": 1}, {"A": 1}, {None: 1}) == {"A": 0, "B": 0}
    assert returnable({None: 5}, {None: 2}, {None: 1}) == {None: 2}


LOTS = st.dictionaries(st.sampled_from([None, "A", "B", "C"]), QUANTITIES)


@given(LOTS, LOTS, LOTS)
def test_never_more_than_was_delivered(delivered, away, claimed):
    left = returnable(delivered, away, claimed)
    assert left.keys() == delivered.keys()
    for lot, quantity in left.items():
        assert 0 <= quantity <= delivered[lot]
    # whatever one lot gives up, all claims together leave room for it
    room = sum(delivered.values()) - sum(away.values()) - sum(claimed.values())
    if room <= 0 and not any((Counter(away) + Counter(claimed)).keys() & delivered.keys()):
        assert not any(left.values())


@given(QUANTITIES, st.lists(st.tuples(st.integers(), QUANTITIES), max_size=6))
def test_everything_is_taken_or_missing(quantity, sources):
    taken, missing = allocate(quantity, sources)
    assert sum(part for _key, part in taken) + missing == pytest.approx(quantity)
    assert all(part > 0 for _key, part in taken)
    if missing:
        assert len(taken) == sum(available > 0 for _key, available in sources)


def test_empty_sources_give_nothing():
    assert allocate(3, [("a", 0), ("b", 2), ("c", 0)]) == ([("b", 2)], 1)
    assert allocate(0, [("a", 5)]) == ([], 0.0)
