from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..logic.windows import Step, StepUnit, Until, Window
from .remedy_vocabulary import (
    PURCHASE_CHANNELS,
    REMEDY_PARTS,
    REMEDY_PAYERS,
    REMEDY_WHYS,
    STEP_UNITS,
    WINDOW_ENDS,
)
from .vocabulary import START_EVENTS

#: Columns that offer a remedy, by the remedy's name in ``logic.remedy``.
OFFERS = {
    "refund": "allows_refund",
    "exchange": "allows_exchange",
    "repair": "allows_repair",
    "training": "allows_training",
    "refurbish": "allows_refurbish",
}


class AftersalesRemedyPolicyTier(models.Model):
    """One row of the table: for this reason, bought this way, in this window – these remedies.

    "After 7 days, up to 15 days" are day 8 to day 15: the day of the event is day 0 (A3).
    """

    _name = "aftersales.remedy.policy.tier"
    _description = "Remedy Tier"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one(
        "aftersales.remedy.policy", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    why = fields.Selection(
        REMEDY_WHYS,
        string="Reason",
        default="quality",
        required=True,
        help="A row without reason serves every customer, whatever the reason.",
    )
    channel = fields.Selection(PURCHASE_CHANNELS, string="Bought", help="Empty: anywhere.")
    part = fields.Selection(
        REMEDY_PARTS, string="Concerns", help="Empty: the unit and its accessories."
    )
    after_amount = fields.Integer(
        string="After", help="0: from the day of the event itself. After 7 days begins on day 8."
    )
    after_unit = fields.Selection(STEP_UNITS, string="Unit of After", default="day", required=True)
    until_amount = fields.Integer(
        string="Up To", default=7, help="The last day, counted from the same event."
    )
    until_unit = fields.Selection(WINDOW_ENDS, string="Unit of Up To", default="day", required=True)
    start_event = fields.Selection(
        START_EVENTS, string="Counted From", help="Empty: as the policy says."
    )
    bought_from = fields.Date(help="For a promotion: only what was bought on or after this day.")
    bought_until = fields.Date(help="For a promotion: only what was bought up to this day.")
    allows_refund = fields.Boolean(string="Refund")
    allows_exchange = fields.Boolean(string="Exchange")
    allows_repair = fields.Boolean(string="Repair")
    allows_training = fields.Boolean(
        string="Training", help="Offered first to who cannot use the product."
    )
    allows_refurbish = fields.Boolean(string="Refurbish", help="The housing is made like new.")
    freight_payer = fields.Selection(
        REMEDY_PAYERS, string="Return Freight", help="Empty: nothing was promised."
    )
    work_payer = fields.Selection(
        REMEDY_PAYERS,
        string="Repair Paid By",
        help="Empty: as the warranty says. Refurbishing is free unless said otherwise.",
    )
    sentence = fields.Char(compute="_compute_sentence")

    _amounts_sensible = models.Constraint(
        "CHECK(after_amount >= 0 AND until_amount >= 0 AND after_amount <= 36500"
        " AND until_amount <= 36500)",
        "Days and months of a tier lie between 0 and 36500.",
    )

    @api.depends_context("lang")
    @api.depends(
        "why",
        "channel",
        "part",
        "after_amount",
        "after_unit",
        "until_amount",
        "until_unit",
        "start_event",
        "policy_id.start_event",
        "bought_from",
        "bought_until",
        "freight_payer",
        "work_payer",
        *OFFERS.values(),
    )
    def _compute_sentence(self):
        for tier in self:
            tier.sentence = self.env["aftersales.remedy.policy"]._describe_tier(
                tier._prepare_tier()
            )

    @api.depends("sentence")
    def _compute_display_name(self):
        for tier in self:
            tier.display_name = tier.sentence

    @api.constrains("after_amount", "after_unit", "until_amount", "until_unit")
    def _check_window(self):
        for tier in self:
            if tier._get_window().is_empty():
                raise ValidationError(
                    self.env._(
                        "In %(policy)s, the row “%(tier)s” holds no day: it ends before it "
                        "begins. Correct “After” or “Up To”.",
                        policy=tier.policy_id.name,
                        tier=tier.sentence,
                    )
                )

    @api.constrains(*OFFERS.values(), "why")
    def _check_offers(self):
        for tier in self:
            if not any(tier[field] for field in OFFERS.values()):
                raise ValidationError(
                    self.env._(
                        "In %(policy)s, the row “%(tier)s” offers nothing. Tick what the customer "
                        "may ask for, or remove the row.",
                        policy=tier.policy_id.name,
                        tier=tier.sentence,
                    )
                )
            if tier.allows_training and tier.why != "cannot_use":
                raise ValidationError(
                    self.env._(
                        "In %(policy)s, training is offered in “%(tier)s”. It helps only who "
                        "cannot use the product: choose that reason, or do not offer it.",
                        policy=tier.policy_id.name,
                        tier=tier.sentence,
                    )
                )

    @api.constrains("bought_from", "bought_until")
    def _check_promotion(self):
        for tier in self:
            if tier.bought_from and tier.bought_until and tier.bought_from > tier.bought_until:
                raise ValidationError(
                    self.env._(
                        "In %(policy)s, the promotion “%(tier)s” ends before it begins. Correct "
                        "its dates.",
                        policy=tier.policy_id.name,
                        tier=tier.sentence,
                    )
                )

    def _get_window(self):
        return make_window(self._prepare_tier())

    def _prepare_tier(self):
        """The row as plain values, as it is frozen."""
        self.ensure_one()
        return {
            "why": self.why,
            "channel": self.channel or None,
            "part": self.part or None,
            "after": [self.after_amount, self.after_unit],
            "until": [self.until_amount * (self.until_unit in dict(STEP_UNITS)), self.until_unit],
            "start": self.start_event or self.policy_id.start_event,
            "bought_from": self.bought_from and self.bought_from.isoformat() or None,
            "bought_until": self.bought_until and self.bought_until.isoformat() or None,
            "remedies": [remedy for remedy, field in OFFERS.items() if self[field]],
            "freight": self.freight_payer or None,
            "work": self.work_payer or None,
        }


def make_window(tier):
    """The window of a frozen row, as ``logic`` takes it."""
    amount, unit = tier["until"]
    until = Step(amount, StepUnit(unit)) if unit in dict(STEP_UNITS) else Until(unit)
    after_amount, after_unit = tier["after"]
    return Window(Step(after_amount, StepUnit(after_unit)), until)
