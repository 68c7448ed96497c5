from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesPlan(models.Model):
    """A promise to customers as one record: choose it on a product and everything follows.

    A plan bundles policies. What it promises at the moment of sale is frozen (see
    ``aftersales.warranty.policy.version``), so that editing it changes nothing already sold.
    """

    _name = "aftersales.plan"
    _description = "Service Plan"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to offer this plan in every company.", index=True
    )
    industry = fields.Char(translate=True, help="Where promises of this kind are customary.")
    warranty_policy_id = fields.Many2one(
        "aftersales.warranty.policy",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        index="btree_not_null",
    )
    sla_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="SLA Policy",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        index="btree_not_null",
        help="What is promised when the customer calls about a unit with this plan.",
    )
    start_template_id = fields.Many2one(
        "mail.template",
        string="Mail at Start of Cover",
        domain="[('model', '=', 'aftersales.unit')]",
        help="Sent to the customer when the cover of a unit begins. Leave empty to send nothing.",
    )
    is_preset = fields.Boolean(
        string="Ready-Made", readonly=True, copy=False, help="Shipped with the addon."
    )
    description = fields.Html(translate=True, string="Notes")
    summary = fields.Text(compute="_compute_summary", string="Promise")
    unit_count = fields.Integer(compute="_compute_unit_count")

    @api.depends_context("lang")
    @api.depends("warranty_policy_id", "sla_policy_id")
    def _compute_summary(self):
        for plan in self:
            plan.summary = "\n".join(filter(None, plan._get_promises())) or self.env._(
                "This plan promises nothing yet. Choose the policies that it bundles."
            )

    def _get_promises(self):
        """What each policy of the plan promises, in words."""
        self.ensure_one()
        return [self.warranty_policy_id.summary, self.sla_policy_id.summary]

    def _compute_unit_count(self):
        counts = self.env["aftersales.unit"]._count_by("plan_id", self)
        for plan in self:
            plan.unit_count = counts.get(plan, 0)

    def write(self, vals):
        former = self.sla_policy_id
        res = super().write(vals)
        if "sla_policy_id" in vals:
            self.env["aftersales.request"]._follow_elsewhere(
                [
                    "|",
                    ("unit_id.plan_id", "in", self.ids),
                    *("&", ("unit_id", "=", False), ("sla_policy_id", "in", former.ids)),
                ],
                self.env._("Plan promises otherwise"),
            )
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """A promise that somebody relies on stays readable."""
        used = self.env["aftersales.unit"].sudo().search([("plan_id", "in", self.ids)]).plan_id
        if used:
            raise UserError(
                self.env._(
                    "%(plans)s was promised with units already sold. Archive it instead.",
                    plans=", ".join(used.mapped("name")),
                )
            )

    def _is_offered_in(self, company):
        """Shared plans, and those of the company or of one it is a branch of."""
        return bool(self) and (not self.company_id or self.company_id in company.parent_ids)

    def action_use(self):
        """Take plans off the library's shelf: from now on they can be chosen."""
        plans = self.with_context(active_test=False)
        plans.warranty_policy_id.active = True
        plans.sla_policy_id._put_into_use()
        self.active = True

    def action_view_units(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_unit_action"
        )
        return action | {"domain": [("plan_id", "=", self.id)], "context": {}}
