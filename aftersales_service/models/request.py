from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .numbering import next_numbers
from .unit import IN_PLAY
from .vocabulary import CHANNELS, FINISHED, RESULTS

#: Which states a request may come from; the workflow in one place.
TRANSITIONS = {
    "diagnosis": ("new",),
    "in_progress": ("new", "diagnosis", "waiting"),
    "waiting": ("diagnosis", "in_progress"),
    "resolved": ("new", "diagnosis", "in_progress", "waiting"),
    "closed": ("resolved",),
    "cancelled": ("new", "diagnosis", "in_progress", "waiting"),
    "new": ("resolved", "closed", "cancelled"),
}


class AftersalesRequest(models.Model):
    """One case, from the first call to the last signature.

    1. New: somebody calls, writes or scans a serial; the unit's cover is judged at once.
    2. Diagnosis, in progress, waiting: repairs and their claims are made from here.
    3. Resolved, then closed; or cancelled. Reopening starts again at new.
    """

    _name = "aftersales.request"
    _description = "Service Request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "priority desc, date_reported desc, id desc"
    _rec_name = "title"
    _rec_names_search = ["name", "title"]
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, copy=False, readonly=True, default="/")
    title = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [
            ("new", "New"),
            ("diagnosis", "Diagnosis"),
            ("in_progress", "In progress"),
            ("waiting", "Waiting"),
            ("resolved", "Resolved"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        default="new",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    priority = fields.Selection(
        [("0", "Normal"), ("1", "High"), ("2", "Urgent")], default="0", tracking=True
    )
    channel = fields.Selection(CHANNELS, default="phone", required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        index=True,
        check_company=True,
    )
    date_reported = fields.Datetime(
        string="Reported", default=fields.Datetime.now, required=True, copy=False, index=True
    )
    date_resolved = fields.Datetime(string="Resolved on", readonly=True, copy=False)
    description = fields.Html(string="What happened")

    serial = fields.Char(
        string="Scan or Type Serial",
        copy=False,
        help="Scan or type a serial number: unit, product and customer follow.",
    )
    unit_id = fields.Many2one(
        "aftersales.unit",
        compute="_compute_unit_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        tracking=True,
        check_company=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_unit",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        index=True,
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_from_unit",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
    )
    lot_id = fields.Many2one(related="unit_id.lot_id", store=True, string="Serial")
    component_id = fields.Many2one("aftersales.component", tracking=True)
    fault_id = fields.Many2one("aftersales.fault", tracking=True)
    cause_id = fields.Many2one(
        "aftersales.cause",
        compute="_compute_cause_id",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    date_failure = fields.Date(
        string="Date of Failure",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="This day decides about the cover, not the day somebody gets round to it.",
    )
    serial_hint = fields.Char(compute="_compute_serial_hint")
    coverage_result = fields.Selection(RESULTS, string="Cover", compute="_compute_coverage")
    coverage_sentence = fields.Char(string="Why", compute="_compute_coverage")
    claim_ids = fields.One2many("aftersales.claim", "request_id")
    repair_ids = fields.One2many("repair.order", "aftersales_request_id", copy=False)
    repair_count = fields.Integer(compute="_compute_repair_count")

    # === COMPUTE === #

    @api.depends("serial", "company_id")
    def _compute_unit_id(self):
        for request in self:
            if (request.serial or "").strip():
                found = request._find_units(request.serial)
                request.unit_id = len(found) == 1 and found
            else:
                request.unit_id = request.unit_id

    def _find_units(self, serial):
        """Units in play with this serial in the request's company."""
        Unit = self.env["aftersales.unit"]
        if not serial or not serial.strip():
            return Unit
        here = Domain("company_id", "=", self.company_id.id or self.env.company.id)
        typed = _escape_like(serial.strip())
        return Unit.search(
            here
            & (Domain("name", "=ilike", typed) | Domain("lot_id.name", "=ilike", typed))
            & Domain("state", "in", IN_PLAY),
            limit=2,
        )

    @api.depends("unit_id")
    def _compute_from_unit(self):
        for request in self:
            request.partner_id = request.unit_id.partner_id or request.partner_id
            request.product_id = request.unit_id.product_id or request.product_id

    @api.depends("fault_id")
    def _compute_cause_id(self):
        for request in self:
            request.cause_id = request.fault_id.cause_id or request.cause_id

    @api.depends_context("lang")
    @api.depends("serial", "unit_id")
    def _compute_serial_hint(self):
        for request in self:
            request.serial_hint = request._get_serial_hint()

    def _get_serial_hint(self):
        """Why a serial led to no unit, and what to do; False when all is well."""
        serial = (self.serial or "").strip()
        if not serial or self.unit_id:
            return False
        if len(self._find_units(serial)) > 1:
            return self.env._(
                "Several units carry the serial %(serial)s. Choose one in “Unit”.", serial=serial
            )
        company = self.company_id.id or self.env.company.id
        lot = (
            self.env["stock.lot"]
            .sudo()
            .search([("name", "=", serial), ("company_id", "in", (False, company))], limit=1)
        )
        if lot:
            return self.env._(
                "%(serial)s is a serial of %(product)s, but no delivery with a service plan is "
                "known. Register the unit, or go on without cover.",
                serial=serial,
                product=lot.product_id.display_name,
            )
        return self.env._(
            "Nothing is known under the serial %(serial)s. Check it, or choose the product by "
            "hand.",
            serial=serial,
        )

    @api.depends_context("lang")
    @api.depends(
        "unit_id.coverage_ids.date_start",
        "unit_id.coverage_ids.date_end",
        "unit_id.date_ended",
        "component_id",
        "cause_id",
        "fault_id",
        "date_failure",
        "claim_ids.state",
        "claim_ids.result",
    )
    def _compute_coverage(self):
        """What the claim says; before there is one, what it will say."""
        self.coverage_result = self.coverage_sentence = False
        for request in self.filtered("unit_id"):
            claim = request._get_main_claim()
            if claim:
                request.coverage_result = claim.result
                request.coverage_sentence = request._get_claim_sentence(claim)
            elif request.date_failure:
                request._preview_decision()

    def _get_claim_sentence(self, claim):
        """The claim's reason, and that a decided claim no longer follows the facts here."""
        facts = ("component_id", "cause_id", "fault_id", "date_failure")
        if claim.state == "decided" and any(claim[name] != self[name] for name in facts):
            return self.env._(
                "%(reason)s (Decided before the facts were changed here. Reopen %(claim)s to "
                "judge again.)",
                reason=claim.reason_text,
                claim=claim.name,
            )
        return claim.reason_text

    def _preview_decision(self):
        facts = {
            "component": self.component_id,
            "cause": self.cause_id,
            "fault": self.fault_id,
        }
        # a unit chosen in an unsaved form is judged as it is stored
        unit = self.unit_id._origin
        facts["repaired"] = unit._find_earlier_repair(self._origin, self.date_failure, **facts)
        decision = unit._decide(self.date_failure, **facts)[unit]
        self.coverage_result = decision.result.value
        self.coverage_sentence = unit._explain(decision, self.date_failure, **facts)

    def _get_main_claim(self):
        """The claim that decides about this request's unit; empty where there is none."""
        unit = self.unit_id._origin
        claims = self.claim_ids  # iterated, not filtered: each keeps reading ahead for all
        return next(
            (claim for claim in claims if claim.state != "cancelled" and claim.unit_id == unit),
            claims.browse(),
        )

    def _compute_repair_count(self):
        counts = {}
        if self.env["repair.order"].has_access("read"):
            counts = dict(
                self.env["repair.order"]._read_group(
                    [("aftersales_request_id", "in", self.ids)],
                    ["aftersales_request_id"],
                    ["__count"],
                )
            )
        for request in self:
            request.repair_count = counts.get(request, 0)

    @api.depends("name", "title")
    def _compute_display_name(self):
        for request in self:
            number = request.name != "/" and request.name
            request.display_name = " · ".join(filter(None, (number, request.title)))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(self._with_numbers(vals_list))
        requests._ensure_claims()
        return requests

    @api.model
    def _with_numbers(self, vals_list):
        """The values with a number of their company where none is given."""
        vals_list = [dict(vals) for vals in vals_list]
        bare = defaultdict(list)
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                bare[vals.get("company_id") or self.env.company.id].append(vals)
        for company, mine in bare.items():
            env = self.with_company(company).env
            for vals, name in zip(mine, next_numbers(env, self._name, len(mine)), strict=True):
                vals["name"] = name
        return vals_list

    def write(self, vals):
        if vals.get("active") is False:
            self._refuse_archiving_open_ones()
        if vals.keys() & {"unit_id", "serial"}:
            self._refuse_other_unit_in_repair(vals)
        res = super().write(vals)
        if "unit_id" in vals or "serial" in vals:
            self._ensure_claims()
        return res

    def _refuse_archiving_open_ones(self):
        for request in self:
            if request.state not in FINISHED:
                raise UserError(
                    self.env._(
                        "%s is still open: somebody waits for it. Resolve or cancel it first.",
                        request.name,
                    )
                )

    def _refuse_other_unit_in_repair(self, vals):
        """A repair in work is about this unit: its claim cannot move to another."""
        for request in self.filtered("unit_id"):
            found = request._find_units(vals["serial"]) if vals.get("serial") else None
            wanted = found.id if found and len(found) == 1 else vals.get("unit_id")
            if wanted != request.unit_id.id and request._get_unfinished_repairs():
                raise UserError(
                    self.env._(
                        "%(request)s has the repair %(repair)s of %(unit)s in work. Cancel the "
                        "repair, or open another request for the other unit.",
                        request=request.name,
                        repair=request._get_unfinished_repairs()[0].name,
                        unit=request.unit_id.display_name,
                    )
                )

    def _get_unfinished_repairs(self):
        # superuser: whoever works on a case need not see repairs to know that one is going on
        return self.sudo().repair_ids.filtered(
            lambda repair: repair.state not in ("done", "cancel")
        )

    def _refuse_unfinished_repairs(self):
        for request in self:
            if unfinished := request._get_unfinished_repairs():
                raise UserError(
                    self.env._(
                        "%(request)s still has the repair %(repair)s in work. Finish or cancel it "
                        "first.",
                        request=request.name,
                        repair=unfinished[0].name,
                    )
                )

    def _ensure_claims(self):
        """Every request about a unit has a claim that says who pays."""
        missing = self.filtered(lambda request: request.unit_id and not request._get_main_claim())
        missing.claim_ids.filtered(lambda claim: claim.state == "open").action_cancel()
        self.env["aftersales.claim"].create([{"request_id": request.id} for request in missing])

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        """Open claims go with a request that was a mistake; decided ones are documents."""
        if decided := self.claim_ids.filtered(lambda claim: claim.state == "decided"):
            raise UserError(
                self.env._(
                    "%(request)s has the decided claim %(claim)s. Cancel instead of deleting it.",
                    request=decided[0].request_id.name,
                    claim=decided[0].name,
                )
            )
        self.claim_ids.unlink()

    # === ACTIONS === #

    def _move_to(self, state, **facts):
        self._refuse_move_to(state)
        self.check_access("write")
        # superuser: a status is reached by an action, never typed
        self.sudo().write({"state": state, **facts})

    def _refuse_move_to(self, state):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for request in self:
            if request.state not in TRANSITIONS[state]:
                raise UserError(
                    self.env._(
                        "%(request)s is %(state)s and cannot become %(target)s. Reopen it, or "
                        "take the step before.",
                        request=request.name,
                        state=labels[request.state],
                        target=labels[state],
                    )
                )

    def action_diagnose(self):
        self._move_to("diagnosis")

    def action_start(self):
        self._move_to("in_progress")

    def action_wait(self):
        self._move_to("waiting")

    def action_resolve(self):
        self._refuse_unfinished_repairs()
        self._move_to("resolved", date_resolved=fields.Datetime.now())

    def action_close(self):
        self._move_to("closed")

    def action_cancel(self):
        self._refuse_unfinished_repairs()
        self._move_to("cancelled")
        self.claim_ids.filtered(lambda claim: claim.state == "open").action_cancel()

    def action_reopen(self):
        self._move_to("new", date_resolved=False)
        self.claim_ids.filtered(lambda claim: claim.state == "cancelled").action_reopen()

    def action_create_repair(self):
        """Make the repair order of this case, with product, serial, customer and decision."""
        self.ensure_one()
        if not self.product_id:
            raise UserError(
                self.env._(
                    "%(request)s names no product to repair. Scan its serial or choose the "
                    "product first.",
                    request=self.name,
                )
            )
        if self.state in ("closed", "cancelled"):
            raise UserError(
                self.env._(
                    "%(request)s is finished. Reopen it to repair something.", request=self.name
                )
            )
        repair = self.env["repair.order"].create(self._prepare_repair_values())
        if self.state in ("new", "diagnosis"):
            self.action_start()
        repair.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": repair, "origin": self},
            subtype_xmlid="mail.mt_note",
        )
        return repair._get_records_action()

    def _prepare_repair_values(self):
        claim = self._get_main_claim()
        values = {
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "lot_id": self.lot_id.id,
            "company_id": self.company_id.id,
            "user_id": self.env.user.id,
            "internal_notes": self.description or Markup(""),
            "aftersales_request_id": self.id,
            "aftersales_unit_id": self.unit_id.id,
            "aftersales_claim_id": claim.id,
        }
        if self.unit_id.state == "active":
            # the goods are with the customer: repaired there, they never pass our stock
            site = self.partner_id.with_company(self.company_id).property_stock_customer.id
            values |= {"product_location_src_id": site, "product_location_dest_id": site}
        return values

    def action_view_repairs(self):
        self.ensure_one()
        return self.repair_ids._get_records_action(name=self.env._("Repairs"))

    def action_view_unit(self):
        self.ensure_one()
        return self.unit_id._get_records_action()

    def action_view_claims(self):
        self.ensure_one()
        return self.claim_ids._get_records_action(name=self.env._("Claims"))


def _escape_like(text):
    """A serial may hold the wildcards of LIKE; they stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
