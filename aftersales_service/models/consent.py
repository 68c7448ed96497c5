from odoo import api, fields, models
from odoo.exceptions import UserError

from .vocabulary import CONSENT_ANSWERS, CONSENT_CHANNELS, CONSENT_KINDS


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
    amount = fields.Monetary(help="Up to which total, taxes included, the customer agreed.")
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

    _amount_positive = models.Constraint(
        "CHECK(amount >= 0)", "A customer cannot agree to a negative amount."
    )

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
