import logging
from datetime import timedelta

from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: An estimate that fails is tried again after so long, twice as long each time, at most a day.
FIRST_RETRY, LAST_RETRY = timedelta(minutes=15), timedelta(days=1)
#: How often a run begins anew because people changed what it worked on.
MOST_COLLISIONS = 5
#: Payments under way or received: the customer has answered.
PAYING = ("pending", "authorized", "done")


class RepairOrder(models.Model):
    """The scheduled action "After-sales: estimates without an answer" (C44, R39.04).

    It takes what is due and nobody else works on, each in a transaction per batch and a savepoint
    of its own. One that fails keeps its reason and is tried again later; the others go on.
    """

    _inherit = "repair.order"

    aftersales_estimate_error = fields.Char(
        string="Why It Could Not Be Declined", readonly=True, copy=False
    )
    aftersales_estimate_failures = fields.Integer(readonly=True, copy=False)
    aftersales_date_estimate_retry = fields.Datetime(
        string="Tried Again on", readonly=True, copy=False
    )

    @api.model
    def _cron_aftersales_expire_estimates(self, batch=50):
        """Decline every estimate that nobody answered in time, then sleep until the next one."""
        cron = self.env["ir.cron"]
        done = failed = collisions = 0
        while collisions < MOST_COLLISIONS:
            try:
                repairs = self._aftersales_lock_unanswered(batch)
                if not repairs:
                    break
                bad = sum(repair._aftersales_expire_safely() for repair in repairs)
            except TransactionRollbackError:
                self.env.cr.rollback()
                collisions += 1
                continue
            done, failed = done + len(repairs) - bad, failed + bad
            if not cron._commit_progress(len(repairs), remaining=int(len(repairs) == batch)):
                return
        self._aftersales_sleep()
        if failed >= 10 and not done:
            raise RuntimeError("Every estimate failed: see their errors.")

    @api.model
    def _aftersales_lock_unanswered(self, limit):
        """Estimates whose time is over and that nobody else is working on, locked."""
        self.flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM repair_order
                 WHERE aftersales_estimate_state IN ('sent', 'seen')
                   AND aftersales_date_answer_due < %(now)s
                   AND (aftersales_date_estimate_retry IS NULL
                        OR aftersales_date_estimate_retry <= %(now)s)
              ORDER BY aftersales_date_answer_due, id
                 LIMIT %(limit)s
                   FOR UPDATE SKIP LOCKED
                """,
                now=now,
                limit=limit,
            )
        )
        return self.browse([row[0] for row in rows])

    @api.model
    def _aftersales_sleep(self):
        """Wake up again for the next estimate that comes due, or that is tried again."""
        unanswered = [("aftersales_estimate_state", "in", ("sent", "seen"))]
        now = fields.Datetime.now()
        following = self.search(
            [*unanswered, ("aftersales_date_answer_due", ">=", now)],
            order="aftersales_date_answer_due",
            limit=1,
        )
        again = self.search(
            [*unanswered, ("aftersales_date_estimate_retry", ">", now)],
            order="aftersales_date_estimate_retry",
            limit=1,
        )
        moments = [following.aftersales_date_answer_due, again.aftersales_date_estimate_retry]
        if ahead := [moment for moment in moments if moment]:
            self._aftersales_wake_estimates_at(min(ahead) + timedelta(seconds=1))

    @api.model
    def _aftersales_wake_estimates_at(self, moment):
        """Make sure the job runs at ``moment`` or before, if that is still to come."""
        cron = self.env.ref("aftersales_service.cron_estimate_expiry", raise_if_not_found=False)
        if not cron:
            return
        now = fields.Datetime.now()
        moment = max(moment, now + timedelta(seconds=1))
        ahead = [("cron_id", "=", cron.id), ("call_at", ">", now), ("call_at", "<=", moment)]
        if not self.env["ir.cron.trigger"].sudo().search_count(ahead, limit=1):
            cron.sudo()._trigger(at=moment)

    def _aftersales_expire_safely(self):
        """Decline one estimate; one that fails keeps the reason. Returns whether it failed."""
        try:
            with self.env.cr.savepoint():
                self.with_company(self.company_id)._aftersales_expire()
                self.env.flush_all()
        except TransactionRollbackError:
            raise
        except Exception as error:
            _logger.exception("The estimate of the repair %s cannot be declined.", self.id)
            self.env.invalidate_all(flush=False)
            self._aftersales_set_aside(error)
            return True
        return False

    def _aftersales_set_aside(self, error):
        wait = min(FIRST_RETRY * 2 ** min(self.aftersales_estimate_failures, 10), LAST_RETRY)
        self.write(
            {
                "aftersales_estimate_failures": self.aftersales_estimate_failures + 1,
                "aftersales_estimate_error": str(error)[:200] or type(error).__name__,
                "aftersales_date_estimate_retry": fields.Datetime.now() + wait,
            }
        )

    def _aftersales_expire(self):
        """Without an answer the estimate counts as declined, from the moment it was due."""
        self.ensure_one()
        if self._aftersales_is_moot():
            self.aftersales_date_answer_due = False
            return
        if self._aftersales_is_being_paid():
            self.aftersales_date_estimate_retry = fields.Datetime.now() + FIRST_RETRY
            return
        said = {
            "answer": "expired",
            "channel": "system",
            "date": self.aftersales_date_answer_due,
            "note": self._aftersales_at_home().env._("No answer in time"),
        }
        order = self.sale_order_id
        if order.state in ("draft", "sent"):
            order.with_context(aftersales_answer=said)._action_cancel()
        else:
            self._aftersales_note_consent("estimate", **said)
        self._aftersales_mail("mail_template_estimate_expired")
        self.write(
            {
                "aftersales_estimate_error": False,
                "aftersales_estimate_failures": 0,
                "aftersales_date_estimate_retry": False,
            }
        )

    def _aftersales_at_home(self):
        """With the language that is spoken in the company: a job of the system has none."""
        return self.with_context(lang=self.company_id.partner_id.lang or self.env.lang)

    def _aftersales_is_moot(self):
        """Nobody needs an answer: the repair is over, or costs nothing, or was agreed to."""
        return self.state in ("done", "cancel") or not self.aftersales_needs_approval

    def _aftersales_is_being_paid(self):
        payments = self.sale_order_id.transaction_ids
        return any(payment.state in PAYING for payment in payments)
