"""Goal 6: registering warranties is a small part of the delivery that it takes place in."""

from functools import partial

from benchmarks import builders
from benchmarks.lib import Case, expect

NUMBER = 100


def setup(env, *, promised: bool = False, lines: int = 1, **values):
    """Return the assigned transfer of NUMBER pieces, ready for the storekeeper to validate."""
    plan = builders.plan_with_two_terms(env) if promised else None
    goods = builders.products(env, lines, plan=plan, **values)
    builders.put_in_stock(env, goods, NUMBER // lines)
    order = builders.quotation(env, goods, NUMBER // lines)
    order.action_confirm()
    storekeeper = builders.person(env, "storekeeper", "stock.group_stock_user")
    picking = order.sudo().picking_ids
    expect("transfer before", picking.state, "assigned")
    return picking.with_user(storekeeper)


def run(picking) -> None:
    picking.button_validate()


def check(picking, *, serials: int, units: int) -> dict[str, int]:
    """Prove that all went out, and that only what was promised became a unit with its terms."""
    picking = picking.sudo()
    done = picking.move_line_ids.filtered(lambda line: line.state == "done")
    expect("transfer after", picking.state, "done")
    expect("delivered", sum(done.mapped("quantity")), NUMBER)
    expect("serials", len(done.lot_id), serials)
    facts = {"delivered": NUMBER, "serials": serials}
    if builders.has_addon(picking.env):
        made = picking.env["aftersales.unit"].search([("move_line_id", "in", done.ids)])
        expect("units", len(made), units)
        expect("coverage rows with dates", len(made.coverage_ids.filtered("date_end")), 2 * units)
        facts["units"] = units
    return facts


def _case(key: str, title: str, *, serials: int, units: int, **values) -> Case:
    tracking = {"tracking": "serial"} if serials else {}
    return Case(
        key,
        title,
        setup=partial(setup, promised=bool(units), **tracking, **values),
        run=run,
        check=partial(check, serials=serials, units=units),
    )


CASES = (
    _case("deliver_planned", f"deliver {NUMBER} serials with a plan", serials=NUMBER, units=NUMBER),
    _case(
        "deliver_planned_lines",
        f"deliver {NUMBER} lines of one serial with a plan each",
        serials=NUMBER,
        units=NUMBER,
        lines=NUMBER,
    ),
    _case("deliver_serials", f"deliver {NUMBER} serials without a plan", serials=NUMBER, units=0),
    _case(
        "deliver_lines",
        f"deliver {NUMBER} lines without serials or plans",
        serials=0,
        units=0,
        lines=NUMBER,
    ),
)
