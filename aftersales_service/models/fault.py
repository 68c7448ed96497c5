from odoo import api, fields, models


class AftersalesFault(models.Model):
    """What can go wrong, as customers and technicians name it.

    A warranty policy may cover listed faults only: the statutory table of performance faults, say
    (C18).
    """

    _name = "aftersales.fault"
    _description = "Fault"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index="btree_not_null")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    component_id = fields.Many2one(
        "aftersales.component",
        index="btree_not_null",
        help="The part that shows this fault; empty for the product itself.",
    )
    cause_id = fields.Many2one(
        "aftersales.cause",
        string="Usual Cause",
        help="Proposed on claims and requests when this fault is chosen.",
    )
    category_ids = fields.Many2many(
        "product.category",
        "aftersales_fault_category_rel",
        string="Only in Families",
        help="Product categories, with all below them, that can show this fault; empty: any.",
    )

    _code_unique = models.UniqueIndex(
        "(code) WHERE code IS NOT NULL", "Two faults cannot have the same code."
    )

    def _fits(self, product):
        """Whether a product's family can show this fault."""
        return not self or self.category_ids._aftersales_hold(product)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """What a promise names must stay readable."""
        self.env["aftersales.warranty.policy.version"]._refuse_promised(self)
