from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..logic.errors import NoWorkingTimeError
from ..logic.working_time import WorkingTime
from .vocabulary import FINISHED

SECONDS_IN_HOUR = 3600


class AftersalesPlan(models.Model):
    _inherit = "aftersales.plan"

    offers_loaner = fields.Boolean(
        string="Loaner When It Takes Longer",
        help="Where a repair takes longer than promised, a loaner or another solution is offered "
        "(R45.02).",
    )


class AftersalesRepairPromise(models.Model):
    """When a customer was told that a repair is ready, and why it moved (R07.05, R14.03, R45.02).

    Rows are only ever added; the latest one is what the customer knows.
    """

    _name = "aftersales.repair.promise"
    _description = "Promised Completion of a Repair"
    _order = "date_told desc, id desc"
    _rec_name = "date_promised"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="restrict", index=True, check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    date_former = fields.Datetime(string="Promised Before")
    date_promised = fields.Datetime(string="Promised", required=True)
    reason = fields.Char()
    way = fields.Selection(
        [("mail", "By mail"), ("otherwise", "By phone or in person")],
        string="How",
        required=True,
        default="otherwise",
    )
    date_told = fields.Datetime(string="Told on", required=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users", string="Told by", required=True, default=lambda self: self.env.user
    )
    is_late = fields.Boolean(
        string="Told Too Late",
        compute="_compute_is_late",
        store=True,
        precompute=True,
        help="The customer heard of the delay only after the promised time had passed.",
    )
    delay = fields.Float(
        compute="_compute_is_late",
        store=True,
        precompute=True,
        help="Hours by which the completion moved; negative when it moved forward.",
    )
    suggests_loaner = fields.Boolean(
        string="Loaner Suggested", help="A loaner was suggested for the time that it takes longer."
    )

    @api.depends("date_former", "date_promised", "date_told")
    def _compute_is_late(self):
        for row in self:
            moved = row.date_promised - row.date_former if row.date_former else timedelta()
            row.delay = moved.total_seconds() / SECONDS_IN_HOUR
            row.is_late = moved > timedelta() and row.date_told > row.date_former

    def write(self, vals):
        if vals:
            raise UserError(
                self.env._("What a customer was told is not edited. Tell them the new time.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("What a customer was told is not deleted. Tell them the new time.")
        )


class RepairOrder(models.Model):
    """When the customer may expect the repaired unit: told, kept, or told again with the reason."""

    _inherit = "repair.order"

    aftersales_date_promised = fields.Datetime(
        string="Promised Completion",
        copy=False,
        tracking=True,
        index="btree_not_null",
        help="The completion that the customer knows of.",
    )
    aftersales_promise_ids = fields.One2many(
        "aftersales.repair.promise", "repair_id", string="What the Customer Was Told"
    )
    aftersales_is_promise_at_risk = fields.Boolean(
        string="Promise at Risk",
        compute="_compute_aftersales_is_promise_at_risk",
        help="The promised time has passed, or the parts come later.",
    )

    @api.depends("aftersales_date_promised", "state", "aftersales_parts_date")
    def _compute_aftersales_is_promise_at_risk(self):
        now = fields.Datetime.now()
        for repair in self:
            promised = repair.aftersales_date_promised
            parts = repair.aftersales_parts_date
            repair.aftersales_is_promise_at_risk = bool(
                promised
                and repair.state not in ("done", "cancel")
                and (promised < now or (parts and parts > promised.date()))
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        repairs = super().create(vals_list)
        told = repairs.filtered(lambda repair: repair.aftersales_date_promised)
        told._aftersales_note_promise({})
        return repairs

    def write(self, vals):
        if "aftersales_date_promised" not in vals or self._aftersales_is_being_told():
            return super().write(vals)
        wanted = fields.Datetime.to_datetime(vals["aftersales_date_promised"]) or False
        former = {repair: repair.aftersales_date_promised for repair in self}
        self._aftersales_refuse_silent_move(wanted)
        res = super().write(vals)
        self._aftersales_note_promise(former)
        return res

    def _aftersales_is_being_told(self):
        """Only the dialog that tells the customer has both: a context alone can be forged."""
        return self.env.su and self.env.context.get("aftersales_told")

    def _aftersales_refuse_silent_move(self, wanted):
        """Later, or nothing at all any longer: the customer hears it first, with the reason."""
        served = self.filtered("aftersales_is_service")
        if served and wanted and wanted < fields.Datetime.now() and not self.env.su:
            raise UserError(
                self.env._(
                    "%s cannot be promised for a time that has passed. Enter one to come.",
                    served[0].name,
                )
            )
        for repair in served:
            promised = repair.aftersales_date_promised
            if promised and (not wanted or wanted > promised):
                raise UserError(
                    self.env._(
                        "%(customer)s expects %(repair)s by %(time)s. Use “Change Promised Time” "
                        "to say why it takes longer.",
                        customer=repair.partner_id.display_name,
                        repair=repair.name,
                        time=repair._aftersales_format_instant(promised),
                    )
                )

    def _aftersales_note_promise(self, former, **values):
        """Keep what the customers of these repairs know now; ``former`` is what they knew."""
        told = self.filtered(
            lambda repair: (
                repair.aftersales_is_service
                and repair.aftersales_date_promised
                and repair.aftersales_date_promised != former.get(repair)
            )
        )
        # superuser: rows are made by what tells the customer, never typed
        self.env["aftersales.repair.promise"].sudo().create(
            [
                {
                    "repair_id": repair.id,
                    "date_former": former.get(repair),
                    "date_promised": repair.aftersales_date_promised,
                    **values,
                }
                for repair in told
            ]
        )
        told._aftersales_promise_request()

    def _aftersales_promise_request(self):
        """The case is not solved before the last of its repairs: its customer knows that, too."""
        # superuser: technicians need not see the request of a job they work on
        for request in self.sudo().aftersales_request_id:
            repairs = request.repair_ids.filtered(lambda repair: repair.state != "cancel")
            last = max(filter(None, repairs.mapped("aftersales_date_promised")), default=False)
            is_news = last and (not request.date_told or request.date_told < last)
            if is_news and request.state not in FINISHED:
                request._record_promise(last)

    def _aftersales_record_promise(self, expected, **values):
        """The customer knows now when to expect this repair (a naive UTC datetime)."""
        self.ensure_one()
        former = {self: self.aftersales_date_promised}
        # superuser: what was told is recorded by the dialog that tells it, never typed
        self.sudo().with_context(aftersales_told=True).write({"aftersales_date_promised": expected})
        self._aftersales_note_promise(former, **values)
        self.sudo().aftersales_request_id._note_fact("date_responded")

    # === ACTIONS === #

    def action_aftersales_promise(self):
        """Open the dialog that tells the customer when it is ready."""
        self.ensure_one()
        if self.state in ("done", "cancel"):
            raise UserError(self.env._("%s is over. Nothing is promised any longer.", self.name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change Promised Time")
            if self.aftersales_date_promised
            else self.env._("Promise Completion"),
            "res_model": "aftersales.repair.tell",
            "view_mode": "form",
            "target": "new",
            "context": {"default_repair_id": self.id},
        }

    # === RULES === #

    def _aftersales_offers_loaner(self):
        """Whether a customer who waits longer is offered something to use meanwhile (R45.02)."""
        self.ensure_one()
        request = self.sudo().aftersales_request_id
        return bool(
            self.sudo().aftersales_plan_id.offers_loaner
            or request.is_loaner_owed
            or request.clock_ids.filtered(lambda clock: clock.milestone == "loaner")
        )

    def _aftersales_propose_completion(self):
        """When this repair could be ready, or False where nobody can tell (R07.05).

        Its labour hours come after those of the repairs its responsible has in work, in working
        hours of the company, and not before its parts are there.
        """
        self.ensure_one()
        labour = self._aftersales_get_labour_hours()
        hours = labour.get(self, 0)
        if not hours:
            return False
        queue = sum(labour.values()) - hours
        company = self.company_id.sudo()
        begin = fields.Datetime.now()
        if self.aftersales_parts_date:
            begin = max(begin, fields.Datetime.to_datetime(self.aftersales_parts_date))
        working = WorkingTime(company.resource_calendar_id._aftersales_month_loader(company))
        try:
            return working.add(begin, round((queue + hours) * SECONDS_IN_HOUR))
        except (NoWorkingTimeError, UserError):
            return False  # no calendar says when work happens: the user does

    def _aftersales_get_labour_hours(self):
        """Labour hours of this repair and of those its responsible has in work: ``{repair: h}``."""
        mine = Domain("repair_id", "=", self.id)
        others = (
            Domain("repair_id.state", "in", ("confirmed", "under_repair"))
            & Domain("repair_id.user_id", "=", self.user_id.id)
            & Domain("repair_id.company_id", "=", self.company_id.id)
        )
        labour = Domain("cost_type", "=", "labour")
        lines = (
            self.env["aftersales.cost.line"]
            .sudo()
            ._read_group(
                labour & ((mine | others) if self.user_id else mine),
                ["repair_id", "product_id"],
                ["quantity:sum"],
            )
        )
        hour = self.env.ref("uom.product_uom_hour")
        hours = defaultdict(float)
        for repair, product, quantity in lines:
            hours[repair] += _in_hours(product.uom_id, quantity, hour)
        return hours


def _in_hours(uom, quantity, hour):
    """A quantity in hours; what is no time at all (a flat rate) counts as one hour each."""
    if uom._has_common_reference(hour):
        return uom._compute_quantity(quantity, hour, round=False)
    return quantity
