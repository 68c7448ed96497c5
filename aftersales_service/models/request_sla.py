from odoo import api, fields, models
from odoo.exceptions import AccessError

from .vocabulary import (
    JOB_SIZES,
    PART_ORIGINS,
    PARTIES,
    URGENCIES,
    ZONES,
)

#: From which fact of a request a clock counts.
START_FACTS = {
    "reported": "date_reported",
    "unit_arrived": "date_unit_arrived",
    "consent": "date_consent",
    "repair_begun": "date_repair_begun",
    "appointment": "appointment_start",
}
#: Which fact of a request meets a milestone.
MILESTONE_FACTS = {
    "response": "date_responded",
    "on_site": "date_arrived",
    "quote": "date_quoted",
    "plan": "date_planned",
    "loaner": "date_loaner",
    "resolution": "date_resolved",
    "refund": "date_refunded",
    "callback": "date_called_back",
}
#: Milestones that make sense after the solution; the others end with it.
AFTER_SOLUTION = ("refund", "callback")
#: What decides which promise counts.
PROMISE_FACTS = frozenset(
    {
        "priority",
        "zone",
        "job_size",
        "part_origin",
        "serial",
        "unit_id",
        "product_id",
        "partner_id",
        "site_id",
        "team_id",
        "type_id",
        "date_reported",
        "company_id",
    }
)
#: What follows from clocks and from the dialog that lets a request wait: nobody types it.
FROM_CLOCKS = frozenset(
    {
        "sla_policy_id",
        "next_due_at",
        "sla_urgency",
        "pause_reason_id",
        "party",
        "date_waiting",
        "waiting_until",
        "is_loaner_owed",
        "is_emergency",
    }
)
CLOCK_FACTS = frozenset({"state", *START_FACTS.values(), *MILESTONE_FACTS.values()})


