"""Goal 8: returning the lines of one order costs hardly more than Odoo's own return dialog.

And much less than rma and rma_sale, which do as much: a return that is asked for, confirmed, and
followed until the goods are here.
"""

from functools import partial
from types import SimpleNamespace

from odoo import Command

from benchmarks import builders, rma
from benchmarks.lib import Contest, Side, expect

LINES = 100


def prepare(env):
    """Return the people who sell, take back and receive, on either side."""
    return SimpleNamespace(
        env=env,
        agent=builders.person(env, "agent", builders.AGENT),
        storekeeper=builders.person(env, "storekeeper", "stock.group_stock_user"),
        customer=env["res.partner"].create({"name": "Harbour Hotel", "tz": "Asia/Shanghai"}),
    )


def deliver(prepared, number: int, *, tracked: bool):
    """Return an order whose lines were delivered, beside the people who take it back."""
    env = prepared.env
    goods = builders.products(env, number, tracking="serial" if tracked else "none")
    builders.put_in_stock(env, goods, 1)
    lines = [{"product_id": product.id, "product_uom_qty": 1} for product in goods]
    order = env["sale.order"].create(
        {
            "partner_id": prepared.customer.id,
            "order_line": [Command.create(line) for line in lines],
        }
    )
    order.action_confirm()
    order.picking_ids.button_validate()
    expect("delivered", sum(order.order_line.mapped("qty_delivered")), number)
    return SimpleNamespace(**vars(prepared), order=order, back=env["stock.picking"])


def receive(desk) -> None:
    desk.back.move_ids.picked = True
    desk.back.with_user(desk.storekeeper).button_validate()


def check(desk, number: int) -> dict:
    """Prove that everything is back, that Odoo knows it, and with the serials that went out."""
    facts = check_goods(desk, number)
    expect("delivered after all", sum(desk.order.order_line.mapped("qty_delivered")), 0)
    went = desk.order.picking_ids.filtered(lambda picking: picking not in desk.back)
    expect("serials", desk.back.sudo().move_line_ids.lot_id, went.move_line_ids.lot_id)
    return facts


def check_goods(desk, number: int) -> dict:
    desk.env.invalidate_all()
    back = desk.back.sudo()
    expect("transfers", set(back.mapped("state")), {"done"})
    expect("back", sum(back.move_ids.mapped("quantity")), number)
    linked = back.move_ids.filtered("origin_returned_move_id")
    return {"lines back": len(back.move_ids), "linked": len(linked)}


def authorise(desk) -> None:
    """Ours: the return is created, judged, authorised and received."""
    rows = [
        {"delivery_move_id": move.id, "lot_id": move.move_line_ids.lot_id.id}
        for move in desk.order._aftersales_get_deliveries()
    ]
    returned = (
        desk.env["aftersales.return"]
        .with_user(desk.agent)
        .create(
            {
                "partner_id": desk.order.partner_id.id,
                "order_id": desk.order.id,
                "line_ids": [Command.create(row) for row in rows],
            }
        )
    )
    desk.back = returned.action_authorise().sudo()
    receive(desk)


def use_dialog(desk) -> None:
    """Odoo's own: nothing is asked, checked or remembered."""
    env = desk.env(user=desk.storekeeper)
    dialog = env["stock.return.picking"].create({"picking_id": desk.order.picking_ids.id})
    for line in dialog.product_return_moves:
        line.quantity = 1
    desk.back = desk.env["stock.picking"].browse(dialog.action_create_returns()["res_id"])
    receive(desk)


def take_rmas(desk) -> None:
    """Theirs: the dialog of the order, confirmed, received. Delivered stays until the refund."""
    taken = rma.take_back(desk.order, desk.clerk)
    desk.back = taken.sudo().reception_move_id.picking_id
    receive(desk)


def with_clerk(prepared, number: int):
    desk = deliver(prepared, number, tracked=False)
    desk.clerk = rma.clerk(prepared.env)
    return desk


def theirs(number: int) -> Side:
    return Side(
        partial(with_clerk, number=number),
        take_rmas,
        partial(check_goods, number=number),
        number,
        slow=number > 10,
        model=rma.RMA,
    )


def side(run, number: int, *, tracked: bool) -> Side:
    return Side(
        partial(deliver, number=number, tracked=tracked), run, partial(check, number=number), number
    )


def contest(key: str, title: str, number: int = LINES, *, tracked: bool = False) -> Contest:
    return Contest(
        key,
        title,
        side(authorise, number, tracked=tracked),
        {
            "dialog": side(use_dialog, number, tracked=tracked),
            # it knows no serials
            **({} if tracked else {"rma": theirs(number)}),
        },
        prepare,
        peers="rma",
    )


CASES = (
    contest("return_lines", f"take back {LINES} lines of one order, receipt included"),
    contest(
        "return_serials", f"take back {LINES} lines of one serial, receipt included", tracked=True
    ),
    contest("return_ten_lines", "take back 10 lines of one order, receipt included", 10),
)
