from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan",
        company_dependent=True,
        ondelete="restrict",
        help="Promised with every product of this category, and of those below it, that names "
        "no plan of its own.",
    )
