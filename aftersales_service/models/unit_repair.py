from odoo import models

from ..logic import repeats


class AftersalesUnit(models.Model):
    """How often a unit was repaired, for which fault (C45)."""

    _inherit = "aftersales.unit"

    def _get_listed_faults(self):
        """Ids of the faults that the promise of this unit names; None where it names none."""
        version = self.sudo().version_id
        return version._get_conditions()["listed"] if version else None

    def _count_repairs(self, fault=None, until=None):
        """How often each unit was repaired: ``{unit: logic.repeats.Counts}``.

        :param fault: the ``aftersales.fault`` for which ``same`` is counted
        :param until: local day up to which repairs count; None: all of them
        """
        by_unit = self._find_done_jobs()
        return {
            unit: repeats.count(
                [repair._aftersales_as_job() for repair in by_unit.get(unit.id, ())],
                fault.id if fault else None,
                listed=unit._get_listed_faults(),
                until=until,
            )
            for unit in self
        }

    def _find_done_jobs(self):
        """Done repairs of these units in one search; a rework belongs to the job it continues.

        :return: ``{unit id: repairs as superuser}``; ``_aftersales_as_job`` says when each was done
        """
        # superuser: that something was repaired is no secret to whoever knows the unit
        done = (
            self.env["repair.order"]
            .sudo()
            .search(
                [
                    ("aftersales_unit_id", "in", self.ids),
                    ("state", "=", "done"),
                    ("aftersales_is_service", "=", True),
                    ("aftersales_rework_of_id", "=", False),
                ]
            )
        )
        return {unit.id: repairs for unit, repairs in done.grouped("aftersales_unit_id").items()}
