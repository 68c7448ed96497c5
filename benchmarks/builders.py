"""What cases are made of: people, products, stock and orders, the same with and without addon.

The people have the rights that their work needs and no others, because record rules and access
checks cost queries, too.
"""

from datetime import timedelta

from odoo import Command
from odoo.fields import Date

from benchmarks import bulk

PLAN = "aftersales.plan"  # in the registry only where the addon is installed
AGENT = "aftersales_service.group_aftersales_agent"

MADE = 1000  # units that the ORM makes; the others are copies of these
DAYS = 4 * 365  # over which they were delivered, as many each day, the last one today
CUSTOMERS = 50
MODELS = 40
ENDS = 20  # one unit of so many was given back, a month after it was delivered
# As units are made inside a transfer: no mail, no log.
QUIETLY = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}


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


def plan_with_two_terms(env, months: int = 24):
    """Return a plan that promises so long, and five years on the motor; None without addon."""
    if not has_addon(env):
        return None
    component = env["aftersales.component"].create({"name": "Motor"})
    terms = [{"length": months}, {"length": 60, "component_id": component.id}]
    policy = env["aftersales.warranty.policy"].create(
        {
            "name": f"{months} months, five years on the motor",
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


def units(env, number: int, *, months: tuple[int, ...] = (12, 24, 60)):
    """Return units with cover, a serial each, delivered evenly over the years: the newest last.

    Neighbours have different plans, each of which promises so many months.
    """
    plans = [plan_with_two_terms(env, length) for length in months]
    goods = products(env, MODELS, tracking="serial")
    customers = env["res.partner"].create(
        [{"name": f"Hotel {place}", "tz": "Asia/Shanghai"} for place in range(CUSTOMERS)]
    )
    today = Date.today()
    vals_list = [
        {
            "name": f"SN-{place:04}",
            "product_id": goods[place % MODELS].id,
            "partner_id": customers[place % CUSTOMERS].id,
            "plan_id": plans[place % len(plans)].id,
            "date_delivered": today - timedelta(days=DAYS * (MADE - 1 - place) // MADE),
        }
        for place in range(MADE)
    ]
    made = env["aftersales.unit"].with_context(**QUIETLY).create(vals_list)
    for unit in made[::ENDS]:
        given_back = min(today, unit.date_delivered + timedelta(days=30))
        unit.write({"state": "ended", "date_ended": given_back})
    return env["aftersales.unit"].browse(bulk.with_copies(made, number).ids)
