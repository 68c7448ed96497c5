from dataclasses import dataclass
from datetime import timedelta

from pytz import timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..logic import consent, coverage
from ..logic.errors import NoWorkingTimeError
from ..logic.working_time import WorkingTime
from .local_time import local_date
from .request import TRANSITIONS
from .vocabulary import ESTIMATE_STATES

REASON_APPROVAL = "aftersales_service.pause_reason_approval"
ACTIVITY_HAND_BACK = "aftersales_service.activity_hand_back"
#: What an estimate comes to that nobody wants.
DECLINED = ("rejected", "expired")
#: Fields whose change may bring a repair a quotation, or make it one in service.
JOINS_ORDER = frozenset(
    {"sale_order_id", "aftersales_request_id", "aftersales_unit_id", "product_id", "lot_id"}
)


@dataclass(frozen=True)
class Item:
    """One item of an estimate as its customer may see it; amounts in the estimate's currency."""

    key: str
    name: str
    quantity: float
    unit: str
    total: float
    is_free: bool
    kind: str = ""  # the cost type: labour and parts are told apart (R07.04)

    def to_json(self):
        return {
            "key": self.key,
            "name": self.name,
            "quantity": self.quantity,
            "total": round(self.total, 6),
        }


class RepairOrder(models.Model):
    """The estimate of a repair: core's quotation, or without one what the work would cost.

    1. Quoted; sent (now the customer is waited for, and the answer is due); seen.
    2. Approved, rejected, or expired: without an answer in time it counts as declined (C44).
    3. A declined unit goes back within the working days that its plan promises (R39.04).
    """

    _name = "repair.order"
    _inherit = ["repair.order", "portal.mixin"]

    aftersales_currency_id = fields.Many2one(related="company_id.currency_id")
    aftersales_estimate_state = fields.Selection(
        ESTIMATE_STATES,
        string="Estimate",
        compute="_compute_aftersales_estimate_state",
        store=True,
        index=True,
        tracking=True,
    )
    aftersales_amount_total = fields.Monetary(
        string="Charged to Customer",
        compute="_compute_aftersales_amount_total",
        currency_field="aftersales_currency_id",
        help="What the customer would pay now, taxes included.",
    )
    aftersales_date_asked = fields.Datetime(
        string="Customer Asked on",
        readonly=True,
        copy=False,
        help="The customer's answer is waited for since then.",
    )
    aftersales_date_seen = fields.Datetime(string="Seen by Customer on", readonly=True, copy=False)
    aftersales_date_answer_due = fields.Datetime(
        string="Answer Due",
        readonly=True,
        copy=False,
        help="Without an answer by then the estimate counts as declined.",
    )
    aftersales_date_return_due = fields.Datetime(
        string="Hand Back by",
        readonly=True,
        copy=False,
        help="The declined unit goes back to the customer by then.",
    )

    _aftersales_answer_due_idx = models.Index(
        "(aftersales_date_answer_due) WHERE aftersales_estimate_state IN ('sent', 'seen')"
    )

    # === STATE === #

    @api.depends(
        "aftersales_consent_ids.kind",
        "aftersales_consent_ids.answer",
        "aftersales_consent_ids.date",
        "aftersales_is_service",
        "aftersales_date_asked",
        "aftersales_date_seen",
        "sale_order_id",
    )
    def _compute_aftersales_estimate_state(self):
        """See ``logic.consent.estimate``; orders tell when their state changes.

        That is not left to a dependency: it would cost a query whenever any order is confirmed.
        """
        self.aftersales_estimate_state = "none"
        for repair in self.filtered("aftersales_is_service").sudo():
            order = repair.sale_order_id
            repair.aftersales_estimate_state = consent.estimate(
                repair.aftersales_consent_ids._get_rule_rows(),
                order=order.id or None,
                order_state=order.state or None,
                asked=repair.aftersales_date_asked or None,
                seen=repair.aftersales_date_seen or None,
            ).value

    def _compute_access_url(self):
        res = super()._compute_access_url()
        for repair in self:
            repair.access_url = f"/my/repairs/{repair.id}"
        return res

    # === AMOUNTS === #

    @api.depends(
        "sale_order_id.amount_total",
        "sale_order_id.currency_id",
        "sale_order_id.date_order",
        "sale_order_id.order_line.price_total",
        "move_ids.product_id",
        "move_ids.product_uom_qty",
        "move_ids.product_uom",
        "move_ids.repair_line_type",
        "move_ids.sale_line_id",
        "move_ids.state",
        "aftersales_claim_id.charges",
        "aftersales_claim_id.state",
        "aftersales_cost_line_ids.product_id",
        "aftersales_cost_line_ids.quantity",
        "aftersales_cost_line_ids.price_list",
        "aftersales_cost_line_ids.is_goodwill",
        "partner_id",
    )
    def _compute_aftersales_amount_total(self):
        for repair in self.sudo():
            order = repair.sale_order_id
            if order and repair._aftersales_owns_order():
                amount = order.amount_total
            else:
                amount = sum(item.total for item in repair._aftersales_get_items())
            repair.aftersales_amount_total = repair._aftersales_in_company_currency(amount)

    def _aftersales_owns_order(self):
        """The quotation is about this repair alone, with whatever else was put on it."""
        order = self.sudo().sale_order_id
        return order.repair_order_ids == self and not self.sudo().sale_order_line_id

    def _aftersales_get_currency(self):
        """The currency in which the customer sees the estimate."""
        return self.sudo().sale_order_id.currency_id or self.aftersales_currency_id

    def _aftersales_in_company_currency(self, amount):
        order, company = self.sudo().sale_order_id, self.company_id
        if not order:
            return company.currency_id.round(amount)
        return order.currency_id._convert(amount, company.currency_id, company, order.date_order)

    def _aftersales_in_customer_currency(self, amount):
        """An amount in company currency as the customer sees it."""
        order, company = self.sudo().sale_order_id, self.company_id
        if not order:
            return amount
        return company.currency_id._convert(amount, order.currency_id, company, order.date_order)

    def _aftersales_get_items(self):
        """What the customer gets and pays, item by item: no costs, no internal reasons."""
        self.ensure_one()
        repair = self.sudo()
        if repair.sale_order_id:
            return [repair._aftersales_item_of(line) for line in repair._aftersales_order_lines()]
        moves = repair.move_ids.filtered(
            lambda move: move.repair_line_type == "add" and move.state != "cancel"
        )
        charge, prices = repair._aftersales_get_part_charge(), moves._aftersales_get_prices()
        parts = [
            repair._aftersales_prepare_item(
                f"stock.move,{move.id}",
                move.product_id,
                move.product_id.display_name,
                move.product_uom_qty,
                prices[move],
                unit=move.product_uom.name,
                charge=charge,
                kind="part",
            )
            for move in moves
        ]
        return parts + [
            repair._aftersales_prepare_item(
                f"aftersales.cost.line,{line.id}",
                line.product_id,
                line.name,
                line.quantity,
                line.price_unit,
                charge=line._get_charge(),
                kind=line.cost_type,
            )
            for line in repair.aftersales_cost_line_ids
        ]

    def _aftersales_order_lines(self):
        """The lines of the quotation that are about this repair."""
        lines = self.sale_order_id.order_line.filtered(
            lambda line: (
                not line.display_type
                and not line.is_downpayment
                and not line.product_uom_id.is_zero(line.product_uom_qty)
            )
        )
        if self._aftersales_owns_order():
            return lines
        own = self.move_ids.sale_line_id | self.aftersales_cost_line_ids.sale_line_id
        return lines & (own | self.sale_order_line_id)

    def _aftersales_item_of(self, line):
        charge = line._aftersales_get_charge()
        return Item(
            key=self._aftersales_get_item_key(line),
            name=line.product_id.display_name or line.name,
            quantity=line.product_uom_qty,
            unit=line.product_uom_id.name,
            total=line.price_total,
            is_free=bool(charge) and charge.payer in coverage.SPARES_CUSTOMER,
            kind=line.aftersales_cost_type or ("part" if line.move_ids.repair_id else ""),
        )

    def _aftersales_get_item_key(self, line):
        """The same key before and after it is quoted: it is the same work."""
        move = line.move_ids.filtered(lambda move: move.repair_id)[:1]
        cost = line.aftersales_cost_line_id
        source = move or cost or line
        return f"{source._name},{source.id}"

    def _aftersales_prepare_item(
        self, key, product, name, quantity, price, *, unit="", charge, kind
    ):
        """An item that is not quoted yet, with the taxes that a quotation would have."""
        company = self.company_id
        position = self.env["account.fiscal.position"].with_company(company)
        position = position._get_fiscal_position(self.partner_id)
        taxes = product.taxes_id._filter_taxes_by_company(company)
        price = product._get_tax_included_unit_price_from_price(
            price, product_taxes=taxes, fiscal_position=position
        )
        total = price * quantity
        if taxes := position.map_tax(taxes):
            total = taxes.compute_all(
                price, company.currency_id, quantity, product, self.partner_id
            )["total_included"]
        return Item(
            key=key,
            name=name,
            quantity=quantity,
            unit=unit,
            total=total,
            is_free=bool(charge) and charge.payer in coverage.SPARES_CUSTOMER,
            kind=kind,
        )

    # === ASKING === #

    def action_aftersales_ask_customer(self):
        """Send the quotation as core does; without one to send, a link to the repair's page."""
        self.ensure_one()
        self._aftersales_refuse_asking()
        order = self.sudo().sale_order_id
        if order.state not in ("draft", "sent"):
            return self._aftersales_send_link()
        if self.env["sale.order"].has_access("create"):
            return self.sale_order_id.action_quotation_send()
        self.check_access("write")
        # superuser: who repairs asks the customer, as agents quote, without rights in sales
        order._send_order_notification_mail(
            order._find_mail_template(), allow_deferred_sending=False
        )
        if order.state == "draft":
            order.action_quotation_sent()
        else:
            self.sudo()._aftersales_note_asked()
        return True

    def _aftersales_refuse_asking(self):
        if self._aftersales_is_settled():
            raise UserError(
                self.env._("%s is closed or cancelled: there is nothing to ask.", self.name)
            )
        order = self.sudo().sale_order_id
        if order.state == "cancel":
            raise UserError(
                self.env._(
                    "The quotation %(order)s of %(repair)s is cancelled. Set it to draft before "
                    "you ask again.",
                    order=order.name,
                    repair=self.name,
                )
            )
        if not self.partner_id:
            raise UserError(self.env._("%s has no customer to ask. Choose one.", self.name))
        if not self.partner_id.email:
            raise UserError(
                self.env._(
                    "%(customer)s has no e-mail address. Enter one, or ask by phone and record the "
                    "answer.",
                    customer=self.partner_id.display_name,
                )
            )
        if not self.aftersales_needs_approval and self.aftersales_estimate_state != "quoted":
            raise UserError(
                self.env._("The customer agreed to all that %s costs already.", self.name)
            )

    def _aftersales_send_link(self):
        self.check_access("write")
        self.sudo()._aftersales_note_asked()
        self._aftersales_mail("mail_template_ask_approval")
        return True

    def _aftersales_mail(self, template):
        """Mail the customer by a template of ours; the mail goes to the queue."""
        self._portal_ensure_token()
        here = self.with_context(lang=self.partner_id.lang)
        due, back = self.aftersales_date_answer_due, self.aftersales_date_return_due
        context = {
            "mail_notify_force_send": False,
            "aftersales_due": due and here._aftersales_format_instant(due),
            "aftersales_return": back and here._aftersales_format_instant(back),
        }
        template = self.env.ref(f"aftersales_service.{template}")
        self.with_context(**context).message_post_with_source(
            template.with_context(**context),
            subtype_xmlid="mail.mt_comment",
            author_id=(self.user_id.partner_id or self.env.user.partner_id).id,
        )

    def _aftersales_note_asked(self):
        """The customer knows what it costs: an answer is waited for, until it is due."""
        now = fields.Datetime.now()
        unfinished = self.filtered(lambda repair: not repair._aftersales_is_settled())
        for repair in unfinished:
            first = repair.aftersales_needs_approval and not repair.aftersales_amount_approved
            due = first and consent.answer_due(now, repair.aftersales_plan_id.quote_hours)
            repair.write(
                {
                    "aftersales_date_asked": now,
                    "aftersales_date_seen": False,
                    "aftersales_date_answer_due": due or False,
                    "aftersales_date_return_due": False,
                }
            )
            if due:
                self._aftersales_wake_estimates_at(due + timedelta(seconds=1))
        unfinished.filtered("aftersales_needs_approval")._aftersales_wait()

    def _aftersales_note_seen(self):
        """The customer has the estimate on the screen."""
        now = fields.Datetime.now()
        for repair in self.filtered("aftersales_date_asked"):
            repair.aftersales_date_seen = repair.aftersales_date_seen or now

    # === WAITING === #

    def _aftersales_wait(self):
        """The case waits for the customer's approval; one that waits already goes on with that."""
        ready = self.sudo().aftersales_request_id.filtered(
            lambda request: request.state in TRANSITIONS["waiting"]
        )
        if ready:
            ready._wait(self.env.ref(REASON_APPROVAL))

    def _aftersales_go_on(self):
        """The customer answered: the case goes on, unless another repair of it is asked about."""
        waiting = self.sudo().aftersales_request_id.filtered(
            lambda request: request.state == "waiting" and request.pause_reason_id
        )
        if not waiting:
            return
        approval = self.env.ref(REASON_APPROVAL)
        waiting = waiting.filtered(
            lambda request: (
                request.pause_reason_id == approval
                and not any(
                    repair.aftersales_date_asked and repair.aftersales_needs_approval
                    for repair in request.repair_ids
                )
            )
        )
        if waiting:
            waiting.action_start()

    def _aftersales_stop_asking(self):
        """Nothing is asked about these repairs any more: they are over."""
        # superuser: who repairs need not be allowed to work on the case
        asked = self.sudo().filtered("aftersales_date_asked")
        asked.write({"aftersales_date_asked": False})
        asked._aftersales_go_on()

    def action_repair_done(self):
        res = super().action_repair_done()
        self._aftersales_stop_asking()
        return res

    def action_repair_cancel(self):
        """Nothing of it is charged or asked for any more: not its services either."""
        res = super().action_repair_cancel()
        self._aftersales_stop_asking()
        # superuser: whoever repairs need not be allowed to edit quotations
        for repair in self.sudo().filtered("aftersales_is_service"):
            repair.aftersales_cost_line_ids._charge_nothing()
            order = repair.sale_order_id
            left = order.order_line.filtered(lambda line: line.product_uom_qty)
            if order.state in ("draft", "sent") and not left:
                order._action_cancel()
        return res

    def action_repair_cancel_draft(self):
        """What is taken up again charges what it charged before."""
        res = super().action_repair_cancel_draft()
        for repair in self.sudo().filtered("aftersales_is_service"):
            order = repair.sale_order_id
            if order.state == "cancel" and repair._aftersales_owns_order():
                order.action_draft()  # takes up the lines, too
            else:
                repair._aftersales_charge_again()
        return res

    def _aftersales_charge_again(self):
        """Lines that were set to nothing when the work was called off."""
        dropped = self.move_ids.filtered(lambda move: move.state != "cancel").sale_line_id.filtered(
            lambda line: line.product_uom_id.is_zero(line.product_uom_qty)
        )
        dropped.move_ids._update_repair_sale_order_line()
        self.aftersales_cost_line_ids._charge_again()

    # === QUOTATIONS === #

    def _aftersales_follow_order(self, state):
        """The quotation of these repairs has come to a state."""
        if state == "sent":
            self._aftersales_note_asked()
        elif state == "sale":
            self._aftersales_note_order_answer("given")
        else:
            self._aftersales_note_order_answer("withdrawn")
        if state == "draft":
            kept = self.filtered(lambda repair: repair.state not in ("done", "cancel"))
            kept._aftersales_charge_again()
            self.write({"aftersales_date_asked": False, "aftersales_date_answer_due": False})
            self._aftersales_go_on()
        self._aftersales_look_at_orders()

    def _aftersales_look_at_orders(self):
        self.env.add_to_compute(self._fields["aftersales_estimate_state"], self)

    def _aftersales_note_order_answer(self, usual):
        """The answer that confirming or cancelling the order stands for.

        The context's ``aftersales_answer`` are values of the row where somebody answered; without
        it, an agreed estimate is withdrawn when its order is cancelled or drafted again.
        """
        said = dict(self.env.context.get("aftersales_answer") or {})
        answer = said.pop("answer", usual)
        said.pop("amount", None)
        for repair in self:
            if usual == "withdrawn" and answer in ("given", usual):
                last = repair._aftersales_last_answer("estimate")
                agreed = last.answer == "given" and last.sale_order_id == repair.sale_order_id
                if agreed:
                    values = said or {"channel": "system"}
                    repair._aftersales_note_consent("estimate", usual, **values)
                else:
                    repair.write({"aftersales_date_asked": False})
                    repair._aftersales_go_on()
            else:
                values = said or repair.sale_order_id._aftersales_describe_confirmation()
                repair._aftersales_note_consent("estimate", answer, **values)

    def _aftersales_join_order(self):
        """A repair of an order that is confirmed already: what was agreed to holds for it."""
        for repair in self.sudo().filtered("aftersales_is_service"):
            order = repair.sale_order_id
            if order.state == "sale" and not repair._aftersales_last_answer("estimate"):
                repair._aftersales_note_consent(
                    "estimate",
                    date=order.date_order,
                    **order._aftersales_describe_confirmation(),
                )

    @api.model_create_multi
    def create(self, vals_list):
        repairs = super().create(vals_list)
        if any(vals.get("sale_order_id") for vals in vals_list):
            repairs.filtered("sale_order_id")._aftersales_refuse_foreign_order()
            repairs.filtered("sale_order_id")._aftersales_join_order()
        return repairs

    def _aftersales_refuse_foreign_order(self):
        """A confirmed order means that its customer agreed: only who sells links one."""
        for order in self.sale_order_id if not self.env.su else ():
            # superuser: only whether it is confirmed
            sells = self.env["sale.order"].has_access("create")  # the store may write, too
            if order.sudo().state == "sale" and not sells:
                raise AccessError(
                    self.env._("Only salespeople link a confirmed order to a repair. Ask one.")
                )

    def write(self, vals):
        linked = vals.get("sale_order_id") and self.filtered(
            lambda repair: repair.sale_order_id.id != vals["sale_order_id"]
        )
        res = super().write(vals)
        if linked:
            linked.filtered("aftersales_is_service")._aftersales_refuse_foreign_order()
        if JOINS_ORDER & vals.keys():
            self.filtered("sale_order_id")._aftersales_join_order()
        if vals.get("aftersales_date_handed_back"):
            self.sudo()._aftersales_end_return()
        return res

    # === DECLINED UNITS === #

    def _aftersales_is_declined(self):
        """Nothing was begun, and the customer does not want it: handing back ends the job."""
        return self.state in ("draft", "confirmed") and self.aftersales_estimate_state in DECLINED

    def _aftersales_owes_return(self):
        """A declined unit is promised back. On site there is nothing to give back."""
        promised = self.aftersales_plan_id.decline_return_days > 0
        return promised and not (
            self.aftersales_is_at_customers or self.aftersales_date_handed_back
        )

    def _aftersales_promise_return(self):
        """The estimate was declined: the unit goes back, and somebody sees to it."""
        for repair in self.filtered(lambda repair: repair._aftersales_owes_return()):
            declined = repair._aftersales_last_answer("estimate").date
            due = repair._aftersales_get_return_due(declined)
            repair.aftersales_date_return_due = due
            user = repair._aftersales_get_responsible()
            repair.activity_unlink([ACTIVITY_HAND_BACK])
            repair.activity_schedule(
                ACTIVITY_HAND_BACK,
                date_deadline=local_date(due or declined, repair._aftersales_get_calendar()),
                summary=self.with_context(lang=user.lang).env._(
                    "Hand the unit back: the estimate was declined"
                ),
                user_id=user.id,
            )

    def _aftersales_get_calendar(self):
        return self.company_id.sudo().resource_calendar_id

    def _aftersales_get_return_due(self, declined):
        """The end of the n-th working day after the decline, whose day does not count (A5)."""
        calendar = self._aftersales_get_calendar()
        days = self.aftersales_plan_id.decline_return_days
        if not calendar:
            return declined + timedelta(days=days)
        times = WorkingTime(calendar._aftersales_month_loader(self.company_id))
        try:
            return times.until_end_of_day(declined, days, timezone(calendar.tz))
        except (NoWorkingTimeError, UserError) as error:
            self._message_log(
                body=self.env._(
                    "Nobody can tell when the unit is due back: %(reason)s Correct the working "
                    "hours of %(calendar)s.",
                    reason=str(error),
                    calendar=calendar.name,
                )
            )
            return False

    def _aftersales_keep_unit(self):
        """The customer agreed after all: the unit stays here to be repaired."""
        kept = self.filtered("aftersales_date_return_due")
        kept.write({"aftersales_date_return_due": False})
        self.activity_unlink([ACTIVITY_HAND_BACK])

    def _aftersales_end_return(self):
        """The declined unit is with its customer again; until when it was due stays on record."""
        self.activity_feedback([ACTIVITY_HAND_BACK])
