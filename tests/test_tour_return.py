"""A return in a real browser, by an agent and a storekeeper with only their own rights."""

from odoo.tests import HttpCase, tagged

from .return_common import ReturnsCommon


@tagged("-at_install", "post_install", "aftersales")
class TestTourReturn(ReturnsCommon, HttpCase):
    def test_agent_and_storekeeper(self):
        numbers = "stock.group_production_lot"
        agent = self._user("tour_agent", "aftersales_service.group_aftersales_agent", numbers)
        keeper = self._user("tour_keeper", "stock.group_stock_user", numbers)
        plan = self._preset("r47")
        order = self._sold(serials=["SN-BACK"], plan=plan)
        self._invoiced(order)
        unit = order.order_line.aftersales_unit_ids
        self.start_tour(
            f"/odoo/aftersales.unit/{unit.id}", "aftersales_return_agent_tour", login=agent.login
        )
        returned = unit.return_line_ids.return_id
        self.assertRecordValues(
            returned, [{"state": "authorised", "create_uid": agent.id, "order_id": order.id}]
        )
        self.start_tour(
            "/odoo/action-aftersales_service.aftersales_return_action_store",
            "aftersales_return_storekeeper_tour",
            login=keeper.login,
        )
        self.assertRecordValues(
            returned.line_ids,
            [
                {
                    "quantity_received": 1,
                    "quantity_accepted": 1,
                    "result": "defective",
                    "inspector_id": keeper.id,
                    "inspection_note": "The shaft is broken",
                }
            ],
        )
        self.start_tour(
            f"/odoo/aftersales.return/{returned.id}",
            "aftersales_return_refund_tour",
            login=agent.login,
        )
        self._notes(returned).action_post()
        self.assertEqual(returned.state, "settled")
