"""Coverage decisions: which term governs, who pays, and why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.coverage import (
    AT_LIST,
    FREE,
    Basis,
    Charge,
    ChargeRule,
    CostType,
    Cover,
    Facts,
    Payer,
    Reason,
    Result,
    decide,
    price,
    seller_must_prove,
)
from odoo.addons.aftersales_service.logic.warranty_terms import NOT_STARTED, Period, Phase

START, END = date(2026, 3, 10), date(2027, 3, 9)
WARRANTY = Cover("w", Phase.WARRANTY, Period(START, END))
CARE = Cover("c", Phase.AFTERCARE, Period(date(2027, 3, 10), None))
AT_COST = Charge(Payer.CUSTOMER, Basis.COST)
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


def _decide(on, covers=(WARRANTY,), **facts):
    return decide(Facts(on=on, covers=covers, **facts))


@pytest.mark.parametrize(
    ("on", "result", "reason"),
    [
        (date(2026, 3, 9), Result.UNDETERMINED, Reason.BEFORE_START),
        (START, Result.COVERED, Reason.COVERED),
        (END, Result.COVERED, Reason.COVERED),
        (date(2027, 3, 10), Result.NOT_COVERED, Reason.EXPIRED),
    ],
)
def test_both_ends_are_covered(on, result, reason):
    decision = _decide(on)
    assert (decision.result, decision.reason, decision.cover) == (result, reason, WARRANTY)


def test_nothing_promised():
    decision = _decide(START, covers=())
    assert (decision.result, decision.reason, decision.cover) == (
        Result.NOT_COVERED,
        Reason.NO_TERMS,
        None,
    )


def test_not_started_charges_nobody():
    decision = _decide(START, covers=[Cover("w", Phase.WARRANTY, NOT_STARTED)])
    assert (decision.result, decision.reason) == (Result.UNDETERMINED, Reason.NOT_STARTED)
    assert not decision.charges


def test_aftercare_is_served_at_a_price():
    decision = _decide(date(2030, 1, 1), covers=[WARRANTY, CARE])
    assert (decision.result, decision.reason) == (Result.NOT_COVERED, Reason.AFTERCARE)
    assert decision.charges[CostType.PART] == AT_LIST


def test_a_free_phase_wins_over_a_paid_one():
    both = Cover("c", Phase.AFTERCARE, Period(START, None))
    assert _decide(START, covers=[both, WARRANTY]).cover == WARRANTY


def test_own_term_of_the_component_governs():
    """R09: the light source's two years, not the four of the pole; the bracket as the whole."""
    source = Cover("s", Phase.WARRANTY, Period(START, date(2028, 3, 9)), "source")
    whole = Cover("w", Phase.WARRANTY, Period(START, date(2030, 3, 9)))
    on = date(2029, 1, 1)
    assert _decide(on, [whole, source], component="source").result == Result.NOT_COVERED
    assert _decide(on, [whole, source], component="bracket").cover == whole
    assert _decide(on, [whole, source]).cover == whole


def test_promises_by_component_alone():
    wall = Cover("w", Phase.WARRANTY, Period(START, END), "wall")
    assert _decide(START, [wall]).reason == Reason.COMPONENT_NEEDED
    other = _decide(START, [wall], component="roof")
    assert (other.result, other.reason) == (Result.NOT_COVERED, Reason.COMPONENT_WITHOUT_TERM)


def test_ended_cover_counts_no_more():
    ended = date(2026, 8, 1)
    assert _decide(date(2026, 7, 31), ended=ended).result == Result.COVERED
    assert _decide(ended, ended=ended).reason == Reason.ENDED


def test_excluded_cause_in_warranty():
    decision = _decide(START, cause="misuse", excluded=frozenset({"misuse"}))
    assert (decision.result, decision.reason) == (Result.NOT_COVERED, Reason.EXCLUDED)
    assert decision.cover == WARRANTY
    out = _decide(date(2028, 1, 1), cause="misuse", excluded=frozenset({"misuse"}))
    assert out.reason == Reason.EXPIRED


