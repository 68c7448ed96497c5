import logging

from odoo import Command, api, fields, models
from odoo.fields import Domain

from ..logic import returns as rules
from .sla_clock import OPEN_STATES

_logger = logging.getLogger(__name__)

#: The mail of each state that customers are told of.
MAILS = {
    "authorised": "aftersales_service.mail_template_return_authorised",
    "received": "aftersales_service.mail_template_return_received",
    "settled": "aftersales_service.mail_template_return_settled",
    "refused": "aftersales_service.mail_template_return_refused",
}


class AftersalesReturn(models.Model):
    """What must not be forgotten: telling customers, refunds that are due, goods that stay away.

    States follow documents, and may change where nobody looks at the return. So the job compares
    what customers were told with where their return stands; it is woken when something happened,
    and may run as often as it likes.
    """

    _inherit = "aftersales.return"

    state_told = fields.Char(
        readonly=True, copy=False, help="The last state of which the customer was told."
    )
    is_refund_escalated = fields.Boolean(readonly=True, copy=False)
    follow_up_error = fields.Char(
        readonly=True, copy=False, help="Why the scheduled follow-up failed; it waits for somebody."
    )

    _to_tell = models.Index(
        "(id) WHERE state IN ('authorised', 'received', 'settled', 'refused')"
        " AND state_told IS DISTINCT FROM state"
    )

    # === TELLING === #

    def _tell_customers(self):
        """Wake the job: whom something happened to is told outside of this transaction."""
        if any(order.company_id.sudo().aftersales_return_mails for order in self):
            self.env.ref("aftersales_service.cron_return_follow_up").sudo()._trigger()

    @api.model
    def _get_to_tell_domain(self):
        """Returns whose customer does not know where they stand."""
        domains = [
            Domain("state", "=", state)
            & (Domain("state_told", "=", False) | Domain("state_told", "!=", state))
            for state in MAILS
        ]
        return Domain.OR(domains) & Domain("company_id.aftersales_return_mails", "=", True)

    def _tell(self):
        """Write the mail of the state to each customer that has an address."""
        for state, orders in self.grouped("state").items():
            template = self.env.ref(MAILS[state])
            for order in orders:
                if order.partner_id.email:
                    template.send_mail(order.id)
                else:
                    order._message_log(
                        body=self.env._(
                            "%s has no e-mail address. Print the form and tell the customer.",
                            order.partner_id.display_name,
                        )
                    )
            orders.state_told = state

    def action_send_form(self):
        """Write to the customer, with the return form; the text can be changed."""
        self.ensure_one()
        template = self.env.ref(MAILS.get(self.state, MAILS["authorised"]))
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id,
                "default_composition_mode": "comment",
                "force_email": True,
            },
        }

    # === REFUNDS THAT ARE DUE === #

    def _remind_of_refunds(self):
        """Somebody has the refund among the activities until it is posted.

        A case with a promised time for refunds has its clock and ladder instead.
        """
        activity = "aftersales_service.activity_refund_due"
        for order in self.sudo():
            due = order.money_status in ("owed", "requested") and order.date_refund_due
            known = order.activity_search([activity])
            if not due or order._has_refund_clock():
                known.unlink()
            elif not known:
                order.activity_schedule(
                    activity, user_id=order.user_id.id or self.env.uid, date_deadline=due
                )
            elif known.date_deadline != due:
                known.date_deadline = due

    def _has_refund_clock(self):
        return any(
            clock.milestone == "refund" and clock.state in OPEN_STATES
            for clock in self.request_id.clock_ids
        )

    @api.model
    def _get_overdue_domain(self):
        return (
            Domain("money_status", "in", ("owed", "requested"))
            & Domain("date_refund_due", "<", fields.Date.context_today(self))
            & Domain("is_refund_escalated", "=", False)
        )

    def _escalate_refund(self):
        """The refund is late: the after-sales manager is told, once."""
        for order in self:
            manager = order.company_id.aftersales_manager_id or order.user_id
            if manager and not order._has_refund_clock():
                order.activity_schedule(
                    "aftersales_service.activity_refund_due",
                    summary=self.env._("The refund of %s is overdue", order.name),
                    user_id=manager.id,
                    date_deadline=order.date_refund_due,
                )
        self.is_refund_escalated = True

    # === ADVANCE EXCHANGES === #

    @api.model
    def _get_unreturned_domain(self):
        """Replacements that left in advance, and nothing came back in time."""
        return (
            Domain("is_advance", "=", True)
            & Domain("date_expected", "<", fields.Date.context_today(self))
            & Domain(
                "line_ids",
                "any",
                Domain("quantity_replaced", ">", 0) & Domain("quantity_expected", ">", 0),
            )
        )

    def _invoice_unreturned(self):
        """Draft the invoice of what the customer keeps; an accountant decides about it."""
        for order in self:
            lines = order.line_ids.filtered(lambda line: rules.exceeds(line._get_kept(), 0))
            if not lines:
                continue
            sold = lines.sale_line_id.order_id[:1]
            invoice = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": (sold.partner_invoice_id or order.partner_id).id,
                    "company_id": order.company_id.id,
                    "invoice_origin": order.name,
                    "currency_id": (sold.currency_id or order.currency_id).id,
                    "invoice_line_ids": [
                        Command.create(line._prepare_kept_line()) for line in lines
                    ],
                }
            )
            order.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Nothing came back with %s", order.name),
                note=self.env._(
                    "The replacement left in advance. Ask for the goods, or let accounting post "
                    "%s.",
                    invoice._get_html_link(title=self.env._("the invoice")),
                ),
                user_id=order.user_id.id or self.env.uid,
            )

    # === THE JOB === #

    @api.model
    def _cron_follow_up(self, batch=50):
        """Tell customers, escalate late refunds, invoice what stays away."""
        for domain, step in (
            (self._get_to_tell_domain(), "_tell"),
            (self._get_overdue_domain(), "_escalate_refund"),
            (self._get_unreturned_domain(), "_invoice_unreturned"),
        ):
            if not self._work_off(domain, step, batch):
                return

    @api.model
    def _work_off(self, domain, step, batch):
        """Take every return of a domain through a step once; False when time is up."""
        last = 0
        while True:
            fit = domain & Domain("follow_up_error", "=", False) & Domain("id", ">", last)
            orders = self.search(fit, order="id", limit=batch)
            if not orders:
                return True
            last = orders[-1].id
            for order in orders.try_lock_for_update():
                order._take_step(step)
            if not self.env["ir.cron"]._commit_progress(len(orders)):
                return False

    def _take_step(self, step):
        """One return that fails says why, and the others go on."""
        try:
            with self.env.cr.savepoint():
                getattr(self, step)()
        except Exception as error:
            _logger.exception("%s of return %s failed.", step, self.id)
            self.env.invalidate_all(flush=False)
            self.follow_up_error = str(error)[:200] or type(error).__name__

    def action_retry(self):
        """Let the job try again what failed."""
        self.check_access("write")
        self.sudo().follow_up_error = False
        self._tell_customers()


