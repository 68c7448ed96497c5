from pytz import timezone

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..logic.errors import NoWorkingTimeError
from ..logic.working_time import WorkingTime
from .local_time import zone_of
from .vocabulary import FINISHED


class AftersalesPlan(models.Model):
    _inherit = "aftersales.plan"

    outside_days = fields.Integer(
        string="Outside Repairs Back Within (Working Days)",
        help="After it arrived at the factory or workshop. 0: no promise (R25.05).",
    )

    _outside_days_positive = models.Constraint(
        "CHECK(outside_days >= 0)", "Working days cannot be negative. Use 0 for no promise."
    )


class StockLocation(models.Model):
    _inherit = "stock.location"

    aftersales_partner_id = fields.Many2one(
        "res.partner",
        string="Outside Workshop",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What stands here is at this workshop, supplier or factory, to be repaired.",
    )

    _aftersales_partner_unique = models.UniqueIndex(
        "(aftersales_partner_id, company_id) WHERE aftersales_partner_id IS NOT NULL",
        "This workshop has a location already.",
    )


class AftersalesRepairOutside(models.Model):
    """A unit at an outside workshop, supplier or factory: sent, arrived there, back (R25.05).

    Its goods move by real transfers to a location of ours for that workshop and back. The location
    is internal: what is ours stays in our stock's value, what is the customer's stays the
    customer's, and nothing is sold or bought by sending it away to be repaired.
    """

    _name = "aftersales.repair.outside"
    _description = "Repair at an Outside Workshop"
    _order = "id desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [("workshop", "Workshop"), ("supplier", "Supplier"), ("factory", "Factory")],
        required=True,
        default="workshop",
        help="A repair at the factory is promised from its arrival there.",
    )
    partner_id = fields.Many2one("res.partner", string="At", required=True)
    reference = fields.Char(string="Their Reference", help="Return number of the supplier.")
    cost = fields.Monetary(help="What they charge us.")
    note = fields.Char(string="Remark")
    sent_picking_id = fields.Many2one(
        "stock.picking", string="Sent with", readonly=True, copy=False, check_company=True
    )
    back_picking_id = fields.Many2one(
        "stock.picking", string="Back with", readonly=True, copy=False, check_company=True
    )
    date_sent = fields.Datetime(related="sent_picking_id.date_done", string="Sent")
    date_arrived = fields.Datetime(
        string="Arrived There", copy=False, help="The time to repair it counts from here."
    )
    date_back = fields.Datetime(related="back_picking_id.date_done", string="Back")
    days = fields.Integer(
        string="Working Days",
        compute="_compute_days",
        store=True,
        readonly=False,
        precompute=True,
        help="So many working days after its arrival it is expected back. 0: nobody promised.",
    )
    date_due = fields.Datetime(
        string="Expected Back", compute="_compute_date_due", store=True, index="btree_not_null"
    )
    is_cancelled = fields.Boolean(copy=False, readonly=True)
    state = fields.Selection(
        [
            ("send", "To send"),
            ("out", "Out"),
            ("back", "Back"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        compute="_compute_state",
        store=True,
        index=True,
    )

    _numbers_positive = models.Constraint(
        "CHECK(days >= 0 AND cost >= 0)", "Working days and costs cannot be negative."
    )

    @api.depends("repair_id")
    def _compute_days(self):
        for step in self:
            step.days = step.days or step.repair_id.sudo().aftersales_plan_id.outside_days

    @api.depends("date_arrived", "days", "company_id")
    def _compute_date_due(self):
        for step in self:
            step.date_due = step.date_arrived and step.days and step._get_due()

    def _follow_pickings(self):
        self.env.add_to_compute(self._fields["state"], self)

    def _get_due(self):
        """The end of the last working day after its arrival (A5); False where nobody can tell."""
        company = self.company_id.sudo()
        calendar = company.resource_calendar_id
        working = WorkingTime(calendar._aftersales_month_loader(company))
        try:
            return working.until_end_of_day(
                self.date_arrived, self.days, timezone(zone_of(calendar))
            )
        except (NoWorkingTimeError, UserError):
            return False

    @api.depends("sent_picking_id", "back_picking_id", "is_cancelled")
    def _compute_state(self):
        """Transfers tell when their state changes (``stock.picking._aftersales_follow_repairs``).

        That is not left to a dependency: it would cost queries whenever any transfer changes.
        """
        for step in self:
            sent = step.sudo().sent_picking_id.state == "done"
            back = step.sudo().back_picking_id.state == "done"
            step.state = (
                "cancelled" if step.is_cancelled else "back" if back else "out" if sent else "send"
            )

    @api.constrains("date_arrived")
    def _check_date_arrived(self):
        for step in self.filtered("date_arrived"):
            if step.date_arrived > fields.Datetime.now():
                raise ValidationError(
                    self.env._(
                        "%(repair)s cannot have arrived at %(workshop)s in the future.",
                        repair=step.repair_id.name,
                        workshop=step.partner_id.display_name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps.filtered("date_arrived")._note_arrival({})
        return steps

    def write(self, vals):
        former = {step: step.date_arrived for step in self}
        res = super().write(vals)
        if vals.keys() & {"date_arrived", "kind"}:
            self._note_arrival(former)
        return res

    def _note_arrival(self, former):
        """A factory's time counts from the arrival there, and follows its corrections."""
        for step in self.filtered(lambda step: step.kind == "factory" and step.date_arrived):
            # superuser: technicians need not see the request of a job they work on
            repair = step.repair_id.sudo()
            request = repair.aftersales_request_id
            known = (False, former.get(step), repair.aftersales_date_arrived)
            if request.date_unit_arrived in known and request.state not in FINISHED:
                request.date_unit_arrived = step.date_arrived

    @api.ondelete(at_uninstall=False)
    def _unlink_except_unsent(self):
        if sent := self.filtered(lambda step: step.state in ("out", "back")):
            raise UserError(
                self.env._(
                    "%(repair)s was sent to %(workshop)s, which stays on record.",
                    repair=sent[0].repair_id.name,
                    workshop=sent[0].partner_id.display_name,
                )
            )

    # === ACTIONS === #

    def action_send(self):
        """Send the unit there, now."""
        for step in self:
            step._refuse_sending()
            place = step._get_place()
            step.sent_picking_id = step.repair_id._aftersales_move_unit("send_out", place)
        self.sent_picking_id._aftersales_validate()
        return True

    def action_arrive(self):
        """It arrived there: from now on they have their time."""
        for step in self:
            if step.state != "out":
                raise UserError(self.env._("%s is not out. Send it first.", step.repair_id.name))
            if step.date_arrived:
                raise UserError(
                    self.env._(
                        "The arrival of %s is recorded already. Correct its time.",
                        step.repair_id.name,
                    )
                )
        self.write({"date_arrived": fields.Datetime.now()})
        return True

    def action_fetch(self):
        """The unit is back with us, now."""
        for step in self:
            if step.state != "out":
                raise UserError(
                    self.env._("%s is not out, so it cannot come back.", step.repair_id.name)
                )
            place = step._get_place()
            step.back_picking_id = step.repair_id._aftersales_move_unit("fetch", place)
        self.back_picking_id._aftersales_validate()
        return True

    def action_cancel(self):
        for step in self:
            if step.state == "out":
                raise UserError(
                    self.env._(
                        "%(repair)s is at %(workshop)s. Take it back before you cancel this.",
                        repair=step.repair_id.name,
                        workshop=step.partner_id.display_name,
                    )
                )
        self.filtered(lambda step: step.state == "send").is_cancelled = True
        return True

    def action_reopen(self):
        self.filtered(lambda step: step.state == "cancelled").is_cancelled = False
        return True

    def _refuse_sending(self):
        repair = self.repair_id
        if self.state != "send":
            raise UserError(
                self.env._(
                    "%(repair)s was sent to %(workshop)s already, or it is cancelled.",
                    repair=repair.name,
                    workshop=self.partner_id.display_name,
                )
            )
        if repair.state in ("done", "cancel"):
            raise UserError(self.env._("%s is over. There is nothing to send away.", repair.name))
        if away := repair._aftersales_get_away():
            raise UserError(
                self.env._(
                    "%(repair)s is at %(workshop)s. Take it back before it goes elsewhere.",
                    repair=repair.name,
                    workshop=away[0].partner_id.display_name,
                )
            )
        if not repair._aftersales_get_quant() and repair.product_id.is_storable:
            raise UserError(
                self.env._("The unit of %s is not here. Receive it first.", repair.name)
            )

    def _get_place(self):
        """Our location for what stands at this workshop, made when it is first needed."""
        # superuser: storekeepers move goods, and make no locations
        Location = self.env["stock.location"].sudo()
        company = self.company_id
        workshop = self.partner_id.commercial_partner_id
        found = Location.search(
            [("aftersales_partner_id", "=", workshop.id), ("company_id", "=", company.id)], limit=1
        )
        return found or Location.create(
            {
                "name": self.env._("At %s", workshop.name),
                "usage": "internal",
                "company_id": company.id,
                "aftersales_partner_id": workshop.id,
            }
        )


class RepairOrder(models.Model):
    """Whether the unit stands with somebody else."""

    _inherit = "repair.order"

    aftersales_outside_ids = fields.One2many(
        "aftersales.repair.outside", "repair_id", string="Outside Workshops"
    )
    aftersales_is_outside = fields.Boolean(
        string="At an Outside Workshop",
        compute="_compute_aftersales_is_outside",
        store=True,
        index=True,
    )

    @api.depends("aftersales_outside_ids.state")
    def _compute_aftersales_is_outside(self):
        for repair in self:
            repair.aftersales_is_outside = "out" in repair.aftersales_outside_ids.mapped("state")

    def _aftersales_get_away(self):
        """The outside step it is away for."""
        return self.aftersales_outside_ids.filtered(lambda step: step.state == "out")

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        away = self._aftersales_get_away()
        if gate != "start" and away:
            obstacles.append(
                self.env._("It is at %s. Take it back first.", away[0].partner_id.display_name)
            )
        return obstacles
