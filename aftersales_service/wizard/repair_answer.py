from odoo import fields, models
from odoo.exceptions import UserError

from ..models.repair_test import adopt_attachments


class AftersalesRepairAnswer(models.TransientModel):
    """Write down how satisfied a customer said to be: on a card, on the telephone, face to face."""

    _name = "aftersales.repair.answer"
    _description = "Customer's Answer about a Repair"

    repair_id = fields.Many2one("repair.order", required=True, readonly=True)
    partner_id = fields.Many2one(related="repair_id.partner_id", string="Customer")
    score = fields.Selection(
        [("5", "Satisfied"), ("3", "Neutral"), ("1", "Not satisfied")],
        string="Answer",
        required=True,
        default="5",
        help="Only “Satisfied” closes jobs whose plan asks for a satisfied customer.",
    )
    comment = fields.Text()
    attachment_ids = fields.Many2many("ir.attachment", string="Card")

    def action_apply(self):
        self.ensure_one()
        repair = self.repair_id
        if repair.state != "done":
            raise UserError(
                self.env._("%s is not finished. The customer answers afterwards.", repair.name)
            )
        adopt_attachments(repair, self.attachment_ids)
        repair._aftersales_note_answer(int(self.score), self.comment, self.attachment_ids)
        return {"type": "ir.actions.act_window_close"}
