"""Goal 7: confirming an order costs nothing more where there is nothing for the addon to do."""

from benchmarks import builders
from benchmarks.lib import Case, expect

NUMBER = 100


def setup(env):
    """Return a quotation of NUMBER products that are in stock, none with a plan."""
    goods = builders.products(env, NUMBER)
    builders.put_in_stock(env, goods, 1)
    return builders.quotation(env, goods, 1)


def run(order) -> None:
    order.action_confirm()


def check(order) -> dict[str, int]:
    """Prove that the order is confirmed and reserved as a whole, and that nothing was promised."""
    order = order.sudo()
    expect("order", order.state, "sale")
    reserved = order.picking_ids.move_ids.filtered(lambda move: move.state == "assigned")
    expect("reserved lines", len(reserved), NUMBER)
    if builders.has_addon(order.env):
        expect("lines with a plan", len(order.order_line.aftersales_plan_id), 0)
    return {"lines": NUMBER}


CASES = (Case("confirm_lines", f"confirm {NUMBER} lines without plans", setup, run, check),)
