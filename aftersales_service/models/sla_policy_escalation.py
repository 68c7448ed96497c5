from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from ..logic.escalation import Step, Trigger
from .vocabulary import PRIORITIES, ROLES, label

URGENT = PRIORITIES[-1][0]
#: Actions after which other targets may fit.
RAISES_PRIORITY = ("priority", "emergency")


class AftersalesSlaPolicyEscalation(models.Model):
    """One step of a ladder: when so much of a target is used, this happens (C33–C35)."""

    _name = "aftersales.sla.policy.escalation"
    _description = "Escalation Step"
    _order = "target_id, sequence, id"

    target_id = fields.Many2one(
        "aftersales.sla.policy.target", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    trigger = fields.Selection(
        [
            ("percent", "% of the target used"),
            ("before", "Minutes before the deadline"),
            ("after", "Minutes after the deadline"),
        ],
        default="percent",
        required=True,
    )
    value = fields.Float(default=100, required=True)
    action = fields.Selection(
        [
            ("activity", "Activity"),
            ("mail", "Mail"),
            ("note", "Note"),
            ("priority", "Raise the priority"),
            ("hand_over", "Hand over to"),
            ("loaner", "Loaner is owed"),
            ("emergency", "Emergency plan"),
        ],
        default="activity",
        required=True,
    )
    role = fields.Selection(ROLES, string="Who", default="leader", required=True)
    template_id = fields.Many2one(
        "mail.template",
        domain="[('model', '=', 'aftersales.request')]",
        help="For a mail. Leave empty for the usual text.",
    )
    sentence = fields.Char(compute="_compute_sentence")

    _value_positive = models.Constraint(
        "CHECK(value >= 0 AND (trigger != 'percent' OR value > 0))",
        "A step lies above zero percent; minutes are not negative.",
    )

    @api.constrains("trigger", "target_id")
    def _check_has_a_before(self):
        for step in self:
            if step.trigger == "before" and not step.target_id.amount:
                raise ValidationError(
                    self.env._(
                        "“%(target)s” is due at its own hour: nothing lies before it. Let the "
                        "step come after the deadline.",
                        target=step.target_id.sentence,
                    )
                )

    @api.depends_context("lang")
    @api.depends("trigger", "value", "action", "role")
    def _compute_sentence(self):
        for step in self:
            words = {
                "value": f"{step.value:g}",
                "action": label(step, "action", step.action),
                "role": label(step, "role", step.role),
            }
            match step.trigger:
                case "percent":
                    sentence = self.env._("at %(value)s %%: %(action)s (%(role)s)", **words)
                case "before":
                    sentence = self.env._(
                        "%(value)s minutes before: %(action)s (%(role)s)", **words
                    )
                case _:
                    sentence = self.env._("%(value)s minutes after: %(action)s (%(role)s)", **words)
            step.sentence = sentence

    def _get_step(self):
        """As ``logic.escalation`` takes it."""
        return Step(self.id, Trigger(self.trigger), self.value)

    # === ACTIONS === #

    def _act(self, clock, user):
        """What the step does beside telling somebody; also where a higher one tells."""
        request = clock.request_id
        match self.action:
            case "priority":
                request.priority = URGENT
            case "hand_over" if user:
                request.user_id = user
            case "loaner":
                request.is_loaner_owed = True
            case "emergency":
                request.write({"is_emergency": True, "priority": URGENT})

    def _send_mail(self, request, user, text):
        """Queue the step's mail to who is told."""
        template = self.template_id
        if template:
            template.send_mail(
                request.id,
                email_values={"recipient_ids": [Command.link(user.partner_id.id)]},
            )
        else:
            request.message_notify(
                partner_ids=user.partner_id.ids,
                subject=f"{request.name}: {text}",
                body=text,
                force_send=False,
            )
