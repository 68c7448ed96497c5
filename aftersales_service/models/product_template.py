from odoo import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan",
        company_dependent=True,
        ondelete="restrict",
        help="What is promised with this product. Leave empty to take the plan of its category.",
    )
    aftersales_extension_length = fields.Integer(
        string="Extends the Warranty by",
        help="A product that lengthens the cover of a unit sold with it, or chosen on the order "
        "line. Zero for all other products.",
    )
    aftersales_extension_unit = fields.Selection(
        [("day", "Days"), ("month", "Months"), ("year", "Years")],
        string="Unit of the Extension",
        default="month",
        required=True,
    )
