from odoo import api, fields, models

from ..logic import repair_warranty as rules
from ..logic.warranty_terms import Period, TermUnit
from .claim import DECISION
from .local_time import local_date

#: Causes that are nobody's repair: a warranty on a repair never answers for them.
SOMEBODY_ELSES = ("misuse", "alteration", "environment", "force_majeure", "preventive")
#: What moves the days of a warranty on a repair.
WARRANTY_FACTS = frozenset(
    {
        "aftersales_date_repaired",
        "aftersales_date_handed_back",
        "aftersales_warranty_length",
        "aftersales_warranty_unit",
    }
)


class RepairOrder(models.Model):
    """The warranty on the repair itself, promised by the plan at the moment the job is done.

    Handing a unit back is no new delivery: the cover of the product stays as it is, only what was
    repaired is stood by.
    """

    _inherit = "repair.order"

    aftersales_warranty_length = fields.Integer(
        string="Length of the Repair Warranty", readonly=True, copy=False
    )
    aftersales_warranty_unit = fields.Selection(
        [("day", "Days"), ("month", "Months"), ("year", "Years")],
        string="Unit of the Repair Warranty",
        readonly=True,
        copy=False,
    )
    aftersales_warranty_start = fields.Date(
        string="Repair Warranty from",
        compute="_compute_aftersales_warranty",
        store=True,
        help="The day the customer had the unit back.",
    )
    aftersales_warranty_end = fields.Date(
        string="Repair Warranty until",
        compute="_compute_aftersales_warranty",
        store=True,
        index="btree_not_null",
        help="The last day we stand by this repair.",
    )

    @api.depends("state", "product_location_dest_id", *sorted(WARRANTY_FACTS))
    def _compute_aftersales_warranty(self):
        self.aftersales_warranty_start = self.aftersales_warranty_end = False
        for repair in self.filtered("aftersales_warranty_length"):
            back = local_date(
                repair._aftersales_get_handed_back(), *repair._aftersales_get_clocks()
            )
            period = rules.repair_period(
                back or None,
                repair.aftersales_warranty_length,
                TermUnit(repair.aftersales_warranty_unit),
            )
            repair.aftersales_warranty_start = period.first
            repair.aftersales_warranty_end = period.last

    def action_repair_done(self):
        """What the plan promises now is promised; a plan edited later changes nothing."""
        res = super().action_repair_done()
        for plan, repairs in self.sudo().grouped("aftersales_plan_id").items():
            if plan.repair_warranty_length:
                repairs.write(
                    {
                        "aftersales_warranty_length": plan.repair_warranty_length,
                        "aftersales_warranty_unit": plan.repair_warranty_unit,
                    }
                )
        return res

    def write(self, vals):
        res = super().write(vals)
        if WARRANTY_FACTS & vals.keys():
            self.filtered("aftersales_warranty_length")._aftersales_follow_warranty()
        return res

    def _aftersales_follow_warranty(self):
        """Open claims about these units are judged again, by the days the warranty has now."""
        claims = self.sudo().aftersales_unit_id.claim_ids
        claims = claims.filtered(lambda claim: claim.state == "open")
        for name in DECISION:
            self.env.add_to_compute(claims._fields[name], claims)

    def _aftersales_get_promise(self):
        """This repair as ``logic.repair_warranty`` takes it."""
        parts = self.move_ids.filtered(
            lambda move: move.repair_line_type == "add" and move.state == "done"
        )
        return rules.RepairPromise(
            key=self,
            period=Period(
                self.aftersales_warranty_start or None, self.aftersales_warranty_end or None
            ),
            fault=self._aftersales_get_fact("fault_id").id or None,
            component=self._aftersales_get_fact("component_id").id or None,
            replaced=bool(parts),
        )

    def _aftersales_was_made_for(self, claim):
        request = claim.request_id._origin
        return self.aftersales_claim_id == claim._origin or (
            bool(request) and self.aftersales_request_id == request
        )

    def _aftersales_choose_promise(self, on, fault, component, cause):
        """Of these repairs, the one that answers for a fault found on a day; empty for none."""
        if not on or cause.kind in SOMEBODY_ELSES:
            return self.browse()
        promises = [repair._aftersales_get_promise() for repair in self]
        chosen = rules.governing(promises, on, fault.id or None, component.id or None)
        return chosen.key if chosen else self.browse()


class AftersalesClaim(models.Model):
    """A fault that an earlier repair has to answer for, even when the cover is over."""

    _inherit = "aftersales.claim"

    def _find_earlier_repairs(self):
        """The repair whose own warranty answers for each claim: ``{claim: repair or none}``.

        A repair never answers for the case it was made for. One query, however many claims; none
        where no fault and no component is known, for then nothing can be the same.
        """
        known = self.filtered(lambda claim: claim.fault_id or claim.component_id)
        repairs = known.unit_id._origin._get_warranted_repairs()
        none = self.env["repair.order"].sudo()
        return {
            claim: repairs.get(claim.unit_id._origin, none)
            .filtered(lambda repair, claim=claim: not repair._aftersales_was_made_for(claim))
            ._aftersales_choose_promise(
                claim.date_failure, claim.fault_id, claim.component_id, claim.cause_id
            )
            for claim in self
        }
