from odoo import fields, models

from .vocabulary import REPAIR_PLAN_NEEDS, REPEAT_SCOPES


class AftersalesPlan(models.Model):
    """What a plan demands of a repair: before it starts, before it is handed back, to close it."""

    _inherit = "aftersales.plan"

    # === BEFORE THE WORK === #

    needs_consent = fields.Boolean(
        string="Customer Agrees to Charges",
        default=True,
        help="Work that the customer pays waits for the customer's yes; added items do, too (C43).",
    )
    needs_contract = fields.Boolean(
        string="Repair Contract after Misuse",
        help="A fault with an excluded cause, found while cover runs, is repaired only when a "
        "repair contract is signed (R33.03).",
    )
    needs_repair_plan = fields.Selection(
        REPAIR_PLAN_NEEDS,
        string="Repair Plan",
        default="none",
        required=True,
        help="Which jobs need a repair plan that the customer's technicians confirm (C47).",
    )
    quote_hours = fields.Integer(
        string="Quotation Valid (Hours)",
        help="A quotation without an answer counts as declined after so many hours. "
        "0: it stays open (R39.04).",
    )
    decline_return_days = fields.Integer(
        string="Return Declined Units (Working Days)",
        help="A unit whose quotation was declined goes back within so many working days. "
        "0: no promise (R39.04).",
    )

    # === BEFORE IT IS HANDED BACK === #

    needs_test = fields.Boolean(
        string="Quality Test", help="Nothing is handed back without a passed test (C48)."
    )

    # === TO CLOSE THE JOB === #

    needs_report = fields.Boolean(
        string="Service Report",
        help="Cause, solution and replaced parts are written down (C49).",
    )
    needs_technician_signature = fields.Boolean(string="Technician's Signature")
    needs_customer_signature = fields.Boolean(string="Customer's Signature")
    needs_survey = fields.Boolean(
        string="Satisfaction Survey", help="The customer was asked and answered."
    )
    needs_satisfied = fields.Boolean(
        string="Satisfied Customer", help="The job stays open until the customer is satisfied."
    )

    # === AFTERWARDS === #

    repair_warranty_length = fields.Integer(
        string="Warranty on Repairs", help="How long we stand by the repair itself. 0: no promise."
    )
    repair_warranty_unit = fields.Selection(
        [("day", "Days"), ("month", "Months"), ("year", "Years")],
        default="day",
        required=True,
        string="Unit of the Warranty on Repairs",
    )
    repeat_scope = fields.Selection(
        REPEAT_SCOPES,
        string="Repeat Repair",
        default="same_fault",
        required=True,
        help="What counts as the same problem coming back (C45, C46).",
    )
    repeat_days = fields.Integer(
        string="Repeat Within (Days)",
        default=90,
        help="So long after the earlier repair a fault counts as coming back. 0: at any time.",
    )

    _repair_terms_positive = models.Constraint(
        "CHECK(quote_hours >= 0 AND decline_return_days >= 0 AND repair_warranty_length >= 0"
        " AND repeat_days >= 0)",
        "Hours, days and lengths of a plan cannot be negative. Use 0 for no promise.",
    )
