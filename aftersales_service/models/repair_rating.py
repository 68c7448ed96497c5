from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.rating.models.rating_data import RATING_LIMIT_SATISFIED

SATISFACTIONS = [
    ("none", "Not asked"),
    ("asked", "Asked"),
    ("satisfied", "Satisfied"),
    ("not_satisfied", "Not satisfied"),
]


class RepairOrder(models.Model):
    """Whether the customer of a repair is satisfied: asked by mail, or told on paper (C113)."""

    _name = "repair.order"
    _inherit = ["rating.mixin", "repair.order"]

    aftersales_date_surveyed = fields.Datetime(string="Survey Sent", copy=False, readonly=True)
    aftersales_satisfaction = fields.Selection(
        SATISFACTIONS,
        string="Satisfaction",
        compute="_compute_aftersales_satisfaction",
        store=True,
        tracking=True,
    )

    @api.depends("aftersales_date_surveyed", "rating_ids.consumed", "rating_ids.rating")
    def _compute_aftersales_satisfaction(self):
        for repair in self:
            answers = repair.sudo().rating_ids.filtered("consumed")
            last = answers.sorted(lambda row: (row.rated_on or row.create_date, row.id))[-1:]
            asked = "asked" if repair.aftersales_date_surveyed else "none"
            said = "satisfied" if last.rating >= RATING_LIMIT_SATISFIED else "not_satisfied"
            repair.aftersales_satisfaction = said if last else asked

    # === WHO IS ASKED === #

    def _rating_get_partner(self):
        """Who reported the fault answers for the customer."""
        recipient = self.sudo().aftersales_request_id.recipient_id
        return recipient or super()._rating_get_partner()

    def write(self, vals):
        """Ask as soon as the customer has the unit back."""
        res = super().write(vals)
        done = vals.get("state") == "done"
        if done or vals.keys() & {"aftersales_date_handed_back", "aftersales_date_repaired"}:
            self._aftersales_ask_when_due()
        return res

    def _aftersales_ask_when_due(self):
        """Ask those who have their unit back, tested, once, where their plan wants it."""
        for repair in self.sudo():
            plan = repair.aftersales_plan_id
            if (
                plan.needs_survey
                and repair.aftersales_satisfaction == "none"
                and repair._aftersales_get_handed_back()
                and not repair._aftersales_get_obstacles("hand_back")
                and repair._rating_get_partner().email
            ):
                repair._aftersales_ask()

    def action_aftersales_ask(self):
        """Ask the customer by mail whether they are satisfied, also another time."""
        self.check_access("write")
        for repair in self:
            if repair.state != "done":
                raise UserError(
                    self.env._(
                        "%s is not finished. Ask when the customer has it back.", repair.name
                    )
                )
            if not repair._rating_get_partner().email:
                raise UserError(
                    self.env._(
                        "The customer of %s has no e-mail address. Record the answer from the "
                        "card or the telephone instead.",
                        repair.name,
                    )
                )
            repair._aftersales_ask()

    def _aftersales_ask(self):
        self.ensure_one()
        template = self.env.ref("aftersales_service.mail_template_repair_rating").sudo()
        customer = self._rating_get_partner()
        self.rating_send_request(template, lang=customer.lang, force_send=False)
        self.sudo().aftersales_date_surveyed = fields.Datetime.now()

    # === ANSWERS === #

    def action_aftersales_answer(self):
        """Record what the customer said on paper or on the telephone, in a dialog."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customer's Answer"),
            "res_model": "aftersales.repair.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_repair_id": self.id},
        }

    def _aftersales_note_answer(self, score, comment=False, attachments=()):
        """Record an answer that did not come by mail; an open question counts as answered."""
        self.ensure_one()
        self.check_access("write")
        # superuser: ratings are the customers'; here one of us writes one down for them
        repair = self.sudo()
        token = repair._rating_get_access_token()
        repair.rating_apply(score, token=token, feedback=comment, subtype_xmlid="mail.mt_note")
        repair._message_log(
            body=self.env._("Recorded by %s from what the customer said.", self.env.user.name),
            attachment_ids=[file.id for file in attachments],
        )

    def rating_apply(self, rate, *args, **kwargs):
        """Somebody looks after a customer who is not satisfied."""
        rating = super().rating_apply(rate, *args, **kwargs)
        if self.aftersales_is_service and rating.rating < RATING_LIMIT_SATISFIED:
            self._aftersales_look_after()
        return rating

    def _aftersales_look_after(self):
        request = self.sudo().aftersales_request_id
        summary = self.env._("The customer is not satisfied")
        waiting = self.sudo().activity_ids.filtered(lambda todo: todo.summary == summary)
        if not waiting:
            self.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                user_id=(self.user_id or request.user_id or self.env.user).id,
            )

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        plan = self._aftersales_get_demands(gate)
        answer = self.aftersales_satisfaction
        if gate != "close" or answer == "satisfied":
            return obstacles
        if answer == "not_satisfied" and plan.needs_satisfied:
            obstacles.append(
                self.env._("The customer is not satisfied. Settle it and record the new answer.")
            )
        elif answer == "asked" and (plan.needs_survey or plan.needs_satisfied):
            obstacles.append(self.env._("The customer was asked and has not answered yet."))
        elif answer != "not_satisfied" and (plan.needs_survey or plan.needs_satisfied):
            obstacles.append(
                self.env._("The satisfaction survey is missing. Ask, or record the card.")
            )
        return obstacles
