from odoo import fields, models
from odoo.exceptions import UserError

from ..models.vocabulary import CONSENT_CHANNELS


class AftersalesRepairPlanAnswer(models.TransientModel):
    """What the customer's technicians say of a repair plan (R33.04)."""

    _name = "aftersales.repair.plan.answer"
    _description = "Answer to a Repair Plan"

    repair_id = fields.Many2one("repair.order", required=True, ondelete="cascade")
    coordinator_id = fields.Many2one(related="repair_id.aftersales_coordinator_id")
    answer = fields.Selection(
        [("confirmed", "Confirmed"), ("objected", "Objection")],
        required=True,
        default="confirmed",
    )
    by_name = fields.Char(string="Said by", help="The customer's technician who answered.")
    channel = fields.Selection(
        [channel for channel in CONSENT_CHANNELS if channel[0] != "system"],
        string="How",
        required=True,
        default="person",
    )
    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    note = fields.Char(string="Remark")
    attachment_ids = fields.Many2many("ir.attachment", string="Proof")

    def action_apply(self):
        self.ensure_one()
        repair = self.repair_id
        repair.check_access("write")
        self._refuse_unclear()
        consent = {
            "by_name": self.by_name,
            "channel": self.channel,
            "date": self.date,
            "user_id": self.env.uid,
        }
        if self.answer == "confirmed":
            row = repair._aftersales_confirm_plan(note=self.note, **consent)
        else:
            row = repair._aftersales_object_plan(self.note, **consent)
        if self.attachment_ids:
            # superuser: the files are the user's own, and move to the repair they prove
            mine = self.attachment_ids.sudo().filtered(
                lambda file: file.create_uid == self.env.user
            )
            mine.write({"res_model": repair._name, "res_id": repair.id})
            row.attachment_ids = mine
        return {"type": "ir.actions.act_window_close"}

    def _refuse_unclear(self):
        if self.answer == "objected" and not (self.note or "").strip():
            raise UserError(
                self.env._("Say what the customer objects to, so that it can be settled.")
            )
        if self.date > fields.Datetime.now():
            raise UserError(
                self.env._("An answer cannot come in the future. Correct when it was given.")
            )
