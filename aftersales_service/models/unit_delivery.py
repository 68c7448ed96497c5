from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from .local_time import local_date
from .unit import IN_PLAY, QUIETLY


class AftersalesUnit(models.Model):
    """How units follow the goods: every method compares with the done moves and can run again.

    Called with superuser rights from stock: storekeepers deliver, promises follow.
    """

    _inherit = "aftersales.unit"

    # === FIRST DELIVERIES === #

    def _sync_deliveries(self, moves):
        """Make, correct or cancel the units of done first deliveries."""
        lines = moves.move_line_ids
        known = self._find_known(lines)
        by_line = {unit.move_line_id: unit for unit in known if unit.move_line_id in lines}
        self._release_lots(by_line)
        fresh, again = [], self.browse()
        for line in lines:
            unit = by_line.get(line)
            if unit:
                unit._follow_line(line, known)
            elif line.quantity_product_uom > 0:
                out = known._find_sent_again(line)
                again |= out
                if not out:
                    fresh.append(line)
        if again:
            again._follow_serials()
        if fresh:
            self._register_lines(self.env["stock.move.line"].union(*fresh), known)

    def _find_known(self, lines):
        """Units these lines made, and those in play with the same serials."""
        domain = Domain("move_line_id", "in", lines.ids)
        if lots := lines.lot_id:
            domain |= Domain("lot_id", "in", lots.ids) & Domain("state", "in", IN_PLAY)
        return self.search(domain)

    def _release_lots(self, by_line):
        """Serials corrected on a transfer are free before others take them: they may be swapped."""
        wrong = self.union(*(unit for line, unit in by_line.items() if unit.lot_id != line.lot_id))
        if wrong:
            wrong.write({"lot_id": False})
            wrong.flush_recordset()
            wrong._restore_former()

    def _find_sent_again(self, line):
        """The unit of this serial, if the same order line delivered it before: it is not new."""
        if not self:
            return self
        return self.filtered(
            lambda unit: (
                unit.is_serial
                and unit.state in IN_PLAY
                and unit.lot_id == line.lot_id
                and unit.sale_line_id == line.move_id.sale_line_id
            )
        )

    def _register_lines(self, lines, known):
        lines.move_id.sale_line_id._aftersales_freeze_promise()
        former = known._end_former(lines)
        counters = defaultdict(int)
        dates = {}
        vals_list = [self._prepare_unit(line, counters, former, dates) for line in lines]
        units = self.with_context(**QUIETLY).create(vals_list).with_env(self.env)
        units._link_exchanges()
        units.sale_order_id.order_line._aftersales_extend_cover()
        units._announce_cover()
        return units

    def _end_former(self, lines):
        """A serial sold anew leaves the promise of its former sale behind: ``{lot: unit}``."""
        former = {}
        for unit in self.filtered(lambda unit: unit.is_serial and unit.state in IN_PLAY):
            line = lines.filtered(lambda line, lot=unit.lot_id: line.lot_id == lot)[:1]
            if not line or unit.move_line_id == line:
                continue
            former[unit.lot_id] = unit
            unit.write({"state": "ended", "date_ended": self._get_line_dates(line)["date_shipped"]})
            unit.message_post(
                body=self.env._(
                    "Serial %(serial)s was delivered again with %(document)s: this promise ended.",
                    serial=unit.lot_id.name,
                    document=line.move_id.sale_line_id.order_id.name or line.picking_id.name,
                )
            )
        # the unique index must see them ended before others take their serial
        self.flush_recordset(["state"])
        return former

    def _restore_former(self):
        """It was not this serial after all: what its delivery ended counts again."""
        for unit in self:
            former = unit.replaces_id
            if not former or unit.exchange_rule:
                continue
            gone = former.product_uom_id.compare(former.quantity_returned, former.quantity) >= 0
            unit.replaces_id = False
            unit.flush_recordset(["replaces_id"])
            former.write({"state": "returned" if gone else "active", "date_ended": False})
            former.message_post(
                body=self.env._("The later delivery was corrected: this promise counts again.")
            )

    def _prepare_unit(self, line, counters, former, dates):
        sale_line = line.move_id.sale_line_id
        order = sale_line.order_id
        if line.move_id not in dates:
            dates[line.move_id] = self._get_line_dates(line)
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
            "has_proof": True,
            "date_invoiced": self._get_invoice_date(sale_line),
            **dates[line.move_id],
        }

    def _get_invoice_date(self, sale_line):
        """Goods invoiced before they were delivered were bought on that day."""
        if sale_line.qty_invoiced <= 0:
            return False
        invoices = sale_line.invoice_lines.move_id.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        return min(filter(None, invoices.mapped("invoice_date")), default=False)

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

    def _follow_line(self, line, known):
        """Take over what a correction of the transfer changed; writes only differences."""
        if line.quantity_product_uom <= 0:
            if self.state != "cancelled":
                self._cancel_undelivered()
            return
        target = {"quantity": line.quantity_product_uom, **self._get_line_dates(line)}
        if line.lot_id != self.lot_id:
            former = (known - self)._end_former(line)
            target |= {
                "lot_id": line.lot_id.id,
                "name": line.lot_id.name or self.name,
                "replaces_id": former[line.lot_id].id if line.lot_id in former else False,
            }
        if self.state == "cancelled":
            target |= {"state": "active", "date_ended": False}
        changed = {field: value for field, value in target.items() if self._differs(field, value)}
        if changed:
            self.write(changed)
        if "date_shipped" in changed:
            former = self.replaces_id.filtered(lambda unit: unit.state in ("ended", "replaced"))
            former.date_ended = self.date_delivered if self.exchange_rule else self.date_shipped
        if "quantity" in changed and self.quantity_returned:
            self._set_returned(self.quantity_returned, self.date_ended)

    def _differs(self, field, value):
        mine = self[field]
        return (mine.id if isinstance(mine, models.BaseModel) else mine) != value

    def _cancel_undelivered(self):
        self.write({"state": "cancelled", "date_ended": self.date_shipped})
        self.flush_recordset()
        self._restore_former()
        self.message_post(body=self.env._("The transfer was corrected: this was never delivered."))

    # === RETURNS AND RE-DELIVERIES === #

    def _sync_returns(self, moves):
        """Recount what came back and went out again.

        Goods that return for a refund (the transfer updates the order's quantities) are covered no
        longer; goods that return to be repaired lose nothing.
        """
        lots = moves.move_line_ids.lot_id
        serials = self.search(
            Domain("is_serial", "=", True)
            & Domain("lot_id", "in", lots.ids)
            & Domain("state", "in", IN_PLAY)
        )
        serials._follow_serials()
        roots = moves._aftersales_first_deliveries()
        others = self.search(
            Domain("move_line_id.move_id", "in", roots.ids) & Domain("is_serial", "=", False)
        )
        others._follow_balances(roots)

    def _follow_serials(self):
        """The last time a serial passed a customer's door tells where it is."""
        lines = self.env["stock.move.line"].search(
            Domain("lot_id", "in", self.lot_id.ids)
            & Domain("state", "=", "done")
            & (
                Domain("location_id.usage", "=", "customer")
                | Domain("location_dest_id.usage", "=", "customer")
            ),
            order="date, id",
        )
        last = {
            line.lot_id: line
            for line in lines
            if line.location_id.usage != line.location_dest_id.usage
        }
        for unit in self:
            line = last.get(unit.lot_id)
            if line:
                out = line.location_dest_id.usage == "customer"
                refunded = line.move_id.to_refund and not out
                ended = refunded and unit._get_local_date(line.move_id.date)
                unit._set_returned(0 if out else unit.quantity, ended)

    def _follow_balances(self, roots):
        balances, refunds = roots._aftersales_balances()
        for (root, lot), mine in self.grouped(
            lambda unit: (unit.move_line_id.move_id, unit.lot_id)
        ).items():
            key = (root.id, lot.id)
            away, refund = max(balances[key], 0), refunds.get(key)
            for unit in mine:
                ended = bool(refund) and unit._get_local_date(refund.date)
                unit._set_returned(min(away, unit.quantity), ended)
                away -= unit.quantity_returned

    def _follow_repairs(self):
        """Units that no transfer delivered, and that have no serial, follow their repairs."""
        for unit in self.filtered(lambda unit: not unit.is_serial and not unit.move_line_id):
            away = sum(
                repair.product_uom._compute_quantity(
                    repair.aftersales_quantity_here, unit.product_uom_id
                )
                for repair in unit.repair_ids
            )
            unit._set_returned(min(away, unit.quantity), unit.date_ended)

    def _set_returned(self, quantity, ended):
        """Take over what came back, and the day on which a refund ended the cover (or False)."""
        if self.state not in IN_PLAY:
            return
        gone = self.product_uom_id.compare(quantity, self.quantity) >= 0
        target = {
            "quantity_returned": quantity,
            "state": "returned" if gone else "active",
            "date_ended": gone and ended,
        }
        changed = {field: value for field, value in target.items() if self[field] != value}
        if changed:
            self.write(changed)

    # === EXCHANGES === #

    def _link_exchanges(self):
        """New units beyond the ordered quantity replace what came back of the same order line."""
        for line, fresh in self.grouped("sale_line_id").items():
            known = line.aftersales_unit_ids.filtered(lambda unit: unit.state != "cancelled")
            back = (known - fresh).filtered(
                lambda unit: unit.state == "returned" and not unit.replaced_by_ids
            )
            if not back:
                continue
            ordered = line.product_uom_id._compute_quantity(
                line.product_uom_qty, line.product_id.uom_id
            )
            replaced = known.filtered(lambda unit: unit.state == "replaced")
            excess = sum((known - replaced).mapped("quantity")) - ordered
            for new, old in zip(fresh, back.sorted("id"), strict=False):
                if line.product_uom_id.compare(excess, 0) <= 0:
                    break
                old._exchange_for(new)
                excess -= new.quantity

    def _exchange_for(self, new):
        """Another unit takes this one's place; its cover restarts or carries over by policy."""
        self.ensure_one()
        rule = self.version_id.payload["exchange"] if self.version_id else "carry"
        self.write({"state": "replaced", "date_ended": new.date_delivered})
        new.write({"replaces_id": self.id, "exchange_rule": rule})
        for unit in self | new:
            unit.message_post(
                body=self.env._(
                    "Exchanged: %(old)s → %(new)s.", old=self.display_name, new=new.display_name
                )
            )
