import logging

from odoo import SUPERUSER_ID, fields, http
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import consteq, float_repr, plaintext2html

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

_logger = logging.getLogger(__name__)

#: What a page may be told by its address: a key, never a text.
MESSAGES = frozenset({"approved", "limit", "refused", "asked"})
LONGEST_NAME, LONGEST_TEXT = 80, 2000


class RepairPortal(CustomerPortal):
    """A customer's repairs: how they stand, what they cost, and the answers to that.

    Customers have no right on repairs at all: what they see is chosen here, item by item, for
    repairs of their own company or the one whose token they hold. Answers are posted with a token
    against forgery; nothing but a name, a text and a limit is taken from what is posted.
    """

    # === LISTS === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        Repair = request.env["repair.order"].sudo()
        if "repair_count" in counters:
            values["repair_count"] = Repair.search_count(self._get_own_repairs(), limit=1)
        if "repair_answer_count" in counters:
            values["repair_answer_count"] = Repair.search_count(
                self._get_own_repairs() & Domain("aftersales_date_asked", "!=", False)
            )
        return values

    def _get_own_repairs(self):
        partner = request.env.user.partner_id.commercial_partner_id
        return Domain("partner_id", "child_of", partner.ids) & Domain(
            "aftersales_is_service", "=", True
        )

    @http.route(
        ["/my/repairs", "/my/repairs/page/<int:page>"], type="http", auth="user", website=True
    )
    def portal_my_repairs(self, page=1, **_kwargs):
        # superuser: the domain keeps to the customer's own
        Repair = request.env["repair.order"].sudo()
        domain = self._get_own_repairs()
        pages = pager(
            url="/my/repairs",
            total=Repair.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        repairs = Repair.search(
            domain, order="id desc", limit=self._items_per_page, offset=pages["offset"]
        )
        return request.render(
            "aftersales_service.portal_my_repairs",
            {
                **self._prepare_portal_layout_values(),
                "repairs": repairs,
                "page_name": "repair",
                "pager": pages,
                "default_url": "/my/repairs",
            },
        )

    # === ONE REPAIR === #

    @http.route(["/my/repairs/<int:repair_id>"], type="http", auth="public", website=True)
    def portal_my_repair(self, repair_id, access_token=None, message=None, **_kwargs):
        repair = self._find_repair(repair_id, access_token)
        if not repair:
            return self._refuse_link()
        preview = request.httprequest.headers.get("Odoo-Link-Preview") == "True"
        if request.env.user.share and not preview:
            repair._aftersales_note_seen()
        return self._render_repair(
            repair, access_token, message=message if message in MESSAGES else None
        )

    @http.route(["/my/repairs/<int:repair_id>/approve"], type="http", auth="public", website=True)
    def portal_approve_repair(self, repair_id, access_token=None, **post):
        """Agree to the estimate, to added work, or to go ahead up to a limit."""

        def approve(repair):
            name = self._get_name(post)
            if limit := (post.get("limit") or "").strip():
                repair._aftersales_agree_up_to(limit, name)
                return "limit"
            repair._aftersales_agree_online(post.get("total"), name)
            return "approved"

        return self._answer(repair_id, access_token, approve)

    @http.route(["/my/repairs/<int:repair_id>/refuse"], type="http", auth="public", website=True)
    def portal_refuse_repair(self, repair_id, access_token=None, **post):
        def refuse(repair):
            reason = self._get_text(post, "reason")
            repair._aftersales_refuse_online(self._get_name(post), reason)
            self._post_message(repair, reason)
            return "refused"

        return self._answer(repair_id, access_token, refuse)

    @http.route(["/my/repairs/<int:repair_id>/ask"], type="http", auth="public", website=True)
    def portal_ask_about_repair(self, repair_id, access_token=None, **post):
        def ask(repair):
            self._post_message(repair, self._get_text(post, "question"))
            return "asked"

        return self._answer(repair_id, access_token, ask, about_money=False)

    # === ACCESS === #

    def _find_repair(self, repair_id, access_token):
        """The repair, as superuser, that this visitor may see; empty for any other."""
        repair = request.env["repair.order"].with_user(SUPERUSER_ID).browse(repair_id).exists()
        repair = repair.filtered("aftersales_is_service")
        if not repair:
            return repair
        repair = repair.with_company(repair.company_id)
        token = repair.access_token
        if token and access_token and consteq(token, access_token):
            return repair
        user = request.env.user
        own = repair.partner_id.commercial_partner_id == user.partner_id.commercial_partner_id
        return repair if own and not user._is_public() else repair.browse()

    def _refuse_link(self):
        values = {"page_name": "repair", "no_breadcrumbs": True}
        response = request.render("aftersales_service.portal_repair_refused", values)
        response.status_code = 403
        return response

    def _log_foreign_token(self, repair_id, access_token):
        """Somebody tried to answer with the key of another repair: that one's chatter says so."""
        _logger.info("An answer about the repair %s came with a wrong token.", repair_id)
        if not access_token:
            return
        repairs = request.env["repair.order"].with_user(SUPERUSER_ID)
        if repairs.search_count([("access_token", "=", access_token)], limit=1):
            repairs.browse(repair_id).exists()._aftersales_log_refusal(
                request.env._("it came with the link of another repair")
            )

    def _answer(self, repair_id, access_token, act, *, about_money=True):
        """Let ``act(repair)`` record an answer; say and log why where it cannot."""
        repair = self._find_repair(repair_id, access_token)
        if not repair:
            self._log_foreign_token(repair_id, access_token)
            return self._refuse_link()
        error = None
        try:
            if request.httprequest.method != "POST":
                raise UserError(
                    request.env._(
                        "Opening a link is no answer. Please use the button on this page."
                    )
                )
            repair.lock_for_update()
            with request.env.cr.savepoint():
                message = act(repair)
        except LockError:
            error = request.env._("Somebody is working on this. Please try again in a moment.")
        except UserError as refusal:
            error = str(refusal)
        if not error:
            url = repair.get_portal_url(query_string=f"&message={message}")
            return request.redirect(url)
        if about_money:
            repair._aftersales_log_refusal(error)
        return self._render_repair(repair, access_token, error=error)

    # === WHAT IS POSTED === #

    def _get_name(self, post):
        user = request.env.user
        name = (post.get("name") or "").strip()[:LONGEST_NAME]
        if not name and not user._is_public():
            name = user.name
        if not name:
            raise UserError(request.env._("Please type your name."))
        return name

    def _get_text(self, post, field):
        text = (post.get(field) or "").strip()[:LONGEST_TEXT]
        if not text:
            raise UserError(request.env._("Please write a few words."))
        return text

    def _post_message(self, repair, text):
        user = request.env.user
        author = repair.partner_id if user._is_public() else user.partner_id
        in_charge = repair.user_id or repair.aftersales_request_id.user_id
        repair.message_post(
            body=plaintext2html(text),
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=in_charge.partner_id.ids,
        )

    # === PAGE === #

    def _render_repair(self, repair, access_token, *, message=None, error=None):
        user = request.env.user
        values = self._get_page_view_values(
            repair,
            access_token if access_token == repair.access_token else None,
            {
                "page_name": "repair",
                "repair": repair,
                "estimate": repair._aftersales_show_estimate(),
                "message": message,
                "error_message": error,
                "visitor": "" if user._is_public() else user.name,
                "token_value": repair._portal_ensure_token(),
                "now": fields.Datetime.now(),
                "float_repr": float_repr,
            },
            "my_repairs_history",
            no_breadcrumbs=user._is_public(),
        )
        return request.render("aftersales_service.portal_my_repair", values)
