"""Repairs with a decision and their costs beside as many of Odoo's plain repairs."""

from types import SimpleNamespace

from odoo import Command

from benchmarks import builders
from benchmarks.lib import Case, expect

NUMBER = 100
COSTS = ("labour", "travel", "freight", "duty", "sundry")


def setup(env):
    """Return the values of so many repairs, of serials that were sold, for who repairs them."""
    (product,) = builders.products(
        env, 1, tracking="serial", plan=builders.plan_with_two_terms(env)
    )
    builders.put_in_stock(env, product, NUMBER)
    lots = env["stock.lot"].search([("product_id", "=", product.id)], order="id")
    customer = env["res.partner"].create({"name": "Harbour Hotel", "tz": "Asia/Shanghai"})
    vals_list = [
        {"partner_id": customer.id, "product_id": product.id, "lot_id": lot.id} for lot in lots
    ]
    groups = ["stock.group_stock_user"]
    if builders.has_addon(env):
        groups.append(builders.AGENT)
        _judge(env, vals_list)
    env.flush_all()
    env.invalidate_all()
    user = builders.person(env, "technician", *groups)
    return SimpleNamespace(env=env(user=user.id), vals_list=vals_list)


def _judge(env, vals_list) -> None:
    """Every serial is a unit in service with a request; its repair gets claim and costs."""
    plan = env["aftersales.plan"].search([("name", "like", "on the motor")], limit=1)
    units = env["aftersales.unit"].create(
        [
            {
                "name": f"SN {place}",
                "product_id": vals["product_id"],
                "lot_id": vals["lot_id"],
                "partner_id": vals["partner_id"],
                "plan_id": plan.id,
                "date_delivered": "2026-03-10",
            }
            for place, vals in enumerate(vals_list)
        ]
    )
    requests = env["aftersales.request"].create(
        [{"title": "Leaks", "unit_id": unit.id, "date_failure": "2026-06-01"} for unit in units]
    )
    for vals, request in zip(vals_list, requests, strict=True):
        vals |= {
            "aftersales_request_id": request.id,
            "aftersales_unit_id": request.unit_id.id,
            "aftersales_claim_id": request.claim_ids.id,
            "aftersales_cost_line_ids": [
                Command.create({"cost_type": cost_type}) for cost_type in COSTS
            ],
        }


def run(state) -> None:
    # Odoo writes into the values it is given
    vals_list = [dict(vals) for vals in state.vals_list]
    state.made = state.env["repair.order"].create(vals_list)
    state.env.flush_all()


def check(state) -> dict[str, int]:
    """Prove that with the addon every repair is decided, and charges its costs by the decision."""
    made = state.made.sudo()
    expect("repairs", len(made), NUMBER)
    if not builders.has_addon(state.env):
        return {"repairs": NUMBER}
    expect("decided", set(made.aftersales_claim_id.mapped("result")), {"covered"})
    lines = made.aftersales_cost_line_ids
    expect("cost lines", len(lines), NUMBER * len(COSTS))
    expect("charged", sum(lines.mapped("amount")), 0)
    return {"repairs": NUMBER, "cost lines": len(lines)}


CASES = (
    Case(
        "create_repairs",
        f"create {NUMBER} repairs, with the addon with claim and five costs each",
        setup,
        run,
        check,
    ),
)
