from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_repr
from odoo.tools.misc import format_date, formatLang

from .vocabulary import label

COST_FIELD = "aftersales_cost_type"
#: Nobody agrees to more than this by one click: a slip of the finger.
MOST_TIMES_THE_TOTAL = 10


class RepairOrder(models.Model):
    """What a customer sees of a repair, and answers online."""

    _inherit = "repair.order"

    # === WHAT IS SHOWN === #

    def _aftersales_show_estimate(self):
        """The page of a repair as values, in the customer's currency.

        ``step`` is what the customer may do: approve, sign (on core's page), or nothing.
        """
        self.ensure_one()
        currency = self._aftersales_get_currency()
        agreed = self.aftersales_amount_approved
        return {
            "items": self._aftersales_show_items(currency),
            "currency": currency,
            "total": self._aftersales_show_total(),
            "agreed": self._aftersales_in_customer_currency(agreed),
            "more": self._aftersales_in_customer_currency(self.aftersales_amount_open),
            "is_added": bool(agreed),
            "step": self._aftersales_get_next_answer(),
            "sign_url": self._aftersales_may_show_order() and self.sale_order_id.get_portal_url(),
            "reason": self._aftersales_show_reason(),
            "status": self._aftersales_show_status(),
            "shown": float_repr(self._aftersales_show_total(), currency.decimal_places),
            "due": self._aftersales_show_due(),
            "return_by": self._aftersales_show_return(),
        }

    def _aftersales_show_total(self):
        order = self.sudo().sale_order_id
        if order and self._aftersales_owns_order():
            return order.amount_total
        total = sum(item.total for item in self._aftersales_get_items())
        return self._aftersales_get_currency().round(total)

    def _aftersales_show_items(self, currency):
        """Items with the words a customer reads; what came after the last yes is new."""
        known = self._aftersales_get_agreed_items()
        return [
            {
                "name": item.name,
                "quantity": item.quantity,
                "unit": item.unit,
                "total": item.total,
                "payer": self._aftersales_show_payer(item, currency),
                "kind": item.kind and label(self.env["sale.order.line"], COST_FIELD, item.kind),
                "is_new": bool(known) and item.total > known.get(item.key, 0.0),
            }
            for item in self._aftersales_get_items()
        ]

    def _aftersales_show_payer(self, item, currency):
        if not currency.is_zero(item.total):
            return self.env._("You pay")
        return self.env._("Covered: free for you") if item.is_free else self.env._("Free for you")

    def _aftersales_get_agreed_items(self):
        """Totals of the items that were shown when the customer last agreed, by their keys."""
        given = self.aftersales_consent_ids.filtered(
            lambda row: row.answer == "given" and row.items
        )
        return {item["key"]: item["total"] for item in given[:1].items or ()}

    def _aftersales_show_reason(self):
        """Why the customer pays or not; what people here decided and wrote about it stays here."""
        claim = self.aftersales_claim_id
        if not claim or claim.state == "cancelled" or not claim.result:
            return ""
        if not claim.ruling:
            return claim.reason_text
        if claim.result == "covered":
            return self.env._("This is covered.")
        return self.env._("This is not covered.")

    def _aftersales_show_status(self):
        """How the repair stands, in one sentence: what happened, what comes next."""
        return self._aftersales_get_status_sentences()[self._aftersales_get_status()]

    def _aftersales_get_status(self):
        if self.state in ("cancel", "done"):
            return self.state
        if self.aftersales_estimate_state in ("rejected", "expired"):
            return self.aftersales_estimate_state
        if self.aftersales_needs_approval:
            return "asked" if self.aftersales_date_asked else self._aftersales_get_pending()
        return "repairing" if self.state == "under_repair" else "received"

    def _aftersales_get_pending(self):
        """What is not agreed to, and not asked about (any more)."""
        last = self._aftersales_last_answer("added")
        return "no_more" if last.answer == "refused" else "estimating"

    def _aftersales_get_status_sentences(self):
        return {
            "received": self.env._("We have your request and prepare the repair."),
            "estimating": self.env._("We are preparing the estimate and will send it to you."),
            "asked": self.env._("It is your turn: please look at the estimate and answer."),
            "no_more": self.env._(
                "You declined the additional work. We go on without it, or contact you."
            ),
            "repairing": self.env._("We are repairing it."),
            "done": self.env._("It is repaired."),
            "cancel": self.env._("This repair was cancelled."),
            "rejected": self.env._("You declined the estimate. We do not repair it."),
            "expired": self.env._(
                "We had no answer in time, so the estimate counts as declined. Please contact us "
                "if you still want the repair."
            ),
        }

    def _aftersales_show_due(self):
        awaited = self.aftersales_estimate_state in ("sent", "seen")
        due = self.aftersales_date_answer_due
        return self._aftersales_format_instant(due) if awaited and due else ""

    def _aftersales_show_return(self):
        due = self.aftersales_date_return_due
        owed = due and not self.aftersales_date_handed_back
        return format_date(self.env, self._aftersales_local_date(due)) if owed else ""

    # === WHAT IS ANSWERED === #

    def _aftersales_get_next_answer(self):
        """``"approve"``, ``"sign"`` (signature or payment on core's page) or False."""
        if self._aftersales_why_no_answer():
            return False
        order = self.sudo().sale_order_id
        signs = order.state in ("draft", "sent") and (
            order._has_to_be_signed() or order._has_to_be_paid()
        )
        return "sign" if signs else "approve"

    def _aftersales_why_no_answer(self):
        """Why there is nothing to agree to, in words for the customer; False where there is."""
        if self.state == "cancel":
            return self.env._("This repair was cancelled. There is nothing to agree to any more.")
        if self.state == "done" and not self.aftersales_needs_approval:
            return self.env._("This repair is finished. There is nothing to agree to any more.")
        return self._aftersales_why_closed() or self._aftersales_why_not_asked()

    def _aftersales_why_closed(self):
        """The estimate was declined, or nobody answered in time."""
        order = self.sudo().sale_order_id
        state = self.aftersales_estimate_state
        if self._aftersales_is_late(fields.Datetime.now()):
            return self.env._(
                "The estimate was valid until %s. Without an answer by then it counts as declined. "
                "Please ask us for a new one.",
                self._aftersales_format_instant(self.aftersales_date_answer_due),
            )
        if state == "rejected" or order.state == "cancel":
            return self.env._("This estimate is declined. Please ask us for a new one.")
        return False

    def _aftersales_why_not_asked(self):
        if not self.aftersales_needs_approval:
            last = self._aftersales_last_answer("added") or self._aftersales_last_answer("estimate")
            if last.answer == "given":
                return self.env._(
                    "This was approved on %(date)s already%(by)s. Nothing was changed.",
                    date=self._aftersales_format_instant(last.date),
                    by=f" ({last.by_name})" if last.by_name else "",
                )
            return self.env._("There is nothing to agree to: this costs you nothing more.")
        if not self.aftersales_date_asked:
            return self.env._("The estimate is not ready yet. We will send it to you.")
        return False

    def _aftersales_agree_online(self, shown, name):
        """The customer agrees to what is shown: the estimate, or what was added to it.

        ``shown`` is the total that was on the page, to be sure that it still is.
        """
        self._aftersales_refuse_online_answer()
        currency = self._aftersales_get_currency()
        if self._aftersales_read_amount(shown) != currency.round(self._aftersales_show_total()):
            raise UserError(
                self.env._(
                    "The estimate has changed since you opened this page. Please look again at "
                    "what is written there now."
                )
            )
        kind = self._aftersales_get_kind_to_ask()
        self._aftersales_take_answer(kind, "given", channel="portal", by_name=name)

    def _aftersales_agree_up_to(self, limit, name):
        """The customer lets us go ahead up to a total, in the currency that was shown."""
        self._aftersales_refuse_online_answer()
        total, limit = self._aftersales_show_total(), self._aftersales_read_amount(limit)
        if not limit or limit < total or limit > MOST_TIMES_THE_TOTAL * total:
            raise UserError(
                self.env._(
                    "Please name a limit between the total, %(total)s, and %(most)s.",
                    total=self._aftersales_format_shown(total),
                    most=self._aftersales_format_shown(MOST_TIMES_THE_TOTAL * total),
                )
            )
        self._aftersales_take_answer(
            "ceiling",
            "given",
            channel="portal",
            by_name=name,
            amount=self._aftersales_in_company_currency(limit),
        )

    def _aftersales_refuse_online(self, name, reason):
        """The customer declines the estimate, or what was added to it."""
        if problem := self._aftersales_why_no_answer():
            raise UserError(problem)
        kind = self._aftersales_get_kind_to_ask()
        self._aftersales_take_answer(
            kind, "refused", channel="portal", by_name=name, note=reason[:200]
        )

    def _aftersales_refuse_online_answer(self):
        if problem := self._aftersales_why_no_answer():
            raise UserError(problem)
        if self._aftersales_get_next_answer() == "sign":
            raise UserError(
                self.env._(
                    "This quotation needs your signature or payment. Please use “Review and Sign”."
                )
            )

    def _aftersales_may_show_order(self):
        """The quotation is this customer's, and nobody else's through this page."""
        order = self.sudo().sale_order_id
        own = order.partner_id.commercial_partner_id == self.partner_id.commercial_partner_id
        return bool(order) and own

    def _aftersales_read_amount(self, text):
        """A posted amount, rounded as the currency is; None where it is none."""
        try:
            amount = float((text or "").replace(",", "."))
        except ValueError:
            return None
        # not a number, or infinite
        return self._aftersales_get_currency().round(amount) if abs(amount) < 1e12 else None

    def _aftersales_format_shown(self, amount):
        return formatLang(self.env, amount, currency_obj=self._aftersales_get_currency())

    def _aftersales_log_refusal(self, reason):
        """Keep what was tried in vain, once: clicking again writes no more."""
        for repair in self:
            body = repair.env._("An answer on the portal was refused: %s", reason)
            latest = repair.message_ids[:1]
            if body not in (latest.body or ""):
                repair._message_log(body=body)

    # === MAILS === #

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Customers get a link to the page of a repair in service; others have no page."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals)
        if not self or self.aftersales_is_service:
            return groups
        groups = [group for group in groups if group[0] != "portal_customer"]
        for name, _fits, options in groups:
            if name == "portal":
                options.update(active=False, has_button_access=False)
        return groups
