from odoo import fields, models

from .vocabulary import GRAVITIES


class AftersalesRequest(models.Model):
    """How grave a complaint is (R14.02)."""

    _inherit = "aftersales.request"

    is_complaint = fields.Boolean(related="type_id.is_complaint")
    severity = fields.Selection(
        GRAVITIES,
        tracking=True,
        help="Major complaints are measured against the company's service goals.",
    )
