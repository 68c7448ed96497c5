import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from .unit import IN_PLAY
from .vocabulary import FINISHED

#: How long a reply by mail reopens a closed request; later it opens a new one.
REOPENED_WITHIN = timedelta(days=30)
#: Texts that may be serials: letters and digits, and what stands between them.
SERIAL_LIKE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_\-]+[A-Za-z0-9]")
#: How many of them are looked up, so that a long mail costs no more than a short one.
MOST_SERIALS = 200
#: What only the addon records: what the customer was told, and what became of a duplicate.
RECORDED = frozenset({"date_told", "told_on", "acknowledged_on", "merged_into_id"})
#: What only the steps of a case set, and how a new one begins.
REACHED = {"name": "/", "state": "new", "date_resolved": False, "date_closed": False}


class AftersalesRequest(models.Model):
    """How requests come in: by whom, for whom, and by mail to a team's address."""

    _inherit = "aftersales.request"

    contact_id = fields.Many2one(
        "res.partner",
        tracking=True,
        index="btree_not_null",
        help="Who is to be called or written to, if not the customer itself.",
    )
    recipient_id = fields.Many2one(
        "res.partner", compute="_compute_recipient_id", help="Whom mails go to."
    )
    origin_id = fields.Many2one(
        "aftersales.request",
        string="Follows",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The earlier request that this one goes on with, or is a duplicate of.",
    )
    acknowledged_on = fields.Datetime(readonly=True, copy=False)
    date_closed = fields.Datetime(string="Closed on", readonly=True, copy=False)
    handling_note = fields.Text(string="Special Handling", compute="_compute_handling_note")

    @api.depends("contact_id", "partner_id")
    def _compute_recipient_id(self):
        for request in self:
            request.recipient_id = request.contact_id or request.partner_id

    @api.depends("partner_id.aftersales_note", "site_id.aftersales_note", "contact_id")
    def _compute_handling_note(self):
        """What is special about customer, site and contact; each note once."""
        for request in self.sudo():
            partners = (
                request.partner_id.commercial_partner_id
                | request.partner_id
                | request.site_id
                | request.contact_id
            )
            notes = dict.fromkeys(filter(None, partners.mapped("aftersales_note")))
            request.handling_note = "\n".join(notes) or False

    def _mail_get_partners(self, introspect_fields=False):
        """Mails go to the contact, where there is one."""
        return {request.id: request.contact_id or request.partner_id for request in self}

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Answers go to the team's address; without one, where Odoo sends them."""
        teams = self.sudo().team_id
        addresses = teams._notify_get_reply_to(default=default, author_id=author_id)
        res = {
            request.id: addresses[request.team_id.id] for request in self.sudo() if request.team_id
        }
        homeless = self.filtered(lambda request: not request.team_id)
        if homeless or not self:
            res |= super(AftersalesRequest, homeless)._notify_get_reply_to(
                default=default, author_id=author_id
            )
        return res

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_forged({name for vals in vals_list for name in vals if vals[name]})
        self._refuse_odd_beginnings(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_forged(vals.keys())
        if REACHED.keys() & vals.keys() and not self.env.su:
            raise self._get_reached_error()
        return super().write(vals)

    @api.model
    def _refuse_forged(self, names):
        """What a customer was told is a fact of a message, never typed in."""
        if RECORDED & names and not self.env.su:
            raise AccessError(
                self.env._(
                    "What the customer was told and what was merged is recorded, not typed in. Use "
                    "“Tell the Customer” or “Merge”."
                )
            )

    @api.model
    def _refuse_odd_beginnings(self, vals_list):
        """Only managers enter cases that somebody numbered, worked on or finished elsewhere."""
        odd = any(
            vals.get(name, new) not in (new, False)
            for vals in vals_list
            for name, new in REACHED.items()
        )
        manager = "aftersales_service.group_aftersales_manager"
        if odd and not self.env.su and not self.env.user.has_group(manager):
            raise self._get_reached_error()

    @api.model
    def _get_reached_error(self):
        return AccessError(
            self.env._(
                "The number of a request, its status and when it was resolved or closed are not "
                "typed in. Use the buttons of the request, such as “Resolve”, “Close” or “Reopen”."
            )
        )

    # === ACTIONS === #

    def _move_to(self, state, **facts):
        """Closing is dated, for replies that come late; reopening forgets the date."""
        if state in ("closed", "new"):
            facts["date_closed"] = state == "closed" and fields.Datetime.now()
        return super()._move_to(state, **facts)

    # === FOLLOWERS === #

    def _creation_subtype(self):
        """Followers of the team hear of new requests, if they asked to; others cost nothing."""
        if self.team_id.sudo().is_watched:
            return self.env.ref("aftersales_service.mt_request_new")
        return super()._creation_subtype()

    def _track_subtype(self, initial_values):
        self.ensure_one()
        if initial_values.get("state") in FINISHED and self.state == "new":
            return self.env.ref("aftersales_service.mt_request_reopened")
        return super()._track_subtype(initial_values)

    def _message_auto_subscribe(self, updated_values, followers_existing_policy="skip"):
        """Ask about followers only where the answer is not known.

        Most teams have none that want to hear of requests, and who creates a request follows it
        already: no need to ask again because they are responsible, too.
        """
        known = set()
        team = self.env["aftersales.team"].sudo().browse(updated_values.get("team_id") or ())
        if team and not team.is_watched:
            known.add("team_id")
        if followers_existing_policy == "update" and self._is_followed_by_creator():
            known |= {"user_id"} if updated_values.get("user_id") == self.env.uid else set()
        updated_values = {k: v for k, v in updated_values.items() if k not in known}
        return super()._message_auto_subscribe(updated_values, followers_existing_policy)

    def _is_followed_by_creator(self):
        """Whether Odoo has subscribed whoever is creating these requests."""
        user = self.env.user
        return (
            user.active and not user.share and not self.env.context.get("mail_create_nosubscribe")
        )

    # === MAIL === #

    @api.model
    def _detect_loop_sender_domain(self, email_from_normalized):
        """Requests that the same address sent by mail: too many of them are a loop."""
        return Domain("channel", "=", "email") & (
            Domain("partner_id.email_normalized", "=", email_from_normalized)
            | Domain("contact_id.email_normalized", "=", email_from_normalized)
        )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A mail to a team's address is a request of this team, in the team's company.

        The sender is the contact of a known customer, or becomes one. A serial in subject or text
        gives the unit, if it is the only one of that customer. The customer is told the number.
        """
        given = dict(custom_values or {})
        team = self.env["aftersales.team"].sudo().browse(given.pop("team_id", None) or ()).exists()
        company = team.company_id or self.env.company
        request = self.with_company(company)
        author = request._find_sender(msg_dict)
        values = {
            "title": msg_dict.get("subject") or self.env._("Mail without subject"),
            "description": msg_dict.get("body"),
            "channel": "email",
            "company_id": company.id,
            "team_id": team.id if team.active else False,
            "user_id": False,
            **request._get_customer_values(author),
        }
        if customer := author.commercial_partner_id:
            unit = request._find_unit_in_text(customer, values["title"], values["description"])
            values["unit_id"] = unit.id
        request = super(AftersalesRequest, request).message_new(msg_dict, values | given)
        request._explain_mail_team(team)
        return request

    @api.model
    def _find_sender(self, msg_dict):
        """Who wrote, found or made as Odoo does it; msg_dict knows it from here on."""
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or ())
        if not author and msg_dict.get("email_from"):
            author = self.env["mail.thread"]._partner_find_from_emails_single(
                [msg_dict["email_from"]], no_create=False
            )
            msg_dict["author_id"] = author.id
        return author

    @api.model
    def _get_customer_values(self, author):
        """Customer and contact of a mail; a colleague's mail is forwarded for somebody else."""
        if not author or not author.partner_share:
            return {}
        customer = author.commercial_partner_id
        return {
            "partner_id": customer.id,
            "contact_id": author.id if author != customer else False,
        }

    @api.model
    def _find_unit_in_text(self, customer, *texts):
        """The customer's unit whose serial is written in a text; empty unless it is exactly one."""
        found = (SERIAL_LIKE.findall(html2plaintext(text or "")) for text in texts)
        words = dict.fromkeys(word for some in found for word in some)
        # what holds a digit is a serial sooner than what does not
        words = sorted(words, key=lambda word: not any(map(str.isdigit, word)))[:MOST_SERIALS]
        words += [word.upper() for word in words]
        Unit = self.env["aftersales.unit"]
        if not words:
            return Unit
        found = Unit.sudo().search(
            Domain("company_id", "=", self.env.company.id)
            & Domain("partner_id", "child_of", customer.id)
            & Domain("state", "in", IN_PLAY)
            & Domain.OR(Domain(name, "in", words) for name in ("name", "lot_id.name")),
            limit=2,
        )
        return found.with_env(self.env) if len(found) == 1 else Unit

    def _explain_mail_team(self, team):
        if team and self.team_id == team:
            self.team_choice = {"how": "mail", "address": team.alias_email or team.name}

    def _message_post_after_hook(self, message, msg_values):
        res = super()._message_post_after_hook(message, msg_values)
        if (
            message.message_type == "email"
            and self.channel == "email"
            and not self.acknowledged_on
            and (not message.author_id or message.author_id.partner_share)
        ):
            self._acknowledge()
        return res

    def _acknowledge(self):
        """Tell the customer the number and what comes next, once.

        The mail says that a machine wrote it, so that no other machine answers.
        """
        # superuser: the gateway writes in the name of the team
        request = self.sudo()
        request.acknowledged_on = fields.Datetime.now()
        template = self.env.ref(
            "aftersales_service.mail_template_request_received", raise_if_not_found=False
        )
        if template and request.recipient_id.email:
            request._post_template(
                template.sudo(),
                message_type="auto_comment",
                notify_skip_followers=True,
                mail_headers={
                    "Auto-Submitted": "auto-replied",
                    "X-Auto-Response-Suppress": "All",
                },
            )

    def _post_template(self, template, **kwargs):
        """Post a mail template on this request, in the customer's language, to its recipient.

        ``kwargs`` go to ``message_post``; a body or subject in them replaces the template's.
        """
        self.ensure_one()
        rendered = template._generate_template(self.ids, ("subject", "body_html", "email_from"))
        rendered = rendered[self.id]
        values = {
            "subject": rendered["subject"],
            "body": rendered["body_html"],
            "email_from": rendered["email_from"] or self.company_id.email_formatted,
            "author_id": self.company_id.partner_id.id,
            "partner_ids": self.recipient_id.ids,
            "subtype_xmlid": "mail.mt_comment",
            "email_layout_xmlid": "mail.mail_notification_light",
        }
        return self.message_post(**values | kwargs)

    def message_update(self, msg_dict, update_vals=None):
        """A customer who writes again about a finished request has it opened again."""
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or ())
        if not author or author.partner_share:
            self.filtered(lambda request: request.state in ("resolved", "closed")).action_reopen()
        return super().message_update(msg_dict, update_vals=update_vals)

    def _is_long_closed(self):
        """Whether a reply opens a new request instead of this one."""
        if self.state not in ("closed", "cancelled"):
            return False
        ended = self.date_closed or self.date_resolved or self.write_date
        return ended + REOPENED_WITHIN < fields.Datetime.now()

    @api.model
    def _reroute_replies(self, routes):
        """Replies to requests long closed open new ones that follow them.

        Takes and returns routes as ``mail.thread.message_route`` does.
        """
        rerouted = []
        for model, thread_id, values, user_id, alias in routes:
            old = self.sudo().browse(thread_id or ()).exists() if model == self._name else self
            while old.merged_into_id:
                old = old.merged_into_id
                thread_id = old.id
            if old and old._is_long_closed():
                thread_id, values = 0, old._prepare_follow_up_values() | dict(values or {})
            rerouted.append((model, thread_id, values, user_id, alias))
        return rerouted

    def _prepare_follow_up_values(self):
        """A request that goes on with this one: same customer, unit and team."""
        return {
            "origin_id": self.id,
            "team_id": self.team_id.id,
            "partner_id": self.partner_id.id,
            "unit_id": self.unit_id.id,
            "type_id": self.type_id.id,
            "company_id": self.company_id.id,
        }
