from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .vocabulary import FOLLOWS_PREVIOUS, LENGTH_UNITS, PHASES, START_EVENTS


class AftersalesWarrantyPolicyTerm(models.Model):
    """One promise of a policy: so long, for this component or the whole product, in this phase."""

    _name = "aftersales.warranty.policy.term"
    _description = "Warranty Term"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one(
        "aftersales.warranty.policy", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    component_id = fields.Many2one(
        "aftersales.component",
        ondelete="restrict",
        help="Leave empty for the whole product. A component with a term of its own is judged by "
        "that term alone.",
    )
    phase = fields.Selection(PHASES, default="warranty", required=True)
    length = fields.Integer(default=12)
    length_unit = fields.Selection(LENGTH_UNITS, default="month", required=True)
    start_event = fields.Selection(
        [*START_EVENTS, FOLLOWS_PREVIOUS],
        string="Starts At",
        help="Leave empty to start with the policy. “End of the previous phase” begins the day "
        "after the term before it for the same component.",
    )

    _length_positive = models.Constraint(
        "CHECK(length_unit = 'lifetime' OR length > 0)",
        "A warranty term must be at least one day long. Enter a length, or choose “Lifetime”.",
    )

    @api.depends("component_id", "phase")
    def _compute_display_name(self):
        for term in self:
            term.display_name = self.env["aftersales.warranty.policy"]._describe_term(
                term._prepare_term()
            )

    @api.constrains("component_id", "start_event", "sequence", "policy_id")
    def _check_chain(self):
        """“End of the previous phase” needs a phase that can end."""
        for policy in self.policy_id:
            last = {}
            for term in policy.term_ids.sorted():
                before = last.get(term.component_id)
                if term.start_event == "previous" and (
                    not before or before.length_unit == "lifetime"
                ):
                    raise ValidationError(
                        self.env._(
                            "In %(policy)s, the term “%(term)s” has no phase to follow. Put the "
                            "phase that ends before it above it, or choose another start.",
                            policy=policy.name,
                            term=term.display_name,
                        )
                    )
                last[term.component_id] = term

    def _prepare_term(self):
        self.ensure_one()
        return {
            "component": self.component_id.id or None,
            "phase": self.phase,
            "length": self.length if self.length_unit != "lifetime" else 0,
            "unit": self.length_unit,
            "start": self.start_event or self.policy_id.start_event,
        }
