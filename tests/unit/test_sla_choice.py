"""The first promise that fits, and why the others do not."""

import pytest

from odoo.addons.aftersales_service.logic.sla_choice import Candidate, HourRange, Tried, choose

URGENT = Candidate("urgent", {"priority": frozenset({"2"}), "zone": frozenset({"city"})})
TAGGED = Candidate("tagged", {"tags": frozenset({7, 8})})
REST = Candidate("rest")


def test_the_first_that_fits():
    facts = {"priority": "2", "zone": "city", "tags": (1, 8)}
    assert choose([URGENT, REST], facts) == ("urgent", [Tried("urgent", None)])
    assert choose([TAGGED, REST], facts)[0] == "tagged"


def test_each_misfit_names_its_first_condition():
    facts = {"priority": "2", "zone": "far", "tags": ()}
    assert choose([URGENT, TAGGED], facts) == (
        None,
        [Tried("urgent", "zone"), Tried("tagged", "tags")],
    )
    assert choose([URGENT], {}) == (None, [Tried("urgent", "priority")])


@pytest.mark.parametrize(
    ("start", "end", "minute", "fits"),
    [
        (480, 1080, 479, False),
        (480, 1080, 480, True),  # S-R44-1, Sunday 08:00
        (480, 1080, 1079, True),
        (480, 1080, 1080, False),  # 18:00 exactly is "other times"
        (1080, 480, 1080, True),
        (1080, 480, 479, True),  # Sunday 07:59
        (1080, 480, 480, False),
        (0, 0, 1439, True),
    ],
)
def test_hours_of_the_day(start, end, minute, fits):
    candidate = Candidate("c", {"minute": HourRange(start, end)})
    assert (choose([candidate], {"minute": minute})[0] == "c") == fits
