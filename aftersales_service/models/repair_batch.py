from collections import defaultdict

from pytz import timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..logic import batching
from .local_time import instant_at, local_date, zone_of

#: Hour of a visiting day at which its repairs are scheduled.
VISIT_HOUR = 9


class AftersalesRepairBatch(models.Model):
    """Repairs collected until the cut-off day of a month, for one visit (C50, R35.04).

    1. Collecting: repairs whose plan says so join by themselves.
    2. Closed: after its cut-off day; what is reported later waits for the next one.
    3. Done: the visit took place; what it left undone goes on to the next one.
    """

    _name = "aftersales.repair.batch"
    _description = "Repair Batch"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "month desc, id desc"
    _rec_name = "name"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    rule_id = fields.Many2one(
        "aftersales.batch.rule", required=True, ondelete="restrict", index=True
    )
    plan_id = fields.Many2one(related="rule_id.plan_id", store=True, string="Service Plan")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    month = fields.Date(required=True, index=True, help="The first day of the month.")
    date_cutoff = fields.Date(string="Cut-Off", compute="_compute_dates", store=True)
    date_visit = fields.Date(
        string="Visit", compute="_compute_dates", store=True, readonly=False, tracking=True
    )
    user_id = fields.Many2one("res.users", string="Responsible", domain="[('share', '=', False)]")
    state = fields.Selection(
        [("collecting", "Collecting"), ("closed", "Closed"), ("done", "Done")],
        string="Status",
        default="collecting",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    repair_ids = fields.One2many("repair.order", "aftersales_batch_id")
    repair_count = fields.Integer(string="Repairs", compute="_compute_counts", store=True)
    open_count = fields.Integer(string="Open", compute="_compute_counts", store=True)
    done_count = fields.Integer(string="Repaired", compute="_compute_counts", store=True)
    note = fields.Html(string="Remarks")

    _month_unique = models.UniqueIndex(
        "(rule_id, month, company_id)", "This rule has a batch of this month already."
    )
    _month_first = models.Constraint(
        "CHECK(EXTRACT(DAY FROM month) = 1)", "The month of a batch is entered as its first day."
    )

    @api.depends("rule_id.name", "month")
    def _compute_name(self):
        for batch in self:
            month = batch.month and batch.month.strftime("%Y-%m")
            batch.name = " · ".join(filter(None, (batch.rule_id.name, month)))

    @api.depends("rule_id", "month")
    def _compute_dates(self):
        for batch in self:
            rule = batch.rule_id
            if not (rule and batch.month):
                batch.date_cutoff = batch.date_visit = False
                continue
            batch.date_cutoff = batching.cutoff_date(batch.month, rule._get_rhythm())
            batch.date_visit = rule.visit_day and batching.day_in_month(batch.month, rule.visit_day)

    @api.depends("repair_ids.state")
    def _compute_counts(self):
        # superuser: how many there are is no secret
        counts = defaultdict(dict)
        for batch, state, count in (
            self.env["repair.order"]
            .sudo()
            ._read_group(
                [("aftersales_batch_id", "in", self.ids)],
                ["aftersales_batch_id", "state"],
                ["__count"],
            )
        ):
            counts[batch.id][state] = count
        for batch in self:
            mine = counts[batch._origin.id]
            batch.repair_count = sum(mine.values())
            batch.done_count = mine.get("done", 0)
            batch.open_count = batch.repair_count - batch.done_count - mine.get("cancel", 0)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Any day of a month stands for it."""
        firsts = [
            vals | {"month": fields.Date.to_date(vals["month"]).replace(day=1)}
            if vals.get("month")
            else vals
            for vals in vals_list
        ]
        return super().create(firsts)

    def write(self, vals):
        if "state" in vals and not self.env.su:
            raise AccessError(self.env._("Use the buttons to close and finish batches."))
        res = super().write(vals)
        if "date_visit" in vals:
            self.repair_ids._aftersales_schedule_visit()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_empty(self):
        if full := self.filtered(lambda batch: batch.repair_count):
            raise UserError(
                self.env._("%s holds repairs. Move them to another batch first.", full[0].name)
            )

    # === ACTIONS === #

    def action_close(self):
        """Nothing joins any longer: the list of the visit stands."""
        self._move_from("collecting", "closed")
        for batch in self:
            batch.message_post(body=self.env._("Closed with %s repairs.", batch.repair_count))

    def action_reopen(self):
        """What is reported until its cut-off day may join again."""
        self._move_from("closed", "collecting")

    def action_finish(self):
        """The visit took place: what is left undone goes on to the next batch."""
        self._move_from("closed", "done")
        for batch in self:
            left = batch.repair_ids.filtered(lambda repair: repair.state not in ("done", "cancel"))
            if left:
                following = batch._get_next()
                reason = self.env._("Left undone by the visit of %s.", batch.name)
                left._aftersales_move_to_batch(following, reason, is_by_hand=False)

    def action_view_repairs(self):
        self.ensure_one()
        return self.repair_ids._get_records_action(name=self.env._("Repairs"))

    def _move_from(self, former, state):
        self.check_access("write")
        labels = dict(self._fields["state"]._description_selection(self.env))
        for batch in self:
            if batch.state != former:
                raise UserError(
                    self.env._(
                        "%(batch)s is %(state)s. Only what is %(former)s can be made %(target)s.",
                        batch=batch.name,
                        state=labels[batch.state],
                        former=labels[former],
                        target=labels[state],
                    )
                )
        # superuser: the state follows from the buttons, nobody types it
        self.sudo().write({"state": state})

    @api.model
    def _cron_close(self):
        """Close what is past its cut-off day."""
        today = fields.Date.context_today(self)
        due = self.search([("state", "=", "collecting"), ("date_cutoff", "<", today)], limit=1000)
        due.filtered(lambda batch: batch.date_cutoff < batch._get_today()).action_close()

    def _get_today(self):
        """The company's date."""
        calendar = self.company_id.sudo().resource_calendar_id
        return local_date(fields.Datetime.now(), calendar)

    # === WHICH BATCH === #

    def _get_next(self):
        """The next batch of the same rule that still collects."""
        self.ensure_one()
        month = batching.next_month(self.month, self.rule_id._get_rhythm())
        return self._find_open(self.rule_id, month, self.company_id)

    @api.model
    def _find_open(self, rule, month, company):
        """The first batch of a rule from a month on that still collects, made if need be."""
        known = {
            batch.month: batch
            for batch in self.search(
                Domain("rule_id", "=", rule.id)
                & Domain("company_id", "=", company.id)
                & Domain("month", ">=", month)
            )
        }
        rhythm = rule._get_rhythm()
        while month in known and known[month].state != "collecting":
            month = batching.next_month(month, rhythm)
        return known.get(month) or self._make(rule, month, company)

    @api.model
    def _make(self, rule, month, company):
        # Whoever makes a batch changes its rule: of two at once, one waits and tries again, and
        # finds the batch of the other.
        # Superuser: who finishes a visit need not write rules.
        rule = rule.sudo()
        rule.last_month = max(rule.last_month or month, month)
        rule.flush_recordset(["last_month"])
        return self.create({"rule_id": rule.id, "month": month, "company_id": company.id})


class AftersalesPlan(models.Model):
    _inherit = "aftersales.plan"

    batch_rule_ids = fields.One2many(
        "aftersales.batch.rule",
        "plan_id",
        string="Repair Batches",
        copy=True,
        help="Repairs with this plan are collected for common visits.",
    )

    def _find_batch_rule(self, product):
        """The rule by which repairs of a product are collected; empty where each goes by itself."""
        rules = self.batch_rule_ids.sorted("sequence")
        return rules.filtered(lambda rule: rule._fits(product))[:1]


class RepairOrder(models.Model):
    """Repairs that wait for a common visit join its batch by themselves."""

    _inherit = "repair.order"

    aftersales_batch_id = fields.Many2one(
        "aftersales.repair.batch",
        string="Batch",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    aftersales_is_batch_by_hand = fields.Boolean(
        string="Batch Chosen by Hand", readonly=True, copy=False
    )

    @api.model_create_multi
    def create(self, vals_list):
        self._aftersales_refuse_typed_batch(vals_list)
        repairs = super().create(vals_list)
        repairs._aftersales_join_batches()
        return repairs

    def write(self, vals):
        self._aftersales_refuse_typed_batch([vals])
        res = super().write(vals)
        if vals.keys() & {
            "state",
            "product_id",
            "lot_id",
            "aftersales_unit_id",
            "aftersales_request_id",
        }:
            self._aftersales_join_batches()
        return res

    def _aftersales_refuse_typed_batch(self, vals_list):
        ours = {"aftersales_batch_id", "aftersales_is_batch_by_hand"}
        if not self.env.su and any(ours & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._("Repairs join batches by themselves. Use “Change Batch” to move one.")
            )

    def _aftersales_join_batches(self):
        """Each open repair in service is in the batch its plan collects it for (idempotent).

        What was moved by hand, has begun, or is in a closed batch stays where it is.
        """
        # superuser: whoever takes in a repair need not see batches
        found = {}
        for repair in self.sudo().filtered("aftersales_is_service"):
            if repair.aftersales_is_batch_by_hand:
                continue
            if repair.state == "cancel":
                repair._aftersales_leave_batch()
            elif repair.state in ("draft", "confirmed"):
                repair._aftersales_join_batch(found)

    def _aftersales_join_batch(self, found):
        """``found`` keeps the open batches by rule, month and company."""
        batch = self.aftersales_batch_id
        rule = self.aftersales_plan_id._find_batch_rule(self.product_id)
        if not rule:
            self._aftersales_leave_batch()
            return
        month = batching.batch_month(self._aftersales_get_reported(), rule._get_rhythm())
        is_right = batch.rule_id == rule and batch.month >= month
        if is_right and (batch.month == month or batch.state != "collecting"):
            return
        key = (rule, month, self.company_id)
        if key not in found:
            found[key] = batch._find_open(*key)
        if found[key] != batch:
            self.aftersales_batch_id = found[key]
            self._aftersales_schedule_visit()

    def _aftersales_leave_batch(self):
        if self.aftersales_batch_id.state != "done":
            self.filtered("aftersales_batch_id").aftersales_batch_id = False

    def _aftersales_get_reported(self):
        """The customer's date on which this repair was reported."""
        reported = self.aftersales_request_id.date_reported or self.create_date
        return local_date(reported, self.partner_id, self.company_id.resource_calendar_id)

    def _aftersales_schedule_visit(self):
        """Repairs of a batch are planned for its visit."""
        for repair in self.sudo():
            day = repair.aftersales_batch_id.date_visit
            if day and repair.state in ("draft", "confirmed"):
                zone = timezone(zone_of(repair.company_id.resource_calendar_id))
                repair.schedule_date = instant_at(day, VISIT_HOUR, zone)

    def _aftersales_move_to_batch(self, batch, reason, is_by_hand=True):
        """Move these repairs to a batch, or to none; everybody can read why."""
        former = {repair: repair.aftersales_batch_id for repair in self}
        # superuser: batches are chosen by the dialog that asks for the reason
        self.sudo().write(
            {"aftersales_batch_id": batch.id, "aftersales_is_batch_by_hand": is_by_hand}
        )
        self._aftersales_schedule_visit()
        for repair in self:
            repair._message_log(
                body=self.env._(
                    "Batch: %(former)s → %(batch)s. %(reason)s",
                    former=former[repair].sudo().name or self.env._("none"),
                    batch=batch.name or self.env._("none"),
                    reason=reason,
                )
            )

    def action_aftersales_change_batch(self):
        """Move repairs to another batch, or handle them by themselves, with a reason."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change Batch"),
            "res_model": "aftersales.repair.batch.move",
            "view_mode": "form",
            "target": "new",
            "context": {"default_repair_ids": self.ids},
        }
