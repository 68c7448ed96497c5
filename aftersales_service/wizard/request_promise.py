from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesRequestPromise(models.TransientModel):
    """Tell the customer when it will be solved, and why it moved (C36)."""

    _name = "aftersales.request.promise"
    _description = "Tell the Customer When It Will Be Solved"

    request_id = fields.Many2one("aftersales.request", required=True, ondelete="cascade")
    date_told = fields.Datetime(related="request_id.date_told")
    date_expected = fields.Datetime(
        string="Expected Resolution",
        required=True,
        compute="_compute_date_expected",
        store=True,
        precompute=True,
        readonly=False,
    )
    reason = fields.Char(help="Told to the customer as it is written here.")
    is_moved = fields.Boolean(compute="_compute_is_moved")
    way = fields.Selection(
        [("mail", "By mail"), ("otherwise", "I told them myself")],
        string="How",
        required=True,
        compute="_compute_way",
        store=True,
        precompute=True,
        readonly=False,
    )
    recipient_id = fields.Many2one(related="request_id.recipient_id", string="Recipient")
    recipient_email = fields.Char(related="request_id.recipient_id.email", string="Address")
    subject = fields.Char(compute="_compute_preview", store=True, readonly=False)
    body = fields.Html(
        string="Preview",
        compute="_compute_preview",
        store=True,
        readonly=False,
        sanitize_style=True,
    )

    @api.depends("request_id")
    def _compute_date_expected(self):
        for promise in self:
            promise.date_expected = promise.date_expected or promise.request_id.date_expected

    @api.depends("date_expected", "request_id")
    def _compute_is_moved(self):
        for promise in self:
            told = promise.request_id.date_told
            promise.is_moved = bool(told and promise.date_expected and promise.date_expected > told)

    @api.depends("request_id")
    def _compute_way(self):
        for promise in self:
            promise.way = "mail" if promise.request_id.recipient_id.email else "otherwise"

    @api.depends("request_id", "date_expected", "reason")
    def _compute_preview(self):
        template = self.env.ref(
            "aftersales_service.mail_template_request_promise", raise_if_not_found=False
        )
        for promise in self:
            request = promise.request_id._origin
            if not (template and request and promise.date_expected):
                promise.subject = promise.body = False
                continue
            told = template.with_context(
                aftersales_expected=promise.date_expected, aftersales_reason=promise.reason
            )
            # superuser: a template is configuration; the request was read with the user's rights
            values = told.sudo()._generate_template(request.ids, ("subject", "body_html"))
            promise.subject = values[request.id]["subject"]
            promise.body = values[request.id]["body_html"]

    def action_apply(self):
        """Record what the customer knows from now on, and mail it unless it was said already."""
        self.ensure_one()
        request = self.request_id
        request.check_access("write")
        self._refuse_unclear()
        request._record_promise(self.date_expected)
        template = self.env.ref(
            "aftersales_service.mail_template_request_promise", raise_if_not_found=False
        )
        if self.way == "mail" and template:
            # superuser: reading the template; the message is written by the user
            request._post_template(
                template.sudo().with_context(
                    aftersales_expected=self.date_expected, aftersales_reason=self.reason
                ),
                subject=self.subject,
                body=self.body,
                author_id=self.env.user.partner_id.id,
            )
        else:
            request.message_post(body=self._get_note())
        return {"type": "ir.actions.act_window_close"}

    def _refuse_unclear(self):
        if self.date_expected <= fields.Datetime.now():
            raise UserError(
                self.env._("Nobody can promise the past. Choose a time that is still to come.")
            )
        if self.is_moved and not (self.reason or "").strip():
            raise UserError(self.env._("The customer was told an earlier time. Say why it moves."))
        if self.way == "mail" and not self.recipient_email:
            raise UserError(
                self.env._(
                    "%(customer)s has no mail address. Enter one, or tell them yourself.",
                    customer=self.recipient_id.display_name or self.env._("The customer"),
                )
            )

    def _get_note(self):
        return self.env._(
            "The customer was told to expect the resolution by %(time)s. %(reason)s",
            time=self.request_id._format_instant(self.date_expected),
            reason=self.reason or "",
        )
