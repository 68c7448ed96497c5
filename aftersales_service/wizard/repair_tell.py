from odoo import api, fields, models


class AftersalesRepairTell(models.TransientModel):
    """Tell the customer when a repair is ready, and why that moved (R14.03, R45.02)."""

    _name = "aftersales.repair.tell"
    _description = "Tell the Customer When a Repair Is Ready"
    _inherit = "aftersales.promise.mixin"
    _document = "repair_id"
    _template = "aftersales_service.mail_template_repair_promise"

    repair_id = fields.Many2one("repair.order", required=True, ondelete="cascade")
    date_told = fields.Datetime(
        related="repair_id.aftersales_date_promised", string="Promised Before"
    )
    date_expected = fields.Datetime(string="Promised Completion")
    is_overdue = fields.Boolean(compute="_compute_is_overdue")
    date_proposed = fields.Datetime(
        string="Could Be Ready",
        compute="_compute_date_proposed",
        help="By labour hours, what its responsible has in work, parts and working hours.",
    )
    recipient_id = fields.Many2one("res.partner", compute="_compute_recipient_id")
    recipient_email = fields.Char(related="recipient_id.email", string="Address")
    may_suggest_loaner = fields.Boolean(compute="_compute_may_suggest_loaner")
    suggests_loaner = fields.Boolean(
        string="Suggest a Loaner",
        compute="_compute_suggests_loaner",
        store=True,
        precompute=True,
        readonly=False,
        help="The customer is asked whether a loaner helps until it is ready.",
    )

    @api.depends("date_told")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for promise in self:
            promise.is_overdue = bool(promise.date_told and promise.date_told < now)

    @api.depends("repair_id")
    def _compute_date_proposed(self):
        for promise in self:
            repair = promise.repair_id._origin
            promise.date_proposed = repair and repair._aftersales_propose_completion()

    @api.depends("repair_id")
    def _compute_recipient_id(self):
        for promise in self:
            repair = promise.repair_id
            promise.recipient_id = repair and repair._aftersales_get_recipient()

    @api.depends("repair_id")
    def _compute_may_suggest_loaner(self):
        for promise in self:
            repair = promise.repair_id
            promise.may_suggest_loaner = repair and repair._aftersales_offers_loaner()

    @api.depends("is_moved", "may_suggest_loaner")
    def _compute_suggests_loaner(self):
        for promise in self:
            promise.suggests_loaner = promise.is_moved and promise.may_suggest_loaner

    @api.depends("suggests_loaner")
    def _compute_preview(self):
        return super()._compute_preview()

    def _propose(self):
        return self.repair_id.aftersales_date_promised or self.date_proposed

    def _record(self):
        self.repair_id._aftersales_record_promise(
            self.date_expected,
            reason=self.reason,
            way=self.way,
            suggests_loaner=self.suggests_loaner,
        )

    def _get_template_context(self):
        repair = self.repair_id
        return super()._get_template_context() | {
            "aftersales_former": self.is_moved and repair.aftersales_date_promised,
            "aftersales_loaner": self.suggests_loaner,
        }

    def _get_note(self):
        sentences = [
            self.env._(
                "The customer was told to expect the repaired unit by %(time)s.",
                time=self.repair_id._aftersales_format_instant(self.date_expected),
            ),
            self.reason or "",
            self.env._("A loaner was suggested.") if self.suggests_loaner else "",
        ]
        return " ".join(filter(None, sentences))
