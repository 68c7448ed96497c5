from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Default Service Plan",
        domain="[('company_id', 'in', (False, id))]",
        help="Promised with every product that finds no plan on itself or its categories.",
    )
    aftersales_manager_id = fields.Many2one(
        "res.users",
        string="After-Sales Manager",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Is called wherever a role in a service team is not filled.",
    )
    aftersales_sla_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="Default SLA Policy",
        domain="[('company_id', 'in', (False, id))]",
        help="Promised where unit, product, customer and team name none.",
    )

    def write(self, vals):
        res = super().write(vals)
        if "aftersales_sla_policy_id" in vals:
            self.env["aftersales.request"]._follow_elsewhere(
                [("company_id", "child_of", self.ids)], self.env._("Company promises otherwise")
            )
        return res
