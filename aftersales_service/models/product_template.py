from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan",
        company_dependent=True,
        help="What is promised with this product. Leave empty to take the plan of its category.",
    )
