from odoo import api, fields, models
from odoo.exceptions import UserError

from ..logic import coverage
from .vocabulary import COST_TYPES


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    aftersales_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan",
        compute="_compute_aftersales_plan_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    aftersales_policy_id = fields.Many2one(
        "aftersales.warranty.policy",
        string="Warranty Terms",
        compute="_compute_aftersales_policy_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        ondelete="restrict",
        help="The plan's terms, unless this order promises others.",
    )
    aftersales_version_id = fields.Many2one(
        "aftersales.warranty.policy.version", readonly=True, copy=False, ondelete="restrict"
    )
    aftersales_terms = fields.Text(compute="_compute_aftersales_terms", string="Promise")
    aftersales_unit_ids = fields.One2many("aftersales.unit", "sale_line_id")
    aftersales_claim_id = fields.Many2one(
        "aftersales.claim",
        string="Claim",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The claim that decides who pays this line.",
    )
    aftersales_cost_type = fields.Selection(COST_TYPES, string="Cost", copy=False, default="part")
    aftersales_charge = fields.Char(compute="_compute_aftersales_charge", string="Who Pays")

    # === PROMISE === #

    @api.depends("product_id", "company_id")
    def _compute_aftersales_plan_id(self):
        for company, lines in self.grouped("company_id").items():
            plans = lines.product_id._aftersales_plans(company or self.env.company)
            for line in lines:
                line.aftersales_plan_id = plans.get(line.product_id)

    @api.depends("aftersales_plan_id")
    def _compute_aftersales_policy_id(self):
        for line in self:
            line.aftersales_policy_id = line.aftersales_plan_id.warranty_policy_id

    @api.depends_context("lang")
    @api.depends("aftersales_policy_id", "aftersales_version_id")
    def _compute_aftersales_terms(self):
        for line in self:
            wording = line.aftersales_version_id or line.aftersales_policy_id
            line.aftersales_terms = wording.summary if wording else False

    def write(self, vals):
        if vals.keys() & {"aftersales_plan_id", "aftersales_policy_id"}:
            self._aftersales_refuse_if_delivered(vals)
            vals = {**vals, "aftersales_version_id": False}
        return super().write(vals)

    def _aftersales_refuse_if_delivered(self, vals):
        delivered = self.filtered(
            lambda line: (
                line.sudo().aftersales_unit_ids
                and any(
                    line[field].id != (value or False)
                    for field, value in vals.items()
                    if field in ("aftersales_plan_id", "aftersales_policy_id")
                )
            )
        )
        if delivered:
            raise UserError(
                self.env._(
                    "%(line)s of %(order)s is already with the customer, and its promise stands. "
                    "Sell an extension or record goodwill on the unit instead.",
                    line=delivered[0].product_id.display_name,
                    order=delivered[0].order_id.name,
                )
            )

    def _aftersales_freeze_promise(self):
        """Keep the wording of the terms as they are at this moment, one batch for all lines."""
        to_freeze = self.filtered(
            lambda line: line.aftersales_policy_id and not line.aftersales_version_id
        )
        if not to_freeze:
            return
        versions = to_freeze.aftersales_policy_id.sudo()._current_versions()
        for policy, lines in to_freeze.grouped("aftersales_policy_id").items():
            lines.aftersales_version_id = versions[policy]

    # === PRICE OF COVERED WORK === #

    @api.depends_context("lang")
    @api.depends("aftersales_claim_id.charges", "aftersales_cost_type")
    def _compute_aftersales_charge(self):
        for line in self:
            claim = line.aftersales_claim_id.sudo()
            line.aftersales_charge = claim and claim._describe_charge(line.aftersales_cost_type)

    @api.depends("aftersales_claim_id.charges", "aftersales_cost_type")
    def _compute_price_unit(self):
        return super()._compute_price_unit()

    @api.depends("aftersales_claim_id.charges", "aftersales_cost_type")
    def _compute_discount(self):
        res = super()._compute_discount()
        for line in self:
            charge = line._aftersales_get_charge()
            if charge and charge.basis != coverage.Basis.LIST:
                line.discount = 0.0
        return res

    def _reset_price_unit(self):
        res = super()._reset_price_unit()
        charge = self._aftersales_get_charge()
        if charge:
            net = coverage.price(
                charge, list_price=self.price_unit, cost_price=self._aftersales_get_cost_price()
            )
            self.update({"price_unit": net, "technical_price_unit": net})
        return res

    def _aftersales_get_charge(self):
        """The charge a claim makes for this line, or None: then the line is priced as always."""
        claim = self.aftersales_claim_id.sudo()
        return claim._get_charge(self.aftersales_cost_type) if claim else None

    def _aftersales_get_cost_price(self):
        """The product's cost in the unit and currency of this line."""
        company = self.company_id or self.env.company
        product = self.product_id.with_company(company).sudo()  # cost is closed to salespeople
        cost = product.uom_id._compute_price(product.standard_price, self.product_uom_id)
        return company.currency_id._convert(
            cost, self.currency_id, company, self._get_order_date() or fields.Date.today()
        )
