from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Replies to requests that are merged or long closed go where somebody reads them."""
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        return self.env["aftersales.request"]._reroute_replies(routes or [])
