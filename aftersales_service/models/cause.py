from odoo import api, fields, models


class AftersalesCause(models.Model):
    """Why something failed, as far as it decides who pays (C11)."""

    _name = "aftersales.cause"
    _description = "Cause of a Fault"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("quality", "Quality, manufacture or installation"),
            ("misuse", "Misuse or human damage"),
            ("alteration", "Alteration by others"),
            ("environment", "Operating environment"),
            ("wear", "Wear or consumable"),
            ("force_majeure", "Force majeure"),
            ("foreign", "Foreign software, interface or peripheral"),
            ("preventive", "Calibration or preventive work"),
            ("other", "Other"),
        ],
        default="other",
        required=True,
        help="Groups causes in statistics. What a cause means for the customer's bill is said by "
        "the warranty policy, not here.",
    )
    description = fields.Text(translate=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """What a promise names must stay readable."""
        self.env["aftersales.warranty.policy.version"]._refuse_promised(self)
