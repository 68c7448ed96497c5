"""What a customer may ask for: windows, conditions, the ladder, and what explains the answer."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic import coverage
from odoo.addons.aftersales_service.logic.coverage import Cover
from odoo.addons.aftersales_service.logic.remedy import (
    Answer,
    Attempt,
    Basis,
    BatchFinding,
    Channel,
    Counts,
    Evidence,
    Facts,
    Finding,
    Hint,
    Intact,
    KindRule,
    Ladder,
    Part,
    Payer,
    Reason,
    Remedy,
    Scope,
    Status,
    Tally,
    Terms,
    Tier,
    Why,
    count,
    decide,
    free_cover,
)
from odoo.addons.aftersales_service.logic.warranty_terms import (
    NOT_STARTED,
    Period,
    Phase,
    StartEvent,
)
from odoo.addons.aftersales_service.logic.windows import Step, StepUnit, Until, Window

BOUGHT = date(2026, 6, 1)
COVER = Period(BOUGHT, date(2027, 5, 31))
REFUND, EXCHANGE, REPAIR = Remedy.REFUND, Remedy.EXCHANGE, Remedy.REPAIR
COVERED = coverage.decide(
    coverage.Facts(on=BOUGHT, covers=[Cover(1, Phase.WARRANTY, COVER)], component=None)
)
AFTERCARE = coverage.decide(
    coverage.Facts(on=BOUGHT, covers=[Cover(1, Phase.AFTERCARE, Period(BOUGHT, None))])
)
UNCOVERED = coverage.decide(coverage.Facts(on=BOUGHT, covers=[]))
UNCLEAR = coverage.decide(coverage.Facts(on=BOUGHT, covers=[Cover(1, Phase.WARRANTY, NOT_STARTED)]))
PARTLY = replace(COVERED, result=coverage.Result.PARTLY)


def _step(text):
    """``"7 day"`` or ``"1 month"``."""
    amount, unit = text.split()
    return Step(int(amount), StepUnit(unit))


def _tier(remedies, until="7 day", after="0 day", why=Why.QUALITY, **values):
    end = Until(until) if until in ("cover", "never") else _step(until)
    return Tier(
        values.pop("key", 0),
        why,
        frozenset(map(Remedy, remedies.split())),
        Window(_step(after), end),
        values.pop("start", StartEvent.INVOICE),
        **values,
    )


def _terms(*tiers, **values):
    return Terms(tiers=tiers, **values)


def _facts(on=0, why=Why.QUALITY, **values):
    """Facts on a day (an ISO date, or days after the purchase)."""
    day = BOUGHT + timedelta(days=on) if isinstance(on, int) else date.fromisoformat(on)
    defaults = {
        "starts": {StartEvent.INVOICE: BOUGHT, StartEvent.DELIVERY: date(2026, 6, 3)},
        "bought": BOUGHT,
        "cover": COVER,
        "warranty": COVERED,
    }
    return Facts(on=day, why=why, **defaults | values)


def _ask(terms, remedy, on=0, **values):
    return decide(terms, _facts(on, **values)).answers[remedy]


def _why(answer):
    return answer.status.value, answer.reason.value


PHONE = _terms(
    _tier("refund exchange repair", "7 day", part=Part.MAIN),
    _tier("exchange repair", "15 day", "7 day", part=Part.MAIN),
    _tier("repair", "cover", "15 day", part=Part.MAIN),
    _tier("exchange", "cover", part=Part.ACCESSORY),
    ladder=Ladder(
        Scope.LISTED_FAULT,
        repairs_before_exchange=2,
        accessory_exchanges_before_refund=2,
        exchange_days=15,
    ),
    listed=frozenset({"ring", "keys"}),
    excluded=frozenset({"network", "drop"}),
    accessory_basis=Basis.STANDALONE,
)


class TestWindows:
    """A3: the last day is the event plus the time; the next window opens the day after."""

    @pytest.mark.parametrize(
        ("after", "until", "first", "last"),
        [
            ("0 day", "7 day", "2026-06-01", "2026-06-08"),
            ("7 day", "1 month", "2026-06-09", "2026-07-01"),
            ("1 month", "6 month", "2026-07-02", "2026-12-01"),
            ("6 month", "12 month", "2026-12-02", "2027-06-01"),
        ],
    )
    def test_neighbours_share_no_day(self, after, until, first, last):
        window = Window(_step(after), _step(until))
        assert window.first_day(BOUGHT) == date.fromisoformat(first)
        assert window.last_day(BOUGHT) == date.fromisoformat(last)
        assert not window.is_empty()

    def test_months_clip(self):
        window = Window(_step("1 month"), _step("2 month"))
        start = date(2026, 1, 31)
        assert (window.first_day(start), window.last_day(start)) == (
            date(2026, 3, 1),
            date(2026, 3, 31),
        )

    @pytest.mark.parametrize(
        ("after", "until", "empty"),
        [
            ("7 day", "7 day", True),
            ("15 day", "7 day", True),
            ("30 day", "1 month", True),  # in February
            ("1 month", "32 day", False),
        ],
    )
    def test_empty(self, after, until, empty):
        assert Window(_step(after), _step(until)).is_empty() == empty

    def test_open_ends(self):
        assert Window(_step("0 day"), Until.NEVER).last_day(BOUGHT) is None
        assert Window(_step("0 day"), Until.COVER).last_day(BOUGHT, COVER) == COVER.last
        assert not Window(_step("9 day"), Until.NEVER).is_empty()

    @given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(1, 40), st.integers(1, 24))
    def test_a_window_opens_the_day_after_the_one_before_it(self, start, days, months):
        for step in (Step(days, StepUnit.DAY), Step(months, StepUnit.MONTH)):
            before, after = Window(_step("0 day"), step), Window(step, Until.NEVER)
            assert after.first_day(start) - before.last_day(start) == timedelta(days=1)


class TestTiers:
    @pytest.mark.parametrize(
        ("on", "allowed"),
        [
            (0, {REFUND, EXCHANGE, REPAIR}),
            (7, {REFUND, EXCHANGE, REPAIR}),
            (8, {EXCHANGE, REPAIR}),
            (15, {EXCHANGE, REPAIR}),
            (16, {REPAIR}),
            ("2027-05-31", {REPAIR}),
            ("2027-06-01", set()),
        ],
    )
    def test_by_day(self, on, allowed):
        assert decide(PHONE, _facts(on, fault="ring")).allowed == allowed

    def test_nothing_promised(self):
        decision = decide(None, _facts())
        assert {_why(answer) for answer in decision.answers.values()} == {("refused", "no_policy")}
        assert (decision.coming, decision.hints) == (None, ())
        answer = _ask(_terms(_tier("repair")), REFUND)
        assert _why(answer) == ("refused", "not_promised")

    def test_only_named_remedies_are_answered_beside_the_usual_ones(self):
        assert set(decide(PHONE, _facts()).answers) == {REFUND, EXCHANGE, REPAIR}
        named = _terms(_tier("refurbish", "never"))
        assert Remedy.REFURBISH in decide(named, _facts()).answers

    def test_the_rights_passed_on(self):
        ended = {"ended": BOUGHT + timedelta(days=3), "fault": "ring"}
        assert _why(_ask(PHONE, REFUND, 2, **ended)) == ("allowed", "in_window")
        assert _why(_ask(PHONE, REFUND, 3, **ended)) == ("refused", "ended")

    def test_the_latest_window_explains_and_an_open_one_wins(self):
        terms = _terms(
            _tier("refund", "8 day"),
            _tier("refund", "7 day", why=Why.NO_REASON),
            _tier("refund", "40 day", "30 day"),
        )
        assert _ask(terms, REFUND, 8).last == date(2026, 6, 9)
        early = _ask(terms, REFUND, 20)
        assert (_why(early), early.first) == (("refused", "too_early"), date(2026, 7, 2))
        late = _ask(terms, REFUND, 90)
        assert (_why(late), late.last) == (("refused", "too_late"), date(2026, 7, 11))

    def test_the_next_of_several_windows_to_come_explains(self):
        terms = _terms(_tier("refund", "never", "60 day"), _tier("refund", "40 day", "30 day"))
        assert _ask(terms, REFUND, 20).first == date(2026, 7, 2)

    def test_a_right_without_reason_serves_every_reason(self):
        terms = _terms(_tier("refund", why=Why.NO_REASON))
        assert all(_ask(terms, REFUND, why=why).allowed for why in Why)
        quality = _terms(_tier("refund"))
        assert _why(_ask(quality, REFUND, why=Why.NO_REASON)) == ("refused", "not_promised")

    def test_channel(self):
        terms = _terms(_tier("refund", why=Why.NO_REASON, channel=Channel.DISTANCE))
        for channel, answer in (
            (Channel.DISTANCE, ("allowed", "in_window")),
            (Channel.SHOP, ("refused", "other_channel")),
            (None, ("open", "channel_needed")),
        ):
            assert _why(_ask(terms, REFUND, why=Why.NO_REASON, channel=channel)) == answer
        late = _ask(terms, REFUND, 8, why=Why.NO_REASON)
        assert _why(late) == ("refused", "too_late")

    def test_promotion(self):
        terms = _terms(
            _tier(
                "refund",
                "15 day",
                why=Why.NO_REASON,
                bought_from=date(2026, 6, 1),
                bought_until=date(2026, 6, 30),
            )
        )
        starts = {StartEvent.INVOICE: BOUGHT}
        for bought, answer in (
            ("2026-05-31", ("refused", "not_in_promotion")),
            ("2026-06-01", ("allowed", "in_window")),
            ("2026-06-30", ("allowed", "in_window")),
            ("2026-07-01", ("refused", "not_in_promotion")),
        ):
            day = date.fromisoformat(bought)
            assert _why(_ask(terms, REFUND, 10, bought=day, starts=starts)) == answer, bought
        unknown = _ask(terms, REFUND, 10, bought=None)
        assert _why(unknown) == ("open", "purchase_date_needed")
        half = _terms(_tier("refund", bought_until=date(2026, 6, 30)))
        assert _ask(half, REFUND).allowed

    def test_unknown_and_later_start(self):
        delivered = _terms(_tier("refund", start=StartEvent.DELIVERY))
        early = _ask(delivered, REFUND, 1)
        assert (_why(early), early.first) == (("open", "before_start"), date(2026, 6, 3))
        unknown = _ask(delivered, REFUND, starts={})
        assert _why(unknown) == ("open", "not_started")

    def test_windows_that_end_with_the_cover(self):
        terms = _terms(_tier("refund", "cover"))
        assert _ask(terms, REFUND, 300).last == COVER.last
        assert _why(_ask(terms, REFUND, 0, cover=None)) == ("refused", "not_covered")
        assert _why(_ask(terms, REFUND, 0, cover=NOT_STARTED)) == ("open", "not_started")
        lifelong = _ask(terms, REFUND, 9999, cover=Period(BOUGHT, None))
        assert (lifelong.allowed, lifelong.last) == (True, None)

    def test_the_failure_decides_about_cover_the_request_about_all_else(self):
        terms = _terms(_tier("repair", "cover"), _tier("refund", "7 day"))
        late = {"failed": date(2027, 5, 31)}
        assert _ask(terms, REPAIR, "2027-06-10", **late).allowed
        assert not _ask(terms, REFUND, 8, failed=BOUGHT).allowed

    def test_payers_and_price(self):
        terms = _terms(
            _tier("refund repair", freight=Payer.CUSTOMER, work=Payer.CUSTOMER), refund_days=7
        )
        answer = _ask(terms, REFUND, goods_back=date(2026, 6, 10))
        assert (answer.freight, answer.basis, answer.work) == (
            Payer.CUSTOMER,
            Basis.INVOICE,
            None,
        )
        assert (answer.refund_days, answer.refund_due) == (7, date(2026, 6, 17))
        assert _ask(terms, REFUND).refund_due is None
        assert _ask(terms, REFUND, agreed_freight=Payer.COMPANY).freight == Payer.COMPANY
        assert _ask(terms, REPAIR).work == Payer.CUSTOMER
        none = _terms(_tier("refund"))
        assert _ask(none, REFUND, goods_back=BOUGHT).refund_due is None

    def test_goods_with_us_may_go_back(self):
        decision = decide(PHONE, _facts(100, fault="noise", goods_here=True))
        assert _why(decision.answers[Remedy.BACK]) == ("allowed", "goods_here")


class TestConditions:
    def test_fault_of_the_list(self):
        assert _why(_ask(PHONE, REFUND)) == ("open", "fault_needed")
        assert _why(_ask(PHONE, REFUND, fault="noise")) == ("refused", "fault_not_listed")
        assert _ask(PHONE, REFUND, fault="ring").allowed

    def test_excluded_cause(self):
        answer = _ask(PHONE, REFUND, fault="ring", cause="drop")
        assert _why(answer) == ("refused", "cause_excluded")
        stated = replace(PHONE, tiers=(_tier("repair", work=Payer.COMPANY),))
        assert _why(_ask(stated, REPAIR, fault="ring", cause="drop")) == (
            "refused",
            "cause_excluded",
        )
        unfit = replace(PHONE, tiers=(_tier("refund training", why=Why.CANNOT_USE),))
        asked = {"why": Why.CANNOT_USE, "cause": "drop", "insists": True}
        assert _why(_ask(unfit, REFUND, **asked)) == ("refused", "cause_excluded")
        assert _ask(unfit, Remedy.TRAINING, **asked).allowed

    def test_no_fault_found(self):
        found = {"fault": "ring", "finding": Finding.NO_FAULT}
        assert _why(_ask(PHONE, REFUND, **found)) == ("refused", "no_fault_found")

    def test_a_refusal_comes_before_a_question(self):
        terms = _terms(
            _tier("refund"), listed=frozenset({"ring"}), evidence=frozenset({Evidence.PROOF})
        )
        answer = _ask(terms, REFUND, is_tampered=True)
        assert (_why(answer), answer.missing) == (("refused", "tampered"), (Evidence.PROOF,))

    def test_evidence(self):
        terms = _terms(
            _tier("refund repair"),
            _tier("refund", why=Why.DISSATISFIED),
            evidence=frozenset(Evidence),
        )
        answer = _ask(terms, REFUND)
        assert (_why(answer), answer.missing) == (("open", "evidence_missing"), tuple(Evidence))
        brought = {"evidence": frozenset({Evidence.PROOF, Evidence.DESCRIPTION})}
        assert _ask(terms, REFUND, **brought).missing == (Evidence.INSPECTION_SHEET,)
        assert _ask(terms, REFUND, finding=Finding.CONFIRMED, **brought).allowed
        assert _ask(terms, REFUND, why=Why.DISSATISFIED, **brought).allowed
        assert _ask(terms, REPAIR).allowed

    @pytest.mark.parametrize(
        ("rule", "why", "intact", "status", "condition"),
        [
            (Intact.NEVER, Why.DISSATISFIED, False, "allowed", False),
            (Intact.WITHOUT_FAULT, Why.DISSATISFIED, False, "refused", False),
            (Intact.WITHOUT_FAULT, Why.DISSATISFIED, None, "allowed", True),
            (Intact.WITHOUT_FAULT, Why.DISSATISFIED, True, "allowed", False),
            (Intact.WITHOUT_FAULT, Why.QUALITY, False, "allowed", False),
            (Intact.ALWAYS, Why.QUALITY, False, "refused", False),
            (Intact.ALWAYS, Why.QUALITY, None, "allowed", True),
        ],
    )
    def test_intact(self, rule, why, intact, status, condition):
        answer = _ask(
            _terms(_tier("refund repair", why=why), intact=rule), REFUND, why=why, is_intact=intact
        )
        assert (answer.status, answer.if_intact) == (status, condition)
        repair = _ask(
            _terms(_tier("repair", why=why), intact=rule), REPAIR, why=why, is_intact=False
        )
        assert repair.allowed

    @pytest.mark.parametrize(
        ("rule", "known", "status", "condition"),
        [
            (KindRule.ALWAYS, {}, "refused", False),
            (KindRule.UNSEALED, {}, "allowed", True),
            (KindRule.UNSEALED, {"is_unsealed": True}, "refused", False),
            (KindRule.CONFIRMED, {}, "allowed", False),
            (KindRule.CONFIRMED, {"is_confirmed": True}, "refused", False),
        ],
    )
    def test_kinds_of_goods(self, rule, known, status, condition):
        terms = _terms(_tier("refund", why=Why.NO_REASON), _tier("exchange"), kinds={"kind": rule})
        answer = _ask(terms, REFUND, why=Why.NO_REASON, kind="kind", **known)
        assert (answer.status, answer.if_sealed) == (status, condition)
        assert _ask(terms, REFUND, why=Why.NO_REASON, kind="other", **known).allowed
        assert _ask(terms, EXCHANGE, kind="kind", **known).allowed

    def test_tampered_leaves_repair(self):
        known = {"fault": "ring", "is_tampered": True}
        assert decide(PHONE, _facts(3, **known)).allowed == {REPAIR}
        assert _why(_ask(PHONE, REFUND, 3, **known)) == ("refused", "tampered")
        lenient = replace(PHONE, tampered_repair_only=False)
        assert _ask(lenient, REFUND, 3, **known).allowed

    @pytest.mark.parametrize(
        ("known", "answer", "hints"),
        [
            ({"batch_in_stock": True}, ("open", "batch_test_needed"), ()),
            ({}, ("open", "batch_test_needed"), ()),
            ({"batch_in_stock": False}, ("open", "samples_needed"), ()),
            (
                {"batch": BatchFinding.SAME_PROBLEM},
                ("allowed", "batch_faulty"),
                (Hint.RETURN_AT_ONCE,),
            ),
            ({"batch": BatchFinding.SOUND}, ("refused", "batch_sound"), (Hint.NEGOTIATE,)),
        ],
    )
    def test_batch(self, known, answer, hints):
        terms = _terms(_tier("refund exchange repair", "never"), batch_test=True)
        decision = decide(terms, _facts(500, **known))
        assert (_why(decision.answers[REFUND]), decision.hints) == (answer, hints)
        assert decision.answers[REPAIR].allowed

    def test_training_first(self):
        terms = _terms(_tier("training refund", why=Why.CANNOT_USE), approval=True)
        case = {"why": Why.CANNOT_USE}
        first = decide(terms, _facts(**case))
        assert _why(first.answers[REFUND]) == ("open", "training_first")
        assert first.answers[Remedy.TRAINING].work == Payer.COMPANY
        assert (first.open, first.hints) == ({REFUND}, ())
        trained = decide(terms, _facts(trainings=1, **case))
        assert trained.answers[REFUND].allowed
        assert trained.answers[Remedy.TRAINING].work == Payer.CUSTOMER
        assert trained.hints == (Hint.APPROVAL,)
        assert _ask(terms, REFUND, insists=True, **case).allowed

    @pytest.mark.parametrize(
        ("warranty", "answer", "payer"),
        [
            (COVERED, ("allowed", "in_window"), Payer.COMPANY),
            (PARTLY, ("allowed", "in_window"), Payer.SHARED),
            (AFTERCARE, ("allowed", "in_window"), Payer.CUSTOMER),
            (UNCOVERED, ("refused", "not_covered"), Payer.CUSTOMER),
            (UNCLEAR, ("open", "warranty_open"), None),
            (None, ("refused", "not_covered"), None),
        ],
    )
    def test_the_warranty_decides_about_repairs(self, warranty, answer, payer):
        found = _ask(_terms(_tier("repair")), REPAIR, warranty=warranty)
        assert (_why(found), found.work) == (answer, payer)
        assert found.warranty == warranty

    def test_refurbishment_is_free_unless_said_otherwise(self):
        terms = _terms(_tier("refurbish", "never", "15 day"))
        answer = _ask(terms, Remedy.REFURBISH, 16)
        assert (answer.allowed, answer.work) == (True, Payer.COMPANY)

    def test_what_is_no_right_may_be_paid(self):
        terms = _terms(_tier("repair"))
        assert decide(terms, _facts(8)).hints == (Hint.PAID_REPAIR,)
        assert decide(terms, _facts(8, why=Why.DISSATISFIED)).hints == ()


class TestLadder:
    TWICE = Counts(repairs=Tally(2, 2, 2))

    def test_after_two_repairs_an_exchange(self):
        for repairs, answer in (
            (Tally(0, 1, 1), ("refused", "too_late")),
            (Tally(0, 1, 2), ("refused", "too_late")),
            (Tally(0, 2, 2), ("allowed", "after_repairs")),
            (Tally(0, 3, 3), ("allowed", "after_repairs")),
        ):
            found = _ask(PHONE, EXCHANGE, 131, fault="ring", counts=Counts(repairs=repairs))
            assert _why(found) == answer
            assert (found.done, found.needed) == (repairs.listed_fault, 2)

    def test_a_window_comes_before_the_ladder(self):
        answer = _ask(PHONE, EXCHANGE, 10, fault="ring", counts=self.TWICE)
        assert (_why(answer), answer.last) == (("allowed", "in_window"), date(2026, 6, 16))

    def test_nothing_is_climbed_without_a_free_repair(self):
        known = {"fault": "ring", "counts": self.TWICE}
        assert _why(_ask(PHONE, EXCHANGE, "2027-06-01", **known)) == ("refused", "too_late")
        paid = _terms(_tier("repair", "never"), ladder=PHONE.ladder)
        for warranty, answer in (
            (AFTERCARE, ("refused", "not_covered")),
            (UNCLEAR, ("open", "warranty_open")),
            (COVERED, ("allowed", "after_repairs")),
        ):
            assert _why(_ask(paid, EXCHANGE, warranty=warranty, **known)) == answer
        bare = _terms(ladder=PHONE.ladder)
        assert _why(_ask(bare, EXCHANGE, **known)) == ("refused", "not_promised")

    def test_an_excluded_cause_climbs_no_step(self):
        answer = _ask(PHONE, EXCHANGE, 131, fault="ring", cause="drop", counts=self.TWICE)
        assert _why(answer) == ("refused", "cause_excluded")

    def test_only_quality_climbs(self):
        asked = {"why": Why.DISSATISFIED, "counts": self.TWICE}
        assert _why(_ask(PHONE, EXCHANGE, 131, **asked)) == ("refused", "not_promised")

    def test_the_same_fault(self):
        terms = _terms(_tier("repair", "cover"), ladder=Ladder(repairs_before_exchange=2))
        twice = Counts(repairs=Tally(2, 3, 3))
        once = Counts(repairs=Tally(1, 3, 3))
        assert _ask(terms, EXCHANGE, 100, fault="d1", counts=twice).allowed
        second = _ask(terms, EXCHANGE, 100, fault="d2", counts=once)
        assert (_why(second), second.done) == (("refused", "ladder_not_reached"), 1)
        unnamed = Counts(repairs=Tally(0, 3, 3))
        assert _why(_ask(terms, EXCHANGE, 100, counts=unnamed)) == ("open", "fault_needed")
        few = Counts(repairs=Tally(0, 1, 1))
        assert _why(_ask(terms, EXCHANGE, 100, counts=few)) == ("refused", "ladder_not_reached")

    def test_after_an_exchange_the_money(self):
        terms = _terms(_tier("repair", "cover"), ladder=Ladder(exchanges_before_refund=1))
        once = Counts(exchanges=Tally(1, 1, 1))
        answer = _ask(terms, REFUND, 100, fault="d1", counts=once)
        assert (_why(answer), answer.basis) == (("allowed", "after_exchanges"), Basis.INVOICE)
        assert _why(_ask(terms, REFUND, 100, fault="d1")) == ("refused", "ladder_not_reached")

    @pytest.mark.parametrize(
        ("is_bundled", "basis"), [(True, Basis.STANDALONE), (False, Basis.INVOICE)]
    )
    def test_accessories_count_their_own_exchanges(self, is_bundled, basis):
        known = {"part": Part.ACCESSORY, "fault": "ring", "is_bundled": is_bundled}
        assert decide(PHONE, _facts(3, **known)).allowed == {EXCHANGE}
        once = _ask(PHONE, REFUND, 3, counts=Counts(exchanges=Tally(1, 1, 1)), **known)
        assert (_why(once), once.done) == (("refused", "ladder_not_reached"), 1)
        twice = _ask(PHONE, REFUND, 3, counts=Counts(exchanges=Tally(2, 2, 2)), **known)
        assert (_why(twice), twice.basis) == (("allowed", "after_exchanges"), basis)

    def test_shortcuts(self):
        ladder = Ladder(exchange_irreparable=True, exchange_late=True, refund_nonconforming=True)
        terms = _terms(_tier("repair", "cover"), ladder=ladder)
        for remedy, known, reason in (
            (EXCHANGE, {"is_irreparable": True}, "irreparable"),
            (EXCHANGE, {"is_repair_late": True}, "repair_late"),
            (REFUND, {"finding": Finding.NONCONFORMING}, "nonconforming"),
        ):
            assert _why(_ask(terms, remedy, **known)) == ("allowed", reason)
            assert _why(_ask(terms, remedy)) == ("refused", "ladder_not_reached")
            without = _terms(_tier("repair", "cover"))
            assert _why(_ask(without, remedy, **known)) == ("refused", "not_promised")

    @pytest.mark.parametrize(
        ("on", "due", "answer"),
        [
            ("2026-09-16", None, ("refused", "too_late")),
            ("2026-09-17", None, ("allowed", "exchange_late")),
            ("2026-09-05", "2026-09-04", ("allowed", "exchange_late")),
            ("2026-09-04", "2026-09-04", ("refused", "too_late")),
        ],
    )
    def test_an_exchange_not_made_in_time(self, on, due, answer):
        agreed = due and date.fromisoformat(due)
        found = _ask(
            PHONE,
            REFUND,
            on,
            fault="ring",
            exchange_asked=date(2026, 9, 1),
            exchange_due=agreed,
        )
        assert (_why(found), found.due) == (answer, agreed or date(2026, 9, 16))

    def test_freight_of_a_late_exchange_is_that_of_the_exchange(self):
        ladder = Ladder(exchange_days=5)
        for tiers, agreed, payer in (
            ([_tier("repair", "cover")], None, None),
            ([_tier("exchange", freight=Payer.CUSTOMER)], None, Payer.CUSTOMER),
            ([_tier("exchange", freight=Payer.CUSTOMER)], Payer.COMPANY, Payer.COMPANY),
        ):
            answer = _ask(
                _terms(*tiers, ladder=ladder),
                REFUND,
                50,
                exchange_asked=BOUGHT,
                agreed_freight=agreed,
            )
            assert (answer.reason, answer.freight) == ("exchange_late", payer)
        assert _why(_ask(_terms(), REFUND, 50, exchange_asked=BOUGHT))[0] == "refused"


class TestCounts:
    def test_by_fault(self):
        attempts = [
            Attempt("ring"),
            Attempt("keys"),
            Attempt("ring", cause="network"),
            Attempt("noise"),
            Attempt("ring", exchanged=True),
            Attempt(),
        ]
        counts = count(
            attempts,
            fault="ring",
            excluded=frozenset({"network"}),
            listed=frozenset({"ring", "keys"}),
        )
        assert counts == Counts(Tally(1, 2, 4), Tally(1, 1, 1))

    def test_unnamed_faults_are_never_the_same(self):
        assert count([Attempt(), Attempt()]).repairs == Tally(0, 2, 2)


class TestFreeCover:
    FIRST = Cover(1, Phase.WARRANTY, COVER)

    def test_phases_follow_each_other(self):
        later = Cover(2, Phase.MAINTENANCE, Period(date(2027, 6, 1), date(2030, 5, 31)))
        paid = Cover(3, Phase.AFTERCARE, Period(date(2030, 6, 1), None))
        period = free_cover([self.FIRST, later, paid], None)
        assert period == Period(BOUGHT, date(2030, 5, 31))

    def test_a_component_with_a_term_of_its_own(self):
        battery = Cover(2, Phase.WARRANTY, Period(BOUGHT, date(2026, 11, 30)), "battery")
        assert free_cover([self.FIRST, battery], "battery").last == date(2026, 11, 30)
        assert free_cover([self.FIRST, battery], "screen") == COVER

    def test_nothing_free_not_started_and_for_life(self):
        assert free_cover([], None) is None
        waiting = Cover(1, Phase.WARRANTY, NOT_STARTED)
        assert free_cover([waiting], None) == NOT_STARTED
        lifelong = Cover(1, Phase.WARRANTY, Period(BOUGHT, None))
        assert free_cover([lifelong, self.FIRST], None) == Period(BOUGHT, None)


class TestComing:
    def test_the_next_day_on_which_it_changes(self):
        coming = []
        on = 0
        while stage := decide(PHONE, _facts(on, fault="ring")).coming:
            coming.append((stage.first.isoformat(), set(stage.allowed)))
            on = (stage.first - BOUGHT).days
        assert coming == [
            ("2026-06-09", {EXCHANGE, REPAIR}),
            ("2026-06-17", {REPAIR}),
            ("2027-06-01", set()),
        ]

    def test_a_turn_that_changes_nothing_is_passed_over(self):
        terms = _terms(_tier("refund", "7 day"), _tier("refund", "9 day"))
        assert decide(terms, _facts()).coming.first == date(2026, 6, 11)

    def test_a_late_exchange_comes(self):
        known = {"fault": "ring", "exchange_asked": date(2026, 9, 1)}
        stage = decide(PHONE, _facts("2026-09-02", **known)).coming
        assert (stage.first, stage.allowed) == (date(2026, 9, 17), {REPAIR, REFUND})

    def test_nothing_comes_of_what_has_no_dates(self):
        assert decide(_terms(_tier("refund", "never")), _facts(starts={})).coming is None


# === PROPERTIES === #

REMEDIES = st.frozensets(st.sampled_from(Remedy), min_size=1, max_size=3)
STEPS = st.builds(Step, st.integers(0, 40), st.sampled_from(StepUnit))
TIERS = st.builds(
    Tier,
    key=st.integers(0, 9),
    why=st.sampled_from(Why),
    remedies=REMEDIES,
    window=st.builds(
        Window, st.one_of(st.just(_step("0 day")), STEPS), STEPS | st.sampled_from(Until)
    ),
    start=st.sampled_from([StartEvent.INVOICE, StartEvent.DELIVERY]),
    channel=st.none() | st.sampled_from(Channel),
    part=st.none() | st.sampled_from(Part),
    bought_from=st.none() | st.dates(date(2026, 5, 1), date(2026, 7, 1)),
    freight=st.none() | st.sampled_from(Payer),
    work=st.none() | st.sampled_from(Payer),
)
LADDERS = st.builds(
    Ladder,
    st.sampled_from(Scope),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 20),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
TERMS = st.builds(
    Terms,
    tiers=st.lists(TIERS, max_size=5),
    ladder=LADDERS,
    evidence=st.frozensets(st.sampled_from(Evidence)),
    intact=st.sampled_from(Intact),
    excluded=st.just(frozenset({"drop"})),
    listed=st.none() | st.just(frozenset({"ring"})),
    kinds=st.dictionaries(st.just("kind"), st.sampled_from(KindRule)),
    batch_test=st.booleans(),
    refund_days=st.integers(0, 9),
    approval=st.booleans(),
)
TALLIES = st.integers(0, 3).map(lambda number: Tally(number, number, number))
FACTS = st.builds(
    Facts,
    on=st.dates(date(2026, 5, 20), date(2028, 1, 1)),
    why=st.sampled_from(Why),
    starts=st.sampled_from(
        [{}, {StartEvent.INVOICE: BOUGHT}, _facts().starts],
    ),
    failed=st.none() | st.dates(date(2026, 5, 20), date(2028, 1, 1)),
    channel=st.none() | st.sampled_from(Channel),
    bought=st.none() | st.just(BOUGHT),
    part=st.sampled_from(Part),
    fault=st.none() | st.sampled_from(["ring", "noise"]),
    cause=st.none() | st.just("drop"),
    cover=st.sampled_from([None, NOT_STARTED, COVER, Period(BOUGHT, None)]),
    warranty=st.sampled_from([None, COVERED, PARTLY, AFTERCARE, UNCOVERED, UNCLEAR]),
    counts=st.builds(Counts, TALLIES, TALLIES),
    evidence=st.frozensets(st.sampled_from(Evidence)),
    finding=st.none() | st.sampled_from(Finding),
    is_intact=st.none() | st.booleans(),
    kind=st.none() | st.just("kind"),
    is_unsealed=st.booleans(),
    is_confirmed=st.booleans(),
    is_tampered=st.booleans(),
    batch=st.none() | st.sampled_from(BatchFinding),
    batch_in_stock=st.none() | st.booleans(),
    trainings=st.integers(0, 2),
    insists=st.booleans(),
    exchange_asked=st.none() | st.just(date(2026, 6, 20)),
    goods_here=st.booleans(),
    ended=st.none() | st.dates(date(2026, 6, 1), date(2027, 1, 1)),
)
RANK = {Status.REFUSED: 0, Status.OPEN: 1, Status.ALLOWED: 2}


@given(TERMS, FACTS)
def test_every_answer_has_a_reason_and_the_facts_that_explain_it(terms, facts):
    decision = decide(terms, facts)
    assert decision.answers.keys() >= {REFUND, EXCHANGE, REPAIR}
    for answer in decision.answers.values():
        assert isinstance(answer, Answer) and answer.reason in Reason
        assert (answer.reason != Reason.TOO_LATE) or answer.last
        assert (answer.reason != Reason.TOO_EARLY) or answer.first > facts.on
        assert (answer.reason != Reason.EVIDENCE_MISSING) or answer.missing
        assert (answer.reason != Reason.LADDER_NOT_REACHED) or not answer.allowed
        assert not (answer.reason == Reason.IN_WINDOW and answer.missing)
    if decision.coming:
        assert decision.coming.first > facts.on


@given(TERMS, FACTS, st.frozensets(st.sampled_from(Evidence)))
def test_more_evidence_never_refuses_more(terms, facts, more):
    richer = replace(facts, evidence=facts.evidence | more)
    before, after = decide(terms, facts).answers, decide(terms, richer).answers
    assert all(RANK[after[one].status] >= RANK[before[one].status] for one in before)


@given(TERMS, FACTS, st.integers(1, 400))
def test_a_later_day_never_allows_what_ended(terms, facts, later):
    """Windows that begin at once only close; what comes back later comes by the ladder."""
    tiers = [
        replace(tier, window=replace(tier.window, after=_step("0 day"))) for tier in terms.tiers
    ]
    terms = replace(terms, tiers=tiers)
    before = decide(terms, facts).answers
    after = decide(terms, replace(facts, on=facts.on + timedelta(days=later))).answers
    for remedy in before:
        if before[remedy].reason == Reason.TOO_LATE and after[remedy].allowed:
            assert after[remedy].reason == Reason.EXCHANGE_LATE


@given(TERMS, FACTS, TALLIES)
def test_more_repairs_and_exchanges_never_take_a_remedy_away(terms, facts, more):
    def plus(tally):
        return Tally(*(getattr(tally, scope) + getattr(more, scope) for scope in Scope))

    counts = Counts(plus(facts.counts.repairs), plus(facts.counts.exchanges))
    assert decide(terms, facts).allowed <= decide(terms, replace(facts, counts=counts)).allowed


@given(TERMS, FACTS)
def test_what_is_announced_comes(terms, facts):
    decision = decide(terms, facts)
    if stage := decision.coming:
        assert decide(terms, replace(facts, on=stage.first)).allowed == stage.allowed
        assert stage.allowed != decision.allowed


@pytest.mark.parametrize(
    ("terms", "splits"),
    [
        (PHONE, True),
        (_terms(_tier("repair")), False),
        (_terms(ladder=Ladder(accessory_exchanges_before_refund=2)), True),
    ],
)
def test_accessories_share_the_rights_of_the_unit_unless_told_apart(terms, splits):
    assert terms.splits_accessories == splits
