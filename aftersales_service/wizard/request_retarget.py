from odoo import api, fields, models

from ..models.vocabulary import JOB_SIZES, PART_ORIGINS, PRIORITIES, ZONES

#: What the dialog changes on the request.
CHANGED = ("priority", "zone", "job_size", "part_origin")


class AftersalesRequestRetarget(models.TransientModel):
    """Change what a promise depends on, and see first which deadlines move."""

    _name = "aftersales.request.retarget"
    _description = "Change the Promise"

    request_id = fields.Many2one("aftersales.request", required=True)
    priority = fields.Selection(
        PRIORITIES, compute="_compute_present", store=True, readonly=False, required=True
    )
    zone = fields.Selection(ZONES, compute="_compute_present", store=True, readonly=False)
    job_size = fields.Selection(JOB_SIZES, compute="_compute_present", store=True, readonly=False)
    part_origin = fields.Selection(
        PART_ORIGINS,
        string="Origin of the Part",
        compute="_compute_present",
        store=True,
        readonly=False,
    )
    carry = fields.Boolean(string="Keep the pauses so far", default=True)
    reason = fields.Char()
    preview = fields.Text(compute="_compute_preview", string="What Moves")

    @api.depends("request_id")
    def _compute_present(self):
        for wizard in self:
            for name in CHANGED:
                wizard[name] = wizard.request_id[name]

    @api.depends(*CHANGED, "carry")
    def _compute_preview(self):
        for wizard in self:
            facts = {name: wizard[name] for name in CHANGED}
            moves = wizard.request_id._preview_promise(facts, carry=wizard.carry)
            wizard.preview = wizard.request_id._describe_moves(moves)

    def action_apply(self):
        self.ensure_one()
        values = {name: self[name] for name in CHANGED if self[name] != self.request_id[name]}
        request = self.request_id.with_context(aftersales_promise_later=True)
        request.write(values)
        note = self.reason or self.request_id._name_cause(values)
        self.request_id._follow_promise(note, carry=self.carry)
        return {"type": "ir.actions.act_window_close"}
