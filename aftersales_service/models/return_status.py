from odoo import api, fields, models
from odoo.fields import Domain

from ..logic import returns as rules
from .local_time import local_date
from .return_vocabulary import (
    GOODS_STATUSES,
    LINE_STATUSES,
    MONEY_STATUSES,
    RETURN_OVER,
    RETURN_STATES,
)

#: Facts of the return that decide where its lines stand.
HEADER_FACTS = (
    "return_id.date_submitted",
    "return_id.date_authorised",
    "return_id.date_refused",
    "return_id.date_cancelled",
)
#: What lines know of transfers.
MOVED_FIELDS = (
    "quantity_received",
    "quantity_back",
    "quantity_replaced",
    "quantity_supplied",
    "date_goods_back",
)
#: A line of a return that is none of these is open: its goods are claimed.
LINE_OVER = ("settled", "refused", "cancelled")


class AftersalesReturnLine(models.Model):
    """Where a line stands, from its documents: nobody types it, and no document is forgotten."""

    _inherit = "aftersales.return.line"

    quantity_received = fields.Float(
        string="Came", compute="_compute_moved", store=True, digits="Product Unit"
    )
    quantity_back = fields.Float(
        string="Sent Back", compute="_compute_moved", store=True, digits="Product Unit"
    )
    quantity_replaced = fields.Float(
        string="Replaced", compute="_compute_moved", store=True, digits="Product Unit"
    )
    quantity_supplied = fields.Float(
        string="To the Supplier", compute="_compute_moved", store=True, digits="Product Unit"
    )
    date_goods_back = fields.Date(
        string="Goods Back on",
        compute="_compute_moved",
        store=True,
        help="The customer's day on which the last of what came arrived.",
    )
    quantity_scrapped = fields.Float(
        string="Scrapped for the Customer",
        compute="_compute_quantity_scrapped",
        store=True,
        digits="Product Unit",
    )
    quantity_repaired = fields.Float(
        string="Repaired", compute="_compute_quantity_repaired", store=True, digits="Product Unit"
    )
    quantity_expected = fields.Float(
        string="Still Expected", compute="_compute_status", store=True, digits="Product Unit"
    )
    status = fields.Selection(LINE_STATUSES, compute="_compute_status", store=True, index=True)
    is_open = fields.Boolean(
        string="In an Open Return", compute="_compute_status", store=True, index=True
    )

    def _compute_moved(self):
        """Counted again when a transfer of theirs is done or corrected (``_recount_transfers``).

        Dependencies on transfers would cost every transfer of Odoo a look.
        """
        # superuser: what came and went does not depend on who looks
        for line in self.sudo():
            done = line.move_ids.filtered(lambda move: move.state == "done")
            tally = rules.tally(move._aftersales_get_transfer() for move in done)
            line.quantity_received = tally.received
            line.quantity_back = tally.back
            line.quantity_replaced = tally.replaced
            line.quantity_supplied = tally.supplied
            came = [move.date for move in done if move.location_id.usage == "customer"]
            clocks = (line.partner_id, line.company_id.resource_calendar_id)
            line.date_goods_back = came and local_date(max(came), *clocks)

    def _recount_transfers(self):
        """A transfer of these lines was done or corrected."""
        if not self:
            return
        for name in MOVED_FIELDS:
            self.env.add_to_compute(self._fields[name], self)
        self.modified(MOVED_FIELDS)

    @api.depends("scrap_ids.state", "scrap_ids.scrap_qty", "scrap_ids.aftersales_is_rest")
    def _compute_quantity_scrapped(self):
        """Goods that were not accepted and not sent back: the customer gave them up."""
        for line in self.sudo():
            done = line.scrap_ids.filtered(
                lambda scrap: scrap.state == "done" and scrap.aftersales_is_rest
            )
            line.quantity_scrapped = sum(
                scrap.product_uom_id._compute_quantity(scrap.scrap_qty, line.product_uom_id)
                for scrap in done
            )

    @api.depends("repair_ids.state", "repair_ids.product_qty")
    def _compute_quantity_repaired(self):
        for line in self.sudo():
            done = line.repair_ids.filtered(lambda repair: repair.state == "done")
            line.quantity_repaired = sum(
                repair.product_uom._compute_quantity(repair.product_qty, line.product_uom_id)
                for repair in done
            )

    @api.depends(
        *HEADER_FACTS,
        "is_refused",
        "outcome",
        "product_id",
        "quantity_authorised",
        "quantity_waived",
        "quantity_kept",
        "quantity_received",
        "quantity_inspected",
        "quantity_accepted",
        "quantity_refunded",
        "quantity_replaced",
        "quantity_repaired",
        "quantity_back",
        "quantity_scrapped",
        "is_difference_settled",
    )
    def _compute_status(self):
        for line in self:
            order = line.return_id
            facts = line._get_facts()
            line.status = "asked"
            if order.date_authorised:
                line.status = rules.line_status(facts).value
            elif line.is_refused:
                line.status = "refused"
            over = order.date_refused or order.date_cancelled
            claims = order.date_submitted and not over
            line.is_open = bool(claims) and line.status not in LINE_OVER
            line.quantity_expected = facts.expected if line.is_open else 0.0

    def _get_facts(self):
        """As ``logic.returns`` takes them."""
        self.ensure_one()
        return rules.LineFacts(
            outcome=rules.Outcome(self.outcome) if self.outcome else None,
            is_refused=self.is_refused,
            authorised=self.quantity_authorised,
            waived=self.quantity_waived,
            kept=self.quantity_kept,
            received=self.quantity_received,
            inspected=self.quantity_inspected,
            accepted=self.quantity_accepted,
            refunded=self.quantity_refunded,
            replaced=self.quantity_replaced,
            repaired=self.quantity_repaired,
            back=self.quantity_back,
            scrapped=self.quantity_scrapped,
            is_charged=self.is_difference_settled,
        )


