from odoo import api, models

from ..logic import coverage
from .repair_report import REPORTED_MOVE


class StockMove(models.Model):
    """Parts of repairs: those of a rework are ours; of all of them a signed report tells."""

    _inherit = "stock.move"

    @api.depends("repair_id.aftersales_rework_of_id")
    def _compute_aftersales_charge(self):
        res = super()._compute_aftersales_charge()
        for move in self.filtered(lambda move: move.repair_id.aftersales_rework_of_id):
            if move.repair_line_type == "add":
                move.aftersales_charge = self.env["aftersales.claim"]._describe(coverage.FREE)
                move.aftersales_reason = move.repair_id._aftersales_get_rework_reason()
        return res

    # === THE SIGNED REPORT === #

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        if any(vals.get("repair_line_type") for vals in vals_list):
            moves._aftersales_touch_report()
        return moves

    def write(self, vals):
        if REPORTED_MOVE & vals.keys():
            self._aftersales_touch_report()
        return super().write(vals)

    def unlink(self):
        self._aftersales_touch_report()
        return super().unlink()

    def _aftersales_touch_report(self):
        """What was signed, or closed, was signed with other parts."""
        repairs = self.filtered("repair_line_type").repair_id
        repairs._aftersales_refuse_closed()
        repairs._aftersales_void_signatures(self.env._("the parts were changed"))


class StockMoveLine(models.Model):
    """Serials of parts are told in the report, too."""

    _inherit = "stock.move.line"

    def write(self, vals):
        if vals.keys() & {"lot_id", "quantity"}:
            self.move_id.filtered("repair_id")._aftersales_touch_report()
        return super().write(vals)
