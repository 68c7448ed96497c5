from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..logic import routing


class AftersalesTeamRule(models.Model):
    """Which requests go to a team: the first rule that fits, in the order of the list.

    A criterion left empty fits everything; a rule without any is the last resort. Postcodes are
    compared by their first characters (``logic.routing``).
    """

    _name = "aftersales.team.rule"
    _description = "Routing Rule"
    _order = "sequence, id"
    _rec_name = "team_id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    team_id = fields.Many2one("aftersales.team", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="team_id.company_id", store=True, index=True)
    country_ids = fields.Many2many("res.country", string="Countries")
    state_ids = fields.Many2many(
        "res.country.state",
        string="States",
        help="Provinces, states, prefectures of the site.",
    )
    zip_from = fields.Char(
        string="Postcode from",
        help="Compared by as many characters as are written here: 26 holds 266001.",
    )
    zip_to = fields.Char(
        string="Postcode to", help="As many characters as “from”; empty: only the postcode “from”."
    )
    type_ids = fields.Many2many("aftersales.request.type", string="Types")
    category_ids = fields.Many2many(
        "product.category", string="Product Categories", help="And everything below them."
    )
    partner_ids = fields.Many2many(
        "res.partner", string="Customers", help="And everything below them."
    )
    summary = fields.Char(string="Fits", compute="_compute_summary")

    @api.depends_context("lang")
    @api.depends(
        "country_ids",
        "state_ids",
        "zip_from",
        "zip_to",
        "type_ids",
        "category_ids",
        "partner_ids",
    )
    def _compute_summary(self):
        for rule in self:
            groups = [
                rule.partner_ids.mapped("display_name"),
                rule.category_ids.mapped("display_name"),
                rule.type_ids.mapped("display_name"),
                rule.country_ids.mapped("display_name"),
                rule.state_ids.mapped("display_name"),
                [" – ".join(filter(None, (rule.zip_from, rule.zip_to)))] if rule.zip_from else [],
            ]
            rule.summary = " · ".join(", ".join(group) for group in groups if group) or (
                self.env._("Every request")
            )

    @api.constrains("zip_from", "zip_to")
    def _check_postcodes(self):
        for rule in self:
            first = routing.normal_postcode(rule.zip_from)
            last = routing.normal_postcode(rule.zip_to)
            if last and (len(first) != len(last) or first > last):
                raise ValidationError(
                    self.env._(
                        "The postcodes %(first)s to %(last)s are no range. Write both with as many "
                        "characters, the lower one first.",
                        first=rule.zip_from or "…",
                        last=rule.zip_to,
                    )
                )

    @api.model
    def _get_rules(self, companies):
        """Rules in use, as ``logic.routing`` takes them: ``{company: [routing.Rule]}``."""
        # superuser: routing is the addon's; whoever reports a fault need not know the teams
        rules = self.sudo().search(
            [("company_id", "in", companies.ids), ("team_id.active", "=", True)]
        )
        found = {company: [] for company in companies}
        for rule in rules:
            found[rule.company_id].append(rule._get_logic_rule())
        return found

    def _get_logic_rule(self):
        return routing.Rule(
            key=self.id,
            countries=frozenset(self.country_ids.ids),
            states=frozenset(self.state_ids.ids),
            zip_from=self.zip_from or "",
            zip_to=self.zip_to or "",
            kinds=frozenset(self.type_ids.ids),
            categories=frozenset(self.category_ids.ids),
            customers=frozenset(self.partner_ids.ids),
        )
