"""Batches: collected until the cut-off day, visited together, the rest rolls on (C50, R35.04)."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form

from .common import AftersalesCommon


class TestRepairBatch(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._preset("r35")
        cls.monthly = cls.env.ref("aftersales_service.batch_rule_r35_monthly")
        cls.bimonthly = cls.env.ref("aftersales_service.batch_rule_r35_bimonthly")
        tag = cls.env.ref("aftersales_service.tag_monthly_batch")
        cls.htc = cls._product("HTC One", product_tag_ids=[Command.link(tag.id)])
        cls.samsung = cls._product("Samsung Note")
        cls.phones = {
            product: cls.env["aftersales.unit"].create(
                {
                    "product_id": product.id,
                    "partner_id": cls.customer.id,
                    "plan_id": cls.plan.id,
                    "date_delivered": "2026-02-01",
                }
            )
            for product in (cls.htc, cls.samsung)
        }
        cls.technician = cls._user(
            "technician", "aftersales_service.group_aftersales_user", "stock.group_stock_user"
        )
        cls.agent = cls._user("agent", "aftersales_service.group_aftersales_agent")

    def _reported_repair(self, product, local):
        with freeze_time(self._utc(local)):
            return self._job(self.phones[product], local[:10], date_reported=self._utc(local))

    def _month(self, repair):
        return repair.aftersales_batch_id.month.strftime("%Y-%m")

    def test_s_r35_1_batches_by_brand(self):
        for product, local, month in (
            (self.htc, "2026-03-18 10:00", "2026-03"),
            (self.samsung, "2026-03-18 10:00", "2026-03"),
            (self.htc, "2026-03-22 10:00", "2026-04"),
            (self.samsung, "2026-03-22 10:00", "2026-05"),
            (self.htc, "2026-03-20 23:30", "2026-03"),
        ):
            with self.subTest(product=product.name, local=local):
                self.assertEqual(self._month(self._reported_repair(product, local)), month)
        batches = self.env["aftersales.repair.batch"].search([("plan_id", "=", self.plan.id)])
        self.assertEqual(len(batches), 4)
        march = batches.filtered(lambda batch: batch.rule_id == self.monthly)[-1:]
        self.assertEqual((str(march.date_cutoff), march.repair_count), ("2026-03-20", 2))

    def test_a_corrected_report_changes_the_batch(self):
        repair = self._reported_repair(self.htc, "2026-03-22 10:00")
        repair.aftersales_request_id.date_reported = self._utc("2026-03-19 10:00")
        self.assertEqual(self._month(repair), "2026-03")

    def test_late_ones_roll_to_the_next(self):
        first = self._reported_repair(self.htc, "2026-03-18 10:00")
        batch = first.aftersales_batch_id
        batch.with_user(self.agent).action_close()
        late = self._reported_repair(self.htc, "2026-03-19 10:00")
        self.assertEqual(self._month(late), "2026-04")
        first.aftersales_request_id.date_reported = self._utc("2026-03-17 10:00")
        self.assertEqual(first.aftersales_batch_id, batch, "what is in stays in")
        batch.action_reopen()
        again = self._reported_repair(self.htc, "2026-03-19 11:00")
        self.assertEqual(again.aftersales_batch_id, batch)

    def test_what_a_visit_leaves_undone_goes_on(self):
        done = self._reported_repair(self.htc, "2026-03-18 10:00")
        left = self._reported_repair(self.htc, "2026-03-18 11:00")
        batch = done.aftersales_batch_id
        self._start(done)
        done.action_repair_end()
        with self.assertRaisesRegex(UserError, "is Collecting. Only what is Closed"):
            batch.action_finish()
        batch.action_close()
        batch.with_user(self.agent).action_finish()
        self.assertEqual(self._month(left), "2026-04")
        self.assertIn("Left undone by the visit", left.message_ids[:1].body)
        self.assertEqual((batch.repair_ids, batch.done_count, batch.open_count), (done, 1, 0))
        left._aftersales_join_batches()
        self.assertEqual(self._month(left), "2026-04")
        late = self._reported_repair(self.htc, "2026-03-19 10:00")
        self.assertEqual(late.aftersales_batch_id, left.aftersales_batch_id)

    def test_moved_by_hand_with_a_reason(self):
        repair = self._reported_repair(self.htc, "2026-03-18 10:00")
        april = self._reported_repair(self.htc, "2026-03-22 10:00").aftersales_batch_id
        mine = repair.with_user(self.technician)
        context = mine.action_aftersales_change_batch()["context"]
        with Form(mine.env["aftersales.repair.batch.move"].with_context(**context)) as form:
            form.batch_id = april
            form.reason = "The customer is away in March"
        form.record.action_apply()
        self.assertEqual(repair.aftersales_batch_id, april)
        self.assertIn("away in March", repair.message_ids[:1].body)
        repair.aftersales_request_id.date_reported = self._utc("2026-03-17 10:00")
        self.assertEqual(repair.aftersales_batch_id, april, "chosen by hand")
        self._move(repair, reason="Urgent: repaired in the shop")
        self.assertFalse(repair.aftersales_batch_id)
        repair._aftersales_join_batches()
        self.assertFalse(repair.aftersales_batch_id)

    def _move(self, repair, batch=None, reason="Urgent"):
        self.env["aftersales.repair.batch.move"].create(
            {
                "repair_ids": [Command.set(repair.ids)],
                "batch_id": batch and batch.id,
                "reason": reason,
            }
        ).action_apply()

    def test_wrong_moves_are_refused(self):
        repair = self._reported_repair(self.htc, "2026-03-18 10:00")
        march = repair.aftersales_batch_id
        march.action_close()
        march.action_finish()
        with self.assertRaisesRegex(UserError, "is over. Choose a later batch"):
            self._move(repair, march)
        with self.assertRaisesRegex(UserError, "Say why"):
            self._move(repair, reason=" ")
        with self.assertRaises(AccessError):
            repair.with_user(self.technician).aftersales_batch_id = False
        with self.assertRaises(AccessError):
            march.with_user(self.agent).state = "collecting"
        with self.assertRaises(AccessError):
            march.with_user(self.technician).action_reopen()
        with self.assertRaisesRegex(UserError, "holds repairs"):
            repair.aftersales_batch_id.unlink()
        repair.action_repair_cancel()
        with self.assertRaisesRegex(UserError, "joins no batch"):
            self._move(repair)

    def test_cancelled_ones_leave_and_come_back(self):
        repair = self._reported_repair(self.htc, "2026-03-18 10:00")
        batch = repair.aftersales_batch_id
        repair.action_repair_cancel()
        self.assertFalse(repair.aftersales_batch_id)
        repair.action_repair_cancel_draft()
        self.assertEqual(repair.aftersales_batch_id, batch)

    def test_another_product_is_another_batch(self):
        repair = self._reported_repair(self.htc, "2026-03-22 10:00")
        repair.product_id = self.samsung
        self.assertEqual(self._month(repair), "2026-05")
        self.bimonthly.categ_id = self.env["product.category"].create({"name": "Tablets"})
        repair._aftersales_join_batches()
        self.assertFalse(repair.aftersales_batch_id, "no rule fits any longer")
        self.samsung.categ_id = self.env["product.category"].create(
            {"name": "Mini", "parent_id": self.bimonthly.categ_id.id}
        )
        repair._aftersales_join_batches()
        self.assertEqual(self._month(repair), "2026-05")

    def test_the_visit_is_planned(self):
        self.monthly.visit_day = 25
        repair = self._reported_repair(self.htc, "2026-03-18 10:00")
        self.assertEqual(str(repair.aftersales_batch_id.date_visit), "2026-03-25")
        self.assertEqual(self._local(repair.schedule_date), "2026-03-25 09:00")
        repair.aftersales_batch_id.date_visit = "2026-03-26"
        self.assertEqual(self._local(repair.schedule_date), "2026-03-26 09:00")
        with self.assertRaisesRegex(ValidationError, "before its cut-off day"):
            self.monthly.visit_day = 19

    def test_the_job_closes_what_is_past_its_cut_off(self):
        repair = self._reported_repair(self.htc, "2026-03-18 10:00")
        batch = repair.aftersales_batch_id
        with freeze_time(self._utc("2026-03-20 23:00")):
            batch._cron_close()
        self.assertEqual(batch.state, "collecting")
        with freeze_time(self._utc("2026-03-22 10:00")):
            batch._cron_close()
        self.assertEqual(batch.state, "closed")
        self.assertIn("Closed with 1 repairs", batch.message_ids[:1].body)

    def test_impossible_rules_are_refused(self):
        with self.assertRefusedByDatabase():
            self.monthly.every = 0
        with self.assertRefusedByDatabase():
            self.monthly.cutoff_day = 32
        batch = self._reported_repair(self.htc, "2026-03-18 10:00").aftersales_batch_id
        with self.assertRefusedByDatabase():
            batch.create({"rule_id": self.monthly.id, "month": "2026-03-17"})

    def test_a_technician_takes_in_what_is_collected(self):
        with freeze_time(self._utc("2026-03-18 10:00")):
            repair = (
                self.env["repair.order"]
                .with_user(self.technician)
                .create(
                    {
                        "partner_id": self.customer.id,
                        "product_id": self.htc.id,
                        "aftersales_unit_id": self.phones[self.htc].id,
                    }
                )
            )
        self.assertTrue(repair.aftersales_batch_id)
        with self.assertRaises(AccessError):
            repair.aftersales_batch_id.action_close()

    def test_repairs_without_rules_go_by_themselves(self):
        unit = self._delivered("SN-1", plan=self._plan({"length": 12}), on="2026-03-10")
        self.assertFalse(self._job(unit, "2026-03-18").aftersales_batch_id)

    def test_batches_of_other_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        batch = self._reported_repair(self.htc, "2026-03-18 10:00").aftersales_batch_id
        self.agent.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(batch.with_user(self.agent).search([("id", "=", batch.id)]))
        twin = batch._find_open(self.monthly, batch.month, other)
        self.assertNotEqual(twin, batch)

    def test_a_hundred_join_at_once(self):
        vals = {
            "partner_id": self.customer.id,
            "product_id": self.htc.id,
            "aftersales_unit_id": self.phones[self.htc].id,
        }
        repairs = self.env["repair.order"].create([dict(vals) for _n in range(20)])
        self.assertEqual(len(repairs.aftersales_batch_id), 1)
        self.assertEqual(repairs.aftersales_batch_id.repair_count, 20)
