from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..logic.escalation import Ladder
from ..logic.sla_choice import HourRange
from ..logic.sla_clock import TargetUnit
from .vocabulary import (
    CLOCK_STARTS,
    JOB_SIZES,
    MILESTONES,
    OUT_OF_COVER,
    PART_ORIGINS,
    PHASES,
    PRIORITIES,
    TARGET_UNITS,
    ZONES,
    label,
)


class AftersalesSlaPolicyTarget(models.Model):
    """One promise of a policy: so much time until a milestone, where its conditions hold.

    Of the targets for the same milestone the first that fits counts.
    """

    _name = "aftersales.sla.policy.target"
    _description = "SLA Target"
    _order = "policy_id, sequence, id"
    _check_company_auto = True

    policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="SLA Policy",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="policy_id.company_id")
    sequence = fields.Integer(default=10)
    milestone = fields.Selection(MILESTONES, required=True, default="response")
    amount = fields.Float(default=4, required=True)
    unit = fields.Selection(TARGET_UNITS, string="Time Unit", default="hour", required=True)
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        ondelete="restrict",
        help="For working time only. Leave empty for the policy's.",
    )
    start_event = fields.Selection(
        CLOCK_STARTS,
        string="Counts From",
        default="reported",
        required=True,
    )
    priority = fields.Selection(PRIORITIES, help="Empty: any.")
    zone = fields.Selection(ZONES, help="Empty: anywhere.")
    job_size = fields.Selection(JOB_SIZES, help="Empty: any.")
    part_origin = fields.Selection(PART_ORIGINS, help="Empty: any.")
    phase = fields.Selection(
        [*PHASES, OUT_OF_COVER],
        string="Phase of Cover",
        help="Empty: any.",
    )
    report_from = fields.Float(
        string="Reported from", help="Local hour of the report. Both empty: any time of the day."
    )
    report_to = fields.Float(string="Reported before")
    escalation_ids = fields.One2many(
        "aftersales.sla.policy.escalation", "target_id", string="Ladder", copy=True
    )
    sentence = fields.Char(compute="_compute_sentence")

    _report_hours = models.Constraint(
        "CHECK(report_from >= 0 AND report_from < 24 AND report_to >= 0 AND report_to <= 24)",
        "Hours of the day lie between 0:00 and 24:00.",
    )

    @api.constrains("amount", "unit", "start_event")
    def _check_amount(self):
        for target in self:
            if target.amount < 0 or (not target.amount and target.start_event != "appointment"):
                raise ValidationError(
                    self.env._(
                        "“%(milestone)s” of %(policy)s promises no time at all. Enter an amount "
                        "above zero; only an appointment is due at its own hour.",
                        milestone=label(target, "milestone", target.milestone),
                        policy=target.policy_id.name,
                    )
                )
            if target.unit == "working_day" and target.amount != int(target.amount):
                raise ValidationError(
                    self.env._(
                        "%(policy)s counts working days in whole days, not %(amount)s.",
                        policy=target.policy_id.name,
                        amount=target.amount,
                    )
                )

    @api.constrains("milestone", "sequence", "priority", "zone", "job_size", "part_origin", "phase")
    def _check_reachable(self):
        """A target behind one that always fits would never count."""
        for policy in self.policy_id:
            open_ended = set()
            for target in policy.target_ids.sorted():
                if target.milestone in open_ended:
                    raise ValidationError(
                        self.env._(
                            "“%(sentence)s” of %(policy)s can never count: a target above it "
                            "for the same milestone fits every request. Move it up or remove it.",
                            sentence=target.sentence,
                            policy=policy.name,
                        )
                    )
                if not target._get_conditions():
                    open_ended.add(target.milestone)

    @api.depends_context("lang")
    @api.depends(
        "milestone",
        "amount",
        "unit",
        "start_event",
        "priority",
        "zone",
        "job_size",
        "part_origin",
        "phase",
        "report_from",
        "report_to",
    )
    def _compute_sentence(self):
        for target in self:
            words = {
                "milestone": label(target, "milestone", target.milestone),
                "amount": f"{target.amount:g}",
                "unit": label(target, "unit", target.unit),
                "start": label(target, "start_event", target.start_event),
                "conditions": ", ".join(target._describe_conditions()),
            }
            if not target.amount:
                sentence = self.env._("%(milestone)s: at the hour of the appointment", **words)
            elif target.start_event != "reported":
                sentence = self.env._("%(milestone)s: %(amount)s %(unit)s from: %(start)s", **words)
            else:
                sentence = self.env._("%(milestone)s: %(amount)s %(unit)s", **words)
            target.sentence = (
                self.env._(
                    "%(sentence)s (%(conditions)s)",
                    sentence=sentence,
                    conditions=words["conditions"],
                )
                if words["conditions"]
                else sentence
            )

    def _describe_conditions(self):
        for name in ("priority", "zone", "job_size", "part_origin", "phase"):
            if self[name]:
                yield label(self, name, self[name])
        if self._has_hours():
            yield f"{_clock_face(self.report_from)}–{_clock_face(self.report_to)}"

    def _has_hours(self):
        return bool(self.report_from or self.report_to)

    def _get_conditions(self):
        """As ``logic.sla_choice`` takes them: name of a fact → values that fit."""
        conditions = {
            name: frozenset({self[name]})
            for name in ("priority", "zone", "job_size", "part_origin", "phase")
            if self[name]
        }
        if self._has_hours():
            conditions["minute"] = HourRange(
                round(self.report_from * 60), round(self.report_to * 60)
            )
        return conditions

    def _get_terms(self, company):
        """The promise as it is frozen in a clock's log."""
        calendar = self.env["resource.calendar"]
        if TargetUnit(self.unit).needs_calendar:
            calendar = (
                self.calendar_id or self.policy_id.calendar_id or company.resource_calendar_id
            )
        return {
            "amount": self.amount,
            "unit": self.unit,
            "calendar_id": calendar.id,
            "start_event": self.start_event,
            "target_id": self.id,
            "policy_id": self.policy_id.id,
        }

    def _get_ladder(self):
        """As ``logic.escalation`` takes it; without a target nobody is woken."""
        steps = tuple(step._get_step() for step in self.escalation_ids)
        return Ladder(steps, self.policy_id._get_thresholds())


def _clock_face(hour):
    """8.5 → “08:30”."""
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
