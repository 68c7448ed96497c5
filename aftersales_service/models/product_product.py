from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _aftersales_plans(self, company):
        """The plan promised with each product in a company: ``{product: plan}``.

        Nearest first: product, its category and that one's parents, the company. Reads every
        category once, however many products there are; plans of other companies never apply.
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
        default = company.sudo().aftersales_plan_id
        none = default.browse()
        plans = {}
        for product, original in zip(products, self, strict=True):
            carriers = [product, *(by_id[step] for step in ancestors.get(product.categ_id, ()))]
            candidates = [*(carrier.aftersales_plan_id for carrier in carriers), default]
            chosen = next(filter(lambda plan: plan._is_offered_in(company), candidates), none)
            plans[original] = chosen.sudo(self.env.su)
        return plans
