from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .local_time import format_instant
from .vocabulary import FINISHED


class AftersalesRequest(models.Model):
    """When the customer is visited and when it will be solved, as told to the customer (C31, C36).

    An appointment from–to is the time in which the customer expects us to arrive; one without an
    end is a moment. What was told once is told again when it moves later.
    """

    _inherit = "aftersales.request"

    appointment_start = fields.Datetime(string="Appointment", tracking=True, copy=False, index=True)
    appointment_end = fields.Datetime(
        string="Until",
        copy=False,
        help="The customer expects us to arrive between the appointment and this time.",
    )
    date_arrived = fields.Datetime(string="Arrived", tracking=True, copy=False)
    arrival_delay = fields.Float(
        string="Late By",
        compute="_compute_arrival_delay",
        store=True,
        precompute=True,
        help="Hours between the end of the appointment and the arrival; 0 when in time.",
    )
    date_expected = fields.Datetime(
        string="Expected Resolution", tracking=True, copy=False, index="btree_not_null"
    )
    date_told = fields.Datetime(
        string="Told the Customer",
        readonly=True,
        copy=False,
        help="The expected resolution that the customer knows of.",
    )
    told_on = fields.Datetime(readonly=True, copy=False)
    is_promise_stale = fields.Boolean(
        string="Customer Must Be Told",
        compute="_compute_is_promise_stale",
        store=True,
        precompute=True,
        index=True,
        help="The expected resolution has moved later than what the customer was told.",
    )

    @api.depends("appointment_start", "appointment_end", "date_arrived")
    def _compute_arrival_delay(self):
        for request in self:
            latest = request.appointment_end or request.appointment_start
            late = request.date_arrived and latest and request.date_arrived - latest
            request.arrival_delay = max(late, timedelta()).total_seconds() / 3600 if late else 0

    @api.depends("date_expected", "date_told", "state")
    def _compute_is_promise_stale(self):
        for request in self:
            request.is_promise_stale = bool(
                request.date_told
                and request.state not in FINISHED
                and (not request.date_expected or request.date_expected > request.date_told)
            )

    @api.constrains("appointment_start", "appointment_end")
    def _check_appointment(self):
        for request in self:
            first, last = request.appointment_start, request.appointment_end
            if last and not (first and first < last):
                raise ValidationError(
                    self.env._(
                        "The appointment of %(request)s ends before it begins. Correct its times.",
                        request=request.name,
                    )
                )

    # === ACTIONS === #

    def action_arrive(self):
        """Record the arrival at the customer's, now."""
        for request in self:
            if request.state in FINISHED:
                raise UserError(
                    self.env._(
                        "%(request)s is finished. Reopen it to record an arrival.",
                        request=request.name,
                    )
                )
            if request.date_arrived:
                raise UserError(
                    self.env._(
                        "The arrival for %(request)s is recorded already. Correct its time.",
                        request=request.name,
                    )
                )
        self.write({"date_arrived": fields.Datetime.now()})

    def action_promise(self):
        """Open the dialog that tells the customer when it will be solved."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tell the Customer"),
            "res_model": "aftersales.request.promise",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def _record_promise(self, expected):
        """The customer knows now when to expect the resolution (a naive UTC datetime)."""
        # superuser: what was told is recorded by the dialog that tells it, never typed
        self.sudo().write(
            {
                "date_expected": expected,
                "date_told": expected,
                "told_on": fields.Datetime.now(),
            }
        )

    def _format_instant(self, instant):
        """An instant in the customer's time zone, which is named, unmistakable in every country."""
        self.ensure_one()
        calendar = self.company_id.sudo().resource_calendar_id
        return format_instant(self.env, instant, self.recipient_id, self.partner_id, calendar)
