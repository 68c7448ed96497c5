from odoo import models


class RepairOrder(models.Model):
    """What a repair was about, wherever it was written down, and the clock its customer reads."""

    _inherit = "repair.order"

    def _aftersales_get_fact(self, name):
        """A fact of the diagnosis (``"fault_id"``, ``"component_id"``, ``"cause_id"``).

        What the technician found comes first, then what the claim was decided by, then what was
        reported.
        """
        self.ensure_one()
        carriers = (
            (self, f"aftersales_{name}"),
            (self.sudo().aftersales_claim_id, name),
            (self.sudo().aftersales_request_id, name),
        )
        known = (carrier[field] for carrier, field in carriers if field in carrier._fields)
        return next(filter(None, known), self.sudo().aftersales_claim_id[name].browse())

    def _aftersales_get_demands(self, gate):
        """The plan whose demands hold at a gate; empty where another repair has to meet them.

        A repair that is reworked is closed with its rework: report, signatures and survey are of
        the job, and are asked for once.
        """
        plan = self.sudo().aftersales_plan_id
        return plan.browse() if gate == "close" and self._aftersales_get_rework() else plan

    def _aftersales_get_clocks(self):
        """Whose time zone counts for this repair, the first that has one (A1)."""
        request = self.sudo().aftersales_request_id
        company = self.company_id.resource_calendar_id
        return request.recipient_id, self.partner_id, company

    def _aftersales_get_zone(self):
        return next((owner.tz for owner in self._aftersales_get_clocks() if owner.tz), "UTC")

    def _aftersales_is_with_customer(self):
        """Whether the unit never left its customer: it is repaired where it stands."""
        return self.product_location_dest_id.usage == "customer"

    def _aftersales_get_handed_back(self):
        """The instant the customer had the repaired unit; False while that is to come."""
        self.ensure_one()
        if self.state != "done":
            return False
        handed_back = self._aftersales_get_optional("aftersales_date_handed_back")
        if handed_back or not self._aftersales_is_with_customer():
            return handed_back
        return self.aftersales_date_repaired

    def _aftersales_get_optional(self, field):
        """The value of a field another part of the suite brings; False where it is not there."""
        return self[field] if field in self._fields else False
