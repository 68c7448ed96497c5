from collections import defaultdict

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, clean_context
from odoo.tools.misc import format_date

from ..logic import returns as rules
from ..logic.remedy import Basis


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    aftersales_return_line_id = fields.Many2one(
        "aftersales.return.line",
        string="Return Line",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _copy_data_extend_business_fields(self, values):
        """What reverses a credit note of a return takes back what it gave."""
        res = super()._copy_data_extend_business_fields(values)
        values["aftersales_return_line_id"] = self.aftersales_return_line_id.id
        return res

    def _aftersales_get_kind(self):
        """Whether it refunds goods or charges what the customer kept, and whether it takes it back.

        Returns ``("refund" or "kept", 1 or -1)``.
        """
        self.ensure_one()
        reversed_entry = self.move_id.reversed_entry_id
        known = reversed_entry.invoice_line_ids.aftersales_return_line_id
        if self.move_id.move_type == "out_refund":
            return ("kept", -1) if self.aftersales_return_line_id in known else ("refund", 1)
        return ("refund", -1) if self.aftersales_return_line_id in known else ("kept", 1)


class AftersalesReturnLine(models.Model):
    """Money goes back by reversing the lines of the invoice: taxes, discount and currency as there.

    Agents prepare drafts without any right in accounting; accountants post them. Only what is
    posted is refunded, and what is reversed or cancelled is owed again.
    """

    _inherit = "aftersales.return.line"

    invoice_line_ids = fields.One2many("account.move.line", "aftersales_return_line_id")
    quantity_to_refund = fields.Float(
        compute="_compute_quantity_to_refund", store=True, digits="Product Unit"
    )
    quantity_refunded = fields.Float(
        string="Refunded", compute="_compute_refunded", store=True, digits="Product Unit"
    )
    quantity_drafted = fields.Float(
        string="Credit Note Drafted", compute="_compute_refunded", store=True, digits="Product Unit"
    )
    quantity_kept = fields.Float(
        string="Kept by the Customer",
        compute="_compute_refunded",
        store=True,
        digits="Product Unit",
        help="Sent in advance, not returned, and invoiced.",
    )
    is_difference_settled = fields.Boolean(compute="_compute_is_difference_settled", store=True)
    amount_refunded = fields.Monetary(
        compute="_compute_refunded",
        store=True,
        help="Untaxed, in the company's currency.",
    )
    amount_sold = fields.Monetary(
        string="Value",
        compute="_compute_amount_sold",
        store=True,
        help="What was paid for what is asked back, untaxed, in the company's currency.",
    )

    # === COMPUTE === #

    @api.depends("outcome", "quantity_accepted", "quantity_inspected", "quantity_received")
    def _compute_quantity_to_refund(self):
        """Money is owed for what came, was looked at, and counts."""
        for line in self:
            here = line.quantity_inspected and min(line.quantity_accepted, line.quantity_received)
            line.quantity_to_refund = here if line.outcome == "refund" else 0.0

    @api.depends(
        "invoice_line_ids.parent_state",
        "invoice_line_ids.quantity",
        "invoice_line_ids.balance",
        "invoice_line_ids.product_id",
        "product_id",
    )
    def _compute_refunded(self):
        # superuser: whether money went back does not depend on who looks
        for line in self.sudo():
            sums = defaultdict(float)
            for row in line.invoice_line_ids:
                kind, sign = row._aftersales_get_kind()
                if kind == "refund" and row.product_id != line.product_id:
                    continue  # a fee, freight, or a difference in price
                quantity = row.product_uom_id._compute_quantity(
                    row.quantity, line.product_uom_id, raise_if_failure=False
                )
                sums[kind, row.parent_state] += sign * quantity
                if row.parent_state == "posted" and kind == "refund":
                    sums["amount"] += row.balance
            line.quantity_refunded = max(sums["refund", "posted"], 0.0)
            line.quantity_drafted = max(sums["refund", "draft"], 0.0)
            line.quantity_kept = sums["kept", "posted"]
            line.amount_refunded = sums["amount"]

    @api.depends(
        "outcome",
        "price_rule",
        "exchange_product_id",
        "product_id",
        "quantity_accepted",
        "invoice_line_ids.parent_state",
    )
    def _compute_is_difference_settled(self):
        """A cheaper model was given: settled when the difference went back."""
        for line in self.sudo():
            owed = line.outcome == "exchange" and rules.exceeds(-line._get_difference(), 0)
            posted = line.invoice_line_ids.filtered(
                lambda row, goods=line.product_id: (
                    row.parent_state == "posted" and row.product_id != goods
                )
            )
            back = sum(row._aftersales_get_kind()[1] for row in posted)
            line.is_difference_settled = not owed or back > 0

    @api.depends("sale_line_id", "quantity_requested")
    def _compute_amount_sold(self):
        """At the price of the order when it was taken; later changes of orders cost no query."""
        for line in self.sudo():
            sold = line.sale_line_id
            amount = line._get_former_price() * line.quantity_requested if sold else 0.0
            line.amount_sold = (
                sold.currency_id._convert(
                    amount, line.currency_id, line.company_id, line.return_id.date_requested
                )
                if sold
                else 0.0
            )

    # === WHAT MAY BE REFUNDED === #

    def _get_refund_missing(self):
        """What is owed less what drafts and posted credit notes say."""
        return self.quantity_to_refund - self.quantity_refunded - self.quantity_drafted

    def _get_creditable(self):
        """What was invoiced and not credited, of the order lines of these lines.

        ``{order line: [(invoice line, quantity)]}``, oldest first, in units of measure of the
        product; drafts of credit notes count as credited.
        """
        sold = self.sale_line_id
        rows = sold.invoice_lines.filtered(lambda row: row.parent_state != "cancel")
        by_line = defaultdict(list)
        # with_prefetch: what is copied from each of them is read for all of them at once
        for row in rows.with_prefetch(rows.ids).sorted(lambda row: (row.date, row.id)):
            for line in row.sale_line_ids:
                by_line[line].append(row)
        creditable = {}
        for line in sold:
            mine = by_line[line]
            goods = line.product_id.uom_id
            left = {
                row: row.product_uom_id._compute_quantity(row.quantity, goods)
                for row in mine
                if row.parent_state == "posted" and row.move_id.move_type == "out_invoice"
            }
            for row in mine:
                if row.move_id.move_type != "out_refund":
                    continue
                quantity = row.product_uom_id._compute_quantity(row.quantity, goods)
                reversed_here = [
                    each for each in left if each.move_id == row.move_id.reversed_entry_id
                ]
                taken, _missing = rules.allocate(
                    quantity,
                    [(each, left[each]) for each in (*reversed_here, *left) if left[each] > 0],
                )
                for each, part in taken:
                    left[each] = max(left[each] - part, 0.0)
            creditable[line] = [(row, part) for row, part in left.items() if rules.exceeds(part, 0)]
        return creditable

    def _lock_money(self):
        """Nobody else credits these order lines until this transaction ends (see stock.move)."""
        ids = sorted(self.sale_line_id.ids)
        if ids:
            self.env.execute_query(
                SQL("SELECT id FROM sale_order_line WHERE id = ANY(%s) ORDER BY id FOR UPDATE", ids)
            )
            self.env.cr.execute(
                SQL("UPDATE sale_order_line SET write_date = write_date WHERE id = ANY(%s)", ids)
            )

    # === REQUESTING === #

    def _draft_credit_notes(self):
        """Draft credit notes for what is owed, one for each invoice; returns them.

        Raises UserError, and drafts nothing, where that must not be.
        """
        self._lock_money()
        for line in self:
            line._refuse_refund()
        notes = self._create_credit_notes(self._allocate_invoices())
        drafted = defaultdict(list)
        for note in notes:
            for order in note.invoice_line_ids.aftersales_return_line_id.return_id:
                drafted[order.id].append(note._get_html_link(title=self.env._("Credit note")))
        self.return_id._message_log_batch(
            {
                key: self.env._("To be posted by accounting: %s", Markup(", ").join(links))
                for key, links in drafted.items()
            }
        )
        return notes

    def _allocate_invoices(self):
        """``{invoice: [(return line, invoice line, quantity in product units)]}``."""
        creditable = self._get_creditable()
        parts = defaultdict(list)
        for line in self:
            missing = line._get_refund_missing()
            sources = creditable.get(line.sale_line_id, [])
            if line.component_id and sources:
                # an accessory is refunded beside the thing it came with, which stays invoiced
                parts[sources[0][0].move_id].append((line, sources[0][0], missing))
                continue
            taken, unpaid = rules.allocate(missing, sources)
            if unpaid:
                raise UserError(line._explain_unpaid(missing, missing - unpaid))
            used = dict(taken)
            creditable[line.sale_line_id] = [
                (row, part - used.get(row, 0.0)) for row, part in sources
            ]
            for row, part in taken:
                parts[row.move_id].append((line, row, part))
        return parts

    def _refuse_refund(self):
        words = {"goods": self.display_name}
        if self.outcome != "refund":
            raise UserError(self.env._("%(goods)s is not to be refunded.", **words))
        if problem := self._get_promise_problem():
            raise UserError(problem)
        if not self.sale_line_id:
            raise UserError(
                self.env._(
                    "%(goods)s was not sold with an order of ours: there is no invoice to reverse. "
                    "Agree on an exchange or a repair, or credit it by hand.",
                    **words,
                )
            )

    def _explain_unpaid(self, wanted, left):
        return self.env._(
            "%(goods)s: %(wanted)s %(unit)s are to be refunded, but only %(left)s of %(order)s are "
            "invoiced and not credited yet. Post the invoice first, or accept less.",
            goods=self.display_name,
            wanted=f"{wanted:g}",
            left=f"{left:g}",
            unit=self.product_uom_id.name,
            order=self.sale_line_id.order_id.name,
        )

    def _create_credit_notes(self, parts):
        """Copy each invoice as Odoo's reversal does, keep what comes back, in one batch.

        ``parts``: ``{invoice: [(return line, invoice line, quantity in product units)]}``
        """
        vals_list, charged = [], set()
        for invoice, taken in parts.items():
            invoice._aftersales_refuse_closed_period()
            vals_list.append(invoice._aftersales_prepare_credit_note(taken, charged))
        notes = self.env["account.move"].create(vals_list)
        for note in notes:
            note._aftersales_refuse_above_invoice()
        return notes

    def _get_refund_price(self, row):
        """What is refunded for each, in the invoice line's unit of measure; None: as invoiced."""
        if (self.answers or {}).get("basis") != "standalone" or not self.unit_id:
            return None
        day = self.date_goods_back or self.return_id._get_local_date(self.return_id.date_requested)
        price = self.unit_id._get_refund_price(Basis.STANDALONE, day, self.component_id)
        if not price:
            return None
        amount, currency = price
        amount = currency._convert(amount, row.currency_id, self.company_id, day)
        uom = self.product_uom_id if self.component_id else row.product_uom_id
        return self.product_uom_id._compute_price(amount, uom)

    def _drop_drafts(self):
        """Credit notes nobody posted, and quotations nobody confirmed, are of no use any more."""
        # superuser: who cancels a return need not be an accountant
        lines = self.sudo()
        drafts = lines.invoice_line_ids.move_id.filtered(lambda move: move.state == "draft")
        drafts.button_cancel()
        quotations = lines.sale_line_ids.order_id
        quotations.filtered(lambda order: order.state in ("draft", "sent"))._action_cancel()


class AccountMove(models.Model):
    _inherit = "account.move"

    def _aftersales_prepare_credit_note(self, taken, charged):
        """The values of Odoo's own reversal, with the lines that come back and no others.

        ``charged`` collects the returns whose freight is on a credit note already.
        """
        self.ensure_one()
        returns = (
            self.env["aftersales.return.line"]
            .union(*(line for line, _row, _part in taken))
            .return_id
        )
        wizard = self.env["account.move.reversal"].new(
            {
                "journal_id": self.journal_id.id,
                "company_id": self.company_id.id,
                "date": fields.Date.context_today(self),
                "reason": ", ".join(returns.mapped("name")),
            }
        )
        default = wizard._prepare_default_reversal(self) | {
            "move_type": "out_refund",
            "reversed_entry_id": self.id,
            "partner_id": self.partner_id.id,
            "campaign_id": self.campaign_id.id,
            "medium_id": self.medium_id.id,
            "source_id": self.source_id.id,
            "line_ids": [],
            "invoice_line_ids": [],
        }
        copied = self.with_context(clean_context(self.env.context), include_business_fields=True)
        vals = copied.copy_data(default)[0]
        goods = [(line, copied._aftersales_prepare_line(line, *part)) for line, *part in taken]
        rows = [values for _line, values in goods]
        for order in returns:
            total = sum(
                values["quantity"] * values["price_unit"] * (1 - values["discount"] / 100)
                for line, values in goods
                if line.return_id == order
            )
            rows += order._prepare_fees(self, total, charged)
        vals["invoice_line_ids"] = [Command.create(values) for values in rows]
        vals.pop("line_ids", None)
        return vals

    def _aftersales_prepare_line(self, line, row, part):
        values = row.with_env(self.env).copy_data()[0]
        for name in ("move_id", "balance", "amount_currency", "debit", "credit"):
            values.pop(name, None)
        values["quantity"] = line.product_uom_id._compute_quantity(part, row.product_uom_id)
        values["aftersales_return_line_id"] = line.id
        price = line._get_refund_price(row)
        if price is not None:
            values |= {"price_unit": price, "discount": 0.0}
        if line.component_id:
            values |= {
                "product_id": line.product_id.id,
                "product_uom_id": line.product_uom_id.id,
                "name": line.product_id.display_name,
                "quantity": part,
                "price_unit": price or 0.0,
                "sale_line_ids": [],
            }
        return values

    def _aftersales_refuse_closed_period(self):
        """A credit note of today in a closed period would be booked on another day than told."""
        today = fields.Date.context_today(self)
        has_tax = bool(self.line_ids.tax_ids)
        if locked := self._get_violated_lock_dates(today, has_tax):
            raise UserError(
                self.env._(
                    "The books of %(company)s are closed until %(day)s: nothing can be credited "
                    "today. Ask accounting to open the period, or wait.",
                    company=self.company_id.name,
                    day=format_date(self.env, locked[-1][0]),
                )
            )

    def _aftersales_refuse_above_invoice(self):
        """Never more goes back than was invoiced and not credited yet."""
        self.ensure_one()
        invoice = self.reversed_entry_id
        if not invoice:
            return
        others = invoice.reversal_move_ids.filtered(
            lambda move: move.state != "cancel" and move != self
        )
        left = invoice.amount_total - sum(others.mapped("amount_total"))
        if invoice.currency_id.compare_amounts(self.amount_total, left) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s would be refunded, but of %(invoice)s only %(left)s are not "
                    "credited yet.",
                    amount=self.currency_id.format(self.amount_total),
                    invoice=invoice.name,
                    left=invoice.currency_id.format(max(left, 0.0)),
                )
            )
        if self.currency_id.compare_amounts(self.amount_total, 0) < 0:
            raise UserError(
                self.env._(
                    "Fee and freight are more than what is refunded (%s). Lower them, or invoice "
                    "them by themselves.",
                    self.currency_id.format(self.amount_total),
                )
            )
