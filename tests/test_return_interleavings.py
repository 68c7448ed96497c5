"""Random interleavings of what people do to deliveries, returns and credit notes (hypothesis).

After each step: never more is back than was delivered, nothing is claimed twice, stock is where the
transfers say, Odoo's delivered and invoiced quantities are true, and every stored status is what it
would be if it were computed anew.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .return_common import ReturnsCommon

#: How many interleavings are tried: some minutes; fewer while you develop.
EXAMPLES = int(os.environ.get("AFTERSALES_INTERLEAVINGS", "500"))
ORDERED = 6
#: Stored values that must be what they are when computed anew.
LINE_FACTS = (
    "quantity_received quantity_back quantity_replaced quantity_expected quantity_refunded "
    "quantity_drafted quantity_to_refund status is_open"
).split()
HEADER_FACTS = ("state", "goods_status", "money_status")


class Shop(RuleBasedStateMachine):
    """One order of a product that is invoiced as delivered, and everything that happens to it."""

    case = None

    def __init__(self):
        super().__init__()
        self.env = self.case.env
        self.savepoint = self.env.cr.savepoint()
        self.product, self.order = self.case.product, self.case.order
        self.returns = self.env["aftersales.return"]

    def teardown(self):
        self.env.flush_all()
        self.env.invalidate_all()
        self.everything_is_true()  # in the database, too
        self.savepoint.rollback()
        self.savepoint.close(rollback=False)
        self.env.invalidate_all(flush=False)
        self.env.transaction.clear()

    # === WHAT THERE IS === #

    @property
    def line(self):
        return self.order.order_line

    @property
    def deliveries(self):
        return self.order._aftersales_get_deliveries()

    @property
    def lines(self):
        return self.returns.line_ids

    def _left(self):
        return {
            move: left
            for (move, _lot), left in self.deliveries._aftersales_get_returnable().items()
        }

    def _with(self, fits, pick):
        """One of the returns that fit."""
        found = [order for order in self.returns if fits(order)]
        return found[pick % len(found)] if found else None

    def _try(self, step, *arguments):
        """A step may be refused, with nothing of it done."""
        try:
            with self.env.cr.savepoint():
                step(*arguments)
        except UserError:
            self.env.invalidate_all()
            return False
        return True

    # === WHAT PEOPLE DO === #

    @precondition(lambda self: self.line.qty_delivered < ORDERED)
    @rule(quantity=st.integers(1, 3))
    def deliver(self, quantity):
        picking = self.order.picking_ids.filtered(
            lambda picking: (
                picking.state == "assigned"
                and picking.picking_type_code == "outgoing"
                and not picking.move_ids.aftersales_return_line_id
            )
        )[:1]
        if not picking:
            return
        move = picking.move_ids
        move.quantity = min(quantity, move.product_uom_qty)
        move.picked = True
        picking._action_done()

    @rule(quantity=st.integers(1, 3), outcome=st.sampled_from(["refund", "exchange", "repair"]))
    def ask(self, quantity, outcome):
        left = self._left()
        if not left:
            return
        move = max(left, key=left.get)
        returned = self.returns.create(
            {
                "partner_id": self.order.partner_id.id,
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "delivery_move_id": move.id,
                            "quantity_requested": quantity,
                            "wish": outcome,
                        },
                    )
                ],
            }
        )
        granted = self._try(returned.action_authorise)
        assert granted == (quantity <= left[move]), (granted, quantity, left[move])
        if granted:
            self.returns |= returned

    @rule(quantity=st.integers(1, 2))
    def return_by_odoos_dialog(self, quantity):
        left = self._left()
        move = max(left, key=left.get, default=None)
        if not move or left[move] < quantity:
            return
        wizard = self.env["stock.return.picking"].create({"picking_id": move.picking_id.id})
        wizard.product_return_moves.filtered(lambda row: row.move_id == move).quantity = quantity
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.picked = True
        back._action_done()

    @precondition(lambda self: any(self.lines.mapped("quantity_expected")))
    @rule(pick=st.integers(0, 9), quantity=st.integers(1, 3))
    def receive(self, pick, quantity):
        returned = self._with(lambda order: order.line_ids.quantity_expected > 0, pick)
        if returned:
            line = returned.line_ids
            returned._receive({line: min(quantity, line.quantity_expected)})

    @precondition(lambda self: "received" in self.lines.mapped("status"))
    @rule(pick=st.integers(0, 9), rejected=st.integers(0, 1))
    def inspect(self, pick, rejected):
        returned = self._with(
            lambda order: order.line_ids.quantity_received > order.line_ids.quantity_inspected, pick
        )
        if returned:
            line = returned.line_ids
            accepted = max(line.quantity_received - rejected, line.quantity_refunded)
            if line.quantity_drafted:
                accepted = line.quantity_received
            line.write({"result": "defective", "quantity_accepted": accepted})
            line.action_inspect()

    @precondition(lambda self: any(self.lines.mapped("quantity_expected")))
    @rule(pick=st.integers(0, 9))
    def waive(self, pick):
        returned = self._with(lambda order: order.line_ids.quantity_expected > 0, pick)
        if returned:
            returned.line_ids.action_waive()

    @precondition(lambda self: "authorised" in self.returns.mapped("state"))
    @rule(pick=st.integers(0, 9))
    def cancel(self, pick):
        returned = self._with(lambda order: order.state == "authorised", pick)
        if returned:
            moved = bool(returned.line_ids._get_gone())
            assert self._try(returned.action_cancel) != moved

    @precondition(lambda self: any(self.lines.mapped("quantity_inspected")))
    @rule(pick=st.integers(0, 9))
    def exchange(self, pick):
        returned = self._with(lambda order: order.has_to_replace, pick)
        if returned:
            returned.action_replace()
            self.case._deliver_all(returned)

    @precondition(lambda self: any(self.lines.mapped("quantity_inspected")))
    @rule(pick=st.integers(0, 9))
    def send_back(self, pick):
        returned = self._with(lambda order: order.has_to_send_back, pick)
        if returned:
            returned.action_send_back()
            self.case._deliver_all(returned)

    @precondition(lambda self: self.line.qty_to_invoice > 0)
    @rule()
    def invoice(self):
        self.order._create_invoices().action_post()

    @precondition(lambda self: any(self.lines.mapped("quantity_inspected")))
    @rule(pick=st.integers(0, 9))
    def refund(self, pick):
        returned = self._with(lambda order: order.has_to_refund, pick)
        if returned:
            invoiced = self.line.qty_invoiced
            wanted = returned.line_ids._get_refund_missing()
            granted = self._try(returned.action_refund)
            assert granted == (wanted <= invoiced), (granted, wanted, invoiced)

    @precondition(lambda self: self._notes("draft"))
    @rule(pick=st.integers(0, 9))
    def post(self, pick):
        drafts = self._notes("draft")
        drafts[pick % len(drafts)].action_post()

    @precondition(lambda self: self._notes("posted"))
    @rule(pick=st.integers(0, 9))
    def cancel_credit_note(self, pick):
        posted = self._notes("posted")
        note = posted[pick % len(posted)]
        note.button_draft()
        note.button_cancel()

    def _notes(self, state):
        moves = self.lines.invoice_line_ids.move_id.sorted("id")
        return moves.filtered(lambda move: move.state == state)

    # === WHAT IS ALWAYS TRUE === #

    @invariant()
    def everything_is_true(self):
        moves = self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("state", "=", "done")]
        )
        self._never_more_back_than_delivered()
        self._stock_is_where_the_transfers_say(moves)
        self._odoo_counts_the_truth()
        self._credit_notes_keep_to_what_was_accepted()
        self._statuses_are_what_they_would_be_anew()

    def _never_more_back_than_delivered(self):
        deliveries = self.deliveries
        delivered = deliveries._aftersales_get_delivered()
        away = deliveries._aftersales_get_away()
        claims = deliveries._aftersales_get_claims(None)
        for move in deliveries:
            out, back = delivered[move.id][False], away[move.id][False]
            assert 0 <= back <= out, (out, back)
            assert back + claims[move.id][False] <= out, (out, back, dict(claims[move.id]))

    def _stock_is_where_the_transfers_say(self, moves):
        out = sum(
            moves.filtered(lambda m: m.location_dest_id.usage == "customer").mapped("quantity")
        )
        back = sum(moves.filtered(lambda m: m.location_id.usage == "customer").mapped("quantity"))
        quants = self.env["stock.quant"].search([("product_id", "=", self.product.id)])
        here = quants.filtered(lambda quant: quant.location_id.usage == "internal")
        assert sum(here.mapped("quantity")) == self.case.on_shelf - out + back
        for line in self.lines:
            came = sum(
                move.quantity
                for move in line.move_ids
                if move.state == "done" and move.location_id.usage == "customer"
            )
            assert line.quantity_received == came <= line.quantity_authorised

    def _odoo_counts_the_truth(self):
        """Delivered: what the customer has and pays. Invoiced: invoices less credit notes."""
        line = self.line
        done = line.move_ids.filtered(lambda move: move.state == "done")
        sold = sum(done.filtered(lambda move: not move.origin_returned_move_id).mapped("quantity"))
        refunded = sum(
            move.quantity * (1 if move.location_id.usage == "customer" else -1)
            for move in done
            if move.origin_returned_move_id and move.to_refund
        )
        assert line.qty_delivered == sold - refunded, (line.qty_delivered, sold, refunded)
        for returned in self.lines:
            to_refund = {
                move.to_refund for move in returned.move_ids if move._aftersales_is_of_goods()
            }
            assert to_refund <= {returned.outcome == "refund"}
        documents = line.invoice_lines.filtered(lambda row: row.parent_state != "cancel")
        invoiced = sum(
            row.quantity * (1 if row.move_id.move_type == "out_invoice" else -1)
            for row in documents
        )
        assert line.qty_invoiced == invoiced >= 0, (line.qty_invoiced, invoiced)

    def _credit_notes_keep_to_what_was_accepted(self):
        for line in self.lines:
            rows = line.invoice_line_ids
            posted = sum(rows.filtered(lambda row: row.parent_state == "posted").mapped("quantity"))
            assert line.quantity_refunded == posted <= line.quantity_accepted

    def _statuses_are_what_they_would_be_anew(self):
        for records, names in ((self.lines, LINE_FACTS), (self.returns, HEADER_FACTS)):
            stored = [{name: record[name] for name in names} for record in records]
            for name in names:
                self.env.add_to_compute(records._fields[name], records)
            anew = [{name: record[name] for name in names} for record in records]
            assert stored == anew, (stored, anew)


class TestInterleavings(ReturnsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, mail_notrack=True))
        cls.product = cls._product("Washer", invoice_policy="delivery", list_price=10)
        cls.on_shelf = 3 * ORDERED
        cls._stock(cls.product, cls.on_shelf)
        cls.order = cls._order(cls.product, ORDERED)
        cls.order.picking_ids.action_assign()
        move = cls.order.picking_ids.move_ids
        move.quantity = 4
        move.picked = True
        move.picking_id._action_done()
        cls._invoiced(cls.order)

    def test_random_interleavings(self):
        Shop.case = self
        with mute_logger("odoo.addons.aftersales_service"):
            run_state_machine_as_test(
                Shop,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=8,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                    derandomize=True,
                    print_blob=False,
                ),
            )
