from odoo import api, fields, models
from odoo.exceptions import UserError

from ..logic import coverage as coverage_rules
from .vocabulary import RESULTS, label


class AftersalesClaim(models.Model):
    """The warranty decision about one fault, as a document: covered or not, and why.

    1. Open: the decision follows the facts (unit, component, cause, day of failure).
    2. Decided: somebody stands by it; it no longer moves, whatever happens to the facts.
    3. Repairs and their quotations take payer and price of every line from it.
    """

    _name = "aftersales.claim"
    _description = "Warranty Claim"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, copy=False, readonly=True, default="/", index="trigram")
    state = fields.Selection(
        [("open", "Open"), ("decided", "Decided"), ("cancelled", "Cancelled")],
        default="open",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    request_id = fields.Many2one(
        "aftersales.request", ondelete="cascade", index="btree_not_null", check_company=True
    )
    repair_ids = fields.One2many("repair.order", "aftersales_claim_id")
    unit_id = fields.Many2one(
        "aftersales.unit",
        required=True,
        index=True,
        ondelete="restrict",
        compute="_compute_facts",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    company_id = fields.Many2one(related="unit_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(related="unit_id.partner_id", store=True, precompute=True)
    product_id = fields.Many2one(related="unit_id.product_id", store=True, precompute=True)
    lot_id = fields.Many2one(related="unit_id.lot_id", store=True, precompute=True)
    component_id = fields.Many2one(
        "aftersales.component",
        compute="_compute_facts",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    cause_id = fields.Many2one(
        "aftersales.cause",
        compute="_compute_facts",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    date_failure = fields.Date(
        string="Date of Failure",
        required=True,
        compute="_compute_facts",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="This day decides, not the day somebody gets round to it.",
    )
    result = fields.Selection(
        RESULTS, compute="_compute_decision", store=True, tracking=True, index=True
    )
    reason = fields.Char(compute="_compute_decision", store=True)
    coverage_id = fields.Many2one(
        "aftersales.coverage", compute="_compute_decision", store=True, string="Decided by"
    )
    charges = fields.Json(compute="_compute_decision", store=True)
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    charges_text = fields.Text(string="Who Pays", compute="_compute_reason_text")

    # === COMPUTE === #

    @api.depends(
        "state",
        "request_id.unit_id",
        "request_id.component_id",
        "request_id.cause_id",
        "request_id.date_failure",
    )
    def _compute_facts(self):
        """An open claim follows its request; one made without a request keeps its own facts."""
        for claim in self:
            request = claim.request_id
            if request and claim.state == "open":
                claim.unit_id = request.unit_id or claim.unit_id
                claim.component_id = request.component_id
                claim.cause_id = request.cause_id
                claim.date_failure = request.date_failure
            else:
                claim.unit_id = claim.unit_id
                claim.component_id = claim.component_id
                claim.cause_id = claim.cause_id
                claim.date_failure = claim.date_failure or fields.Date.context_today(claim)

    @api.depends(
        "state",
        "unit_id.coverage_ids.date_start",
        "unit_id.coverage_ids.date_end",
        "unit_id.date_ended",
        "component_id",
        "cause_id",
        "date_failure",
    )
    def _compute_decision(self):
        still_open = self.filtered(lambda claim: claim.state == "open")
        for claim in self - still_open:
            claim.result = claim.result
            claim.reason = claim.reason
            claim.coverage_id = claim.coverage_id
            claim.charges = claim.charges
        cases = still_open.grouped(
            lambda claim: (claim.date_failure, claim.component_id, claim.cause_id)
        )
        for (day, component, cause), claims in cases.items():
            decisions = claims.unit_id._decide(day, component, cause)
            for claim in claims:
                claim._set_decision(decisions[claim.unit_id])

    def _set_decision(self, decision):
        self.result = decision.result.value
        self.reason = decision.reason.value
        self.coverage_id = decision.cover.key if decision.cover else False
        self.charges = {
            cost.value: [charge.payer.value, charge.basis.value, charge.percent]
            for cost, charge in decision.charges.items()
        }

    @api.depends_context("lang")
    @api.depends("reason", "charges", "coverage_id")
    def _compute_reason_text(self):
        for claim in self:
            claim.reason_text = claim.reason and claim._get_reason_text()
            claim.charges_text = "\n".join(
                f"{label(self.env['sale.order.line'], 'aftersales_cost_type', cost)}: "
                f"{claim._describe_charge(cost)}"
                for cost in claim.charges or ()
            )

    def _get_reason_text(self):
        decision = coverage_rules.Decision(
            coverage_rules.Result(self.result),
            coverage_rules.Reason(self.reason),
            coverage_rules.Cover(self.coverage_id.id, None, None) if self.coverage_id else None,
        )
        return self.unit_id._explain(
            decision, self.date_failure, cause=self.cause_id, component=self.component_id
        )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("aftersales.claim") or "/"
        return super().create(vals_list)

    # === CHARGES === #

    def _get_charge(self, cost_type):
        """The ``logic.coverage.Charge`` for a cost type; None while nothing is decided."""
        self.ensure_one()
        values = (self.charges or {}).get(cost_type)
        if self.state == "cancelled" or not values:
            return None
        payer, basis, percent = values
        return coverage_rules.Charge(
            coverage_rules.Payer(payer), coverage_rules.Basis(basis), percent
        )

    def _describe_charge(self, cost_type):
        """“Customer – cost price”, in the user's language."""
        charge = self._get_charge(cost_type)
        if not charge:
            return ""
        Rule = self.env["aftersales.warranty.policy.charge.rule"]
        words = {
            "payer": label(Rule, "payer", charge.payer.value),
            "basis": label(Rule, "price_basis", charge.basis.value),
            "percent": charge.percent,
        }
        if charge.basis == coverage_rules.Basis.LESS:
            return self.env._("%(payer)s – list price less %(percent)g %%", **words)
        return self.env._("%(payer)s – %(basis)s", **words)

    # === ACTIONS === #

    def action_decide(self):
        """Stand by the decision: from here on it no longer moves."""
        for claim in self:
            if claim.state == "cancelled":
                raise UserError(
                    self.env._("%(claim)s is cancelled. Reopen it first.", claim=claim.name)
                )
            if claim.result == "undetermined":
                raise UserError(
                    self.env._(
                        "%(claim)s cannot be decided yet. %(reason)s",
                        claim=claim.name,
                        reason=claim.reason_text,
                    )
                )
        self.write({"state": "decided"})

    def action_reopen(self):
        """Follow the facts again."""
        self.write({"state": "open"})

    def action_cancel(self):
        self.write({"state": "cancelled"})
