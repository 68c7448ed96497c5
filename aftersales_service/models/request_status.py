from odoo import api, fields, models
from odoo.fields import Domain

REPAIR_STATUSES = [
    ("planned", "Planned"),
    ("under_repair", "Under repair"),
    ("done", "Repaired"),
    ("cancelled", "Repair cancelled"),
]
#: States of repairs behind each status; the first status that a repair has is the request's.
REPAIR_STATES = {
    "under_repair": ("under_repair",),
    "planned": ("draft", "confirmed"),
    "done": ("done",),
    "cancelled": ("cancel",),
}
#: From the least to the most settled: of several orders the least settled one is shown.
MONEY_STATUSES = [
    ("quoted", "Being quoted"),
    ("sent", "Quotation sent"),
    ("approved", "Approved"),
    ("to_invoice", "To invoice"),
    ("invoiced", "Invoiced"),
    ("paid", "Paid"),
    ("refunded", "Refunded"),
    ("free", "Free of charge"),
]
GOODS_STATUSES = [
    ("customer", "With the customer"),
    ("us", "With us"),
    ("way", "On the way"),
    ("maker", "With the maker"),
]
USAGES = {
    "customer": ("customer",),
    "us": ("internal", "production"),
    "way": ("transit",),
    "maker": ("supplier",),
}


class AftersalesRequest(models.Model):
    """Where repair, money and goods of a request stand, read from the documents each time."""

    _inherit = "aftersales.request"

    repair_status = fields.Selection(
        REPAIR_STATUSES,
        compute="_compute_repair_status",
        search="_search_repair_status",
    )
    money_status = fields.Selection(MONEY_STATUSES, compute="_compute_money_status")
    goods_status = fields.Selection(
        GOODS_STATUSES,
        compute="_compute_goods_status",
        search="_search_goods_status",
    )

    # superuser below: a status tells that something exists, not what is in it

    @api.depends("repair_ids.state")
    def _compute_repair_status(self):
        for request in self.sudo():
            states = set(request.repair_ids.mapped("state"))
            request.repair_status = next(
                (status for status, of in REPAIR_STATES.items() if states & set(of)), False
            )

    def _search_repair_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        found, above = Domain.FALSE, Domain.TRUE
        for status, states in REPAIR_STATES.items():
            has = Domain("repair_ids.state", "in", states)
            if status in value:
                found |= above & has
            above &= ~has
        return found | above if False in value else found

    @api.depends(
        "repair_ids.sale_order_id.state",
        "repair_ids.sale_order_id.invoice_status",
        "repair_ids.sale_order_id.order_line.invoice_lines.parent_state",
        "repair_ids.sale_order_id.order_line.invoice_lines.move_id.payment_state",
    )
    def _compute_money_status(self):
        rank = {status: position for position, (status, _label) in enumerate(MONEY_STATUSES)}
        for request in self.sudo():
            orders = request.repair_ids.sale_order_id
            statuses = [
                request._get_money_status(order) for order in orders if order.state != "cancel"
            ]
            request.money_status = min(statuses, key=rank.get, default=False)

    @api.model
    def _get_money_status(self, order):
        """Where the money of one order stands; drafts and cancelled documents do not count."""
        posted = [
            move
            for move in order.invoice_ids | order.invoice_ids.reversal_move_ids
            if move.state == "posted"
        ]
        charged = sum(move.amount_total for move in posted if move.move_type == "out_invoice")
        refunded = sum(move.amount_total for move in posted if move.move_type == "out_refund")
        currency = order.currency_id
        if order.state in ("draft", "sent"):
            return "sent" if order.state == "sent" else "quoted"
        if charged and currency.compare_amounts(refunded, charged) >= 0:
            return "refunded"
        if order.invoice_status == "to invoice" and not currency.is_zero(order.amount_to_invoice):
            return "to_invoice"
        if posted:
            settled = ("paid", "in_payment", "reversed")
            is_paid = all(move.payment_state in settled for move in posted)
            return "paid" if is_paid else "invoiced"
        return "free" if currency.is_zero(order.amount_total) else "approved"

    @api.depends(
        "lot_id.location_id.usage", "lot_id.location_id.aftersales_partner_id", "unit_id.state"
    )
    def _compute_goods_status(self):
        by_usage = {usage: status for status, usages in USAGES.items() for usage in usages}
        by_state = {"active": "customer", "returned": "us"}
        for request in self.sudo():
            unit, usage = request.unit_id, request.lot_id.location_id.usage
            if request.lot_id.location_id.aftersales_partner_id:
                request.goods_status = "maker"  # a place of ours for what stands with others
                continue
            request.goods_status = by_usage.get(usage) or by_state.get(unit.state, False)

    def _search_goods_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        located = Domain(
            "lot_id.location_id.usage", "in", [u for of in USAGES.values() for u in of]
        )
        outside = Domain("lot_id.location_id.aftersales_partner_id", "!=", False)
        found = outside if "maker" in value else Domain.FALSE
        for status, usages in USAGES.items():
            if status in value:
                found |= Domain("lot_id.location_id.usage", "in", usages) & ~outside
        for status, state in (("customer", "active"), ("us", "returned")):
            if status in value:
                found |= ~located & Domain("unit_id.state", "=", state)
        if False in value:
            found |= ~located & ~Domain("unit_id.state", "in", ("active", "returned"))
        return found
