import logging
from collections import defaultdict
from datetime import date, timedelta

from psycopg2.extensions import TransactionRollbackError
from pytz import timezone

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..logic.fault_alarms import Level, due_alarms
from .local_time import instant_at

_logger = logging.getLogger(__name__)

#: How a period is written, as CLDR patterns.
PERIOD_FORMATS = {Level.MONTH: "LLLL y", Level.QUARTER: "QQQ y", Level.YEAR: "y"}
ONE_DAY = timedelta(days=1)


class AftersalesFaultAlarm(models.Model):
    """From how many cases on a recurring fault is looked into (R28.08).

    1. The scheduled action counts cases per fault and product family, by local month.
    2. A level that reaches its threshold raises one alarm in its period: a log row that lists the
       cases, and an activity for the quality person. Further cases raise no second one.
    """

    _name = "aftersales.fault.alarm"
    _description = "Alarm of Recurring Faults"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    fault_id = fields.Many2one(
        "aftersales.fault",
        ondelete="cascade",
        help="Empty: every fault is watched, each by itself.",
    )
    category_id = fields.Many2one(
        "product.category",
        string="Product Family",
        ondelete="cascade",
        help="Counted together with all categories below it. Empty: every category by itself.",
    )
    threshold_month = fields.Integer(string="In a Month", default=3)
    threshold_quarter = fields.Integer(string="In a Quarter")
    threshold_year = fields.Integer(string="In a Year")
    user_id = fields.Many2one(
        "res.users",
        string="Quality Person",
        required=True,
        default=lambda self: self.env.user,
        check_company=True,
        domain="[('share', '=', False)]",
        help="Gets an activity with each alarm.",
    )
    date_from = fields.Date(
        string="Watched since",
        required=True,
        default=fields.Date.context_today,
        help="Periods that were over before this day raise no alarm.",
    )
    log_ids = fields.One2many("aftersales.fault.alarm.log", "alarm_id")
    log_count = fields.Integer(string="Alarms", compute="_compute_log_count")
    error = fields.Char(readonly=True, copy=False, help="Why the last check failed.")

    _thresholds_positive = models.Constraint(
        "CHECK(threshold_month >= 0 AND threshold_quarter >= 0 AND threshold_year >= 0)",
        "Thresholds cannot be negative. Use 0 for no alarm.",
    )

    def _compute_log_count(self):
        counts = dict(
            self.env["aftersales.fault.alarm.log"]._read_group(
                [("alarm_id", "in", self.ids)], ["alarm_id"], ["__count"]
            )
        )
        for alarm in self:
            alarm.log_count = counts.get(alarm, 0)

    @api.constrains("threshold_month", "threshold_quarter", "threshold_year")
    def _check_thresholds(self):
        for alarm in self:
            if not any(alarm._get_thresholds().values()):
                raise ValidationError(
                    self.env._(
                        "“%s” never alarms. Say how many cases in a month, a quarter or a year "
                        "are too many.",
                        alarm.name,
                    )
                )

    @api.constrains("user_id")
    def _check_user(self):
        for alarm in self:
            if not alarm.user_id.has_group("aftersales_service.group_aftersales_user"):
                raise ValidationError(
                    self.env._(
                        "%s has no rights in After-Sales, and would not see the cases. Choose "
                        "somebody else, or grant the rights first.",
                        alarm.user_id.name,
                    )
                )

    # === JOB === #

    @api.model
    def _cron_raise(self):
        """Raise what is due; one bad row keeps its error and hinders no other."""
        alarms = self.search([("active", "=", True)])
        for position, alarm in enumerate(alarms, start=1):
            try:
                with self.env.cr.savepoint():
                    alarm._raise_due()
            except TransactionRollbackError:
                raise
            except Exception as error:
                _logger.exception("The alarm %s cannot be checked.", alarm.id)
                self.env.invalidate_all(flush=False)
                alarm.error = str(error)[:200] or type(error).__name__
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(alarms) - position):
                return

    def action_check(self):
        """Look now, instead of waiting for the scheduled action."""
        self._raise_due()
        return True

    def action_view_logs(self):
        self.ensure_one()
        return self.log_ids._get_records_action(name=self.env._("Alarms Raised"))

    def _raise_due(self):
        for alarm in self:
            alarm = alarm.with_context(tz=alarm._get_zone().zone)
            raised = defaultdict(set)
            for log in alarm.log_ids:
                raised[log.fault_id, log.category_id].add(
                    (Level[log.level.upper()], log.date_start)
                )
            rows = [
                alarm._prepare_log(fault, family, due)
                for (fault, family), months in alarm._count_cases().items()
                for due in due_alarms(
                    months, alarm._get_thresholds(), raised[fault, family], alarm.date_from
                )
            ]
            # superuser: alarms are raised by the rules, nobody types them
            self.env["aftersales.fault.alarm.log"].sudo().create(rows)._call_quality()
        self.filtered("error").error = False

    def _get_thresholds(self):
        return {
            Level.MONTH: self.threshold_month,
            Level.QUARTER: self.threshold_quarter,
            Level.YEAR: self.threshold_year,
        }

    def _get_zone(self):
        return timezone(self.company_id.sudo().resource_calendar_id.tz or "UTC")

    # === CASES === #

    def _count_cases(self):
        """Cases by fault and family, then by first day of the local month."""
        today = fields.Date.context_today(self)
        since = date(max(self.date_from.year, today.year - 1), 1, 1)
        counts = defaultdict(lambda: defaultdict(int))
        for model, names in self._get_case_models():
            groups = model._read_group(
                self._get_case_domain(names, since, None),
                [names["fault"], "product_id", f"{names['date']}:month"],
                ["__count"],
            )
            for fault, product, month, number in groups:
                if not self.category_id or self.category_id._aftersales_hold(product):
                    family = self.category_id or product.categ_id
                    counts[fault, family][month.date()] += number
        return counts

    def _get_case_models(self):
        """What counts as a case: requests, and repairs that were made without one."""
        # superuser: everybody's cases count, whoever is in charge of them
        yield (
            self.env["aftersales.request"].sudo(),
            {"fault": "fault_id", "date": "date_reported"},
        )
        yield (
            self.env["repair.order"].sudo(),
            {"fault": "aftersales_fault_id", "date": "aftersales_date_intake"},
        )

    def _get_case_domain(self, names, start, end):
        """Cases of this row that came from local day ``start`` to ``end``, both included."""
        zone = self._get_zone()
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain(names["fault"], "=" if self.fault_id else "!=", self.fault_id.id)
        domain &= Domain(names["date"], ">=", instant_at(start, 0, zone))
        if end:
            domain &= Domain(names["date"], "<", instant_at(end + ONE_DAY, 0, zone))
        if names["fault"] == "fault_id":
            return domain & Domain("state", "!=", "cancelled")
        return (
            domain
            & Domain("state", "!=", "cancel")
            & Domain("aftersales_is_service", "=", True)
            & Domain("aftersales_request_id", "=", False)
        )

    def _find_cases(self, fault, family, due):
        """``(requests, repairs)`` that an alarm lists."""
        children = "child_of" if self.category_id else "="
        in_family = Domain("product_id.categ_id", children, family.id)
        if not family:
            in_family |= Domain("product_id", "=", False)
        return tuple(
            model.search(
                self._get_case_domain(names, due.start, due.end)
                & Domain(names["fault"], "=", fault.id)
                & in_family
            )
            for model, names in self._get_case_models()
        )

    def _prepare_log(self, fault, family, due):
        requests, repairs = self._find_cases(fault, family, due)
        return {
            "alarm_id": self.id,
            "company_id": self.company_id.id,
            "level": due.level.name.lower(),
            "date_start": due.start,
            "date_end": due.end,
            "fault_id": fault.id,
            "category_id": family.id,
            "count": due.count,
            "threshold": self._get_thresholds()[due.level],
            "user_id": self.user_id.id,
            "request_ids": [Command.set(requests.ids)],
            "repair_ids": [Command.set(repairs.ids)],
        }

    @api.model
    def _describe_period(self, level, start):
        return format_date(self.env, start, date_format=PERIOD_FORMATS[Level[level.upper()]])
