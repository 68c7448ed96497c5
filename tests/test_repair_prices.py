"""The price is right after everything that happens to a quotation, whatever was decided."""

from itertools import count

from odoo import Command
from odoo.tests import Form

from .common import AftersalesCommon

#: What the customer pays by each decision for a seal (list 200, cost 120) and an hour of labour
#: (list 150, cost 80).
DECISIONS = {
    "covered": (0, 0),
    "less": (140, 105),  # list price less 30 %
    "cost": (120, 80),
    "not_covered": (200, 150),
}


class PriceCase(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.labour = cls.env.ref("aftersales_service.product_labour")
        cls.labour.taxes_id = False
        less = {"payer": "customer", "price_basis": "less", "percent": 30}
        cost = {"payer": "customer", "price_basis": "cost"}
        cls.plans = {
            "covered": cls._plan({"length": 12}),
            "less": cls._plan({"length": 12}, rules=[less]),
            "cost": cls._plan({"length": 12}, rules=[cost]),
            "not_covered": cls._plan({"length": 1}),
        }
        cls.numbers = count(1)

    def _quoted(self, decision, **values):
        """A repair with two seals and an hour of labour, on a quotation; and its two lines."""
        serial = f"SN-{next(self.numbers)}"
        unit = self._delivered(serial, plan=self.plans[decision], on="2026-01-10")
        labour = {"cost_type": "labour", "price_list": 150, "price_cost": 80}
        repair = self._job(unit, "2026-06-01", parts=2, costs=(labour,), **values)
        repair.action_create_sale_order()
        return repair, *self._lines(repair)

    def _lines(self, repair):
        return repair.move_ids.sale_line_id, repair.aftersales_cost_line_ids.sale_line_id

    def _stocked_end(self, repair):
        repair._aftersales_note_consent("estimate")
        self._stock(self.part, 99)
        repair.action_repair_start()
        repair.action_repair_end()

    def _euro(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "name": "2020-01-01", "company_id": False}
        )
        return euro

    def _pricelist(self, percent=0, currency=None):
        item = {"compute_price": "formula", "price_discount": percent, "applied_on": "3_global"}
        return self.env["product.pricelist"].create(
            {
                "name": f"{percent} % off",
                "currency_id": (currency or self.company.currency_id).id,
                "item_ids": [Command.create(item)] if percent else [],
            }
        )


