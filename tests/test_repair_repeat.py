"""The same problem must not be repaired twice; faults that recur raise an alarm."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import users

from .common import AftersalesCommon


class RepeatCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tech = cls._user(
            "tech", "aftersales_service.group_aftersales_user", "stock.group_stock_user"
        )
        cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls.quality = cls._user("quality", "aftersales_service.group_aftersales_agent")
        cls.plan = cls._plan({"length": 24}, repeat_scope="same_fault", repeat_days=90)
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2026-03-10")
        cls.d1 = cls.env["aftersales.fault"].create({"name": "D1"})
        cls.d2 = cls.env["aftersales.fault"].create({"name": "D2"})

    @classmethod
    def _taken_in(cls, day, fault=None, unit=None):
        """A job about a fault of that day, taken in on that day."""
        with freeze_time(cls._noon(day)):
            return cls._job(unit or cls.unit, day, fault_id=fault and fault.id)

    @classmethod
    def _repaired(cls, day, fault=None, unit=None):
        """A job taken in and done on that day."""
        repair = cls._taken_in(day, fault, unit)
        with freeze_time(cls._noon(day) + timedelta(hours=3)):
            cls._start(repair)
            repair.action_repair_end()
        return repair


class TestRepairRepeat(RepeatCommon):
    # === WHAT COMES BACK === #

    def test_the_same_fault_within_the_window_repeats_the_repair(self):
        first = self._repaired("2026-05-10", self.d1)
        self.assertTrue(first.aftersales_first_time_fix)
        second = self._taken_in("2026-08-08", self.d1)
        self.assertEqual(second.aftersales_repeat_of_id, first)
        self.assertTrue(second.aftersales_is_repeat)
        self.assertIn("90 days before", second.aftersales_repeat_text)
        self.assertFalse(first.aftersales_first_time_fix)
        self.assertEqual(first.aftersales_repeat_ids, second)
        self.assertEqual(first.action_view_aftersales_repeats()["res_id"], second.id)

    def test_another_fault_or_a_later_one_repeats_nothing(self):
        first = self._repaired("2026-05-10", self.d1)
        for day, fault in (("2026-06-01", self.d2), ("2026-06-01", None), ("2026-08-09", self.d1)):
            later = self._taken_in(day, fault)
            self.assertFalse(later.aftersales_is_repeat, (day, fault))
            later.action_repair_cancel()
        self.assertTrue(first.aftersales_first_time_fix)

    def test_any_fault_where_the_plan_says_so(self):
        self.plan.repeat_scope = "any_fault"
        self._repaired("2026-05-10", self.d1)
        self.assertTrue(self._taken_in("2026-06-01").aftersales_is_repeat)

    def test_listed_faults_where_the_plan_says_so(self):
        """R29: a fault of the table counts with every other fault of the table."""
        plan = self._preset("r29")
        plan.write({"repeat_scope": "listed_fault", "repeat_days": 0})
        unit = self._delivered("SN-29", plan=plan, on="2026-03-10", invoiced="2026-03-10")
        ring = self.env.ref("aftersales_service.fault_r29_no_ring")
        keys = self.env.ref("aftersales_service.fault_r29_keys")
        first = self._repaired("2026-07-05", ring, unit)
        self.assertFalse(self._taken_in("2026-08-01", self.d1, unit).aftersales_is_repeat)
        self.assertEqual(self._taken_in("2026-09-01", keys, unit).aftersales_repeat_of_id, first)

    def test_no_plan_watches_nothing(self):
        request = self.env["aftersales.request"].create(
            {"title": "Leaks", "partner_id": self.customer.id, "product_id": self.machine.id}
        )
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        self.assertTrue(repair.aftersales_is_service)
        self.assertFalse(repair.aftersales_is_repeat)

    def test_the_serial_tells_where_no_unit_is_known(self):
        self.machine.aftersales_variant_plan_id = self.plan
        lot = self._serial("SN-BARE")
        values = {
            "title": "Leaks",
            "partner_id": self.customer.id,
            "product_id": self.machine.id,
            "fault_id": self.d1.id,
        }
        repairs = self.env["repair.order"]
        for day in ("2026-05-10", "2026-06-01"):
            with freeze_time(self._noon(day)):
                request = self.env["aftersales.request"].create({**values, "date_failure": day})
                repair = repairs.browse(request.action_create_repair()["res_id"])
                repair.lot_id = lot
                repair.aftersales_place = "workshop"
                if not repairs:
                    repair.write({"state": "done"})
                repairs |= repair
        self.assertEqual(repairs[1].aftersales_repeat_of_id, repairs[0])

    # === CORRECTIONS === #

    def test_cancelling_the_repeat_gives_first_time_fix_back(self):
        first = self._repaired("2026-05-10", self.d1)
        second = self._taken_in("2026-06-01", self.d1)
        self.assertFalse(first.aftersales_first_time_fix)
        second.action_repair_cancel()
        self.assertTrue(first.aftersales_first_time_fix)
        self.assertFalse(second.aftersales_is_repeat)
        second.action_repair_cancel_draft()
        self.assertFalse(first.aftersales_first_time_fix)

    def test_back_dated_corrections_are_judged_again(self):
        first = self._repaired("2026-05-10", self.d1)
        second = self._taken_in("2026-08-08", self.d1)
        first.aftersales_date_intake = self._noon("2026-05-01")
        first.aftersales_date_repaired = self._noon("2026-05-09")
        self.assertFalse(second.aftersales_is_repeat)
        self.assertTrue(first.aftersales_first_time_fix)
        second.aftersales_request_id.date_failure = "2026-08-07"
        self.assertEqual(second.aftersales_repeat_of_id, first)
        second.aftersales_request_id.fault_id = self.d2
        self.assertFalse(second.aftersales_is_repeat)
        second.aftersales_fault_id = self.d1
        self.assertFalse(first.aftersales_first_time_fix)

    def test_the_earlier_repairs_diagnosis_may_be_corrected(self):
        first = self._repaired("2026-05-10", self.d1)
        second = self._taken_in("2026-06-01", self.d1)
        first.action_aftersales_reopen_claim()
        first.aftersales_fault_id = self.d2
        self.assertFalse(second.aftersales_is_repeat)

    def test_a_repair_between_takes_over(self):
        first = self._repaired("2026-05-10", self.d1)
        third = self._taken_in("2026-07-01", self.d1)
        self.assertEqual(third.aftersales_repeat_of_id, first)
        second = self._repaired("2026-06-01", self.d1)
        self.assertEqual(second.aftersales_repeat_of_id, first)
        self.assertEqual(third.aftersales_repeat_of_id, second)
        self.assertFalse(second.aftersales_first_time_fix)

    def test_repaired_before_it_was_taken_in_is_refused(self):
        first = self._repaired("2026-05-10", self.d1)
        with self.assertRaisesRegex(ValidationError, "before it was taken in"):
            first.aftersales_date_repaired = self._noon("2026-05-09")

    # === CLOSING === #

    @users("tech")
    def test_a_repeat_is_explained_before_the_job_is_closed(self):
        first = self._repaired("2026-05-10", self.d1)
        second = self._taken_in("2026-06-01", self.d1).with_user(self.env.user)
        with self.assertRaisesRegex(UserError, f"repeats {first.name}.*who answers"):
            second._aftersales_refuse_obstacles("close")
        second.aftersales_repeat_cause = "Wrong seal"
        with self.assertRaisesRegex(UserError, "who answers"):
            second._aftersales_refuse_obstacles("close")
        second.aftersales_repeat_responsibility = "part"
        self.assertNotIn("who answers", " ".join(second._aftersales_get_obstacles("close")))
        self.assertFalse(first._aftersales_get_obstacles("close"))

    # === COUNTS === #

    def test_s_r05_2_counts_same_defects_of_a_unit(self):
        self._repaired("2026-05-10", self.d1)
        self._repaired("2026-07-01", self.d1)
        self._repaired("2026-08-01", self.d2)
        on = fields.Date.to_date("2026-09-10")
        self.assertEqual(self.unit._count_repairs(self.d1, on)[self.unit].same, 2)
        self.assertEqual(self.unit._count_repairs(self.d2, on)[self.unit].same, 1)
        report = self._taken_in("2026-09-10", self.d1)
        self.assertEqual(report.aftersales_history_text, "3, of these 2 for this fault")
        other = self._taken_in("2026-09-10", self.d2)
        self.assertEqual(other.aftersales_history_text, "3, of these 1 for this fault")

    def test_s_r29_5_counts_faults_of_the_table(self):
        plan = self._preset("r29")
        unit = self._delivered("SN-29", plan=plan, on="2026-03-10", invoiced="2026-03-10")
        ring = self.env.ref("aftersales_service.fault_r29_no_ring")
        keys = self.env.ref("aftersales_service.fault_r29_keys")
        self._repaired("2026-07-05", ring, unit)
        self.assertEqual(unit._count_repairs(keys)[unit].listed, 1)
        self._repaired("2026-08-01", self.d1, unit)
        self.assertEqual(unit._count_repairs(keys)[unit].listed, 1)
        self._repaired("2026-09-01", keys, unit)
        self.assertEqual(unit._count_repairs(ring)[unit].listed, 2)

    def test_counting_takes_no_query_per_unit(self):
        others = self.unit
        for serial in ("SN-2", "SN-3"):
            unit = self._delivered(serial, plan=self.plan, on="2026-03-10")
            self._repaired("2026-05-10", self.d1, unit)
            others |= unit
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(11):
            others._count_repairs(self.d1)


class TestFaultAlarm(RepeatCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alarm = cls.env["aftersales.fault.alarm"].create(
            {
                "name": "Recurring faults",
                "threshold_month": 3,
                "user_id": cls.quality.id,
                "date_from": "2026-03-01",
            }
        )
        cls.login = cls.env["aftersales.fault"].create({"name": "Login failure"})

    def _case(self, local, **values):
        values = {"fault_id": self.login.id, "product_id": self.machine.id, **values}
        return self._reported(local, **values)

    def _run(self, local="2026-03-31 12:00"):
        with freeze_time(self._utc(local)), self.enter_registry_test_mode():
            cron = self.env.ref("aftersales_service.cron_fault_alarm").sudo()
            cron.method_direct_trigger()
        self.env.invalidate_all()
        return self.alarm.log_ids

    def test_s_r28_3_the_third_in_march_alarms_once(self):
        cases = self._case("2026-03-02 09:00") | self._case("2026-03-15 09:00")
        self.assertFalse(self._run())
        cases |= self._case("2026-03-31 23:30")
        log = self._run()
        self.assertRecordValues(
            log,
            [
                {
                    "level": "month",
                    "date_start": fields.Date.to_date("2026-03-01"),
                    "date_end": fields.Date.to_date("2026-03-31"),
                    "fault_id": self.login.id,
                    "category_id": self.machine.categ_id.id,
                    "count": 3,
                    "user_id": self.quality.id,
                }
            ],
        )
        self.assertEqual(log.request_ids, cases)
        self.assertIn("Login failure: 3 cases in March 2026", log.display_name)
        self.assertRecordValues(log.activity_ids, [{"user_id": self.quality.id}])
        self._case("2026-03-20 09:00")
        self.assertEqual(self._run(), log)
        self.assertEqual(len(log.activity_ids), 1)

    def test_months_end_where_the_company_is(self):
        for day in ("2026-03-31 23:30", "2026-04-01 00:30", "2026-04-02 09:00"):
            self._case(day)
        self.assertFalse(self._run("2026-04-03 09:00"))

    def test_quarter_and_year_alarm_for_themselves(self):
        self.alarm.write({"threshold_month": 0, "threshold_quarter": 3, "threshold_year": 4})
        for day in ("2026-01-10", "2026-02-10", "2026-03-10", "2026-05-10"):
            self._case(f"{day} 09:00")
        logs = self._run("2026-05-11 09:00")
        self.assertEqual(set(logs.mapped("level")), {"quarter", "year"})
        self.assertEqual(self._run("2026-05-12 09:00"), logs)

    def test_faults_and_families_are_counted_apart(self):
        phones = self.env["product.category"].create({"name": "Phones"})
        small = self.env["product.category"].create({"name": "Small", "parent_id": phones.id})
        phone = self._product("Phone", categ_id=phones.id)
        watch = self._product("Watch", categ_id=small.id)
        self._case("2026-03-02 09:00")
        self._case("2026-03-03 09:00", product_id=phone.id)
        self._case("2026-03-04 09:00", product_id=watch.id)
        self._case("2026-03-04 09:00", product_id=phone.id, fault_id=self.d1.id)
        self._case("2026-03-05 09:00", product_id=False)
        self.assertFalse(self._run())
        self.alarm.write({"category_id": phones.id, "threshold_month": 2})
        log = self._run()
        self.assertEqual((log.count, log.category_id), (2, phones))
        self.assertEqual(log.request_ids.product_id, phone | watch)

    def test_a_row_may_watch_one_fault_also_without_a_product(self):
        self.alarm.write({"fault_id": self.d1.id, "threshold_month": 2})
        for day in ("02", "03"):
            self._case(f"2026-03-{day} 09:00", product_id=False, fault_id=self.d1.id)
            self._case(f"2026-03-{day} 09:00")
        log = self._run()
        self.assertEqual((log.fault_id, log.category_id.id, log.count), (self.d1, False, 2))
        self.assertEqual(len(log.request_ids), 2)
        self.assertEqual(self._run(), log)

    def test_cancelled_cases_do_not_count_and_walk_ins_do(self):
        self._case("2026-03-02 09:00").action_cancel()
        self._case("2026-03-03 09:00")
        self._case("2026-03-04 09:00")
        self.assertFalse(self._run())
        with freeze_time(self._noon("2026-03-20")):
            walk_in = self.env["repair.order"].create(
                {
                    "partner_id": self.customer.id,
                    "product_id": self.machine.id,
                    "lot_id": self.unit.lot_id.id,
                    "aftersales_fault_id": self.login.id,
                }
            )
        log = self._run()
        self.assertEqual(log.repair_ids, walk_in)
        self.assertEqual((log.count, len(log.request_ids)), (3, 2))

    def test_what_was_over_before_it_was_watched_raises_nothing(self):
        self.alarm.date_from = "2026-04-01"
        for day in ("02", "03", "04"):
            self._case(f"2026-03-{day} 09:00")
        self.assertFalse(self._run("2026-04-02 09:00"))

    def test_one_bad_row_hinders_no_other(self):
        for day in ("02", "03", "04"):
            self._case(f"2026-03-{day} 09:00")
        bad = self.alarm.copy({"sequence": 1, "name": "Bad"})
        kind = type(self.env["aftersales.fault.alarm"])
        right = kind._count_cases

        def wrong(alarm):
            if alarm.id == bad.id:
                raise ValueError("Broken")
            return right(alarm)

        self.patch(kind, "_count_cases", wrong)
        with self.assertLogs("odoo.addons.aftersales_service.models.fault_alarm", "ERROR"):
            self.assertEqual(len(self._run()), 1)
        self.assertEqual(bad.error, "Broken")
        self.patch(kind, "_count_cases", right)
        self._run()
        self.assertFalse(bad.error)
        self.assertEqual(len(bad.log_ids), 1)

    def test_the_button_looks_at_once(self):
        with freeze_time(self._utc("2026-03-05 09:00")):
            for day in ("02", "03", "04"):
                self._case(f"2026-03-{day} 09:00")
            self.alarm.action_check()
        self.assertEqual(self.alarm.log_count, 1)
        self.assertEqual(self.alarm.action_view_logs()["res_id"], self.alarm.log_ids.id)

    def test_rows_that_cannot_work_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "never alarms"):
            self.alarm.threshold_month = 0
        with self.assertRefusedByDatabase():
            self.alarm.threshold_year = -1
        clerk = self._user("clerk")
        with self.assertRaisesRegex(ValidationError, "no rights in After-Sales"):
            self.alarm.user_id = clerk

    @users("quality")
    def test_quality_explains_but_does_not_rewrite(self):
        for day in ("02", "03", "04"):
            self._case(f"2026-03-{day} 09:00")
        log = self._run().with_user(self.env.user)
        log.write({"kind": "technical", "analysis": "Session ends too early"})
        with self.assertRaisesRegex(UserError, "record of what happened"):
            log.count = 99
        with self.assertRaises(AccessError):
            log.unlink()
        with self.assertRaises(AccessError):
            self.alarm.with_user(self.env.user).threshold_month = 9
        with self.assertRaisesRegex(UserError, "they stay"):
            log.sudo().unlink()

    @users("tech")
    def test_a_technician_reads_alarms(self):
        for day in ("02", "03", "04"):
            self._case(f"2026-03-{day} 09:00")
        log = self._run().with_user(self.env.user)
        self.assertEqual(log.count, 3)
        with self.assertRaises(AccessError):
            log.analysis = "No"
