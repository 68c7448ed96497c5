from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_goods_kind_id = fields.Many2one(
        "aftersales.goods.kind",
        string="Kind of Goods",
        ondelete="restrict",
        help="For returns without a fault: of every product of this category, and of those below "
        "it, that names no kind of its own.",
    )


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_goods_kind_id = fields.Many2one(
        "aftersales.goods.kind",
        string="Kind of Goods",
        ondelete="restrict",
        help="For returns without a fault: some kinds cannot be given back. Leave empty to take "
        "the kind of the category.",
    )
    aftersales_component_id = fields.Many2one(
        "aftersales.component",
        string="Is the Accessory",
        domain="[('kind', '=', 'accessory')]",
        ondelete="restrict",
        help="Sold by itself, this product is judged as that accessory. Its price is what a "
        "bundled one is refunded at, where a policy says so.",
    )


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _aftersales_goods_kinds(self):
        """The kind of goods of each product, its own or its category's: ``{product: kind}``.

        Reads every category once, however many products.
        """
        products = self.sudo()
        categories = products.categ_id
        ancestors = {
            category: [int(step) for step in category.parent_path.split("/")[-2::-1]]
            for category in categories
        }
        every = categories.browse({step for steps in ancestors.values() for step in steps})
        by_id = {category.id: category for category in every}
        none = self.env["aftersales.goods.kind"].sudo()
        kinds = {}
        for product, original in zip(products, self, strict=True):
            carriers = [product, *(by_id[step] for step in ancestors.get(product.categ_id, ()))]
            candidates = (carrier.aftersales_goods_kind_id for carrier in carriers)
            kinds[original] = next(filter(None, candidates), none)
        return kinds
