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

    @api.depends_context("lang")
    @api.depends("repair_id.aftersales_claim_id.charges", "product_id", "sale_line_id.price_unit")
    def _compute_aftersales_charge(self):
        self.aftersales_charge = False
        self.aftersales_price_unit = 0.0
        for move in self.filtered(lambda move: move.repair_line_type == "add"):
            claim = move.repair_id.aftersales_claim_id
            move.aftersales_charge = claim and claim._describe_charge("part")
            move.aftersales_price_unit = move._aftersales_get_price()

    def _aftersales_get_price(self):
        # superuser: prices of a quotation and costs are closed to storekeepers; what this repair
        # charges is not
        line = self.sudo().sale_line_id
        if line:
            return line.price_unit
        product = self.product_id.with_company(self.company_id).sudo()
        claim = self.repair_id.aftersales_claim_id
        charge = (claim and claim._get_charge("part")) or coverage.AT_LIST
        return coverage.price(
            charge, list_price=product.lst_price, cost_price=product.standard_price
        )

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done._aftersales_promised()._aftersales_sync_units()
        return done

    def _aftersales_promised(self):
        """Moves of order lines that promise something; costs nothing where nobody uses plans."""
        return self.sudo().filtered(lambda move: move.sale_line_id.aftersales_plan_id)

    def _aftersales_sync_units(self):
        """Bring the units in line with what these done moves say now (idempotent)."""
        if not self:
            return
        first = self.filtered(lambda move: move._aftersales_is_first_delivery())
        if first:
            self.env["aftersales.unit"].sudo()._sync_deliveries(first)
        back_or_forth = (self - first).filtered(lambda move: move.origin_returned_move_id)
        if back_or_forth:
            self.env["aftersales.unit"].sudo()._sync_returns(back_or_forth)

    def _aftersales_is_first_delivery(self):
        """Sold goods reach a customer for the first time.

        A return sent out again, a repair on the customer's site and an internal step of a chained
        delivery are none: they must never start or restart a promise.
        """
        self.ensure_one()
        return (
            self.state == "done"
            and not self.repair_id
            and not self.origin_returned_move_id
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
        """What is away from the customer of these first deliveries, in product units.

        Returns ``{(first delivery id, serial lot id or False): quantity}``: returns count up,
        re-deliveries down.
        """
        balances = defaultdict(float)
        frontier = [(move, move) for move in self]
        while frontier:
            children = self.search(
                [
                    ("origin_returned_move_id", "in", [move.id for _root, move in frontier]),
                    ("state", "=", "done"),
                ]
            ).grouped("origin_returned_move_id")
            frontier = [
                (root, child)
                for root, move in frontier
                for child in children.get(move, self.browse())
            ]
            for root, move in frontier:
                sign = -1 if move.location_dest_id.usage == "customer" else 1
                for line in move.move_line_ids:
                    lot = line.lot_id.id if line.product_id.tracking == "serial" else False
                    balances[root.id, lot] += sign * line.quantity_product_uom
        return balances

    def _aftersales_get_journeys(self):
        """Done returns and re-deliveries that go back to these first deliveries."""
        journeys = frontier = self
        while frontier:
            frontier = self.search(
                [("origin_returned_move_id", "in", frontier.ids), ("state", "=", "done")]
            )
            journeys |= frontier
        return journeys - self

    # === REPAIR PARTS === #

    def _create_repair_sale_order_line(self):
        res = super()._create_repair_sale_order_line()
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
                lines.aftersales_claim_id = claim
