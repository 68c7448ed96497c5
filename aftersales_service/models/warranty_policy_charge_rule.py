from odoo import api, fields, models

from .vocabulary import COST_TYPES, OUT_OF_COVER, PAYERS, PHASES, PRICE_BASES


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

    @api.depends("phase", "cause_id", "cost_type", "payer", "price_basis", "percent")
    def _compute_display_name(self):
        for rule in self:
            conditions = [
                dict(self._fields["phase"]._description_selection(self.env)).get(rule.phase),
                rule.cause_id.name,
                dict(self._fields["cost_type"]._description_selection(self.env)).get(
                    rule.cost_type
                ),
            ]
            rule.display_name = " · ".join(filter(None, conditions)) or self.env._("Always")

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
