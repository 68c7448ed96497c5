from odoo import api, fields, models


class AftersalesComponent(models.Model):
    """A part, accessory or kind of work that may carry a warranty term of its own (C05, C06)."""

    _name = "aftersales.component"
    _description = "Component or Kind of Work"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [("part", "Part"), ("accessory", "Accessory"), ("work", "Kind of work")],
        default="part",
        required=True,
    )
    product_tmpl_ids = fields.Many2many(
        "product.template",
        "aftersales_component_product_rel",
        string="Only in Products",
        help="Leave empty for a component that any product may have.",
    )

    def _fits(self, product):
        """Whether a product can have this component."""
        return (
            not self
            or not self.product_tmpl_ids
            or product.product_tmpl_id in self.product_tmpl_ids
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """What a promise names must stay readable."""
        self.env["aftersales.warranty.policy.version"]._refuse_promised(self)
