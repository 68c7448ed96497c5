from odoo import fields, models
from odoo.exceptions import UserError


class StockMove(models.Model):
    """What arrives is what was authorised: anything else is said, not silently booked."""

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        mine = self.filtered("aftersales_return_line_id")
        mine._aftersales_check_receipt()
        done = super()._action_done(cancel_backorder=cancel_backorder)
        # superuser: storekeepers receive, cases follow
        lines = done.sudo().aftersales_return_line_id
        lines._recount_transfers()
        lines._after_transfer(done.sudo())
        return done

    def _aftersales_check_receipt(self):
        """Refuse what was not authorised: other serials, and more than was said."""
        # superuser: storekeepers need not see returns to receive them
        moves = self.sudo().filtered(
            lambda move: move.state not in ("done", "cancel") and move._aftersales_is_receipt()
        )
        if not moves:
            return
        moves.aftersales_return_line_id.delivery_move_id._aftersales_lock()
        for line, mine in moves.grouped("aftersales_return_line_id").items():
            arriving = mine.move_line_ids.filtered("picked")
            line._refuse_other_serials(arriving)
            line._refuse_more(sum(arriving.mapped("quantity_product_uom")))

    def _aftersales_is_receipt(self):
        """Goods of a return come in; a replacement that comes back is none."""
        self.ensure_one()
        origin = self.origin_returned_move_id
        return self.location_id.usage == "customer" and (
            origin.aftersales_return_line_id != self.aftersales_return_line_id
        )


class AftersalesReturnLine(models.Model):
    """Goods arrive: the right ones, as many as were authorised."""

    _inherit = "aftersales.return.line"

    def _refuse_other_serials(self, rows):
        """Another serial than the one that was authorised is not received under this line."""
        self.ensure_one()
        for row in rows:
            number = row.lot_id.name or row.lot_name
            if self.lot_id and number and number != self.lot_id.name:
                raise UserError(
                    self.env._(
                        "%(number)s came instead of %(goods)s, for which %(name)s was authorised. "
                        "Do not receive it here: report it with “Something Else Came” on the "
                        "return, or let an agent authorise that serial.",
                        number=number,
                        goods=self.display_name,
                        name=self.return_id.name,
                    )
                )

    def _refuse_more(self, quantity):
        self.ensure_one()
        order = self.return_id
        room = self.quantity_authorised - self.quantity_waived - self.quantity_received
        words = {
            "name": order.name,
            "goods": self.display_name,
            "came": f"{quantity:g}",
            "room": f"{max(room, 0):g}",
            "unit": self.product_uom_id.name,
        }
        if order.date_cancelled or order.date_refused or not order.date_authorised:
            raise UserError(
                self.env._("%(name)s is not authorised (any more). Nothing comes with it.", **words)
            )
        if self.product_uom_id.compare(quantity, room) > 0:
            raise UserError(
                self.env._(
                    "%(name)s expects %(room)s %(unit)s of %(goods)s, not %(came)s. Receive what "
                    "was authorised, and let an agent take another return for the rest.",
                    **words,
                )
            )

    def _after_transfer(self, moves):
        """Goods of these lines moved: cases, reminders and drafts follow."""
        if not self:
            return
        came = moves.filtered(lambda move: move.aftersales_return_line_id in self)
        arrived = came.filtered(lambda move: move._aftersales_is_receipt())
        lines = arrived.aftersales_return_line_id
        lines._keep_serials()
        lines.return_id.request_id._note_fact("date_unit_arrived")
        lines._adjust_invoices_of_kept_goods()
        lines.return_id._remind_of_refunds()
        lines.return_id._tell_customers()

    def _keep_serials(self):
        """What is still to come is the lot that was said, whatever Odoo reserved for the rest."""
        for line in self.filtered("lot_id"):
            rows = line._get_open_receipts().move_line_ids
            rows.filtered(lambda row, line=line: row.lot_id != line.lot_id).lot_id = line.lot_id


class AftersalesReturn(models.Model):
    _inherit = "aftersales.return"

    def action_receive(self):
        """Enter what came, in a dialog that shows what was authorised."""
        self.ensure_one()
        self._refuse_unless("authorised")
        return self._get_dialog("aftersales.return.receipt", self.env._("Receive Goods"))

    def _receive(self, quantities):
        """Do the transfers of what came: ``{line: quantity}`` in units of measure of products.

        What is missing stays expected, in a transfer of its own.
        """
        moves = self.line_ids._get_open_receipts()
        waiting = moves.picking_id
        for move in moves:
            line = move.aftersales_return_line_id
            part = min(quantities.get(line, 0.0), move.product_qty)
            if line in quantities:
                quantities = quantities | {line: quantities[line] - part}
            move.quantity = line.product_uom_id._compute_quantity(part, move.product_uom)
            move.picked = part > 0
        done = waiting.filtered(lambda picking: any(picking.move_ids.mapped("picked")))
        done.with_context(skip_backorder=True)._action_done()
        return done

    def _report_other_goods(self, note):
        """Something else came than was authorised: it stays apart, and the responsible decides."""
        self.ensure_one()
        # superuser: storekeepers report, the case is somebody else's
        order = self.sudo()
        order._message_log(body=self.env._("Something else came: %s", note))
        order.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Something else came with %s", order.name),
            note=note,
            user_id=order.user_id.id or self.env.uid,
            date_deadline=fields.Date.context_today(self),
        )