def test_labour_only_is_partly_covered():
    """R25.03: violating the operating rules: labour is charged, parts are free."""
    rules = (
        ChargeRule(AT_LIST, cause="misuse", cost=CostType.LABOUR),
        ChargeRule(FREE, phase="warranty", cause="misuse"),
    )
    decision = _decide(START, cause="misuse", excluded=frozenset({"misuse"}), rules=rules)
    assert decision.result == Result.PARTLY
    assert decision.charges[CostType.LABOUR] == AT_LIST
    assert decision.charges[CostType.PART] == FREE


def test_rules_are_read_from_the_top():
    rules = (
        ChargeRule(AT_COST, phase="out", cost=CostType.PART),
        ChargeRule(AT_LIST),
    )
    out = _decide(date(2028, 1, 1), rules=rules)
    assert out.charges[CostType.PART] == AT_COST
    assert out.charges[CostType.LABOUR] == AT_LIST
    assert _decide(START, rules=rules).charges[CostType.PART] == AT_LIST


def test_rules_that_turn_the_result_around_are_the_reason():
    charged = _decide(START, rules=(ChargeRule(AT_COST, phase="warranty"),))
    assert (charged.result, charged.reason) == (Result.NOT_COVERED, Reason.CHARGED)
    free = _decide(date(2028, 1, 1), rules=(ChargeRule(FREE, phase="out"),))
    assert (free.result, free.reason) == (Result.COVERED, Reason.FREE_BY_RULE)


def test_duty_is_charged_in_a_covered_repair():
    """R01.08 (2.8): the repair stays free, import duty and taxes do not."""
    decision = _decide(START, rules=(ChargeRule(AT_LIST, cost=CostType.DUTY),))
    assert decision.result == Result.COVERED
    assert decision.charges[CostType.DUTY] == AT_LIST


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (FREE, 0),
        (Charge(Payer.SUPPLIER, Basis.LIST), 0),
        (AT_COST, 120),
        (AT_LIST, 200),
        (Charge(Payer.CUSTOMER, Basis.LESS, 25), 150),
        (Charge(Payer.CUSTOMER, Basis.FREE), 0),
    ],
)
def test_price(charge, expected):
    assert price(charge, list_price=200, cost_price=120) == expected


@given(DAYS, st.sampled_from([None, "misuse", "quality"]), st.booleans())
def test_every_day_has_an_answer_with_all_charges(on, cause, ended):
    decision = _decide(
        on,
        covers=[WARRANTY, CARE],
        cause=cause,
        excluded=frozenset({"misuse"}),
        ended=date(2026, 6, 1) if ended else None,
    )
    if decision.result == Result.UNDETERMINED:
        assert not decision.charges
    else:
        assert set(decision.charges) == set(CostType)


@given(DAYS)
def test_an_exclusion_never_makes_a_claim_better(on):
    rank = [Result.NOT_COVERED, Result.PARTLY, Result.COVERED, Result.UNDETERMINED]
    plain = _decide(on, cause="misuse")
    excluded = _decide(on, cause="misuse", excluded=frozenset({"misuse"}))
    assert rank.index(excluded.result) <= rank.index(plain.result)


def _misuse(**facts):
    return _decide(START, cause="misuse", excluded=frozenset({"misuse"}), **facts)


@pytest.mark.parametrize(
    ("ruling", "result", "charge"),
    [
        (Reason.GOODWILL, Result.COVERED, FREE),
        (Reason.APPROVED, Result.COVERED, FREE),
        (Reason.REFUSED, Result.NOT_COVERED, AT_LIST),
        (Reason.REJECTED, Result.NOT_COVERED, AT_LIST),
    ],
)
def test_what_people_ruled_comes_first(ruling, result, charge):
    decision = _misuse(ruling=ruling, eligible=False, doubtful=True)
    assert (decision.result, decision.reason) == (result, ruling)
    assert set(decision.charges.values()) == {charge}


def test_doubt_waits_for_a_ruling():
    """S-R07-1: undetermined until the maker has answered; doubt changes nothing out of cover."""
    doubt = _decide(START, doubtful=True)
    assert (doubt.result, doubt.reason) == (Result.UNDETERMINED, Reason.DOUBTFUL)
    assert _decide(date(2028, 1, 1), doubtful=True).reason == Reason.EXPIRED


