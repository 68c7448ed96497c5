from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Replies to requests that are merged or long closed go where somebody reads them."""
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        return self.env["aftersales.request"]._reroute_replies(routes or [])

    def _aftersales_post_template(self, template, recipient, **kwargs):
        """Post a mail template on this record, in the customer's language, to its recipient.

        ``kwargs`` go to ``message_post``; a body or subject in them replaces the template's.
        """
        self.ensure_one()
        company = self.company_id
        rendered = template._generate_template(self.ids, ("subject", "body_html", "email_from"))
        rendered = rendered[self.id]
        values = {
            "subject": rendered["subject"],
            "body": rendered["body_html"],
            "email_from": rendered["email_from"] or company.email_formatted,
            "author_id": company.partner_id.id,
            "partner_ids": recipient.ids,
            "subtype_xmlid": "mail.mt_comment",
            "email_layout_xmlid": "mail.mail_notification_light",
        }
        return self.message_post(**values | kwargs)
