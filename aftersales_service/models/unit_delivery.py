from collections import defaultdict

from odoo import fields, models

from .local_time import local_date
from .unit import QUIETLY


class AftersalesUnit(models.Model):
    """How units follow the goods: every method compares with the done moves and can run again."""

    _inherit = "aftersales.unit"

    # === FIRST DELIVERIES === #

    def _sync_deliveries(self, moves):
        """Make, correct or cancel the units of done first deliveries.

        Called with superuser rights from stock: storekeepers deliver, promises follow.
        """
        lines = moves.move_line_ids
        known = self._find_known(lines)
        by_line = {unit.move_line_id: unit for unit in known if unit.move_line_id}
        fresh = []
        for line in lines:
            unit = by_line.get(line)
            if unit:
                unit._follow_line(line)
            elif line.quantity_product_uom > 0 and not known._resume_serial(line):
                fresh.append(line)
        if fresh:
            self._register_lines(self.env["stock.move.line"].union(*fresh), known)

    def _find_known(self, lines):
        """Units these lines made, and those in play with the same serials."""
        domain = [("move_line_id", "in", lines.ids)]
        if lots := lines.lot_id:
            playing = [("lot_id", "in", lots.ids), ("state", "in", ("active", "returned"))]
            domain = ["|", *domain, "&", *playing]
        return self.search(domain)

    def _resume_serial(self, line):
        """True when this serial of the same order line is known: sent again, not sold again."""
        again = self.filtered(
            lambda unit: (
                unit.is_serial
                and unit.lot_id == line.lot_id
                and unit.sale_line_id == line.move_id.sale_line_id
            )
        )
        again.filtered(lambda unit: unit.state == "returned").write(
            {"state": "active", "quantity_returned": 0}
        )
        return bool(again)

    def _register_lines(self, lines, known):
        lines.move_id.sale_line_id._aftersales_freeze_promise()
        former = known.filtered(lambda unit: unit.is_serial and unit.lot_id in lines.lot_id)
        by_lot = {unit.lot_id: unit for unit in former}
        former._end_as_sold_again(lines)
        counters = defaultdict(int)
        vals_list = [self._prepare_unit(line, counters, by_lot) for line in lines]
        return self.with_context(**QUIETLY).create(vals_list)

    def _end_as_sold_again(self, lines):
        """A serial sold anew leaves the promise of its former sale behind."""
        for unit in self:
            line = lines.filtered(lambda line, lot=unit.lot_id: line.lot_id == lot)[:1]
            order = line.move_id.sale_line_id.order_id
            unit.write({"state": "ended", "date_ended": self._get_line_dates(line)["date_shipped"]})
            unit.message_post(
                body=self.env._(
                    "Serial %(serial)s was delivered again with %(order)s: this promise ended.",
                    serial=unit.lot_id.name,
                    order=order.name,
                )
            )
        # the unique index must see them ended before the new units are inserted
        self.flush_recordset(["state"])

    def _prepare_unit(self, line, counters, former):
        sale_line = line.move_id.sale_line_id
        order = sale_line.order_id
        return {
            "name": line.lot_id.name or self._get_unit_name(line, counters),
            "company_id": line.company_id.id,
            "product_id": line.product_id.id,
            "lot_id": line.lot_id.id,
            "quantity": line.quantity_product_uom,
            "partner_id": order.partner_id.id,
            "site_id": (line.picking_id.partner_id or order.partner_shipping_id).id,
            "user_id": order.user_id.id,
            "replaces_id": former[line.lot_id].id if line.lot_id in former else False,
            "sale_line_id": sale_line.id,
            "move_line_id": line.id,
            "plan_id": sale_line.aftersales_plan_id.id,
            "version_id": sale_line.aftersales_version_id.id,
            **self._get_line_dates(line),
        }

    def _get_unit_name(self, line, counters):
        """Without a serial, the transfer and a running number tell units apart."""
        transfer = line.picking_id.name or line.reference or line.move_id.sale_line_id.order_id.name
        counters[transfer] += 1
        return f"{transfer}-{counters[transfer]}"

    def _get_line_dates(self, line):
        """Event dates that the transfer knows, as local dates of the customer (A1)."""
        order = line.move_id.sale_line_id.order_id
        clocks = (order.partner_id, line.company_id.resource_calendar_id)
        shipped = local_date(line.move_id.date, *clocks)
        return {
            "date_ordered": local_date(order.date_order, *clocks),
            "date_shipped": shipped,
            "date_delivered": line.picking_id.aftersales_date_received or shipped,
        }

    def _follow_line(self, line):
        """Take over what a correction of the transfer changed; writes only differences."""
        if line.quantity_product_uom <= 0:
            if self.state != "cancelled":
                self._cancel_undelivered()
            return
        target = {"quantity": line.quantity_product_uom, **self._get_line_dates(line)}
        if line.lot_id != self.lot_id:
            target |= {"lot_id": line.lot_id.id, "name": line.lot_id.name or self.name}
        if self.state == "cancelled":
            target |= {"state": "active", "date_ended": False}
        changed = {
            field: value
            for field, value in target.items()
            if (self[field].id if field == "lot_id" else self[field]) != value
        }
        if changed:
            self.write(changed)
        if "date_shipped" in changed:
            sold_again = self.replaces_id.filtered(lambda unit: unit.state == "ended")
            sold_again.date_ended = self.date_shipped

    def _cancel_undelivered(self):
        self.write({"state": "cancelled", "date_ended": self.date_shipped or fields.Date.today()})
        self.message_post(body=self.env._("The transfer was corrected: this was never delivered."))

    # === RETURNS AND RE-DELIVERIES === #

    def _sync_returns(self, moves):
        """Recount what came back and went out again; coverage stays as it is.

        Whether goods return to be repaired or for good shows later (refund, exchange); until then
        nothing promised is lost.
        """
        roots = moves._aftersales_first_deliveries()
        units = self.search([("move_line_id.move_id", "in", roots.ids)])
        balances = roots._aftersales_balances()
        for (root, lot), mine in units.grouped(
            lambda unit: (unit.move_line_id.move_id, unit.is_serial and unit.lot_id)
        ).items():
            away = balances[root.id, lot.id if lot else False]
            for unit in mine:
                unit._set_returned(min(away, unit.quantity))
                away -= unit.quantity_returned

    def _set_returned(self, quantity):
        uom = self.product_uom_id
        state = self.state
        if state in ("active", "returned"):
            gone = uom.compare(quantity, self.quantity) >= 0
            state = "returned" if gone else "active"
        if uom.compare(quantity, self.quantity_returned) or state != self.state:
            self.write({"quantity_returned": quantity, "state": state})
