from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

from ..logic import returns as rules


class AftersalesReturnLine(models.Model):
    """What the customer gets: a replacement, a repair, the goods; and what becomes of the rest.

    Replacements leave by transfers of their own, without any link to the order: a transfer that
    knows its order adds lines to it, and makes it believe that something is to be invoiced. Only
    where the customer pays a difference does a quotation of its own sell the replacement.
    """

    _inherit = "aftersales.return.line"

    repair_ids = fields.One2many("repair.order", "aftersales_return_line_id", copy=False)
    scrap_ids = fields.One2many("stock.scrap", "aftersales_return_line_id", copy=False)
    sale_line_ids = fields.One2many("sale.order.line", "aftersales_return_line_id", copy=False)

    # === EXCHANGE === #

    def action_replace(self):
        """Send the replacements that are owed, or quote them where the customer pays for more."""
        self.return_id._refuse_unless_agent()
        self.check_access("write")
        # superuser: agents settle returns without a right to sell
        lines = self.sudo().with_context(clean_context(self.env.context))
        for line in lines:
            line._refuse_replacement()
        for line in lines:
            if rules.exceeds(line._get_difference(), 0):
                line._quote_replacement()
            else:
                line._send_replacement()
        return True

    def _refuse_replacement(self):
        words = {"goods": self.display_name, "name": self.return_id.name}
        if self.outcome != "exchange":
            raise UserError(self.env._("%(goods)s is not to be exchanged.", **words))
        if problem := self._get_promise_problem():
            raise UserError(problem)
        is_other = self.exchange_product_id != self.product_id
        if is_other and not self.is_overridden and self._get_other_model_rule() == "never":
            raise UserError(
                self.env._(
                    "%(goods)s: only the same model was promised. Let a manager grant another one.",
                    **words,
                )
            )
        if is_other and not self.is_other_model_agreed:
            raise UserError(
                self.env._(
                    "%(goods)s would be exchanged for another model. That needs the customer's "
                    "consent: tick it when you have it.",
                    **words,
                )
            )
        if not rules.exceeds(self._get_replacement_owed(), 0):
            raise UserError(
                self.env._(
                    "No replacement of %(goods)s is owed now: inspect what came first, or send "
                    "it in advance.",
                    **words,
                )
            )

    def _get_replacement_owed(self):
        """How many replacements are owed and not on their way."""
        order = self.return_id
        owed = self.quantity_accepted if self.quantity_inspected else 0.0
        if order.is_advance and order.date_authorised and self.is_open:
            # what came and was not accepted earns none
            rejected = self.quantity_inspected and self.quantity_received - self.quantity_accepted
            owed = self.quantity_authorised - self.quantity_waived - rejected
        moving = sum(
            move.product_qty
            for move in self._get_open_moves()
            if move.location_dest_id.usage == "customer" and not move.origin_returned_move_id
        )
        quoted = sum(
            line.product_uom_id._compute_quantity(
                line.product_uom_qty - line.qty_delivered, self.product_uom_id
            )
            for line in self.sale_line_ids
            if line.state in ("draft", "sent")
        )
        return owed - self.quantity_replaced - moving - quoted

    def _get_difference(self):
        """What the customer pays for each (negative: gets back), untaxed, in the order's money."""
        if self.exchange_product_id == self.product_id or not self.sale_line_id:
            return 0.0
        return rules.price_difference(
            rules.Rule(self.price_rule), self._get_former_price(), self._get_new_price()
        )

    def _get_former_price(self):
        """What was paid for one, untaxed, in the unit of measure of the product."""
        line = self.sale_line_id
        return line.product_uom_id._compute_price(line.price_reduce_taxexcl, self.product_uom_id)

    def _get_new_price(self):
        order = self.sale_line_id.order_id
        day = fields.Datetime.now()
        return order.pricelist_id._get_product_price(
            self.exchange_product_id, 1.0, currency=order.currency_id, date=day
        )

    def _send_replacement(self):
        """A delivery of its own, by the routes of the warehouse."""
        order = self.return_id
        sold = self.sale_line_id.order_id
        address = sold.partner_shipping_id or order.partner_id
        place = address.with_company(order.company_id).property_stock_customer
        quantity = self._get_replacement_owed()
        product = self.exchange_product_id
        values = {
            "warehouse_id": order.warehouse_id,
            "partner_id": address.id,
            "company_id": order.company_id,
            "date_planned": fields.Datetime.now(),
            "location_final_id": place,
            "aftersales_return_line_id": self.id,
        }
        Rule = self.env["stock.rule"]
        Rule.run(
            [
                Rule.Procurement(
                    product,
                    quantity,
                    product.uom_id,
                    place,
                    product.display_name,
                    order.name,
                    order.company_id,
                    values,
                )
            ]
        )
        self._avoid_returned_goods()

    def _avoid_returned_goods(self):
        """What came back faulty is on the shelf again: it must not leave as a replacement."""
        rows = self._get_open_moves().move_line_ids.filtered("lot_id")
        outgoing = rows.filtered(lambda row: row.location_id.usage == "internal")
        faulty = self.search(
            [
                ("lot_id", "in", outgoing.lot_id.ids),
                ("quantity_received", ">", 0),
                ("result", "not in", ("ok", "no_fault")),
            ]
        ).filtered(lambda line: rules.exceeds(line.quantity_received, line.quantity_back))
        for row in outgoing.filtered(lambda row: row.lot_id in faulty.lot_id):
            move = row.move_id
            row.unlink()
            quants = self.env["stock.quant"]._gather(move.product_id, move.location_id)
            free = quants.filtered(
                lambda quant: (
                    quant.lot_id
                    and quant.lot_id not in faulty.lot_id
                    and quant.quantity - quant.reserved_quantity >= 1
                )
            )[:1]
            if free:
                move._update_reserved_quantity(
                    1 if move.has_tracking == "serial" else move.product_qty,
                    free.location_id,
                    lot_id=free.lot_id,
                    strict=False,
                )
            move._recompute_state()

    def _quote_replacement(self):
        """The customer pays more for another model: that is sold, at the difference."""
        sold, order = self.sale_line_id.order_id, self.return_id
        quantity = self._get_replacement_owed()
        quotation = self.env["sale.order"].create(
            {
                "partner_id": order.partner_id.id,
                "partner_invoice_id": sold.partner_invoice_id.id,
                "partner_shipping_id": sold.partner_shipping_id.id,
                "company_id": order.company_id.id,
                "pricelist_id": sold.pricelist_id.id,
                "warehouse_id": order.warehouse_id.id,
                "user_id": sold.user_id.id,
                "origin": order.name,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.exchange_product_id.id,
                            "product_uom_qty": quantity,
                            "price_unit": self._get_difference(),
                            "aftersales_plan_id": self.sale_line_id.aftersales_plan_id.id,
                            "aftersales_return_line_id": self.id,
                        }
                    )
                ],
            }
        )
        order._message_log(
            body=self.env._(
                "%(goods)s: the difference is quoted with %(quotation)s.",
                goods=self.display_name,
                quotation=quotation._get_html_link(),
            )
        )

    # === REPAIR === #

    def action_repair(self):
        """Make the repair orders of what is to be repaired, each in its case."""
        self.return_id._refuse_unless_agent()
        for line in self:
            line._refuse_repair()
        repairs = self.env["repair.order"]
        for line in self:
            request = line._get_request()
            repair = repairs.browse(request.action_create_repair()["res_id"])
            repair.write(line._prepare_repair())
            repairs |= repair
        return repairs._get_records_action(name=self.env._("Repairs"))

    def _refuse_repair(self):
        if self.outcome not in ("repair", "refurbish"):
            raise UserError(self.env._("%s is not to be repaired.", self.display_name))
        if problem := self._get_promise_problem():
            raise UserError(problem)
        if not self._is_to_repair():
            raise UserError(
                self.env._(
                    "%s is not here, not inspected, or in repair already.", self.display_name
                )
            )

    def _is_to_repair(self):
        """Inspected, to be repaired, and no repair order has it yet."""
        alive = self.repair_ids.filtered(lambda repair: repair.state != "cancel")
        owed = self.quantity_accepted - sum(alive.mapped("product_qty"))
        return (
            self.outcome in ("repair", "refurbish")
            and rules.exceeds(self.quantity_inspected, 0)
            and rules.exceeds(owed, 0)
        )

    def _get_request(self):
        """The case of this line's unit: that of the return, or one of its own."""
        request = self.return_id.request_id
        about_it = request.product_id == self.product_id and (
            not self.unit_id or request.unit_id == self.unit_id
        )
        if request and about_it:
            return request
        values = {
            "title": self.env._(
                "%(name)s: repair of %(goods)s",
                name=self.return_id.name,
                goods=self.display_name,
            ),
            "partner_id": self.return_id.partner_id.id,
            "company_id": self.company_id.id,
            "product_id": self.product_id.id,
            "unit_id": self.unit_id.id,
            "fault_id": self.fault_id.id,
            "date_reported": self.return_id.date_requested,
            "date_failure": self.return_id._get_local_date(self.return_id.date_requested),
            "type_id": self.env.ref("aftersales_service.request_type_fault").id,
        }
        return self.env["aftersales.request"].create(values)

    def _prepare_repair(self):
        receipts = self._get_gone().filtered(lambda move: move.location_id.usage == "customer")
        alive = self.repair_ids.filtered(lambda repair: repair.state != "cancel")
        return {
            "aftersales_return_line_id": self.id,
            "picking_id": receipts[-1:].picking_id.id,
            "lot_id": self.lot_id.id,
            "product_qty": self.quantity_accepted - sum(alive.mapped("product_qty")),
        }

    # === BACK TO THE CUSTOMER === #

    def action_send_back(self):
        """Let the goods that are the customer's leave again: a re-delivery starts no promise."""
        self.return_id._refuse_unless_agent()
        self.check_access("write")
        lines = self.sudo().with_context(clean_context(self.env.context))
        wanted = {line: line._get_owed_back() for line in lines}
        if not any(rules.exceeds(quantity, 0) for quantity in wanted.values()):
            raise UserError(
                self.env._(
                    "Nothing of %s goes back now: it is not here, not inspected, still in repair, "
                    "or under way already.",
                    ", ".join(lines.mapped("display_name")),
                )
            )
        owed = lines.filtered(lambda line: rules.exceeds(wanted[line], 0))
        pickings = owed._hand_back_repairs()
        # what no repair hands back: goods that were not accepted, or are returned as they are
        wanted = {line: line._get_owed_back() for line in owed}
        rest = owed.filtered(lambda line: rules.exceeds(wanted[line], 0))
        pickings = (pickings | rest._create_redeliveries(wanted)).with_env(self.env)
        return pickings._get_records_action(name=self.env._("Transfers"))

    def _hand_back_repairs(self):
        """Repaired goods leave through their repairs, with all that their plans demand."""
        ready = self.repair_ids.filtered(
            lambda repair: (
                repair.state == "done"
                and not repair.aftersales_date_handed_back
                and not repair._aftersales_get_open("hand_back")
            )
        )
        return ready._aftersales_bring_back()

    def _get_owed_back(self):
        """How much of what is here goes back and is not on its way."""
        if not reaches_inspection(self):
            return 0.0
        owed = 0.0
        if self.outcome == "back":
            owed = self.quantity_received
        elif self.outcome in ("repair", "refurbish"):
            owed = min(self.quantity_repaired, self.quantity_accepted)
            owed += self._get_rest() if self.rest_to == "back" else 0.0
        elif self.rest_to == "back":
            owed = self._get_rest()
        moving = sum(
            move.product_qty
            for move in self._get_open_moves()
            if move.location_dest_id.usage == "customer" and move.origin_returned_move_id
        )
        return owed - self.quantity_back - moving

    def _get_rest(self):
        """What came and was not accepted."""
        return max(self.quantity_received - self.quantity_accepted, 0.0)

    def _create_redeliveries(self, wanted):
        """The return of the return, as Odoo's own dialog makes it: one for each receipt."""
        parts = {}
        for line in self:
            receipts = line._get_gone().filtered(lambda move: move._aftersales_is_receipt())
            here = [
                (move, move.product_qty - move._aftersales_get_gone_again()) for move in receipts
            ]
            parts |= dict(rules.allocate(wanted[line], here)[0])
        moves = self.env["stock.move"].union(*parts)
        pickings = self.env["stock.picking"]
        for receipt in moves.picking_id:
            wizard = self.env["stock.return.picking"].create({"picking_id": receipt.id})
            for row in wizard.product_return_moves:
                row.quantity = row.move_id.product_id.uom_id._compute_quantity(
                    parts.get(row.move_id, 0.0), row.uom_id
                )
                row.to_refund = row.move_id.to_refund
            picking = pickings.browse(wizard.action_create_returns()["res_id"])
            picking.origin = moves.aftersales_return_line_id.return_id[:1].name
            pickings |= picking
        for move in pickings.move_ids:
            lot = move.aftersales_return_line_id.lot_id
            if lot and move.move_line_ids.lot_id != lot:
                move.move_line_ids.lot_id = lot
        return pickings

    # === GOODS THAT STAY === #

    def action_dispose(self):
        """What stays with us goes where it was said: to scrap, or to the supplier."""
        self.return_id._refuse_unless_agent()
        self.check_access("write")
        for line in self.sudo().with_context(clean_context(self.env.context)):
            if line.rest_to == "scrap":
                line._scrap(line._get_rest() - line.quantity_back - line.quantity_scrapped, True)
            stays = line.outcome not in ("repair", "refurbish", "back")
            if stays and line.destination == "scrap":
                line._scrap(line.quantity_accepted - line._get_scrapped_own(), False)
            elif stays and line.destination == "supplier":
                line._send_to_supplier()
        return True

    def _is_to_dispose(self):
        """Something that stays with us is not yet where it was said to go."""
        if not reaches_inspection(self):
            return False
        if self.rest_to == "scrap" and rules.exceeds(
            self._get_rest(), self.quantity_back + self.quantity_scrapped
        ):
            return True
        if self.outcome in ("repair", "refurbish", "back"):
            return False
        gone = {
            "stock": self.quantity_accepted,
            "scrap": self._get_scrapped_own(),
            "supplier": self._get_supplied(),
        }[self.destination]
        return rules.exceeds(self.quantity_accepted, gone)

    def _get_supplied(self):
        """What is with the supplier, or on its way there."""
        moving = [
            move.product_qty
            for move in self._get_open_moves()
            if move.location_dest_id.usage == "supplier"
        ]
        return self.quantity_supplied + sum(moving)

    def _get_scrapped_own(self):
        mine = self.scrap_ids.filtered(
            lambda scrap: scrap.state == "done" and not scrap.aftersales_is_rest
        )
        return sum(mine.mapped("scrap_qty"))

    def _get_place(self):
        """Where what came is now."""
        receipts = self._get_gone().filtered(lambda move: move._aftersales_is_receipt())
        return (self.lot_id and self.lot_id.location_id) or receipts[-1:].location_dest_id

    def _scrap(self, quantity, is_rest):
        if not rules.exceeds(quantity, 0) or not reaches_inspection(self):
            return
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product_id.id,
                "product_uom_id": self.product_uom_id.id,
                "lot_id": self.lot_id.id,
                "scrap_qty": quantity,
                "location_id": self._get_place().id,
                "company_id": self.company_id.id,
                "origin": self.return_id.name,
                "aftersales_return_line_id": self.id,
                "aftersales_is_rest": is_rest,
            }
        )
        scrap.do_scrap()

    def _send_to_supplier(self):
        quantity = self.quantity_accepted - self._get_supplied()
        if not rules.exceeds(quantity, 0):
            return
        order = self.return_id
        seller = self.product_id._select_seller(quantity=quantity).partner_id
        suppliers = seller.with_company(order.company_id).property_stock_supplier or self.env.ref(
            "stock.stock_location_suppliers"
        )
        operation = order.warehouse_id.out_type_id
        place = self._get_place()
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": operation.id,
                "partner_id": seller.id,
                "origin": order.name,
                "location_id": place.id,
                "location_dest_id": suppliers.id,
                "company_id": order.company_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.product_id.id,
                            "product_uom": self.product_uom_id.id,
                            "product_uom_qty": quantity,
                            "location_id": place.id,
                            "location_dest_id": suppliers.id,
                            "company_id": order.company_id.id,
                            "aftersales_return_line_id": self.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()

    # === WHAT ODOO COUNTS AS DELIVERED === #

    def write(self, vals):
        res = super().write(vals)
        if vals.keys() & {"outcome", "wish", "result", "quantity_accepted"}:
            self._follow_outcome()
        return res

    def _follow_outcome(self):
        """Goods that are refunded leave the delivered quantity of the order; others do not."""
        # superuser: transfers of returns follow their outcome, whoever decides it
        for is_refund, lines in self.sudo().grouped(lambda line: line.outcome == "refund").items():
            moves = lines.move_ids.filtered(
                lambda move, to_refund=is_refund: (
                    move.state != "cancel"
                    and move._aftersales_is_of_goods()
                    and move.to_refund != to_refund
                )
            )
            if not moves:
                continue
            moves.to_refund = is_refund
            sold = moves.sale_line_id
            self.env.add_to_compute(sold._fields["qty_delivered"], sold)
            sold.modified(["qty_delivered"])
            done = moves.filtered(lambda move: move.state == "done")
            done._aftersales_relevant()._aftersales_sync_units()


