from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import formatLang

from ..logic import consent
from .vocabulary import CONSENT_ANSWERS, CONSENT_CHANNELS, CONSENT_KINDS, label


class AftersalesConsent(models.Model):
    """What a customer agreed to or refused about a repair: who, when, how and up to how much (C43).

    Rows are only ever added; an agreement is taken back by another row.
    """

    _name = "aftersales.consent"
    _description = "Customer's Consent"
    _order = "date desc, id desc"
    _rec_name = "kind"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="restrict", index=True, check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(CONSENT_KINDS, required=True, default="estimate")
    answer = fields.Selection(CONSENT_ANSWERS, required=True, default="given")
    amount = fields.Monetary(
        help="What the customer agreed to, taxes included: up to which total, or, for added work "
        "and materials, how much more.",
    )
    sale_order_id = fields.Many2one("sale.order", string="Quotation", index="btree_not_null")
    channel = fields.Selection(CONSENT_CHANNELS, required=True, default="phone")
    partner_id = fields.Many2one("res.partner", string="Customer")
    by_name = fields.Char(string="Said by", help="The person who answered.")
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users", string="Recorded by", required=True, default=lambda self: self.env.user
    )
    note = fields.Char()
    attachment_ids = fields.Many2many("ir.attachment", string="Proof")
    items = fields.Json(
        string="Shown Items", help="The items of the estimate as the customer saw them."
    )
    items_text = fields.Text(compute="_compute_items_text", string="What Was Shown")

    _amount_positive = models.Constraint(
        "CHECK(amount >= 0)", "A customer cannot agree to a negative amount."
    )

    @api.depends("items")
    def _compute_items_text(self):
        for row in self:
            row.items_text = "\n".join(
                f"{item['quantity']:g} × {item['name']}: {item['total']}"
                for item in row.items or ()
            )

    @api.constrains("kind", "answer", "attachment_ids")
    def _check_contract_proof(self):
        for row in self:
            signed = row.kind == "contract" and row.answer == "given"
            if signed and not row.attachment_ids:
                raise ValidationError(
                    self.env._(
                        "A repair contract for %s needs its proof: attach the signed contract.",
                        row.repair_id.name,
                    )
                )

    def _describe(self):
        """“Estimate: Agreed, $ 200.00, Mr Li (Phone)”, for the chatter."""
        parts = [label(self, "answer", self.answer)]
        if self.amount:
            parts.append(formatLang(self.env, self.amount, currency_obj=self.currency_id))
        parts += [text for text in (self.by_name, self.note) if text]
        channel = label(self, "channel", self.channel)
        return f"{label(self, 'kind', self.kind)}: {', '.join(parts)} ({channel})"

    def _get_rule_rows(self):
        """These answers as ``logic.consent`` takes them."""
        return [
            consent.Row(
                kind=consent.Kind(row.kind),
                answer=consent.Answer(row.answer),
                at=row.date,
                number=row.id,
                amount=row.amount,
                order=row.sale_order_id.id or None,
                items=frozenset(item["key"] for item in row.items or ()),
            )
            for row in self
        ]

    def write(self, vals):
        if vals.keys() - {"attachment_ids"}:
            raise UserError(
                self.env._("What a customer said is not edited. Record what was said since.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("What a customer said is not deleted. Record what was said since.")
        )
