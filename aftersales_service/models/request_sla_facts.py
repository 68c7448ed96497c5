from odoo import fields, models
from odoo.exceptions import UserError

from .request_sla import AFTER_SOLUTION, MILESTONE_FACTS, START_FACTS
from .vocabulary import FINISHED


class AftersalesRequest(models.Model):
    """What happened in a case, and how that starts and meets its clocks."""

    _inherit = "aftersales.request"

    def _follow_facts(self):
        """Start and meet the clocks by what happened; a corrected fact corrects them."""
        lines = []
        for request in self.sudo():
            for clock in request.clock_ids:
                lines += request._compare_facts(clock)
        self.env["aftersales.sla.clock.event"].sudo().create(lines)

    def _compare_facts(self, clock):
        over = self.state == "cancelled" or (
            self.state in ("resolved", "closed") and self._ends_with_solution(clock)
        )
        met = self[MILESTONE_FACTS[clock.milestone]]
        if clock.state == "cancelled":
            return []
        if over and not met:
            return [clock._prepare_event("cancel", fields.Datetime.now())]
        lines = clock._prepare_met(met)
        start = self[START_FACTS[clock.start_event]]
        if clock.date_start != start:
            lines += clock._prepare_start(start)
        return lines

    def _note_fact(self, name):
        """Something happened now, for the first time: a document of these requests says so."""
        fresh = self.filtered(lambda request: not request[name] and request.state not in FINISHED)
        fresh.write({name: fields.Datetime.now()})

    def _ends_with_solution(self, clock):
        return clock.milestone not in AFTER_SOLUTION or self.state == "closed"

    def _reopen_clocks(self):
        """What was cancelled because the request was over is promised again."""
        unfinished = self.sudo().filtered(lambda request: request.state not in FINISHED)
        unfinished._follow_promise(self.env._("Reopened"))

    # === STEPS OF THE CASE === #

    def action_respond(self):
        """The customer was answered outside of mail: by phone, in the shop, on site."""
        self._refuse_finished()
        self._note_fact("date_responded")

    def action_give_plan(self):
        """The customer knows how it will be solved."""
        self._refuse_finished()
        self._note_fact("date_planned")
        self._note_fact("date_responded")

    def action_unit_arrived(self):
        """The faulty unit is here (workshop or factory)."""
        self._refuse_finished()
        self._note_fact("date_unit_arrived")

    def action_consent(self):
        """The customer agreed to the work."""
        self._refuse_finished()
        self._note_fact("date_consent")

    def action_acknowledge(self):
        """Somebody takes care of what rang; what is not late yet still rings when it is."""
        self.clock_ids.filtered(lambda clock: clock._is_escalated()).action_acknowledge()

    def _refuse_finished(self):
        for request in self:
            if request.state in FINISHED:
                raise UserError(self.env._("%s is finished. Reopen it to go on.", request.name))

    def action_resolve(self):
        self._refuse_move_to("resolved")
        # whoever solves it has answered, too; the clocks are looked at once, when it is solved
        self.with_context(aftersales_facts_later=True)._note_fact("date_responded")
        return super().action_resolve()

    def action_reopen(self):
        res = super().action_reopen()
        self._reopen_clocks()
        return res

    # === ANSWERS === #

    def _message_post_after_hook(self, message, msg_vals):
        """The first public answer of one of us meets the response; the customer's ends a wait."""
        res = super()._message_post_after_hook(message, msg_vals)
        public = message.message_type in ("comment", "email") and not message.is_internal
        if public and message.subtype_id == self.env.ref("mail.mt_comment"):
            self._take_message(message)
        return res

    def _take_message(self, message):
        author = message.author_id
        customer = self.partner_id.commercial_partner_id
        if author and author.commercial_partner_id == customer:
            if self.state == "waiting" and self.party == "customer":
                # superuser: customers only write
                self.sudo().action_start()
        elif (
            not self.date_responded and self._is_one_of_us(author) and not self._is_report(message)
        ):
            # a mail is dated by its sender's computer
            self.sudo().date_responded = min(message.date, fields.Datetime.now())

    def _is_report(self, message):
        """The mail that brought the request, which a colleague may have forwarded, is no answer."""
        if self.channel != "email" or message.message_type != "email":
            return False
        mails = [("model", "=", self._name), ("res_id", "=", self.id), ("id", "<", message.id)]
        return not message.sudo().search_count(mails + [("message_type", "=", "email")], limit=1)

    def _is_one_of_us(self, author):
        robot = self.env.ref("base.partner_root")
        return author != robot and any(not user.share for user in author.sudo().user_ids)
