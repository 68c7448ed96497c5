from odoo import fields, models


class AftersalesRequestPromise(models.TransientModel):
    """Tell the customer when it will be solved, and why it moved (C36)."""

    _name = "aftersales.request.promise"
    _description = "Tell the Customer When It Will Be Solved"
    _inherit = "aftersales.promise.mixin"
    _document = "request_id"
    _template = "aftersales_service.mail_template_request_promise"

    request_id = fields.Many2one("aftersales.request", required=True, ondelete="cascade")
    date_told = fields.Datetime(related="request_id.date_told")
    date_expected = fields.Datetime(string="Expected Resolution")
    recipient_id = fields.Many2one(related="request_id.recipient_id", string="Recipient")
    recipient_email = fields.Char(related="request_id.recipient_id.email", string="Address")

    def _propose(self):
        return self.request_id.date_expected

    def _record(self):
        self.request_id._record_promise(self.date_expected)

    def _get_note(self):
        return self.env._(
            "The customer was told to expect the resolution by %(time)s. %(reason)s",
            time=self.request_id._format_instant(self.date_expected),
            reason=self.reason or "",
        )