class AftersalesReturnLine(models.Model):
    _inherit = "aftersales.return.line"

    def _get_kept(self):
        """Replacements the customer has beside what they replace, and no draft says so."""
        drafted = sum(
            row.quantity
            for row in self.invoice_line_ids
            if row.parent_state == "draft" and row._aftersales_get_kind()[0] == "kept"
        )
        away = min(self.quantity_replaced, self.quantity_authorised - self.quantity_waived)
        return away - self.quantity_received - self.quantity_kept - drafted

    def _prepare_kept_line(self):
        product = self.exchange_product_id
        price = self._get_new_price() if self.sale_line_id else product.lst_price
        return {
            "product_id": product.id,
            "quantity": self._get_kept(),
            "price_unit": price,
            "aftersales_return_line_id": self.id,
        }

    def _adjust_invoices_of_kept_goods(self):
        """The goods came after all: drafts of what was kept go; posted ones are for accounting."""
        rows = self.sudo().invoice_line_ids.filtered(
            lambda row: row._aftersales_get_kind() == ("kept", 1)
        )
        drafts = rows.move_id.filtered(lambda move: move.state == "draft")
        drafts.button_cancel()
        for line in rows.filtered(lambda row: row.parent_state == "posted").mapped(
            "aftersales_return_line_id"
        ):
            order = line.return_id
            order.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("%s came after it was invoiced", line.display_name),
                note=self.env._("Credit the invoice of what was kept, or send the goods back."),
                user_id=order.user_id.id or self.env.uid,
            )


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_return_days = fields.Integer(
        string="Days to Send Goods Back",
        default=14,
        help="Until when authorised returns are expected, unless the return says otherwise.",
    )
    aftersales_return_mails = fields.Boolean(
        string="Tell Customers about Returns",
        default=True,
        help="By mail, when a return is authorised, received, settled or refused.",
    )
