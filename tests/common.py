"""Builders that read like the story a test tells; the base class of every Odoo test here."""

from contextlib import contextmanager
from datetime import datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError
from pytz import UTC, timezone

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.mail.tests.common import mail_new_test_user

#: Regimes count local days in China (A1); stored instants are UTC.
ZONE = "Asia/Shanghai"


@tagged("standard", "post_install", "-at_install", "aftersales")
class AftersalesCommon(BaseCommon):
    """A company in Shanghai, one customer, a machine with serials, a spare part."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.resource_calendar_id.tz = ZONE
        cls.customer = cls.env["res.partner"].create({"name": "Harbour Hotel", "tz": ZONE})
        cls.machine = cls._product("Pump P200", tracking="serial", list_price=1000)
        cls.part = cls._product("Seal", list_price=200, standard_price=120)

    @classmethod
    def _product(cls, name, **values):
        values = {"type": "consu", "is_storable": True, "list_price": 100, **values}
        return cls.env["product.product"].create({"name": name, "taxes_id": False, **values})

    @classmethod
    def _user(cls, login, *groups):
        return mail_new_test_user(
            cls.env, login=login, groups=",".join(("base.group_user", *groups)), tz=ZONE
        )

    # === PROMISES === #

    @classmethod
    def _preset(cls, regime):
        """The ready-made plan of a regime, taken into use."""
        plan = cls.env.ref(f"aftersales_service.plan_{regime}")
        plan.action_use()
        return plan

    @classmethod
    def _plan(cls, *terms, start="delivery", rules=(), excluded=None, **values):
        """A plan with terms such as ``{"length": 12}`` (months) and charge rules."""
        policy = cls.env["aftersales.warranty.policy"].create(
            {
                "name": "Policy",
                "start_event": start,
                "term_ids": [
                    Command.create({"sequence": n, **term}) for n, term in enumerate(terms)
                ],
                "charge_rule_ids": [
                    Command.create({"sequence": n, **rule}) for n, rule in enumerate(rules)
                ],
                "exclusion_ids": [Command.set(excluded.ids if excluded else [])],
            }
        )
        return cls.env["aftersales.plan"].create(
            {"name": "Plan", "warranty_policy_id": policy.id, **values}
        )

    # === SALES AND GOODS === #

    @classmethod
    def _order(cls, product=None, quantity=1, *, plan=None, confirm=True, **values):
        line = {"product_id": (product or cls.machine).id, "product_uom_qty": quantity}
        if plan is not None:
            line["aftersales_plan_id"] = plan.id
        order = cls.env["sale.order"].create(
            {"partner_id": cls.customer.id, "order_line": [Command.create(line)], **values}
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def _serial(cls, name, product=None):
        product = product or cls.machine
        Lot = cls.env["stock.lot"]
        found = Lot.search([("name", "=", name), ("product_id", "=", product.id)])
        return found or Lot.create({"name": name, "product_id": product.id})

    @classmethod
    def _stock(cls, product, quantity=1, lot=None):
        """Put goods on the shelf."""
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.env.ref("stock.stock_location_stock"), quantity, lot_id=lot
        )

    @classmethod
    def _ship(cls, picking, serials=(), *, quantity=None, on=None):
        """Validate a transfer with these serials (or this quantity), on this local day."""
        move = picking.move_ids[:1]
        move.move_line_ids.unlink()
        if serials:
            lots = [cls._serial(name, move.product_id) for name in serials]
            lines = [{"lot_id": lot.id, "quantity": 1} for lot in lots]
        else:
            lines = [{"quantity": quantity or move.product_uom_qty}]
        for line in lines:
            cls.env["stock.move.line"].create(
                {
                    "move_id": move.id,
                    "picking_id": picking.id,
                    "product_id": move.product_id.id,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                    **line,
                }
            )
        move.picked = True
        picking._action_done()
        if on:
            picking.date_done = cls._noon(on)
        return picking

    @classmethod
    def _noon(cls, day):
        """Noon in Shanghai on a day, as stored."""
        return datetime.fromisoformat(f"{day} 04:00:00")

    @classmethod
    def _delivered(cls, serial="SN-1", *, plan, on, product=None, **dates):
        """Sell and deliver one machine; returns its unit, with event dates recorded."""
        product = product or cls.machine
        cls._stock(product, 1, cls._serial(serial, product))
        order = cls._order(product, plan=plan)
        cls._ship(order.picking_ids, [serial], on=on)
        unit = order.order_line.aftersales_unit_ids
        if dates:
            unit.write({f"date_{event}": day for event, day in dates.items()})
        return unit

    @classmethod
    def _send_back(cls, picking, *, lot=None, quantity=1, to_refund=False):
        """Return part of a done transfer; returns the done return."""
        wizard = cls.env["stock.return.picking"].create({"picking_id": picking.id})
        for line in wizard.product_return_moves:
            line.quantity = quantity
            line.to_refund = to_refund
        back = cls.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        return cls._ship(back, [lot.name] if lot else (), quantity=quantity)

    # === SERVICE === #

    @classmethod
    def _request(cls, unit, on=None, **values):
        return cls.env["aftersales.request"].create(
            {
                "title": "Leaks",
                "unit_id": unit.id,
                "date_failure": on or fields.Date.today(),
                **values,
            }
        )

    @classmethod
    def _claim(cls, unit, on, cause=None, component=None):
        return cls.env["aftersales.claim"].create(
            {
                "unit_id": unit.id,
                "date_failure": on,
                "cause_id": cause and cause.id,
                "component_id": component and component.id,
            }
        )

    @classmethod
    def _job(cls, unit, on=None, *, parts=0, costs=(), **values):
        """A repair of a case about this unit, with so many seals and cost lines.

        ``costs`` are values such as ``{"cost_type": "labour", "price_list": 150}``.
        """
        request = cls._request(unit, on, **values)
        repair = cls.env["repair.order"].browse(request.action_create_repair()["res_id"])
        if parts:
            repair.move_ids = [
                Command.create(
                    {
                        "product_id": cls.part.id,
                        "product_uom_qty": parts,
                        "repair_line_type": "add",
                    }
                )
            ]
        repair.aftersales_cost_line_ids = [Command.create(dict(cost)) for cost in costs]
        return repair

    @classmethod
    def _start(cls, repair):
        """The customer agrees to what it costs now, and the work begins."""
        repair._aftersales_note_consent("estimate", by_name="Chief of the hotel")
        return repair.action_repair_start()

    @classmethod
    def _cause(cls, name):
        return cls.env.ref(f"aftersales_service.cause_{name}")

    # === PROMISED TIMES === #

    @classmethod
    def _utc(cls, local):
        """Naive UTC of a wall clock in China: ``"2026-03-14 16:00"`` or with seconds."""
        wall = timezone(ZONE).localize(datetime.fromisoformat(local))
        return wall.astimezone(UTC).replace(tzinfo=None)

    @classmethod
    def _local(cls, instant):
        """The wall clock in China of a naive UTC instant, without seconds where there are none."""
        if not instant:
            return False
        text = str(UTC.localize(instant).astimezone(timezone(ZONE)).replace(tzinfo=None))
        return text.removesuffix(":00")

    @classmethod
    def _sla(cls, *targets, **values):
        """An SLA policy of targets such as ``{"milestone": "response", "amount": 4}`` (hours)."""
        policy = {"name": "Promise", "target_ids": [Command.create(dict(row)) for row in targets]}
        return cls.env["aftersales.sla.policy"].create({**policy, **values})

    @classmethod
    def _reported(cls, local, promise=None, **values):
        """A request reported then, at that moment, on a regime's promise or on a policy."""
        if isinstance(promise, str):
            promise = cls._preset(promise).sla_policy_id
        if promise is not None:
            cls.company.aftersales_sla_policy_id = promise
        with freeze_time(cls._utc(local)):
            request = cls.env["aftersales.request"].create(
                {
                    "title": "Does not start",
                    "partner_id": cls.customer.id,
                    "date_reported": cls._utc(local),
                    **values,
                }
            )
            request.flush_recordset()
        return request

    @classmethod
    def _clock(cls, request, milestone):
        return request.clock_ids.filtered(lambda clock: clock.milestone == milestone)

    def _run_job(self, local):
        """The escalation job at a moment."""
        with freeze_time(self._utc(local)), self.enter_registry_test_mode():
            self.env.ref("aftersales_service.cron_sla_escalation").method_direct_trigger()
        self.env.invalidate_all()

    def assertDue(self, request, **deadlines):
        """Deadlines in Chinese time by milestone; False where nobody can know it."""
        due = {name: self._local(self._clock(request, name).deadline) for name in deadlines}
        self.assertEqual(due, deadlines)

    @contextmanager
    def assertRefusedByDatabase(self):
        """A database constraint refuses it; the web client shows the constraint's message."""
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                yield
                self.env.flush_all()

    def assertCover(self, unit, first, last):
        """The unit's only term runs from first to last covered day (ISO), False where none."""
        self.assertRecordValues(
            unit.coverage_ids,
            [
                {
                    "date_start": fields.Date.to_date(first) or False,
                    "date_end": fields.Date.to_date(last) or False,
                }
            ],
        )
