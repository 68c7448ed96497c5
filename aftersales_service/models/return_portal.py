from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from .vocabulary import label

#: What customers may ask for by themselves.
ONLINE_WISHES = ("refund", "exchange", "repair")


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_return_online = fields.Boolean(
        string="Returns Online",
        default=True,
        help="Customers ask for returns on the page of their order. Somebody here authorises them.",
    )


class AftersalesReturn(models.Model):
    """What a customer sees of a return: no notes, no names of colleagues, nothing internal."""

    _name = "aftersales.return"
    _inherit = ["aftersales.return", "portal.mixin"]

    def _compute_access_url(self):
        res = super()._compute_access_url()
        for order in self:
            order.access_url = f"/my/returns/{order.id}"
        return res

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Return %s", self.name)

    def _show(self):
        """The page of a return as values, in the customer's words."""
        self.ensure_one()
        return {
            "status": self._show_status(),
            "lines": [line._show() for line in self.line_ids],
            "expected": self._show_day(self.state == "authorised" and self.date_expected),
            "refund_due": self._show_day(
                self.money_status in ("owed", "requested") and self.date_refund_due
            ),
            "address": self.warehouse_id.partner_id.contact_address
            if self.state == "authorised"
            else "",
            "has_form": self.state in ("authorised", "received", "inspected"),
            "may_withdraw": self.state == "submitted",
            "reason": self.refusal_reason if self.state == "refused" else "",
        }

    @api.model
    def _show_day(self, day):
        return format_date(self.env, day) if day else ""

    def _show_status(self):
        return {
            "draft": self.env._("Not asked for yet"),
            "submitted": self.env._("We look at it"),
            "authorised": self.env._("Please send the goods"),
            "received": self.env._("The goods are here; we inspect them"),
            "inspected": self.env._("Inspected; we settle it"),
            "settled": self.env._("Settled"),
            "refused": self.env._("Refused"),
            "cancelled": self.env._("Withdrawn"),
        }[self.state]

    def _withdraw_online(self):
        """The customer does not want it any more; once it is authorised we talk about it."""
        self._refuse_unless("submitted")
        self.action_cancel()
        self._message_log(body=self.env._("Withdrawn online."))


class AftersalesReturnLine(models.Model):
    _inherit = "aftersales.return.line"

    def _show(self):
        """One thing that comes back, as its customer reads it."""
        self.ensure_one()
        refused = self.is_refused
        answer = self.refusal_reason if refused else self.wish_answer
        undecided = self.status == "asked" and not refused
        return {
            "name": self.product_id.display_name,
            "serial": self.lot_id.name,
            "quantity": f"{self.quantity_requested:g}",
            "unit": self.product_uom_id.name,
            "why": label(self, "why", self.why),
            "wish": label(self, "wish", self.wish),
            "status": label(self, "status", self.status),
            "outcome": ""
            if undecided or refused or not self.outcome
            else label(self, "outcome", self.outcome),
            # what a manager granted against the promise needs no excuse
            "answer": "" if self.is_overridden else answer or "",
            "is_refused": refused,
        }


class SaleOrder(models.Model):
    """Customers ask for returns on the page of their order."""

    _inherit = "sale.order"

    def _aftersales_takes_returns_online(self):
        self.ensure_one()
        return (
            self.state == "sale"
            and self.delivery_status in ("partial", "full")
            and self.company_id.aftersales_return_online
        )

    def _aftersales_get_online_rows(self):
        """What may still come back of this order: ``{key: row}``; keys name delivery and lot."""
        self.ensure_one()
        left = self._aftersales_get_deliveries()._aftersales_get_returnable()
        return {
            f"{move.id}-{lot.id or 0}": {
                "move": move,
                "lot": lot,
                "name": move.product_id.display_name,
                "left": quantity,
                "unit": move.product_id.uom_id.name,
                "is_serial": bool(lot) and move.product_id.tracking == "serial",
                "delivered": format_date(self.env, move.date.date()),
            }
            for (move, lot), quantity in left.items()
            if move.product_id.uom_id.compare(quantity, 0) > 0
        }

    def _aftersales_return_online(self, quantities, *, why, wish, description, files=()):
        """Take and submit a return as the customer asked for it; returns it.

        :param quantities: ``{key: quantity}`` with the keys of ``_aftersales_get_online_rows``
        :param files: ``(name, content)`` of pictures and papers
        :raise UserError: when it cannot be; nothing is taken then
        """
        self.ensure_one()
        if not self._aftersales_takes_returns_online():
            raise UserError(self.env._("Nothing of %s can be returned online.", self.name))
        if wish not in ONLINE_WISHES or why not in dict(
            self.env["aftersales.return.line"]._fields["why"].selection
        ):
            raise UserError(self.env._("Please say why you return it, and what you want."))
        rows = self._aftersales_get_online_rows()
        if not quantities:
            raise UserError(self.env._("Please say how much of what you return."))
        if quantities.keys() - rows.keys():
            raise UserError(
                self.env._("Something of this was returned meanwhile. Please look again.")
            )
        evidence = self.env["ir.attachment"].create(
            [{"name": name, "raw": content} for name, content in files]
        )
        returned = self.env["aftersales.return"].create(
            {
                "partner_id": self.partner_id.id,
                "order_id": self.id,
                "company_id": self.company_id.id,
                "user_id": self.company_id.aftersales_manager_id.id,
                "line_ids": [
                    Command.create(
                        {
                            "delivery_move_id": rows[key]["move"].id,
                            "lot_id": rows[key]["lot"].id,
                            "quantity_requested": quantity,
                            "why": why,
                            "wish": wish,
                            "description": description,
                            "evidence_ids": [Command.set(evidence.ids)],
                        }
                    )
                    for key, quantity in quantities.items()
                ],
            }
        )
        evidence.write({"res_model": returned._name, "res_id": returned.id})
        returned.action_submit()
        return returned
