from odoo import fields, models

from .vocabulary import PARTIES


class AftersalesPauseReason(models.Model):
    """Why nobody can go on, who holds the ball meanwhile, and which clocks stop for it."""

    _name = "aftersales.pause.reason"
    _description = "Reason to Wait"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    party = fields.Selection(
        PARTIES,
        string="Ball With",
        required=True,
        default="customer",
    )
    stops_response = fields.Boolean(string="Stops the Response")
    stops_on_site = fields.Boolean(string="Stops the Visit", default=True)
    stops_solution = fields.Boolean(string="Stops the Solution", default=True)
    max_hours = fields.Float(
        string="Longest Time (h)",
        help="The clocks go on by themselves after so many hours. 0: until somebody resumes.",
    )
    needs_proof = fields.Boolean(help="Waiting needs a file or a note that proves it.")

    _max_hours_positive = models.Constraint(
        "CHECK(max_hours >= 0)", "The longest time to wait cannot be negative."
    )

    def _stops(self, milestone):
        """Whether clocks of a milestone stop; all but the first two go with the solution."""
        if milestone == "response":
            return self.stops_response
        return self.stops_on_site if milestone == "on_site" else self.stops_solution
