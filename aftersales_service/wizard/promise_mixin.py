from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesPromiseMixin(models.AbstractModel):
    """A dialog that tells the customer a time, and why it moved (C36, R14.03).

    A dialog names its document in ``_document`` and its mail template in ``_template``, and has
    the fields ``date_told``, ``recipient_id`` and ``recipient_email`` of it.
    """

    _name = "aftersales.promise.mixin"
    _description = "Tell the Customer a Time"
    _document = ""
    _template = ""

    date_expected = fields.Datetime(
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
    subject = fields.Char(compute="_compute_preview", store=True, readonly=False)
    body = fields.Html(
        string="Preview",
        compute="_compute_preview",
        store=True,
        readonly=False,
        sanitize_style=True,
    )

    @api.depends(lambda self: (self._document,) if self._document else ())
    def _compute_date_expected(self):
        for promise in self:
            promise.date_expected = promise.date_expected or promise._propose()

    @api.depends(lambda self: ("date_expected", self._document) if self._document else ())
    def _compute_is_moved(self):
        for promise in self:
            told = promise.date_told
            promise.is_moved = bool(told and promise.date_expected and promise.date_expected > told)

    @api.depends(lambda self: (self._document,) if self._document else ())
    def _compute_way(self):
        for promise in self:
            promise.way = "mail" if promise.recipient_id.email else "otherwise"

    @api.depends(lambda self: (self._document, "date_expected", "reason") if self._document else ())
    def _compute_preview(self):
        template = self._get_template()
        for promise in self:
            document = promise._get_document()._origin
            if not (template and document and promise.date_expected):
                promise.subject = promise.body = False
                continue
            # superuser: a template is configuration; the document was read with the user's rights
            told = template.with_context(**promise._get_template_context()).sudo()
            values = told._generate_template(document.ids, ("subject", "body_html"))
            promise.subject = values[document.id]["subject"]
            promise.body = values[document.id]["body_html"]

    # === HOOKS === #

    def _propose(self):
        """The time the dialog opens with; False where nobody can tell."""
        return False

    def _record(self):
        """Note on the document that the customer knows ``date_expected`` from now on."""
        raise NotImplementedError

    def _get_note(self):
        """What the log says where it was not told by mail."""
        raise NotImplementedError

    # === ACTIONS === #

    def action_apply(self):
        """Record what the customer knows from now on, and mail it unless it was said already."""
        self.ensure_one()
        document = self._get_document()
        document.check_access("write")
        self._refuse_unclear()
        # worded before it is recorded: afterwards nothing moves any longer
        mail = {"subject": self.subject, "body": self.body}
        note = self._get_note()
        self._record()
        template = self._get_template()
        if self.way == "mail" and template:
            # superuser: reading the template; the message is written by the user
            document._aftersales_post_template(
                template.with_context(**self._get_template_context()).sudo(),
                self.recipient_id,
                author_id=self.env.user.partner_id.id,
                **mail,
            )
        else:
            document.message_post(body=note)
        return {"type": "ir.actions.act_window_close"}

    def _get_document(self):
        return self[self._document]

    def _get_template(self):
        return self.env.ref(self._template, raise_if_not_found=False)

    def _get_template_context(self):
        return {"aftersales_expected": self.date_expected, "aftersales_reason": self.reason}

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
