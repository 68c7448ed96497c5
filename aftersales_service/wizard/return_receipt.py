from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError


class AftersalesReturnReceipt(models.TransientModel):
    """Enter what came of a return; the transfers behind it are done with the right serials."""

    _name = "aftersales.return.receipt"
    _description = "Receive Goods of a Return"

    return_id = fields.Many2one("aftersales.return", required=True)
    line_ids = fields.One2many(
        "aftersales.return.receipt.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )
    is_last = fields.Boolean(
        string="Nothing More Comes", help="What is missing now is not expected any more."
    )
    other_goods = fields.Text(
        string="Something Else Came",
        help="Other goods or serials than authorised: put them apart and say what they are. The "
        "responsible of the return decides.",
    )

    @api.depends("return_id")
    def _compute_line_ids(self):
        for wizard in self:
            expected = wizard.return_id.line_ids.filtered(lambda line: line.quantity_expected > 0)
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create({"line_id": line.id, "quantity": line.quantity_expected})
                    for line in expected
                ),
            ]

    def action_apply(self):
        """Do the transfers of what came; what is missing stays expected."""
        self.ensure_one()
        if not self.env.user.has_group("stock.group_stock_user"):
            raise AccessError(self.env._("Goods are received by storekeepers. Ask one."))
        (self.return_id | self.line_ids.line_id.return_id).check_access("read")
        came = self.line_ids.filtered(lambda line: line.quantity > 0)
        if not came and not (self.other_goods or "").strip():
            raise UserError(self.env._("Say what came."))
        for line in came:
            line._refuse_surplus()
        if came:
            came.line_id.return_id._receive({line.line_id: line.quantity for line in came})
        for line in came.filtered("missing_accessories"):
            # superuser: what is missing is noted for the inspection
            line.line_id.sudo().write(
                {"is_complete": False, "missing_accessories": line.missing_accessories}
            )
        if (self.other_goods or "").strip():
            self.return_id._report_other_goods(self.other_goods)
        if self.is_last:
            # superuser: storekeepers say what came, agents go on with it
            self.return_id.sudo().line_ids.filtered(
                lambda line: line.quantity_expected > 0
            ).action_waive()
        return {"type": "ir.actions.act_window_close"}


class AftersalesReturnReceiptLine(models.TransientModel):
    """What came of one line."""

    _name = "aftersales.return.receipt.line"
    _description = "Goods of a Return That Came"

    wizard_id = fields.Many2one("aftersales.return.receipt", required=True, ondelete="cascade")
    line_id = fields.Many2one("aftersales.return.line", required=True)
    product_id = fields.Many2one(related="line_id.product_id")
    lot_id = fields.Many2one(related="line_id.lot_id")
    uom_id = fields.Many2one(related="line_id.product_uom_id", string="Unit of Measure")
    quantity_expected = fields.Float(related="line_id.quantity_expected")
    quantity = fields.Float(string="Came", digits="Product Unit")
    serial = fields.Char(
        string="Serial Read", help="Scan the serial of what came, to be sure it is the right one."
    )
    missing_accessories = fields.Char()

    def _refuse_surplus(self):
        serial = (self.serial or "").strip()
        if serial and self.lot_id and serial != self.lot_id.name:
            raise UserError(
                self.env._(
                    "%(serial)s is not %(lot)s, for which %(name)s was authorised. Take it out "
                    "here and describe it under “Something Else Came”.",
                    serial=serial,
                    lot=self.lot_id.name,
                    name=self.line_id.return_id.name,
                )
            )
        if self.uom_id.compare(self.quantity, self.quantity_expected) > 0:
            raise UserError(
                self.env._(
                    "%(goods)s: %(expected)s are expected, not %(came)s. Receive what was "
                    "authorised and describe the rest under “Something Else Came”.",
                    goods=self.line_id.display_name,
                    expected=f"{self.quantity_expected:g}",
                    came=f"{self.quantity:g}",
                )
            )
