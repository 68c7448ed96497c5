"""The desk of rma and rma_sale, as their own documentation says to use it."""

from benchmarks import builders

RMA = "rma"  # in the registry only where the peers are installed


def clerk(env):
    """Return somebody who takes returns of all orders."""
    groups = ("rma.rma_group_user_all", "sales_team.group_sale_salesman_all_leads")
    return builders.person(env, "rma_clerk", *groups, "stock.group_stock_user")


def take_back(order, clerk):
    """Return the confirmed RMAs of everything that an order delivered, by their own dialog."""
    order = order.with_user(clerk)
    dialog = order.env["sale.order.rma.wizard"].browse(order.action_create_rma()["res_id"])
    dialog.operation_id = order.env.ref("rma.rma_operation_refund")
    made = dialog.create_rma()
    made.action_confirm()
    return made


def receive(taken, storekeeper) -> None:
    """Everything comes."""
    receipts = taken.sudo().reception_move_id.picking_id
    receipts.move_ids.picked = True
    receipts.with_user(storekeeper).button_validate()
