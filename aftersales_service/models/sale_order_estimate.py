from odoo import fields, models

#: What a line costs its customer.
PRICED = ("price_unit", "product_uom_qty", "discount", "product_id")


class SaleOrder(models.Model):
    """Quotations of repairs in service tell their repairs what became of them."""

    _inherit = "sale.order"

    aftersales_repair_count = fields.Integer(
        string="Repairs in Service", compute="_compute_aftersales_repair_count"
    )

    def _compute_aftersales_repair_count(self):
        # superuser: that there is a repair tells nothing of what is in it
        counts = dict(
            self.env["repair.order"]
            .sudo()
            ._read_group(
                [("sale_order_id", "in", self.ids), ("aftersales_is_service", "=", True)],
                ["sale_order_id"],
                ["__count"],
            )
        )
        for order in self:
            order.aftersales_repair_count = counts.get(order._origin, 0)

    def _aftersales_get_served(self):
        """The repairs in service of these orders.

        Core reads the repairs whenever an order is confirmed or cancelled: this costs no query.
        """
        # superuser: orders are confirmed by salespeople and customers, who see no repairs
        return self.sudo().repair_order_ids.filtered("aftersales_is_service")

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") in ("draft", "sent", "cancel"):
            self._aftersales_get_served()._aftersales_follow_order(vals["state"])
        return res

    def _action_confirm(self):
        res = super()._action_confirm()
        self._aftersales_get_served()._aftersales_follow_order("sale")
        return res

    def message_post(self, **kwargs):
        if kwargs.get("subtype_xmlid") == "sale.mt_order_viewed":
            self._aftersales_get_served()._aftersales_note_seen()
        asked_again = self.env.context.get("mark_so_as_sent") and self.filtered(
            lambda order: order.state == "sent"
        )
        res = super().message_post(**kwargs)
        if asked_again:
            asked_again._aftersales_get_served()._aftersales_note_asked()
        return res

    def _aftersales_describe_confirmation(self):
        """Who confirmed this order and how, as values of a consent."""
        if self.signature:
            return {
                "channel": "portal",
                "by_name": self.signed_by,
                "note": self.env._("Signed on the quotation"),
            }
        if any(payment.state in ("authorized", "done") for payment in self.transaction_ids):
            return {"channel": "portal", "note": self.env._("Paid online")}
        note = self.env._("Quotation confirmed by %s", self.env.user.name)
        return {"channel": "system", "note": note}

    # === ANSWERS THAT COME TOO LATE === #

    def _aftersales_find_late(self):
        """A repair whose estimate nobody answered in time; empty where an answer still counts."""
        said = self.env.context.get("aftersales_answer") or {}
        at = said.get("date") or fields.Datetime.now()
        if self.state not in ("draft", "sent"):
            return self.env["repair.order"]
        late = self._aftersales_get_served().filtered(lambda repair: repair._aftersales_is_late(at))
        # a payment that was begun in time is an answer
        paid = late and any(
            payment.state in ("pending", "authorized", "done")
            for payment in self.sudo().transaction_ids
        )
        return late[:0] if paid else late[:1]

    def _compute_is_expired(self):
        """The hour at which an answer is due counts, too, not only the day."""
        res = super()._compute_is_expired()
        for order in self:
            order.is_expired = order.is_expired or bool(order._aftersales_find_late())
        return res

    def _confirmation_error_message(self):
        if error := super()._confirmation_error_message():
            return error
        if late := self._aftersales_find_late():
            return self.env._(
                "%(order)s was valid until %(due)s. Without an answer by then it counts as "
                "declined. Set it to draft and send it again, or record an answer that was given "
                "in time on %(repair)s.",
                order=self.name,
                due=late._aftersales_format_instant(late.aftersales_date_answer_due),
                repair=late.name,
            )
        return False

    def action_aftersales_record_answer(self):
        """Record in a dialog what the customer said about the repair of this quotation."""
        self.ensure_one()
        action = self._aftersales_get_served()[:1].action_aftersales_record_answer()
        return action


class SaleOrderLine(models.Model):
    """What a customer signed for on the service report is what the order charges."""

    _inherit = "sale.order.line"

    def write(self, vals):
        ordered = self.filtered(lambda line: line.state == "sale")
        changing = ordered.filtered(
            lambda line: any(
                name in vals and line._fields[name].convert_to_write(line[name], line) != vals[name]
                for name in PRICED
            )
        )
        res = super().write(vals)
        if changing:
            repairs = changing.order_id._aftersales_get_served()
            still_open = repairs.filtered(lambda repair: not repair.aftersales_date_closed)
            still_open._aftersales_void_signatures(self.env._("the order was changed"))
        return res
