from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .vocabulary import FINISHED, RUNGS


class AftersalesRequest(models.Model):
    """How far a request has come on the ladder phone, remote, on site, workshop, factory (C32).

    Nobody leaves a site before the problem is solved or it is recorded why not (C40).
    """

    _inherit = "aftersales.request"

    step_ids = fields.One2many("aftersales.request.step", "request_id")
    rung = fields.Selection(
        RUNGS, string="Handled At", compute="_compute_rung", store=True, index=True
    )
    is_solved = fields.Boolean(
        compute="_compute_is_solved", help="The last step solved the problem: resolve the request."
    )

    @api.depends("step_ids.rung", "step_ids.date_start")
    def _compute_rung(self):
        for request in self:
            request.rung = request._get_last_step().rung

    @api.depends("step_ids.outcome", "step_ids.date_start", "state")
    def _compute_is_solved(self):
        for request in self:
            request.is_solved = (
                request.state not in FINISHED and request._get_last_step().outcome == "solved"
            )

    def _get_last_step(self):
        steps = self.step_ids
        if not steps:
            return steps
        now = fields.Datetime.now()  # a line being typed has no time yet
        return max(
            steps, key=lambda step: (step.date_start or now, step._origin.id or float("inf"))
        )

    def _get_open_steps(self):
        return self.step_ids.filtered(lambda step: not step.outcome)

    def write(self, vals):
        if vals.get("step_ids"):
            # one save ends a step and begins the next: the end comes first
            commands = self.step_ids._recognise(vals["step_ids"])
            commands.sort(key=lambda one: one[0] == Command.CREATE)
            vals = {**vals, "step_ids": commands}
        return super().write(vals)

    # === ACTIONS === #

    def _refuse_left_site(self):
        for request in self:
            if any(step.rung == "on_site" for step in request._get_open_steps()):
                raise UserError(
                    self.env._(
                        "Somebody is still on site for %(request)s. Record what came of the visit "
                        "first.",
                        request=request.name,
                    )
                )

    def action_resolve(self):
        self._refuse_left_site()
        res = super().action_resolve()
        self._get_open_steps().write({"outcome": "solved"})
        return res

    def action_close(self):
        self._refuse_left_site()
        return super().action_close()

    def action_cancel(self):
        res = super().action_cancel()
        self._get_open_steps().write({"outcome": "declined"})
        return res
