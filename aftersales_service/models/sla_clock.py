from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..logic import escalation, sla_clock
from ..logic.errors import RuleError
from ..logic.working_time import WorkingTime
from .own_defaults import with_own_defaults
from .vocabulary import CLOCK_STARTS, CLOCK_STATES, MILESTONES, PARTIES, TARGET_UNITS, URGENCIES

OPEN_STATES = ("waiting", "running", "paused")
#: What the log decides: nobody writes these.
FROM_LOG = (
    "state",
    "date_start",
    "date_met",
    "deadline",
    "budget",
    "seconds_left",
    "paused_since",
    "paused_until",
    "urgency",
    "next_event_at",
    "error",
)


class Outlook(NamedTuple):
    """Where a clock stands by its log (None where nobody can read it), and what comes next."""

    state: sla_clock.Clock | None
    ladder: escalation.Ladder
    plan: escalation.Plan


class Offer(NamedTuple):
    """What clocks that are opened together share: a target, in the calendar of a company."""

    shared: dict
    terms: dict
    target: sla_clock.Target
    ladder: escalation.Ladder
    times: dict
    timezone: ZoneInfo


class AftersalesSlaClock(models.Model):
    """One promise of one request on the run: until when a milestone is to be met.

    Everything it shows follows from its log (``aftersales.sla.clock.event``) and from working time
    (``logic.sla_clock``); it can be replayed at any moment. ``next_event_at`` is all that the
    escalation job looks at.
    """

    _name = "aftersales.sla.clock"
    _description = "SLA Clock"
    _order = "deadline, id"
    _rec_name = "milestone"
    _check_company_auto = True

    # found by the unique index below, which begins with it
    request_id = fields.Many2one("aftersales.request", required=True, ondelete="cascade")
    # writable, so that whoever opens clocks in a batch may say what is known: nobody else can write
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_from_request",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    milestone = fields.Selection(MILESTONES, required=True, readonly=True)
    policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="SLA Policy",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    target_id = fields.Many2one(
        "aftersales.sla.policy.target",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    amount = fields.Float(readonly=True)
    unit = fields.Selection(TARGET_UNITS, string="Time Unit", readonly=True)
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    start_event = fields.Selection(CLOCK_STARTS, string="Counts From", readonly=True)
    event_ids = fields.One2many("aftersales.sla.clock.event", "clock_id")
    log_ids = fields.One2many("aftersales.escalation.log", "clock_id")

    state = fields.Selection(CLOCK_STATES, default="waiting", required=True, readonly=True)
    date_start = fields.Datetime(string="Started", readonly=True)
    deadline = fields.Datetime(readonly=True)
    date_met = fields.Datetime(string="Met on", readonly=True)
    budget = fields.Integer(string="Promised Seconds", readonly=True)
    seconds_left = fields.Integer(
        readonly=True, help="While paused: what was left of the promise when it stopped."
    )
    paused_since = fields.Datetime(readonly=True)
    paused_until = fields.Datetime(string="Goes on at", readonly=True)
    pause_reason_id = fields.Many2one(
        "aftersales.pause.reason", string="Waits for", readonly=True, ondelete="restrict"
    )
    party = fields.Selection(PARTIES, string="Ball With", readonly=True)
    urgency = fields.Selection(URGENCIES, readonly=True)
    next_event_at = fields.Datetime(
        string="Next Look", readonly=True, help="When the escalation job has something to do."
    )
    opened_at = fields.Datetime(readonly=True, help="When this promise was first made.")
    acknowledged_at = fields.Datetime(readonly=True, copy=False)
    acknowledged_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    error = fields.Char(
        string="Why It Does Not Run", readonly=True, help="What is wrong with this clock."
    )
    round = fields.Integer(
        readonly=True, help="How often it was opened again; each time the ladder starts anew."
    )
    failures = fields.Integer(string="Failed Attempts", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_request",
        store=True,
        precompute=True,
        readonly=False,
    )
    used_hours = fields.Float(compute="_compute_hours", help="Counted so far.")
    late_hours = fields.Float(
        compute="_compute_hours", help="Counted time beyond the target; 0 when in time."
    )

    _milestone_once = models.UniqueIndex(
        "(request_id, milestone)", "A request has one clock per milestone."
    )
    _next_event = models.Index("(next_event_at) WHERE next_event_at IS NOT NULL")
    _running_deadline = models.Index("(deadline) WHERE state = 'running'")

    @api.model
    def _add_missing_default_values(self, values):
        return with_own_defaults(self, values)

    # === COMPUTE === #

    @api.depends("request_id.company_id", "request_id.partner_id")
    def _compute_from_request(self):
        for clock in self:
            clock.company_id = clock.request_id.company_id
            clock.partner_id = clock.request_id.partner_id

    def _compute_hours(self):
        now = fields.Datetime.now()
        for clock, state in self._read_logs().items():
            used = state.used(now) if state else 0
            clock.used_hours = used / 3600
            clock.late_hours = max(used - clock.budget, 0) / 3600 if clock.date_start else 0

    @api.depends_context("lang")
    @api.depends("milestone", "request_id")
    def _compute_display_name(self):
        labels = dict(self._fields["milestone"]._description_selection(self.env))
        for clock in self:
            clock.display_name = f"{clock.request_id.name} · {labels.get(clock.milestone, '')}"

    # === LOG === #

    def _get_terms(self):
        """The promise this clock runs on, as its log holds it."""
        return {
            "amount": self.amount,
            "unit": self.unit,
            "calendar_id": self.calendar_id.id,
            "start_event": self.start_event,
            "target_id": self.target_id.id,
            "policy_id": self.policy_id.id,
        }

    def _follows_target(self):
        """Whether the promise reads in its policy as it does here."""
        if not self.target_id:
            return not self.policy_id
        return self.target_id._get_terms(self.company_id) == self._get_terms()

    @api.model
    def _get_times(self, calendars, company):
        """``{calendar id: logic WorkingTime}`` of a company, loaded as far as they are asked."""
        return {
            calendar.id: WorkingTime(calendar._aftersales_month_loader(company))
            for calendar in calendars.sudo()
        }

    @api.model
    def _get_timezone(self, calendar, company):
        return ZoneInfo(calendar.tz or company.resource_calendar_id.tz or "UTC")

    def _read_logs(self, other_times=None):
        """``{clock: logic Clock}``, None where its log cannot be read (see ``error``).

        ``other_times`` replaces the working times of some calendars: what if?
        """
        lines = self.env["aftersales.sla.clock.event"].search_fetch(
            [("clock_id", "in", self.ids)],
            ["clock_id", "kind", "at", "until", "terms", "carry", "ref_id"],
        )
        log_of = lines.grouped("clock_id")
        result = {}
        for company, clocks in self.grouped("company_id").items():
            times = self._get_times(clocks.calendar_id, company) | (other_times or {})
            for clock in clocks:
                events = [event._get_event() for event in log_of.get(clock, ())]
                result[clock] = clock._replay_log(events, times)
        return result

    def _replay_log(self, events, times):
        zone = self._get_timezone(self.calendar_id.sudo(), self.company_id.sudo())
        return self._try_replay(events, times, zone)

    @api.model
    def _try_replay(self, events, times, zone):
        """What a log says; None where its calendar or the log itself makes no sense."""
        try:
            return sla_clock.replay(events, times, zone)
        except (RuleError, UserError):
            # a calendar without hours, or one that nobody can read: said on the clock (``error``)
            return None

    def _replay(self, now=None):
        """Let the log decide again, and store what it says. Harmless to repeat."""
        now = now or fields.Datetime.now()
        self._store(
            {
                clock: self._prepare_from_log(outlook, outlook.plan.look_again(now), now)
                for clock, outlook in self._look_ahead(now).items()
            }
        )
        self._wake_job()

    def _look_ahead(self, now):
        """``{clock: Outlook}``: where each stands by its log, and what comes next."""
        ladders = {target: target._get_ladder() for target in {clock.target_id for clock in self}}
        return {
            clock: self._get_outlook(
                state,
                ladders[clock.target_id],
                now,
                clock._get_fired(),
                acknowledged=bool(clock.acknowledged_at),
            )
            for clock, state in self._read_logs().items()
        }

    @api.model
    def _get_outlook(self, state, ladder, now, fired=(), *, acknowledged=False):
        plan = state and escalation.plan(
            state, ladder.steps, now, fired, ladder.thresholds, acknowledged=acknowledged
        )
        return Outlook(state, ladder, plan or escalation.Plan())

    @api.model
    def _store(self, values):
        """Write ``{clock: values}`` as far as they are new, together where the same is new."""
        alike = {}
        for clock, vals in values.items():
            changed = tuple((name, value) for name, value in vals.items() if clock[name] != value)
            alike.setdefault(changed, []).append(clock.id)
        for changed, ids in alike.items():
            if changed:
                self.browse(ids).write(dict(changed))

    def _get_fired(self):
        """Keys of the steps that were taken since the clock was last opened."""
        return {log.step_key for log in self.log_ids if log.round == self.round}

    def _is_escalated(self):
        """Whether somebody was told that it is late, and nobody has taken care yet."""
        return self.state in OPEN_STATES and not self.acknowledged_at and bool(self._get_fired())

    @api.model
    def _prepare_from_log(self, outlook, next_at, now):
        """Stored values by what the log says; ``next_at`` is when the job has to look again."""
        state = outlook.state
        if state is None:
            return dict.fromkeys(FROM_LOG, False) | {
                "state": "waiting",
                "budget": 0,
                "error": self.env._(
                    "The working hours never offer the time that was promised. Check the "
                    "calendar of the policy."
                ),
            }
        urgency = state.start and escalation.urgency(state, now, outlook.ladder.thresholds).value
        return {
            "state": state.state.value,
            "date_start": state.start or False,
            "date_met": state.met_at or False,
            "deadline": state.deadline or False,
            "budget": state.budget,
            "seconds_left": state.budget - state.used(state.paused_from)
            if state.paused_from
            else 0,
            "paused_since": state.paused_from or False,
            "paused_until": state.paused_until or False,
            "urgency": urgency or False,
            "next_event_at": next_at or False,
            "error": False,
        }

    @api.model
    def _open_for(self, promises, now):
        """Make clocks in one batch: ``[(request, target, started or None, company)]``."""
        offers = self._get_offers({(target, company) for _r, target, _s, company in promises})
        vals_list, lines = [], []
        for request, target, start, company in promises:
            offer = offers[target, company]
            vals_list.append(
                {
                    "request_id": request.id,
                    "partner_id": request.partner_id.id,
                    "opened_at": now,
                    **offer.shared,
                    **self._prepare_opened(offer, start, now),
                }
            )
            kind = "start" if start else "retarget"
            first = {"kind": kind, "at": start or now, "terms": offer.terms}
            lines.append(first | {"company_id": company.id})
        clocks = self.create(vals_list)
        for clock, line in zip(clocks, lines, strict=True):
            line["clock_id"] = clock.id
        self.env["aftersales.sla.clock.event"].with_context(aftersales_no_replay=True).create(lines)
        clocks._wake_job()
        return clocks

    @api.model
    def _get_offers(self, pairs):
        """``{(target, company): Offer}``; those on the same calendar read it once."""
        offers, times = {}, {}
        for target, company in pairs:
            terms = target._get_terms(company)
            calendar = self.env["resource.calendar"].browse(terms["calendar_id"]).sudo()
            if (calendar, company) not in times:
                times[calendar, company] = self._get_times(calendar, company)
            offers[target, company] = Offer(
                shared={**terms, "milestone": target.milestone, "company_id": company.id},
                terms=terms,
                target=self.env["aftersales.sla.clock.event"]._get_target(terms),
                ladder=target._get_ladder(),
                times=times[calendar, company],
                timezone=self._get_timezone(calendar, company.sudo()),
            )
        return offers

    @api.model
    def _prepare_opened(self, offer, start, now):
        """Stored values of a new clock, without those that are empty."""
        kind = sla_clock.EventKind.START if start else sla_clock.EventKind.RETARGET
        first = sla_clock.Event(kind, start or now, target=offer.target)
        state = self._try_replay([first], offer.times, offer.timezone)
        outlook = self._get_outlook(state, offer.ladder, now)
        vals = self._prepare_from_log(outlook, outlook.plan.look_again(now), now)
        return {name: value for name, value in vals.items() if value is not False}

    # === PAUSE AND RESUME === #

    def _pause(self, reason, at, until=None, note=False, attachments=()):
        """Stop these clocks; each keeps what it had counted."""
        self._append(
            "pause",
            at,
            reason_id=reason.id,
            party=reason.party,
            until=until or False,
            note=note,
            attachment_ids=[fields.Command.set(attachments)],
        )
        self.write({"pause_reason_id": reason.id, "party": reason.party})

    def _resume(self, at, note=False):
        """End the pauses of these clocks, also of those that are over or have not started yet."""
        paused = self.filtered("pause_reason_id")
        self.env["aftersales.sla.clock.event"].create(
            [clock._prepare_resume(state, at, note) for clock, state in paused._read_logs().items()]
        )
        paused.write({"pause_reason_id": False, "party": False})

    def _prepare_resume(self, state, at, note):
        """The log line that ends a pause; ``state`` is None where the log cannot be read."""
        end, hours = at, 0
        if state and state.paused_from:
            end = min(filter(None, (at, state.paused_until)))
            begin = max(state.paused_from, state.start)
            counted_until = min(filter(None, (end, state.met_at, state.cancelled_at)))
            hours = state.time.elapsed(begin, counted_until) / 3600
        reason = {"reason_id": self.pause_reason_id.id, "party": self.party}
        return self._prepare_event("resume", end, note=note, hours=hours, **reason)

    def _append(self, kind, at, **vals):
        """Write one more line into the log of each clock."""
        return self.env["aftersales.sla.clock.event"].create(
            [clock._prepare_event(kind, at, **vals) for clock in self]
        )

    def _prepare_event(self, kind, at, **vals):
        return {
            "clock_id": self.id,
            "company_id": self.company_id.id,
            "kind": kind,
            "at": at,
            "deadline_before": self.deadline,
            **vals,
        }

    def _prepare_retarget(self, target, start, note=False, *, carry=True):
        """Log lines that put an unfinished clock on another promise; none where nothing changes.

        ``start`` is the fact from which the new promise counts, False while it is unknown.
        """
        terms = target._get_terms(self.company_id)
        lines, now = [], fields.Datetime.now()
        if self.state == "cancelled":
            lines.append(self._prepare_event("reopen", now, note=note))
        if terms != self._get_terms():
            words = {"terms": terms, "note": note, "carry": carry}
            lines.append(self._prepare_event("retarget", now, **words))
        if self.date_start != start:
            lines += self._prepare_start(start, terms)
        return lines

    def _prepare_start(self, start, terms=None):
        """Log lines that let the clock count from ``start``, or wait for it when False."""
        if start:
            return [self._prepare_event("start", start, terms=terms or self._get_terms())]
        return self._prepare_voids(self._get_events("start"))

    def _prepare_met(self, met):
        """Log lines that say when the milestone was met; False: it is not, after all.

        A solution that is none any more was one until the request was reopened. Any other fact
        that is taken back was a mistake: the time since then counts.
        """
        if self.date_met == met:
            return []
        if not met and self.milestone == "resolution":
            return [self._prepare_event("reopen", fields.Datetime.now())]
        lines = []
        # a clock that cannot be read does not know whether it was met
        if self.date_met or self.error:
            reopened = max(self._get_events("reopen").ids, default=0)
            wrong = self._get_events("met").filtered(lambda event: event.id > reopened)
            lines += self._prepare_voids(wrong)
        if met:
            lines.append(self._prepare_event("met", met))
        return lines

    def _get_events(self, kind):
        return self.event_ids.filtered(lambda event: event.kind == kind)

    def _prepare_voids(self, events):
        now = fields.Datetime.now()
        return [self._prepare_event("void", now, ref_id=event.id) for event in events]

    # === WHAT IF === #

    def _preview_pause(self, at, until=None):
        """The deadline if it paused now, False where that hides it."""
        pause = sla_clock.Event(sla_clock.EventKind.PAUSE, at, key="preview", until=until)
        return self._preview([pause], self.calendar_id, self.company_id)

    def _preview_terms(self, terms, start, company, *, carry):
        """The deadline on other terms; works for a clock that does not exist yet, too."""
        target = self.event_ids._get_target(terms)
        kinds = sla_clock.EventKind
        events = [sla_clock.Event(kinds.START, start, target=target)]
        if self:
            now = fields.Datetime.now()
            events = [sla_clock.Event(kinds.RETARGET, now, target=target, carry=carry)]
            if self.state == "cancelled":
                events.insert(0, sla_clock.Event(kinds.REOPEN, now))
            if self.date_start != start:
                events.append(sla_clock.Event(kinds.START, start))
        calendar = self.env["resource.calendar"].browse(terms["calendar_id"])
        return self._preview(events, calendar, company)

    def _preview(self, events, calendar, company):
        times = self._get_times(calendar | self.calendar_id, company)
        zone = self._get_timezone(calendar.sudo(), company.sudo())
        log = [event._get_event() for event in self.event_ids]
        state = self._try_replay([*log, *events], times, zone)
        return (state and state.deadline) or False

    # === WHY === #

    def _explain(self):
        """“Why this deadline?”: what was counted and what was not, as data for the screen.

        A dict per clock: ``{rows: [{start, end, kind, seconds}], budget, used}``; instants are
        strings in UTC, seconds whole.
        """
        now = fields.Datetime.now()
        result = {}
        for clock, state in self._read_logs().items():
            rows = sla_clock.why(state, now) if state else []
            result[clock] = {
                "rows": [
                    {
                        "start": fields.Datetime.to_string(row.start),
                        "end": fields.Datetime.to_string(row.end),
                        "kind": row.kind.value,
                        "seconds": row.seconds,
                        "why": clock._say_why(row),
                    }
                    for row in rows
                ],
                "budget": clock.budget,
                "used": state.used(now) if state else 0,
            }
        return result

    def _say_why(self, row):
        match row.kind:
            case sla_clock.WhyKind.COUNTED:
                return (
                    self.calendar_id.sudo().name
                    if self.calendar_id
                    else self.env._("Round the clock")
                )
            case sla_clock.WhyKind.PAUSED:
                pauses = self._get_events("pause").filtered(
                    # what paused before the start is cut to it
                    lambda event: max(event.at, self.date_start) >= row.start and event.at < row.end
                )
                if not pauses:
                    return self.env._("It was finished, and opened again later")
                return self.env._("Paused: %s", pauses[-1].reason_id.name)
            case _:
                day = self.calendar_id.sudo()._aftersales_name_off_time(
                    row.start, row.end, self.company_id
                )
                return day or self.env._("Outside working hours")

    # === MOVED CALENDARS === #

    @api.model
    def _count_moved(self, calendar, closed, working):
        """How many running deadlines would move if dates of a calendar were closed or worked."""
        days = sorted({*closed, *working})
        if not days:
            return 0
        first = fields.Datetime.to_datetime(days[0]) - timedelta(days=1)
        running = self.sudo().search(
            Domain("calendar_id", "=", calendar.id)
            & Domain("state", "=", "running")
            & Domain("deadline", ">=", first)
        )
        moved = 0
        for company, clocks in running.grouped("company_id").items():
            load = calendar.sudo()._aftersales_preview_loader(company, closed, working)
            for clock, state in clocks._read_logs({calendar.id: WorkingTime(load)}).items():
                moved += not state or state.deadline != clock.deadline
        return moved

    @api.model
    def _look_again(self, calendars):
        """Calendars changed (none named: all of them): the job reads their clocks again."""
        on = (
            Domain("calendar_id", "in", calendars.ids)
            if calendars
            else Domain("calendar_id", "!=", False)
        )
        running = Domain("state", "in", ("running", "paused"))
        # those that this calendar could not tell the time may run now
        stuck = Domain("error", "!=", False)
        clocks = self.search(on & (running | stuck))
        clocks.write({"next_event_at": fields.Datetime.now()})
        clocks._wake_job()

    def action_replay(self):
        """Rebuild from the log, and say what changed."""
        self.request_id.check_access("write")
        before = {clock: clock.deadline for clock in self}
        # superuser: nobody writes clocks, their log decides
        self.sudo()._replay()
        moved = self.filtered(lambda clock: clock.deadline != before[clock])
        message = (
            self.env._("%s deadlines moved.", len(moved))
            if moved
            else self.env._("The log says the same: nothing moved.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if moved else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_acknowledge(self):
        """Somebody takes care: the ladder climbs no further."""
        self.request_id.check_access("write")
        running = self.filtered(
            lambda clock: clock.state in OPEN_STATES and not clock.acknowledged_at
        )
        # superuser: nobody writes clocks but by such a button
        running_su = running.sudo()
        running_su.write(
            {
                "acknowledged_at": fields.Datetime.now(),
                "acknowledged_by_id": self.env.user.id,
            }
        )
        running_su._replay()
        labels = dict(self._fields["milestone"]._description_selection(self.env))
        for request, clocks in running.grouped("request_id").items():
            request.message_post(
                body=self.env._(
                    "Escalation acknowledged: %s.",
                    ", ".join(labels[clock.milestone] for clock in clocks),
                ),
                subtype_xmlid="mail.mt_note",
            )
        return True

    # === JOB === #

    def _wake_job(self):
        """Make sure the escalation job comes in time for the next of these."""
        moments = [clock.next_event_at for clock in self if clock.next_event_at]
        if moments:
            self.env["aftersales.escalation.log"]._wake_at(min(moments))