def reaches_inspection(line):
    """Everything that came was looked at."""
    return rules.exceeds(line.quantity_received, 0) and rules.reaches(
        line.quantity_inspected, line.quantity_received
    )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _aftersales_is_of_goods(self):
        """The goods themselves come in or go back; not a replacement, and not inside our walls."""
        self.ensure_one()
        usages = {self.location_id.usage, self.location_dest_id.usage}
        if "customer" not in usages or len(usages) < 2:
            return False
        return self.location_id.usage == "customer" or bool(self.origin_returned_move_id)

    def _aftersales_get_gone_again(self):
        """How much of a receipt left again, or is about to."""
        again = self.returned_move_ids.filtered(
            lambda move: move.state != "cancel" and move.location_dest_id.usage == "customer"
        )
        return sum(
            move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id)
            if move.state == "done"
            else move.product_qty
            for move in again
        )


class RepairOrder(models.Model):
    _inherit = "repair.order"

    aftersales_return_line_id = fields.Many2one(
        "aftersales.return.line",
        string="Return Line",
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="set null",
    )

    def _aftersales_prepare_picking(self, role, place):
        """What a repair hands back leaves the return it came with."""
        values = super()._aftersales_prepare_picking(role, place)
        if role == "hand_back" and self.aftersales_return_line_id:
            for _command, _id, move in values["move_ids"]:
                move["aftersales_return_line_id"] = self.aftersales_return_line_id.id
        return values

    def _aftersales_get_origin(self, role):
        line = self.sudo().aftersales_return_line_id
        if role == "hand_back" and line:
            receipts = line._get_gone().filtered(lambda move: move._aftersales_is_receipt())
            return receipts[-1:]
        return super()._aftersales_get_origin(role)


