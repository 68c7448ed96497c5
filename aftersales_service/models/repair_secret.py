from odoo import fields, models


class AftersalesRepairSecret(models.Model):
    """What only the technician in charge and managers may read: a device's password, notes (C41).

    Record rules say who; nothing of it is ever written into a conversation. It is forgotten when
    the job is closed or cancelled.
    """

    _name = "aftersales.repair.secret"
    _description = "Password and Private Notes of a Repair"
    _rec_name = "repair_id"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    password = fields.Char()
    note = fields.Text()

    _repair_unique = models.UniqueIndex(
        "(repair_id)", "Password and notes of this repair are already recorded."
    )
