from collections import defaultdict

from odoo import api, fields, models

from ..logic import coverage


class StockMove(models.Model):
    _inherit = "stock.move"

    aftersales_charge = fields.Char(string="Who Pays", compute="_compute_aftersales_charge")
    aftersales_price_unit = fields.Float(
        string="Charged Each",
        compute="_compute_aftersales_charge",
        digits="Product Price",
        help="What the customer pays for one, as on the quotation or as it will be there.",
    )

    aftersales_reason = fields.Char(string="Why", compute="_compute_aftersales_charge")

    @api.depends_context("lang")
    @api.depends(
        "repair_id.aftersales_claim_id.charges",
        "repair_id.aftersales_claim_id.state",
        "product_id",
        "sale_line_id.price_unit",
        "sale_line_id.aftersales_agreed",
    )
    def _compute_aftersales_charge(self):
        self.aftersales_charge = self.aftersales_reason = False
        self.aftersales_price_unit = 0.0
        added = self.filtered(lambda move: move.repair_line_type == "add")
        prices = added._aftersales_get_prices()
        for move in added:
            claim = move.repair_id.aftersales_claim_id
            agreed = move.sudo().sale_line_id.aftersales_charge
            move.aftersales_charge = agreed or (claim and claim._describe_charge("part"))
            move.aftersales_reason = claim and claim._explain_charge("part")
            move.aftersales_price_unit = prices[move]

    def _aftersales_get_price(self, charge=None):
        """What the customer pays for one, see ``_aftersales_get_prices``."""
        return self._aftersales_get_prices(charge)[self]

    def _aftersales_get_prices(self, charge=None):
        """What the customer pays for one, as on the quotation or as it would be there.

        In company currency, before taxes are added. ``charge`` asks for prices by another decision
        than the claim's.
        """
        # superuser: prices of a quotation and costs are closed to storekeepers; what this repair
        # charges is not
        moves, prices = self.sudo(), {}
        if not charge:
            for move in moves.filtered("sale_line_id"):
                prices[move] = move._aftersales_get_quoted_price()
        unquoted = moves.filtered(lambda move: move not in prices and move.product_id)
        lists = unquoted._aftersales_get_list_prices()
        for move in moves.filtered(lambda move: move not in prices):
            product = move.product_id.with_company(move.company_id)
            prices[move] = move.product_id and coverage.price(
                charge or move.repair_id._aftersales_get_part_charge() or coverage.AT_LIST,
                list_price=lists[move],
                cost_price=product.uom_id._compute_price(product.standard_price, move.product_uom),
            )
        return {move: prices[move] or 0.0 for move in self}

    def _aftersales_get_quoted_price(self):
        line = self.sale_line_id
        return line.currency_id._convert(
            line.price_unit * (1 - line.discount / 100),
            self.company_id.currency_id,
            self.company_id,
            line.order_id.date_order or fields.Date.today(),
            round=False,
        )

    def _aftersales_get_list_prices(self):
        """Prices of the customers' pricelists in company currency: one look for all alike."""
        prices = {}
        customers = self.grouped(
            lambda move: (
                move.company_id or self.env.company,
                move.repair_id.partner_id,
                move.product_uom,
            )
        )
        for (company, partner, uom), moves in customers.items():
            pricelist = partner.with_company(company).property_product_pricelist
            found = pricelist._get_products_price(
                moves.product_id.with_company(company), 1.0, currency=company.currency_id, uom=uom
            )
            prices |= {move: found[move.product_id.id] for move in moves}
        return prices

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done._aftersales_relevant()._aftersales_sync_units()
        return done

    def _aftersales_follow_correction(self):
        """What these done transfers moved was corrected."""
        self._aftersales_relevant()._aftersales_sync_units()

    def _aftersales_relevant(self):
        """Moves of order lines that promise something, or of serials that carry a promise.

        Reads what these moves have read already: costs nothing where nobody uses plans.
        """
        return self.sudo().filtered(
            lambda move: (
                move.sale_line_id.aftersales_plan_id
                or move.sale_line_id.aftersales_policy_id
                or (move.has_tracking == "serial" and move.move_line_ids.lot_id.aftersales_unit_id)
                or move.picking_id.aftersales_repair_id
            )
        )

    def _aftersales_sync_units(self):
        """Bring the units in line with what these done moves say now (idempotent)."""
        if not self:
            return
        units = self.env["aftersales.unit"].sudo()
        first = self.filtered(lambda move: move._aftersales_is_first_delivery())
        promised = first.filtered(lambda move: move.sale_line_id._aftersales_promises())
        if promised:
            units._sync_deliveries(promised)
        if unpromised := first - promised:
            # sold again, without a promise: the former customer's does not go with it
            lines = unpromised.move_line_ids
            units._find_known(lines)._end_former(lines)
        doors = (self - first).filtered(lambda move: move._aftersales_passes_a_door())
        if doors:
            units._sync_returns(doors)

    def _aftersales_passes_a_door(self):
        """Goods leave a customer, or come to one again."""
        self.ensure_one()
        usages = {self.location_id.usage, self.location_dest_id.usage}
        return self.state == "done" and "customer" in usages and len(usages) == 2

    def _aftersales_is_first_delivery(self):
        """Sold goods reach a customer for the first time.

        A return sent out again, a unit handed back after its repair, a repair on the customer's
        site and an internal step of a chained delivery are none: they must never start or restart
        a promise.
        """
        self.ensure_one()
        return (
            self.state == "done"
            and not self.repair_id
            and not self.origin_returned_move_id
            and not self.picking_id.aftersales_repair_id
            and self.location_dest_id.usage == "customer"
            and self.location_id.usage != "customer"
        )

    # === RETURNS === #

    def _aftersales_first_deliveries(self):
        """The first deliveries these returns and re-deliveries go back to."""
        roots = self
        while followers := roots.filtered("origin_returned_move_id"):
            roots = (roots - followers) | followers.origin_returned_move_id
        return roots

    def _aftersales_balances(self):
        """What is away from the customer of these first deliveries.

        Returns two dicts with the key ``(first delivery id, lot id or False)``: quantities
        in product units (returns count up, re-deliveries down), and the last return for a refund
        that was not sent out again.
        """
        away, refunds = defaultdict(float), {}
        for root, move in self._aftersales_walk_journeys():
            out = move.location_dest_id.usage == "customer"
            for line in move.move_line_ids:
                lot = line.lot_id.id
                away[root.id, lot] += (-1 if out else 1) * line.quantity_product_uom
                refunds[root.id, lot] = move if move.to_refund and not out else self.browse()
        return away, refunds

    def _aftersales_walk_journeys(self, *, done_only=True):
        """Done (or also open) returns and re-deliveries that go back to these first deliveries.

        Yields ``(first delivery, move)``, step by step: one query a step, however many moves.
        """
        states = ("state", "=", "done") if done_only else ("state", "!=", "cancel")
        frontier = [(move, move) for move in self]
        while frontier:
            children = self.search(
                [
                    ("origin_returned_move_id", "in", [move.id for _root, move in frontier]),
                    states,
                ],
                order="date, id",
            ).grouped("origin_returned_move_id")
            frontier = [
                (root, child)
                for root, move in frontier
                for child in children.get(move, self.browse())
            ]
            yield from frontier

    # === REPAIR PARTS === #

    def _create_repair_sale_order_line(self):
        """Service agents put the parts of their repairs on the quotation, as they quote them."""
        moves = self
        if self.repair_id.filtered("aftersales_request_id")._aftersales_may_quote():
            moves = self.sudo()
        res = super(StockMove, moves)._create_repair_sale_order_line()
        self._aftersales_link_claims()
        return res

    def _aftersales_link_claims(self):
        """Lines of repair parts take payer and price from the claim of their repair."""
        for claim, moves in self.grouped(lambda move: move.repair_id.aftersales_claim_id).items():
            # superuser: whoever adds a part need not be allowed to edit quotations
            lines = moves.sale_line_id.sudo().filtered(
                lambda line, claim=claim: line.aftersales_claim_id != claim
            )
            if lines:
                lines.write({"aftersales_claim_id": claim.id, "aftersales_cost_type": "part"})
