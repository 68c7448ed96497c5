from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, clean_context

from ..logic import returns as rules


class StockMove(models.Model):
    """Which return a transfer belongs to, and what may still come back of a delivery."""

    _inherit = "stock.move"

    # copied on purpose: what is split, pushed on, or returned by Odoo's own dialog stays with it
    aftersales_return_line_id = fields.Many2one(
        "aftersales.return.line",
        string="Return Line",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )

    def _aftersales_lock(self):
        """Nobody else claims goods of these deliveries until this transaction ends.

        The rows are also touched: a transaction that began before another one committed its claim
        would not see it, so PostgreSQL sends it back, and Odoo takes it again with fresh eyes.
        """
        if not self:
            return
        ids = sorted(self.ids)
        self.env.execute_query(
            SQL("SELECT id FROM stock_move WHERE id = ANY(%s) ORDER BY id FOR UPDATE", ids)
        )
        self.env.cr.execute(
            SQL("UPDATE stock_move SET write_date = write_date WHERE id = ANY(%s)", ids)
        )

    def _aftersales_get_returnable(self, besides=None, lock=False):
        """What may still come back of these first deliveries, whoever asks.

        Returns ``{(move, lot): quantity}`` in units of measure of the products, with an empty lot
        for goods without a number: done out, less what is back, less what open returns wait for
        (``besides`` these return lines), less open transfers of Odoo's own return dialog.

        :param lock: keep it true until the transaction ends; ask so before claiming anything.
        """
        # superuser: what is left does not depend on who asks
        moves = self.sudo()
        if lock:
            moves._aftersales_lock()
        delivered = moves._aftersales_get_delivered()
        away = moves._aftersales_get_away()
        claimed = moves._aftersales_get_claims(besides)
        Lot = self.env["stock.lot"]
        return {
            (move, Lot.browse(lot)): quantity
            for move in self
            for lot, quantity in rules.returnable(
                delivered[move.id], away[move.id], claimed[move.id]
            ).items()
        }

    def _aftersales_get_delivered(self):
        """What each done delivery brought: ``{move id: {lot id or False: quantity}}``."""
        delivered = {move.id: defaultdict(float) for move in self}
        for move in self:
            for line in move.move_line_ids if move.state == "done" else ():
                delivered[move.id][line.lot_id.id] += line.quantity_product_uom
        return delivered

    def _aftersales_get_away(self):
        """What came back of first deliveries, or is on its way by Odoo's own return dialog."""
        away = {move.id: defaultdict(float) for move in self}
        for root, move in self._aftersales_walk_journeys(done_only=False):
            is_out = move.location_dest_id.usage == "customer"
            if move.state == "done":
                for line in move.move_line_ids:
                    sign = -1 if is_out else 1
                    away[root.id][line.lot_id.id] += sign * line.quantity_product_uom
            elif not (is_out or move.aftersales_return_line_id):
                move._aftersales_count_open(away[root.id])
        return away

    def _aftersales_count_open(self, away):
        """An open return that nobody asked us for: by the numbers it names, else by its demand."""
        named = 0.0
        for line in self.move_line_ids:
            if line.lot_id:
                away[line.lot_id.id] += line.quantity_product_uom
                named += line.quantity_product_uom
        # any number may come of what names none
        lot = False if self.product_id.tracking == "none" else None
        away[lot] += max(self.product_qty - named, 0.0)

    def _aftersales_get_claims(self, besides):
        """What open returns wait for: ``{move id: {lot id or False: quantity}}``."""
        claims = {move.id: defaultdict(float) for move in self}
        Line = self.env["aftersales.return.line"]
        rows = Line._read_group(
            Domain("delivery_move_id", "in", self.ids)
            & Domain("is_open", "=", True)
            & Domain("id", "not in", (besides or Line).ids),
            ["delivery_move_id", "lot_id"],
            ["quantity_expected:sum"],
        )
        for move, lot, quantity in rows:
            claims[move.id][lot.id] += quantity or 0.0
        return claims

    def _prepare_procurement_values(self):
        values = super()._prepare_procurement_values()
        if self.aftersales_return_line_id:
            values["aftersales_return_line_id"] = self.aftersales_return_line_id.id
        return values

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return [*super()._prepare_merge_moves_distinct_fields(), "aftersales_return_line_id"]


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _get_custom_move_fields(self):
        return [*super()._get_custom_move_fields(), "aftersales_return_line_id"]


