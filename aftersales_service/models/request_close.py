from odoo import models


class AftersalesRequest(models.Model):
    """A case is closed with its jobs."""

    _inherit = "aftersales.request"

    def action_close(self):
        """Close the finished repairs of these cases, too; refused while one lacks something."""
        self._refuse_move_to("closed")
        self._refuse_unfinished_repairs()
        # superuser: whoever closes a case need not be allowed to repair
        done = self.sudo().repair_ids.filtered(lambda repair: repair.state == "done")
        reworks_first = done.sorted(lambda repair: bool(repair._aftersales_get_rework()))
        for repair in reworks_first:
            repair.action_aftersales_close()
        return super().action_close()
