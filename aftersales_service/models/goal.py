from collections import defaultdict

from dateutil.relativedelta import relativedelta
from pytz import timezone

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..logic import goals
from .local_time import instant_at
from .vocabulary import GOAL_MEASURES

#: Measures of something bad: their share may not be above the limit.
AT_MOST = frozenset({"major_complaint", "repeat"})


class AftersalesGoal(models.Model):
    """A share of jobs that a service wants to keep above or below a limit, month by month (C112).

    Nothing is stored but the limit: a month follows its documents, also corrected ones.
    """

    _name = "aftersales.goal"
    _description = "Service Goal"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    measure = fields.Selection(GOAL_MEASURES, required=True, default="first_time_fix")
    limit = fields.Float(
        string="Limit (%)",
        digits=(5, 2),
        help="Complaints and repeat repairs may not be above it, everything else not below.",
    )
    month = fields.Date(
        string="Month Shown",
        compute="_compute_month",
        help="The month that is running, or the one asked for.",
    )
    part = fields.Integer(string="Counted", compute="_compute_share")
    whole = fields.Integer(string="Of", compute="_compute_share")
    share = fields.Float(string="Share (%)", compute="_compute_share", digits=(5, 2))
    former_share = fields.Float(string="Month Before (%)", compute="_compute_share", digits=(5, 2))
    state = fields.Selection(
        [("met", "Met"), ("missed", "Missed"), ("none", "Nothing to count")],
        compute="_compute_share",
    )
    sentence = fields.Char(string="In Words", compute="_compute_share")

    _limit_percent = models.Constraint(
        'CHECK("limit" >= 0 AND "limit" <= 100)', "The limit of a goal is between 0 and 100 %."
    )

    @api.depends_context("aftersales_month")
    def _compute_month(self):
        asked = fields.Date.to_date(self.env.context.get("aftersales_month"))
        for goal in self:
            goal.month = (asked or fields.Date.context_today(goal)).replace(day=1)

    @api.depends_context("lang", "aftersales_month")
    @api.depends("measure", "limit", "company_id", "month")
    def _compute_share(self):
        for company, mine in self.grouped("company_id").items():
            for month, of_month in mine.grouped("month").items():
                now = of_month._count(company, month)
                before = of_month._count(company, month - relativedelta(months=1))
                for goal in of_month:
                    goal._set_share(*now[goal.measure], *before[goal.measure])

    def _set_share(self, part, whole, former_part, former_whole):
        kept = goals.is_met(part, whole, self.limit, at_most=self.measure in AT_MOST)
        self.part, self.whole = part, whole
        self.share = float(goals.rate(part, whole) or 0)
        self.former_share = float(goals.rate(former_part, former_whole) or 0)
        self.state = {True: "met", False: "missed", None: "none"}[kept]
        self.sentence = self._describe()

    def _describe(self):
        known = {
            "part": self.part,
            "whole": self.whole,
            "share": f"{self.share:.2f}",
            "limit": f"{self.limit:g}",
            "month": format_date(self.env, self.month, date_format="MMMM yyyy"),
        }
        if self.state == "none":
            return self.env._("%(month)s: nothing to count yet.", **known)
        if self.measure in AT_MOST:
            return self.env._(
                "%(month)s: %(part)s of %(whole)s are %(share)s %%; at most %(limit)s %% is the "
                "goal.",
                **known,
            )
        return self.env._(
            "%(month)s: %(part)s of %(whole)s are %(share)s %%; at least %(limit)s %% is the goal.",
            **known,
        )

    # === COUNTING === #

    @api.model
    def _count(self, company, month):
        """``{measure: (part, whole)}`` of a month of a company: a query for each kind of record."""
        counts = defaultdict(lambda: (0, 0))
        zone = timezone(company.resource_calendar_id.tz or self.env.user.tz or "UTC")
        start = instant_at(month, 0, zone)
        end = instant_at(month + relativedelta(months=1), 0, zone)
        for source in (self._count_jobs, self._count_promises):
            counts.update(source(company, start, end))
        return counts

    @api.model
    def _count_jobs(self, company, start, end):
        # superuser: a share tells nothing of the single job
        jobs = self.env["repair.order"].sudo()
        ended = jobs._aftersales_ended_between(start, end) & Domain("company_id", "=", company.id)
        rows = jobs._read_group(
            ended, ["aftersales_first_time_fix", "aftersales_satisfaction"], ["__count"]
        )
        whole = sum(count for *_key, count in rows)
        fixed = sum(count for first, _said, count in rows if first)
        answers = {said: 0 for _first, said, _count in rows}
        for _first, said, count in rows:
            answers[said] += count
        satisfied = answers.get("satisfied", 0)
        repeats = jobs.search_count(ended & Domain("aftersales_is_repeat", "=", True))
        return {
            "major_complaint": (self._count_major(company, start, end), whole),
            "first_time_fix": (fixed, whole),
            "repeat": (repeats, whole),
            "satisfied": (satisfied, satisfied + answers.get("not_satisfied", 0)),
        }

    @api.model
    def _count_major(self, company, start, end):
        return (
            self.env["aftersales.request"]
            .sudo()
            .search_count(
                [
                    ("company_id", "=", company.id),
                    ("is_complaint", "=", True),
                    ("severity", "=", "major"),
                    ("state", "!=", "cancelled"),
                    ("date_reported", ">=", start),
                    ("date_reported", "<", end),
                ]
            )
        )

    @api.model
    def _count_promises(self, company, start, end):
        rows = dict(
            self.env["aftersales.sla.clock"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", company.id),
                    ("state", "in", ("met", "failed")),
                    ("date_met", ">=", start),
                    ("date_met", "<", end),
                ],
                ["state"],
                ["__count"],
            )
        )
        met = rows.get("met", 0)
        return {"in_time": (met, met + rows.get("failed", 0))}
