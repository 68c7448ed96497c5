from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

from .local_time import local_date

#: Which date of a unit an acceptance of each kind records.
DATE_FIELDS = {
    "acceptance": "date_accepted",
    "commissioning": "date_commissioned",
    "handover": "date_handed_over",
}
#: Which kind of acceptance a term waits for, by the event that starts it.
KINDS_OF_EVENTS = {
    "acceptance": "acceptance",
    "delivery_acceptance": "acceptance",
    "commissioning": "commissioning",
    "handover": "handover",
}


class AftersalesAcceptance(models.Model):
    """The day a customer accepted what was delivered, as a document with signatories.

    Recording it starts every promise that waited for it; a corrected date moves them. Cancelling
    takes the date back, unless another acceptance of the same kind still stands.
    """

    _name = "aftersales.acceptance"
    _description = "Acceptance"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, copy=False, readonly=True, default="/")
    kind = fields.Selection(
        [
            ("acceptance", "System or project acceptance"),
            ("commissioning", "Commissioning"),
            ("handover", "Hand-over for use"),
        ],
        default="acceptance",
        required=True,
        tracking=True,
    )
    date = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    order_id = fields.Many2one(
        "sale.order", check_company=True, index="btree_not_null", ondelete="restrict"
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True)
    unit_ids = fields.Many2many(
        "aftersales.unit",
        "aftersales_acceptance_unit_rel",
        "acceptance_id",
        "unit_id",
        string="Units",
        check_company=True,
    )
    signed_customer = fields.Char(string="Signed for the Customer", tracking=True)
    signed_company = fields.Char(string="Signed for Us", tracking=True)
    note = fields.Text()
    document = fields.Binary(attachment=True)
    document_name = fields.Char()
    state = fields.Selection(
        [("draft", "Draft"), ("recorded", "Recorded"), ("cancelled", "Cancelled")],
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )

    @api.depends("name")
    def _compute_display_name(self):
        for acceptance in self:
            acceptance.display_name = acceptance.name != "/" and acceptance.name

    @api.constrains("date", "order_id", "unit_ids", "state")
    def _check_date(self):
        for acceptance in self.filtered(lambda acceptance: acceptance.state != "cancelled"):
            problem = acceptance._get_date_problem()
            if problem:
                raise ValidationError(problem)

    def _get_date_problem(self):
        """What is wrong with the day, and what to do; False when nothing is."""
        if self.date > fields.Date.context_today(self):
            return self.env._(
                "%(name)s lies in the future (%(day)s). Record it on the day it happens.",
                name=self.display_name,
                day=format_date(self.env, self.date),
            )
        ordered = [unit.date_ordered for unit in self.unit_ids if unit.date_ordered]
        if self.order_id.date_order:
            clocks = (self.partner_id, self.company_id.resource_calendar_id)
            ordered.append(local_date(self.order_id.date_order, *clocks))
        if ordered and self.date < min(ordered):
            return self.env._(
                "%(name)s on %(day)s lies before the order of %(ordered)s. Correct the date.",
                name=self.display_name,
                day=format_date(self.env, self.date),
                ordered=format_date(self.env, min(ordered)),
            )
        return False

    @api.constrains("unit_ids", "partner_id")
    def _check_customer(self):
        for acceptance in self:
            customer = acceptance.partner_id.commercial_partner_id
            strangers = acceptance.unit_ids.filtered(
                lambda unit, customer=customer: unit.partner_id.commercial_partner_id != customer
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(unit)s belongs to %(owner)s, not to %(customer)s. Take it off the list.",
                        unit=strangers[0].display_name,
                        owner=strangers[0].partner_id.display_name,
                        customer=acceptance.partner_id.display_name,
                    )
                )

    @api.onchange("order_id")
    def _onchange_order_id(self):
        if self.order_id:
            self.partner_id = self.order_id.partner_id
            self.unit_ids = self.order_id.order_line.aftersales_unit_ids.filtered(
                lambda unit: unit.state in ("active", "returned")
            )
            self.kind = self.unit_ids._get_awaited_kind() or self.kind

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("aftersales.acceptance") or "/"
        return super().create(vals_list)

    def write(self, vals):
        """A corrected date or kind moves what it started."""
        units = self.filtered(lambda acceptance: acceptance.state == "recorded").unit_ids
        res = super().write(vals)
        if vals.keys() & {"date", "kind", "unit_ids", "state"}:
            recorded = self.filtered(lambda acceptance: acceptance.state == "recorded")
            (units | recorded.unit_ids)._follow_acceptances()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_recorded(self):
        recorded = self.filtered(lambda acceptance: acceptance.state == "recorded")
        if recorded:
            raise UserError(
                self.env._(
                    "%(name)s started promises. Cancel it instead of deleting it.",
                    name=recorded[0].display_name,
                )
            )

    # === ACTIONS === #

    def action_record(self):
        """Make it count: every promise that waited for it starts."""
        for acceptance in self:
            if not acceptance.unit_ids:
                raise UserError(
                    self.env._(
                        "%(name)s names no unit. Choose what was accepted first.",
                        name=acceptance.display_name,
                    )
                )
        self.write({"state": "recorded"})

    def action_cancel(self):
        self.write({"state": "cancelled"})

    def action_draft(self):
        self.write({"state": "draft"})
