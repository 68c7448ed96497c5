from odoo import fields, models

from .local_time import format_instant, local_date, zone_of


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
        known = (carrier[field] for carrier, field in carriers)
        return next(filter(None, known), self.sudo().aftersales_claim_id[name].browse())

    def _aftersales_get_demands(self, gate):
        """The plan whose demands hold at a gate; empty where another repair has to meet them.

        A repair that is reworked is closed with its rework: report, signatures and survey are of
        the job, and are asked for once.
        """
        plan = self.sudo().aftersales_plan_id
        return plan.browse() if gate == "close" and self._aftersales_get_rework() else plan

    # === THE CUSTOMER'S CLOCK === #

    def _aftersales_get_recipient(self):
        """Who hears about this repair: the contact of its request, or the customer."""
        self.ensure_one()
        return self.sudo().aftersales_request_id.recipient_id or self.partner_id

    def _aftersales_get_clocks(self):
        """Whose time zone counts for this repair, the first that has one (A1)."""
        # superuser: whoever repairs need not read cases and working hours to know the time
        repair = self.sudo()
        company = repair.company_id.resource_calendar_id
        return repair._aftersales_get_recipient(), repair.partner_id, company

    def _aftersales_get_zone(self):
        return zone_of(*self._aftersales_get_clocks())

    def _aftersales_local_date(self, instant):
        """The customer's local day of an instant; today where there is none."""
        return local_date(instant or fields.Datetime.now(), *self._aftersales_get_clocks())

    def _aftersales_format_instant(self, instant):
        """An instant in the customer's time zone, which is named."""
        return format_instant(self.env, instant, *self._aftersales_get_clocks())

    # === WHERE IT IS === #

    def _aftersales_is_with_customer(self):
        """Whether the unit never left its customer: it is repaired where it stands."""
        return self.product_location_dest_id.usage == "customer"

    def _aftersales_get_handed_back(self):
        """The instant the customer had the repaired unit; False while that is to come."""
        self.ensure_one()
        if self.state != "done":
            return False
        handed_back = self.aftersales_date_handed_back
        if handed_back or not self._aftersales_is_with_customer():
            return handed_back
        return self.aftersales_date_repaired
