from odoo import api, fields, models
from odoo.fields import Domain

from ..logic import repair_steps
from .vocabulary import REPAIR_STEPS

#: Estimates that wait for the customer.
ASKED = ("sent", "seen")
DECLINED = ("rejected", "expired")


class RepairOrder(models.Model):
    """Where a repair stands, for the board of the workshop and for the customer."""

    _inherit = "repair.order"

    aftersales_step = fields.Selection(
        REPAIR_STEPS,
        string="Step",
        compute="_compute_aftersales_step",
        store=True,
        index="btree_not_null",
        group_expand="_aftersales_expand_steps",
        help="Follows from what is recorded; nobody enters it.",
    )

    @api.depends(
        "aftersales_is_service",
        "state",
        "aftersales_place",
        "aftersales_date_arrived",
        "aftersales_date_diagnosed",
        "aftersales_cause_id",
        "aftersales_estimate_state",
        "aftersales_date_asked",
        "aftersales_waits_for_parts",
        "aftersales_plan_id.needs_test",
        "aftersales_test_state",
        "aftersales_date_handed_back",
        "aftersales_date_closed",
    )
    def _compute_aftersales_step(self):
        for repair in self:
            repair.aftersales_step = (
                repair.aftersales_is_service
                and repair_steps.step(repair._aftersales_get_step_facts()).value
            )

    def _aftersales_get_step_facts(self):
        estimate = self.aftersales_estimate_state
        return repair_steps.Facts(
            is_begun=self.state in ("under_repair", "done"),
            is_ended=self.state == "done",
            is_cancelled=self.state == "cancel",
            is_closed=bool(self.aftersales_date_closed),
            travels=self.aftersales_place != "on_site",
            has_arrived=bool(self.aftersales_date_arrived),
            is_diagnosed=bool(self.aftersales_date_diagnosed or self.aftersales_cause_id),
            # whether more is to be asked depends on every price; that it was asked is a fact
            waits_for_answer=estimate in ASKED or bool(self.aftersales_date_asked),
            is_declined=estimate in DECLINED,
            lacks_parts=self.aftersales_waits_for_parts,
            needs_test=self.sudo().aftersales_plan_id.needs_test,
            has_passed_test=self.aftersales_test_state == "passed",
            is_handed_back=bool(self.aftersales_date_handed_back),
        )

    @api.model
    def _aftersales_expand_steps(self, steps, domain):
        """Every column of the board, but for those where nothing is left to do."""
        return [step for step, _label in REPAIR_STEPS if step not in repair_steps.OVER]

    @api.model
    def _aftersales_ended_between(self, start, end):
        """The domain of jobs in service whose work ended from ``start`` until before ``end``.

        A rework goes on with a job and is none of its own.
        """
        return (
            Domain("aftersales_is_service", "=", True)
            & Domain("aftersales_rework_of_id", "=", False)
            & Domain("state", "=", "done")
            & Domain("aftersales_date_repaired", ">=", start)
            & Domain("aftersales_date_repaired", "<", end)
        )
