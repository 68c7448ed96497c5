from odoo import http
from odoo.http import request

from odoo.addons.sale.controllers.portal import CustomerPortal


class QuotationPortal(CustomerPortal):
    """Core's page of a quotation: what its customer declines there is an answer, with a reason."""

    @http.route()
    def portal_quote_decline(self, order_id, access_token=None, decline_message=None, **kwargs):
        request.update_context(
            aftersales_answer={
                "answer": "refused",
                "channel": "portal",
                "note": (decline_message or "").strip()[:200],
            }
        )
        return super().portal_quote_decline(
            order_id, access_token=access_token, decline_message=decline_message, **kwargs
        )
