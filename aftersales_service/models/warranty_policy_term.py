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
    _length_sensible = models.Constraint(
        "CHECK(length_unit = 'lifetime' OR length <= 100"
        " OR (length_unit = 'month' AND length <= 1200)"
        " OR (length_unit = 'day' AND length <= 36500))",
        "A warranty term cannot be longer than a hundred years. Choose “Lifetime” instead.",
    )

    @api.depends_context("lang")
    @api.depends("component_id", "phase", "length", "length_unit", "start_event")
    def _compute_display_name(self):
        for term in self:
            term.display_name = self.env["aftersales.warranty.policy"]._describe_term(
                term._prepare_term()
            )

    @api.constrains("component_id", "start_event", "sequence", "policy_id", "length_unit")
    def _check_chain(self):
        """“End of the previous phase” needs a phase that can end."""
        for policy in self.policy_id:
            policy.term_ids._refuse_broken_chain()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_followed(self):
        for policy in self.policy_id:
            (policy.term_ids - self)._refuse_broken_chain()

    def _refuse_broken_chain(self):
        last = {}
        for term in self.sorted():
            before = last.get(term.component_id)
            if term.start_event == "previous" and (not before or before.length_unit == "lifetime"):
                raise ValidationError(
                    self.env._(
                        "In %(policy)s, the term “%(term)s” has no phase to follow. Put the "
                        "phase that ends before it above it, or choose another start.",
                        policy=term.policy_id.name,
                        term=term.display_name,
                    )
                )
            last[term.component_id] = term

    @api.constrains("component_id", "start_event", "policy_id")
    def _check_overlap(self):
        """Two terms for the same thing cannot run at once: which of them would decide?"""
        for policy in self.policy_id:
            first = {}
            for term in policy.term_ids.sorted():
                if term.start_event == "previous":
                    continue
                if term.component_id in first:
                    raise ValidationError(
                        self.env._(
                            "In %(policy)s, two terms for %(component)s run at the same time: "
                            "“%(one)s” and “%(other)s”. Let the second start at the end of the "
                            "previous phase, or give it a component of its own.",
                            policy=policy.name,
                            component=term.component_id.name or self.env._("the whole product"),
                            one=first[term.component_id].display_name,
                            other=term.display_name,
                        )
                    )
                first[term.component_id] = term

    def _prepare_term(self):
        self.ensure_one()
        return {
            "component": self.component_id.id or None,
            "phase": self.phase,
            "length": self.length if self.length_unit != "lifetime" else 0,
            "unit": self.length_unit,
            "start": self.start_event or self.policy_id.start_event,
        }
