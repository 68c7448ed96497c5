from odoo import api, fields, models
from odoo.exceptions import UserError

from ..logic.escalation import Thresholds
from ..logic.sla_choice import Candidate


class AftersalesSlaPolicy(models.Model):
    """What is promised when somebody calls: targets per milestone, and who is woken when.

    It is found by the contract, the unit's plan, the product's plan, the customer, the team, the
    company – the first of these whose policy fits the request.
    """

    _name = "aftersales.sla.policy"
    _description = "SLA Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to offer this policy in every company.", index=True
    )
    target_ids = fields.One2many("aftersales.sla.policy.target", "policy_id", copy=True)
    type_ids = fields.Many2many(
        "aftersales.request.type", string="Types of Request", help="Leave empty for every type."
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        ondelete="restrict",
        help="For targets in working time that name no hours of their own. Leave empty for the "
        "company's.",
    )
    watch_percent = fields.Float(string="Watch from %", default=50)
    risk_percent = fields.Float(string="At risk from %", default=75)
    risk_minutes = fields.Float(
        string="At risk from minutes left",
        default=30,
        help="Only where at least twice as much is promised.",
    )
    summary = fields.Text(compute="_compute_summary", string="Promise")
    clock_count = fields.Integer(compute="_compute_clock_counts", string="Open Clocks")
    stale_count = fields.Integer(
        compute="_compute_clock_counts",
        string="Running on Other Terms",
        help="Open clocks that still run on what the policy said before it was edited.",
    )

    _percent_range = models.Constraint(
        "CHECK(watch_percent > 0 AND watch_percent <= risk_percent AND risk_percent <= 100"
        " AND risk_minutes >= 0)",
        "Watch and risk are percentages of the target: 0 < watch ≤ risk ≤ 100.",
    )

    @api.depends_context("lang")
    @api.depends("target_ids", "target_ids.sentence")
    def _compute_summary(self):
        for policy in self:
            policy.summary = "\n".join(policy.target_ids.mapped("sentence"))

    def _compute_clock_counts(self):
        open_clocks = self.env["aftersales.sla.clock"].search(
            [("policy_id", "in", self.ids), ("state", "in", ("waiting", "running", "paused"))]
        )
        by_policy = open_clocks.grouped("policy_id")
        for policy in self:
            clocks = by_policy.get(policy, open_clocks.browse())
            policy.clock_count = len(clocks)
            policy.stale_count = sum(not clock._follows_target() for clock in clocks)

    def _get_thresholds(self):
        """As ``logic.escalation`` takes them; the usual ones without a policy."""
        if not self:
            return Thresholds()
        return Thresholds(self.watch_percent, self.risk_percent, self.risk_minutes)

    def _get_candidates(self):
        """As ``logic.sla_choice`` takes them: ``{milestone: [Candidate of a target]}``."""
        return {
            milestone: [Candidate(target, target._get_conditions()) for target in targets]
            for milestone, targets in self.target_ids.grouped("milestone").items()
        }

    def _is_offered_in(self, company):
        """Shared policies, and those of the company or of one it is a branch of."""
        return bool(self) and (not self.company_id or self.company_id in company.parent_ids)

    def _put_into_use(self):
        """Take ready-made policies off the shelf; their working hours are local ones from here."""
        self.active = True
        calendars = self.calendar_id | self.target_ids.calendar_id
        home = self.env.company.resource_calendar_id.tz
        for calendar in calendars.sudo().filtered(lambda calendar: not calendar.active):
            calendar.write({"active": True, "tz": home or calendar.tz})

    def action_apply_to_open(self):
        """Let open requests run on the policy as it reads now; their pauses stay."""
        self.check_access("write")
        clocks = self.env["aftersales.sla.clock"].search(
            [("policy_id", "in", self.ids), ("state", "in", ("waiting", "running", "paused"))]
        )
        stale = clocks.filtered(lambda clock: not clock._follows_target())
        stale.request_id._follow_promise(self.env._("The policy was edited."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s clocks follow the policy again.", len(stale)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self.env["aftersales.sla.clock"].sudo().search([("policy_id", "in", self.ids)]):
            raise UserError(
                self.env._(
                    "%s was promised in requests already. Archive it instead.",
                    used[0].policy_id.name,
                )
            )
