from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..logic import coverage as coverage_rules
from .numbering import next_numbers
from .vocabulary import COST_TYPES, RESULTS, RULINGS, label

#: What the decision consists of; it is frozen together.
DECISION = (
    "result",
    "reason",
    "coverage_id",
    "charges",
    "charge_sources",
    "cover_start",
    "cover_end",
    "cover_event",
    "cover_ended",
    "repaired_id",
)
#: What a person decided, and who and why.
RULING = ("ruling", "ruling_reason", "ruling_reference", "ruling_user_id", "date_ruled")
#: What it was decided by; a decided claim keeps these, too.
FACTS = frozenset(
    {"unit_id", "component_id", "cause_id", "fault_id", "date_failure", "is_doubtful"}
)


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
        "aftersales.request", ondelete="restrict", index="btree_not_null", check_company=True
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
    partner_id = fields.Many2one(
        "res.partner", string="Customer", compute="_compute_from_unit", store=True, index=True
    )
    product_id = fields.Many2one(
        "product.product", compute="_compute_from_unit", store=True, index=True
    )
    lot_id = fields.Many2one("stock.lot", compute="_compute_from_unit", store=True)
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
    fault_id = fields.Many2one(
        "aftersales.fault",
        compute="_compute_facts",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    is_doubtful = fields.Boolean(
        string="We Cannot Tell",
        tracking=True,
        help="Nobody here can judge the fault: it waits for the maker's or a manager's decision.",
    )
    submitted_to_id = fields.Many2one(
        "res.partner", string="Submitted to", tracking=True, help="Usually the maker."
    )
    date_submitted = fields.Date(readonly=True, copy=False)
    ruling = fields.Selection(RULINGS, readonly=True, copy=False, tracking=True)
    ruling_reason = fields.Char(readonly=True, copy=False, tracking=True)
    ruling_reference = fields.Char(
        string="Reference", readonly=True, copy=False, help="The maker's letter or case number."
    )
    ruling_user_id = fields.Many2one("res.users", string="Ruled by", readonly=True, copy=False)
    date_ruled = fields.Datetime(string="Ruled on", readonly=True, copy=False)
    is_goodwill = fields.Boolean(compute="_compute_is_goodwill", store=True)
    seller_must_prove = fields.Boolean(
        compute="_compute_seller_must_prove",
        help="The defect was found so soon after receipt that the seller has to prove there was "
        "none at delivery.",
    )
    evidence_ids = fields.Many2many("ir.attachment")
    result = fields.Selection(
        RESULTS, compute="_compute_decision", store=True, tracking=True, index=True
    )
    reason = fields.Char(compute="_compute_decision", store=True)
    coverage_id = fields.Many2one(
        "aftersales.coverage", compute="_compute_decision", store=True, string="Decided by"
    )
    charges = fields.Json(compute="_compute_decision", store=True)
    charge_sources = fields.Json(compute="_compute_decision", store=True)
    cover_start = fields.Date(compute="_compute_decision", store=True)
    cover_end = fields.Date(compute="_compute_decision", store=True)
    cover_event = fields.Char(compute="_compute_decision", store=True)
    cover_ended = fields.Date(compute="_compute_decision", store=True)
    repaired_id = fields.Many2one(
        "repair.order",
        string="Earlier Repair",
        compute="_compute_decision",
        store=True,
        help="The repair whose own warranty answers for this fault.",
    )
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    charges_text = fields.Text(string="Who Pays", compute="_compute_reason_text")

    # === COMPUTE === #

    @api.depends(
        "state",
        "request_id.unit_id",
        "request_id.component_id",
        "request_id.cause_id",
        "request_id.fault_id",
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
                claim.fault_id = request.fault_id
                claim.date_failure = request.date_failure
            else:
                claim.unit_id = claim.unit_id
                claim.component_id = claim.component_id
                claim.cause_id = claim.cause_id
                claim.fault_id = claim.fault_id
                claim.date_failure = claim.date_failure or fields.Date.context_today(claim)

    @api.depends(
        "state",
        "unit_id.coverage_ids.date_start",
        "unit_id.coverage_ids.date_end",
        "unit_id.date_ended",
        "unit_id.is_sold_by_us",
        "unit_id.has_proof",
        "component_id",
        "cause_id",
        "fault_id",
        "date_failure",
        "is_doubtful",
        "ruling",
    )
    def _compute_decision(self):
        still_open = self.filtered(lambda claim: claim.state == "open")
        for claim in self - still_open:
            for field in DECISION:
                claim[field] = claim[field]
        incomplete = still_open.filtered(lambda claim: not (claim.unit_id and claim.date_failure))
        for field in DECISION:
            incomplete[field] = False
        still_open -= incomplete
        earlier = still_open._find_earlier_repairs()
        cases = still_open.grouped(
            lambda claim: tuple({**claim._get_known(), "repaired": earlier[claim]}.items())
        )
        for known, claims in cases.items():
            known = dict(known)
            units = claims.unit_id._origin
            decisions = units._decide(known.pop("on"), **known)
            for claim in claims:
                claim._set_decision(decisions[claim.unit_id._origin], earlier[claim])

    def _get_known(self):
        """What is known of the fault, as ``aftersales.unit._decide`` takes it."""
        return {
            "on": self.date_failure,
            "component": self.component_id,
            "cause": self.cause_id,
            "fault": self.fault_id,
            "doubtful": self.is_doubtful,
            "ruling": self.ruling,
            "repaired": self.repaired_id,
        }

    def _set_decision(self, decision, earlier):
        self.result = decision.result.value
        self.reason = decision.reason.value
        row = self.env["aftersales.coverage"].sudo()
        row = row.browse(decision.cover.key if decision.cover else ())
        self.coverage_id = row
        by_repair = decision.reason == coverage_rules.Reason.REPAIR_WARRANTY
        self.repaired_id = by_repair and earlier
        self.cover_start = earlier.aftersales_warranty_start if by_repair else row.date_start
        self.cover_end = earlier.aftersales_warranty_end if by_repair else row.date_end
        self.cover_event = self.unit_id._get_waited_event(row)
        self.cover_ended = self.unit_id.date_ended
        self.charges = {
            cost.value: [charge.payer.value, charge.basis.value, charge.percent]
            for cost, charge in decision.charges.items()
        }
        self.charge_sources = {
            cost.value: source for cost, source in decision.sources.items() if source is not None
        }

    @api.depends("state", "unit_id.partner_id", "unit_id.product_id", "unit_id.lot_id")
    def _compute_from_unit(self):
        """Whose claim it is; a decided one stays with whom it was decided for."""
        for claim in self:
            if claim.state == "open" or not claim.partner_id:
                claim.partner_id = claim.unit_id.partner_id
                claim.product_id = claim.unit_id.product_id
                claim.lot_id = claim.unit_id.lot_id

    @api.depends("ruling", "repair_ids.aftersales_cost_line_ids.is_goodwill")
    def _compute_is_goodwill(self):
        for claim in self:
            lines = claim.repair_ids.aftersales_cost_line_ids
            claim.is_goodwill = claim.ruling == "goodwill" or any(lines.mapped("is_goodwill"))

    @api.depends("unit_id.date_delivered", "unit_id.version_id", "date_failure")
    def _compute_seller_must_prove(self):
        for claim in self:
            version = claim.unit_id.sudo().version_id
            claim.seller_must_prove = coverage_rules.seller_must_prove(
                claim.unit_id.date_delivered or None,
                claim.date_failure,
                version.payload["burden_months"] if version else 0,
            )

    @api.depends_context("lang")
    @api.depends("reason", "charges", "coverage_id")
    def _compute_reason_text(self):
        # one read for the whole list, before each claim is put into words
        self.fetch([*FACTS, *DECISION, "state", "ruling", "ruling_reason"])
        self.sudo().coverage_id._read_ahead()
        for claim in self:
            claim.reason_text = claim.reason and claim._get_reason_text()
            claim.charges_text = "\n".join(
                f"{label(self.env['sale.order.line'], 'aftersales_cost_type', cost)}: "
                f"{claim._describe_charge(cost)}"
                for cost, _label in COST_TYPES
                if cost in (claim.charges or ())
            )

    def _get_reason_text(self, reason=None):
        """The reason in words; a decided claim tells the dates it was decided by."""
        known = self._get_known()
        sentence = self.unit_id._put_into_words(
            reason or coverage_rules.Reason(self.reason),
            known.pop("on"),
            cover=self.sudo().coverage_id,
            start=self.cover_start,
            end=self.cover_end,
            event=self.cover_event,
            ended=self.cover_ended,
            **known,
        )
        return f"{sentence} {self.ruling_reason}" if self.ruling_reason else sentence

    @api.depends("name")
    def _compute_display_name(self):
        for claim in self:
            claim.display_name = claim.name != "/" and claim.name

    @api.constrains("component_id", "unit_id")
    def _check_component(self):
        for claim in self:
            if not claim.component_id._fits(claim.product_id):
                raise ValidationError(
                    self.env._(
                        "%(component)s is no component of %(product)s. Choose one of this product.",
                        component=claim.component_id.name,
                        product=claim.product_id.display_name,
                    )
                )

    @api.constrains("request_id", "unit_id")
    def _check_customer(self):
        for claim in self.filtered("request_id.partner_id"):
            asker = claim.request_id.partner_id.commercial_partner_id
            owner = claim.unit_id.partner_id.commercial_partner_id
            if asker != owner:
                raise ValidationError(
                    self.env._(
                        "%(unit)s belongs to %(owner)s, but %(request)s comes from %(asker)s. "
                        "Transfer the unit to its new owner first, or correct the customer.",
                        unit=claim.unit_id.display_name,
                        owner=owner.display_name,
                        request=claim.request_id.name,
                        asker=asker.display_name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        bare = [vals for vals in vals_list if vals.get("name", "/") == "/"]
        names = next_numbers(self.env, self._name, len(bare))
        for vals, name in zip(bare, names, strict=True):
            vals["name"] = name
        self._refuse_forged_decisions(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_forged_decisions([vals])
        if vals.get("state") == "decided":
            self._refuse_undecidable()
        if FACTS & vals.keys() and vals.get("state") != "open":
            decided = self.filtered(lambda claim: claim.state == "decided")
            if decided:
                raise UserError(
                    self.env._(
                        "%s is decided. Reopen it to change what it was decided by.",
                        decided[0].name,
                    )
                )
        return super().write(vals)

    @api.model
    def _refuse_forged_decisions(self, vals_list):
        """Decisions are computed, or ruled by a person in the dialog that records why."""
        forged = {*DECISION, *RULING}
        if not self.env.su and any(forged & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._("A decision is not typed in. Use “Record Decision” and say why.")
            )

    def _refuse_undecidable(self):
        for claim in self:
            if claim.state == "cancelled":
                raise UserError(self.env._("%s is cancelled. Reopen it first.", claim.name))
            if claim.result in ("undetermined", False):
                raise UserError(
                    self.env._(
                        "%(claim)s cannot be decided yet. %(reason)s",
                        claim=claim.name,
                        reason=claim.reason_text or "",
                    )
                )

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
        return self._describe(charge) if charge else ""

    @api.model
    def _describe(self, charge):
        Rule = self.env["aftersales.warranty.policy.charge.rule"]
        words = {
            "payer": label(Rule, "payer", charge.payer.value),
            "basis": label(Rule, "price_basis", charge.basis.value),
            "percent": charge.percent,
        }
        if charge.basis == coverage_rules.Basis.LESS:
            return self.env._("%(payer)s – List price less %(percent)g %%", **words)
        return self.env._("%(payer)s – %(basis)s", **words)

    def _explain_charge(self, cost_type):
        """Why this kind of cost is charged as it is: the rule that says so, or the decision."""
        self.ensure_one()
        position = (self.charge_sources or {}).get(cost_type)
        version = self.unit_id.sudo().version_id
        charge = self._get_charge(cost_type)
        if position is None or not version:
            covered = charge == coverage_rules.FREE and self.reason == "charged"
            return self._get_reason_text(coverage_rules.Reason.COVERED if covered else None)
        rule = version.payload["rules"][position]
        words = self.env["aftersales.warranty.policy.charge.rule"]._describe_rule(rule)
        return self.env._("Promised rule “%s”.", words)

    # === ACTIONS === #

    def action_decide(self):
        """Stand by the decision: from here on it no longer moves."""
        self.write({"state": "decided"})

    def action_submit(self):
        """Hand an undecidable claim to the maker or a manager; its repair waits."""
        self.write({"is_doubtful": True, "date_submitted": fields.Date.context_today(self)})
        for claim in self:
            claim.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Decide whether %s is covered", claim.name),
                user_id=(claim.request_id.user_id or self.env.user).id,
            )

    def action_rule(self):
        """Open the dialog that records what the maker or a manager decided."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record a Decision"),
            "res_model": "aftersales.claim.ruling",
            "view_mode": "form",
            "target": "new",
            "context": {"default_claim_id": self.id},
        }

    def _rule(self, ruling, reason, reference=False):
        """Record what a person decided; it comes before everything that is computed."""
        # superuser: rights were checked by the dialog; nobody writes a ruling directly
        self.sudo().write(
            {
                "ruling": ruling,
                "ruling_reason": reason,
                "ruling_reference": reference,
                "ruling_user_id": self.env.user.id,
                "date_ruled": fields.Datetime.now(),
                "state": "open",
            }
        )
        self.activity_feedback(["mail.mail_activity_data_todo"], feedback=reason)

    def action_withdraw_ruling(self):
        """Let the facts decide again, also where the claim was decided by the ruling."""
        self.env["aftersales.claim.ruling"]._refuse_unless_manager()
        self.sudo().write({**dict.fromkeys(RULING, False), "state": "open"})

    def action_reopen(self):
        """Follow the facts again."""
        self.write({"state": "open"})

    def action_cancel(self):
        self.write({"state": "cancelled"})
