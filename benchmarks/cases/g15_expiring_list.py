"""Goal 15: the list of what ends in 90 days opens about as fast as the plain list of all units."""

from ast import literal_eval
from dataclasses import dataclass
from functools import partial
from typing import Any

from lxml import etree

from odoo.fields import Date

from benchmarks import builders
from benchmarks.lib import Case, expect

# What the web client asks for when a list opens.
PAGE = 80
COUNTED = 10_001

PLAIN = ()
EXPIRING = ("in_service", "expiring")  # the former is set when the menu opens the list

LENGTHS = {
    PLAIN: "SELECT count(*) FROM aftersales_unit",
    EXPIRING: """
        SELECT count(*) FROM aftersales_unit
         WHERE state = 'active' AND date_ended IS NULL AND cover_end BETWEEN %(on)s AND %(on)s + 90
    """,
}


@dataclass
class Screen:
    """The list of units as an agent has it before them: what it asks for, and the answer."""

    units: Any
    orders: dict[tuple, str]
    columns: dict[str, dict]
    filters: dict[str, list]
    lengths: dict[tuple, int]
    chosen: tuple = PLAIN
    answer: dict | None = None


def setup(env, *, number: int, **values) -> Screen:
    builders.units(env, number, **values)
    agent = builders.person(env, "agent", builders.AGENT)
    units = env["aftersales.unit"].with_user(agent)
    ending = env.ref("aftersales_service.aftersales_unit_view_list_ending").id
    table = etree.fromstring(units.get_view(view_type="list")["arch"])
    by_end = etree.fromstring(units.get_view(ending, view_type="list")["arch"])
    search = etree.fromstring(units.get_view(view_type="search")["arch"])
    return Screen(
        units=units,
        orders={
            PLAIN: table.get("default_order", ""),
            EXPIRING: by_end.get("default_order", ""),
        },
        columns={
            column: {"fields": {"display_name": {}}} if _is_link(units, column) else {}
            for column in table.xpath("./field/@name")
        },
        filters={
            name: literal_eval(search.xpath(f"//filter[@name='{name}']/@domain")[0])
            for name in EXPIRING
        },
        lengths={chosen: _count(units, query) for chosen, query in LENGTHS.items()},
    )


def _is_link(units, column: str) -> bool:
    return units._fields[column].type == "many2one"


def _count(units, query: str) -> int:
    # "today" in a filter is the day of who looks, which may be tomorrow by UTC
    units.env.cr.execute(query, {"on": Date.context_today(units)})
    return min(units.env.cr.fetchone()[0], COUNTED)


def look(screen: Screen, chosen: tuple) -> None:
    """Open the list with these filters, as the web client does."""
    screen.chosen = chosen
    screen.answer = screen.units.web_search_read(
        sum((screen.filters[name] for name in chosen), []),
        screen.columns,
        limit=PAGE,
        order=screen.orders[chosen],
        count_limit=COUNTED,
    )


def check(screen: Screen) -> dict[str, int]:
    """Prove that the list is as long as it should be, and shows what was asked for."""
    length, shown = screen.answer["length"], screen.answer["records"]
    expect("length of the list", length, screen.lengths[screen.chosen])
    expect("units shown", len(shown), PAGE)
    if screen.chosen == EXPIRING:
        expect("states shown", {unit["coverage_state"] for unit in shown}, {"expiring"})
    return {"shown": PAGE, "counted": length}


def _case(key: str, title: str, **values) -> Case:
    return Case(
        key,
        title,
        setup=partial(setup, **values),
        run=partial(look, chosen=EXPIRING),
        check=check,
        ours_only=True,
        plain=partial(look, chosen=PLAIN),
        full_only=values["number"] > 10_000,
    )


CASES = (
    _case("expiring_list", "list what ends in 90 days, of 10,000 units", number=10_000),
    _case("expiring_list_large", "list what ends in 90 days, of 100,000 units", number=100_000),
    _case(
        "expiring_list_one_term",
        "list what ends in 90 days, of 100,000 units promised 24 months each",
        number=100_000,
        months=(24,),
    ),
)
