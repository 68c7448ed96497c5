from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..logic import remedy as rules


class AftersalesUnit(models.Model):
    """A unit that comes back, and one given in exchange: its cover restarts or carries over."""

    _inherit = "aftersales.unit"

    return_line_ids = fields.One2many("aftersales.return.line", "unit_id")
    return_count = fields.Integer(compute="_compute_return_count")

    def _compute_return_count(self):
        counts = self.env["aftersales.return.line"]._count_by_unit(self)
        for unit in self:
            unit.return_count = counts.get(unit, 0)

    def action_create_return(self):
        """Take a return of this unit."""
        self.ensure_one()
        return self._take_return()

    def _take_return(self, **values):
        self.ensure_one()
        if self.state != "active":
            raise UserError(
                self.env._("%s is not with its customer: it cannot come back.", self.display_name)
            )
        move = self.sudo().move_line_id.move_id
        return self.env["aftersales.return"]._new_from(
            move,
            units=self,
            partner_id=self.partner_id.id,
            order_id=self.sudo().sale_order_id.id if move.sale_line_id else False,
            lot_id=self.lot_id.id,
            **values,
        )

    def action_view_returns(self):
        self.ensure_one()
        returns = self.return_line_ids._filtered_access("read").return_id
        return returns._get_records_action(name=self.env._("Returns"))

    # === WHAT MAY COME BACK === #

    def _aftersales_lock(self):
        """As ``stock.move._aftersales_lock``, for units."""
        if self:
            ids = sorted(self.ids)
            self.env.execute_query(
                SQL("SELECT id FROM aftersales_unit WHERE id = ANY(%s) ORDER BY id FOR UPDATE", ids)
            )
            self.env.cr.execute(
                SQL("UPDATE aftersales_unit SET write_date = write_date WHERE id = ANY(%s)", ids)
            )

    def _aftersales_get_returnable(self, besides=None):
        """What may still come back of units without a delivery: ``{unit: quantity}``."""
        units = self.sudo().filtered(lambda unit: not unit.move_line_id)
        Line = self.env["aftersales.return.line"].sudo()
        rows = Line._read_group(
            Domain("unit_id", "in", units.ids)
            & Domain("delivery_move_id", "=", False)
            & Domain("component_id", "=", False)
            & Domain("id", "not in", (besides or Line).ids),
            ["unit_id"],
            ["quantity_expected:sum", "quantity_received:sum", "quantity_back:sum"],
        )
        claimed = {
            unit: (expected or 0.0) + (not unit.is_serial and received - back or 0.0)
            for unit, expected, received, back in rows
        }
        return {
            unit: max(unit.quantity - unit.quantity_returned - claimed.get(unit, 0.0), 0.0)
            for unit in units
        }

    # === REPLACEMENTS === #

    def _sync_replacements(self, moves):
        """Make, correct or cancel the units of done replacements (idempotent)."""
        lines = moves.move_line_ids
        known = self._find_known(lines)
        by_line = {unit.move_line_id: unit for unit in known if unit.move_line_id in lines}
        self._release_lots(by_line)
        fresh = lines.browse()
        for line in lines:
            if line in by_line:
                by_line[line]._follow_line(line, known)
            elif line.quantity_product_uom > 0:
                fresh |= line
        if fresh:
            known._end_former(fresh)
            self._register_replacements(fresh)

    def _register_replacements(self, lines):
        counters, vals_list = {}, []
        for line in lines:
            vals_list.append(self._prepare_replacement(line, counters))
        units = self.create(vals_list)
        for unit, line in zip(units, lines, strict=True):
            former = line.move_id.aftersales_return_line_id.unit_id
            if former.state in ("active", "returned"):
                former._exchange_for(unit)
        units._announce_cover()
        return units

    def _prepare_replacement(self, line, counters):
        returned = line.move_id.aftersales_return_line_id
        former = returned.unit_id
        transfer = line.picking_id.name or line.reference
        counters[transfer] = counters.get(transfer, 0) + 1
        dates = self._get_line_dates(line)
        return {
            "name": line.lot_id.name or f"{transfer}-{counters[transfer]}",
            "company_id": line.company_id.id,
            "product_id": line.product_id.id,
            "lot_id": line.lot_id.id,
            "quantity": line.quantity_product_uom,
            "partner_id": former.partner_id.id,
            "site_id": former.site_id.id,
            "user_id": former.user_id.id,
            "sale_line_id": former.sale_line_id.id,
            "move_line_id": line.id,
            "plan_id": former.plan_id.id,
            "version_id": former.version_id.id,
            "remedy_version_id": former.remedy_version_id.id,
            "purchase_channel": former.purchase_channel,
            "has_proof": former.has_proof,
            "date_ordered": former.date_ordered,
            "date_invoiced": former.date_invoiced,
            "date_shipped": dates["date_shipped"],
            "date_delivered": dates["date_delivered"],
        }

    def _get_line_dates(self, line):
        """Without an order, the customer of the return says which day it is there."""
        if line.move_id.sale_line_id or not line.move_id.aftersales_return_line_id:
            return super()._get_line_dates(line)
        former = line.move_id.aftersales_return_line_id.unit_id
        shipped = former._get_local_date(line.move_id.date)
        return {
            "date_ordered": former.date_ordered,
            "date_shipped": shipped,
            "date_delivered": line.picking_id.aftersales_date_received or shipped,
        }

    @api.model
    def _get_faults_of_exchanges(self, former_ids):
        """Exchanges through returns say what was wrong, too."""
        lines = self.env["aftersales.return.line"].sudo()
        found = lines.search(
            [
                ("unit_id", "in", former_ids),
                ("quantity_replaced", ">", 0),
                ("component_id", "=", False),
            ],
            order="id",
        )
        return super()._get_faults_of_exchanges(former_ids) | {
            line.unit_id.id: line for line in found
        }

    def _get_attempts(self, failed, accessory):
        """Accessories that were replaced through returns count as exchanged (R29.04)."""
        attempts = super()._get_attempts(failed, accessory)
        if not accessory:
            return attempts
        lines = self.env["aftersales.return.line"].sudo()
        found = lines.search(
            [
                ("unit_id", "in", self.ids),
                ("component_id", "=", accessory.id),
                ("quantity_replaced", ">", 0),
                ("return_id.date_requested", "<=", fields.Datetime.end_of(failed, "day")),
            ]
        )
        by_unit = found.grouped("unit_id")
        for unit in self:
            attempts[unit] += [
                rules.Attempt(line.fault_id.id or None, line.cause_id.id or None, exchanged=True)
                for line in by_unit.get(unit, ())
            ]
        return attempts

    def _undo_exchange(self):
        """The replacement was kept and paid: the former unit is in use again, too."""
        for unit in self.filtered(lambda unit: unit.state == "replaced"):
            new = unit.replaced_by_ids
            new.write({"replaces_id": False, "exchange_rule": False})
            unit.write({"state": "active", "date_ended": False})
            unit.message_post(
                body=self.env._("Nothing came back, and the replacement was invoiced: both count.")
            )
