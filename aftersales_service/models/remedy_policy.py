from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .remedy_vocabulary import (
    EXCHANGE_GOODS,
    INTACT_RULES,
    LADDER_SCOPES,
    OTHER_MODELS,
    REFUND_BASES,
)
from .vocabulary import START_EVENTS

#: Steps that are climbed from a repair or an exchange.
LADDER_STEPS = (
    "repairs_before_exchange",
    "exchanges_before_refund",
    "accessory_exchanges_before_refund",
    "exchange_irreparable",
    "exchange_late",
    "refund_nonconforming",
)
#: Fields that the wording takes over as they are.
PLAIN_TERMS = (
    *LADDER_STEPS,
    "ladder_scope",
    "exchange_days",
    "needs_inspection_sheet",
    "needs_proof",
    "needs_description",
    "needs_intact",
    "needs_batch_test",
    "needs_approval",
    "tampered_repair_only",
    "refund_basis",
    "accessory_refund_basis",
    "refund_days",
    "free_trainings",
    "exchange_goods",
    "other_model",
)


class AftersalesRemedyPolicy(models.Model):
    """What a customer may ask for: refund, exchange, repair – when, for what reason, who pays.

    1. Tiers are read as a table; of those that fit, the best for the customer counts.
    2. The ladder leads from repairs to an exchange, and from exchanges to a refund.
    3. A confirmed order freezes the wording; what was promised is judged by it.
    """

    _name = "aftersales.remedy.policy"
    _description = "Remedy Policy"
    _inherit = ["mail.thread", "aftersales.promise"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to offer this policy in every company.", index=True
    )
    start_event = fields.Selection(
        START_EVENTS,
        string="Counted From",
        default="delivery",
        required=True,
        help="The event from which every tier counts that names none of its own.",
    )
    tier_ids = fields.One2many("aftersales.remedy.policy.tier", "policy_id", copy=True)

    # === LADDER === #

    ladder_scope = fields.Selection(
        LADDER_SCOPES,
        string="What Counts",
        default="same_fault",
        required=True,
        help="Which earlier repairs and exchanges count. What an excluded cause made necessary "
        "never does.",
    )
    repairs_before_exchange = fields.Integer(
        string="Repairs before an Exchange",
        help="After so many repairs a fault that comes back gives a right to an exchange. 0: none.",
    )
    exchanges_before_refund = fields.Integer(
        string="Exchanges before a Refund",
        help="After so many exchanges a fault that comes back gives a right to the money. 0: none.",
    )
    accessory_exchanges_before_refund = fields.Integer(
        string="Replacements of an Accessory before a Refund",
        help="Accessories have their own count. 0: no such right.",
    )
    exchange_days = fields.Integer(
        string="Exchange Made Within (Days)",
        help="An exchange that is not made in time becomes a refund. 0: no such right.",
    )
    exchange_irreparable = fields.Boolean(string="What Cannot Be Repaired Is Exchanged")
    exchange_late = fields.Boolean(
        string="Late Repairs Become Exchanges",
        help="A repair that misses the promised time of its solution gives a right to an exchange.",
    )
    refund_nonconforming = fields.Boolean(
        string="Refund What Does Not Conform",
        help="The money goes back when the inspection finds that the goods do not conform.",
    )

    # === CONDITIONS === #

    needs_inspection_sheet = fields.Boolean(
        string="Inspection Sheet",
        help="A faulty unit is exchanged or refunded on the written sheet of a service point.",
    )
    needs_proof = fields.Boolean(string="Proof of Purchase")
    needs_description = fields.Boolean(string="Description of the Problem")
    needs_intact = fields.Selection(
        INTACT_RULES, string="Intact Goods", default="without_fault", required=True
    )
    needs_batch_test = fields.Boolean(
        string="Batch Test",
        help="Goods of the same batch, or samples, are tested before faulty ones come back.",
    )
    needs_approval = fields.Boolean(
        string="Upper Management Decides",
        help="Refunds and exchanges are handed to upper management with the return form.",
    )
    tampered_repair_only = fields.Boolean(
        string="Tampered or Badly Worn: Repair Only",
        default=True,
        help="Nothing is exchanged or refunded where the sale date was tampered with or the unit "
        "is badly worn.",
    )
    exclusion_ids = fields.Many2many(
        "aftersales.cause",
        "aftersales_remedy_policy_exclusion_rel",
        string="Excluded Causes",
        help="They give no right, and neither do those that the warranty excludes.",
    )
    fault_ids = fields.Many2many(
        "aftersales.fault",
        "aftersales_remedy_policy_fault_rel",
        string="Only These Faults",
        help="Leave empty for those that the warranty lists, or for any.",
    )
    excluded_kind_ids = fields.Many2many(
        "aftersales.goods.kind",
        "aftersales_remedy_policy_kind_rel",
        string="Not without a Fault",
        help="Kinds of goods that cannot be given back without a fault. Products and categories "
        "say of which kind they are.",
    )

    # === GOODS AND MONEY === #

    refund_basis = fields.Selection(
        REFUND_BASES, string="Refund At", default="invoice", required=True
    )
    accessory_refund_basis = fields.Selection(
        REFUND_BASES,
        string="Bundled Accessories Refunded At",
        default="invoice",
        required=True,
        help="An accessory that was sold by itself is refunded at its invoice price.",
    )
    refund_days = fields.Integer(
        string="Refund Due (Days)",
        help="So many days after the goods are back the money has to be. 0: no promise.",
    )
    free_trainings = fields.Integer(
        default=1, help="So many trainings are free for who cannot use it; later ones are charged."
    )
    exchange_goods = fields.Selection(
        EXCHANGE_GOODS, string="Exchanged For", default="new", required=True
    )
    other_model = fields.Selection(
        OTHER_MODELS, string="If the Model Is Gone", default="consent", required=True
    )

    version_ids = fields.One2many("aftersales.remedy.policy.version", "policy_id")
    plan_ids = fields.One2many("aftersales.plan", "remedy_policy_id", string="Plans")
    summary = fields.Text(compute="_compute_summary", string="In Words")

    _numbers_positive = models.Constraint(
        "CHECK(repairs_before_exchange >= 0 AND exchanges_before_refund >= 0"
        " AND accessory_exchanges_before_refund >= 0 AND exchange_days >= 0"
        " AND refund_days >= 0 AND free_trainings >= 0)",
        "Counts and days of a remedy policy cannot be negative. Use 0 for no promise.",
    )

    @api.depends_context("lang")
    @api.depends(
        "start_event",
        "tier_ids.sentence",
        "tier_ids.sequence",
        "exclusion_ids",
        "fault_ids",
        "excluded_kind_ids",
        *PLAIN_TERMS,
    )
    def _compute_summary(self):
        for policy in self:
            policy.summary = policy._describe_promise(policy._prepare_payload())

    @api.constrains("tier_ids", *LADDER_STEPS)
    def _check_ladder(self):
        """A ladder stands on repairs or exchanges that somebody may ask for."""
        for policy in self:
            climbs = any(policy[name] for name in LADDER_STEPS)
            rungs = policy.tier_ids.filtered(
                lambda tier: tier.why == "quality" and (tier.allows_repair or tier.allows_exchange)
            )
            if climbs and not rungs:
                raise ValidationError(
                    self.env._(
                        "%s has a ladder, but no row offers a repair or an exchange for a quality "
                        "fault. Add such a row, or clear the ladder.",
                        policy.name,
                    )
                )

    def copy_data(self, default=None):
        return [
            values | {"name": self.env._("%s (copy)", policy.name)}
            for policy, values in zip(self, super().copy_data(default), strict=True)
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """A promise that somebody relies on stays readable."""
        if promised := self.sudo().version_ids.policy_id:
            raise UserError(
                self.env._(
                    "%s was promised to customers already. Archive it instead.", promised[0].name
                )
            )

    def _prepare_payload(self):
        """All that decides a remedy, as plain values; its digest names the version."""
        self.ensure_one()
        return {
            "tiers": [tier._prepare_tier() for tier in self.tier_ids.sorted()],
            "excluded": sorted(self.exclusion_ids.ids),
            "faults": sorted(self.fault_ids.ids),
            "kinds": [[kind.id, kind.rule] for kind in self.excluded_kind_ids.sorted("id")],
            **{name: self[name] for name in PLAIN_TERMS},
        }
