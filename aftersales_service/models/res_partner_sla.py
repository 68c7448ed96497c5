from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_sla_policy_id = fields.Many2one(
        "aftersales.sla.policy",
        string="SLA Policy",
        company_dependent=True,
        ondelete="restrict",
        groups="aftersales_service.group_aftersales_user",
        help="For requests whose unit and product promise nothing by themselves.",
    )