class StockScrap(models.Model):
    _inherit = "stock.scrap"

    aftersales_return_line_id = fields.Many2one(
        "aftersales.return.line",
        string="Return Line",
        copy=False,
        readonly=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    aftersales_is_rest = fields.Boolean(
        string="Given Up by the Customer", copy=False, readonly=True
    )


class SaleOrderLine(models.Model):
    """A replacement that the customer pays more for is sold; its delivery settles the return."""

    _inherit = "sale.order.line"

    aftersales_return_line_id = fields.Many2one(
        "aftersales.return.line",
        string="Replaces Goods of",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    def _prepare_procurement_values(self):
        values = super()._prepare_procurement_values()
        if self.aftersales_return_line_id:
            values["aftersales_return_line_id"] = self.aftersales_return_line_id.id
        return values


class AftersalesReturn(models.Model):
    _inherit = "aftersales.return"

    has_to_replace = fields.Boolean(compute="_compute_next_steps")
    has_to_repair = fields.Boolean(compute="_compute_next_steps")
    has_to_send_back = fields.Boolean(compute="_compute_next_steps")
    has_to_refund = fields.Boolean(compute="_compute_next_steps")
    has_to_inspect = fields.Boolean(compute="_compute_next_steps")
    has_to_dispose = fields.Boolean(compute="_compute_next_steps")

    @api.depends(
        "line_ids.status",
        "line_ids.outcome",
        "line_ids.destination",
        "line_ids.quantity_accepted",
        "line_ids.quantity_inspected",
        "is_advance",
    )
    def _compute_next_steps(self):
        """Which buttons have something to do."""
        for order in self:
            lines = order.sudo().line_ids.filtered(lambda line: line.is_open)
            order.has_to_inspect = any(
                rules.exceeds(line.quantity_received, line.quantity_inspected) for line in lines
            )
            order.has_to_replace = any(
                line.outcome == "exchange" and rules.exceeds(line._get_replacement_owed(), 0)
                for line in lines
            )
            order.has_to_repair = any(line._is_to_repair() for line in lines)
            order.has_to_send_back = any(rules.exceeds(line._get_owed_back(), 0) for line in lines)
            order.has_to_refund = any(
                rules.exceeds(line._get_refund_missing(), 0) for line in lines
            )
            order.has_to_dispose = any(line._is_to_dispose() for line in order.sudo().line_ids)

    def action_replace(self):
        lines = self.line_ids.filtered(
            lambda line: (
                line.outcome == "exchange" and rules.exceeds(line._get_replacement_owed(), 0)
            )
        )
        return lines.action_replace()

    def action_repair(self):
        return self.line_ids.filtered(lambda line: line._is_to_repair()).action_repair()

    def action_send_back(self):
        lines = self.line_ids.filtered(lambda line: rules.exceeds(line._get_owed_back(), 0))
        return (lines or self.line_ids).action_send_back()

    def action_dispose(self):
        return self.line_ids.action_dispose()

    def action_waive(self):
        """Nothing more comes of anything."""
        self._refuse_unless("authorised")
        self.line_ids.filtered(lambda line: rules.exceeds(line.quantity_expected, 0)).action_waive()
