from odoo import api, fields, models


class AftersalesPlan(models.Model):
    """What a customer may ask for, as part of a plan."""

    _inherit = "aftersales.plan"

    remedy_policy_id = fields.Many2one(
        "aftersales.remedy.policy",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        index="btree_not_null",
        help="When a customer with this plan may ask for a refund, an exchange or a repair.",
    )

    @api.depends("remedy_policy_id")
    def _compute_summary(self):
        return super()._compute_summary()

    def _get_promises(self):
        return [*super()._get_promises(), self.remedy_policy_id.summary]

    def action_use(self):
        res = super().action_use()
        self.with_context(active_test=False).remedy_policy_id.active = True
        return res

    @api.model
    def _link_remedy_presets(self, links):
        """Give ready-made plans the policies that this very installation or update brought.

        Policies that were there before are left as they are: whoever took one from a plan, or put
        another in its place, meant it.

        :param links: ``{policy id: plan id}``
        """
        policies = self.env["aftersales.remedy.policy"].browse(links)
        for policy in policies.filtered(lambda policy: policy.create_date == self.env.cr.now()):
            plan = self.browse(links[policy.id])
            plan.remedy_policy_id = plan.remedy_policy_id or policy
