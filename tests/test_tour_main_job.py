"""The main job in a real browser, by three people with only their own rights."""

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import AftersalesCommon


@tagged("-at_install", "post_install", "aftersales")
class TestTourMainJob(AftersalesCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._user("tour_seller", "sales_team.group_sale_salesman")
        cls.keeper = cls._user("tour_keeper", "stock.group_stock_user")
        cls.agent = cls._user("tour_agent", "aftersales_service.group_aftersales_agent")
        plan = cls._plan({"length": 12}, name="Tour plan")
        plan.warranty_policy_id.name = "Tour policy"
        cls.env["aftersales.warranty.policy"].create(
            {
                "name": "3 years from delivery",
                "term_ids": [Command.create({"length": 3, "length_unit": "year"})],
            }
        )
        category = cls.env["product.category"].create(
            {"name": "Pumps", "aftersales_plan_id": plan.id}
        )
        cls.machine.categ_id = cls.env["product.category"].create(
            {"name": "Big pumps", "parent_id": category.id}
        )
        cls._stock(cls.machine, 1, cls._serial("SN-TOUR-1"))
        cls._stock(cls.part, 5)

    def test_main_job(self):
        self.start_tour(
            "/odoo/action-sale.action_quotations_with_onboarding",
            "aftersales_salesperson_tour",
            login=self.seller.login,
        )
        order = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.aftersales_policy_id.name, "3 years from delivery")

        self.start_tour(
            f"/odoo/action-stock.action_picking_tree_all/{order.picking_ids.id}",
            "aftersales_storekeeper_tour",
            login=self.keeper.login,
        )
        unit = order.order_line.aftersales_unit_ids
        self.assertEqual(unit.name, "SN-TOUR-1")
        self.assertEqual(unit.coverage_ids.length, 3)

        self.start_tour(
            "/odoo/action-aftersales_service.aftersales_request_action",
            "aftersales_agent_tour",
            login=self.agent.login,
        )
        request = unit.request_ids
        self.assertRecordValues(
            request, [{"state": "resolved", "partner_id": self.customer.id, "repair_count": 1}]
        )
        repair = request.repair_ids
        self.assertEqual((repair.state, repair.sale_order_id.amount_total), ("done", 0))
        self.assertEqual(request.claim_ids.state, "decided")
        self.assertEqual(
            self.env["aftersales.unit"].search_count([("lot_id", "=", unit.lot_id.id)]), 1
        )
