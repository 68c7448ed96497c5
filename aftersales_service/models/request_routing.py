from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import groupby

from ..logic import routing
from ..logic.routing import Criterion
from .vocabulary import FINISHED

#: The model whose names tell what fitted a criterion.
NAMED_BY = {
    Criterion.CUSTOMER: "res.partner",
    Criterion.CATEGORY: "product.category",
    Criterion.KIND: "aftersales.request.type",
    Criterion.COUNTRY: "res.country",
    Criterion.STATE: "res.country.state",
}
#: The activity of whoever has to find a responsible.
LOOK_FOR_SOMEONE = "aftersales_service.activity_look_for_someone"


class AftersalesRequest(models.Model):
    """Who gets a request: its team by routing rules, its responsible by load."""

    _inherit = "aftersales.request"

    type_id = fields.Many2one(
        "aftersales.request.type",
        default=lambda self: self._default_type_id(),
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        help="Where the unit stands and the work is done.",
    )
    site_city = fields.Char(related="site_id.city", string="City")
    team_id = fields.Many2one(
        "aftersales.team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    team_choice = fields.Json(compute="_compute_team_choice", store=True)
    team_reason = fields.Char(string="Why This Team", compute="_compute_team_reason")
    is_handed_out = fields.Boolean(
        compute="_compute_is_handed_out",
        help="The team hands the request to whoever has least to do, when it is saved.",
    )

    @api.model
    def _default_type_id(self):
        # not env.ref: that asks the database once per record of a batch
        xmlid = "aftersales_service.request_type_fault"
        number = self.env["ir.model.data"]._xmlid_to_res_id(xmlid, raise_if_not_found=False)
        fault = self.env["aftersales.request.type"].browse(number or ())
        return fault if fault.active else fault.search([], limit=1)

    # === COMPUTE === #

    @api.depends("unit_id", "partner_id")
    def _compute_site_id(self):
        """The unit's site; without a unit the customer, unless the site is the customer's own."""
        for request in self:
            customer = request.partner_id.commercial_partner_id
            known = request.unit_id.site_id or request.site_id
            if customer and known.commercial_partner_id != customer:
                known = request.partner_id
            request.site_id = known

    @api.depends("company_id", "site_id", "type_id", "product_id", "partner_id")
    def _compute_team_id(self):
        """The team of the first rule that fits, as long as nobody has given another one."""
        homeless = self.browse()
        for request in self:
            team = request.team_id
            fits = team and team.sudo().company_id == request.company_id
            request.team_id = team if fits else False
            if not fits and request.state not in FINISHED:
                homeless += request
        fits = homeless._find_fits()
        teams = self.env["aftersales.team.rule"].sudo()
        teams = teams.browse(found.rule.key for found in fits.values() if found)
        by_rule = {rule.id: rule.team_id for rule in teams}
        for request in homeless:
            found = fits[request]
            request.team_id = by_rule[found.rule.key] if found else False

    @api.depends("team_id")
    def _compute_team_choice(self):
        """Why the team is this one, as it was when it was chosen.

        ``{"how": "rule", "zip": [from, to], <criterion>: [ids]}``, ``{"how": "hand"}`` or, where no
        rule fits, ``{"how": "none"}``; False where there are no rules and no team. What a mail
        brought to the team has ``{"how": "mail", "address": text}``.
        """
        fits = self._find_fits()
        rules = self.env["aftersales.team.rule"].sudo()
        rules = rules.browse(found.rule.key for found in fits.values() if found)
        teams = {rule.id: rule.team_id for rule in rules}
        for request in self:
            found = fits[request]
            if found and teams[found.rule.key] == request.team_id:
                request.team_choice = {
                    "how": "rule",
                    "zip": [found.rule.zip_from, found.rule.zip_to],
                    **{name.value: sorted(why) for name, why in found.why.items()},
                }
            elif request.team_id:
                request.team_choice = {"how": "hand"}
            else:
                request.team_choice = {"how": "none"} if found is False else False

    def _find_fits(self):
        """The first routing rule that fits each request: ``{request: routing.Fit}``.

        False where no rule fits, None where the company has no rules.
        """
        rules = self.env["aftersales.team.rule"]._get_rules(self.company_id)
        if not any(rules.values()):
            return dict.fromkeys(self)
        subjects = self._get_routing_subjects()
        fits = {}
        for request in self:
            mine = rules.get(request.company_id)
            fits[request] = (routing.first_fit(mine, subjects[request]) or False) if mine else None
        return fits

    def _get_routing_subjects(self):
        """What rules look at: ``{request: routing.Subject}``; addresses read once per batch."""
        # superuser: addresses of other companies' customers decide, too, and are shown to nobody
        requests = self.sudo()
        above = requests._get_customers_above()
        subjects = {}
        for request, request_su in zip(self, requests, strict=True):
            site = request_su.site_id or request_su.partner_id
            if not (site.country_id or site.state_id or site.zip):
                site = site.commercial_partner_id
            path = request_su.product_id.categ_id.parent_path or ""
            subjects[request] = routing.Subject(
                country=site.country_id.id or site.state_id.country_id.id or None,
                state=site.state_id.id or None,
                postcode=site.zip or "",
                kind=request_su.type_id.id or None,
                categories=frozenset(map(int, path.split("/")[:-1])),
                customers=above(request_su.partner_id) | above(request_su.site_id),
            )
        return subjects

    def _get_customers_above(self):
        """A function from a partner to the ids of it and all above it; read level by level."""
        parents = {}
        level = self.partner_id._origin | self.site_id._origin
        while level:
            parents |= {partner.id: partner.parent_id.id for partner in level}
            level = level.parent_id - level.browse(parents)

        def above(partner):
            found, number = set(), partner._origin.id
            while number and number not in found:
                found.add(number)
                number = parents.get(number)
            return frozenset(found)

        return above

    @api.depends_context("lang")
    @api.depends("team_choice", "team_id")
    def _compute_team_reason(self):
        names = self._get_names_of_criteria()
        for request in self:
            choice = request.team_choice or {}
            how = choice.get("how")
            if how == "rule":
                request.team_reason = request._get_rule_in_words(choice, names)
            elif how == "hand":
                request.team_reason = self.env._("Chosen by hand.")
            elif how == "mail":
                request.team_reason = self.env._("Mail to %(address)s.", address=choice["address"])
            elif how == "none":
                request.team_reason = self.env._("No routing rule fits. Choose a team.")
            else:
                request.team_reason = False

    def _get_names_of_criteria(self):
        """Names of everything the choices mention: ``{(criterion, id): name}``."""
        names = {}
        for criterion, model in NAMED_BY.items():
            ids = {
                number
                for request in self
                for number in (request.team_choice or {}).get(criterion.value, ())
            }
            # superuser: a name in a reason, not the record
            for record in self.env[model].sudo().browse(ids).exists():
                names[criterion, record.id] = record.display_name
        return names

    def _get_rule_in_words(self, choice, names):
        parts = [
            names[criterion, number]
            for criterion in NAMED_BY
            for number in choice.get(criterion.value, ())
            if (criterion, number) in names
        ]
        if Criterion.POSTCODE.value in choice:
            first, last = choice["zip"]
            parts.append(f"{first}–{last}" if last else first)
        if not parts:
            return self.env._("Routing rule for all other requests.")
        return self.env._("Routing rule: %(criteria)s.", criteria=", ".join(parts))

    @api.depends("team_id", "user_id")
    def _compute_is_handed_out(self):
        for request in self:
            request.is_handed_out = (
                not request.user_id and request.team_id.sudo().assignment == "balanced"
            )

    @api.onchange("team_id")
    def _onchange_team_id(self):
        """A balanced team chooses the responsible itself, unless one of its own took the call."""
        team = self.team_id.sudo()
        if not self._origin and team.assignment == "balanced" and not self._is_of_team(team):
            self.user_id = False

    def _is_of_team(self, team):
        return self.user_id in (team.member_ids | team.leader_id)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Requests without a responsible go to whom their team chooses, else to their maker."""
        vals_list = [dict(vals) for vals in vals_list]
        unnamed = []
        for vals in vals_list:
            if not vals.get("team_id"):
                vals.pop("team_id", None)  # no team: the rules find one
            unnamed.append("user_id" not in vals)
            vals.setdefault("user_id", False)
        requests = super().create(vals_list)
        requests._hand_out()
        if self._is_maker_responsible():
            mine = requests.browse(
                request.id
                for request, is_unnamed in zip(requests, unnamed, strict=True)
                if is_unnamed and not request.user_id
            )
            mine._give_to(self.env.user)
        return requests

    @api.model
    def _is_maker_responsible(self):
        """People at the desk take what they enter; mail, portal and machines take nothing."""
        user = self.env.user
        return user.active and user.has_group("aftersales_service.group_aftersales_user")

    def write(self, vals):
        moving = self.browse()
        if vals.get("team_id") and "user_id" not in vals:
            team = self.env["aftersales.team"].browse(vals["team_id"])
            moving = self.filtered(
                lambda request: (
                    request.team_id != team
                    and request.state not in FINISHED
                    and request.user_id
                    and not request._is_of_team(team.sudo())
                )
            )
        res = super().write(vals)
        if vals.get("user_id"):
            self._stop_looking()
        if moving:
            moving.write({"user_id": False})
            moving._hand_out()
        return res

    # === ASSIGNMENT === #

    def action_hand_out(self):
        """Spread the chosen requests that nobody has over their teams, balanced ones or not."""
        if homeless := self.filtered(lambda request: not request.team_id):
            raise UserError(
                self.env._(
                    "%(request)s has no team to hand it out. Choose one first.",
                    request=homeless[0].name,
                )
            )
        self.check_access("write")
        self._hand_out(self.team_id)

    def _hand_out(self, teams=None):
        """Give what nobody is responsible for to the members of balanced teams, or of ``teams``.

        Where none of them is there, the leader hears of it (or whoever stands in for the leader).
        """
        if teams is None:
            teams = self.team_id.filtered(lambda team: team.sudo().assignment == "balanced")
        waiting = self.filtered(
            lambda request: (
                not request.user_id and request.state not in FINISHED and request.team_id in teams
            )
        )
        if not waiting:
            return
        takers = waiting.team_id._hand_out(waiting)
        for user, group in groupby(waiting, lambda request: takers[request]):
            requests = self.browse().concat(*group)
            if user:
                requests._give_to(user)
            else:
                requests._tell_leader()

    def _give_to(self, user):
        """Make a user responsible; who gets several at once is told once."""
        if not self:
            return
        several = len(self) > 1
        context = {"mail_notrack": True, "mail_auto_subscribe_no_notify": several}
        # superuser: whoever reports a fault need not have the right to hand it on
        self.sudo().with_context(**context).write({"user_id": user.id})
        if several and user != self.env.user and not self.env.context.get("tracking_disable"):
            links = Markup("<br/>").join(request._get_html_link() for request in self)
            self.env["mail.thread"].sudo().message_notify(
                partner_ids=user.partner_id.ids,
                subject=self.env._("You are responsible for %(number)s requests", number=len(self)),
                body=Markup("<p>%s</p>") % links,
            )

    def _tell_leader(self):
        """Nobody of the team is there: the request waits on the leader's list of activities."""
        leaders = self.env["aftersales.team"]._get_role_users(self, "leader")
        for leader, group in groupby(self, lambda request: leaders[request]):
            requests = self.browse().concat(*group).sudo()
            requests.with_context(mail_activity_quick_update=len(group) > 1).activity_schedule(
                LOOK_FOR_SOMEONE,
                summary=self.env._("Nobody of the team is there: find someone"),
                user_id=leader.id,
            )

    def _stop_looking(self):
        """Somebody has it now: the leader need not look for anybody."""
        kind = self.env["ir.model.data"]._xmlid_to_res_id(
            LOOK_FOR_SOMEONE, raise_if_not_found=False
        )
        # superuser: the activity is the leader's; requests just made are known to have none
        self.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id.id == kind
        ).unlink()
