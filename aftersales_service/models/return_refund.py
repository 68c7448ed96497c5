from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

from ..logic import returns as rules


class AftersalesReturn(models.Model):
    """Asking for the money, what is charged beside, and what follows when it is posted."""

    _inherit = "aftersales.return"

    def action_refund(self):
        """Prepare the credit notes of all that is owed; an accountant posts them."""
        self._refuse_unless_agent()
        self.check_access("write")
        # superuser: agents prepare drafts of these lines, and nothing else of accounting
        lines = self.sudo().with_context(clean_context(self.env.context)).line_ids
        owed = lines.filtered(lambda line: rules.exceeds(line._get_refund_missing(), 0))
        cheaper = lines.filtered(lambda line: line._is_difference_owed())
        if not (owed or cheaper):
            raise UserError(
                self.env._(
                    "Nothing of %s is to be refunded now: money is owed for goods that came, were "
                    "inspected and accepted.",
                    ", ".join(self.mapped("name")),
                )
            )
        notes = owed._draft_credit_notes() | cheaper._draft_difference_notes()
        self._tell_accounting(notes)
        return True

    def _tell_accounting(self, notes):
        """Whoever posts finds the drafts among their activities, without a mail for each."""
        quietly = notes.with_context(mail_activity_quick_update=True)
        for user, mine in quietly.grouped(
            lambda note: note.invoice_user_id or self.user_id[:1]
        ).items():
            if user.has_group("account.group_account_invoice"):
                mine.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Post this credit note of returned goods"),
                    user_id=user.id,
                )

    def _prepare_fees(self, invoice, refunded, charged):
        """Lines of a credit note beside the goods: a fee, and freight that the other one bears.

        Positive prices go to the customer. ``refunded`` is what the goods on it are worth, untaxed,
        in the invoice's currency; freight is said in the company's, and counts once.
        """
        self.ensure_one()
        first = self.line_ids[:1].id
        if self.fee_percent and refunded:
            yield {
                "product_id": self.env.ref("aftersales_service.product_restocking_fee").id,
                "quantity": 1,
                "price_unit": -invoice.currency_id.round(refunded * self.fee_percent / 100),
                "aftersales_return_line_id": first,
            }
        if self in charged or not self._has_freight_to_settle():
            return
        charged.add(self)
        amount = self.currency_id._convert(
            self.freight_amount,
            invoice.currency_id,
            self.company_id,
            fields.Date.context_today(self),
        )
        yield {
            "product_id": self.env.ref("aftersales_service.product_freight").id,
            "quantity": 1,
            "price_unit": amount if self.freight_paid_by == "customer" else -amount,
            "aftersales_return_line_id": first,
        }

    def _has_freight_to_settle(self):
        """The one who paid the carrier is not the one who bears it, and it is on no document."""
        if not self.freight_amount or not self.freight_paid_by or not self.freight_payer:
            return False
        if self.freight_paid_by == self.freight_payer:
            return False
        freight = self.env.ref("aftersales_service.product_freight")
        known = self.line_ids.invoice_line_ids.filtered(
            lambda row: row.product_id == freight and row.parent_state != "cancel"
        )
        return not known

    # === WHEN IT IS POSTED === #

    def _follow_money(self):
        """Cases are refunded when all that is owed was posted, and no longer when it is not."""
        kept = self.line_ids.filtered(lambda line: rules.exceeds(line.quantity_kept, 0))
        kept.unit_id._undo_exchange()
        for order in self.filtered("request_id"):
            request = order.request_id
            others = self.search([("request_id", "=", request.id), ("money_status", "!=", False)])
            done = others and all(each.money_status == "refunded" for each in others)
            if bool(request.date_refunded) != bool(done):
                request.date_refunded = done and fields.Datetime.now()
        self.filtered(lambda order: order.money_status == "refunded").activity_unlink(
            ["aftersales_service.activity_refund_due"]
        )
        self._remind_of_refunds()
        self._tell_customers()


