"""Goal 9: what was accepted is refunded, by credit notes that reverse the lines of the invoices.

Many invoices, beside Odoo's own reversal of all of them at once; and many lines of one invoice,
beside rma and rma_sale. Drafts on all sides: an accountant posts them.
"""

from functools import partial
from types import SimpleNamespace

from odoo import Command

from benchmarks import builders, rma
from benchmarks.lib import Contest, Side, expect

INVOICES = 30
LINES = 100
PRICE = 100


def prepare(env):
    """Return the people who take back, refund and reverse."""
    return SimpleNamespace(
        env=env,
        agent=builders.person(env, "agent", builders.AGENT),
        accountant=builders.person(env, "accountant", "account.group_account_invoice"),
        customer=env["res.partner"].create({"name": "Harbour Hotel", "tz": "Asia/Shanghai"}),
    )


def sell(prepared, number: int, lines: int):
    """Return so many orders of so many lines, delivered and invoiced."""
    env = prepared.env
    goods = builders.products(env, lines, taxes_id=[Command.set(tax(env).ids)])
    builders.put_in_stock(env, goods, number)
    row = [Command.create({"product_id": product.id, "product_uom_qty": 1}) for product in goods]
    orders = env["sale.order"].create(
        [{"partner_id": prepared.customer.id, "order_line": row} for _ in range(number)]
    )
    orders.action_confirm()
    orders.picking_ids.button_validate()
    # one invoice an order, as companies do that do not collect them
    invoices = orders._create_invoices(grouped=True)
    invoices.action_post()
    expect("invoices", len(invoices), number)
    return SimpleNamespace(**vars(prepared), orders=orders, invoices=invoices)


def tax(env):
    return env["account.tax"].search(
        [("type_tax_use", "=", "sale"), ("company_id", "=", env.company.id)], limit=1
    )


def check(desk, number: int, lines: int) -> dict:
    """Prove that each invoice is reversed in full: lines, taxes, accounts and totals."""
    desk.env.invalidate_all()
    invoices = desk.invoices
    notes = invoices.reversal_move_ids
    expect("credit notes", len(notes), number)
    expect("drafts", set(notes.mapped("state")), {"draft"})
    expect("total", sum(notes.mapped("amount_total")), sum(invoices.mapped("amount_total")))
    expect("untaxed", sum(notes.mapped("amount_untaxed")), number * lines * PRICE)
    expect("accounts", notes.line_ids.account_id, invoices.line_ids.account_id)
    expect("taxes", notes.line_ids.tax_ids, invoices.line_ids.tax_ids)
    expect("lines", len(notes.invoice_line_ids), number * lines)
    linked = notes.invoice_line_ids.filtered("sale_line_ids")
    expect("order lines", linked.sale_line_ids, desk.orders.order_line)
    return {"credit notes": len(notes), "their lines": len(notes.line_ids)}


# --- Ours --------------------------------------------------------------------------------------


def accept(prepared, number: int, lines: int):
    """Everything of each order is back, inspected and accepted."""
    desk = sell(prepared, number, lines)
    moves = desk.orders._aftersales_get_deliveries().grouped("picking_id")
    desk.returns = desk.env["aftersales.return"].create(
        [
            {
                "partner_id": prepared.customer.id,
                "user_id": prepared.agent.id,
                "order_id": mine.sale_line_id.order_id.id,
                "line_ids": [Command.create({"delivery_move_id": move.id}) for move in mine],
            }
            for mine in moves.values()
        ]
    )
    receipts = desk.returns.action_authorise()
    receipts.move_ids.picked = True
    receipts._action_done()
    for returned in desk.returns:
        returned.action_accept_all()
    expect("owed", set(desk.returns.mapped("money_status")), {"owed"})
    return desk


def refund(desk) -> None:
    desk.returns.with_user(desk.agent).action_refund()


def ours(number: int, lines: int) -> Side:
    return Side(
        partial(accept, number=number, lines=lines),
        refund,
        partial(check, number=number, lines=lines),
        number * lines,
    )


# --- Odoo's own, and rma with rma_sale ----------------------------------------------------------


def reverse(desk) -> None:
    env = desk.env(user=desk.accountant)
    dialog = (
        env["account.move.reversal"]
        .with_context(active_model="account.move", active_ids=desk.invoices.ids)
        .create({"journal_id": desk.invoices.journal_id.id, "reason": "Goods came back"})
    )
    dialog.refund_moves()


def reversal(number: int, lines: int) -> Side:
    return Side(
        partial(sell, number=number, lines=lines),
        reverse,
        partial(check, number=number, lines=lines),
        number * lines,
    )


def receive_rmas(prepared, lines: int):
    desk = sell(prepared, 1, lines)
    clerk = rma.clerk(prepared.env)
    desk.taken = rma.take_back(desk.orders, clerk)
    rma.receive(desk.taken, clerk)
    return desk


def refund_rmas(desk) -> None:
    desk.taken.action_refund()


def theirs(lines: int) -> Side:
    return Side(
        partial(receive_rmas, lines=lines),
        refund_rmas,
        partial(check, number=1, lines=lines),
        lines,
        model=rma.RMA,
    )


CASES = (
    Contest(
        "refund_invoices",
        f"draft the credit notes of {INVOICES} invoices",
        ours(INVOICES, 1),
        {"reversal": reversal(INVOICES, 1)},
        prepare,
        peers="rma",
    ),
    Contest(
        "refund_lines",
        f"draft the credit note of {LINES} lines of one invoice",
        ours(1, LINES),
        {"reversal": reversal(1, LINES), "rma": theirs(LINES)},
        prepare,
        peers="rma",
    ),
)
