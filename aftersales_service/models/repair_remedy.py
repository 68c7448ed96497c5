from odoo import models


class RepairOrder(models.Model):
    _inherit = "repair.order"

    def _aftersales_has_added_part(self):
        """Whether something was put in: for an accessory, a new one."""
        self.ensure_one()
        return any(
            move.repair_line_type == "add" and move.state == "done" for move in self.move_ids
        )
