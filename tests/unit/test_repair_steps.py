"""Where a repair stands."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.repair_steps import OVER, Facts, Step, step

HERE = Facts(travels=True, has_arrived=True)
DIAGNOSED = replace(HERE, is_diagnosed=True)
ENDED = replace(DIAGNOSED, is_begun=True, is_ended=True)
ON_SITE = Facts(is_diagnosed=True, is_begun=True, is_ended=True)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(travels=True), Step.ARRIVAL),
        (Facts(travels=True, is_begun=True), Step.WORK),
        (HERE, Step.DIAGNOSIS),
        (Facts(), Step.DIAGNOSIS),
        (DIAGNOSED, Step.WORK),
        (replace(DIAGNOSED, waits_for_answer=True), Step.CONSENT),
        (replace(HERE, waits_for_answer=True), Step.CONSENT),
        (replace(DIAGNOSED, lacks_parts=True), Step.PARTS),
        (replace(DIAGNOSED, is_begun=True, waits_for_answer=True), Step.CONSENT),
        (replace(DIAGNOSED, is_declined=True), Step.HAND_BACK),
        (replace(DIAGNOSED, is_declined=True, is_handed_back=True), Step.CANCELLED),
        (replace(DIAGNOSED, is_declined=True, is_begun=True), Step.WORK),
        (replace(DIAGNOSED, is_cancelled=True), Step.HAND_BACK),
        (Facts(is_cancelled=True), Step.CANCELLED),
        (ENDED, Step.HAND_BACK),
        (replace(ENDED, needs_test=True), Step.TEST),
        (replace(ENDED, needs_test=True, has_passed_test=True), Step.HAND_BACK),
        (replace(ENDED, is_handed_back=True), Step.WRAP_UP),
        (ON_SITE, Step.WRAP_UP),
        (replace(ON_SITE, needs_test=True), Step.TEST),
        (replace(ENDED, is_closed=True), Step.CLOSED),
    ],
)
def test_step(facts, expected):
    assert step(facts) == expected


FACTS = st.builds(Facts, **dict.fromkeys(Facts.__dataclass_fields__, st.booleans()))


@given(FACTS)
def test_goods_that_are_here_are_never_forgotten(facts):
    here = facts.travels and facts.has_arrived and not facts.is_handed_back
    if here and not facts.is_closed:
        assert step(facts) not in OVER


@given(FACTS)
def test_nothing_is_closed_by_itself(facts):
    assert (step(facts) == Step.CLOSED) == facts.is_closed
