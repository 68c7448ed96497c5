from odoo import fields, models


class AftersalesRequestType(models.Model):
    """What a request is about: a fault, a question, an installation…"""

    _name = "aftersales.request.type"
    _description = "Type of Request"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="By which rules and imports know it, whatever it is called.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_complaint = fields.Boolean(
        string="Complaint", help="Requests of this type say how grave they are."
    )

    _code_unique = models.Constraint("UNIQUE(code)", "Another type of request has this code.")
