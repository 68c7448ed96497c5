from odoo import fields, models


class AftersalesRemedy(models.Model):
    """What was done about a fault, as technicians name it (C46).

    Fault, component, cause and remedy together are the diagnosis of a repair: they are counted,
    and what helped before is suggested again.
    """

    _name = "aftersales.remedy"
    _description = "Remedy of a Fault"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index="btree_not_null")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    category_ids = fields.Many2many(
        "product.category",
        "aftersales_remedy_category_rel",
        string="Only in Families",
        help="Product categories, with all below them, that this remedy is for; empty: any.",
    )

    _code_unique = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL", "Two remedies cannot have the same code."
    )

    def _fits(self, product):
        """Whether this remedy is for a product's family."""
        return not self or self.category_ids._aftersales_hold(product)
