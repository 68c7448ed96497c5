from odoo import api, fields, models


class AftersalesPlanLibrary(models.TransientModel):
    """Choose ready-made plans by industry, reading in plain language what each promises."""

    _name = "aftersales.plan.library"
    _description = "Plan Library"

    industry = fields.Selection(selection="_get_industries")
    plan_ids = fields.Many2many(
        "aftersales.plan", compute="_compute_plan_ids", context={"active_test": False}
    )
    chosen_ids = fields.Many2many(
        "aftersales.plan",
        "aftersales_plan_library_chosen_rel",
        string="Take into Use",
        context={"active_test": False},
    )

    @api.model
    def _get_industries(self):
        names = self._get_shelf().mapped("industry")
        return [(name, name) for name in sorted(set(filter(None, names)))]

    @api.model
    def _get_shelf(self):
        """Ready-made plans that nobody uses yet."""
        plans = self.env["aftersales.plan"].with_context(active_test=False)
        return plans.search([("active", "=", False), ("is_preset", "=", True)])

    @api.depends("industry")
    def _compute_plan_ids(self):
        shelf = self._get_shelf()
        for dialog in self:
            dialog.plan_ids = shelf.filtered(
                lambda plan, wanted=dialog.industry: not wanted or plan.industry == wanted
            )

    def action_use(self):
        """Put the chosen plans among the company's own and show them."""
        self.ensure_one()
        self.chosen_ids.action_use()
        return self.chosen_ids._get_records_action(name=self.env._("Service Plans"))