class AftersalesReturn(models.Model):
    """Where a whole return stands, its goods and its money, each for itself."""

    _inherit = "aftersales.return"

    state = fields.Selection(
        RETURN_STATES,
        string="Status",
        compute="_compute_state",
        store=True,
        tracking=True,
        index=True,
        group_expand=True,
    )
    goods_status = fields.Selection(
        GOODS_STATUSES, string="Goods", compute="_compute_goods_status", store=True, index=True
    )
    money_status = fields.Selection(
        MONEY_STATUSES, string="Money", compute="_compute_money_status", store=True, index=True
    )
    date_received = fields.Date(
        string="Received on", compute="_compute_goods_status", store=True, index="btree_not_null"
    )
    date_settled = fields.Datetime(string="Settled on", compute="_compute_date_settled", store=True)
    days_to_settle = fields.Float(
        compute="_compute_date_settled", store=True, aggregator="avg", digits=(16, 1)
    )
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")

    @api.depends(
        "line_ids.status", "date_submitted", "date_authorised", "date_refused", "date_cancelled"
    )
    def _compute_state(self):
        for order in self:
            order.state = rules.state(
                # what is not authorised yet is nowhere on its way
                [
                    rules.LineStatus(line.status)
                    for line in order.line_ids
                    if line.status and line.status != "asked"
                ],
                is_submitted=bool(order.date_submitted),
                is_authorised=bool(order.date_authorised),
                is_refused=bool(order.date_refused),
                is_cancelled=bool(order.date_cancelled),
            ).value

    @api.depends(
        "date_authorised",
        "line_ids.quantity_received",
        "line_ids.quantity_back",
        "line_ids.quantity_expected",
        "line_ids.date_goods_back",
    )
    def _compute_goods_status(self):
        for order in self:
            lines = order.line_ids
            came, back = sum(lines.mapped("quantity_received")), sum(lines.mapped("quantity_back"))
            awaited = rules.exceeds(sum(lines.mapped("quantity_expected")), 0)
            order.date_received = max(
                (day for day in lines.mapped("date_goods_back") if day), default=False
            )
            if not order.date_authorised:
                order.goods_status = False
            elif not rules.exceeds(came, 0):
                order.goods_status = awaited and "expected"
            elif awaited:
                order.goods_status = "partly"
            else:
                order.goods_status = "back" if rules.reaches(back, came) else "received"

    @api.depends(
        "line_ids.quantity_to_refund", "line_ids.quantity_drafted", "line_ids.quantity_refunded"
    )
    def _compute_money_status(self):
        for order in self:
            status = rules.money(
                rules.Debt(line.quantity_to_refund, line.quantity_drafted, line.quantity_refunded)
                for line in order.line_ids
            )
            order.money_status = status != rules.Money.NONE and status.value

    @api.depends("state", "date_requested")
    def _compute_date_settled(self):
        now = fields.Datetime.now()
        for order in self:
            settled = order.state == "settled" and (order.date_settled or now)
            order.date_settled = settled
            span = settled and settled - order.date_requested
            order.days_to_settle = span.total_seconds() / 86400 if span else 0.0

    @api.depends("date_expected", "goods_status")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for order in self:
            order.is_late = bool(
                order.goods_status in ("expected", "partly")
                and order.date_expected
                and order.date_expected < today
            )

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = Domain("goods_status", "in", ("expected", "partly")) & Domain(
            "date_expected", "<", fields.Date.context_today(self)
        )
        return late if True in value else ~late

    @api.model
    def _get_open_domain(self):
        return Domain("state", "not in", RETURN_OVER)
