from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Default Service Plan",
        domain="[('company_id', 'in', (False, id))]",
        help="Promised with every product that finds no plan on itself or its categories.",
    )
