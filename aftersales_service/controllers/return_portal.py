from odoo import SUPERUSER_ID, http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import consteq
from odoo.tools.mimetypes import guess_mimetype

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from ..models.remedy_vocabulary import REMEDY_WHYS
from ..models.return_portal import ONLINE_WISHES
from ..models.vocabulary import label

LONGEST_TEXT = 2000
MOST_FILES = 5
LARGEST_FILE = 10 * 1024 * 1024
FILE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf")
FIELD = "quantity_"


class ReturnPortal(CustomerPortal):
    """Customers ask for returns of their orders, and see where these stand.

    They have no right on returns at all: what they see is chosen in ``_show``, for returns of their
    own company or the one whose token they hold. What they post is quantities of what the order
    delivered, two choices, a text, and pictures.
    """

    # === LISTS === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "return_count" in counters:
            Return = request.env["aftersales.return"].sudo()
            values["return_count"] = Return.search_count(self._get_own_returns(), limit=1)
        return values

    def _get_own_returns(self):
        partner = request.env.user.partner_id.commercial_partner_id
        return Domain("partner_id", "child_of", partner.ids) & Domain("state", "!=", "draft")

    @http.route(
        ["/my/returns", "/my/returns/page/<int:page>"], type="http", auth="user", website=True
    )
    def portal_my_returns(self, page=1, **_kwargs):
        # superuser: the domain keeps to the customer's own
        Return = request.env["aftersales.return"].sudo()
        domain = self._get_own_returns()
        pages = pager(
            url="/my/returns",
            total=Return.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        returns = Return.search(
            domain, order="id desc", limit=self._items_per_page, offset=pages["offset"]
        )
        return request.render(
            "aftersales_service.portal_my_returns",
            {
                **self._prepare_portal_layout_values(),
                "returns": returns,
                "page_name": "return",
                "pager": pages,
                "default_url": "/my/returns",
            },
        )

    # === ASKING === #

    @http.route(["/my/orders/<int:order_id>/return"], type="http", auth="public", website=True)
    def portal_ask_for_return(self, order_id, access_token=None, **post):
        try:
            order = self._document_check_access("sale.order", order_id, access_token=access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        order = order.with_company(order.company_id)
        if not order._aftersales_takes_returns_online():
            return request.redirect(order.get_portal_url())
        if request.httprequest.method != "POST":
            return self._render_question(order, {})
        try:
            with request.env.cr.savepoint():
                returned = order._aftersales_return_online(**self._get_wishes(post))
        except UserError as refusal:
            return self._render_question(order, post, error=str(refusal))
        return request.redirect(returned.get_portal_url(query_string="&message=asked"))

    def _get_wishes(self, post):
        """What was posted, as the order takes it."""
        return {
            "quantities": self._get_quantities(post),
            "why": post.get("why"),
            "wish": post.get("wish"),
            "description": (post.get("description") or "").strip()[:LONGEST_TEXT],
            "files": self._get_files(),
        }

    def _get_quantities(self, post):
        quantities = {}
        for name, typed in post.items():
            text = str(typed).strip().replace(",", ".")
            if not name.startswith(FIELD) or not text:
                continue
            try:
                quantity = float(text)
            except ValueError:
                quantity = -1.0
            if not 0 <= quantity < 1e9:  # nan, too, is no quantity
                raise UserError(request.env._("“%s” is no quantity.", str(typed)[:20]))
            if quantity:
                quantities[name.removeprefix(FIELD)] = quantity
        return quantities

    def _get_files(self):
        """``[(name, content)]`` of pictures and papers; anything else is refused."""
        files = []
        for file in request.httprequest.files.getlist("files"):
            if not file.filename:
                continue
            content = file.read(LARGEST_FILE + 1)
            is_known = guess_mimetype(content) in FILE_TYPES
            if len(files) >= MOST_FILES or len(content) > LARGEST_FILE or not is_known:
                raise UserError(
                    request.env._(
                        "Please attach at most %(number)s pictures or PDF files of %(size)s MB.",
                        number=MOST_FILES,
                        size=LARGEST_FILE // 1024**2,
                    )
                )
            files.append((file.filename[:100], content))
        return files

    def _render_question(self, order, typed, *, error=None):
        Line = request.env["aftersales.return.line"]
        return request.render(
            "aftersales_service.portal_ask_for_return",
            {
                "page_name": "return",
                "no_breadcrumbs": request.env.user._is_public(),
                "order": order,
                "rows": order._aftersales_get_online_rows(),
                "whys": [(why, label(Line, "why", why)) for why, _words in REMEDY_WHYS],
                "wishes": [(wish, label(Line, "wish", wish)) for wish in ONLINE_WISHES],
                "typed": typed,
                "error_message": error,
                "action": order.get_portal_url(suffix="/return"),
            },
        )

    # === ONE RETURN === #

    @http.route(["/my/returns/<int:return_id>"], type="http", auth="public", website=True)
    def portal_my_return(self, return_id, access_token=None, report_type=None, message=None, **_kw):
        returned = self._find_return(return_id, access_token)
        if not returned:
            return self._refuse_return()
        if report_type == "pdf" and returned._show()["has_form"]:
            return self._show_report(
                returned, "pdf", "aftersales_service.action_report_return_form", download=True
            )
        return self._render_return(returned, access_token, message=message)

    @http.route(
        ["/my/returns/<int:return_id>/withdraw"],
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_withdraw_return(self, return_id, access_token=None, **_post):
        returned = self._find_return(return_id, access_token)
        if not returned:
            return self._refuse_return()
        try:
            with request.env.cr.savepoint():
                returned._withdraw_online()
        except UserError as refusal:
            return self._render_return(returned, access_token, error=str(refusal))
        return request.redirect(returned.get_portal_url())

    def _find_return(self, return_id, access_token):
        """The return, as superuser, that this visitor may see; empty for any other."""
        returned = request.env["aftersales.return"].with_user(SUPERUSER_ID).browse(return_id)
        returned = returned.exists().filtered(lambda order: order.state != "draft")
        if not returned:
            return returned
        returned = returned.with_company(returned.company_id)
        token, user = returned.access_token, request.env.user
        if token and access_token and consteq(token, access_token):
            return returned
        own = returned.partner_id.commercial_partner_id == user.partner_id.commercial_partner_id
        return returned if own and not user._is_public() else returned.browse()

    def _refuse_return(self):
        values = {"page_name": "return", "no_breadcrumbs": True}
        response = request.render("aftersales_service.portal_return_refused", values)
        response.status_code = 403
        return response

    def _render_return(self, returned, access_token, *, message=None, error=None):
        values = self._get_page_view_values(
            returned,
            access_token if access_token == returned.access_token else None,
            {
                "page_name": "return",
                "returned": returned,
                "shown": returned._show(),
                "token_value": returned._portal_ensure_token(),
                "message": message if message == "asked" else None,
                "error_message": error,
            },
            "my_returns_history",
            no_breadcrumbs=request.env.user._is_public(),
        )
        return request.render("aftersales_service.portal_my_return", values)