class TestPriceEvents(PriceCase):
    """``event(repair, part, labour)`` returns a function from decided to expected prices."""

    def _check(self, event):
        for decision, prices in DECISIONS.items():
            with self.subTest(f"{event.__name__}: {decision}"), self.env.cr.savepoint():
                repair, part, labour = self._quoted(decision)
                self.assertEqual((part.price_unit, labour.price_unit), prices)
                wanted = event(repair, part, labour) or (lambda *prices: prices)
                self.env.flush_all()
                found = (part.price_unit, labour.price_unit)
                expected = wanted(*prices)
                for price, right in zip(found, expected, strict=True):
                    self.assertAlmostEqual(price, right, 2)

    def test_quantity_changed_from_the_repair(self):
        def event(repair, part, labour):
            repair.move_ids.product_uom_qty = 5
            repair.aftersales_cost_line_ids.quantity = 3
            self.assertEqual((part.product_uom_qty, labour.product_uom_qty), (5, 3))

        self._check(event)

    def test_quantity_changed_from_the_order(self):
        def event(_repair, part, labour):
            part.product_uom_qty = 5
            labour.product_uom_qty = 3

        self._check(event)

    def test_quantity_changed_in_the_order_form(self):
        def event(repair, part, _labour):
            with Form(repair.sale_order_id) as form:
                for index in range(2):
                    with form.order_line.edit(index) as line:
                        line.product_uom_qty = 7
            self.assertEqual(part.product_uom_qty, 7)

        self._check(event)

    def test_update_prices(self):
        def event(repair, _part, _labour):
            repair.sale_order_id.action_update_prices()

        self._check(event)

    def test_another_pricelist(self):
        def event(repair, _part, _labour):
            order = repair.sale_order_id
            order.pricelist_id = self._pricelist(10)
            order.action_update_prices()
            kind = repair.aftersales_plan_id.warranty_policy_id.charge_rule_ids.price_basis
            # a seal costs 180; hours have the price on their line, costs are what they are
            return (
                (lambda part, labour: (part, labour))
                if kind == "cost"
                else (lambda part, labour: (part * 0.9, labour))
            )

        self._check(event)

    def test_an_order_in_a_foreign_currency(self):
        def event(repair, _part, _labour):
            order = repair.sale_order_id
            order.pricelist_id = self._pricelist(currency=self._euro())
            order.action_update_prices()
            return lambda part, labour: (part / 2, labour / 2)

        self._check(event)

    def test_another_unit_of_measure(self):
        def event(repair, _part, _labour):
            repair.move_ids.sale_line_id.product_uom_id = self.env.ref("uom.product_uom_dozen")
            return lambda part, labour: (part * 12, labour)

        self._check(event)

    def test_decided_otherwise_and_back(self):
        def event(repair, part, labour):
            claim = repair.aftersales_claim_id
            claim._rule("goodwill", "Good customer")
            self.assertEqual((part.price_unit, labour.price_unit), (0, 0))
            claim._rule("refused", "Not so good")
            self.assertEqual((part.price_unit, labour.price_unit), (200, 150))
            claim.action_withdraw_ruling()

        self._check(event)

    def test_decided_otherwise(self):
        def event(repair, _part, _labour):
            repair.aftersales_claim_id._rule("refused", "Not so good")
            return lambda _part, _labour: (200, 150)

        self._check(event)

    def test_the_claim_is_cancelled(self):
        def event(repair, _part, _labour):
            repair.aftersales_claim_id.action_cancel()
            return lambda _part, _labour: (200, 150)

        self._check(event)

    def test_under_warranty_ticked_by_hand_beside_a_claim(self):
        def event(repair, _part, _labour):
            repair.under_warranty = not repair.under_warranty

        self._check(event)

    def test_a_typed_price_wins_until_prices_are_updated(self):
        def event(repair, part, labour):
            part.price_unit, labour.price_unit = 99, 88
            repair.move_ids.product_uom_qty = 3
            repair.aftersales_cost_line_ids.quantity = 2
            self.assertEqual((part.price_unit, labour.price_unit), (99, 88))
            repair.aftersales_claim_id._rule("refused", "Not so good")
            self.assertEqual((part.price_unit, labour.price_unit), (99, 88))
            repair.aftersales_claim_id.action_withdraw_ruling()
            repair.sale_order_id.action_update_prices()

        self._check(event)

    def test_a_typed_price_of_nothing_stays(self):
        def event(repair, part, labour):
            part.price_unit, labour.price_unit = 0, 0
            repair.move_ids.product_uom_qty = 3
            return lambda _part, _labour: (0, 0)

        for decision in ("less", "cost", "not_covered"):
            with self.subTest(decision):
                repair, part, labour = self._quoted(decision)
                event(repair, part, labour)
                self.assertEqual((part.price_unit, labour.price_unit), (0, 0))

    def test_a_discount(self):
        def event(repair, part, labour):
            part.discount = labour.discount = 10
            repair.move_ids.product_uom_qty = 4
            repair.aftersales_cost_line_ids.quantity = 2
            self.assertEqual((part.discount, labour.discount), (10, 10))
            self.assertAlmostEqual(part.price_subtotal, part.price_unit * 4 * 0.9, 2)

        self._check(event)

    def test_a_pricelist_that_shows_its_discount(self):
        self.env.user.write(
            {"group_ids": [Command.link(self.env.ref("sale.group_discount_per_so_line").id)]}
        )

        def event(repair, part, _labour):
            item = {"compute_price": "percentage", "percent_price": 10, "applied_on": "3_global"}
            order = repair.sale_order_id
            order.pricelist_id = self._pricelist()
            order.pricelist_id.item_ids = [Command.create(item)]
            order.action_update_prices()
            paid = part.price_unit * (1 - part.discount / 100)
            kind = repair.aftersales_plan_id.warranty_policy_id.charge_rule_ids.price_basis
            listed = not kind and part.price_unit
            self.assertAlmostEqual(paid, 180 if listed else part.price_unit, 2)

        self._check(event)

    def test_a_part_added_after_confirmation(self):
        def event(repair, part, _labour):
            repair.sale_order_id.action_confirm()
            repair.move_ids = [
                Command.create(
                    {
                        "product_id": self.part.id,
                        "product_uom_qty": 1,
                        "repair_line_type": "add",
                    }
                )
            ]
            added = repair.move_ids.sale_line_id - part
            self.assertEqual(added.price_unit, part.price_unit)
            repair.aftersales_cost_line_ids = [
                Command.create({"cost_type": "labour", "price_list": 150, "price_cost": 80})
            ]
            hours = repair.aftersales_cost_line_ids.sale_line_id
            self.assertEqual(hours[0].price_unit, hours[1].price_unit)

        self._check(event)

    def test_a_part_used_at_the_end(self):
        def event(repair, part, labour):
            self._stocked_end(repair)
            self.assertEqual(repair.state, "done")
            self.assertEqual(part.qty_delivered, 2)

        self._check(event)

    def test_confirmed_orders_keep_what_was_agreed(self):
        def event(repair, part, labour):
            repair.sale_order_id.action_confirm()
            repair.aftersales_claim_id._rule("refused", "Not so good")
            repair.move_ids.product_uom_qty = 4

        self._check(event)

    def test_drafted_again_it_follows_the_decision_again(self):
        def event(repair, part, labour):
            order = repair.sale_order_id
            order.action_confirm()
            repair.aftersales_claim_id._rule("refused", "Not so good")
            order.action_cancel()
            order.action_draft()
            return lambda _part, _labour: (200, 150)

        self._check(event)

    def test_a_repair_cancelled_and_taken_up_again(self):
        def event(repair, part, labour):
            repair.action_repair_cancel()
            self.assertEqual(part.product_uom_qty, 0)
            repair.action_repair_cancel_draft()
            self.assertEqual(part.product_uom_qty, 2)

        self._check(event)

    def test_invoiced_lines_are_not_priced_again(self):
        self.part.invoice_policy = "order"

        def event(repair, part, labour):
            order = repair.sale_order_id
            order.action_confirm()
            order._create_invoices(final=True)
            repair.aftersales_claim_id._rule("refused", "Not so good")
            part.product_uom_qty = 9
            order.action_update_prices()

        self._check(event)

    def test_taxes_in_the_price(self):
        tax = self.env["account.tax"].create(
            {
                "name": "10 % inside",
                "amount": 10,
                "type_tax_use": "sale",
                "price_include_override": "tax_included",
            }
        )
        self.part.taxes_id = self.labour.taxes_id = tax

        def event(repair, _part, _labour):
            repair.sale_order_id.action_update_prices()

        for decision, (part_price, labour_price) in DECISIONS.items():
            with self.subTest(decision):
                repair, part, labour = self._quoted(decision)
                event(repair, part, labour)
                # list prices hold the tax; costs do not, and the tax comes on top
                factor = 1.1 if decision == "cost" else 1
                self.assertAlmostEqual(part.price_unit, part_price * factor, 2)
                self.assertAlmostEqual(labour.price_unit, labour_price * factor, 2)
                self.assertAlmostEqual(part.price_total, 2 * part_price * factor, 2)

    def test_a_fiscal_position_takes_the_tax_out(self):
        tax, none = self.env["account.tax"].create(
            [
                {
                    "name": f"{amount} % inside",
                    "amount": amount,
                    "type_tax_use": "sale",
                    "price_include_override": "tax_included",
                }
                for amount in (10, 0)
            ]
        )
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        none.write(
            {
                "fiscal_position_ids": [Command.link(position.id)],
                "original_tax_ids": [Command.link(tax.id)],
            }
        )
        self.part.taxes_id = self.labour.taxes_id = tax
        for decision, (part_price, labour_price) in DECISIONS.items():
            with self.subTest(decision):
                repair, part, labour = self._quoted(decision)
                order = repair.sale_order_id
                order.fiscal_position_id = position
                order._recompute_taxes()
                order.action_update_prices()
                factor = 1 if decision == "cost" else 1 / 1.1
                self.assertAlmostEqual(part.price_unit, part_price * factor, 2)
                self.assertAlmostEqual(labour.price_unit, labour_price * factor, 2)


