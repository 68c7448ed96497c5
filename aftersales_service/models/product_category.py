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

    def _aftersales_hold(self, product):
        """Whether a product belongs to one of these families, or no family is named at all."""
        path = (product.categ_id.parent_path or "").split("/")
        return not self or any(str(family.id) in path for family in self)
