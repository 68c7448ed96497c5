from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesRepairAccessory(models.Model):
    """What came along with a thing to repair: a charger, a bag, two keys (C51).

    1. Taken in: name and how many; the customer signs for it on the receipt.
    2. Handed back with the repaired thing; what is still here hinders handing back.
    """

    _name = "aftersales.repair.accessory"
    _description = "Accessory Received"
    _order = "repair_id, sequence, id"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Accessory", required=True)
    is_old_parts = fields.Boolean(
        string="Replaced Parts", readonly=True, help="What was taken out, for the customer."
    )
    quantity_received = fields.Integer(string="Received", default=1, required=True)
    quantity_returned = fields.Integer(string="Handed Back", copy=False)
    quantity_here = fields.Integer(string="Still Here", compute="_compute_quantity_here")

    _quantities_fit = models.Constraint(
        "CHECK(quantity_received > 0 AND quantity_returned BETWEEN 0 AND quantity_received)",
        "At least one accessory is received, and no more are handed back than were received.",
    )

    @api.depends("quantity_received", "quantity_returned")
    def _compute_quantity_here(self):
        for accessory in self:
            accessory.quantity_here = accessory.quantity_received - accessory.quantity_returned

    @api.ondelete(at_uninstall=False)
    def _unlink_except_handed_back(self):
        """What a customer got back is part of the story of the job."""
        if handed_back := self.filtered("quantity_returned"):
            raise UserError(
                self.env._(
                    "%(accessory)s of %(repair)s was handed back. Correct its quantities instead "
                    "of deleting it.",
                    accessory=handed_back[0].name,
                    repair=handed_back[0].repair_id.name,
                )
            )

    def _describe_here(self):
        """“Charger, 2 × Key”: what is still here, in few words."""
        return ", ".join(
            accessory.name
            if accessory.quantity_here == 1
            else self.env._(
                "%(number)s × %(accessory)s",
                number=accessory.quantity_here,
                accessory=accessory.name,
            )
            for accessory in self
            if accessory.quantity_here
        )