class TestMoney(PriceCase):
    """What a policy promises, on real quotations and posted invoices."""

    def _invoiced(self, regime, day, cause=None):
        unit = self._delivered(
            f"SN-{regime}-{day}-{cause}",
            plan=self._preset(regime),
            on="2026-03-10",
            accepted="2026-03-10",
        )
        labour = {"cost_type": "labour", "price_list": 150, "price_cost": 80}
        values = {"cause_id": self._cause(cause).id} if cause else {}
        repair = self._job(unit, day, parts=1, costs=(labour,), **values)
        repair.action_create_sale_order()
        order = repair.sale_order_id
        self.assertEqual(order.amount_total, repair.aftersales_amount_total)
        order.action_confirm()
        self._stock(self.part, 9)
        repair.action_repair_start()
        repair.action_repair_end()
        invoice = order._create_invoices(final=True)
        invoice.action_post()
        self.assertEqual(invoice.amount_total, order.amount_total)
        by_product = {line.product_id: line.price_total for line in invoice.invoice_line_ids}
        return by_product.get(self.part, 0), by_product.get(self.labour, 0)

    def test_s_r12_3_money(self):
        self.assertEqual(self._invoiced("r12", "2027-01-01", "quality"), (0, 0))
        self.assertEqual(self._invoiced("r12", "2027-01-01", "human_damage"), (120, 80))
        self.assertEqual(self._invoiced("r12", "2033-01-01", "quality")[0], 120)

    def test_r25_misuse_pays_labour_only(self):
        for cause in ("misuse", "disaster"):
            self.assertEqual(self._invoiced("r25", "2026-06-01", cause), (0, 150), cause)
        self.assertEqual(self._invoiced("r25", "2026-06-01", "quality"), (0, 0))
        self.assertEqual(self._invoiced("r25", "2027-06-01", "quality"), (200, 150))

    # === BAD COST LINES === #

    def _line(self, **values):
        repair, _part, _labour = self._quoted("not_covered")
        repair.aftersales_cost_line_ids = [Command.create({"cost_type": "travel", **values})]
        return repair.aftersales_cost_line_ids[-1]

    def test_negative_cost_lines_are_refused(self):
        for values in (
            {"price_list": -10},
            {"price_list": 10, "price_cost": -1},
            {"price_list": 10, "quantity": -1},
        ):
            with self.subTest(values), self.assertRefusedByDatabase():
                self._line(**values)

    def test_a_product_priced_in_another_currency_is_converted(self):
        euro = self._euro()
        abroad = self.env["res.company"].create({"name": "Abroad", "currency_id": euro.id})
        self.env.user.company_ids = [Command.link(abroad.id)]
        taxi = self._product("Taxi", type="service", is_storable=False, list_price=40)
        repair = (
            self.env["repair.order"]
            .with_company(abroad)
            .create({"product_id": self.machine.id, "company_id": abroad.id})
        )
        line = (
            self.env["aftersales.cost.line"]
            .with_company(abroad)
            .create({"repair_id": repair.id, "cost_type": "sundry", "product_id": taxi.id})
        )
        self.assertEqual(line.currency_id, euro)
        self.assertEqual(line.price_list, 20)

    def test_a_foreign_quotation_converts_cost_lines(self):
        repair, _part, labour = self._quoted("not_covered")
        order = repair.sale_order_id
        order.pricelist_id = self._pricelist(currency=self._euro())
        order.action_update_prices()
        repair.aftersales_cost_line_ids.price_list = 300
        self.assertEqual(labour.price_unit, 150)
        self.assertEqual(repair.aftersales_cost_line_ids.amount, 300)
