from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .local_time import local_date
from .numbering import next_numbers
from .return_vocabulary import FREIGHT_PAYERS, RETURN_OVER
from .vocabulary import label

#: What actions record; nobody types them.
FROM_ACTIONS = frozenset(
    {
        "name",
        "state",
        "date_submitted",
        "date_authorised",
        "date_refused",
        "date_cancelled",
        "state_told",
        "is_refund_escalated",
        "follow_up_error",
        "approver_id",
        "date_approved",
    }
)


class AftersalesReturn(models.Model):
    """Goods that come back: what is asked for, what may be, what came, and what the customer gets.

    1. Draft, then submitted: per line what the customer wants, and what the promise says to it.
    2. Authorised: transfers wait for the goods; from here on states follow the documents.
    3. Received and inspected: the promise is asked again with what was found.
    4. Settled: refunded by posted credit notes, replaced, repaired, or sent back.

    People decide (submit, authorise, refuse, cancel); everything else is computed from transfers,
    repairs and invoices each time: a cancelled credit note opens the money again by itself.
    """

    _name = "aftersales.return"
    _description = "Return Order"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "tracking_ref", "line_ids.lot_id.name"]
    _check_company_auto = True

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default="/", index="trigram"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        index=True,
        check_company=True,
    )
    request_id = fields.Many2one(
        "aftersales.request",
        string="Service Request",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    order_id = fields.Many2one(
        "sale.order",
        string="Sales Order",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Only goods of this order come back here. Empty: goods of any order of the customer.",
    )
    line_ids = fields.One2many("aftersales.return.line", "return_id", copy=False)
    date_requested = fields.Datetime(
        string="Asked on",
        default=fields.Datetime.now,
        required=True,
        copy=False,
        index=True,
        tracking=True,
        help="This day decides what the customer may ask for, not the day somebody gets round "
        "to it.",
    )
    date_submitted = fields.Datetime(string="Submitted on", readonly=True, copy=False)
    date_authorised = fields.Datetime(string="Authorised on", readonly=True, copy=False)
    date_refused = fields.Datetime(string="Refused on", readonly=True, copy=False)
    date_cancelled = fields.Datetime(string="Cancelled on", readonly=True, copy=False)
    refusal_reason = fields.Text(copy=False, tracking=True)
    date_expected = fields.Date(
        string="Expected by",
        copy=False,
        tracking=True,
        index="btree_not_null",
        help="Until when the goods should be here. For an advance exchange: until when they must "
        "be, or the replacement is invoiced.",
    )
    is_advance = fields.Boolean(
        string="Advance Exchange",
        tracking=True,
        help="The replacement is sent before the goods are back. What does not come back in time "
        "is invoiced.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        string="Send to",
        compute="_compute_warehouse_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="The customer sends the goods to its address.",
    )
    goods = fields.Char(string="What Comes Back", compute="_compute_goods")
    tracking_ref = fields.Char(string="Parcel Number", copy=False, tracking=True)
    enclose = fields.Text(
        string="To Enclose", help="Accessories and papers that must come with the goods."
    )
    note = fields.Html(string="Notes")
    freight_payer = fields.Selection(
        FREIGHT_PAYERS,
        string="Return Freight Borne by",
        compute="_compute_freight_payer",
        store=True,
        readonly=False,
        tracking=True,
        help="Follows the policy and what was agreed on the order.",
    )
    freight_paid_by = fields.Selection(
        FREIGHT_PAYERS,
        string="Return Freight Paid by",
        help="Who paid the carrier. What the other one has to bear goes on the credit note.",
    )
    freight_amount = fields.Monetary(string="Return Freight", help="Untaxed.")
    fee_percent = fields.Float(
        string="Restocking Fee (%)",
        digits=(5, 2),
        help="Of what is refunded; it goes on the credit note as a line of its own.",
    )

    _fee_sane = models.Constraint(
        "CHECK(fee_percent >= 0 AND fee_percent <= 100 AND freight_amount >= 0)",
        "A restocking fee lies between 0 and 100 %, and freight is not negative.",
    )

    # === COMPUTE === #

    @api.depends("request_id")
    def _compute_from_origin(self):
        for order in self:
            request = order.request_id
            order.partner_id = order.partner_id or request.partner_id
            order.order_id = order.order_id or request.unit_id.sale_order_id

    @api.depends("company_id", "order_id")
    def _compute_warehouse_id(self):
        for company, orders in self.grouped("company_id").items():
            usual = (
                self.env["stock.warehouse"]
                .sudo()
                .search([("company_id", "=", company.id)], limit=1)
            )
            for order in orders:
                sold_from = order.order_id.sudo().warehouse_id
                order.warehouse_id = order.warehouse_id or sold_from or usual

    @api.depends("line_ids.product_id", "line_ids.quantity_authorised")
    def _compute_goods(self):
        """What comes back, for cards and lists: the first goods, and how many lines more."""
        for order in self:
            lines = order.line_ids
            first = lines[:1]
            words = {
                "goods": first.product_id.display_name,
                "quantity": f"{first.quantity_authorised:g}",
                "more": len(lines) - 1,
            }
            if not lines:
                order.goods = False
            elif len(lines) == 1:
                order.goods = self.env._("%(quantity)s × %(goods)s", **words)
            else:
                order.goods = self.env._("%(quantity)s × %(goods)s and %(more)s more", **words)

    @api.depends("name")
    def _compute_display_name(self):
        for order in self:
            order.display_name = order.name != "/" and order.name

    @api.constrains("partner_id", "order_id", "request_id")
    def _check_customer(self):
        for order in self:
            customer = order.partner_id.commercial_partner_id
            for origin in (order.order_id.sudo(), order.request_id.sudo()):
                owner = origin.partner_id.commercial_partner_id
                if owner and owner != customer:
                    raise UserError(
                        self.env._(
                            "%(origin)s belongs to %(owner)s, not to %(customer)s. Take the "
                            "return for its own customer.",
                            origin=origin.name,
                            owner=owner.display_name,
                            customer=order.partner_id.display_name,
                        )
                    )

    def _get_local_date(self, instant):
        """The customer's date at a UTC instant (A1)."""
        self.ensure_one()
        return local_date(instant, self.partner_id, self.company_id.sudo().resource_calendar_id)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_typed_facts(vals_list)
        vals_list = [dict(vals) for vals in vals_list]
        for company in {vals.get("company_id") or self.env.company.id for vals in vals_list}:
            bare = [
                vals
                for vals in vals_list
                if vals.get("name", "/") == "/"
                and (vals.get("company_id") or self.env.company.id) == company
            ]
            env = self.with_company(company).env
            for vals, name in zip(bare, next_numbers(env, self._name, len(bare)), strict=True):
                vals["name"] = name
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_typed_facts([vals])
        if not self.env.su:
            self._refuse_late_changes(vals)
        return super().write(vals)

    @api.model
    def _refuse_typed_facts(self, vals_list):
        typed = any(FROM_ACTIONS & vals.keys() - {"name"} for vals in vals_list)
        if typed and not self.env.su:
            raise AccessError(
                self.env._("Where a return stands is not typed in. Use the buttons of the return.")
            )

    def _refuse_late_changes(self, vals):
        """Once goods were authorised, whose and of which order they are stays."""
        fixed = {"partner_id", "order_id", "company_id"} & vals.keys()
        for order in self.filtered("date_authorised") if fixed else ():
            raise UserError(
                self.env._(
                    "%s is authorised: customer, order and company stay. Cancel it and take a new "
                    "return instead.",
                    order.name,
                )
            )
        if not self._is_for_agents() and any(
            order.state not in ("draft", "submitted") for order in self
        ):
            raise AccessError(
                self.env._("%s is authorised. Ask an after-sales agent to change it.", self[0].name)
            )

    @api.model
    def _is_for_agents(self):
        return self.env.su or self.env.user.has_group("aftersales_service.group_aftersales_agent")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        for order in self:
            if order.state not in ("draft", "cancelled") or order.line_ids.move_ids:
                raise UserError(
                    self.env._("%s is on record. Cancel it instead of deleting it.", order.name)
                )

    # === ACTIONS === #

    def _refuse_unless(self, *states):
        """Refuse where a return is elsewhere on its way."""
        for order in self:
            if order.state not in states:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s: this step is not open any more, or not yet.",
                        name=order.name,
                        state=label(order, "state", order.state),
                    )
                )

    def _record(self, **facts):
        self.check_access("write")
        # superuser: facts are recorded by actions, never typed
        self.sudo().write(facts)

    def action_submit(self):
        """The customer asks for it: from now on nobody else can ask for the same goods."""
        self._refuse_unless("draft")
        self._refuse_empty()
        self.line_ids._refuse_unreturnable()
        self._record(date_submitted=fields.Datetime.now())
        self.line_ids._ask_promise()

    def _refuse_empty(self):
        for order in self:
            if not order.line_ids:
                raise UserError(
                    self.env._(
                        "%s names no goods. Choose what comes back with “Choose Goods”.", order.name
                    )
                )

    def action_authorise(self):
        """Let the goods come: transfers wait for what was not refused."""
        self._refuse_unless_agent()
        self.filtered(lambda order: order.state == "draft").action_submit()
        self._refuse_unless("submitted")
        lines = self.line_ids.filtered(lambda line: not line.is_refused)
        lines._ask_promise()
        lines._refuse_unpromised()
        self._refuse_unapproved()
        lines._refuse_unreturnable()
        now = fields.Datetime.now()
        self._record(date_authorised=now)
        # what a customer asked for online is taken up by whoever lets it come
        self.filtered(lambda order: not order.user_id).user_id = self.env.user
        for order in self.filtered(lambda order: not order.date_expected):
            order.date_expected = fields.Date.add(
                order._get_local_date(now), days=order.company_id.sudo().aftersales_return_days
            )
        self._tell_customers()
        return lines._create_receipts()

    def _refuse_unless_agent(self):
        if not self._is_for_agents():
            raise AccessError(
                self.env._("Returns are authorised and settled by after-sales agents. Ask one.")
            )

    def action_refuse(self):
        """Say why in a dialog; the customer is told these words."""
        self._refuse_unless("submitted")
        self._refuse_unless_agent()
        return self._get_dialog("aftersales.return.refusal", self.env._("Refuse"))

    def _refuse(self, reason):
        """The whole return is refused, with a reason the customer may read."""
        self._refuse_unless_agent()
        self._refuse_unless("submitted")
        self._record(date_refused=fields.Datetime.now(), refusal_reason=reason)
        self._tell_customers()

    def action_cancel(self):
        """It does not take place: transfers and draft credit notes that wait for it go, too."""
        for order in self:
            if order.line_ids._get_gone():
                raise UserError(
                    self.env._(
                        "%s moved goods already. Settle what is here, and use “Nothing More "
                        "Comes” for the rest.",
                        order.name,
                    )
                )
        self._refuse_unless("draft", "submitted", "authorised")
        self.check_access("write")
        lines = self.sudo().line_ids
        lines._get_open_moves()._action_cancel()
        lines._drop_drafts()
        self._record(date_cancelled=fields.Datetime.now())
        self.activity_unlink(["aftersales_service.activity_refund_due"])

    def action_draft(self):
        """Take it up again, as a draft: nothing is claimed any more."""
        self._refuse_unless("submitted", "refused", "cancelled")
        # superuser: what was decided about lines goes with the decision
        self.sudo().line_ids.write(
            {"is_refused": False, "refusal_reason": False, "quantity_waived": 0}
        )
        self._record(
            date_submitted=False,
            date_authorised=False,
            date_refused=False,
            date_cancelled=False,
            refusal_reason=False,
            state_told=False,
            approver_id=False,
            date_approved=False,
        )

    def _get_dialog(self, model, title, **context):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_return_id": self.id, **context},
        }

    def _is_over(self):
        self.ensure_one()
        return self.state in RETURN_OVER
