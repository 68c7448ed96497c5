from collections import defaultdict
from functools import cache

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..logic.routing import spread
from .vocabulary import FINISHED

#: Who of a team has which role; "responsible" is the request's own.
ROLE_FIELDS = {
    "leader": "leader_id",
    "quality": "quality_user_id",
    "manager": "manager_user_id",
    "chief_engineer": "chief_engineer_id",
    "emergency": "emergency_user_id",
}
ROLES = ("responsible", *ROLE_FIELDS)


class AftersalesTeam(models.Model):
    """Who takes which requests, and whom to wake when they are late (C34, C38).

    1. Routing rules and the mail alias bring requests.
    2. A balanced team hands them to whoever is there and has least; a manual one lets its leader.
    3. Roles that nobody fills fall back to somebody who can act, never to nobody.
    """

    _name = "aftersales.team"
    _description = "Service Team"
    _inherit = ["mail.alias.mixin", "mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    alias_id = fields.Many2one(help="A mail to this address becomes a request of the team.")
    assignment = fields.Selection(
        [
            ("manual", "By hand"),
            ("balanced", "To whoever has least to do"),
        ],
        default="manual",
        required=True,
        help="Balanced: new requests without a responsible go to the member with the fewest open "
        "ones who is not on leave.",
    )
    leader_id = fields.Many2one("res.users", check_company=True, tracking=True)
    member_ids = fields.Many2many(
        "res.users",
        relation="aftersales_team_member_rel",
        column1="team_id",
        column2="user_id",
        string="Members",
        check_company=True,
    )
    quality_user_id = fields.Many2one(
        "res.users",
        string="Quality Supervisor",
        check_company=True,
        help="Supervises the team as a third party.",
    )
    manager_user_id = fields.Many2one("res.users", string="Manager", check_company=True)
    chief_engineer_id = fields.Many2one("res.users", check_company=True)
    emergency_user_id = fields.Many2one(
        "res.users",
        string="Duty Contact",
        check_company=True,
        help="The emergency team's contact, reachable at any hour.",
    )
    rule_ids = fields.One2many("aftersales.team.rule", "team_id")
    request_ids = fields.One2many("aftersales.request", "team_id")
    open_count = fields.Integer(string="Open", compute="_compute_counts")
    unassigned_count = fields.Integer(string="Unassigned", compute="_compute_counts")
    urgent_count = fields.Integer(string="Urgent", compute="_compute_counts")
    is_watched = fields.Boolean(
        compute="_compute_is_watched", help="Somebody follows the team to hear of new requests."
    )

    # === COMPUTE === #

    def _get_counted(self):
        """Which requests each counter counts: ``{field: Domain}``, beside the team."""
        still_open = Domain("state", "not in", FINISHED)
        return {
            "open_count": still_open,
            "unassigned_count": still_open & Domain("user_id", "=", False),
            "urgent_count": still_open & Domain("priority", "=", "2"),
        }

    def _compute_counts(self):
        """One grouped query per counter, for however many teams."""
        Request = self.env["aftersales.request"]
        for name, domain in self._get_counted().items():
            domain &= Domain("team_id", "in", self.ids)
            counts = dict(Request._read_group(domain, ["team_id"], ["__count"]))
            for team in self:
                team[name] = counts.get(team, 0)

    def _compute_is_watched(self):
        subtype = self.env.ref("aftersales_service.mt_team_request_new", raise_if_not_found=False)
        followers = self.env["mail.followers"].sudo()
        groups = followers._read_group(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("subtype_ids", "in", subtype.ids if subtype else []),
            ],
            ["res_id"],
        )
        watched = {team_id for (team_id,) in groups}
        for team in self:
            team.is_watched = team.id in watched

    @api.constrains("company_id")
    def _check_company_of_requests(self):
        for team in self:
            others = Domain("team_id", "=", team.id) & Domain(
                "company_id", "!=", team.company_id.id
            )
            if self.env["aftersales.request"].sudo().search_count(others, limit=1):
                raise ValidationError(
                    self.env._(
                        "%(team)s has requests in its present company. Make another team for the "
                        "other company.",
                        team=team.name,
                    )
                )

    # === CRUD === #

    def write(self, vals):
        if vals.get("active") is False:
            self._refuse_archiving_with_requests()
        return super().write(vals)

    def _refuse_archiving_with_requests(self):
        still_open = self._get_counted()["open_count"] & Domain("team_id", "in", self.ids)
        # superuser: also requests that the user does not see
        counts = (
            self.env["aftersales.request"].sudo()._read_group(still_open, ["team_id"], ["__count"])
        )
        for team, number in counts:
            if number:
                raise UserError(
                    self.env._(
                        "%(team)s still has open requests: %(number)s. Hand them to another team "
                        "first.",
                        team=team.name,
                        number=number,
                    )
                )

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("aftersales.request")
        if self.id:
            values["alias_defaults"] = repr({"team_id": self.id})
        return values

    # === PEOPLE === #

    @api.model
    def _get_role_users(self, requests, role):
        """Who fills a role for each request: ``{request: res.users}``, in the same few queries.

        Falls back from the role to the leader, the team's manager, the company's after-sales
        manager and any other one of the company. Archived users and those who may not enter the
        company are passed over. Only where nobody at all is left the answer is empty.
        """
        if role not in ROLES:
            raise ValueError(f"{role} is no role of a team: {', '.join(ROLES)}")
        asked = [role, *(other for other in ("leader", "manager") if other != role)]
        if role == "manager":  # upwards first
            asked = ["manager", "company", "any", "leader"]
        else:
            asked += ["company", "any"]
        # superuser: whoever raises the alarm need not see all the people it may reach
        requests_su = requests.sudo().with_context(active_test=False)
        # nobody is asked for whom nobody needs
        anybody = cache(lambda: self._find_managers(requests_su.company_id))
        return {
            request: next(
                (
                    user
                    for name in asked
                    if (user := self._get_candidate(request_su, name, anybody))
                    and user.active
                    and request_su.company_id.id in user._get_company_ids()
                ),
                self.env["res.users"].sudo(),
            ).with_env(self.env)
            for request, request_su in zip(requests, requests_su, strict=True)
        }

    def _get_role_user(self, role, request=None):
        """Who fills a role in this team, or for one request of it; see ``_get_role_users``."""
        self.ensure_one()
        if not request:
            request = self.env["aftersales.request"].new(
                {"team_id": self.id, "company_id": self.company_id.id, "user_id": False}
            )
        return self._get_role_users(request, role)[request]

    @api.model
    def _get_candidate(self, request, name, anybody):
        if name == "responsible":
            return request.user_id
        if name == "company":
            return request.company_id.aftersales_manager_id
        if name == "any":
            return anybody()[request.company_id]
        return request.team_id[ROLE_FIELDS[name]]

    @api.model
    def _find_managers(self, companies):
        """An active after-sales manager of each company: ``{company: res.users}``."""
        managers = (
            self.env["res.users"]
            .sudo()
            .search(
                Domain(
                    "all_group_ids",
                    "in",
                    self.env.ref("aftersales_service.group_aftersales_manager").ids,
                )
                & Domain("company_ids", "in", companies.ids)
                & Domain("active", "=", True)
                & Domain("id", "!=", SUPERUSER_ID),
                order="id",
            )
        )
        return {
            company: next(
                (user for user in managers if company in user.company_ids), managers.browse()
            )
            for company in companies
        }

    def _get_present_members(self):
        """Members who may work on requests and are not on leave: ``{team: res.users}``."""
        teams = self.sudo()
        now = fields.Datetime.now()
        able = teams.member_ids.search(
            Domain("id", "in", teams.member_ids.ids)
            & Domain(
                "all_group_ids", "in", self.env.ref("aftersales_service.group_aftersales_user").ids
            ),
            order="id",
        )
        leaves = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id.user_id", "in", able.ids),
                    ("time_type", "=", "leave"),
                    ("date_from", "<=", now),
                    ("date_to", ">=", now),
                ]
            )
        )
        present = able - leaves.resource_id.user_id
        return {
            team: present.filtered(
                lambda user, team=team_su: (
                    user in team.member_ids and team.company_id in user.company_ids
                )
            )
            for team, team_su in zip(self, teams, strict=True)
        }

    def _hand_out(self, requests):
        """Who takes each request of these teams: ``{request: res.users}``; empty where nobody can.

        Loads are counted over all teams; equal ones go in the order of the users.
        """
        present = self._get_present_members()
        people = self.env["res.users"].sudo().union(*present.values())
        loads = dict.fromkeys(people, 0) | dict(
            self.env["aftersales.request"]
            .sudo()
            ._read_group(
                [("user_id", "in", people.ids), ("state", "not in", FINISHED)],
                ["user_id"],
                ["__count"],
            )
        )
        taken = defaultdict(lambda: self.env["res.users"])
        for team, mine in requests.grouped("team_id").items():
            desks = {user: loads[user] for user in present[team]}
            for request, user in zip(mine, spread(desks, len(mine)), strict=False):
                taken[request] = user
                loads[user] += 1
        return taken

    # === ACTIONS === #

    def _get_requests_action(self, counter):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_request_action"
        )
        domain = self._get_counted()[counter] & Domain("team_id", "=", self.id)
        return action | {
            "display_name": self.name,
            "domain": list(domain),
            "context": {"default_team_id": self.id},
        }

    def action_view_open(self):
        return self._get_requests_action("open_count")

    def action_view_unassigned(self):
        return self._get_requests_action("unassigned_count")

    def action_view_urgent(self):
        return self._get_requests_action("urgent_count")
