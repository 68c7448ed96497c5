from odoo import api, fields, models

from .vocabulary import COST_TYPES, OUT_OF_COVER, PAYERS, PHASES, PRICE_BASES, label


class AftersalesWarrantyPolicyChargeRule(models.Model):
    """Who pays what, at which price, where it fits; an empty condition fits all (C12)."""

    _name = "aftersales.warranty.policy.charge.rule"
    _description = "Charge Rule"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one(
        "aftersales.warranty.policy", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    phase = fields.Selection(
        [*PHASES, OUT_OF_COVER], help="Empty: in every phase, and out of cover."
    )
    cause_id = fields.Many2one("aftersales.cause", ondelete="restrict")
    cost_type = fields.Selection(COST_TYPES, string="Cost")
    payer = fields.Selection(PAYERS, required=True, default="customer")
    price_basis = fields.Selection(PRICE_BASES, required=True, default="list")
    percent = fields.Float(string="Less %")

    _percent_range = models.Constraint(
        "CHECK(percent >= 0 AND percent <= 100)",
        "The reduction of a charge rule must lie between 0 and 100 %.",
    )

    @api.depends_context("lang")
    @api.depends("phase", "cause_id", "cost_type")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = self._describe_rule(rule._prepare_rule())

    @api.model
    def _describe_rule(self, rule):
        """The conditions of a rule (see ``_prepare_rule``), also of a frozen one, in words."""
        conditions = [
            rule["phase"] and label(self, "phase", rule["phase"]),
            self.env["aftersales.cause"].sudo().browse(rule["cause"] or ()).exists().name,
            rule["cost"] and label(self, "cost_type", rule["cost"]),
        ]
        return " · ".join(filter(None, conditions)) or self.env._("Always")

    def _prepare_rule(self):
        self.ensure_one()
        return {
            "phase": self.phase or None,
            "cause": self.cause_id.id or None,
            "cost": self.cost_type or None,
            "payer": self.payer,
            "basis": self.price_basis,
            "percent": self.percent,
        }
