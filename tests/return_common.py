"""Builders for tests of returns; they read like the story a test tells."""

from contextlib import contextmanager

from odoo import Command, fields
from odoo.exceptions import UserError

from .common import AftersalesCommon


class ReturnsCommon(AftersalesCommon):
    """A shop that sells pumps with serials, and seals by the piece, and takes them back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.aftersales_return_mails = False
        cls.seal = cls._product("Gasket", list_price=50)
        cls.invoicing = cls.env["account.move"].sudo()

    @classmethod
    def _sold(cls, product=None, serials=(), quantity=1, *, plan=None, on=None, **values):
        """A confirmed order whose goods were delivered."""
        product = product or cls.machine
        if serials:
            quantity = len(serials)
            for name in serials:
                cls._stock(product, 1, cls._serial(name, product))
        else:
            cls._stock(product, quantity)
        order = cls._order(product, quantity, plan=plan, **values)
        cls._ship(order.picking_ids, serials, quantity=quantity, on=on)
        return order

    @classmethod
    def _invoiced(cls, order, *, post=True):
        invoice = order._create_invoices()
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def _return(cls, order, quantity=None, *, serials=(), wish="refund", why="quality", **values):
        """A draft return of what was delivered with an order."""
        move = order._aftersales_get_deliveries()[:1]
        lots = [cls._serial(name, move.product_id) for name in serials]
        goods = [{"lot_id": lot.id, "quantity_requested": 1} for lot in lots] or [
            {"quantity_requested": quantity or move.product_qty}
        ]
        return cls.env["aftersales.return"].create(
            {
                "partner_id": order.partner_id.id,
                "order_id": order.id,
                "line_ids": [
                    Command.create({"delivery_move_id": move.id, "wish": wish, "why": why, **row})
                    for row in goods
                ],
                **values,
            }
        )

    @classmethod
    def _authorised(cls, order, quantity=None, **values):
        returned = cls._return(order, quantity, **values)
        returned.action_authorise()
        return returned

    @classmethod
    def _receive(cls, returned, quantity=None, *, on=None):
        """Everything, or so much of the first line, comes."""
        lines = returned.line_ids.filtered(lambda line: line.quantity_expected > 0)
        came = {line: line.quantity_expected for line in lines}
        if quantity is not None:
            came = {lines[0]: quantity}
        picking = returned._receive(came)
        if on:
            picking.date_done = cls._noon(on)
        return picking

    @classmethod
    def _inspect(cls, returned, result="defective", accepted=None, **values):
        for line in returned.line_ids.filtered(lambda line: line.quantity_received > 0):
            line.write(
                {
                    "result": result,
                    "quantity_accepted": line.quantity_received if accepted is None else accepted,
                    **values,
                }
            )
            line.action_inspect()

    @classmethod
    def _here(cls, order, quantity=None, **values):
        """Authorised, received, inspected and accepted."""
        returned = cls._authorised(order, quantity, **values)
        cls._receive(returned)
        cls._inspect(returned)
        return returned

    @classmethod
    def _deliver_all(cls, returned):
        """Whatever of a return waits to leave, leaves."""
        moves = returned.line_ids._get_open_moves().filtered(
            lambda move: move.location_dest_id.usage == "customer"
        )
        for picking in moves.picking_id:
            picking.action_assign()
            picking.move_ids.picked = True
            picking._action_done()
        return moves.picking_id

    def _notes(self, returned):
        return returned.sudo().line_ids.invoice_line_ids.move_id

    @contextmanager
    def assertRefused(self, words):
        """It is refused with these words, and nothing of it is done."""
        with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
            yield
        self.env.invalidate_all()

    def assertLeft(self, order, quantity):
        """So much of the order's first delivery may still come back."""
        moves = order._aftersales_get_deliveries()
        left = moves._aftersales_get_returnable()
        self.assertEqual(sum(left.values()), quantity)

    def assertOnHand(self, product, quantity):
        self.env.invalidate_all()
        self.assertEqual(product.qty_available, quantity)

    @classmethod
    def _today(cls):
        return fields.Date.context_today(cls.env.user)
