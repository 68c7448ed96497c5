from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..logic import repeats
from .vocabulary import REPEAT_RESPONSIBILITIES

#: What decides whether a repair repeats another one, on either of them.
REPEAT_FACTS = (
    "state",
    "aftersales_is_service",
    "aftersales_plan_id",
    "aftersales_fault_id",
    "aftersales_date_failure",
    "aftersales_date_intake",
    "aftersales_date_repaired",
    "aftersales_rework_of_id",
)


class RepairOrder(models.Model):
    """The same problem must not be repaired twice (C45, C46, R04.06): find out, and say why.

    All repairs of a unit, or else of a serial, are looked at together: what happened to one of
    them (done, cancelled, dates or fault corrected) may make or end the repetition of another.
    """

    _inherit = "repair.order"

    aftersales_repeat_of_id = fields.Many2one(
        "repair.order",
        string="Repeats",
        compute="_compute_aftersales_repeat",
        store=True,
        copy=False,
        index="btree_not_null",
        help="The earlier repair that did not hold, as far as the service plan counts it.",
    )
    aftersales_repeat_ids = fields.One2many(
        "repair.order", "aftersales_repeat_of_id", string="Repeated by"
    )
    aftersales_is_repeat = fields.Boolean(
        string="Repeat Repair", compute="_compute_aftersales_repeat", store=True, copy=False
    )
    aftersales_first_time_fix = fields.Boolean(
        string="First-Time Fix",
        compute="_compute_aftersales_repeat",
        store=True,
        copy=False,
        help="Done, and it did not come back within the window of the service plan.",
    )
    aftersales_repeat_cause = fields.Text(
        string="Why It Came Back", copy=False, help="Why the earlier repair did not hold."
    )
    aftersales_repeat_responsibility = fields.Selection(
        REPEAT_RESPONSIBILITIES,
        string="Responsibility",
        copy=False,
        tracking=True,
        help="Whose fault it is that the repair has to be repeated.",
    )
    aftersales_repeat_text = fields.Char(
        string="Repetition", compute="_compute_aftersales_repeat_text"
    )
    aftersales_history_text = fields.Char(
        string="Repairs of the Unit", compute="_compute_aftersales_history_text"
    )

    # earlier repairs of a serial; with a column of ours, so that it goes with the addon
    _aftersales_by_lot = models.Index("(lot_id, aftersales_is_service) WHERE lot_id IS NOT NULL")

    # === COMPUTE === #

    @api.depends(
        "aftersales_unit_id",
        "lot_id",
        *REPEAT_FACTS,
        *(f"aftersales_unit_id.repair_ids.{name}" for name in REPEAT_FACTS),
        *(f"lot_id.aftersales_repair_ids.{name}" for name in REPEAT_FACTS),
    )
    def _compute_aftersales_repeat(self):
        served = self.filtered("aftersales_is_service")
        for repair in self - served:
            repair.aftersales_repeat_of_id = False
            repair.aftersales_is_repeat = repair.aftersales_first_time_fix = False
        histories = served._aftersales_get_histories()
        for key, repairs in served.grouped(lambda repair: repair._aftersales_history_key()).items():
            history = histories.get(key, self.browse())
            jobs = [other._aftersales_as_job() for other in history]
            found = [
                repeats.find_repeated(job, jobs, other._aftersales_get_watch())
                for other, job in zip(history, jobs, strict=True)
            ]
            came_back = {earlier.key for earlier in found if earlier}
            for repair in repairs:
                earlier = repair._aftersales_find_repeated(jobs)
                repair.aftersales_repeat_of_id = earlier and earlier.key
                repair.aftersales_is_repeat = bool(earlier)
                repair.aftersales_first_time_fix = (
                    repair.state == "done" and repair._origin.id not in came_back
                )

    def _aftersales_history_key(self):
        """What is repaired: the unit, or else the serial; False where nobody knows."""
        unit, lot = self.aftersales_unit_id._origin, self.lot_id._origin
        return (unit._name, unit.id) if unit else lot and (lot._name, lot.id)

    def _aftersales_get_histories(self):
        """All repairs of the same things that took or take place, in one search: ``{key: …}``."""
        units, lots = self.aftersales_unit_id._origin, self.lot_id._origin
        # superuser: that something was repaired before is no secret to whoever repairs it
        found = self.sudo().search(
            Domain("aftersales_is_service", "=", True)
            & Domain("state", "!=", "cancel")
            & Domain("aftersales_rework_of_id", "=", False)
            & (
                Domain("aftersales_unit_id", "in", units.ids)
                | (Domain("aftersales_unit_id", "=", False) & Domain("lot_id", "in", lots.ids))
            ),
            order="id",
        )
        return found.grouped(lambda repair: repair._aftersales_history_key())

    def _aftersales_find_repeated(self, jobs):
        """The ``logic.repeats.Job`` that this repair repeats, or None; a rework is none."""
        if self.state == "cancel" or self.aftersales_rework_of_id:
            return None
        if not self._aftersales_history_key():
            return None
        return repeats.find_repeated(self._aftersales_as_job(), jobs, self._aftersales_get_watch())

    def _aftersales_as_job(self):
        """One job from the taking in to the end of its last rework."""
        last = self
        while rework := last._aftersales_get_rework():
            last = rework
        done = last.state == "done" and last.aftersales_date_repaired
        taken_in = self.aftersales_date_intake or self.create_date or fields.Datetime.now()
        return repeats.Job(
            key=self._origin.id or float("inf"),
            fault=self.aftersales_fault_id._origin.id or None,
            failed_on=self.aftersales_date_failure or self._aftersales_local_date(taken_in),
            taken_in=taken_in,
            repaired_at=done or None,
            repaired_on=self._aftersales_local_date(done) if done else None,
        )

    def _aftersales_get_watch(self):
        """What the plan counts as coming back; nothing where there is no plan."""
        plan = self.sudo().aftersales_plan_id
        return repeats.Watch(
            scope=repeats.Scope(plan.repeat_scope or "none"),
            days=plan.repeat_days,
            listed=self.sudo().aftersales_unit_id._get_listed_faults(),
        )

    @api.depends_context("lang")
    @api.depends("aftersales_repeat_of_id", "aftersales_date_failure")
    def _compute_aftersales_repeat_text(self):
        self.aftersales_repeat_text = False
        for repair in self.filtered("aftersales_repeat_of_id"):
            earlier = repair.sudo().aftersales_repeat_of_id
            repaired = earlier._aftersales_local_date(earlier.aftersales_date_repaired)
            words = {
                "repaired": format_date(self.env, repaired),
                "fault": earlier.aftersales_fault_id.name,
                "days": max(0, (repair.aftersales_date_failure - repaired).days),
            }
            repair.aftersales_repeat_text = (
                self.env._("“%(fault)s” repaired on %(repaired)s: %(days)s days before.", **words)
                if words["fault"]
                else self.env._("Repaired on %(repaired)s: %(days)s days before.", **words)
            )

    @api.depends_context("lang")
    @api.depends("aftersales_unit_id", "aftersales_fault_id", "state")
    def _compute_aftersales_history_text(self):
        self.aftersales_history_text = False
        known = self.filtered("aftersales_unit_id")
        for fault, repairs in known.grouped("aftersales_fault_id").items():
            counts = repairs.aftersales_unit_id._origin._count_repairs(fault._origin)
            for repair in repairs:
                number = counts[repair.aftersales_unit_id._origin]
                words = {"total": number.total, "same": number.same}
                if number.total:
                    repair.aftersales_history_text = (
                        self.env._("%(total)s, of these %(same)s for this fault", **words)
                        if fault
                        else str(number.total)
                    )

    # === RULES === #

    @api.constrains("aftersales_date_repaired", "aftersales_date_intake")
    def _check_aftersales_date_repaired(self):
        self._aftersales_refuse_future(["aftersales_date_repaired"])
        for repair in self:
            begun, done = repair.aftersales_date_intake, repair.aftersales_date_repaired
            if begun and done and done < begun:
                raise ValidationError(
                    self.env._(
                        "%s was repaired before it was taken in. Correct one of the two dates.",
                        repair.name,
                    )
                )

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        missing = not (
            (self.aftersales_repeat_cause or "").strip() and self.aftersales_repeat_responsibility
        )
        if gate == "close" and self.aftersales_is_repeat and missing:
            obstacles.append(
                self.env._(
                    "It repeats %s. Say why it came back and who answers for it.",
                    self.sudo().aftersales_repeat_of_id.name,
                )
            )
        return obstacles

    # === CRUD AND ACTIONS === #

    def write(self, vals):
        if vals.get("state") == "done":
            self._aftersales_note_ended()
        return super().write(vals)

    def _aftersales_note_ended(self):
        """The work is done: now, where nobody recorded when."""
        fresh = self.filtered(
            lambda repair: repair.aftersales_is_service and not repair.aftersales_date_repaired
        )
        fresh.write({"aftersales_date_repaired": fields.Datetime.now()})

    def action_view_aftersales_repeats(self):
        """The repairs that had to repeat this one."""
        self.ensure_one()
        repeated = self.aftersales_repeat_ids.filtered(lambda repair: repair.state != "cancel")
        return repeated._get_records_action(name=self.env._("Repeat Repairs"))
