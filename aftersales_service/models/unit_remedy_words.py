from odoo import models
from odoo.tools.misc import format_amount, format_date

from ..logic import remedy as rules
from ..logic.remedy import Reason
from ..logic.windows import Until
from .vocabulary import label

ICONS = {
    rules.Status.ALLOWED: "fa-check text-success",
    rules.Status.OPEN: "fa-hourglass-half text-warning",
    rules.Status.REFUSED: "fa-times text-danger",
}


class AftersalesUnit(models.Model):
    """Remedies in words: every answer as sentences with dates, in the user's language."""

    _inherit = "aftersales.unit"

    def _explain_remedies(self, decision, on, why="quality", **known):
        """Each remedy as a row for people: what, whether, why, on which terms.

        Takes what ``_decide_remedies`` was given. Returns a list of dicts with ``remedy``,
        ``status``, their labels, ``icon`` and ``sentence``.
        """
        self.ensure_one()
        Request = self.env["aftersales.request"]
        return [
            {
                "remedy": remedy.value,
                "label": label(Request, "remedy_wish", remedy.value),
                "status": answer.status.value,
                "status_label": label(Request, "remedy_status", answer.status.value),
                "icon": ICONS[answer.status],
                "sentence": self._explain_remedy(remedy, answer, on, why, **known),
            }
            for remedy, answer in decision.answers.items()
        ]

    def _explain_remedy(self, remedy, answer, on, why="quality", **known):
        """Why a remedy is allowed, open or refused, and on which terms."""
        self.ensure_one()
        sentences = [self._get_remedy_reason(remedy, answer, on, why, **known)]
        if answer.status == rules.Status.REFUSED and answer.reason != Reason.LADDER_NOT_REACHED:
            sentences += self._get_ladder_sentences(remedy, answer)
        if answer.allowed:
            sentences += self._get_conditions_in_words(answer)
            sentences += self._get_payers_in_words(remedy, answer)
            sentences += self._get_money_in_words(answer, on, known.get("component"))
        return " ".join(filter(None, sentences))

    def _get_remedy_reason(self, remedy, answer, on, why, **known):
        """The reason alone, as one sentence."""
        if answer.warranty and answer.reason in (Reason.NOT_COVERED, Reason.WARRANTY_OPEN):
            about = {name: known.get(name) for name in ("component", "cause", "fault")}
            return self._explain(answer.warranty, known.get("failed") or on, **about)
        if answer.reason == Reason.LADDER_NOT_REACHED:
            return " ".join(self._get_ladder_sentences(remedy, answer))
        words = self._get_remedy_words(answer, on, why, **known)
        if answer.reason in (Reason.IN_WINDOW, Reason.TOO_LATE, Reason.NOT_IN_PROMOTION):
            return self._get_window_sentence(answer, words)
        return {
            **self._get_allowed_sentences(words),
            **self._get_open_sentences(words),
            **self._get_refused_sentences(words),
        }[answer.reason]

    def _get_remedy_words(self, answer, on, why, fault=None, cause=None, **_known):
        def day(value):
            return format_date(self.env, value) if value else ""

        Tier = self.env["aftersales.remedy.policy.tier"]
        Policy = self.env["aftersales.remedy.policy"]
        tier = answer.tier
        kind = self.product_id._aftersales_goods_kinds()[self.product_id]
        return {
            "on": day(on),
            "first": day(answer.first),
            "last": day(answer.last),
            "due": day(answer.due),
            "done": answer.done,
            "event": label(Tier, "start_event", tier.start.value) if tier else "",
            "channel": label(Tier, "channel", tier.channel) if tier and tier.channel else "",
            "why": label(Tier, "why", rules.Why(why).value),
            "evidence": Policy._name_evidence(evidence.value for evidence in answer.missing),
            "fault": fault.name if fault else "",
            "cause": cause.name if cause else "",
            "kind": kind.name or "",
        }

    # === SENTENCES === #

    def _get_window_sentence(self, answer, words):
        """The last day, or between which days something had to be bought."""
        tier = answer.tier
        with_cover = tier.window.until == Until.COVER
        match answer.reason:
            case Reason.NOT_IN_PROMOTION:
                dates = [
                    day and format_date(self.env, day)
                    for day in (tier.bought_from, tier.bought_until)
                ]
                return self.env._(
                    "A promotion for what was bought in the days %(first)s – %(last)s.",
                    first=dates[0] or "…",
                    last=dates[1] or "…",
                )
            case Reason.TOO_LATE if with_cover:
                return self.env._("The free cover ended on %(last)s.", **words)
            case Reason.TOO_LATE:
                return self.env._("The last day was %(last)s.", **words)
            case _allowed if not answer.last:
                return self.env._("There is no last day.")
            case _allowed if with_cover:
                return self.env._("For faults that show until %(last)s.", **words)
            case _allowed:
                return self.env._("Until %(last)s.", **words)

    def _get_ladder_sentences(self, remedy, answer):
        """How far the ladder was climbed, and what is still to happen."""
        if remedy not in rules.GIVES_UP_GOODS or not self.sudo().remedy_version_id:
            return
        payload = self.sudo().remedy_version_id.payload
        words = {
            "needed": answer.needed,
            "done": answer.done,
            "scope": label(
                self.env["aftersales.remedy.policy"], "ladder_scope", payload["ladder_scope"]
            ),
            "due": format_date(self.env, answer.due) if answer.due else "",
        }
        if answer.needed and remedy == rules.Remedy.EXCHANGE:
            yield self.env._(
                "After so many repairs (%(scope)s): %(needed)s; %(done)s so far.", **words
            )
        elif answer.needed:
            yield self.env._(
                "After so many exchanges (%(scope)s): %(needed)s; %(done)s so far.", **words
            )
        if answer.due:
            yield self.env._("If the exchange is not made by %(due)s.", **words)
        if answer.reason == Reason.LADDER_NOT_REACHED:
            yield from self._get_shortcut_sentences(remedy, payload)

    def _get_shortcut_sentences(self, remedy, payload):
        if remedy == rules.Remedy.REFUND and payload["refund_nonconforming"]:
            yield self.env._("Or where the inspection finds that it does not conform.")
        if remedy == rules.Remedy.EXCHANGE and payload["exchange_irreparable"]:
            yield self.env._("Where it cannot be repaired.")
        if remedy == rules.Remedy.EXCHANGE and payload["exchange_late"]:
            yield self.env._("Where the repair misses its promised time.")

    def _get_allowed_sentences(self, words):
        return {
            Reason.REPAIR_LATE: self.env._("The repair missed its promised time."),
            Reason.IRREPARABLE: self.env._("It cannot be repaired."),
            Reason.NONCONFORMING: self.env._("The inspection found that it does not conform."),
            Reason.EXCHANGE_LATE: self.env._(
                "The exchange was due on %(due)s and was not made.", **words
            ),
            Reason.AFTER_EXCHANGES: self.env._(
                "The fault came back after the exchange. Exchanges so far: %(done)s.", **words
            ),
            Reason.AFTER_REPAIRS: self.env._(
                "The fault came back after the repairs. Repairs so far: %(done)s.", **words
            ),
            Reason.GOODS_HERE: self.env._("The goods are with us."),
            Reason.BATCH_FAULTY: self.env._("Goods of the same batch have the same problem."),
        }

    def _get_open_sentences(self, words):
        return {
            Reason.NOT_STARTED: self.env._(
                "Counted from “%(event)s”, whose date is not recorded yet.", **words
            ),
            Reason.BEFORE_START: self.env._(
                "It begins on %(first)s (%(event)s), but the request is of %(on)s. Check the "
                "dates.",
                **words,
            ),
            Reason.CHANNEL_NEEDED: self.env._(
                "Promised for “%(channel)s” only. Say how it was bought.", **words
            ),
            Reason.PURCHASE_DATE_NEEDED: self.env._(
                "A promotion for purchases of certain days. Record when it was bought."
            ),
            Reason.WARRANTY_OPEN: self.env._("Whether the warranty covers it is not decided."),
            Reason.FAULT_NEEDED: self.env._("It depends on the fault. Say which one it is."),
            Reason.BATCH_TEST_NEEDED: self.env._("Test goods of the same batch first."),
            Reason.SAMPLES_NEEDED: self.env._(
                "Nothing of the same batch is in stock: ask for photos and samples, and test them."
            ),
            Reason.TRAINING_FIRST: self.env._("Offer training first."),
            Reason.EVIDENCE_MISSING: self.env._("Still missing: %(evidence)s.", **words),
        }

    def _get_refused_sentences(self, words):
        return {
            Reason.NO_POLICY: self.env._("No such rights were promised with this unit."),
            Reason.ENDED: self.env._(
                "The rights of this unit ended on %(last)s with its return or replacement.",
                **words,
            ),
            Reason.NOT_PROMISED: self.env._("Not promised for the reason “%(why)s”.", **words),
            Reason.OTHER_CHANNEL: self.env._("Promised for “%(channel)s” only.", **words),
            Reason.TOO_EARLY: self.env._("Only from %(first)s on.", **words),
            Reason.NOT_COVERED: self.env._("The unit is not under free cover."),
            Reason.KIND_EXCLUDED: self.env._(
                "Goods of the kind “%(kind)s” cannot be given back without a fault.", **words
            ),
            Reason.NOT_INTACT: self.env._("The goods are damaged or incomplete."),
            Reason.CAUSE_EXCLUDED: self.env._("The cause “%(cause)s” gives no right.", **words),
            Reason.NO_FAULT_FOUND: self.env._("The inspection found no fault."),
            Reason.FAULT_NOT_LISTED: self.env._(
                "“%(fault)s” is not among the faults that count.", **words
            ),
            Reason.BATCH_SOUND: self.env._("Goods of the same batch have no such problem."),
            Reason.TAMPERED: self.env._(
                "The sale date was tampered with, or the unit is badly worn: repair only."
            ),
        }

    # === TERMS === #

    def _get_conditions_in_words(self, answer):
        if answer.if_intact:
            yield self.env._("If goods and accessories are intact.")
        if answer.if_sealed:
            yield self.env._("If they are neither unsealed nor downloaded.")

    def _get_payers_in_words(self, remedy, answer):
        work = {
            (rules.Remedy.REPAIR, rules.Payer.COMPANY): self.env._("Free of charge."),
            (rules.Remedy.REPAIR, rules.Payer.SHARED): self.env._(
                "The customer pays a part, as the warranty says."
            ),
            (rules.Remedy.REPAIR, rules.Payer.CUSTOMER): self.env._(
                "The customer pays the repair."
            ),
            (rules.Remedy.TRAINING, rules.Payer.COMPANY): self.env._("Free of charge."),
            (rules.Remedy.TRAINING, rules.Payer.CUSTOMER): self.env._(
                "The customer pays this training."
            ),
            (rules.Remedy.REFURBISH, rules.Payer.COMPANY): self.env._("Free of charge."),
            (rules.Remedy.REFURBISH, rules.Payer.CUSTOMER): self.env._("The customer pays it."),
        }
        yield work.get((remedy, answer.work), "")
        if answer.freight == rules.Payer.COMPANY:
            yield self.env._("We pay the return freight.")
        elif answer.freight == rules.Payer.CUSTOMER:
            yield self.env._("The customer pays the return freight.")

    def _get_money_in_words(self, answer, on, component):
        if not answer.basis:
            return
        price = self._get_refund_price(answer.basis, on, component)
        amount = format_amount(self.env, *price) if price else ""
        yield {
            (rules.Basis.INVOICE, True): self.env._("Invoice price: %s.", amount),
            (rules.Basis.INVOICE, False): self.env._("At the invoice price."),
            (rules.Basis.STANDALONE, True): self.env._(
                "Price by itself on the day of return: %s.", amount
            ),
            (rules.Basis.STANDALONE, False): self.env._(
                "At the price by itself on the day of return."
            ),
        }[answer.basis, bool(price)]
        if answer.refund_due:
            yield self.env._("Due on %s.", format_date(self.env, answer.refund_due))
        elif answer.refund_days:
            yield self.env._("Due so many days after the goods are back: %s.", answer.refund_days)

    def _get_refund_price(self, basis, on, component=None):
        """``(amount, currency)`` of one piece, tax included; None where nobody knows it.

        The invoice price is what was invoiced, else what was ordered. The price by itself is that
        of the product that is the accessory, in the pricelist of the order.
        """
        self.ensure_one()
        line = self.sudo().sale_line_id
        if basis == rules.Basis.INVOICE:
            return self._get_invoice_price(line)
        component = component or self.product_id.aftersales_component_id
        products = self.env["product.product"].sudo()
        products = products.search(
            [
                ("aftersales_component_id", "=", component.id or 0),
                ("company_id", "in", (False, self.company_id.id)),
            ],
            limit=2,
        )
        if len(products) != 1:
            return None
        currency = line.currency_id or self.company_id.currency_id
        price = line.order_id.pricelist_id._get_product_price(
            products, 1, currency=currency, date=on
        )
        return price, currency

    def _get_invoice_price(self, line):
        invoiced = line.invoice_lines.filtered(
            lambda each: each.parent_state == "posted" and each.move_id.move_type == "out_invoice"
        )
        quantity = sum(
            each.product_uom_id._compute_quantity(each.quantity, line.product_id.uom_id)
            for each in invoiced
        )
        if quantity:
            return sum(invoiced.mapped("price_total")) / quantity, invoiced.currency_id[:1]
        if line.product_uom_qty:
            quantity = line.product_uom_id._compute_quantity(
                line.product_uom_qty, line.product_id.uom_id
            )
            return line.price_total / quantity, line.currency_id
        return None

    # === WHAT COMES NEXT === #

    def _explain_coming(self, decision):
        """From when on something else holds, and what to do beside, a sentence each."""
        sentences = []
        if stage := decision.coming:
            day = format_date(self.env, stage.first)
            names = self.env["aftersales.remedy.policy"]._name_remedies(stage.allowed)
            sentences.append(
                self.env._("From %(day)s: %(remedies)s.", day=day, remedies=names)
                if names
                else self.env._("From %(day)s: nothing more.", day=day)
            )
        hints = {
            rules.Hint.RETURN_AT_ONCE: self.env._("Ask the customer to return the goods at once."),
            rules.Hint.NEGOTIATE: self.env._(
                "Agree with customer and sales on a compensation instead."
            ),
            rules.Hint.APPROVAL: self.env._("Hand the case to upper management with the form."),
            rules.Hint.PAID_REPAIR: self.env._("A repair at the customer's cost can be quoted."),
        }
        return [*sentences, *(hints[hint] for hint in decision.hints)]
