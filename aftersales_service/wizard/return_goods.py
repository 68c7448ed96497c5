from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.remedy_vocabulary import REMEDIES, REMEDY_WHYS


class AftersalesReturnGoods(models.TransientModel):
    """Choose what comes back from what was delivered, with what may still come back of each."""

    _name = "aftersales.return.goods"
    _description = "Choose Goods That Come Back"

    return_id = fields.Many2one("aftersales.return")
    partner_id = fields.Many2one("res.partner", string="Customer")
    order_id = fields.Many2one("sale.order", string="Sales Order")
    request_id = fields.Many2one("aftersales.request", string="Service Request")
    move_ids = fields.Many2many("stock.move")
    unit_ids = fields.Many2many("aftersales.unit")
    lot_id = fields.Many2one("stock.lot")
    why = fields.Selection(REMEDY_WHYS, string="Reason", default="quality", required=True)
    wish = fields.Selection(
        [remedy for remedy in REMEDIES if remedy[0] not in ("training", "back")],
        string="Customer Wants",
        default="refund",
        required=True,
    )
    fault_id = fields.Many2one("aftersales.fault")
    description = fields.Text(string="What Is Wrong")
    line_ids = fields.One2many(
        "aftersales.return.goods.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )

    @api.depends("move_ids", "unit_ids")
    def _compute_line_ids(self):
        for wizard in self:
            rows = wizard._prepare_rows()
            only = len(rows) == 1
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create({**row, "quantity": row["returnable"] if only else 0})
                    for row in rows
                ),
            ]

    def _prepare_rows(self):
        """One row for each lot of each delivery, and for each unit without a delivery."""
        # superuser: salespeople take returns without a right to see transfers
        moves = self.sudo().move_ids._origin
        rows = []
        delivered = moves._aftersales_get_delivered()
        for (move, lot), left in moves._aftersales_get_returnable().items():
            if self.lot_id and lot != self.lot_id:
                continue
            rows.append(
                {
                    "delivery_move_id": move.id,
                    "lot_id": lot.id,
                    "product_id": move.product_id.id,
                    "delivered": delivered[move.id][lot.id],
                    "returnable": left,
                }
            )
        units = self.sudo().unit_ids._origin
        for unit, left in units._aftersales_get_returnable().items():
            rows.append(
                {
                    "unit_id": unit.id,
                    "lot_id": unit.lot_id.id,
                    "product_id": unit.product_id.id,
                    "delivered": unit.quantity,
                    "returnable": left,
                }
            )
        return rows

    def action_take_all(self):
        """Everything that may still come back."""
        self.ensure_one()
        for line in self.line_ids:
            line.quantity = line.returnable
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Choose Goods"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_apply(self):
        """Put what was chosen on the return; a new one where there is none yet."""
        self.ensure_one()
        chosen = self.line_ids.filtered(lambda line: line.quantity > 0)
        if not chosen:
            raise UserError(self.env._("Say how much of what comes back."))
        lines = [Command.create(line._prepare_return_line()) for line in chosen]
        order = self.return_id
        if order:
            order.line_ids = lines
        else:
            order = order.create(
                {
                    "partner_id": self.partner_id.id,
                    "order_id": self.order_id.id,
                    "request_id": self.request_id.id,
                    "company_id": (self.order_id or self.request_id or self.env).company_id.id
                    if self.order_id or self.request_id
                    else self._get_company().id,
                    "line_ids": lines,
                }
            )
        return order._get_records_action()

    def _get_company(self):
        # superuser: as in _prepare_rows
        wizard = self.sudo()
        return (wizard.move_ids or wizard.unit_ids).company_id[:1] or self.env.company


class AftersalesReturnGoodsLine(models.TransientModel):
    """Goods of one delivery: what was delivered, and how much of it can still come back."""

    _name = "aftersales.return.goods.line"
    _description = "Goods That Come Back"

    wizard_id = fields.Many2one("aftersales.return.goods", required=True, ondelete="cascade")
    delivery_move_id = fields.Many2one("stock.move")
    unit_id = fields.Many2one("aftersales.unit")
    transfer = fields.Char(string="Delivered With", compute="_compute_transfer")
    date_delivered = fields.Datetime(string="On", compute="_compute_transfer")
    lot_id = fields.Many2one("stock.lot", string="Serial or Lot")
    product_id = fields.Many2one("product.product")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit of Measure")
    delivered = fields.Float(digits="Product Unit")
    returnable = fields.Float(string="Can Still Come Back", digits="Product Unit")
    quantity = fields.Float(string="Comes Back", digits="Product Unit")

    @api.depends("delivery_move_id", "unit_id")
    def _compute_transfer(self):
        for line in self:
            # superuser: as in the dialog
            move = line.sudo().delivery_move_id
            line.transfer = move.picking_id.name or move.reference or line.unit_id.name
            line.date_delivered = move.date or line.unit_id.date_delivered

    def _prepare_return_line(self):
        wizard = self.wizard_id
        values = {
            "delivery_move_id": self.delivery_move_id.id,
            "unit_id": self.unit_id.id,
            "lot_id": self.lot_id.id,
            "product_id": self.product_id.id,
            "quantity_requested": self.quantity,
            "why": wizard.why,
            "wish": wizard.wish,
            "fault_id": wizard.fault_id.id,
            "description": wizard.description,
        }
        # what is not said follows from the delivery
        return {name: value for name, value in values.items() if value}