class AftersalesReturnLine(models.Model):
    """A cheaper model was given in exchange: the difference goes back."""

    _inherit = "aftersales.return.line"

    def _is_difference_owed(self):
        """The replacement left, it was cheaper, and no document says so."""
        self.ensure_one()
        if self.outcome != "exchange" or not rules.exceeds(self.quantity_replaced, 0):
            return False
        if not rules.exceeds(-self._get_difference(), 0):
            return False
        product = self.env.ref("aftersales_service.product_price_difference")
        return not self.invoice_line_ids.filtered(
            lambda row: row.product_id == product and row.parent_state != "cancel"
        )

    def _draft_difference_notes(self):
        """A line of its own, with the taxes of what was invoiced: the quantity there stays."""
        self._lock_money()
        product = self.env.ref("aftersales_service.product_price_difference")
        notes = self.env["account.move"]
        for line in self:
            rows = line._get_creditable().get(line.sale_line_id, [])
            if not rows:
                raise UserError(line._explain_unpaid(line.quantity_replaced, 0.0))
            row = rows[0][0]
            invoice = row.move_id
            invoice._aftersales_refuse_closed_period()
            vals = invoice._aftersales_prepare_credit_note([], {line.return_id})
            vals["ref"] = line.return_id.name
            vals["invoice_line_ids"] = [
                Command.create(
                    {
                        "product_id": product.id,
                        "quantity": line.quantity_replaced,
                        "price_unit": -line._get_difference(),
                        "tax_ids": row.tax_ids.ids,
                        "account_id": row.account_id.id,
                        "aftersales_return_line_id": line.id,
                    }
                )
            ]
            note = notes.create(vals)
            note._aftersales_refuse_above_invoice()
            notes |= note
        return notes


class AccountMove(models.Model):
    """Posting, cancelling and reversing a document of a return moves where the return stands."""

    _inherit = "account.move"

    def _post(self, soft=True):
        mine = self._aftersales_of_returns()
        for note in mine.filtered(lambda move: move.move_type == "out_refund"):
            # superuser: who posts need not see returns
            note.sudo()._aftersales_refuse_above_invoice()
            note.sudo()._aftersales_refuse_more_than_owed()
        posted = super()._post(soft=soft)
        mine._aftersales_follow_returns()
        return posted

    def button_draft(self):
        res = super().button_draft()
        self._aftersales_of_returns()._aftersales_follow_returns()
        return res

    def button_cancel(self):
        res = super().button_cancel()
        self._aftersales_of_returns()._aftersales_follow_returns()
        return res

    def _aftersales_of_returns(self):
        return self.filtered(
            lambda move: move.is_sale_document() and move.invoice_line_ids.aftersales_return_line_id
        )

    def _aftersales_follow_returns(self):
        # superuser: accountants post, cases follow
        self.sudo().invoice_line_ids.aftersales_return_line_id.return_id._follow_money()

    def _aftersales_refuse_more_than_owed(self):
        """A draft that was edited: no more goods are credited than the return accepted."""
        for line, rows in self.invoice_line_ids.grouped("aftersales_return_line_id").items():
            goods = rows.filtered(
                lambda row, line=line: (
                    row.product_id == line.product_id
                    and row._aftersales_get_kind() == ("refund", 1)
                )
            )
            if not line or not goods:
                continue
            quantity = sum(
                row.product_uom_id._compute_quantity(row.quantity, line.product_uom_id)
                for row in goods
            )
            if rules.exceeds(quantity + line.quantity_refunded, line.quantity_to_refund):
                raise UserError(
                    self.env._(
                        "%(name)s accepted %(owed)s %(unit)s of %(goods)s, %(done)s are refunded: "
                        "%(quantity)s more cannot be.",
                        name=line.return_id.name,
                        owed=f"{line.quantity_to_refund:g}",
                        done=f"{line.quantity_refunded:g}",
                        unit=line.product_uom_id.name,
                        goods=line.display_name,
                        quantity=f"{quantity:g}",
                    )
                )
