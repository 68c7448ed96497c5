"""Two people return the last one at once: one succeeds, the other is told why.

Real transactions on the real database: what they do is committed, and removed again at the end.
"""

import threading

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import SQL, mute_logger

from .test_sla_crash import committed

#: What a test leaves behind, children first: a table, and by which column it is found.
LEFT_BEHIND = (
    ("aftersales_return_line", "product_id", "product"),
    ("aftersales_return", "partner_id", "partner"),
    ("stock_move_line", "product_id", "product"),
    ("stock_quant", "product_id", "product"),
    ("stock_move", "product_id", "product"),
    ("stock_picking", "partner_id", "partner"),
    ("sale_order_line", "product_id", "product"),
    ("sale_order", "partner_id", "partner"),
)


@tagged("standard", "post_install", "-at_install", "aftersales")
class TestAtOnce(BaseCase):
    def setUp(self):
        super().setUp()
        self.dbname = get_db_name()
        with committed(self.dbname) as env:
            partner = env["res.partner"].create({"name": "At Once"})
            product = env["product.product"].create(
                {"name": "The last one", "type": "consu", "is_storable": True}
            )
            stock = env.ref("stock.stock_location_stock")
            env["stock.quant"]._update_available_quantity(product, stock, 1)
            order = env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "order_line": [Command.create({"product_id": product.id})],
                }
            )
            order.action_confirm()
            order.picking_ids.move_ids.picked = True
            order.picking_ids._action_done()
            self.move_id = order.picking_ids.move_ids.id
            self.ids = {"partner": partner.id, "product": product.id}

    def tearDown(self):
        with committed(self.dbname) as env:
            moves = env["stock.move"].search([("product_id", "=", self.ids["product"])])
            moves.aftersales_return_line_id = False
            env.flush_all()
            for table, column, kind in LEFT_BEHIND:
                env.cr.execute(
                    SQL(
                        "DELETE FROM %s WHERE %s = %s",
                        SQL.identifier(table),
                        SQL.identifier(column),
                        self.ids[kind],
                    )
                )
            env.invalidate_all(flush=False)
            env["product.product"].browse(self.ids["product"]).product_tmpl_id.unlink()
            env["res.partner"].browse(self.ids["partner"]).unlink()
        super().tearDown()

    def _draft(self):
        with committed(self.dbname) as env:
            return (
                env["aftersales.return"]
                .create(
                    {
                        "partner_id": self.ids["partner"],
                        "line_ids": [Command.create({"delivery_move_id": self.move_id})],
                    }
                )
                .id
            )

    def _at_once(self, *works):
        """Run each work in a transaction of its own; all of them have begun before one goes on."""
        gate = threading.Barrier(len(works))
        answers = [None] * len(works)

        def run(number, work):
            with Registry(self.dbname).cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                begun = []

                def once():
                    env.cr.execute("SELECT count(*) FROM stock_move")  # the snapshot is taken
                    if not begun:
                        begun.append(True)
                        gate.wait(30)
                    work(env)

                try:
                    retrying(once, env)
                    answers[number] = "done"
                except UserError as error:
                    answers[number] = str(error)

        threads = [
            threading.Thread(target=run, args=(number, work)) for number, work in enumerate(works)
        ]
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return answers

    def test_the_last_one_is_returned_once(self):
        first, second = self._draft(), self._draft()
        answers = self._at_once(
            lambda env: env["aftersales.return"].browse(first).action_authorise(),
            lambda env: env["aftersales.return"].browse(second).action_authorise(),
        )
        self.assertEqual(answers.count("done"), 1, answers)
        other = next(answer for answer in answers if answer != "done")
        self.assertIn("only 0 Units can still come back, not 1", other)
        self.assertIn("or in RMA", other)
        with committed(self.dbname) as env:
            states = env["aftersales.return"].browse([first, second]).mapped("state")
            self.assertEqual(sorted(states), ["authorised", "draft"])
            moves = env["stock.move"].search([("origin_returned_move_id", "=", self.move_id)])
            self.assertEqual(moves.mapped("product_uom_qty"), [1])

    def test_it_is_submitted_once_among_five(self):
        drafts = [self._draft() for _number in range(5)]
        answers = self._at_once(
            *(
                lambda env, draft=draft: env["aftersales.return"].browse(draft).action_submit()
                for draft in drafts
            )
        )
        self.assertEqual(answers.count("done"), 1, answers)
