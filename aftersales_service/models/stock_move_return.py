from odoo import models

from ..logic import returns as rules


class StockMove(models.Model):
    """Transfers tell their returns what moved, and replacements make units.

    Returns hear of transfers that are done (``_action_done``) and corrected later.
    """

    _inherit = "stock.move"

    def write(self, vals):
        is_moved = "aftersales_return_line_id" in vals
        lines = self._aftersales_get_counted() if is_moved else None
        res = super().write(vals)
        if is_moved or ("date" in vals and "state" not in vals):
            for changed in (lines, self._aftersales_get_counted()):
                if changed:
                    changed._recount_transfers()
        return res

    def _aftersales_follow_correction(self):
        res = super()._aftersales_follow_correction()
        self._aftersales_get_counted()._recount_transfers()
        return res

    def _aftersales_get_counted(self):
        """The return lines that count these transfers."""
        # superuser: storekeepers need not see returns
        done = self.sudo().filtered(
            lambda move: move.state == "done" and move.aftersales_return_line_id
        )
        return done.aftersales_return_line_id

    def _aftersales_get_transfer(self):
        """A transfer of a return as ``logic.returns`` takes it."""
        self.ensure_one()
        usages = (self.location_id.usage, self.location_dest_id.usage)
        if usages[0] == "customer" and usages[1] != "customer":
            door = rules.Door.IN
        elif usages[1] == "customer" and usages[0] != "customer":
            door = rules.Door.OUT
        elif usages[1] == "supplier":
            door = rules.Door.SUPPLIER
        else:
            door = rules.Door.INSIDE
        quantity = self.product_uom._compute_quantity(
            self.quantity, self.product_id.uom_id, rounding_method="HALF-UP"
        )
        return rules.Transfer(self.id, door, quantity, self.origin_returned_move_id.id or None)

    # === REPLACEMENTS === #

    def _aftersales_relevant(self):
        mine = self.sudo().filtered(lambda move: move.aftersales_return_line_id.unit_id)
        return super()._aftersales_relevant() | mine

    def _aftersales_sync_units(self):
        """A replacement is no sale of its own: it takes the place of what it replaces."""
        out = self.filtered(
            lambda move: (
                move.aftersales_return_line_id.unit_id
                and not move.aftersales_return_line_id.component_id
                and not move.sale_line_id
                and move._aftersales_is_first_delivery()
            )
        )
        res = super(StockMove, self - out)._aftersales_sync_units()
        if out:
            self.env["aftersales.unit"].sudo()._sync_replacements(out)
        return res
