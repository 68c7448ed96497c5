from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .remedy_vocabulary import BATCH_FINDINGS, REMEDIES, REMEDY_WHYS
from .return_vocabulary import (
    DESTINATIONS,
    INSPECTION_RESULTS,
    OUTCOMES,
    PRICE_RULES,
    REST_DESTINATIONS,
    SEALS,
)

#: What a storekeeper enters who receives and inspects.
INSPECTION_FIELDS = frozenset(
    {
        "result",
        "quantity_accepted",
        "inspection_note",
        "photo_ids",
        "seal",
        "is_worn",
        "is_tampered",
        "is_complete",
        "missing_accessories",
        "batch_finding",
        "fault_id",
        "cause_id",
    }
)
#: What the customer asks for; salespeople enter it before it is authorised.
WISH_FIELDS = frozenset(
    {
        "quantity_requested",
        "why",
        "wish",
        "fault_id",
        "description",
        "sequence",
        "evidence_ids",
    }
)
#: What dialogs and actions record.
FROM_ACTIONS = frozenset(
    {
        "is_refused",
        "refusal_reason",
        "is_overridden",
        "override_reason",
        "override_user_id",
        "date_overridden",
        "quantity_waived",
        "quantity_inspected",
        "inspector_id",
        "date_inspected",
        "answers",
        "date_asked",
        "date_exchange_granted",
    }
)
#: Which goods a line is about stays, once the line is submitted.
GOODS_FIELDS = frozenset({"delivery_move_id", "lot_id", "product_id", "unit_id", "component_id"})


