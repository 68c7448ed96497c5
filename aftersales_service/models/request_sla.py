from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import format_datetime

from ..logic.sla_choice import Candidate, choose
from .local_time import local_minute
from .sla_clock import OPEN_STATES
from .vocabulary import (
    FINISHED,
    JOB_SIZES,
    PART_ORIGINS,
    PARTIES,
    URGENCIES,
    ZONES,
    label,
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
    date_planned = fields.Datetime(string="Plan Given on", copy=False)
    date_quoted = fields.Datetime(string="Quoted on", copy=False)
    date_loaner = fields.Datetime(string="Loaner Given on", copy=False)
    date_refunded = fields.Datetime(string="Refunded on", copy=False)
    date_called_back = fields.Datetime(string="Called Back on", copy=False)
    date_unit_arrived = fields.Datetime(string="Unit Arrived on", copy=False, tracking=True)
    date_consent = fields.Datetime(string="Customer Agreed on", copy=False, tracking=True)
    date_repair_begun = fields.Datetime(string="Repair Begun on", copy=False)
    pause_reason_id = fields.Many2one(
        "aftersales.pause.reason", string="Waits for", readonly=True, copy=False, tracking=True
    )
    party = fields.Selection(PARTIES, string="Ball With", readonly=True, copy=False, index=True)
    date_waiting = fields.Datetime(string="Waiting since", readonly=True, copy=False)
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
        for request in self:
            request.zone = request._get_zone() or request.zone

    def _get_zone(self):
        site = self.site_id or self.partner_id
        home = self.company_id.sudo().partner_id
        if not (site.state_id or site.city) or not (home.state_id or home.city):
            return False
        same_state = site.state_id == home.state_id and site.country_id == home.country_id
        if (
            same_state
            and (site.city or "").strip().casefold() == (home.city or "").strip().casefold()
        ):
            return "city"
        return "province" if same_state else "other"

    @api.depends("state", "clock_ids.deadline", "clock_ids.state", "clock_ids.urgency")
    def _compute_next_due(self):
        ranks = {level: rank for rank, (level, _label) in enumerate(URGENCIES)}
        for request in self:
            running = request.clock_ids.filtered(lambda clock: clock.state == "running")
            dues = [clock.deadline for clock in running if clock.deadline]
            request.next_due_at = min(dues, default=False)
            worst = max(
                (clock.urgency for clock in running if clock.urgency), key=ranks.get, default=False
            )
            paused = any(clock.state == "paused" for clock in request.clock_ids)
            request.sla_urgency = worst or (paused and "paused")

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
        if CLOCK_FACTS & vals.keys():
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

    # === PROMISE === #

    def _follow_promise(self, note=False, *, carry=True):
        """Let these requests run on the policy and targets that fit them now.

        New milestones get a clock, other terms retarget the one there is (its pauses stay, unless
        ``carry`` says otherwise), and what is promised no longer is cancelled. What was met stays
        as it was.
        """
        unfinished = self.sudo().filtered(lambda request: request.state not in FINISHED)
        to_open, lines = [], []
        for request, (policy, targets) in unfinished._choose_targets().items():
            if request.sla_policy_id != policy:
                request.sla_policy_id = policy
            opened, changed = request._compare_promise(targets, note, carry=carry)
            to_open += opened
            lines += changed
        now = fields.Datetime.now()
        self.env["aftersales.sla.clock"].sudo()._open_for(to_open, now)
        self.env["aftersales.sla.clock.event"].sudo().create(lines)
        # what is promised only now may have happened already
        facts = MILESTONE_FACTS.values()
        unfinished.filtered(lambda request: any(request[fact] for fact in facts))._follow_facts()
        for request in unfinished.filtered("pause_reason_id"):
            # what is promised only now waits like the rest
            ends = filter(None, request.clock_ids.mapped("paused_until"))
            request._pause_clocks(max(ends, default=None))

    def _compare_promise(self, targets, note, *, carry):
        """What to open, and which log lines to write, so that the clocks run on ``targets``."""
        to_open, lines = [], []
        clocks = {clock.milestone: clock for clock in self.clock_ids}
        for milestone, target in targets.items():
            start = self[START_FACTS[target.start_event]]
            clock = clocks.pop(milestone, None)
            if clock is None:
                to_open.append((self, target, start or None, self.company_id))
            elif clock.state not in ("met", "failed"):
                lines += clock._prepare_retarget(target, start, note, carry=carry)
        for clock in clocks.values():
            if clock.state in OPEN_STATES:
                lines.append(clock._prepare_event("cancel", fields.Datetime.now(), note=note))
        return to_open, lines

    def _choose_targets(self):
        """``{request: (policy, {milestone: target})}``, in one batch."""
        chosen = {}
        for request, sources in self._get_policy_sources().items():
            policy = next((one for _source, one in sources if request._fits(one)), None)
            policy = policy or self.env["aftersales.sla.policy"]
            chosen[request] = (policy, request._choose_targets_of(policy))
        return chosen

    def _choose_targets_of(self, policy, other_facts=None):
        facts = self._get_promise_facts(policy) | (other_facts or {}) if policy else {}
        targets = {}
        by_id = {target.id: target for target in policy.target_ids}
        for milestone, rows in policy.target_ids.grouped("milestone").items():
            candidates = [Candidate(row.id, row._get_conditions()) for row in rows]
            key, _tried = choose(candidates, facts)
            if key:
                targets[milestone] = by_id[key]
        return targets

    def _fits(self, policy):
        return not self._get_misfit(policy)

    def _get_misfit(self, policy):
        """Why a policy does not count for this request, in words; False where it does."""
        if not policy:
            return self.env._("no policy is chosen there")
        if not policy.active:
            return self.env._("%s is archived", policy.name)
        if not policy._is_offered_in(self.company_id):
            return self.env._("%s belongs to another company", policy.name)
        if policy.type_ids and self.type_id not in policy.type_ids:
            return self.env._("%s is for other types of request", policy.name)
        return False

    def _get_policy_sources(self):
        """``{request: [(source, policy or empty)]}`` in the order in which they are asked."""
        requests = self.sudo().with_context(active_test=False)
        plans = {}
        for company, mine in requests.grouped("company_id").items():
            products = mine.filtered(lambda request: not request.unit_id.plan_id).product_id
            plans |= {
                (company, product): plan
                for product, plan in products._aftersales_plans(company).items()
            }
        none = self.env["aftersales.plan"].sudo()
        result = {}
        for request in requests:
            company = request.company_id
            product_plan = plans.get((company, request.product_id), none)
            customer = request.partner_id.commercial_partner_id.with_company(company)
            result[request] = [
                ("unit", request.unit_id.plan_id.sla_policy_id),
                ("product", product_plan.sla_policy_id),
                ("customer", customer.aftersales_sla_policy_id),
                ("team", request.team_id.sla_policy_id),
                ("company", company.aftersales_sla_policy_id),
            ]
        return result

    def _get_promise_facts(self, policy):
        """What conditions of targets ask for."""
        calendar = policy.calendar_id or self.company_id.resource_calendar_id
        return {
            "priority": self.priority,
            "zone": self.zone,
            "job_size": self.job_size,
            "part_origin": self.part_origin,
            "phase": self.unit_id._get_phase(self.date_reported),
            "minute": local_minute(self.date_reported, calendar),
        }

    def _preview_promise(self, facts, *, carry=True):
        """What would move with other facts: ``[(milestone, deadline now, deadline then)]``."""
        self.ensure_one()
        request = self.sudo()
        targets = request._choose_targets_of(request.sla_policy_id, facts)
        clocks = {clock.milestone: clock for clock in request.clock_ids}
        moves = []
        for milestone in {**targets, **clocks}:
            clock = clocks.get(milestone, request.clock_ids.browse())
            if clock.state in ("met", "failed"):
                continue
            before = clock.state != "cancelled" and clock.deadline
            after = request._preview_target(clock, targets.get(milestone), carry=carry)
            if before != after:
                moves.append((milestone, before, after))
        return moves

    def _preview_target(self, clock, target, *, carry):
        """The deadline a clock would have on another target; False where nobody can know."""
        if not target:
            return False
        terms = target._get_terms(self.company_id)
        if clock and clock.state != "cancelled" and terms == clock._get_terms():
            return clock.deadline
        start = self[START_FACTS[target.start_event]]
        return bool(start) and clock._preview_terms(terms, start, self.company_id, carry=carry)

    def _describe_moves(self, moves):
        """“On site: Tue 16:30 → Mon 11:00”, one line each."""
        labels = dict(
            self.env["aftersales.sla.clock"]._fields["milestone"]._description_selection(self.env)
        )
        lines = [
            self.env._(
                "%(milestone)s: %(before)s → %(after)s",
                milestone=labels[milestone],
                before=before and format_datetime(self.env, before) or self.env._("none"),
                after=after and format_datetime(self.env, after) or self.env._("none"),
            )
            for milestone, before, after in moves
        ]
        return "\n".join(lines) or self.env._("No deadline moves.")

    @api.onchange("priority", "zone", "job_size", "part_origin")
    def _onchange_promise(self):
        """Say at once which deadlines move when the form is saved."""
        if not self._origin.clock_ids:
            return None
        facts = {name: self[name] for name in ("priority", "zone", "job_size", "part_origin")}
        moves = self._origin._preview_promise(facts)
        if not moves:
            return None
        return {
            "warning": {
                "title": self.env._("Deadlines move when you save"),
                "message": self._describe_moves(moves),
                "type": "notification",
            }
        }

    def action_retarget(self):
        """Open the dialog that shows what moves before it is changed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change the Promise"),
            "res_model": "aftersales.request.retarget",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def _explain_promise(self):
        """“Why no SLA?”: every place asked for a policy, and why a milestone has no target.

        Returns ``[(text, whether it fits)]`` in the order in which they were tried.
        """
        self.ensure_one()
        request = self.sudo()
        names = {
            "unit": self.env._("Plan of the unit"),
            "product": self.env._("Plan of the product"),
            "customer": self.env._("Customer"),
            "team": self.env._("Team"),
            "company": self.env._("Company"),
        }
        rows = []
        for source, policy in request._get_policy_sources()[request]:
            misfit = request._get_misfit(policy)
            text = misfit or policy.name
            rows.append((f"{names[source]}: {text}", not misfit))
            if not misfit:
                rows += request._explain_targets(policy)
                break
        return rows

    def _explain_targets(self, policy):
        facts = self._get_promise_facts(policy)
        facts_named = {
            "minute": self.env._("hour of the report"),
            "phase": self.env._("phase of cover"),
        }
        rows = []
        for milestone, targets in policy.target_ids.grouped("milestone").items():
            tried = choose([Candidate(t.id, t._get_conditions()) for t in targets], facts)[1]
            by_id = {target.id: target for target in targets}
            for attempt in tried:
                target = by_id[attempt.key]
                if attempt.misfit is None:
                    rows.append((target.sentence, True))
                    continue
                field = self._fields.get(attempt.misfit)
                name = facts_named.get(attempt.misfit) or field._description_string(self.env)
                rows.append(
                    (
                        self.env._(
                            "%(target)s – does not fit: %(name)s",
                            target=target.sentence,
                            name=name,
                        ),
                        False,
                    )
                )
            if not any(attempt.misfit is None for attempt in tried):
                words = label(targets, "milestone", milestone)
                rows.append((self.env._("%s: no target fits", words), False))
        return rows

    # === FACTS === #

    def _follow_facts(self):
        """Start and meet the clocks by what happened; a corrected fact corrects them."""
        lines = []
        for request in self.sudo():
            for clock in request.clock_ids:
                lines += request._compare_facts(clock)
        self.env["aftersales.sla.clock.event"].sudo().create(lines)

    def _compare_facts(self, clock):
        over = self.state == "cancelled" or (
            self.state in ("resolved", "closed") and self._ends_with_solution(clock)
        )
        met = self[MILESTONE_FACTS[clock.milestone]]
        if clock.state == "cancelled":
            return []
        if over and not met:
            return [clock._prepare_event("cancel", fields.Datetime.now())]
        lines = clock._prepare_met(met)
        start = self[START_FACTS[clock.start_event]]
        if clock.date_start != start:
            lines += clock._prepare_start(start)
        return lines

    def _note_fact(self, name):
        """Something happened now, for the first time: a document of these requests says so."""
        fresh = self.filtered(lambda request: not request[name] and request.state not in FINISHED)
        fresh.write({name: fields.Datetime.now()})

    def _ends_with_solution(self, clock):
        return clock.milestone not in AFTER_SOLUTION or self.state == "closed"

    def _reopen_clocks(self):
        """What was cancelled because the request was over is promised again."""
        unfinished = self.sudo().filtered(lambda request: request.state not in FINISHED)
        unfinished._follow_promise(self.env._("Reopened"))

    # === STEPS OF THE CASE === #

    def action_respond(self):
        """The customer was answered outside of mail: by phone, in the shop, on site."""
        self._refuse_finished()
        self._note_fact("date_responded")

    def action_give_plan(self):
        """The customer knows how it will be solved."""
        self._refuse_finished()
        self._note_fact("date_planned")
        self._note_fact("date_responded")

    def action_unit_arrived(self):
        """The faulty unit is here (workshop or factory)."""
        self._refuse_finished()
        self._note_fact("date_unit_arrived")

    def action_consent(self):
        """The customer agreed to the work."""
        self._refuse_finished()
        self._note_fact("date_consent")

    def action_acknowledge(self):
        """Somebody takes care of what rang; what is not late yet still rings when it is."""
        self.clock_ids.filtered(lambda clock: clock._is_escalated()).action_acknowledge()

    def _refuse_finished(self):
        for request in self:
            if request.state in FINISHED:
                raise UserError(self.env._("%s is finished. Reopen it to go on.", request.name))

    def action_resolve(self):
        self._refuse_move_to("resolved")
        # whoever solves it has answered, too
        self._note_fact("date_responded")
        return super().action_resolve()

    def action_reopen(self):
        res = super().action_reopen()
        self._reopen_clocks()
        return res

    # === WAITING === #

    def action_wait(self):
        """Ask why, who holds the ball and which clocks stop, in a dialog."""
        self._refuse_move_to("waiting")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Wait"),
            "res_model": "aftersales.request.pause",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_ids": self.ids},
        }

    def _wait(self, reason, until=None, note=False, attachments=()):
        """Wait for ``reason``: the clocks it stops are paused, and the party holds the ball."""
        now = fields.Datetime.now()
        self._move_to("waiting")
        self.sudo().write(
            {"pause_reason_id": reason.id, "party": reason.party, "date_waiting": now}
        )
        self._pause_clocks(until, note, attachments)
        if note:
            self._message_log_batch(bodies=dict.fromkeys(self.ids, note))

    def _pause_clocks(self, until=None, note=False, attachments=()):
        """Stop what runs, or may begin to run, of the clocks that these requests' reason stops."""
        now = fields.Datetime.now()
        for reason, requests in self.sudo().grouped("pause_reason_id").items():
            clocks = requests.clock_ids.filtered(
                lambda clock, reason=reason: (
                    clock.state in ("waiting", "running")
                    and not clock.pause_reason_id
                    and reason._stops(clock.milestone)
                )
            )
            clocks._pause(reason, now, until, note, attachments)

    def _stop_waiting(self, note=False):
        """Nobody waits any longer: the clocks go on."""
        now = fields.Datetime.now()
        self.sudo().clock_ids._resume(now, note)
        self.sudo().filtered("pause_reason_id").write(
            {"pause_reason_id": False, "party": False, "date_waiting": False}
        )

    def _go_on_after_pause(self, now):
        """The longest time to wait is over: work goes on, and everybody can see why."""
        for request in self.filtered(lambda request: request.state == "waiting"):
            request._message_log(
                body=self.env._(
                    "The longest time to wait for “%s” is over.", request.pause_reason_id.name
                )
            )
            request.action_start()

    # === ANSWERS === #

    def _message_post_after_hook(self, message, msg_vals):
        """The first public answer of one of us meets the response; the customer's ends a wait."""
        res = super()._message_post_after_hook(message, msg_vals)
        public = message.message_type in ("comment", "email") and not message.is_internal
        if public and message.subtype_id == self.env.ref("mail.mt_comment"):
            self._take_message(message)
        return res

    def _take_message(self, message):
        author = message.author_id
        customer = self.partner_id.commercial_partner_id
        if author and author.commercial_partner_id == customer:
            if self.state == "waiting" and self.party == "customer":
                # superuser: customers only write
                self.sudo().action_start()
        elif (
            not self.date_responded and self._is_one_of_us(author) and not self._is_report(message)
        ):
            # a mail is dated by its sender's computer
            self.sudo().date_responded = min(message.date, fields.Datetime.now())

    def _is_report(self, message):
        """The mail that brought the request, which a colleague may have forwarded, is no answer."""
        if self.channel != "email" or message.message_type != "email":
            return False
        mails = [("model", "=", self._name), ("res_id", "=", self.id), ("id", "<", message.id)]
        return not message.sudo().search_count(mails + [("message_type", "=", "email")], limit=1)

    def _is_one_of_us(self, author):
        robot = self.env.ref("base.partner_root")
        return author != robot and any(not user.share for user in author.sudo().user_ids)
