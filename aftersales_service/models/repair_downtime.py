from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..logic.stays import stays

#: What a row tells: changes of it correct the ledger.
SPAN = frozenset({"date_start", "date_end"})


class AftersalesRepairDowntime(models.Model):
    """When a unit could not be used: while it was with us, and while its parts were awaited (C16).

    Rows follow from facts: stays with us from transfers, waits for parts from their buttons. What
    is over feeds the ledger of extensions, each row once; whether it lengthens the cover is the
    policy's to say, and what overlaps counts once there (R29.05, S-R29-7).
    """

    _name = "aftersales.repair.downtime"
    _description = "Downtime of a Repair"
    _order = "repair_id, date_start, id"
    _rec_name = "kind"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    kind = fields.Selection(
        [("stay", "With us"), ("parts", "Waiting for parts")], required=True, default="parts"
    )
    date_start = fields.Datetime(string="From", required=True, default=fields.Datetime.now)
    date_end = fields.Datetime(string="Until")
    date_expected = fields.Date(string="Parts Expected on")
    note = fields.Char(string="Remark")
    days = fields.Integer(compute="_compute_days", help="Whole days, as promises count them.")

    _one_wait = models.UniqueIndex(
        "(repair_id) WHERE kind = 'parts' AND date_end IS NULL",
        "This repair waits for parts already.",
    )
    _in_order = models.Constraint(
        "CHECK(date_end IS NULL OR date_start <= date_end)",
        "Downtime cannot end before it begins. Correct its times.",
    )

    @api.depends("date_start", "date_end")
    def _compute_days(self):
        now = fields.Datetime.now()
        for row in self:
            first, last = row._get_local_dates(row.date_end or now)
            row.days = (last - first).days if first else 0

    def _get_local_dates(self, end):
        """The dates of the customer between which it was away."""
        unit = self.sudo().repair_id.aftersales_unit_id
        if unit and self.date_start:
            return unit._get_local_date(self.date_start), unit._get_local_date(end)
        return (self.date_start and self.date_start.date(), end.date())

    @api.constrains("date_start", "date_end")
    def _check_past(self):
        now = fields.Datetime.now()
        for row in self:
            if max(filter(None, (row.date_start, row.date_end))) > now:
                raise ValidationError(
                    self.env._(
                        "Downtime of %s lies in the future. Enter it when it has happened.",
                        row.repair_id.name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._refuse_typed_stays()
        rows._feed_ledger()
        return rows

    def write(self, vals):
        self._refuse_typed_stays()
        res = super().write(vals)
        if SPAN & vals.keys():
            self._feed_ledger()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_with_extension(self):
        self.env["aftersales.coverage.extension"]._cancel_for(self)

    def _refuse_typed_stays(self):
        if not self.env.su and any(row.kind == "stay" for row in self):
            raise UserError(
                self.env._("How long a unit was with us follows from its transfers. Correct those.")
            )

    # === LEDGER === #

    def _feed_ledger(self):
        """Bring the ledger in line with what these rows say now (idempotent)."""
        # superuser: promises follow from facts, whoever records them
        Extension = self.env["aftersales.coverage.extension"].sudo()
        rows = self.sudo()
        entered = {entry.source_id: entry for entry in Extension._get_active_of(rows)}
        wrong, missing = Extension, []
        for row in rows:
            entry, wanted = entered.get(row.id), row._prepare_extension()
            if entry and (not wanted or entry._differs_from(wanted)):
                wrong |= entry
            elif entry:
                continue
            if wanted:
                missing.append((row, wanted))
        wrong.write({"cancel_reason": self.env._("The facts were corrected.")})
        wrong.action_cancel()
        wrong.flush_recordset(["state"])
        for row, wanted in missing:
            # "today" is the customer's: it may be back tomorrow by our clock
            zone = row.repair_id.aftersales_unit_id._get_zone()
            Extension.with_context(tz=zone).create(wanted)

    def _prepare_extension(self):
        """The entry of the ledger that this row stands for, or None while there is none."""
        unit = self.repair_id.aftersales_unit_id
        if not unit or not self.date_end or self.repair_id.state == "cancel":
            return None
        first, last = self._get_local_dates(self.date_end)
        if first >= last:
            return None  # back on the same day: nothing was lost
        reason = {
            "stay": self.env._("%s: with us", self.repair_id.name),
            "parts": self.env._("%s: waiting for parts", self.repair_id.name),
        }
        return {
            "unit_id": unit.id,
            "kind": "downtime",
            "date_from": first,
            "date_to": last,
            "reason": reason[self.kind],
            "source_model": self._name,
            "source_id": self.id,
        }


class RepairOrder(models.Model):
    """How long the customer had to do without, and what the repair waits for."""

    _inherit = "repair.order"

    aftersales_downtime_ids = fields.One2many(
        "aftersales.repair.downtime", "repair_id", string="Downtime"
    )
    aftersales_waits_for_parts = fields.Boolean(
        string="Waiting for Parts",
        compute="_compute_aftersales_waits_for_parts",
        store=True,
        index=True,
    )
    aftersales_parts_date = fields.Date(
        string="Parts Expected",
        compute="_compute_aftersales_parts_date",
        help="When the last missing part comes: as receipts say, or else as it was announced.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_downtime(self):
        """The database would delete the rows without a word to the ledger they feed."""
        # superuser: promises follow from facts, whoever deletes them
        self.sudo().aftersales_downtime_ids.unlink()

    @api.depends("aftersales_downtime_ids.date_end", "aftersales_downtime_ids.kind")
    def _compute_aftersales_waits_for_parts(self):
        for repair in self:
            repair.aftersales_waits_for_parts = bool(repair._aftersales_get_waits())

    @api.depends(
        "state",
        "move_ids.state",
        "move_ids.forecast_expected_date",
        "aftersales_downtime_ids.date_expected",
        "aftersales_downtime_ids.date_end",
    )
    def _compute_aftersales_parts_date(self):
        for repair in self:
            if repair.state in ("done", "cancel"):
                repair.aftersales_parts_date = False
                continue
            expected = filter(
                None, repair._aftersales_get_missing_parts().mapped("forecast_expected_date")
            )
            known = max(expected, default=False)
            announced = repair._aftersales_get_waits().date_expected
            zone = repair.company_id.sudo().resource_calendar_id
            repair.aftersales_parts_date = (
                fields.Datetime.context_timestamp(repair.with_context(tz=zone.tz), known).date()
                if known
                else announced
            )

    def _aftersales_get_waits(self):
        """The wait for parts that goes on."""
        return self.aftersales_downtime_ids.filtered(
            lambda row: row.kind == "parts" and not row.date_end
        )

    def _aftersales_get_missing_parts(self):
        """Parts that are neither here nor built in."""
        return self.move_ids.filtered(
            lambda move: (
                move.repair_line_type == "add" and move.state not in ("assigned", "done", "cancel")
            )
        )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        repairs = super().create(vals_list)
        arrived = repairs.filtered(lambda repair: repair.aftersales_date_arrived)
        arrived._aftersales_follow_downtime()
        return repairs

    def write(self, vals):
        res = super().write(vals)
        if vals.keys() & {
            "aftersales_date_arrived",
            "aftersales_date_handed_back",
            "aftersales_unit_id",
            "lot_id",
            "product_location_src_id",
            "state",
        }:
            self.filtered("aftersales_is_service")._aftersales_follow_downtime()
        return res

    def _aftersales_follow_downtime(self):
        """Stays as transfers tell, or the dates on these repairs; the ledger follows."""
        # superuser: nobody enters stays
        for repair in self.sudo():
            rows = repair.aftersales_downtime_ids.filtered(lambda row: row.kind == "stay")
            spans = repair._aftersales_get_stays()
            for row, (start, end) in zip(rows, spans, strict=False):
                if (row.date_start, row.date_end) != (start, end):
                    row.write({"date_start": start, "date_end": end})
            rows[len(spans) :].unlink()
            rows.create(
                [
                    {"repair_id": repair.id, "kind": "stay", "date_start": start, "date_end": end}
                    for start, end in spans[len(rows) :]
                ]
            )
            waits = repair._aftersales_get_waits()
            if waits and repair.state in ("done", "cancel"):
                waits.write({"date_end": fields.Datetime.now()})
                repair.aftersales_request_id._go_on_with_parts()
            repair.aftersales_downtime_ids._feed_ledger()

    def _aftersales_get_stays(self):
        """``(from, until or False)`` of the times the unit was with us."""
        events = self._aftersales_get_events()
        if events:
            return [(start, end or False) for start, end in stays(events)]
        arrived, back = self.aftersales_date_arrived, self.aftersales_date_handed_back
        if not arrived or self.aftersales_is_at_customers:
            return []
        return [(arrived, back and max(arrived, back))]

    # === ACTIONS === #

    def action_aftersales_wait_parts(self):
        """Wait for parts: the customer's case waits, too, and the ball is with the supplier."""
        self.check_access("write")
        for repair in self:
            repair._aftersales_refuse_wait()
        # superuser: rows follow from the button; technicians need not see the request
        self.env["aftersales.repair.downtime"].sudo().create(
            [
                {"repair_id": repair.id, "date_expected": repair.aftersales_parts_date}
                for repair in self
            ]
        )
        for repair in self:
            repair._message_log(body=repair._aftersales_describe_wait())
            repair.sudo().aftersales_request_id._wait_for_parts()
        return True

    def action_aftersales_parts_arrived(self):
        """All parts are here: work goes on."""
        self.check_access("write")
        self._aftersales_stop_waiting()
        return True

    def _aftersales_refuse_wait(self):
        if self.state not in ("draft", "confirmed", "under_repair"):
            raise UserError(self.env._("%s is over and waits for nothing.", self.name))
        if not self.aftersales_is_service:
            raise UserError(
                self.env._("%s belongs to no unit in service and to no request.", self.name)
            )
        if self.aftersales_waits_for_parts:
            raise UserError(self.env._("%s waits for parts already.", self.name))
        if self.state != "draft" and self.move_ids and not self._aftersales_get_missing_parts():
            raise UserError(
                self.env._("All parts of %s are here. There is nothing to wait for.", self.name)
            )

    def _aftersales_describe_wait(self):
        parts = ", ".join(self._aftersales_get_missing_parts().product_id.mapped("display_name"))
        if not self.aftersales_parts_date:
            return self.env._("Waits for parts: %s. Nobody knows yet when they come.", parts)
        return self.env._(
            "Waits for parts: %(parts)s. Expected on %(day)s.",
            parts=parts,
            day=fields.Date.to_string(self.aftersales_parts_date),
        )

    def _aftersales_stop_waiting(self):
        """End the waits of these repairs, and those of their cases that nothing else holds up."""
        waiting = self.filtered("aftersales_waits_for_parts")
        # superuser: parts are received by storekeepers
        waits = waiting.sudo()._aftersales_get_waits()
        waits.write({"date_end": fields.Datetime.now()})
        for repair in waiting:
            repair._message_log(body=self.env._("The parts are here. Work can go on."))
        waiting.sudo().aftersales_request_id._go_on_with_parts()


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_assign(self, force_qty=False):
        """The last missing part is here: its repair no longer waits."""
        res = super()._action_assign(force_qty=force_qty)
        waiting = self.sudo().repair_id.filtered("aftersales_waits_for_parts")
        waiting.filtered(
            lambda repair: not repair._aftersales_get_missing_parts()
        )._aftersales_stop_waiting()
        return res
