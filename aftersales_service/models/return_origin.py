from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class AftersalesReturn(models.Model):
    """Where returns come from: an order, a delivery, a request, a unit."""

    _inherit = "aftersales.return"

    picking_count = fields.Integer(compute="_compute_document_counts")
    credit_note_count = fields.Integer(compute="_compute_document_counts")
    repair_count = fields.Integer(compute="_compute_document_counts")
    quotation_count = fields.Integer(compute="_compute_document_counts")

    def _compute_document_counts(self):
        for order in self:
            # superuser: that something exists is no secret; opening it is the reader's right
            lines = order.sudo().line_ids
            order.picking_count = len(lines.move_ids.picking_id)
            order.credit_note_count = len(lines.invoice_line_ids.move_id)
            order.repair_count = len(lines.repair_ids)
            order.quotation_count = len(lines.sale_line_ids.order_id)

    @api.model
    def _new_from(self, moves=None, units=None, **values):
        """A new return, with a dialog that offers what may still come back of these goods."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Choose Goods"),
            "res_model": "aftersales.return.goods",
            "view_mode": "form",
            "target": "new",
            "context": {
                **{f"default_{name}": value for name, value in values.items() if value},
                "default_move_ids": moves.ids if moves else [],
                "default_unit_ids": units.ids if units else [],
            },
        }
        return action

    def action_choose_goods(self):
        """Choose what comes back from what was delivered to this customer."""
        self.ensure_one()
        self._refuse_unless("draft")
        return self._new_from(self._get_delivered_moves(), return_id=self.id)

    def _get_delivered_moves(self):
        """First deliveries to this customer: of the order where there is one."""
        self.ensure_one()
        if self.order_id:
            return self.order_id._aftersales_get_deliveries()
        customer = self.partner_id.commercial_partner_id
        moves = (
            self.env["stock.move"]
            .sudo()
            .search(
                Domain("state", "=", "done")
                & Domain("company_id", "=", self.company_id.id)
                & Domain("location_dest_id.usage", "=", "customer")
                & Domain("origin_returned_move_id", "=", False)
                & Domain("picking_id.partner_id.commercial_partner_id", "=", customer.id),
                order="date desc",
                limit=200,
            )
        )
        return moves.filtered(lambda move: move._aftersales_is_first_delivery())

    def action_view_pickings(self):
        self.ensure_one()
        pickings = self.sudo().line_ids.move_ids.picking_id.with_env(self.env)
        return pickings._get_records_action(name=self.env._("Transfers"))

    def action_view_credit_notes(self):
        self.ensure_one()
        notes = self.sudo().line_ids.invoice_line_ids.move_id.with_env(self.env)
        return notes._get_records_action(name=self.env._("Credit Notes"))

    def action_view_repairs(self):
        self.ensure_one()
        repairs = self.line_ids.repair_ids
        return repairs._get_records_action(name=self.env._("Repairs"))

    def action_view_quotations(self):
        self.ensure_one()
        quotations = self.sudo().line_ids.sale_line_ids.order_id.with_env(self.env)
        return quotations._get_records_action(name=self.env._("Quotations"))

    @api.model
    def _count_by(self, field, records):
        """Returns of each record, as far as the user may see them: ``{record: number}``."""
        if not self.has_access("read"):
            return {}
        return dict(self._read_group([(field, "in", records.ids)], [field], ["__count"]))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_return_ids = fields.One2many("aftersales.return", "order_id")
    aftersales_return_count = fields.Integer(compute="_compute_aftersales_return_count")

    def _compute_aftersales_return_count(self):
        counts = self.env["aftersales.return"]._count_by("order_id", self)
        for order in self:
            order.aftersales_return_count = counts.get(order, 0)

    def _aftersales_get_deliveries(self):
        """What reached the customer with these orders, replacements included."""
        # superuser: salespeople take returns without a right to see transfers
        lines = self.sudo().order_line
        replaced = (
            self.env["aftersales.return.line"]
            .sudo()
            .search([("sale_line_id", "in", lines.ids), ("quantity_replaced", ">", 0)])
        )
        moves = lines.move_ids | replaced.move_ids
        return moves.filtered(lambda move: move._aftersales_is_first_delivery())

    def action_aftersales_return(self):
        """Take a return of what was delivered with this order."""
        self.ensure_one()
        moves = self._aftersales_get_deliveries()
        if not moves:
            raise UserError(
                self.env._("Nothing of %s was delivered: nothing can come back.", self.name)
            )
        return self.env["aftersales.return"]._new_from(
            moves, order_id=self.id, partner_id=self.partner_id.id
        )

    def action_view_aftersales_returns(self):
        self.ensure_one()
        returns = self.env["aftersales.return"].search([("order_id", "=", self.id)])
        return returns._get_records_action(name=self.env._("Returns"))


class StockPicking(models.Model):
    _inherit = "stock.picking"

    aftersales_return_ids = fields.Many2many(
        "aftersales.return", compute="_compute_aftersales_return_ids"
    )
    aftersales_return_count = fields.Integer(compute="_compute_aftersales_return_ids")

    def _compute_aftersales_return_ids(self):
        """Returns these transfers belong to, and those of what they delivered."""
        Line = self.env["aftersales.return.line"]
        found = {}
        if Line.has_access("read"):
            for move, lines in Line._read_group(
                [("delivery_move_id", "in", self.move_ids.ids)],
                ["delivery_move_id"],
                ["id:recordset"],
            ):
                found[move] = lines
        for picking in self:
            returns = picking.move_ids.aftersales_return_line_id._filtered_access("read").return_id
            for move in picking.move_ids:
                returns |= found.get(move, Line).return_id
            picking.aftersales_return_ids = returns
            picking.aftersales_return_count = len(returns)

    def action_aftersales_return(self):
        """Take a return of what this transfer delivered."""
        self.ensure_one()
        moves = self.move_ids.filtered(lambda move: move._aftersales_is_first_delivery())
        if not moves:
            raise UserError(
                self.env._(
                    "%s brought nothing to a customer: nothing can come back of it.", self.name
                )
            )
        return self.env["aftersales.return"]._new_from(
            moves,
            order_id=moves.sale_line_id.order_id[:1].id,
            partner_id=(moves.sale_line_id.order_id[:1].partner_id or self.partner_id).id,
        )

    def action_view_aftersales_returns(self):
        self.ensure_one()
        return self.aftersales_return_ids._get_records_action(name=self.env._("Returns"))


class AftersalesRequest(models.Model):
    _inherit = "aftersales.request"

    money_status = fields.Selection(selection_add=[("to_refund", "To refund")])
    return_ids = fields.One2many("aftersales.return", "request_id")
    return_count = fields.Integer(compute="_compute_return_count")

    def _compute_return_count(self):
        counts = self.env["aftersales.return"]._count_by("request_id", self)
        for request in self:
            request.return_count = counts.get(request, 0)

    def action_create_return(self):
        """Take a return of what this case is about."""
        self.ensure_one()
        self._refuse_finished()
        if not self.unit_id:
            if not self.partner_id:
                raise UserError(
                    self.env._("%s names neither unit nor customer. Say who sends what.", self.name)
                )
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("New Return"),
                "res_model": "aftersales.return",
                "views": [(False, "form")],
                "context": {"default_request_id": self.id},
            }
        return self.unit_id._take_return(
            request_id=self.id,
            why=self.remedy_why,
            wish=self.remedy_wish if self.remedy_wish not in ("training", "back") else False,
            fault_id=self.fault_id.id,
        )

    def action_view_returns(self):
        self.ensure_one()
        returns = self.env["aftersales.return"].search([("request_id", "=", self.id)])
        return returns._get_records_action(name=self.env._("Returns"))

    def action_close(self):
        for request in self:
            # superuser: whoever closes a case need not see returns to know that one is open
            unfinished = request.sudo().return_ids.filtered(lambda order: not order._is_over())
            if unfinished:
                raise UserError(
                    self.env._(
                        "%(request)s still has the open return %(name)s. Settle or cancel it "
                        "first.",
                        request=request.name,
                        name=unfinished[0].name,
                    )
                )
        return super().action_close()

    def _take_documents(self, others):
        """Returns move with the rest of a merged request."""
        others.return_ids.write({"request_id": self.id})
        return super()._take_documents(others)

    @api.depends("return_ids.money_status")
    def _compute_money_status(self):
        """A refund that is owed or not posted is the money that counts."""
        res = super()._compute_money_status()
        by_return = {"owed": "to_refund", "requested": "to_refund", "refunded": "refunded"}
        for request in self.sudo():
            statuses = [by_return.get(order.money_status) for order in request.return_ids]
            if "to_refund" in statuses:
                request.money_status = "to_refund"
            elif "refunded" in statuses and not request.money_status:
                request.money_status = "refunded"
        return res


class AftersalesReturnLine(models.Model):
    _inherit = "aftersales.return.line"

    @api.model
    def _count_by_unit(self, units):
        if not self.has_access("read"):
            return {}
        return dict(
            self._read_group(
                [("unit_id", "in", units.ids)], ["unit_id"], ["return_id:count_distinct"]
            )
        )


class RepairOrder(models.Model):
    _inherit = "repair.order"

    def action_view_aftersales_return(self):
        self.ensure_one()
        return self.aftersales_return_line_id.return_id._get_records_action()


class AccountMove(models.Model):
    _inherit = "account.move"

    aftersales_return_count = fields.Integer(compute="_compute_aftersales_return_count")

    def _compute_aftersales_return_count(self):
        for move in self:
            # superuser: that there is a return is no secret
            lines = move.sudo().invoice_line_ids.aftersales_return_line_id
            move.aftersales_return_count = len(lines.return_id)

    def action_view_aftersales_returns(self):
        self.ensure_one()
        returns = self.sudo().invoice_line_ids.aftersales_return_line_id.return_id
        return returns.with_env(self.env)._get_records_action(name=self.env._("Returns"))
