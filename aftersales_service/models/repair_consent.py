from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..logic import consent

#: Kinds that are about money; a given one may let the work begin or go on.
ABOUT_MONEY = ("estimate", "ceiling", "added", "material")
#: What follows from what customers said: nobody types it in.
FROM_CONSENTS = frozenset(
    {
        "aftersales_consent_ids",
        "aftersales_estimate_state",
        "aftersales_amount_approved",
        "aftersales_date_asked",
        "aftersales_date_seen",
        "aftersales_date_answer_due",
        "aftersales_date_return_due",
    }
)


class RepairOrder(models.Model):
    """What the customer of a repair agreed to, and what work may be done for it (C43).

    1. The customer is asked: by core's quotation, or by a link to the repair's own page.
    2. Every answer is a row; the approved amount follows from the rows.
    3. Charged work starts, and ends, only within the approved amount.
    """

    _inherit = "repair.order"

    aftersales_consent_ids = fields.One2many("aftersales.consent", "repair_id")
    aftersales_amount_approved = fields.Monetary(
        string="Approved",
        compute="_compute_aftersales_amount_approved",
        store=True,
        currency_field="aftersales_currency_id",
        help="Up to which total, taxes included, the customer agreed to pay.",
    )
    aftersales_amount_open = fields.Monetary(
        string="Not Approved Yet",
        compute="_compute_aftersales_amount_open",
        currency_field="aftersales_currency_id",
    )
    aftersales_needs_approval = fields.Boolean(
        string="Approval Needed",
        compute="_compute_aftersales_amount_open",
        search="_search_aftersales_needs_approval",
        help="The customer would pay more than was agreed to.",
    )
    aftersales_needs_contract = fields.Boolean(
        string="Repair Contract Needed", compute="_compute_aftersales_needs_contract"
    )

    # === COMPUTE === #

    @api.depends(
        "aftersales_consent_ids.kind",
        "aftersales_consent_ids.answer",
        "aftersales_consent_ids.amount",
        "aftersales_consent_ids.date",
    )
    def _compute_aftersales_amount_approved(self):
        for repair in self:
            rows = repair.sudo().aftersales_consent_ids._get_rule_rows()
            repair.aftersales_amount_approved = consent.approved(rows)

    @api.depends(
        "aftersales_amount_total",
        "aftersales_amount_approved",
        "aftersales_plan_id.needs_consent",
        "aftersales_is_service",
        "aftersales_date_closed",
        "aftersales_consent_ids.items",
        "state",
    )
    def _compute_aftersales_amount_open(self):
        self.aftersales_amount_open = 0.0
        self.aftersales_needs_approval = False
        asking = self.filtered(lambda repair: repair._aftersales_asks_consent())
        for repair in asking.filtered(lambda repair: not repair._aftersales_is_settled()):
            more = repair.aftersales_amount_total - repair.aftersales_amount_approved
            if repair.aftersales_currency_id.compare_amounts(more, 0) > 0:
                repair.aftersales_amount_open = more
                repair.aftersales_needs_approval = True
            elif repair._aftersales_get_unasked():
                repair.aftersales_needs_approval = True

    def _aftersales_is_settled(self):
        """Nothing is agreed any more: it is cancelled, or the job is closed."""
        return self.state == "cancel" or bool(self.aftersales_date_closed)

    def _aftersales_get_unasked(self):
        """Charged ``Item``s that came in after the customer had agreed to others (R07.07)."""
        self.ensure_one()
        if not self.aftersales_amount_approved or not self._aftersales_asks_consent():
            return []
        items = {item.key: item for item in self._aftersales_get_items()}
        keys = consent.unasked(
            self.sudo().aftersales_consent_ids._get_rule_rows(),
            {key: item.total for key, item in items.items()},
            self.aftersales_amount_total,
        )
        return [items[key] for key in keys]

    def _search_aftersales_needs_approval(self, operator, _value):
        """The framework asks for ``in [True]``; only what is not closed can need anything."""
        if operator != "in":
            return NotImplemented
        open_jobs = self.search(
            [
                ("aftersales_is_service", "=", True),
                ("aftersales_date_closed", "=", False),
                ("state", "!=", "cancel"),
            ]
        )
        return [("id", "in", open_jobs.filtered("aftersales_needs_approval").ids)]

    def _aftersales_asks_consent(self):
        """Charged work on this repair waits for the customer; without a plan, too."""
        plan = self.sudo().aftersales_plan_id
        return self.aftersales_is_service and (not plan or plan.needs_consent)

    @api.depends(
        "aftersales_plan_id.needs_contract",
        "aftersales_claim_id.reason",
        "aftersales_claim_id.state",
        "aftersales_consent_ids.answer",
    )
    def _compute_aftersales_needs_contract(self):
        """Misuse while the cover runs is repaired under a contract (R33.03)."""
        for repair in self:
            claim = repair.sudo().aftersales_claim_id
            repair.aftersales_needs_contract = (
                repair.aftersales_is_service
                and repair.sudo().aftersales_plan_id.needs_contract
                and claim.state != "cancelled"
                and claim.reason == "excluded"
                and repair._aftersales_last_answer("contract").answer != "given"
            )

    # === ROWS === #

    def _aftersales_note_consent(self, kind, answer="given", **values):
        """Record what the customer of these repairs said; returns the rows.

        An estimate that is agreed to is recorded with its total and its items, unless other
        ``values`` of the row are given.
        """
        # superuser: customers answer on the portal, and jobs on their behalf
        repairs = self.sudo()
        rows = self.env["aftersales.consent"].sudo()
        rows = rows.create(
            [
                repair._aftersales_prepare_consent(kind, answer) | {"answer": answer, **values}
                for repair in repairs
            ]
        )
        for repair, row in zip(repairs, rows, strict=True):
            repair._message_log(body=row._describe())
        if kind in ABOUT_MONEY:
            repairs._aftersales_after_answer(kind, answer)
        return rows

    def _aftersales_prepare_consent(self, kind, answer):
        values = {"repair_id": self.id, "kind": kind, "partner_id": self.partner_id.id}
        if kind in ABOUT_MONEY:
            values["sale_order_id"] = self.sale_order_id.id
        if answer == "given" and kind in ("estimate", "added", "material"):
            values["items"] = [item.to_json() for item in self._aftersales_get_items()]
        if answer == "given" and kind in ("estimate", "added"):
            added = kind == "added"
            values["amount"] = (
                self.aftersales_amount_open if added else self.aftersales_amount_total
            )
        return values

    def _aftersales_get_kind_to_ask(self):
        """What the customer is asked next: the estimate, or what was added to an agreed one."""
        order = self.sudo().sale_order_id
        agreed = self.aftersales_amount_approved and order.state not in ("draft", "sent", "cancel")
        return "added" if agreed else "estimate"

    def _aftersales_get_responsible(self):
        """Who sees to what went wrong with this repair."""
        return (
            self.user_id
            or self.sudo().aftersales_request_id.user_id
            or self.company_id.sudo().aftersales_manager_id
        )

    def _aftersales_last_answer(self, kind):
        """The answer of a kind that holds; empty where nobody was asked."""
        self.ensure_one()
        rows = self.sudo().aftersales_consent_ids
        last = consent.last(rows._get_rule_rows(), consent.Kind(kind))
        return rows.browse(last.number if last else ())

    # === ANSWERS === #

    def _aftersales_take_answer(self, kind, answer, **said):
        """What the customer said about this repair, with all that follows from it.

        An agreed estimate confirms its quotation and a refused one cancels it, as core does.
        ``said`` are values of the row: by_name, channel, date, note, amount, attachment_ids.

        :raise UserError: nobody may answer any more, or the answer came too late
        """
        self.ensure_one()
        order = self.sudo().sale_order_id
        if kind == "added" and order.state in ("draft", "sent", "cancel"):
            kind = "estimate"  # the quotation holds what was added, and waits for its own answer
        self._aftersales_refuse_answer(kind, said.get("date"))
        if kind in ABOUT_MONEY and answer == "given":
            self._aftersales_revive(order)
        if kind == "estimate" and order.state in ("draft", "sent"):
            said["answer"] = answer
            self._aftersales_close_quotation(order.with_context(aftersales_answer=said))
            return
        if kind == "estimate" and answer != "given" and order.state == "sale":
            self._aftersales_take_back(order, answer, said)
            return
        self._aftersales_note_consent(kind, answer, **said)
        ready = kind == "ceiling" and answer == "given" and not self.aftersales_needs_approval
        if ready and order.state in ("draft", "sent"):
            said = {key: value for key, value in said.items() if key != "amount"}
            self._aftersales_take_answer("estimate", "given", **said)

    def _aftersales_take_back(self, order, answer, said):
        """The customer no longer wants what was ordered: the order goes, where it still can."""
        touched = order.order_line.filtered(lambda line: line.qty_invoiced or line.qty_delivered)
        if self._aftersales_owns_order() and not touched:
            said["answer"] = answer
            order.with_context(aftersales_answer=said)._action_cancel()
            return
        self._aftersales_note_consent("estimate", answer, **said)
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Settle %s: the customer took it back", order.name),
            note=self.env._(
                "It is delivered, invoiced, or shared with other work, so it was not cancelled."
            ),
            user_id=self._aftersales_get_responsible().id,
        )

    @api.model
    def _aftersales_close_quotation(self, order):
        """Confirm or cancel a quotation as its customer answered; who reads mails gets one."""
        said = order.env.context["aftersales_answer"]
        if said["answer"] != "given":
            order._action_cancel()
        elif said.get("channel") == "portal":
            order._validate_order()
        else:
            order.action_confirm()

    def _aftersales_refuse_answer(self, kind, at=None):
        if self.state == "cancel":
            raise UserError(
                self.env._("%s is cancelled: there is nothing to agree to any more.", self.name)
            )
        if kind == "estimate" and self._aftersales_is_late(at or fields.Datetime.now()):
            raise UserError(
                self.env._(
                    "The estimate of %(repair)s was valid until %(due)s. Without an answer by then "
                    "it counts as declined. Set the quotation to draft and send it again.",
                    repair=self.name,
                    due=self._aftersales_format_instant(self.aftersales_date_answer_due),
                )
            )

    def _aftersales_is_late(self, at):
        """Whether an answer at a moment comes too late for the estimate that was sent last."""
        return self.aftersales_estimate_state in ("sent", "seen", "expired") and consent.is_late(
            at, self.aftersales_date_answer_due or None
        )

    def _aftersales_revive(self, order):
        """The customer had agreed in time: what was declined meanwhile is open again."""
        if order.state == "cancel":
            order.action_draft()

    def _aftersales_after_answer(self, kind, answer):
        """Nobody waits for this answer any longer."""
        answered = self.filtered(
            lambda repair: answer != "given" or not repair.aftersales_needs_approval
        )
        answered.write({"aftersales_date_asked": False})
        answered._aftersales_go_on()
        if answer == "given":
            answered.aftersales_request_id._note_fact("date_consent")
            answered._aftersales_keep_charges()
            answered._aftersales_keep_unit()
        elif kind == "estimate" and answer in ("refused", "expired"):
            answered._aftersales_promise_return()

    def _aftersales_keep_charges(self):
        """Lines added to a confirmed order keep the charge they were agreed to with."""
        lines = self.sale_order_id.order_line.filtered(
            lambda line: line.state == "sale" and not line.aftersales_agreed
        )
        lines._aftersales_agree_on_charges()

    # === ACTIONS === #

    def action_aftersales_record_answer(self):
        """Record in a dialog what the customer said by phone or in person."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Answer"),
            "res_model": "aftersales.consent.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_repair_id": self.id},
        }

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._aftersales_refuse_forged_consent(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._aftersales_refuse_forged_consent([vals])
        former = {}
        if vals.keys() & {"partner_id", "aftersales_unit_id", "lot_id", "product_id"}:
            former = {repair: repair._aftersales_get_asked() for repair in self}
        res = super().write(vals)
        for repair, asked in former.items():
            if asked != repair._aftersales_get_asked():
                repair._aftersales_forget_consents()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        """What a customer said stays on record."""
        # superuser: answers count whoever may read them
        if answered := self.filtered(lambda repair: repair.sudo().aftersales_consent_ids)[:1]:
            raise UserError(
                self.env._(
                    "%s keeps what its customer said. Cancel it instead of deleting it.",
                    answered.name,
                )
            )

    def _aftersales_get_asked(self):
        """Whom a consent is of, and about what."""
        repair = self.sudo()
        return (
            repair.partner_id.commercial_partner_id,
            repair.aftersales_unit_id or repair.lot_id or repair.product_id,
        )

    def _aftersales_forget_consents(self):
        """Another customer, or another unit: nobody agreed to that, and old links are void."""
        # superuser: answers are recorded, never typed; links belong to nobody
        repair = self.sudo()
        if repair.access_token:
            repair.access_token = False
        if not repair.aftersales_amount_approved:
            return
        note = self.env._("The repair is for another customer or another unit now.")
        for kind in ("estimate", "ceiling"):
            if repair._aftersales_last_answer(kind).answer == "given":
                repair._aftersales_note_consent(kind, "withdrawn", channel="system", note=note)

    @api.model
    def _aftersales_refuse_forged_consent(self, vals_list):
        if not self.env.su and any(FROM_CONSENTS & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._("What a customer agreed to is not typed in. Use “Record Answer”.")
            )
