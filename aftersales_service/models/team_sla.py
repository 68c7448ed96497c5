from odoo import fields, models
from odoo.fields import Domain


class AftersalesTeam(models.Model):
    """What a team promises where nobody else does, and what it is late with."""

    _inherit = "aftersales.team"

    sla_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="SLA Policy",
        check_company=True,
        ondelete="restrict",
        help="For requests whose unit, product and customer name none.",
    )
    late_count = fields.Integer(string="Late", compute="_compute_counts")

    def write(self, vals):
        res = super().write(vals)
        if "sla_policy_id" in vals:
            self.env["aftersales.request"]._follow_elsewhere(
                [("team_id", "in", self.ids)], self.env._("Team promises otherwise")
            )
        return res

    def _get_counted(self):
        counted = super()._get_counted()
        late = counted["open_count"] & Domain("sla_urgency", "=", "breached")
        return counted | {"late_count": late}

    def action_view_late(self):
        return self._get_requests_action("late_count")
