from odoo import fields, models


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
