from odoo import models
from odoo.fields import Domain


class AftersalesUnit(models.Model):
    """Earlier repairs that still stand by their work."""

    _inherit = "aftersales.unit"

    def _get_warranted_repairs(self):
        """Repairs of these units with a warranty of their own: ``{unit: repairs}``."""
        if not self:
            return {}
        # superuser: a promise holds whoever takes the call
        Repair = self.env["repair.order"].sudo()
        mine = Domain("aftersales_unit_id", "in", self.ids)
        repairs = Repair.search(mine & Domain("aftersales_warranty_end", "!=", False))
        return repairs.grouped("aftersales_unit_id")

    def _find_earlier_repair(self, request, on, component, cause, fault):
        """The repair that answers for a fault of this unit which is no claim yet."""
        none = self.env["repair.order"].sudo()
        known = self._get_warranted_repairs() if fault or component else {}
        repairs = known.get(self, none)
        repairs = repairs.filtered(lambda repair: repair.aftersales_request_id != request)
        return repairs._aftersales_choose_promise(on, fault, component, cause)

    def _get_cover_events(self):
        yield from super()._get_cover_events()
        for repair in self._get_readable("repair_ids").filtered("aftersales_warranty_end"):
            yield self._timeline_event(
                repair.aftersales_warranty_end,
                "fa-shield",
                self.env._("Warranty on repair %s: last covered day", repair.name),
                "",
                repair,
            )
