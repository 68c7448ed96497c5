"""What cases are made of: people, products, stock and orders, the same with and without addon.

The people have the rights that their work needs and no others, because record rules and access
checks cost queries, too.
"""

from odoo import Command

PLAN = "aftersales.plan"  # in the registry only where the addon is installed


def has_addon(env) -> bool:
    return PLAN in env


def person(env, login: str, *groups: str):
    """Return a user who may do no more than these groups."""
    wanted = ("base.group_user", *groups)
    return env["res.users"].create(
        {
            "name": login.capitalize(),
            "login": login,
            "group_ids": [Command.set([env.ref(group).id for group in wanted])],
        }
    )


def products(env, number: int, *, plan=None, **values):
    """Return storable products, named one by one."""
    common = {"type": "consu", "is_storable": True, "list_price": 100, "taxes_id": False}
    if plan:
        common["aftersales_plan_id"] = plan.id
    return env["product.product"].create(
        [{"name": f"Pump {place}", **common, **values} for place in range(number)]
    )


def plan_with_two_terms(env):
    """Return a plan that promises two years and five on one component; None without addon."""
    if not has_addon(env):
        return None
    component = env["aftersales.component"].create({"name": "Motor"})
    terms = [{"length": 24}, {"length": 60, "component_id": component.id}]
    policy = env["aftersales.warranty.policy"].create(
        {
            "name": "Two years, five on the motor",
            "start_event": "delivery",
            "term_ids": [
                Command.create({"sequence": place, **term}) for place, term in enumerate(terms)
            ],
        }
    )
    return env[PLAN].create({"name": policy.name, "warranty_policy_id": policy.id})


def put_in_stock(env, goods, quantity: int) -> None:
    """Put goods on the shelf: so many of each, with serials where the product wants them."""
    shelf = env.ref("stock.stock_location_stock")
    Quant = env["stock.quant"]
    for product in goods:
        if product.tracking != "serial":
            Quant._update_available_quantity(product, shelf, quantity)
            continue
        names = [f"{product.name} SN-{place:04}" for place in range(quantity)]
        lots = env["stock.lot"].create([{"name": name, "product_id": product.id} for name in names])
        for lot in lots:
            Quant._update_available_quantity(product, shelf, 1, lot_id=lot)


def quotation(env, goods, quantity: int):
    """Return an unconfirmed order with one line per product, in the hands of a salesperson."""
    seller = person(env, "seller", "sales_team.group_sale_salesman")
    customer = env["res.partner"].create({"name": "Harbour Hotel", "tz": "Asia/Shanghai"})
    lines = [{"product_id": product.id, "product_uom_qty": quantity} for product in goods]
    return (
        env["sale.order"]
        .with_user(seller)
        .create(
            {
                "partner_id": customer.id,
                "order_line": [Command.create(line) for line in lines],
            }
        )
    )
