from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_note = fields.Text(
        string="Special Handling",
        help="Shown on top of every service request of this customer.",
        groups="aftersales_service.group_aftersales_user",
    )
