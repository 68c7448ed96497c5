from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..logic import coverage
from .vocabulary import COST_TYPES


class AftersalesCostLine(models.Model):
    """What a repair costs beside its parts: labour, travel, freight, duty, sundries (C42).

    Each line has its own decision and reason from the repair's claim; on the quotation it becomes
    an ordinary order line, priced by that decision.
    """

    _name = "aftersales.cost.line"
    _description = "Cost of a Repair"
    _order = "repair_id, sequence, id"
    _check_company_auto = True

    repair_id = fields.Many2one("repair.order", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10)
    cost_type = fields.Selection(
        [cost for cost in COST_TYPES if cost[0] != "part"], default="labour", required=True
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        check_company=True,
        domain="[('type', '=', 'service')]",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    name = fields.Char(
        string="Description",
        compute="_compute_from_product",
        store=True,
        readonly=False,
        precompute=True,
    )
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    price_list = fields.Monetary(
        string="List Price",
        compute="_compute_from_product",
        store=True,
        readonly=False,
        precompute=True,
        help="For one, before the decision.",
    )
    price_cost = fields.Monetary(
        string="Cost",
        compute="_compute_from_product",
        store=True,
        readonly=False,
        precompute=True,
        groups="stock.group_stock_user",
    )
    is_goodwill = fields.Boolean(
        string="Goodwill",
        copy=False,
        help="We pay this line although we do not owe it. For managers.",
    )
    goodwill_reason = fields.Char(copy=False)
    price_unit = fields.Monetary(string="Charged Each", compute="_compute_charge")
    amount = fields.Monetary(string="Charged", compute="_compute_charge")
    charge = fields.Char(string="Who Pays", compute="_compute_charge")
    reason = fields.Char(string="Why", compute="_compute_charge")
    sale_line_id = fields.Many2one("sale.order.line", readonly=True, copy=False)

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "The quantity of a cost line must be positive."
    )
    _price_positive = models.Constraint(
        "CHECK(price_list >= 0 AND price_cost >= 0)", "Prices of cost lines cannot be negative."
    )

    @api.depends("cost_type")
    def _compute_product_id(self):
        for cost_type, lines in self.grouped("cost_type").items():
            usual = self.env.ref(
                f"aftersales_service.product_{cost_type}", raise_if_not_found=False
            )
            for line in lines:
                line.product_id = usual or line.product_id

    @api.depends("product_id", "company_id")
    def _compute_from_product(self):
        for line in self:
            product = line.product_id.with_company(line.company_id)
            line.name = product.display_name
            # a product of all companies is priced in the currency of the first one
            line.price_list = product.currency_id._convert(
                product.lst_price, line.company_id.currency_id, line.company_id, round=False
            )
            line.price_cost = product.sudo().standard_price

    @api.depends_context("lang")
    @api.depends(
        "repair_id.aftersales_claim_id.charges",
        "repair_id.aftersales_claim_id.state",
        "cost_type",
        "quantity",
        "price_list",
        "price_cost",
        "is_goodwill",
        "goodwill_reason",
    )
    def _compute_charge(self):
        for line in self:
            charge = line._get_charge() or coverage.AT_LIST
            line.price_unit = coverage.price(
                charge, list_price=line.price_list, cost_price=line.sudo().price_cost
            )
            line.amount = line.price_unit * line.quantity
            line.charge = self.env["aftersales.claim"]._describe(charge)
            line.reason = line._get_reason()

    def _get_charge(self):
        """The ``logic.coverage.Charge`` of this line; None where nothing was decided."""
        self.ensure_one()
        if self.is_goodwill:
            return coverage.FREE
        claim = self.repair_id.aftersales_claim_id
        return claim._get_charge(self.cost_type) if claim else None

    def _get_reason(self):
        if self.is_goodwill:
            return self.env._("Goodwill: %s", self.goodwill_reason or "")
        claim = self.repair_id.aftersales_claim_id
        return claim._explain_charge(self.cost_type) if claim else self.env._("No claim.")

    @api.constrains("is_goodwill", "goodwill_reason")
    def _check_goodwill_reason(self):
        for line in self.filtered("is_goodwill"):
            if not (line.goodwill_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Goodwill needs a reason. Say why we pay “%(line)s” of %(repair)s.",
                        line=line.name,
                        repair=line.repair_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered("is_goodwill")._refuse_goodwill_unless_manager()
        lines._refuse_on_cancelled_repairs()
        lines.filtered("repair_id.sale_order_id")._create_sale_lines()
        return lines

    def write(self, vals):
        if "is_goodwill" in vals:
            self._refuse_goodwill_unless_manager()
        self._refuse_on_cancelled_repairs()
        if "repair_id" in vals:
            self._refuse_moving(vals["repair_id"])
        res = super().write(vals)
        if vals.keys() & {"quantity", "cost_type", "product_id", "name"}:
            self._follow_on_quotations()
        return res

    def unlink(self):
        self._refuse_waiving()
        self._charge_nothing()
        return super().unlink()

    # === ON THE QUOTATION === #

    def _follow_on_quotations(self):
        """What is quoted says what the lines say now."""
        # superuser: who corrects a cost need not be allowed to edit quotations
        for line in self.sudo().filtered("sale_line_id"):
            quoted = line.sale_line_id
            wanted = {
                "product_id": line.product_id,
                "name": line.name,
                "product_uom_qty": line.quantity,
                "aftersales_cost_type": line.cost_type,
            }
            changed = {name: value for name, value in wanted.items() if quoted[name] != value}
            if "product_id" in changed:
                line._refuse_invoiced()
                changed |= {"product_id": line.product_id.id, "name": line.name}
            if changed:
                quoted.write(changed)

    def _charge_nothing(self):
        """The work is called off: it stays on the quotation with nothing to pay."""
        # superuser: who removes a cost need not be allowed to edit quotations
        charged = self.sudo().sale_line_id.filtered(lambda line: line.product_uom_qty)
        charged.write({"product_uom_qty": 0})

    def _charge_again(self):
        for line in self.sudo().filtered("sale_line_id"):
            if line.sale_line_id.order_id.state != "cancel":
                line.sale_line_id.product_uom_qty = line.quantity

    def _refuse_moving(self, repair_id):
        for line in self.sudo().filtered("sale_line_id"):
            if line.repair_id.id != repair_id:
                raise UserError(
                    self.env._(
                        "“%(line)s” is quoted for %(repair)s. Enter it anew where it belongs, and "
                        "remove it here.",
                        line=line.name,
                        repair=line.repair_id.name,
                    )
                )

    def _refuse_invoiced(self):
        if self.sale_line_id.qty_invoiced:
            raise UserError(
                self.env._(
                    "“%(line)s” of %(repair)s is invoiced. Add another line for what changed.",
                    line=self.name,
                    repair=self.repair_id.name,
                )
            )

    def _refuse_waiving(self):
        """What was done and ordered is not waived by deleting its line; who sells may."""
        if self.env.su or self.env["sale.order"].has_access("create"):
            return
        # superuser: only whether it is ordered
        for line in self.sudo():
            if line.repair_id.state == "done" and line.sale_line_id.state == "sale":
                raise UserError(
                    self.env._(
                        "“%(line)s” of %(repair)s is done and ordered. Somebody in sales may "
                        "remove it from %(order)s.",
                        line=line.name,
                        repair=line.repair_id.name,
                        order=line.sale_line_id.order_id.name,
                    )
                )

    def _refuse_goodwill_unless_manager(self):
        manager = self.env.user.has_group("aftersales_service.group_aftersales_manager")
        if self and not self.env.su and not manager:
            raise UserError(
                self.env._("Only an after-sales manager grants goodwill. Ask one to tick it.")
            )

    def _refuse_on_cancelled_repairs(self):
        cancelled = self.repair_id.filtered(lambda repair: repair.state == "cancel")
        if cancelled:
            raise UserError(
                self.env._("%s is cancelled. Its costs no longer change.", cancelled[0].name)
            )

    def _create_sale_lines(self):
        """Put the lines on the quotations of their repairs, priced by their decisions."""
        # superuser: service agents quote their repairs without any right in sales
        unquoted = self.sudo().filtered(lambda line: not line.sale_line_id)
        quoted = (
            self.env["sale.order.line"]
            .sudo()
            .create([line._prepare_sale_line() for line in unquoted])
        )
        for line, sale_line in zip(unquoted, quoted, strict=True):
            line.sale_line_id = sale_line

    def _prepare_sale_line(self):
        return {
            "order_id": self.repair_id.sale_order_id.id,
            "product_id": self.product_id.id,
            "name": self.name,
            "product_uom_qty": self.quantity,
            "aftersales_claim_id": self.repair_id.aftersales_claim_id.id,
            "aftersales_cost_type": self.cost_type,
            "aftersales_cost_line_id": self.id,
        }
