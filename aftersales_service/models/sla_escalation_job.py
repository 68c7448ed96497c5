import logging
from collections import defaultdict
from datetime import timedelta

from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.tools import SQL

from .local_time import format_minute
from .sla_policy_escalation import RAISES_PRIORITY
from .vocabulary import label

_logger = logging.getLogger(__name__)

#: How often a clock that fails is tried again before it waits for a person: minutes double.
LAST_RETRY = timedelta(days=1)
#: How often a run begins anew because people changed what it worked on, before it comes back later.
MOST_COLLISIONS = 5


class AftersalesSlaClock(models.Model):
    """The scheduled action "After-sales: SLA escalation".

    It reads only the clocks whose ``next_event_at`` has come, locks them (others skip them), and
    writes steps, activities, notes and the next moment in one transaction per batch: killed at any
    point, a batch has happened wholly or not at all. One bad record is set aside with its error
    and tried again later; the others go on. A batch that collides with somebody's work is no bad
    one: it is taken again as they left it.
    """

    _inherit = "aftersales.sla.clock"

    @api.model
    def _cron_escalate(self, batch=100):
        """Take every step that is due, then sleep until the next one."""
        cron = self.env["ir.cron"]
        done = failed = collisions = 0
        while collisions < MOST_COLLISIONS:
            try:
                clocks = self._lock_due(batch)
                if not clocks:
                    self.env["aftersales.request"]._end_overdue_waits(batch)
                    break
                bad = clocks._escalate_safely()
            except TransactionRollbackError:
                self.env.cr.rollback()
                collisions += 1
                continue
            done, failed = done + len(clocks) - bad, failed + bad
            # a full batch may not have been the last one; counting would read all that is due
            if not cron._commit_progress(len(clocks), remaining=int(len(clocks) == batch)):
                return
        self._sleep_until_next()
        if failed >= 10 and not done:
            raise RuntimeError("Every clock failed: see their errors.")

    @api.model
    def _lock_due(self, limit):
        """The due clocks that nobody else is working on, locked."""
        self.flush_model(["next_event_at"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM aftersales_sla_clock
                 WHERE next_event_at <= %s
              ORDER BY next_event_at, id
                 LIMIT %s
                   FOR UPDATE SKIP LOCKED
                """,
                fields.Datetime.now(),
                limit,
            )
        )
        return self.browse([row[0] for row in rows])

    @api.model
    def _sleep_until_next(self):
        """Wake up again for the next clock or wait; whatever comes earlier wakes the job itself."""
        self.flush_model(["next_event_at"])
        self.env["aftersales.request"].flush_model(["waiting_until"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT least(
                    (SELECT min(next_event_at) FROM aftersales_sla_clock),
                    (SELECT min(waiting_until) FROM aftersales_request)
                )
                """
            )
        )
        if moment := rows[0][0]:
            self.env["aftersales.escalation.log"]._wake_at(moment)

    def _escalate_safely(self):
        """Escalate the batch, one by one where it fails as a whole. Returns how many failed."""
        try:
            with self.env.cr.savepoint():
                self._escalate()
        except TransactionRollbackError:
            raise
        except Exception:
            _logger.info("A batch of %s clocks failed; taking them one by one.", len(self))
        else:
            return 0
        return sum(clock._escalate_alone() for clock in self)

    def _escalate_alone(self):
        try:
            with self.env.cr.savepoint():
                self._escalate()
        except TransactionRollbackError:
            raise
        except Exception as error:
            _logger.exception("The clock %s cannot be escalated.", self.id)
            self.env.invalidate_all(flush=False)
            self._set_aside(error)
            return 1
        return 0

    def _set_aside(self, error):
        """Keep the reason on the record, and try again later and later."""
        wait = min(timedelta(minutes=15 * 2 ** min(self.failures, 10)), LAST_RETRY)
        self.write(
            {
                "failures": self.failures + 1,
                "error": str(error)[:200] or type(error).__name__,
                "next_event_at": fields.Datetime.now() + wait,
            }
        )

    # === STEPS === #

    def _escalate(self):
        """Take the steps that are due for these clocks, in one batch."""
        now = fields.Datetime.now()
        self._resume_overdue_pauses(now)
        outlooks = self._look_ahead(now)
        steps = [
            (clock, step, step == plan.notify and not clock._came_late(state, step))
            for clock, (state, _ladder, plan) in outlooks.items()
            for step in plan.due
        ]
        # what was due has been taken by then; another promise may have something due again
        next_looks = {clock: outlook.plan.next_at for clock, outlook in outlooks.items()}
        if self._take_steps(steps, now):
            outlooks = self._look_ahead(now)
            next_looks = {
                clock: outlook.plan.look_again(now) for clock, outlook in outlooks.items()
            }
        self._store(
            {
                clock: self._prepare_from_log(outlook, next_looks[clock], now) | {"failures": 0}
                for clock, outlook in outlooks.items()
            }
        )
        self.flush_recordset()

    def _came_late(self, state, step):
        """Whether a step had passed already when the case was entered: nobody was slow here.

        Cases loaded with their old dates are seen as overdue, but wake nobody one by one.
        """
        moment = state.moment(step.seconds(state.budget))
        return bool(self.opened_at and moment and moment < self.opened_at)

    def _resume_overdue_pauses(self, now):
        """Pauses that lasted their longest time end by themselves, at that very moment."""
        over = self.filtered(
            lambda clock: (
                clock.state == "paused" and clock.paused_until and clock.paused_until <= now
            )
        )
        if over:
            over.request_id._go_on_after_pause()
            over.filtered(lambda clock: clock.state == "paused")._resume(now)

    def _take_steps(self, steps, now):
        """Take ``steps``: ``[(clock, logic Step, whether it tells somebody)]``.

        Returns whether one of them changed what is promised.
        """
        Step = self.env["aftersales.sla.policy.escalation"]
        ids = [step.key for _clock, step, _tells in steps]
        by_id = {step.id: step for step in Step.browse(set(ids))}
        taken = [(clock, by_id[step.key], tells) for clock, step, tells in steps]
        people = self._find_people(taken)
        logs, told = [], []
        for clock, step, tells in taken:
            user = people.get((clock.request_id, step.role))
            text = clock._describe_step(step, user)
            step._act(clock, user)
            if tells:
                told.append((clock, step, user, text))
            logs.append(
                {
                    "clock_id": clock.id,
                    "request_id": clock.request_id.id,
                    "milestone": clock.milestone,
                    "step_id": step.id,
                    "step_key": step.id,
                    "round": clock.round,
                    "deadline": clock.deadline,
                    "taken_at": now,
                    "user_id": user.id if user else False,
                    "is_notified": tells,
                    "text": text,
                }
            )
        self.env["aftersales.escalation.log"].create(logs)
        self._tell(told)
        self._tell_of_late_entries(taken, people)
        return any(step.action in RAISES_PRIORITY for _clock, step, _tells in taken)

    @api.model
    def _find_people(self, taken):
        """``{(request, role): user}`` of everybody the steps are for."""
        by_role = {}
        for clock, step, _tells in taken:
            by_role.setdefault(step.role, self.env["aftersales.request"])
            by_role[step.role] |= clock.request_id
        return {
            (request, role): user
            for role, requests in by_role.items()
            for request, user in self.env["aftersales.team"]._get_role_users(requests, role).items()
        }

    def _describe_step(self, step, user):
        """“First response overdue since 16:30 – Team leader”, in the language of who is told."""
        clock = self.with_context(lang=user.lang) if user and user.lang else self
        words = {
            "milestone": label(clock, "milestone", clock.milestone),
            "deadline": format_minute(
                clock.env, clock.deadline, (user and user.tz) or clock._get_tz()
            ),
            "role": label(step.with_env(clock.env), "role", step.role),
        }
        if clock.deadline and clock.deadline < fields.Datetime.now():
            return clock.env._("%(milestone)s overdue since %(deadline)s – %(role)s", **words)
        return clock.env._("%(milestone)s due at %(deadline)s – %(role)s", **words)

    def _get_tz(self):
        return self.calendar_id.sudo().tz or self.company_id.sudo().resource_calendar_id.tz

    @api.model
    def _tell_of_late_entries(self, taken, people):
        """One message to each who would have been told of cases that were late when entered."""
        told = {clock.id for clock, _step, tells in taken if tells}
        late = defaultdict(self.env["aftersales.request"].browse)
        for clock, step, _tells in taken:
            user = people.get((clock.request_id, step.role))
            if clock.id not in told and clock.opened_at and user:
                late[user] |= clock.request_id
        for user, requests in late.items():
            here = requests[0].with_context(lang=user.lang)
            here.message_notify(
                partner_ids=user.partner_id.ids,
                subject=here.env._("Overdue when entered: %s", len(requests)),
                body=here.env._(
                    "These were overdue already when they were entered: %s",
                    ", ".join(requests.mapped("name")),
                ),
                force_send=False,
            )

    @api.model
    def _tell(self, told):
        """Notes on all requests in one batch, activities in another; mails go to the queue.

        ``told``: ``[(clock, step, user or empty, text)]``.
        """
        notes, activities = {}, []
        kind_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "aftersales_service.activity_escalation"
        )
        model_id = self.env["ir.model"]._get_id("aftersales.request")
        for clock, step, user, text in told:
            request = clock.request_id
            who = user.name if user else self.env._("nobody is in charge: choose somebody")
            notes.setdefault(request.id, []).append(f"{text}: {who}")
            if step.action == "mail" and user:
                step._send_mail(request, user, text)
            elif step.action != "note":
                activities.append(
                    {
                        "activity_type_id": kind_id,
                        "res_model_id": model_id,
                        "res_model": "aftersales.request",
                        "res_id": request.id,
                        "summary": text,
                        "user_id": user.id if user else False,
                        "date_deadline": fields.Date.context_today(
                            clock.with_context(tz=(user and user.tz) or clock._get_tz())
                        ),
                    }
                )
        requests = self.env["aftersales.request"].browse(notes)
        requests._message_log_batch(
            bodies={request_id: "; ".join(lines) for request_id, lines in notes.items()}
        )
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(activities)
