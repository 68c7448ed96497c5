import logging
from datetime import timedelta

from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class AftersalesRequest(models.Model):
    """A case waits: why, who holds the ball, which clocks stop, and how it goes on."""

    _inherit = "aftersales.request"

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
            {
                "pause_reason_id": reason.id,
                "party": reason.party,
                "date_waiting": now,
                "waiting_until": until,
            }
        )
        self._pause_clocks(until, note, attachments)
        if until:
            self.env["aftersales.escalation.log"]._wake_at(until)
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
            {
                "pause_reason_id": False,
                "party": False,
                "date_waiting": False,
                "waiting_until": False,
            }
        )

    @api.model
    def _end_overdue_waits(self, limit):
        """Let work go on where it waited long enough; one that fails is tried again tomorrow."""
        now = fields.Datetime.now()
        over = [("waiting_until", "<=", now)]
        for request in self.with_context(active_test=False).search(over, limit=limit):
            try:
                with self.env.cr.savepoint():
                    request._go_on_after_pause()
            except TransactionRollbackError:
                raise
            except Exception:
                _logger.exception("The request %s cannot go on.", request.id)
                self.env.invalidate_all(flush=False)
                request.waiting_until = now + timedelta(days=1)

    def _go_on_after_pause(self):
        """The longest time to wait is over: work goes on, and everybody can see why."""
        for request in self.filtered(lambda request: request.state == "waiting"):
            request._message_log(
                body=self.env._(
                    "The longest time to wait for “%s” is over.", request.pause_reason_id.name
                )
            )
            request.action_start()

    # === PARTS === #

    def _wait_for_parts(self):
        """A repair of these cases lacks parts; what waits for something else goes on so."""
        reason = self.env.ref("aftersales_service.pause_reason_parts", raise_if_not_found=False)
        if not reason:
            return
        self.filtered(lambda request: request.state == "new").action_start()
        working = self.filtered(lambda request: request.state in ("diagnosis", "in_progress"))
        if working:
            working._wait(reason)

    def _go_on_with_parts(self):
        """The parts of a repair are here: cases go on that wait for no other's."""
        if not self:
            return
        reason = self.env.ref("aftersales_service.pause_reason_parts", raise_if_not_found=False)
        self.filtered(
            lambda request: (
                request.state == "waiting"
                and request.pause_reason_id == reason
                and not any(request.repair_ids.mapped("aftersales_waits_for_parts"))
            )
        ).action_start()