class AftersalesReturnLine(models.Model):
    """One thing, or one quantity of one delivery, that comes back.

    The delivery it came with and its serial are said, never guessed: they decide what may still
    come back, which invoice is credited, and which unit is exchanged.
    """

    _name = "aftersales.return.line"
    _description = "Line of a Return Order"
    _order = "return_id desc, sequence, id"
    _rec_name = "product_id"
    _check_company_auto = True

    return_id = fields.Many2one(
        "aftersales.return", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="return_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(
        related="return_id.partner_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10)
    delivery_move_id = fields.Many2one(
        "stock.move",
        string="Delivered With",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The transfer that brought the goods to the customer. Empty for units that were "
        "registered without one.",
    )
    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Order Line",
        compute="_compute_from_delivery",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    unit_id = fields.Many2one(
        "aftersales.unit",
        compute="_compute_unit_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    component_id = fields.Many2one(
        "aftersales.component",
        string="Accessory",
        domain="[('kind', '=', 'accessory')]",
        help="Only this accessory of the unit comes back, not the unit itself.",
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_from_delivery",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
    )
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit of Measure")
    tracking = fields.Selection(related="product_id.tracking")
    lot_id = fields.Many2one(
        "stock.lot",
        string="Serial or Lot",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        domain="[('product_id', '=', product_id)]",
    )
    is_serial = fields.Boolean(compute="_compute_is_serial", store=True, precompute=True)

    # === WHAT IS ASKED FOR === #

    quantity_requested = fields.Float(
        string="Requested", default=1.0, digits="Product Unit", required=True
    )
    quantity_authorised = fields.Float(
        string="Authorised",
        compute="_compute_quantity_authorised",
        store=True,
        readonly=False,
        precompute=True,
        digits="Product Unit",
    )
    why = fields.Selection(REMEDY_WHYS, string="Reason", default="quality", required=True)
    wish = fields.Selection(
        [remedy for remedy in REMEDIES if remedy[0] not in ("training", "back")],
        string="Customer Wants",
        default="refund",
        required=True,
    )
    fault_id = fields.Many2one("aftersales.fault", index="btree_not_null")
    cause_id = fields.Many2one("aftersales.cause", index="btree_not_null")
    description = fields.Text(string="What Is Wrong")
    evidence_ids = fields.Many2many("ir.attachment", "aftersales_return_line_evidence_rel")

    # === WHAT IS DECIDED === #

    outcome = fields.Selection(
        OUTCOMES,
        compute="_compute_outcome",
        store=True,
        readonly=False,
        help="What the customer gets. It follows our proposal until somebody decides otherwise.",
    )
    is_refused = fields.Boolean(string="Refused", readonly=True, copy=False)
    refusal_reason = fields.Char(readonly=True, copy=False)
    is_overridden = fields.Boolean(string="Granted by a Manager", readonly=True, copy=False)
    override_reason = fields.Char(string="Why Granted", readonly=True, copy=False)
    override_user_id = fields.Many2one("res.users", string="Granted by", readonly=True, copy=False)
    date_overridden = fields.Datetime(string="Granted on", readonly=True, copy=False)
    quantity_waived = fields.Float(
        string="Not Coming",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="What was authorised, but is not expected any more.",
    )
    destination = fields.Selection(
        DESTINATIONS,
        string="Goods Go to",
        default="stock",
        required=True,
        help="What becomes of goods that stay with us.",
    )
    rest_to = fields.Selection(
        REST_DESTINATIONS,
        string="Not Accepted Goods Go to",
        default="back",
        required=True,
    )
    exchange_product_id = fields.Many2one(
        "product.product",
        string="Exchange for",
        compute="_compute_exchange_product_id",
        store=True,
        readonly=False,
        check_company=True,
        help="The same model, unless the customer agrees to another one.",
    )
    is_other_model_agreed = fields.Boolean(
        string="Customer Agreed to Another Model",
        help="Another model is given only with the customer's consent.",
    )
    price_rule = fields.Selection(
        PRICE_RULES,
        string="Price Difference",
        compute="_compute_price_rule",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Of another model. As the policy says, unless agreed otherwise.",
    )

    # === INSPECTION === #

    result = fields.Selection(INSPECTION_RESULTS, copy=False, index="btree_not_null")
    quantity_accepted = fields.Float(
        string="Accepted",
        digits="Product Unit",
        copy=False,
        help="How much of what came counts. The rest goes back, or is scrapped with the "
        "customer's consent.",
    )
    quantity_inspected = fields.Float(
        string="Inspected", digits="Product Unit", readonly=True, copy=False
    )
    inspector_id = fields.Many2one("res.users", readonly=True, copy=False)
    date_inspected = fields.Datetime(string="Inspected on", readonly=True, copy=False)
    inspection_note = fields.Text(string="What Was Found", copy=False)
    photo_ids = fields.Many2many(
        "ir.attachment", "aftersales_return_line_photo_rel", string="Photos", copy=False
    )
    seal = fields.Selection(SEALS, copy=False)
    is_worn = fields.Boolean(string="Severely Worn", copy=False)
    is_tampered = fields.Boolean(string="Sale Date Tampered With", copy=False)
    is_complete = fields.Boolean(string="Complete", default=True, copy=False)
    missing_accessories = fields.Char(copy=False)
    batch_finding = fields.Selection(
        BATCH_FINDINGS,
        string="Batch Test",
        help="What the test of goods of the same batch, or of samples, showed.",
    )

    _quantities = models.Constraint(
        "CHECK(quantity_requested > 0 AND quantity_authorised >= 0 AND quantity_accepted >= 0"
        " AND quantity_waived >= 0)",
        "Quantities of a return are positive. Remove the line if nothing comes back.",
    )
    # One open return of a serial at a time, whoever asks first.
    _serial_unique = models.UniqueIndex(
        "(lot_id) WHERE is_serial AND is_open",
        "This serial is in another open return already. Go on there.",
    )
    _open_by_delivery = models.Index("(delivery_move_id) WHERE is_open")

    # === COMPUTE === #

    @api.depends("delivery_move_id", "unit_id", "lot_id")
    def _compute_from_delivery(self):
        for line in self:
            # superuser: whoever takes a return need not see transfers and orders of others
            move = line.sudo().delivery_move_id
            replaced = move.aftersales_return_line_id
            line.sale_line_id = (
                move.sale_line_id or replaced.sale_line_id or line.sudo().unit_id.sale_line_id
            )
            if not line.component_id:
                goods = move or line.unit_id or line.lot_id
                line.product_id = goods.product_id or line.product_id

    @api.depends("product_id", "lot_id")
    def _compute_is_serial(self):
        for line in self:
            line.is_serial = bool(line.lot_id) and line.product_id.tracking == "serial"

    @api.depends("delivery_move_id", "lot_id")
    def _compute_unit_id(self):
        """The unit that the delivery made, or that the serial is now."""
        lines = self.filtered(lambda line: not line.unit_id)
        units = lines._find_units()
        for line in self:
            line.unit_id = line.unit_id or units.get(line, False)

    def _find_units(self):
        """``{line: unit}`` of lines with a delivery or a serial, in one search."""
        # superuser: salespeople see units of their own orders only
        Unit = self.env["aftersales.unit"].sudo()
        moves, lots = self.delivery_move_id, self.lot_id
        if not (moves or lots):
            return {}
        found = Unit.search(
            [
                ("state", "!=", "cancelled"),
                "|",
                ("move_line_id.move_id", "in", moves.ids),
                ("lot_id", "in", lots.ids),
            ],
            order="id desc",
        )
        by_serial, by_move = {}, {}
        for unit in found:
            if unit.is_serial:
                by_serial.setdefault(unit.lot_id.id, unit)
            else:
                by_move.setdefault((unit.move_line_id.move_id.id, unit.lot_id.id), unit)
        return {
            line: by_serial.get(line.lot_id.id)
            or by_move.get((line.delivery_move_id.id, line.lot_id.id))
            or Unit
            for line in self
        }

    @api.depends("quantity_requested")
    def _compute_quantity_authorised(self):
        """As much as was asked for, until somebody authorises otherwise."""
        for line in self:
            line.quantity_authorised = line.quantity_requested

    @api.depends("product_id")
    def _compute_exchange_product_id(self):
        for line in self:
            line.exchange_product_id = line.product_id

    @api.depends("unit_id")
    def _compute_price_rule(self):
        for line in self:
            rule = line._get_other_model_rule()
            line.price_rule = "difference" if rule == "difference" else "none"

    def _get_other_model_rule(self):
        """What was promised of exchanges for another model; False where nothing was."""
        # superuser: what was promised is no secret to whoever takes the return
        version = self.sudo().unit_id.remedy_version_id
        return version.payload["other_model"] if version else False

    @api.depends("product_id", "lot_id")
    def _compute_display_name(self):
        for line in self:
            parts = filter(None, (line.product_id.display_name, line.lot_id.name))
            line.display_name = " · ".join(parts)

    # === RULES === #

    @api.constrains(
        "delivery_move_id", "lot_id", "unit_id", "product_id", "return_id", "quantity_requested"
    )
    def _check_goods(self):
        for line in self:
            # superuser: the rule holds whoever enters the line
            if problem := line.sudo()._get_goods_problem():
                raise ValidationError(problem)

    def _get_goods_problem(self):
        """Why these goods cannot come back in this return; False where they can."""
        self.ensure_one()
        if not (self.delivery_move_id or self.unit_id):
            return self.env._(
                "%(goods)s names no delivery: nobody knows what it belongs to. Choose the goods "
                "with “Choose Goods”, or register the unit first.",
                goods=self.display_name,
            )
        return (
            self._get_delivery_problem() or self._get_owner_problem() or self._get_serial_problem()
        )

    def _get_delivery_problem(self):
        move = self.delivery_move_id
        words = {
            "goods": self.display_name,
            "transfer": move.picking_id.name or move.reference or "",
            "order": self.return_id.order_id.name,
        }
        if move and move.state == "cancel":
            return self.env._(
                "%(goods)s: the transfer %(transfer)s is cancelled, nothing was delivered with it.",
                **words,
            )
        if move and not move._aftersales_is_first_delivery():
            return self.env._(
                "%(goods)s was not delivered with %(transfer)s: what has not reached the customer "
                "cannot come back.",
                **words,
            )
        if move and move.product_id != self.product_id:
            return self.env._(
                "%(transfer)s delivered %(product)s, not %(goods)s.",
                product=move.product_id.display_name,
                **words,
            )
        ordered = self.return_id.order_id
        if ordered and self.sale_line_id.order_id != ordered:
            return self.env._(
                "%(goods)s was not delivered with %(order)s but with %(other)s. Take a return of "
                "that order.",
                other=self.sale_line_id.order_id.name or words["transfer"] or "–",
                **words,
            )
        return False

    def _get_owner_problem(self):
        owner = self._get_owner().commercial_partner_id
        customer = self.return_id.partner_id.commercial_partner_id
        if owner and owner != customer:
            return self.env._(
                "%(goods)s belongs to %(owner)s, not to %(customer)s.",
                goods=self.display_name,
                owner=owner.display_name,
                customer=customer.display_name,
            )
        return False

    def _get_owner(self):
        move = self.delivery_move_id
        return (
            self.unit_id.partner_id
            or self.sale_line_id.order_id.partner_id
            or move.picking_id.partner_id
            or move.partner_id
        )

    def _get_serial_problem(self):
        words = {"goods": self.display_name, "lot": self.lot_id.name}
        move = self.delivery_move_id
        if self.product_id.tracking != "none" and not self.lot_id and move:
            return self.env._("%(goods)s: say which serial or lot comes back.", **words)
        if self.lot_id and move and self.lot_id not in move.move_line_ids.lot_id:
            return self.env._(
                "%(lot)s was not delivered with %(transfer)s. Choose the delivery that brought it.",
                transfer=move.picking_id.name or move.reference or "",
                **words,
            )
        if self.is_serial and self.product_uom_id.compare(self.quantity_requested, 1) > 0:
            return self.env._("%(goods)s is one thing: only 1 of it can come back.", **words)
        return False

    def action_open_details(self):
        """What the promise says of this line, what is decided, and where it comes from."""
        self.ensure_one()
        return self._get_records_action(name=self.display_name, target="new")

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_typed_facts(vals)
        lines = super().create(self._with_serials(vals_list))
        for order in lines.return_id:
            if order.state not in ("draft", "submitted"):
                raise UserError(
                    self.env._(
                        "%s is authorised: what else comes back needs a return of its own.",
                        order.name,
                    )
                )
        lines.filtered("return_id.date_submitted")._refuse_unreturnable()
        return lines

    @api.model
    def _with_serials(self, vals_list):
        """A unit that is named without its serial brings it along."""
        Unit = self.env["aftersales.unit"].sudo()
        return [
            {**vals, "lot_id": Unit.browse(vals["unit_id"]).lot_id.id}
            if vals.get("unit_id") and not (vals.get("lot_id") or vals.get("component_id"))
            else vals
            for vals in vals_list
        ]

    def write(self, vals):
        self._refuse_typed_facts(vals)
        if not self.env.su:
            self._refuse_changes(vals)
        return super().write(vals)

    def _refuse_typed_facts(self, vals):
        if FROM_ACTIONS & vals.keys() and not self.env.su:
            raise AccessError(
                self.env._(
                    "Who refused, granted or inspected is not typed in. Use the buttons of the "
                    "return."
                )
            )

    def _refuse_changes(self, vals):
        """Who may change what, and until when."""
        named = vals.keys()
        if GOODS_FIELDS & named and any(line.return_id.state != "draft" for line in self):
            raise UserError(
                self.env._(
                    "%s is submitted: its goods stay. Take the line out, or set the return to "
                    "draft.",
                    self[0].return_id.name,
                )
            )
        if self.env["aftersales.return"]._is_for_agents():
            self._refuse_late_quantities(named)
        elif any(line.return_id.state in ("draft", "submitted") for line in self):
            allowed = WISH_FIELDS | GOODS_FIELDS | {"return_id"}
            self._refuse_fields(named - allowed)
        else:
            is_keeper = self.env.user.has_group("stock.group_stock_user")
            self._refuse_fields(named - (INSPECTION_FIELDS if is_keeper else frozenset()))

    def _refuse_fields(self, names):
        if names:
            field = self._fields[sorted(names)[0]]._description_string(self.env)
            raise AccessError(
                self.env._(
                    "“%(field)s” of a return is for after-sales agents. Ask one to change it.",
                    field=field,
                )
            )

    def _refuse_late_quantities(self, names):
        late = self.filtered(lambda line: line.return_id.state not in ("draft", "submitted"))
        if late and {"quantity_requested", "quantity_authorised"} & names:
            raise UserError(
                self.env._(
                    "%s is authorised: its quantities stay. Use “Nothing More Comes” for less, "
                    "and another return for more.",
                    late[0].return_id.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_authorised(self):
        for line in self:
            if line.return_id.date_authorised:
                raise UserError(
                    self.env._(
                        "%s is authorised. Refuse or waive the line instead of deleting it.",
                        line.return_id.name,
                    )
                )
