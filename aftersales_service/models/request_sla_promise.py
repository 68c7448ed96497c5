from odoo import api, fields, models
from odoo.fields import Domain

from ..logic.sla_choice import Candidate, choose
from .local_time import format_minute, local_minute
from .request_sla import MILESTONE_FACTS, START_FACTS
from .sla_clock import OPEN_STATES
from .vocabulary import FINISHED, label


class AftersalesRequest(models.Model):
    """Which policy and targets count for a request, why, and what would move if they changed."""

    _inherit = "aftersales.request"

    def _follow_promise(self, note=False, *, carry=True):
        """Let these requests run on the policy and targets that fit them now.

        New milestones get a clock, other terms retarget the one there is (its pauses stay, unless
        ``carry`` says otherwise), and what is promised no longer is cancelled. What was met stays
        as it was.
        """
        unfinished = self.sudo().filtered(lambda request: request.state not in FINISHED)
        to_open, lines, chosen = [], [], {}
        for request, (policy, targets) in unfinished._choose_targets().items():
            if request.sla_policy_id != policy:
                chosen.setdefault(policy, []).append(request.id)
            opened, changed = request._compare_promise(targets, note, carry=carry)
            to_open += opened
            lines += changed
        for policy, ids in chosen.items():
            unfinished.browse(ids).sla_policy_id = policy
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

    @api.model
    def _follow_elsewhere(self, concerned, note):
        """A policy was chosen, or an address corrected, on other records: open requests follow.

        ``concerned`` is the domain of the requests that may run on it.
        """
        requests = self.sudo().search(Domain("state", "not in", FINISHED) & Domain(concerned))
        requests._follow_promise(note)

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
        # an archived policy is no longer chosen, but keeps what it promised
        if not policy.active and policy != self.sla_policy_id:
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
                before=format_minute(self.env, before) or self.env._("none"),
                after=format_minute(self.env, after) or self.env._("none"),
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