class AftersalesReturnLine(models.Model):
    """Transfers of returns: made in one batch, by the values that Odoo's own dialog prepares."""

    _inherit = "aftersales.return.line"

    move_ids = fields.One2many("stock.move", "aftersales_return_line_id", copy=False)

    # === WHAT MAY COME BACK === #

    def _refuse_unreturnable(self):
        """Claim these goods, or say why that cannot be; keeps others out until it is saved."""
        lines = self.sudo()
        lines.unit_id._aftersales_lock()
        left = lines.delivery_move_id._aftersales_get_returnable(besides=lines, lock=True)
        left |= lines.unit_id._aftersales_get_returnable(besides=lines)
        left |= lines._get_returnable_accessories()
        for line in lines:
            key, wanted = line._get_goods_key(), line._get_wanted()
            if line.product_uom_id.compare(wanted, left.get(key, 0.0)) > 0:
                raise UserError(line._explain_shortage(wanted, left.get(key, 0.0)))
            left[key] = left.get(key, 0.0) - wanted

    def _get_goods_key(self):
        """What a line claims a share of: an accessory of a unit, a lot of a delivery, or a unit."""
        if self.component_id:
            return self.unit_id, self.component_id
        if self.delivery_move_id:
            return self.delivery_move_id, self.lot_id
        return self.unit_id

    def _get_returnable_accessories(self):
        """One for each unit, less what open returns wait for: ``{(unit, accessory): quantity}``."""
        mine = self.filtered("component_id")
        rows = self._read_group(
            Domain("unit_id", "in", mine.unit_id.ids)
            & Domain("component_id", "in", mine.component_id.ids)
            & Domain("is_open", "=", True)
            & Domain("id", "not in", self.ids),
            ["unit_id", "component_id"],
            ["quantity_expected:sum"],
        )
        claimed = {(unit, component): quantity for unit, component, quantity in rows}
        return {
            key: unit.quantity - claimed.get(key, 0.0)
            for line in mine
            for key, unit in [(line._get_goods_key(), line.unit_id)]
        }

    def _get_wanted(self):
        """What a line claims: as a draft, what it will; later, what is still to come."""
        submitted = self.return_id.date_submitted
        return self.quantity_expected if submitted else self.quantity_authorised

    def _explain_shortage(self, wanted, left):
        """Why so much cannot come back, and where the rest is."""
        words = {
            "goods": self.display_name,
            "wanted": f"{wanted:g}",
            "left": f"{left:g}",
            "unit": self.product_uom_id.name,
            "transfer": self.delivery_move_id.picking_id.name or self.unit_id.name or "",
        }
        others = self._find_other_claims()
        if others:
            words["others"] = ", ".join(others.return_id.mapped("name"))
        if self.is_serial and others:
            return self.env._("%(goods)s is in another open return: %(others)s.", **words)
        if self.is_serial:
            return self.env._("%(goods)s came back already.", **words)
        if others:
            return self.env._(
                "%(goods)s: of %(transfer)s only %(left)s %(unit)s can still come back, not "
                "%(wanted)s. The rest is back already, or in %(others)s.",
                **words,
            )
        return self.env._(
            "%(goods)s: of %(transfer)s only %(left)s %(unit)s can still come back, not "
            "%(wanted)s.",
            **words,
        )

    def _find_other_claims(self):
        goods = (
            Domain("delivery_move_id", "=", self.delivery_move_id.id)
            if self.delivery_move_id
            else Domain("unit_id", "=", self.unit_id.id)
        )
        return self.search(
            goods
            & Domain("lot_id", "=", self.lot_id.id)
            & Domain("component_id", "=", self.component_id.id)
            & Domain("is_open", "=", True)
            & Domain("id", "not in", self.ids)
        )

    # === TRANSFERS IN === #

    def _get_open_moves(self):
        """Transfers that are not done yet."""
        return self.sudo().move_ids.filtered(lambda move: move.state not in ("done", "cancel"))

    def _get_open_receipts(self):
        return self._get_open_moves().filtered(lambda move: move.location_id.usage == "customer")

    def _get_gone(self):
        """Transfers that moved goods."""
        return self.sudo().move_ids.filtered(lambda move: move.state == "done")

    def _create_receipts(self):
        """Let transfers wait for what is expected and has none yet; returns the new transfers.

        One transfer for each delivery, as Odoo's own return dialog makes it: same places, same
        links, but all in one batch, and with the serials that were said.
        """
        # superuser: agents let goods come without a right to move them; clean: see odoo#180008
        lines = self.sudo().with_context(clean_context(self.env.context))
        onward = lines.delivery_move_id.move_dest_ids
        onward.filtered(lambda move: move.state not in ("done", "cancel"))._do_unreserve()
        missing = {line: line._get_missing_demand() for line in lines}
        wanted = lines.filtered(lambda line: rules.exceeds(missing[line], 0))
        pickings = self.env["stock.picking"]
        for delivery, mine in wanted.grouped(
            lambda line: line.delivery_move_id.picking_id or line.return_id
        ).items():
            if delivery._name == "stock.picking":
                pickings |= mine._create_return_picking(delivery, missing)
            else:
                pickings |= mine._create_plain_picking(missing)
        wanted._fill_serials(pickings.move_ids)
        return pickings.with_env(self.env)

    def _get_missing_demand(self):
        """What is expected less what open transfers wait for."""
        waiting = sum(move.product_qty for move in self._get_open_receipts())
        return self.quantity_expected - waiting

    def _create_return_picking(self, delivery, missing):
        wizard = self.env["stock.return.picking"].new({"picking_id": delivery.id})
        values = wizard._prepare_picking_default_values_based_on(delivery)
        values |= {"origin": self.return_id[:1].name, "user_id": False}
        picking = delivery.copy(values)
        Row = self.env["stock.return.picking.line"]
        moves = []
        for line in self:
            row = Row.new(
                {
                    "wizard_id": wizard,
                    "product_id": line.product_id.id,
                    "move_id": line.delivery_move_id.id,
                    "uom_id": line.product_uom_id.id,
                    "quantity": missing[line],
                    "to_refund": line.outcome == "refund",
                }
            )
            values = row._prepare_move_default_values(picking) | line._prepare_move_links()
            moves += line.delivery_move_id.copy_data(values)
        self._confirm(picking, moves)
        picking.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": picking, "origin": self.return_id[:1]},
            subtype_xmlid="mail.mt_note",
        )
        return picking

    def _prepare_move_links(self):
        """The links that Odoo's dialog sets, so that chained transfers go on from the return."""
        move = self.delivery_move_id
        alive = [
            each
            for each in move.move_dest_ids.filtered(lambda each: each.state != "cancel")
            for each in each.move_orig_ids
            if each.state != "cancel"
        ]
        before = (
            move.move_dest_ids.returned_move_ids | move | move.browse(each.id for each in alive)
        )
        returned = move.move_orig_ids.returned_move_ids
        after = returned | returned.move_orig_ids.filtered(
            lambda each: each.state != "cancel"
        ).move_dest_ids.filtered(lambda each: each.state != "cancel")
        # goods that came as a replacement leave the order line they belong to when refunded
        line = move.sale_line_id or (self.outcome == "refund" and self.sale_line_id)
        return {
            "move_orig_ids": [Command.set(before.ids)],
            "move_dest_ids": [Command.set(after.ids)],
            "aftersales_return_line_id": self.id,
            "sale_line_id": line.id if line and line.product_id == self.product_id else False,
        }

    def _create_plain_picking(self, missing):
        """Goods that were never delivered from here come in by the warehouse's receipts."""
        order = self.return_id
        operation = order.warehouse_id.in_type_id
        customers = order.partner_id.with_company(order.company_id).property_stock_customer
        place = operation.default_location_dest_id or order.warehouse_id.lot_stock_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": operation.id,
                "partner_id": order.partner_id.id,
                "origin": order.name,
                "location_id": customers.id,
                "location_dest_id": place.id,
                "company_id": order.company_id.id,
            }
        )
        moves = [
            {
                "product_id": line.product_id.id,
                "product_uom": line.product_uom_id.id,
                "product_uom_qty": missing[line],
                "picking_id": picking.id,
                "picking_type_id": operation.id,
                "location_id": customers.id,
                "location_dest_id": place.id,
                "company_id": order.company_id.id,
                "aftersales_return_line_id": line.id,
                "to_refund": line.outcome == "refund",
            }
            for line in self
        ]
        self._confirm(picking, moves)
        return picking

    def _confirm(self, picking, moves):
        """Create the moves of a transfer in one batch, and confirm it."""
        self.env["stock.move"].create(moves)
        picking.action_confirm()

    def _fill_serials(self, moves):
        """The moves are ready, each with the serial or lot that was said, not an arbitrary one."""
        rows = []
        for move in moves:
            lot = move.aftersales_return_line_id.lot_id
            if move.move_line_ids:  # Odoo was quicker: without a delivery behind it nothing waits
                move.move_line_ids.write({"lot_id": lot.id, "lot_name": lot.name})
                continue
            rows.append(
                {
                    **move._prepare_move_line_vals(quantity=move.product_qty),
                    "lot_id": lot.id,
                    "lot_name": lot.name,
                }
            )
        self.env["stock.move.line"].create(rows)._apply_putaway_strategy()
        moves.write({"state": "assigned"})

    def action_waive(self):
        """Nothing more comes of these lines: transfers stop waiting for the rest."""
        self.return_id._refuse_unless_agent()
        self.check_access("write")
        for line in self.sudo():
            line._get_open_receipts()._action_cancel()
            line.quantity_waived += line.quantity_expected
            line.return_id._message_log(
                body=self.env._("%s: the rest is not expected any more.", line.display_name)
            )

    def action_expect_again(self):
        """What was waived comes after all."""
        self.return_id._refuse_unless_agent()
        self.check_access("write")
        lines = self.sudo()
        lines.write({"quantity_waived": 0})
        lines._refuse_unreturnable()
        return lines._create_receipts()
