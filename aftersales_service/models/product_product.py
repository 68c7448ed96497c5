from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    aftersales_variant_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan of this Variant",
        company_dependent=True,
        ondelete="restrict",
        help="Where one variant promises something else than the others.",
    )

    def _aftersales_plans(self, company):
        """The plan promised with each product in a company: ``{product: plan}``.

        Nearest first: variant, product, its category and that one's parents, the company. Reads
        every category once, however many products; plans of other companies never apply.
        """
        products = self.with_company(company).sudo()
        categories = products.categ_id
        ancestors = {
            category: [int(step) for step in category.parent_path.split("/")[-2::-1]]
            for category in categories
        }
        # one prefetch group for all categories of the batch
        every = categories.browse({step for steps in ancestors.values() for step in steps})
        by_id = {category.id: category for category in every}
        nearest_first = reversed(company.sudo().parent_ids.sorted("parent_path"))
        defaults = [each.aftersales_plan_id for each in nearest_first]
        none = self.env["aftersales.plan"].sudo()
        plans = {}
        for product, original in zip(products, self, strict=True):
            carriers = [product, *(by_id[step] for step in ancestors.get(product.categ_id, ()))]
            candidates = [
                product.aftersales_variant_plan_id,
                *(carrier.aftersales_plan_id for carrier in carriers),
                # a company's default is about goods, not about freight and fees sold with them
                *(defaults if product.type == "consu" else ()),
            ]
            chosen = next(filter(lambda plan: plan._is_offered_in(company), candidates), none)
            plans[original] = chosen.sudo(self.env.su)
        return plans
