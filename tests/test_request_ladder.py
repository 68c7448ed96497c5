"""From the telephone to the factory, one rung at a time, each with what came of it."""

from contextlib import contextmanager
from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users

from .common import AftersalesCommon

GROUP = "aftersales_service.group_aftersales_{}".format


class TestLadder(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._user("helper", GROUP("user"))
        cls.boss = cls._user("boss", GROUP("manager"))
        cls.request = cls.env["aftersales.request"].create(
            {"title": "Leaks", "partner_id": cls.customer.id}
        )

    def _step(self, rung, **values):
        return self.env["aftersales.request.step"].create(
            {"request_id": self.request.id, "rung": rung, **values}
        )

    @contextmanager
    def assertInvalid(self, text):
        """It is refused, and nothing of it stays."""
        with self.assertRaisesRegex(ValidationError, text), self.env.cr.savepoint():
            yield

    def test_the_next_rung_needs_the_outcome_of_the_last(self):
        phone = self._step("phone")
        self.assertEqual(self.request.rung, "phone")
        with self.assertInvalid("still at “Phone”"):
            self._step("on_site")
        phone.outcome = "next"
        self.assertTrue(phone.date_end)
        self._step("on_site")
        self.assertEqual(self.request.rung, "on_site")
        with self.assertInvalid("still at"):
            phone.outcome = False

    def test_one_save_ends_a_step_and_begins_the_next(self):
        phone = self._step("phone")
        self.request.write(
            {
                "step_ids": [
                    Command.create({"rung": "workshop"}),
                    Command.update(phone.id, {"outcome": "no_answer"}),
                ]
            }
        )
        self.assertEqual(self.request.rung, "workshop")

    def _type_anew(self, step, **values):
        """Delete a row and type it again, with what a new row begins with."""
        Step = self.env["aftersales.request.step"].with_user(self.boss)
        values = Step.default_get(["date_start", "user_id", "outcome"]) | values
        self.request.with_user(self.boss).step_ids = [
            Command.delete(step.id),
            Command.create({"outcome": False, "date_end": False, **values}),
        ]

    def test_a_step_typed_anew_is_the_same_step(self):
        helper = self.env["res.users"].search([("login", "=", "helper")])
        begun, ended = datetime(2026, 1, 1, 8), datetime(2026, 1, 1, 9)
        phone = self._step(
            "phone", date_start=begun, date_end=ended, outcome="next", user_id=helper.id
        )
        self._type_anew(phone, rung="phone", note="Called twice")
        self.assertRecordValues(
            self.request.step_ids,
            [
                {
                    "id": phone.id,
                    "date_start": begun,
                    "date_end": ended,
                    "outcome": "next",
                    "note": "Called twice",
                    "user_id": helper.id,
                }
            ],
        )
        earlier = datetime(2026, 1, 1, 7)
        self._type_anew(phone, rung="phone", outcome="no_answer", date_start=earlier)
        self.assertRecordValues(
            self.request.step_ids,
            [{"id": phone.id, "date_start": earlier, "outcome": "no_answer"}],
        )

    def test_another_rung_is_another_step(self):
        phone = self._step("phone")
        self._type_anew(phone, rung="workshop")
        self.assertFalse(phone.exists())
        self.assertEqual(self.request.step_ids.rung, "workshop")

    def test_what_came_of_a_step_stays_on_record(self):
        phone = self._step("phone", outcome="next")
        with self.assertRaisesRegex(UserError, "“Phone” of .* has an outcome and stays on record"):
            phone.with_user(self.boss).unlink()
        phone.outcome = False
        phone.with_user(self.boss).unlink()
        self.assertFalse(self.request.step_ids)

    def test_remote_needs_the_customers_permission(self):
        with self.assertInvalid("needs the customer's permission"):
            self._step("remote")
        step = self._step("remote", is_permitted=True)
        with self.assertInvalid("needs the customer's permission"):
            step.is_permitted = False

    def test_nobody_leaves_the_site_before_it_is_solved(self):
        step = self._step("on_site")
        with self.assertRaisesRegex(UserError, "still on site"):
            self.request.action_resolve()
        step.outcome = "solved"
        self.assertTrue(self.request.is_solved)
        self.request.action_resolve()
        self.assertFalse(self.request.is_solved)
        self.request.state = "resolved"
        step.outcome = False
        with self.assertRaisesRegex(UserError, "still on site"):
            self.request.action_close()

    def test_resolving_solves_the_open_step(self):
        step = self._step("phone")
        self.request.action_resolve()
        self.assertEqual(step.outcome, "solved")
        with self.assertRaisesRegex(UserError, "Reopen it to go on"):
            self._step("on_site")

    def test_cancelling_ends_the_open_step(self):
        step = self._step("on_site")
        self.request.action_cancel()
        self.assertEqual(step.outcome, "declined")

    def test_times_in_order(self):
        with self.assertInvalid("ends before it begins"):
            self._step(
                "phone",
                date_start=datetime(2026, 1, 2),
                date_end=datetime(2026, 1, 1),
                outcome="next",
            )
        late = self._step("phone", date_start=datetime(2099, 1, 1))
        late.outcome = "next"
        self.assertEqual(late.date_end, late.date_start)

    def test_requests_are_found_by_rung(self):
        self._step("factory")
        groups = dict(self.request._read_group([], ["rung"], ["__count"]))
        self.assertEqual(groups["factory"], 1)

    @users("helper")
    def test_a_user_climbs_in_own_requests_only(self):
        self.request.user_id = self.env.user
        with Form(self.request.with_user(self.env.user)) as form:
            with form.step_ids.new() as line:
                line.rung = "phone"
                line.outcome = "solved"
        self.assertTrue(form.record.is_solved)
        step = self.request.step_ids
        self.request.user_id = self.env.ref("base.user_admin")
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            step.with_user(self.env.user).read(["note"])
        with self.assertRaises(AccessError):
            step.with_user(self.env.user).unlink()

    def test_companies_keep_their_steps(self):
        step = self._step("phone")
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._user("stranger", GROUP("manager"))
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            step.with_user(stranger).read(["note"])


class TestStatus(AftersalesCommon):
    """Goods, repair and money stand where their documents stand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._delivered("SN-1", plan=cls._preset("r12"), on="2026-03-10")
        cls.request = cls._request(cls.unit, "2026-06-01", cause_id=cls._cause("human_damage").id)

    def _repair(self):
        repair = self.env["repair.order"].browse(self.request.action_create_repair()["res_id"])
        repair.move_ids = [
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 1, "repair_line_type": "add"}
            )
        ]
        return repair

    def _found(self, field, value):
        return self.request in self.request.search([(field, "=", value)])

    def test_repair_status(self):
        self.assertFalse(self.request.repair_status)
        self.assertTrue(self._found("repair_status", False))
        repair = self._repair()
        self.assertEqual(self.request.repair_status, "planned")
        repair.action_repair_start()
        self.assertEqual(self.request.repair_status, "under_repair")
        self.assertTrue(self._found("repair_status", "under_repair"))
        second = self._repair()
        self.assertFalse(self._found("repair_status", "planned"))
        second.action_repair_cancel()
        self._stock(self.part, 5)
        repair.action_repair_end()
        self.assertEqual(self.request.repair_status, "done")
        self.assertTrue(self._found("repair_status", "done"))

    def test_money_falls_back_when_a_credit_note_is_cancelled(self):
        self.part.invoice_policy = "order"
        repair = self._repair()
        self.assertFalse(self.request.money_status)
        repair.action_create_sale_order()
        order = repair.sale_order_id
        self.assertEqual(self.request.money_status, "quoted")
        order.action_quotation_sent()
        self.assertEqual(self.request.money_status, "sent")
        order.action_confirm()
        self.assertEqual(self.request.money_status, "to_invoice")
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(self.request.money_status, "invoiced")
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": [Command.set(invoice.ids)], "journal_id": invoice.journal_id.id}
        )
        wizard.refund_moves()
        credit = wizard.new_move_ids
        self.assertEqual(self.request.money_status, "invoiced", "a draft refunds nothing")
        credit.action_post()
        self.assertEqual(self.request.money_status, "refunded")
        credit.button_draft()
        credit.button_cancel()
        self.assertEqual(self.request.money_status, "invoiced")
        order._action_cancel()
        self.assertFalse(self.request.money_status)

    def test_a_free_repair_costs_nothing(self):
        self.request.cause_id = self._cause("quality")
        repair = self._repair()
        repair.action_create_sale_order()
        repair.sale_order_id.action_confirm()
        self.assertEqual(self.request.money_status, "free")

    def test_goods_follow_the_serial(self):
        self.assertEqual(self.request.goods_status, "customer")
        self.assertTrue(self._found("goods_status", "customer"))
        self._send_back(self.unit.move_line_id.picking_id, lot=self.unit.lot_id)
        self.assertEqual(self.request.goods_status, "us")
        self.assertTrue(self._found("goods_status", "us"))
        self.assertFalse(self._found("goods_status", "customer"))
        self.assertFalse(self.env["aftersales.request"].create({"title": "R"}).goods_status)
        self.assertFalse(self._found("goods_status", False))

    def test_lists_read_ahead(self):
        requests = self.env["aftersales.request"].create(
            [{"title": "R", "unit_id": self.unit.id}] * 40
        )
        self.env.flush_all()

        def queries(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.browse(records.ids).web_read(
                dict.fromkeys(
                    (
                        "repair_status",
                        "money_status",
                        "goods_status",
                        "similar_hint",
                        "handling_note",
                        "team_reason",
                        "is_solved",
                    ),
                    {},
                )
            )
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(queries(requests), queries(requests[:5]) + 1)
