from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..logic import coverage as coverage_rules
from ..logic.warranty_terms import StartEvent, schedule
from .vocabulary import COVERAGE_STATES, label

#: Which date of a unit tells when a start event happened.
EVENT_FIELDS = {
    StartEvent.ORDER: "date_ordered",
    StartEvent.SHIPPING: "date_shipped",
    StartEvent.DELIVERY: "date_delivered",
    StartEvent.INVOICE: "date_invoiced",
    StartEvent.ACCEPTANCE: "date_accepted",
    StartEvent.HANDOVER: "date_handed_over",
    StartEvent.COMMISSIONING: "date_commissioned",
}
#: "Ends soon" begins so many days before the last covered day.
EXPIRING_DAYS = 90
#: Context of records made in bulk inside somebody else's transaction: no mail, no log.
QUIETLY = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}


class AftersalesUnit(models.Model):
    """A thing in a customer's hands that something was promised for: the installed base.

    1. A delivery with a service plan reaches the customer: one unit per serial, or one per
       delivered quantity where there are no serials. Its coverage is built from the wording
       frozen when the order was confirmed.
    2. Event dates start and move the coverage: shipping and delivery follow the transfer (also a
       back-dated one); acceptance, hand-over and commissioning are recorded here.
    3. Goods that come back make it *returned*; sent out again it is *in service* with the same
       coverage. Repairs and loaners never make a unit.
    4. A corrected delivery cancels it; the same serial sold again ends it in favour of the new one.
    """

    _name = "aftersales.unit"
    _description = "Unit in Service"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Serial or Reference", required=True, index="trigram", copy=False)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [
            ("active", "In service"),
            ("returned", "Returned"),
            ("replaced", "Replaced"),
            ("ended", "Ended"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="active",
        required=True,
        copy=False,
        tracking=True,
        index=True,
    )
    product_id = fields.Many2one(
        "product.product", required=True, check_company=True, index=True, ondelete="restrict"
    )
    lot_id = fields.Many2one(
        "stock.lot",
        string="Serial",
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('product_id', '=', product_id)]",
    )
    is_serial = fields.Boolean(readonly=True, help="One thing with a number of its own.")
    quantity = fields.Float(default=1.0, digits="Product Unit", copy=False)
    quantity_returned = fields.Float(digits="Product Unit", readonly=True, copy=False)
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit of Measure")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, tracking=True
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        help="Where the unit stands: the delivery address unless told otherwise.",
    )
    user_id = fields.Many2one("res.users", string="Responsible", index="btree_not_null")
    sale_line_id = fields.Many2one(
        "sale.order.line", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id", store=True, index="btree_not_null", string="Order"
    )
    move_line_id = fields.Many2one(
        "stock.move.line", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    replaces_id = fields.Many2one(
        "aftersales.unit",
        string="Takes the Place of",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    replaced_by_ids = fields.One2many("aftersales.unit", "replaces_id")
    plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
    )
    version_id = fields.Many2one(
        "aftersales.warranty.policy.version",
        string="Promised Wording",
        readonly=True,
        ondelete="restrict",
    )

    date_ordered = fields.Date(string="Ordered", tracking=True, copy=False)
    date_shipped = fields.Date(string="Shipped", tracking=True, copy=False)
    date_delivered = fields.Date(string="Delivered", tracking=True, copy=False)
    date_invoiced = fields.Date(string="Invoiced", tracking=True, copy=False)
    date_accepted = fields.Date(string="Accepted", tracking=True, copy=False)
    date_handed_over = fields.Date(string="Handed Over", tracking=True, copy=False)
    date_commissioned = fields.Date(string="Commissioned", tracking=True, copy=False)
    date_ended = fields.Date(string="Cover Ended", tracking=True, copy=False)

    coverage_ids = fields.One2many("aftersales.coverage", "unit_id", copy=False)
    cover_start = fields.Date(string="Covered From", compute="_compute_cover", store=True)
    cover_end = fields.Date(
        string="Covered Until", compute="_compute_cover", store=True, index="btree_not_null"
    )
    coverage_state = fields.Selection(
        COVERAGE_STATES,
        string="Cover",
        compute="_compute_coverage_state",
        search="_search_coverage_state",
    )
    coverage_sentence = fields.Char(compute="_compute_coverage_state")
    waits_for = fields.Char(compute="_compute_coverage_state")

    request_ids = fields.One2many("aftersales.request", "unit_id")
    claim_ids = fields.One2many("aftersales.claim", "unit_id")
    repair_ids = fields.One2many("repair.order", "aftersales_unit_id", copy=False)
    request_count = fields.Integer(compute="_compute_counts")
    repair_count = fields.Integer(compute="_compute_counts")

    # One unit of a serial is in play at a time; ended and cancelled ones are history.
    _serial_unique = models.UniqueIndex(
        "(lot_id) WHERE is_serial AND state IN ('active', 'returned')",
        "This serial already has a unit in service. Open that one instead.",
    )
    _move_line_unique = models.UniqueIndex(
        "(move_line_id) WHERE move_line_id IS NOT NULL",
        "This delivery line already made its unit.",
    )
    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0 OR state = 'cancelled')",
        "A unit must have a quantity. Cancel it when it never reached the customer.",
    )

    # === COMPUTE === #

    @api.depends("partner_id")
    def _compute_site_id(self):
        for unit in self:
            unit.site_id = unit.site_id or unit.partner_id

    @api.depends("coverage_ids.date_start", "coverage_ids.date_end", "coverage_ids.phase")
    def _compute_cover(self):
        for unit in self:
            rows = unit.coverage_ids.filtered(
                lambda row: row.date_start and row.phase in coverage_rules.FREE_PHASES
            )
            unit.cover_start = min(rows.mapped("date_start"), default=False)
            lifelong = any(not row.date_end for row in rows)
            unit.cover_end = not lifelong and max(rows.mapped("date_end"), default=False)

    @api.depends_context("lang", "tz")
    @api.depends("cover_start", "cover_end", "date_ended", "coverage_ids", "state")
    def _compute_coverage_state(self):
        today = fields.Date.context_today(self)
        decisions = self._decide(today)
        for unit in self:
            decision = decisions[unit]
            unit.coverage_sentence = unit._explain(decision, today)
            unit.coverage_state = unit._get_coverage_state(today)
            unit.waits_for = unit.coverage_state == "not_started" and unit._get_missing_event()

    def _get_coverage_state(self, today):
        self.ensure_one()
        if not self.coverage_ids:
            return "none"
        if self.date_ended and self.date_ended <= today:
            return "expired"
        if not self.cover_start or self.cover_start > today:
            return "not_started"
        if not self.cover_end:
            return "covered"
        if self.cover_end < today:
            return "expired"
        soon = self.cover_end <= today + timedelta(days=EXPIRING_DAYS)
        return "expiring" if soon else "covered"

    def _search_coverage_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        soon = today + timedelta(days=EXPIRING_DAYS)
        over = Domain("date_ended", "<=", today)
        promised = Domain("coverage_ids", "!=", False)
        running = ~over & Domain("cover_start", "<=", today)
        domains = {
            "none": ~promised,
            "not_started": promised
            & ~over
            & (Domain("cover_start", "=", False) | Domain("cover_start", ">", today)),
            "covered": running & (Domain("cover_end", "=", False) | Domain("cover_end", ">", soon)),
            "expiring": running
            & Domain("cover_end", ">=", today)
            & Domain("cover_end", "<=", soon),
            "expired": (promised & over) | Domain("cover_end", "<", today),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    def _compute_counts(self):
        for field, model, link in (
            ("request_count", "aftersales.request", "unit_id"),
            ("repair_count", "repair.order", "aftersales_unit_id"),
        ):
            counts = {}
            if self.env[model].has_access("read"):
                counts = dict(
                    self.env[model]._read_group([(link, "in", self.ids)], [link], ["__count"])
                )
            for unit in self:
                unit[field] = counts.get(unit, 0)

    @api.depends("name", "product_id", "quantity")
    def _compute_display_name(self):
        for unit in self:
            unit.display_name = f"{unit.name} · {unit.product_id.display_name}"

    @api.constrains("lot_id", "product_id")
    def _check_lot(self):
        for unit in self:
            if unit.lot_id and unit.lot_id.product_id != unit.product_id:
                raise ValidationError(
                    self.env._(
                        "Serial %(serial)s belongs to %(other)s, not to %(product)s. Choose a "
                        "serial of this product.",
                        serial=unit.lot_id.name,
                        other=unit.lot_id.product_id.display_name,
                        product=unit.product_id.display_name,
                    )
                )

    @api.onchange("lot_id")
    def _onchange_lot(self):
        if self.lot_id:
            self.name = self.lot_id.name
            self.product_id = self.lot_id.product_id

    @api.onchange("product_id")
    def _onchange_product(self):
        if self.product_id and not self.plan_id:
            self.plan_id = self.product_id._aftersales_plans(self.company_id)[self.product_id]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Register units; each gets the coverage its plan promises, once and for all."""
        vals_list = [dict(vals) for vals in vals_list]
        self._fill_lots(vals_list)
        self._fill_versions(vals_list)
        units = super().create(vals_list)
        units._create_coverage()
        return units

    def _fill_lots(self, vals_list):
        """Names and kinds follow from the lot; without one, a number tells units apart."""
        lots = self.env["stock.lot"].browse({v["lot_id"] for v in vals_list if v.get("lot_id")})
        by_id = {lot.id: lot for lot in lots}
        for vals in vals_list:
            lot = by_id.get(vals.get("lot_id"))
            vals["is_serial"] = bool(lot) and lot.product_id.tracking == "serial"
            if not vals.get("name"):
                sequence = self.env["ir.sequence"]
                vals["name"] = lot.name if lot else sequence.next_by_code("aftersales.unit")

    def _fill_versions(self, vals_list):
        """Freeze the wording of today's policy for units that bring none."""
        Plan = self.env["aftersales.plan"].sudo()
        without = [v for v in vals_list if v.get("plan_id") and not v.get("version_id")]
        policies = Plan.browse({vals["plan_id"] for vals in without}).warranty_policy_id
        versions = policies._current_versions() if policies else {}
        for vals in without:
            policy = Plan.browse(vals["plan_id"]).warranty_policy_id
            vals["version_id"] = versions[policy].id if policy else False

    def _create_coverage(self):
        """Make the coverage rows that the frozen wording promises these units, in one batch."""
        rows = []
        for version, units in self.grouped("version_id").items():
            if version:
                promised = list(version.sudo()._get_terms_by_phase())
                for unit in units:
                    rows += unit._prepare_coverage(promised)
        # superuser: who may register a unit need not be allowed to write promises by hand
        self.env["aftersales.coverage"].sudo().create(rows)

    def _prepare_coverage(self, promised):
        periods = schedule([term for term, _phase in promised], self._get_event_dates())
        return [
            {
                "unit_id": self.id,
                "sequence": term.key,
                "component_id": term.component,
                "phase": phase,
                "length": term.length,
                "length_unit": term.unit.value,
                "start_event": term.start.value,
                "date_start": periods[term.key].first,
                "date_end": periods[term.key].last,
            }
            for term, phase in promised
        ]

    def write(self, vals):
        if "plan_id" in vals and any(
            unit.version_id and unit.plan_id.id != vals["plan_id"] for unit in self
        ):
            raise UserError(
                self.env._(
                    "%(unit)s was sold with another promise, which stays as it was. Sell an "
                    "extension or record goodwill instead of changing the plan.",
                    unit=self[:1].display_name,
                )
            )
        if "lot_id" in vals:
            lot = self.env["stock.lot"].browse(vals["lot_id"])
            vals = {**vals, "is_serial": bool(lot) and lot.product_id.tracking == "serial"}
        return super().write(vals)

    # === EVENTS === #

    def _get_event_dates(self):
        self.ensure_one()
        return {event: self[field] or None for event, field in EVENT_FIELDS.items()}

    def _get_missing_event(self):
        """In words, what the first phase waits for; False when it waits for nothing."""
        self.ensure_one()
        waiting = self.coverage_ids.filtered(lambda row: not row.date_start)[:1]
        return waiting and label(waiting, "start_event", waiting.start_event)

    # === ACTIONS === #

    def action_view_requests(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_request_action"
        )
        return action | {
            "domain": [("unit_id", "=", self.id)],
            "context": {"default_unit_id": self.id},
        }

    def action_view_repairs(self):
        self.ensure_one()
        return self.repair_ids._get_records_action(name=self.env._("Repairs"))

    # === DECISIONS === #

    def _decide(self, on, component=None, cause=None):
        """Judge every unit for a fault on a day: ``{unit: logic.coverage.Decision}``.

        Reads in batch: the number of queries does not depend on the number of units.
        """
        component_id = component.id if component else None
        cause_id = cause.id if cause else None
        rules = {version: version._get_rules() for version in self.sudo().version_id}
        decisions = {}
        for unit in self:
            version = unit.sudo().version_id
            decisions[unit] = coverage_rules.decide(
                coverage_rules.Facts(
                    on=on,
                    component=component_id,
                    cause=cause_id,
                    covers=unit._get_covers(),
                    excluded=frozenset(version.payload["excluded"] if version else ()),
                    rules=rules.get(version, ()),
                    ended=unit.date_ended or None,
                )
            )
        return decisions

    def _get_covers(self):
        return [
            coverage_rules.Cover(
                key=row.id,
                phase=coverage_rules.Phase(row.phase),
                period=row._get_period(),
                component=row.component_id.id or None,
            )
            for row in self.sudo().coverage_ids
        ]

    def _explain(self, decision, on, cause=None, component=None):
        """The reason of a decision as one sentence with dates, in the user's language."""
        self.ensure_one()
        row = self.env["aftersales.coverage"].sudo().browse(decision.cover and decision.cover.key)
        words = self._get_reason_words(row, on, cause, component)
        return self._get_reason_sentence(decision.reason, row, words)

    def _get_reason_words(self, row, on, cause, component):
        def day(value):
            return format_date(self.env, value) if value else ""

        event = row.start_event
        if event == "previous":
            event = self.coverage_ids[:1].start_event
        return {
            "cover": row.display_name,
            "start": day(row.date_start),
            "end": day(row.date_end),
            "on": day(on),
            "event": label(row, "start_event", event),
            "cause": cause.name if cause else "",
            "component": component.name if component else "",
            "ended": day(self.date_ended),
        }

    def _get_reason_sentence(self, reason, row, words):
        endless = bool(row) and not row.date_end
        match reason:
            case coverage_rules.Reason.COVERED:
                return (
                    self.env._("Covered: %(cover)s from %(start)s for life.", **words)
                    if endless
                    else self.env._("Covered: %(cover)s from %(start)s to %(end)s.", **words)
                )
            case coverage_rules.Reason.AFTERCARE:
                return self.env._(
                    "%(cover)s since %(start)s: we serve it, at the agreed price.", **words
                )
            case coverage_rules.Reason.EXCLUDED:
                return (
                    self.env._(
                        "%(cover)s runs for life, but the cause “%(cause)s” is excluded.", **words
                    )
                    if endless
                    else self.env._(
                        "%(cover)s runs to %(end)s, but the cause “%(cause)s” is excluded.", **words
                    )
                )
            case coverage_rules.Reason.EXPIRED:
                return self.env._(
                    "Not covered: %(cover)s ended on %(end)s; the day judged is %(on)s.", **words
                )
            case coverage_rules.Reason.NOT_STARTED:
                return self.env._(
                    "%(cover)s has not started: the date of “%(event)s” is not recorded yet.",
                    **words,
                )
            case coverage_rules.Reason.BEFORE_START:
                return self.env._(
                    "%(on)s lies before %(cover)s began on %(start)s. Check the date of failure.",
                    **words,
                )
            case coverage_rules.Reason.COMPONENT_NEEDED:
                return self.env._(
                    "The promise differs by component. Say which component failed.", **words
                )
            case coverage_rules.Reason.COMPONENT_WITHOUT_TERM:
                return self.env._("Nothing was promised for the component %(component)s.", **words)
            case coverage_rules.Reason.ENDED:
                return self.env._(
                    "Cover ended on %(ended)s with this unit's return or replacement.", **words
                )
            case _other:
                return self.env._("No warranty was promised for this unit.", **words)
