from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..logic.warranty_terms import ENDING_SOON, FREE_PHASES, CoverState, Period, cover_state
from .local_time import local_date, zone_of
from .vocabulary import COVERAGE_STATES

#: States in which a serial can be with only one customer.
IN_PLAY = ("active", "returned")
#: What the goods say about a unit: nobody edits these, transfers do.
FROM_GOODS = frozenset(
    {
        "version_id",
        "is_serial",
        "sale_line_id",
        "move_line_id",
        "quantity_returned",
        "exchange_rule",
        "replaces_id",
        "is_announced",
    }
)
#: Dates that follow the transfer of a unit that was delivered from here.
DATES_FROM_GOODS = frozenset({"date_ordered", "date_shipped", "date_delivered"})
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
    _rec_names_search = ["name", "partner_id", "lot_id.name"]

    name = fields.Char(string="Serial or Reference", required=True, index="trigram", copy=False)
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
    exchange_rule = fields.Selection(
        [("carry", "Carries over what is left"), ("restart", "Restarted on the day of exchange")],
        readonly=True,
        copy=False,
        help="Set on a unit that was given in exchange for another.",
    )
    plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan",
        compute="_compute_plan_id",
        store=True,
        readonly=False,
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
    coverage_sentence = fields.Char(compute="_compute_coverage_sentence")
    waits_for = fields.Char(compute="_compute_coverage_state")

    extension_ids = fields.One2many("aftersales.coverage.extension", "unit_id", copy=False)
    acceptance_ids = fields.Many2many(
        "aftersales.acceptance", "aftersales_acceptance_unit_rel", "unit_id", "acceptance_id"
    )
    is_sold_by_us = fields.Boolean(
        string="Sold by Us", default=True, help="Some promises hold only for units sold by us."
    )
    has_proof = fields.Boolean(
        string="Proof of Purchase",
        compute="_compute_has_proof",
        store=True,
        readonly=False,
        precompute=True,
        help="A legal invoice was seen. Some promises demand it.",
    )
    is_tampered = fields.Boolean(
        string="Tampered Sale Date or Severe Wear",
        tracking=True,
        help="Rights shrink to repair: nothing is exchanged or refunded.",
    )
    is_announced = fields.Boolean(
        string="Customer Was Told",
        readonly=True,
        copy=False,
        help="The customer was told that the cover has begun.",
    )
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

    @api.depends("product_id", "company_id")
    def _compute_plan_id(self):
        """The plan of the product, until the promise is frozen."""
        for company, units in (
            self.filtered(lambda unit: not unit.version_id).grouped("company_id").items()
        ):
            plans = units.product_id._aftersales_plans(company or self.env.company)
            for unit in units:
                unit.plan_id = unit.plan_id or plans.get(unit.product_id)

    @api.depends("date_invoiced", "sale_line_id")
    def _compute_has_proof(self):
        for unit in self:
            unit.has_proof = unit.has_proof or bool(unit.date_invoiced or unit.sale_line_id)

    @api.depends("partner_id")
    def _compute_site_id(self):
        for unit in self:
            unit.site_id = unit.site_id or unit.partner_id

    @api.depends("coverage_ids.date_start", "coverage_ids.date_end", "coverage_ids.phase")
    def _compute_cover(self):
        """What covers the whole product; its components only where nothing else is covered."""
        for unit in self:
            free = unit.coverage_ids.filtered(lambda row: row.phase in FREE_PHASES)
            whole = free.filtered(lambda row: not row.component_id)
            rows = (whole or free).filtered("date_start")
            unit.cover_start = min(rows.mapped("date_start"), default=False)
            lifelong = any(not row.date_end for row in rows)
            unit.cover_end = not lifelong and max(rows.mapped("date_end"), default=False)

    @api.depends_context("lang", "tz")
    @api.depends("cover_start", "cover_end", "date_ended", "coverage_ids", "state")
    def _compute_coverage_state(self):
        now = fields.Datetime.now()
        for unit in self:
            unit.coverage_state = unit._get_coverage_state(unit._get_local_date(now))
            unit.waits_for = unit.coverage_state == "not_started" and unit._get_missing_event()

    @api.depends_context("lang", "tz")
    @api.depends("coverage_ids.date_start", "coverage_ids.date_end", "date_ended", "state")
    def _compute_coverage_sentence(self):
        now = fields.Datetime.now()
        by_day = self.grouped(lambda unit: unit._get_local_date(now))
        for today, units in by_day.items():
            decisions = units._decide(today)
            for unit in units:
                unit.coverage_sentence = unit._explain(decisions[unit], today)

    @api.model
    def _get_today(self):
        """The company's day, by which lists are filtered: it does not depend on who looks.

        A unit by itself is judged by its customer's day, which may be the next one already.
        """
        calendar = self.env.company.sudo().resource_calendar_id
        return local_date(fields.Datetime.now(), calendar, self.env.user)

    def _get_zone(self):
        """The name of the customer's time zone."""
        self.ensure_one()
        return zone_of(self.partner_id, self.company_id.sudo().resource_calendar_id)

    def _get_local_date(self, instant):
        """The customer's date at a UTC instant (A1)."""
        self.ensure_one()
        return local_date(instant, self.partner_id, self.company_id.resource_calendar_id)

    def _get_coverage_state(self, today):
        self.ensure_one()
        if not self.coverage_ids:
            return CoverState.NONE.value
        period = Period(self.cover_start or None, self.cover_end or None)
        return cover_state(period, today, self.date_ended or None).value

    def _search_coverage_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self._get_today()
        soon = today + ENDING_SOON
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
            parts = filter(None, (unit.name, unit.product_id.display_name))
            unit.display_name = " · ".join(parts)

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

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Register units; each gets the coverage its plan promises, once and for all."""
        if not self.env.su:
            self._refuse_forged(vals_list)
        proposed = self.default_get(["product_id", "lot_id", "name"])
        vals_list = [{**proposed, **vals} for vals in vals_list]
        self._fill_lots(vals_list)
        units = super().create(vals_list)
        units._freeze_versions()
        units._create_coverage()
        return units

    @api.model
    def _refuse_forged(self, vals_list):
        """What transfers and confirmed orders say of a unit is nobody's to write."""
        forged = FROM_GOODS & {name for vals in vals_list for name, value in vals.items() if value}
        if forged:
            raise AccessError(
                self.env._(
                    "These follow from orders and transfers and cannot be entered: %s.",
                    ", ".join(sorted(self._fields[name].string for name in forged)),
                )
            )

    def _fill_lots(self, vals_list):
        """Names and kinds follow from the lot; without one, a number tells units apart."""
        self._bind_typed_serials(vals_list)
        lots = self.env["stock.lot"].browse({v["lot_id"] for v in vals_list if v.get("lot_id")})
        by_id = {lot.id: lot for lot in lots}
        for vals in vals_list:
            lot = by_id.get(vals.get("lot_id"))
            vals["is_serial"] = bool(lot) and lot.product_id.tracking == "serial"
            if not vals.get("name"):
                sequence = self.env["ir.sequence"]
                vals["name"] = lot.name if lot else sequence.next_by_code("aftersales.unit")

    def _bind_typed_serials(self, vals_list):
        """A serial typed or imported as a name is the lot of that name, made if need be."""
        typed = [v for v in vals_list if v.get("name") and not v.get("lot_id")]
        if not typed:
            return
        products = self.env["product.product"].browse({vals.get("product_id") for vals in typed})
        serial = set(products.filtered(lambda product: product.tracking == "serial").ids)
        typed = [vals for vals in typed if vals.get("product_id") in serial]
        Lot = self.env["stock.lot"]
        lots = Lot.search(
            Domain("name", "in", [vals["name"] for vals in typed])
            & Domain("product_id", "in", list(serial))
        )
        by_name = {(lot.name, lot.product_id.id): lot.id for lot in lots}
        missing = {(vals["name"], vals["product_id"]) for vals in typed} - by_name.keys()
        made = Lot.create([{"name": name, "product_id": product} for name, product in missing])
        by_name |= {(lot.name, lot.product_id.id): lot.id for lot in made}
        for vals in typed:
            vals["lot_id"] = by_name[vals["name"], vals["product_id"]]

    def _freeze_versions(self):
        """Freeze the wording of today's policy for units registered without an order."""
        without = self.filtered(
            lambda unit: not unit.version_id and not unit.sale_line_id and unit.plan_id
        )
        policies = without.sudo().plan_id.warranty_policy_id
        versions = policies._current_versions() if policies else {}
        for policy, units in without.grouped(
            lambda unit: unit.sudo().plan_id.warranty_policy_id
        ).items():
            if policy:
                # superuser: the wording is frozen by the addon, never entered
                units.sudo().version_id = versions[policy]

    def write(self, vals):
        if not self.env.su:
            self._refuse_forged([vals])
            self._refuse_dates_of_transfers(vals)
        if "plan_id" in vals:
            self._refuse_other_promise(vals["plan_id"])
        if "lot_id" in vals:
            lot = self.env["stock.lot"].browse(vals["lot_id"])
            vals = {**vals, "is_serial": bool(lot) and lot.product_id.tracking == "serial"}
        res = super().write(vals)
        if vals.get("plan_id"):
            bare = self.filtered(lambda unit: not unit.version_id)
            bare._freeze_versions()
            bare._create_coverage()
        return res

    def _refuse_dates_of_transfers(self, vals):
        delivered = self.filtered("move_line_id")
        if delivered and DATES_FROM_GOODS & vals.keys():
            raise UserError(
                self.env._(
                    "The dates of %(unit)s follow its transfer %(transfer)s. Correct them there.",
                    unit=delivered[0].display_name,
                    transfer=delivered[0].sudo().move_line_id.picking_id.name or "",
                )
            )

    def _refuse_other_promise(self, plan_id):
        promised = self.filtered(lambda unit: unit.version_id and unit.plan_id.id != plan_id)
        if promised:
            raise UserError(
                self.env._(
                    "%(unit)s was sold with another promise, which stays as it was. Sell an "
                    "extension or record goodwill instead of changing the plan.",
                    unit=promised[0].display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sold(self):
        if sold := self.filtered("sale_line_id"):
            raise UserError(
                self.env._(
                    "%s was delivered to a customer who relies on it. Correct its transfer "
                    "instead of deleting it.",
                    sold[0].display_name,
                )
            )

    @api.model
    def _count_by(self, field, records):
        """Units of each record, as far as the user may see units: ``{record: number}``."""
        if not self.has_access("read"):
            return {}
        return dict(self._read_group([(field, "in", records.ids)], [field], ["__count"]))

    # === ACTIONS === #

    def action_new_request(self):
        """Take a request about this unit, on an empty form."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Request"),
            "res_model": "aftersales.request",
            "views": [(False, "form")],
            "context": {"default_unit_id": self.id},
        }

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
