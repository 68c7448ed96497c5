from odoo import api, fields, models
from odoo.exceptions import UserError

from .vocabulary import ALARM_LEVELS

#: What happened; people only add what they find out about it.
RECORDED = frozenset(
    {
        "alarm_id",
        "company_id",
        "level",
        "date_start",
        "date_end",
        "date_raised",
        "fault_id",
        "category_id",
        "count",
        "threshold",
        "request_ids",
        "repair_ids",
    }
)


class AftersalesFaultAlarmLog(models.Model):
    """A fault came too often: which cases, and what was found out about them (R28.08).

    1. Raised once per row, fault, product family and period.
    2. The quality person finds out why: technical faults go to developers, others to service.
    """

    _name = "aftersales.fault.alarm.log"
    _description = "Recurring Fault"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_raised desc, id desc"
    _check_company_auto = True

    alarm_id = fields.Many2one(
        "aftersales.fault.alarm", required=True, ondelete="restrict", index=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    level = fields.Selection(ALARM_LEVELS, required=True, readonly=True)
    date_start = fields.Date(string="From", required=True, readonly=True)
    date_end = fields.Date(string="To", required=True, readonly=True)
    date_raised = fields.Datetime(
        string="Raised on", required=True, readonly=True, default=fields.Datetime.now
    )
    fault_id = fields.Many2one(
        "aftersales.fault", required=True, readonly=True, ondelete="restrict", index=True
    )
    category_id = fields.Many2one(
        "product.category", string="Product Family", readonly=True, ondelete="set null"
    )
    count = fields.Integer(string="Cases", readonly=True)
    threshold = fields.Integer(readonly=True)
    request_ids = fields.Many2many(
        "aftersales.request", "aftersales_alarm_request_rel", string="Requests", readonly=True
    )
    repair_ids = fields.Many2many(
        "repair.order", "aftersales_alarm_repair_rel", string="Repairs", readonly=True
    )
    user_id = fields.Many2one(
        "res.users", string="Quality Person", tracking=True, check_company=True
    )
    kind = fields.Selection(
        [("technical", "Technical: for developers"), ("service", "Service: for service staff")],
        string="Class",
        tracking=True,
    )
    analysis = fields.Text(string="Why It Recurs", tracking=True)

    _once = models.UniqueIndex(
        "(alarm_id, fault_id, level, date_start, COALESCE(category_id, 0))",
        "This alarm was already raised in this period.",
    )

    @api.depends_context("lang")
    @api.depends("fault_id", "level", "date_start", "count")
    def _compute_display_name(self):
        for log in self:
            log.display_name = self.env._(
                "%(fault)s: %(count)s cases in %(period)s",
                fault=log.fault_id.name,
                count=log.count,
                period=log.alarm_id._describe_period(log.level, log.date_start),
            )

    def write(self, vals):
        if not self.env.su and RECORDED & vals.keys():
            raise UserError(
                self.env._("Alarms are a record of what happened; only add what you found out.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Alarms are a record of what happened; they stay."))

    def _call_quality(self):
        """An activity for the quality person, in that person's language."""
        for log in self:
            log = log.with_context(lang=log.user_id.lang)
            log.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=log.env._("Find out why: %s", log.display_name),
                user_id=log.user_id.id,
            )