class AftersalesRequest(models.Model):
    """Promised times of a request: which policy counts, its clocks, and what meets them."""

    _inherit = "aftersales.request"

    sla_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="SLA Policy",
        readonly=True,
        copy=False,
        tracking=True,
        index="btree_not_null",
    )
    clock_ids = fields.One2many("aftersales.sla.clock", "request_id", string="Clocks")
    next_due_at = fields.Datetime(
        string="Next Deadline", compute="_compute_next_due", store=True, copy=False
    )
    sla_urgency = fields.Selection(
        [*URGENCIES, ("paused", "Paused")],
        string="SLA",
        compute="_compute_next_due",
        store=True,
        copy=False,
        index="btree_not_null",
    )
    zone = fields.Selection(
        ZONES,
        compute="_compute_zone",
        store=True,
        readonly=False,
        precompute=True,
        help="How far the site is: promises may depend on it.",
    )
    job_size = fields.Selection(JOB_SIZES, tracking=True)
    part_origin = fields.Selection(
        PART_ORIGINS, string="Origin of the Part", tracking=True, copy=False
    )
    date_responded = fields.Datetime(string="Answered on", copy=False, tracking=True)
    date_planned = fields.Datetime(string="Plan Given on", copy=False, tracking=True)
    date_quoted = fields.Datetime(string="Quoted on", copy=False, tracking=True)
    date_loaner = fields.Datetime(string="Loaner Given on", copy=False, tracking=True)
    date_refunded = fields.Datetime(string="Refunded on", copy=False, tracking=True)
    date_called_back = fields.Datetime(string="Called Back on", copy=False, tracking=True)
    date_unit_arrived = fields.Datetime(string="Unit Arrived on", copy=False, tracking=True)
    date_consent = fields.Datetime(string="Customer Agreed on", copy=False, tracking=True)
    date_repair_begun = fields.Datetime(string="Repair Begun on", copy=False, tracking=True)
    pause_reason_id = fields.Many2one(
        "aftersales.pause.reason", string="Waits for", readonly=True, copy=False, tracking=True
    )
    party = fields.Selection(
        PARTIES, string="Ball With", readonly=True, copy=False, index="btree_not_null"
    )
    date_waiting = fields.Datetime(string="Waiting since", readonly=True, copy=False)
    waiting_until = fields.Datetime(
        string="Goes on at",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Then work goes on by itself, whether or not a clock was stopped.",
    )
    is_loaner_owed = fields.Boolean(readonly=True, copy=False, tracking=True)
    is_emergency = fields.Boolean(string="Emergency Plan", readonly=True, copy=False, tracking=True)
    escalation_ids = fields.One2many("aftersales.escalation.log", "request_id")
    escalation_count = fields.Integer(compute="_compute_escalation_count")

    _open_by_deadline = models.Index(
        "(next_due_at, id) WHERE state NOT IN ('resolved', 'closed', 'cancelled')"
    )

    # === COMPUTE === #

    @api.depends(
        "site_id.city", "site_id.state_id", "site_id.country_id", "partner_id", "company_id"
    )
    def _compute_zone(self):
        """By the site's address beside ours; a hand-made choice stays until the site changes."""
        for company, requests in self.grouped("company_id").items():
            sites = [_get_place(request.site_id or request.partner_id) for request in requests]
            home = any(sites) and _get_place(company.sudo().partner_id)
            for request, site in zip(requests, sites, strict=True):
                request.zone = _get_zone(site, home) or request.zone

    @api.depends("state", "clock_ids.deadline", "clock_ids.state", "clock_ids.urgency")
    def _compute_next_due(self):
        ranks = {level: rank for rank, (level, _label) in enumerate(URGENCIES)}
        for request in self:
            clocks = request.clock_ids
            running = [clock for clock in clocks if clock.state == "running"]
            dues = [clock.deadline for clock in running if clock.deadline]
            levels = [clock.urgency for clock in running if clock.urgency]
            paused = any(clock.state == "paused" for clock in clocks)
            request.next_due_at = min(dues, default=False)
            request.sla_urgency = max(levels, key=ranks.get, default=paused and "paused")

    def _compute_escalation_count(self):
        counts = dict(
            self.env["aftersales.escalation.log"]._read_group(
                [("request_id", "in", self.ids)], ["request_id"], ["__count"]
            )
        )
        for request in self:
            request.escalation_count = counts.get(request, 0)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_forged_clocks(vals_list)
        requests = super().create(vals_list)
        requests._follow_promise()
        return requests

    def write(self, vals):
        self._refuse_forged_clocks([vals])
        leaving = self.browse()
        if vals.get("state", "waiting") != "waiting":
            leaving = self.filtered(lambda request: request.state == "waiting")
        res = super().write(vals)
        if leaving:
            leaving._stop_waiting()
        later = self.env.context.get("aftersales_promise_later")
        if PROMISE_FACTS & vals.keys() and not later:
            self._follow_promise(self._name_cause(vals))
        if CLOCK_FACTS & vals.keys() and not self.env.context.get("aftersales_facts_later"):
            self._follow_facts()
        return res

    @api.model
    def _refuse_forged_clocks(self, vals_list):
        if not self.env.su and any(FROM_CLOCKS & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._(
                    "What a request promises, and what it waits for, is not typed in. Use “Wait” "
                    "or “Change the Promise”."
                )
            )

    def _name_cause(self, vals):
        """“Priority changed”: what moved a promise, for its log."""
        names = [
            self._fields[name]._description_string(self.env)
            for name in vals
            if name in PROMISE_FACTS
        ]
        return self.env._("%s changed", ", ".join(names))


def _get_place(partner):
    """City, state and country of an address as they are compared; False where it names none."""
    state, city = partner.state_id.id, (partner.city or "").strip().casefold()
    return bool(state or city) and (city, state, partner.country_id.id)


def _get_zone(site, home):
    """How far a place is from ours; False where one of them is not known."""
    if not (site and home):
        return False
    if site[1:] != home[1:]:
        return "other"
    return "city" if site == home else "province"
