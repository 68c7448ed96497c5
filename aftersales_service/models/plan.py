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
    description = fields.Html(translate=True, string="Notes")
    summary = fields.Text(compute="_compute_summary", string="Promise")
    unit_count = fields.Integer(compute="_compute_unit_count")

    @api.depends_context("lang")
    @api.depends("warranty_policy_id")
    def _compute_summary(self):
        for plan in self:
            plan.summary = plan.warranty_policy_id.summary or self.env._(
                "This plan promises no warranty. Choose a warranty policy."
            )

    def _compute_unit_count(self):
        counts = dict(
            self.env["aftersales.unit"]._read_group(
                [("plan_id", "in", self.ids)], ["plan_id"], ["__count"]
            )
        )
        for plan in self:
            plan.unit_count = counts.get(plan, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """A promise that somebody relies on stays readable."""
        used = self.filtered("unit_count")
        if used:
            raise UserError(
                self.env._(
                    "%(plans)s was promised with units already sold. Archive it instead.",
                    plans=", ".join(used.mapped("name")),
                )
            )

    def _is_offered_in(self, company):
        return bool(self) and self.company_id in (company, self.env["res.company"])

    def action_view_units(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_unit_action"
        )
        return action | {"domain": [("plan_id", "=", self.id)], "context": {}}
