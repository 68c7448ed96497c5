from odoo import api, fields, models
from odoo.exceptions import UserError

from ..logic import sla_clock
from .own_defaults import with_own_defaults
from .vocabulary import PARTIES


class AftersalesSlaClockEvent(models.Model):
    """One line in the log of a clock. Lines are added, never changed; a mistake is voided."""

    _name = "aftersales.sla.clock.event"
    _description = "SLA Clock Event"
    _order = "clock_id, id"
    _rec_name = "kind"

    clock_id = fields.Many2one(
        "aftersales.sla.clock", required=True, ondelete="cascade", index=True
    )
    request_id = fields.Many2one(related="clock_id.request_id")
    milestone = fields.Selection(related="clock_id.milestone")
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        readonly=False,  # see the clock's
    )
    kind = fields.Selection(
        [
            ("start", "Started"),
            ("pause", "Paused"),
            ("resume", "Went on"),
            ("retarget", "Promise changed"),
            ("met", "Met"),
            ("reopen", "Opened again"),
            ("cancel", "Cancelled"),
            ("void", "Taken back"),
        ],
        required=True,
        readonly=True,
    )
    at = fields.Datetime(string="Counts From", required=True, readonly=True)
    until = fields.Datetime(string="At the Latest until", readonly=True)
    reason_id = fields.Many2one("aftersales.pause.reason", readonly=True, ondelete="restrict")
    party = fields.Selection(PARTIES, string="Ball With", readonly=True)
    terms = fields.Json(string="Promise", readonly=True, help="The promise from here on.")
    carry = fields.Boolean(string="Pauses Kept", default=True, readonly=True)
    ref_id = fields.Many2one("aftersales.sla.clock.event", string="Takes Back", readonly=True)
    hours = fields.Float(
        string="Paused Hours",
        readonly=True,
        help="How much counted time a pause took out, known when it ends.",
    )
    deadline_before = fields.Datetime(readonly=True)
    note = fields.Char(readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Proof", readonly=True)

    @api.model
    def _add_missing_default_values(self, values):
        return with_own_defaults(self, values)

    @api.depends("clock_id.company_id")
    def _compute_company_id(self):
        for event in self:
            event.company_id = event.clock_id.company_id

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        if not self.env.context.get("aftersales_no_replay"):
            events._take_effect()
        return events

    def _take_effect(self):
        """The clocks run on what their logs say now."""
        for event in self.filtered("terms"):
            event.clock_id.write(event.terms)
        for clock in self.filtered(lambda event: event._begins_anew()).clock_id:
            clock.write(
                {
                    "round": clock.round + 1,
                    "acknowledged_at": False,
                    "acknowledged_by_id": False,
                }
            )
        self.clock_id._replay()

    def _begins_anew(self):
        """Whether the ladder starts again: opened again, or put off to a time still to come."""
        is_put_off = self.kind == "start" and self.clock_id.date_start
        return self.kind == "reopen" or (is_put_off and self.at > fields.Datetime.now())

    def write(self, vals):
        if vals:
            raise UserError(
                self.env._(
                    "The log of a clock is not edited. Add what is true from now on instead."
                )
            )
        return super().write(vals)

    @api.model
    def _get_target(self, terms):
        """The ``logic.sla_clock.Target`` of stored terms."""
        return sla_clock.Target(
            terms["amount"], sla_clock.TargetUnit(terms["unit"]), terms["calendar_id"]
        )

    def _get_event(self):
        """This line as ``logic.sla_clock`` takes it."""
        terms = self.terms
        return sla_clock.Event(
            kind=sla_clock.EventKind(self.kind),
            at=self.at,
            key=self.id,
            until=self.until or None,
            target=self._get_target(terms) if terms else None,
            carry=self.carry,
            ref=self.ref_id.id or None,
        )
