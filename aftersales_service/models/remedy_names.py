from odoo import api, models


class AftersalesCause(models.Model):
    _inherit = "aftersales.cause"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named_by_remedy(self):
        """What a promised remedy names must stay readable."""
        self.env["aftersales.remedy.policy.version"]._refuse_promised(self)


class AftersalesFault(models.Model):
    _inherit = "aftersales.fault"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named_by_remedy(self):
        """What a promised remedy names must stay readable."""
        self.env["aftersales.remedy.policy.version"]._refuse_promised(self)
