from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_sla_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="SLA Policy",
        company_dependent=True,
        ondelete="restrict",
        groups="aftersales_service.group_aftersales_user",
        help="For requests whose unit and product promise nothing by themselves.",
    )

    def write(self, vals):
        res = super().write(vals)
        if vals.keys() & {"aftersales_sla_policy_id", "city", "state_id", "country_id"}:
            self.env["aftersales.request"]._follow_elsewhere(
                ["|", ("partner_id", "child_of", self.ids), ("site_id", "in", self.ids)],
                self.env._("Customer or site changed"),
            )
        return res