def test_only_eligible_units():
    decision = _decide(START, eligible=False)
    assert (decision.result, decision.reason) == (Result.NOT_COVERED, Reason.INELIGIBLE)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (None, Reason.FAULT_NEEDED),
        ("no ring", Reason.COVERED),
        ("scratch", Reason.FAULT_NOT_LISTED),
    ],
)
def test_a_promise_may_name_its_faults(fault, reason):
    """R29.07: the performance-fault table."""
    assert _decide(START, fault=fault, listed=frozenset({"no ring"})).reason == reason


def test_each_charge_names_its_rule():
    rules = (ChargeRule(AT_LIST, cost=CostType.DUTY, key="duty"),)
    sources = _decide(START, rules=rules).sources
    assert sources[CostType.DUTY] == "duty"
    assert sources[CostType.PART] is None


def test_rules_of_a_phase_hold_for_an_excluded_cause_in_it():
    rules = (ChargeRule(AT_COST, phase="warranty", cause="misuse", cost=CostType.PART),)
    assert _misuse(rules=rules).charges[CostType.PART] == AT_COST


@pytest.mark.parametrize(
    ("received", "found", "months", "seller"),
    [
        ("2026-06-01", "2026-11-20", 6, True),  # S-R20-3
        ("2026-06-01", "2026-12-01", 6, True),
        ("2026-06-01", "2026-12-15", 6, False),
        ("2026-06-01", "2026-05-31", 6, False),
        ("2026-06-01", "2026-11-20", 0, False),
        (None, "2026-11-20", 6, False),
    ],
)
def test_burden_of_proof(received, found, months, seller):
    received = received and date.fromisoformat(received)
    assert seller_must_prove(received, date.fromisoformat(found), months) is seller


# === WARRANTY ON AN EARLIER REPAIR === #


@pytest.mark.parametrize(
    ("on", "facts", "reason"),
    [
        # what the promise makes free stays its own
        (START, {}, Reason.COVERED),
        # over, or promised for money only: the repair answers
        (date(2027, 3, 10), {}, Reason.REPAIR_WARRANTY),
        (date(2028, 3, 10), {"covers": (WARRANTY, CARE)}, Reason.REPAIR_WARRANTY),
        (START, {"covers": ()}, Reason.REPAIR_WARRANTY),
        (START, {"covers": (Cover("n", Phase.WARRANTY, NOT_STARTED),)}, Reason.REPAIR_WARRANTY),
        (START, {"listed": frozenset({"x"}), "fault": "leak"}, Reason.REPAIR_WARRANTY),
        (START, {"eligible": False}, Reason.REPAIR_WARRANTY),
        (START, {"rules": (ChargeRule(AT_COST),)}, Reason.REPAIR_WARRANTY),
        # not the repair's doing, not this customer's any more, or nobody can tell
        (START, {"cause": "drop", "excluded": frozenset({"drop"})}, Reason.EXCLUDED),
        (
            date(2027, 3, 10),
            {"cause": "drop", "excluded": frozenset({"drop"})},
            Reason.EXPIRED,
        ),
        (date(2027, 3, 10), {"ended": START}, Reason.ENDED),
        (START, {"doubtful": True}, Reason.DOUBTFUL),
        (date(2027, 3, 10), {"doubtful": True}, Reason.EXPIRED),
        (date(2027, 3, 10), {"ruling": Reason.REFUSED}, Reason.REFUSED),
    ],
)
def test_what_was_repaired_badly_is_repaired_again(on, facts, reason):
    decision = _decide(on, repaired=True, **facts)
    assert decision.reason == reason, (on, facts)
    if reason == Reason.REPAIR_WARRANTY:
        assert decision.result == Result.COVERED
        assert decision.cover is None
        assert set(decision.charges.values()) == {FREE}
        assert set(decision.sources.values()) == {None}


@given(DAYS, st.booleans(), st.booleans())
def test_an_earlier_repair_never_makes_anything_dearer(on, eligible, doubtful):
    facts = {"eligible": eligible, "doubtful": doubtful}
    without, with_it = _decide(on, **facts), _decide(on, repaired=True, **facts)
    assert with_it == without or with_it.result == Result.COVERED
