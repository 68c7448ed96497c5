from odoo import api, fields, models

from .remedy_vocabulary import KIND_RULES


class AftersalesGoodsKind(models.Model):
    """A kind of goods that cannot be given back without a fault: made to order, perishable…

    Products and categories name their kind; a remedy policy says which kinds it excludes.
    """

    _name = "aftersales.goods.kind"
    _description = "Kind of Goods"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    rule = fields.Selection(
        KIND_RULES,
        string="Cannot Be Given Back",
        default="always",
        required=True,
        help="When a return without a fault is excluded, where a policy excludes this kind.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """What a promise names must stay readable."""
        self.env["aftersales.remedy.policy.version"]._refuse_promised(self)
