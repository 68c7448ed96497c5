from odoo import api, fields, models

from ..logic import coverage
from .vocabulary import START_EVENTS, label


class AftersalesWarrantyPolicy(models.Model):
    """What a warranty promises: when it starts, what runs how long, what is excluded, who pays."""

    _name = "aftersales.warranty.policy"
    _description = "Warranty Policy"
    _inherit = ["mail.thread", "aftersales.promise"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True)
    start_event = fields.Selection(
        START_EVENTS,
        default="delivery",
        required=True,
        help="The event from which every term runs that names none of its own. Until its date is "
        "recorded, the cover has not started.",
    )
    term_ids = fields.One2many("aftersales.warranty.policy.term", "policy_id", copy=True)
    charge_rule_ids = fields.One2many(
        "aftersales.warranty.policy.charge.rule",
        "policy_id",
        copy=True,
        help="Read from the top; the first rule that fits decides. Where none fits, a covered "
        "fault is free and everything else is charged at list price.",
    )
    exclusion_ids = fields.Many2many(
        "aftersales.cause",
        "aftersales_warranty_policy_exclusion_rel",
        string="Excluded Causes",
    )
    downtime_extends = fields.Boolean(
        string="Repair Time Is Given Back",
        help="Days in repair and waiting for parts lengthen the cover (counted once where they "
        "overlap).",
    )
    exchange_rule = fields.Selection(
        [("carry", "Carries over what is left"), ("restart", "Restarts on the day of exchange")],
        default="carry",
        required=True,
        string="After an Exchange",
    )
    eligibility = fields.Selection(
        [
            ("any", "Any unit, wherever bought"),
            ("sold", "Only units sold by us"),
            ("proof", "Only with proof of purchase"),
        ],
        default="any",
        required=True,
        string="Which Units",
    )
    fault_ids = fields.Many2many(
        "aftersales.fault",
        "aftersales_warranty_policy_fault_rel",
        string="Only These Faults",
        help="Leave empty to cover any fault. Otherwise a claim needs one of these, as a statutory "
        "fault table demands.",
    )
    burden_months = fields.Integer(
        string="Seller Must Prove (Months)",
        help="For durable goods: a defect found within so many months of receipt need not be "
        "proved by the customer.",
    )
    deviation_line_id = fields.Many2one(
        "sale.order.line",
        string="Made for Order Line",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="These terms were agreed for one order alone.",
    )
    version_ids = fields.One2many("aftersales.warranty.policy.version", "policy_id")
    summary = fields.Text(compute="_compute_summary", string="In Words")

    @api.depends_context("lang")
    @api.depends(
        "start_event",
        "term_ids.sequence",
        "term_ids.length",
        "term_ids.length_unit",
        "term_ids.phase",
        "term_ids.component_id",
        "term_ids.start_event",
        "exclusion_ids",
        "fault_ids",
        "downtime_extends",
        "exchange_rule",
        "eligibility",
        "burden_months",
        "charge_rule_ids.sequence",
        "charge_rule_ids.phase",
        "charge_rule_ids.cause_id",
        "charge_rule_ids.cost_type",
        "charge_rule_ids.payer",
        "charge_rule_ids.price_basis",
        "charge_rule_ids.percent",
    )
    def _compute_summary(self):
        for policy in self:
            policy.summary = policy._describe_promise(policy._prepare_payload())

    def copy_data(self, default=None):
        return [
            values | {"name": self.env._("%s (copy)", policy.name)}
            for policy, values in zip(self, super().copy_data(default), strict=True)
        ]

    # === THE PROMISE, FROZEN === #

    def _prepare_payload(self):
        """All that decides a claim, as plain values; its digest names the version."""
        self.ensure_one()
        return {
            "terms": self._prepare_terms(),
            "rules": [rule._prepare_rule() for rule in self.charge_rule_ids.sorted()],
            "excluded": sorted(self.exclusion_ids.ids),
            "faults": sorted(self.fault_ids.ids),
            "downtime_extends": self.downtime_extends,
            "exchange": self.exchange_rule,
            "eligibility": self.eligibility,
            "burden_months": self.burden_months,
        }

    def _prepare_terms(self):
        return [term._prepare_term() for term in self.term_ids.sorted()]

    # === WORDS === #

    def _describe_promise(self, payload):
        """Everything a frozen wording promises, a line each, in the user's language."""
        causes = self.env["aftersales.cause"].sudo().browse(payload["excluded"]).exists()
        lines = [self._describe(payload["terms"]), *self._describe_conditions(payload)]
        if causes:
            lines.append(self.env._("Not covered: %s", "; ".join(causes.mapped("name"))))
        lines += [self._describe_charge_rule(rule) for rule in payload["rules"]]
        return "\n".join(filter(None, lines))

    def _describe_conditions(self, payload):
        faults = self.env["aftersales.fault"].sudo().browse(payload["faults"]).exists()
        if payload["eligibility"] == "sold":
            yield self.env._("Only for units sold by us.")
        if payload["eligibility"] == "proof":
            yield self.env._("Only with proof of purchase.")
        if faults:
            yield self.env._("Only these faults: %s", "; ".join(faults.mapped("name")))
        if payload["downtime_extends"]:
            yield self.env._("Time in repair is given back.")
        if payload["exchange"] == "restart":
            yield self.env._("After an exchange the warranty starts anew.")
        if payload["burden_months"]:
            yield self.env._(
                "For %s months the seller must prove that there was no defect.",
                payload["burden_months"],
            )

    def _describe_charge_rule(self, rule):
        charge = coverage.Charge(
            coverage.Payer(rule["payer"]), coverage.Basis(rule["basis"]), rule["percent"]
        )
        return self.env._(
            "%(what)s: %(charge)s",
            what=self.env["aftersales.warranty.policy.charge.rule"]._describe_rule(rule),
            charge=self.env["aftersales.claim"]._describe(charge),
        )

    def _describe(self, terms):
        """Frozen terms (see ``_prepare_payload``) as one line each, in the user's language."""
        return "\n".join(self._describe_term(term) for term in terms)

    def _describe_term(self, term):
        Term = self.env["aftersales.warranty.policy.term"]
        component = self.env["aftersales.component"].sudo().browse(term["component"] or ())
        words = {
            "what": component.exists().name or self.env._("Whole product"),
            "phase": label(Term, "phase", term["phase"]),
            "event": label(Term, "start_event", term["start"]),
            "length": term["length"],
        }
        single = term["length"] == 1
        match term["unit"]:
            case "day":
                return (
                    self.env._("%(what)s – %(phase)s: 1 day, from: %(event)s", **words)
                    if single
                    else self.env._(
                        "%(what)s – %(phase)s: %(length)s days, from: %(event)s", **words
                    )
                )
            case "month":
                return (
                    self.env._("%(what)s – %(phase)s: 1 month, from: %(event)s", **words)
                    if single
                    else self.env._(
                        "%(what)s – %(phase)s: %(length)s months, from: %(event)s", **words
                    )
                )
            case "year":
                return (
                    self.env._("%(what)s – %(phase)s: 1 year, from: %(event)s", **words)
                    if single
                    else self.env._(
                        "%(what)s – %(phase)s: %(length)s years, from: %(event)s", **words
                    )
                )
            case _forever:
                return self.env._("%(what)s – %(phase)s: for life, from: %(event)s", **words)
