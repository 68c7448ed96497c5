from odoo import api, fields, models
from odoo.exceptions import UserError

from ..logic import consent
from ..models.repair_consent import ABOUT_MONEY
from ..models.vocabulary import CONSENT_CHANNELS, CONSENT_KINDS

#: What people say; that nobody said anything is found out by the scheduled action.
SAID = [("given", "Agreed"), ("refused", "Refused"), ("withdrawn", "Taken back")]


class AftersalesConsentAnswer(models.TransientModel):
    """Record what a customer said about a repair by phone or in person (C43).

    Repairs are read as superuser: salespeople record answers on their quotations and see no
    repairs; only the amounts and the name are shown.
    """

    _name = "aftersales.consent.answer"
    _description = "Record a Customer's Answer"

    repair_id = fields.Many2one("repair.order", required=True, readonly=True)
    repair_name = fields.Char(string="Repair Number", compute="_compute_facts")
    customer_name = fields.Char(string="Customer", compute="_compute_facts")
    currency_id = fields.Many2one("res.currency", compute="_compute_facts")
    kind = fields.Selection(
        CONSENT_KINDS,
        string="About",
        required=True,
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
    )
    answer = fields.Selection(SAID, required=True, default="given")
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="Taxes included: up to which total, or, for added work and materials, how much more.",
    )
    by_name = fields.Char(string="Said by", required=True, help="The person who answered.")
    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    channel = fields.Selection(
        [channel for channel in CONSENT_CHANNELS if channel[0] not in ("portal", "system")],
        string="How",
        required=True,
        default="phone",
    )
    note = fields.Char()
    attachment_ids = fields.Many2many("ir.attachment", string="Proof")
    amount_total = fields.Monetary(string="Charged to Customer", compute="_compute_facts")
    amount_approved = fields.Monetary(string="Approved Now", compute="_compute_facts")
    amount_known = fields.Monetary(
        string="Approved When This Was Opened",
        compute="_compute_amount_known",
        store=True,
        precompute=True,
        readonly=False,
    )
    amount_then = fields.Monetary(string="Approved Then", compute="_compute_amount_then")
    effect = fields.Char(string="Quotation", compute="_compute_effect")

    @api.depends("repair_id")
    def _compute_facts(self):
        for dialog in self:
            repair = dialog._get_repair()
            dialog.repair_name = repair.name
            dialog.customer_name = repair.partner_id.display_name
            dialog.currency_id = repair.aftersales_currency_id
            dialog.amount_total = repair.aftersales_amount_total
            dialog.amount_approved = repair.aftersales_amount_approved

    @api.depends("repair_id")
    def _compute_amount_known(self):
        for dialog in self:
            dialog.amount_known = dialog._get_repair().aftersales_amount_approved

    @api.depends("repair_id")
    def _compute_kind(self):
        """What is most likely asked about."""
        for dialog in self:
            repair = dialog._get_repair()
            dialog.kind = "estimate"
            if repair.aftersales_needs_contract:
                dialog.kind = "contract"
            elif repair.aftersales_needs_approval:
                dialog.kind = repair._aftersales_get_kind_to_ask()

    @api.depends("repair_id", "kind")
    def _compute_amount(self):
        for dialog in self:
            repair = dialog._get_repair()
            amounts = {
                "estimate": repair.aftersales_amount_total,
                "ceiling": repair.aftersales_amount_total,
                "added": repair.aftersales_amount_open,
                "material": repair.aftersales_amount_open,
            }
            dialog.amount = amounts.get(dialog.kind, 0.0)

    @api.depends("repair_id", "kind", "answer", "amount", "date")
    def _compute_amount_then(self):
        for dialog in self:
            rows = dialog._get_repair().aftersales_consent_ids._get_rule_rows()
            dialog.amount_then = consent.approved([*rows, *dialog._get_new_rows(rows)])

    def _get_new_rows(self, rows):
        """The answer as it will be recorded, for ``logic.consent``."""
        if not (self.kind and self.answer and self.date):
            return []
        return [
            consent.Row(
                kind=consent.Kind(self.kind),
                answer=consent.Answer(self.answer),
                at=self.date,
                number=max((row.number for row in rows), default=0) + 1,
                amount=self.amount,
                order=self._get_repair().sale_order_id.id or None,
            )
        ]

    @api.depends("repair_id", "kind", "answer")
    def _compute_effect(self):
        for dialog in self:
            order = dialog._get_repair().sale_order_id
            open_estimate = dialog.kind == "estimate" and order.state in ("draft", "sent")
            if not open_estimate:
                dialog.effect = False
            elif dialog.answer == "given":
                dialog.effect = self.env._("%s is confirmed.", order.name)
            else:
                dialog.effect = self.env._("%s is cancelled.", order.name)

    def _get_repair(self):
        return self.repair_id.sudo()

    @api.model_create_multi
    def create(self, vals_list):
        dialogs = super().create(vals_list)
        dialogs._refuse_strangers()
        return dialogs

    def action_apply(self):
        self.ensure_one()
        self._refuse_strangers()
        self._refuse_impossible()
        # two people on the phone: the second one sees what the first one recorded
        self._get_repair().lock_for_update()
        self._refuse_stale()
        said = {
            "by_name": self.by_name.strip(),
            "date": self.date,
            "channel": self.channel,
            "note": self.note,
            "attachment_ids": [fields.Command.set(self._take_proof().ids)],
        }
        if self.kind in ABOUT_MONEY and self.kind != "estimate":
            said["amount"] = self.amount
        self._get_repair()._aftersales_take_answer(self.kind, self.answer, **said)
        return {"type": "ir.actions.act_window_close"}

    def _refuse_strangers(self):
        """Who may repair, or may edit the quotation, may record what its customer said."""
        for dialog in self:
            order = dialog._get_repair().sale_order_id.with_env(self.env)
            if not (order and order.has_access("write")):
                dialog.repair_id.check_access("write")

    def _refuse_stale(self):
        repair = self._get_repair()
        known, now = self.amount_known, repair.aftersales_amount_approved
        if self.kind in ABOUT_MONEY and repair.aftersales_currency_id.compare_amounts(known, now):
            raise UserError(
                self.env._(
                    "Meanwhile something else was recorded: %s is approved now. Open this again.",
                    repair._aftersales_format(now),
                )
            )

    def _refuse_impossible(self):
        given = self.answer == "given"
        if not self.by_name.strip():
            raise UserError(self.env._("Say who answered."))
        if self.date > fields.Datetime.now():
            raise UserError(self.env._("Nobody has answered in the future. Correct the time."))
        nothing_more = self.kind == "added" and self._get_repair()._aftersales_get_unasked()
        if (
            given
            and self.kind in ("ceiling", "added", "material")
            and self.amount <= 0
            and not nothing_more
        ):
            raise UserError(self.env._("Say which amount the customer agreed to."))
        if given and self.kind == "contract" and not self.attachment_ids:
            raise UserError(
                self.env._("A repair contract needs its proof. Attach the signed contract.")
            )

    def _take_proof(self):
        """Files brought along become the repair's own: whoever sees it sees them."""
        # superuser: the files are the user's own; those of other documents stay there
        loose = self.attachment_ids.sudo().filtered(
            lambda file: (
                file.create_uid == self.env.user
                and (not file.res_id or file.res_model == self._name)
            )
        )
        loose.write({"res_model": "repair.order", "res_id": self._get_repair().id})
        return self.attachment_ids
