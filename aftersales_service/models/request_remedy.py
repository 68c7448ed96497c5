from odoo import api, fields, models
from odoo.tools import html2plaintext

from .remedy_vocabulary import (
    BATCH_FINDINGS,
    FINDINGS,
    GOODS_CONDITIONS,
    PURCHASE_CHANNELS,
    REMEDIES,
    REMEDY_STATUSES,
    REMEDY_WHYS,
)


class AftersalesRequest(models.Model):
    """What the customer of a request may ask for, and what is known for and against it."""

    _inherit = "aftersales.request"

    remedy_wish = fields.Selection(REMEDIES, string="Customer Wants", tracking=True)
    remedy_why = fields.Selection(
        REMEDY_WHYS, string="Customer's Reason", default="quality", required=True, tracking=True
    )
    purchase_channel = fields.Selection(
        PURCHASE_CHANNELS,
        string="How It Was Bought",
        compute="_compute_purchase_channel",
        store=True,
        readonly=False,
        precompute=True,
        help="Some rights hold for distance sales (web, phone, mail order, television) alone.",
    )
    goods_condition = fields.Selection(
        GOODS_CONDITIONS, tracking=True, help="Empty: nobody has looked at the goods yet."
    )
    is_unsealed = fields.Boolean(string="Unsealed or Downloaded")
    inspection_finding = fields.Selection(
        FINDINGS,
        tracking=True,
        help="What the written sheet of a service point says. Empty: there is no sheet.",
    )
    inspection_partner_id = fields.Many2one(
        "res.partner", string="Inspected By", index="btree_not_null"
    )
    batch_finding = fields.Selection(
        BATCH_FINDINGS,
        string="Batch Test",
        tracking=True,
        help="What the test of goods of the same batch, or of samples, showed.",
    )
    training_count = fields.Integer(string="Trainings Given")
    insists_on_return = fields.Boolean(help="Training was offered; the customer wants no more.")
    is_irreparable = fields.Boolean(string="Cannot Be Repaired", tracking=True)
    date_exchange_asked = fields.Date(
        string="Exchange Granted",
        copy=False,
        tracking=True,
        help="An exchange that is not made in time becomes a refund.",
    )
    date_exchange_due = fields.Date(
        string="Exchange Agreed For", copy=False, help="Empty: as the policy says."
    )
    has_remedies = fields.Boolean(compute="_compute_remedy_html")
    remedy_html = fields.Html(compute="_compute_remedy_html", sanitize=False)
    remedy_status = fields.Selection(
        REMEDY_STATUSES,
        string="May Be Granted",
        compute="_compute_remedy_html",
        help="Whether the customer may have what the customer wants.",
    )

    _exchange_dates = models.Constraint(
        "CHECK(date_exchange_due >= date_exchange_asked)",
        "An exchange cannot be due before the day it was granted.",
    )
    _training_positive = models.Constraint(
        "CHECK(training_count >= 0)", "The number of trainings given cannot be negative."
    )

    @api.depends("unit_id")
    def _compute_purchase_channel(self):
        for request in self:
            request.purchase_channel = request.unit_id.purchase_channel or request.purchase_channel

    @api.depends_context("lang", "tz")
    @api.depends(
        "unit_id.remedy_version_id",
        "unit_id.coverage_ids.date_start",
        "unit_id.coverage_ids.date_end",
        "unit_id.date_ended",
        "unit_id.is_tampered",
        "unit_id.has_proof",
        "remedy_wish",
        "remedy_why",
        "purchase_channel",
        "component_id",
        "fault_id",
        "cause_id",
        "date_failure",
        "date_reported",
        "description",
        "goods_condition",
        "is_unsealed",
        "inspection_finding",
        "batch_finding",
        "training_count",
        "insists_on_return",
        "is_irreparable",
        "date_exchange_asked",
        "date_exchange_due",
    )
    def _compute_remedy_html(self):
        self.remedy_html = self.remedy_status = self.has_remedies = False
        for request in self:
            unit = request.unit_id._origin
            request.has_remedies = bool(unit.sudo().remedy_version_id)
            if not (request.has_remedies and request.date_reported and request.date_failure):
                continue
            known = request._get_remedy_case()
            decision = unit._decide_remedies(**known)[unit]
            rows = unit._explain_remedies(decision, **known)
            request.remedy_html = self.env["ir.qweb"]._render(
                "aftersales_service.request_remedies",
                {"rows": rows, "coming": unit._explain_coming(decision)},
            )
            request.remedy_status = next(
                (row["status"] for row in rows if row["remedy"] == request.remedy_wish),
                request.remedy_wish and "refused",
            )

    def _get_remedy_case(self):
        """What is known of the case, as ``aftersales.unit._decide_remedies`` takes it."""
        self.ensure_one()
        unit = self.unit_id._origin
        return {
            "on": unit._get_local_date(self.date_reported),
            "why": self.remedy_why,
            "failed": self.date_failure,
            "component": self.component_id,
            "cause": self.cause_id,
            "fault": self.fault_id,
            "channel": self.purchase_channel,
            "has_description": bool(html2plaintext(self.description or "").strip()),
            "is_intact": {"intact": True, "damaged": False}.get(self.goods_condition),
            "is_unsealed": self.is_unsealed,
            "finding": self.inspection_finding,
            "batch": self.batch_finding,
            "trainings": self.training_count,
            "insists": self.insists_on_return,
            "is_irreparable": self.is_irreparable,
            "is_repair_late": self._is_repair_late(),
            "exchange_asked": self.date_exchange_asked or None,
            "exchange_due": self.date_exchange_due or None,
            "goods_here": unit.state == "returned",
        }

    def _is_repair_late(self):
        """Whether the promised time of the solution was missed."""
        now = fields.Datetime.now()
        return any(
            clock.state == "failed"
            or (clock.state == "running" and clock.deadline and clock.deadline < now)
            for clock in self.clock_ids
            if clock.milestone == "resolution"
        )
