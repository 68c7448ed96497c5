from odoo import api, fields, models
from odoo.exceptions import UserError

from ..logic import coverage
from .vocabulary import COST_TYPES

#: What decides about the price of a line that a claim covers.
CHARGE_FACTS = (
    "aftersales_claim_id.charges",
    "aftersales_claim_id.state",
    "aftersales_cost_type",
    "aftersales_cost_line_id.cost_type",
    "aftersales_cost_line_id.is_goodwill",
    "aftersales_cost_line_id.price_list",
    "aftersales_cost_line_id.price_cost",
)


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
    aftersales_unit_count = fields.Integer(compute="_compute_aftersales_unit_count")
    aftersales_is_extension = fields.Boolean(compute="_compute_aftersales_is_extension")
    aftersales_unit_ids = fields.One2many("aftersales.unit", "sale_line_id")
    aftersales_claim_id = fields.Many2one(
        "aftersales.claim",
        string="Claim",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The claim that decides who pays this line.",
    )
    aftersales_cost_type = fields.Selection(COST_TYPES, string="Cost", copy=False)
    aftersales_agreed = fields.Json(
        copy=False, readonly=True, help="The charge this line was confirmed with."
    )
    aftersales_extended_unit_id = fields.Many2one(
        "aftersales.unit",
        string="Extends the Cover of",
        copy=False,
        check_company=True,
        index="btree_not_null",
        help="For a purchased extension: the unit that is covered longer. Leave empty for the "
        "units delivered with this order.",
    )
    aftersales_cost_line_id = fields.Many2one(
        "aftersales.cost.line", copy=False, readonly=True, index="btree_not_null"
    )
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
            frozen, policy = line.aftersales_version_id, line.aftersales_policy_id
            line.aftersales_terms = (
                frozen.terms if frozen else policy and policy._describe(policy._prepare_terms())
            )

    @api.depends("aftersales_unit_ids")
    def _compute_aftersales_unit_count(self):
        units = self.env["aftersales.unit"].sudo()
        counts = dict(
            units._read_group([("sale_line_id", "in", self.ids)], ["sale_line_id"], ["__count"])
        )
        for line in self:
            line.aftersales_unit_count = counts.get(line._origin, 0)

    @api.depends("product_id")
    def _compute_aftersales_is_extension(self):
        for line in self:
            line.aftersales_is_extension = line.product_id.aftersales_extension_length > 0

    def action_change_aftersales_terms(self):
        """Agree on other terms for this line alone, in a dialog."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Terms of %s", self.product_id.display_name),
            "res_model": "aftersales.order.terms",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_id": self.id},
        }

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "sale").sudo()._aftersales_freeze_promise()
        return lines

    def write(self, vals):
        changed = self._aftersales_which_change(vals)
        if changed:
            changed._aftersales_refuse_if_delivered()
        res = super().write(vals)
        if changed:
            changed._aftersales_thaw()
            changed.filtered(lambda line: line.state == "sale").sudo()._aftersales_freeze_promise()
        return res

    def _aftersales_which_change(self, vals):
        """Lines whose promise these values change: another product may promise something else."""
        names = {"aftersales_plan_id", "aftersales_policy_id", "product_id"} & vals.keys()
        if not names:
            return self.browse()
        return self.filtered(
            lambda line: any(line[name].id != (vals[name] or False) for name in names)
        )

    def _aftersales_refuse_if_delivered(self):
        delivered = self.sudo().filtered("aftersales_unit_ids")
        if delivered:
            raise UserError(
                self.env._(
                    "%(line)s of %(order)s is already with the customer, and its promise stands. "
                    "Sell an extension or record goodwill on the unit instead.",
                    line=delivered[0].product_id.display_name,
                    order=delivered[0].order_id.name,
                )
            )

    def _aftersales_promises(self):
        """Whether delivering this line makes a unit."""
        return bool(self.aftersales_plan_id or self.aftersales_policy_id)

    def _aftersales_thaw(self):
        """Let today's wording and decisions hold again for what is not delivered yet."""
        undelivered = self.filtered(lambda line: not line.sudo().aftersales_unit_ids)
        undelivered.write({"aftersales_version_id": False, "aftersales_agreed": False})

    def _aftersales_agree_on_charges(self):
        """A confirmed order keeps the charges it was confirmed with, whatever claims say later."""
        for line in self.filtered("aftersales_claim_id"):
            charge = line._aftersales_get_charge()
            line.aftersales_agreed = charge and [charge.payer, charge.basis, charge.percent]

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

    # === PURCHASED EXTENSIONS === #

    def _aftersales_extend_cover(self):
        """Lengthen the cover of what these confirmed lines were sold for; harmless to repeat."""
        lines = self.filtered(
            lambda line: line.state == "sale" and line.product_id.aftersales_extension_length > 0
        )
        ledger = self.env["aftersales.coverage.extension"].sudo()
        known = ledger._get_active_of(lines).grouped("source_id")
        ledger.create(
            [
                row
                for line in lines
                for row in line._aftersales_prepare_extensions(known.get(line.id, ledger))
            ]
        )

    def _aftersales_prepare_extensions(self, known):
        """Values of the extensions still to be made; ``known`` are those already made."""
        units = self.aftersales_extended_unit_id or self.order_id.order_line.aftersales_unit_ids
        left = max(int(self.product_uom_qty) - len(known), 0)
        wanted = (units.filtered(lambda unit: unit.state == "active") - known.unit_id).sorted("id")
        return [
            {
                "unit_id": unit.id,
                "coverage_id": term.id,
                "kind": "purchased",
                "length": self.product_id.aftersales_extension_length,
                "length_unit": self.product_id.aftersales_extension_unit,
                "reason": f"{self.product_id.display_name}, {self.order_id.name}",
                "source_model": self._name,
                "source_id": self.id,
            }
            for unit in wanted[:left]
            if (term := unit._get_extensible_term())
        ]

    # === PRICE OF COVERED WORK === #

    @api.depends_context("lang")
    @api.depends(*CHARGE_FACTS)
    def _compute_aftersales_charge(self):
        for line in self:
            charge = line._aftersales_get_charge()
            line.aftersales_charge = charge and self.env["aftersales.claim"]._describe(charge)

    @api.depends(*CHARGE_FACTS)
    def _compute_price_unit(self):
        return super()._compute_price_unit()

    def _reset_price_unit(self):
        res = super()._reset_price_unit()
        cost_line = self.aftersales_cost_line_id.sudo()
        charge = self._aftersales_get_charge()
        if not (charge or cost_line):
            return res
        list_price, cost_price = self.price_unit, self._aftersales_get_cost_price()
        if cost_line:
            list_price = self._aftersales_for_taxes(
                self._aftersales_in_order_currency(cost_line.price_list)
            )
            cost_price = self._aftersales_in_order_currency(cost_line.price_cost)
        net = coverage.price(
            charge or coverage.AT_LIST,
            list_price=list_price,
            cost_price=self._aftersales_with_taxes_inside(cost_price),
        )
        self.update({"price_unit": net, "technical_price_unit": net})
        return res

    def _aftersales_for_taxes(self, price):
        """A price of our list, as the order's fiscal position has it."""
        product = self.product_id.with_company(self.company_id)
        return product._get_tax_included_unit_price_from_price(
            price,
            product_taxes=product.taxes_id._filter_taxes_by_company(self.company_id),
            fiscal_position=self.order_id.fiscal_position_id,
        )

    def _aftersales_with_taxes_inside(self, cost):
        """Costs hold no taxes: where prices do, those are added, so that the cost comes in."""
        inside = self.tax_ids.flatten_taxes_hierarchy().filtered("price_include")
        if not inside:
            return cost
        return inside.with_context(round=False, round_base=False).compute_all(
            cost, self.currency_id, handle_price_include=False
        )["total_included"]

    def _compute_discount(self):
        """A pricelist's discount is about list prices: cost prices and reductions have none.

        Where pricelists give no discounts, one that was typed stays, as core leaves it.
        """
        res = super()._compute_discount()
        if not self.env["product.pricelist.item"]._is_discount_feature_enabled():
            return res
        for line in self.filtered(lambda line: line.aftersales_claim_id and line.pricelist_item_id):
            charge = line._aftersales_get_charge()
            if charge and charge.basis != coverage.Basis.LIST:
                line.discount = 0.0
        return res

    def _aftersales_get_charge(self):
        """The charge a claim makes for this line, or None: then the line is priced as always."""
        if self.aftersales_agreed:
            payer, basis, percent = self.aftersales_agreed
            return coverage.Charge(coverage.Payer(payer), coverage.Basis(basis), percent)
        if self.aftersales_cost_line_id:
            return self.aftersales_cost_line_id.sudo()._get_charge()
        claim = self.aftersales_claim_id.sudo()
        return claim._get_charge(self.aftersales_cost_type) if claim else None

    def _aftersales_get_cost_price(self):
        """The product's cost in the unit and currency of this line."""
        company = self.company_id or self.env.company
        product = self.product_id.with_company(company).sudo()  # cost is closed to salespeople
        cost = product.uom_id._compute_price(product.standard_price, self.product_uom_id)
        return self._aftersales_in_order_currency(cost)

    def _aftersales_in_order_currency(self, amount):
        company = self.company_id or self.env.company
        return company.currency_id._convert(
            amount, self.currency_id, company, self._get_order_date() or fields.Date.today()
        )
