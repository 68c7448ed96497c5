"""Promised times, regime by regime, each set up by choosing one ready-made plan."""

from datetime import date

from freezegun import freeze_time

from odoo import Command

from .common import AftersalesCommon


class TestSlaScenarios(AftersalesCommon):
    def _meet(self, request, local, **facts):
        """Facts that happen at a moment, such as ``date_arrived=True``."""
        with freeze_time(self._utc(local)):
            request.write({name: self._utc(local) for name in facts})

    def assertStates(self, request, **states):
        found = {name: self._clock(request, name).state for name in states}
        self.assertEqual(found, states)

    def test_s_r01_2_urgent_in_the_evening(self):
        request = self._reported("2026-03-14 16:00", "r01", priority="2")
        self.assertDue(request, response="2026-03-15 09:00")

    def test_s_r01_4_outside_hours(self):
        request = self._reported("2026-03-14 20:15", "r01", priority="2")
        self.assertDue(request, response="2026-03-15 10:30")

    def test_s_r01_6_repair_time_by_origin_of_the_part(self):
        request = self._reported("2026-02-27 10:00", "r01")
        self.assertFalse(self._clock(request, "resolution"))
        request.part_origin = "domestic"
        self.assertStates(request, resolution="waiting")
        self._meet(request, "2026-03-02 10:00", date_unit_arrived=True)
        self.assertDue(request, resolution="2026-03-16 17:00")
        request.part_origin = "foreign"
        self.assertDue(request, resolution="2026-03-23 17:00")

    def test_s_r02_1_three_clocks(self):
        request = self._reported("2026-03-14 16:00", "r02")
        self.assertDue(
            request,
            response="2026-03-14 16:30",
            on_site="2026-03-15 16:00",
            resolution="2026-03-17 16:00",
        )
        self._meet(request, "2026-03-15 15:59", date_arrived=True)
        self.assertStates(request, on_site="met")
        late = self._reported("2026-03-14 16:00", "r02")
        self._meet(late, "2026-03-15 16:01", date_arrived=True)
        self.assertStates(late, on_site="failed", resolution="running")

    def test_s_r03_2_loaner_trigger(self):
        request = self._reported("2026-03-14 23:10", "r03")
        self._run_job("2026-03-15 07:09")
        self.assertFalse(request.is_loaner_owed)
        self._run_job("2026-03-15 07:11")
        self.assertTrue(request.is_loaner_owed)
        repaired = self._reported("2026-03-14 23:10", "r03")
        with freeze_time(self._utc("2026-03-15 06:00")):
            repaired.action_resolve()
        self._run_job("2026-03-15 09:00")
        self.assertFalse(repaired.is_loaner_owed)

    def test_s_r04_1_reply(self):
        request = self._reported("2026-03-13 17:45", "r04")
        self.assertDue(request, response="2026-03-14 17:45")

    def test_r04_on_site_at_the_hour_the_customer_set(self):
        request = self._reported("2026-03-13 17:45", "r04")
        self.assertStates(request, on_site="waiting")
        hour = self._utc("2026-03-16 10:00")
        request.appointment_start = hour
        self.assertDue(request, on_site="2026-03-16 10:00")
        request.appointment_start = self._utc("2026-03-17 10:00")
        self.assertDue(request, on_site="2026-03-17 10:00")
        self._meet(request, "2026-03-17 10:00", date_arrived=True)
        self.assertStates(request, on_site="met")

    def test_s_r11_1_clocks(self):
        request = self._reported("2026-03-11 10:00", "r11")
        self.assertDue(
            request,
            response="2026-03-11 10:15",
            on_site="2026-03-11 14:00",
            resolution="2026-03-12 10:00",
        )
        self._run_job("2026-03-12 10:00")
        self.assertFalse(request.is_loaner_owed)
        self._run_job("2026-03-12 10:01")
        self.assertTrue(request.is_loaner_owed)

    def test_s_r25_1_factory_repair(self):
        request = self._reported("2026-03-12 10:00", "r25")
        self._meet(request, "2026-03-13 10:00", date_unit_arrived=True)
        self.assertDue(request, resolution="2026-03-20 17:00")
        self.company.resource_calendar_id.aftersales_day_ids = [
            Command.create({"date": date(2026, 5, day), "kind": "closed", "name": "Labour Day"})
            for day in range(1, 6)
        ]
        later = self._reported("2026-04-29 10:00")
        self._meet(later, "2026-04-30 10:00", date_unit_arrived=True)
        self.assertDue(later, resolution="2026-05-12 17:00")

    def test_s_r28_1_field_service(self):
        request = self._reported("2026-03-13 17:00", "r28")
        self.assertDue(request, on_site="2026-03-18 17:00", resolution="2026-03-18 17:00")

    def test_s_r32_1_city(self):
        request = self._reported("2026-03-14 16:00", "r32")
        self.assertDue(
            request,
            response="2026-03-14 16:10",
            on_site="2026-03-14 17:00",
            resolution="2026-03-15 00:00",
        )
        self._run_job("2026-03-15 00:01")
        self.assertTrue(request.is_loaner_owed)

    def test_s_r43_3_clocks_in_the_maintenance_period(self):
        plan = self._preset("r43")
        unit = self._delivered("SN-1", plan=plan, on="2026-03-01", accepted="2026-03-10")
        request = self._reported("2028-05-06 16:00", unit_id=unit.id)
        self.assertEqual(request.sla_policy_id, plan.sla_policy_id)
        self.assertDue(
            request,
            response="2028-05-06 18:00",
            on_site="2028-05-06 20:00",
            resolution="2028-05-07 00:00",
        )
        in_warranty = self._reported("2026-05-06 16:00", unit_id=unit.id)
        self.assertFalse(in_warranty.clock_ids)

    def test_s_r44_1_time_of_day(self):
        for reported, due in (
            ("2026-03-14 17:30", "2026-03-14 21:30"),
            ("2026-03-14 18:30", "2026-03-15 06:30"),
            ("2026-03-15 07:59", "2026-03-15 19:59"),
            ("2026-03-15 08:00", "2026-03-15 12:00"),
        ):
            with self.subTest(reported):
                self.assertDue(self._reported(reported, "r44"), response=due)

    def test_r44_spare_device_after_the_repair_fails(self):
        request = self._reported("2026-03-14 10:00", "r44")
        self._meet(request, "2026-03-14 12:00", date_repair_begun=True)
        self.assertDue(request, resolution="2026-03-16 12:00", loaner="2026-03-17 12:00")
        self._run_job("2026-03-16 12:01")
        self.assertTrue(request.is_loaner_owed)
        self._meet(request, "2026-03-17 11:00", date_loaner=True)
        self.assertStates(request, loaner="met")

    def test_s_r48_1_service_hours(self):
        request = self._reported("2026-03-13 17:00", "r48")
        self.assertDue(request, response="2026-03-16 12:00", resolution="2026-03-18 18:00")
        urgent = self._reported("2026-03-13 17:00", "r48", priority="1")
        self.assertDue(urgent, response="2026-03-13 18:00")

    def test_r06_definite_answer_in_an_hour(self):
        request = self._reported("2026-03-14 23:30", "r06")
        self.assertDue(request, response="2026-03-15 00:30")

    def test_r09_part_replaced_after_24_hours(self):
        request = self._reported("2026-03-14 10:00", "r09")
        self.assertDue(request, resolution="2026-03-15 10:00")
        self._run_job("2026-03-15 10:01")
        self.assertTrue(request.is_loaner_owed)

    def test_r12_distant_sites_have_48_hours(self):
        near = self._reported("2026-03-14 10:00", "r12", zone="other")
        far = self._reported("2026-03-14 10:00", "r12", zone="distant")
        self.assertDue(near, on_site="2026-03-15 10:00")
        self.assertDue(far, on_site="2026-03-16 10:00")

    def test_r12_local_clause_is_a_policy_of_its_own(self):
        policy = self.env.ref("aftersales_service.sla_r12_local")
        policy._put_into_use()
        request = self._reported("2026-03-14 10:00", policy)
        self.assertDue(request, on_site="2026-03-15 10:00", resolution="2026-03-15 10:00")

    def test_r17_on_site_in_48_hours(self):
        self.assertDue(self._reported("2026-03-14 10:00", "r17"), on_site="2026-03-16 10:00")

    def test_r18_small_repairs_by_report_large_ones_by_consent(self):
        small = self._reported("2026-03-14 10:00", "r18", zone="city", job_size="small")
        self.assertDue(small, on_site="2026-03-14 14:00", resolution="2026-03-14 16:00")
        large = self._reported("2026-03-14 10:00", zone="city", job_size="large")
        self.assertStates(large, resolution="waiting")
        self._meet(large, "2026-03-16 09:00", date_consent=True)
        self.assertDue(large, resolution="2026-03-17 09:00")
        outside = self._reported("2026-03-14 10:00", zone="other", job_size="small")
        self.assertFalse(self._clock(outside, "on_site"))

    def test_r18_a_small_job_that_turns_out_large_waits_for_consent(self):
        request = self._reported("2026-03-14 10:00", "r18", job_size="small")
        self.assertDue(request, resolution="2026-03-14 16:00")
        request.job_size = "large"
        self.assertStates(request, resolution="waiting")
        self.assertDue(request, resolution=False)

    def test_r26_on_site_in_24_hours_on_holidays_too(self):
        self.assertDue(self._reported("2026-10-01 10:00", "r26"), on_site="2026-10-02 10:00")

    def test_r36_by_province(self):
        for zone, due in (
            ("city", "2026-03-15 10:00"),
            ("province", "2026-03-15 10:00"),
            ("other", "2026-03-16 10:00"),
        ):
            with self.subTest(zone):
                request = self._reported("2026-03-14 10:00", "r36", zone=zone)
                self.assertDue(request, response="2026-03-14 12:00", on_site=due)

    def test_r36_zone_follows_the_address(self):
        home = self.company.partner_id
        china = self.env.ref("base.cn")
        zhejiang = self.env.ref("base.state_cn_ZJ")
        jiangsu = self.env.ref("base.state_cn_JS")
        home.write({"country_id": china.id, "state_id": zhejiang.id, "city": "杭州"})
        for city, state, zone in (
            ("杭州 ", zhejiang, "city"),
            ("宁波", zhejiang, "province"),
            ("南京", jiangsu, "other"),
        ):
            self.customer.write({"country_id": china.id, "state_id": state.id, "city": city})
            self.assertEqual(self._reported("2026-03-14 10:00").zone, zone)

    def test_r41_emergency_plan_after_four_hours(self):
        request = self._reported("2026-10-01 10:00", "r41")
        self.assertDue(
            request,
            response="2026-10-01 10:30",
            on_site="2026-10-01 12:00",
            resolution="2026-10-01 14:00",
        )
        self._run_job("2026-10-01 14:00")
        self.assertFalse(request.is_emergency)
        self._run_job("2026-10-01 14:01")
        self.assertTrue(request.is_emergency)
        self.assertEqual(request.priority, "2")

    def test_r49_calendar_hours(self):
        request = self._reported("2026-03-13 17:00", "r49")
        self.assertDue(request, response="2026-03-14 17:00", resolution="2026-03-15 17:00")

    def test_every_ready_made_promise_reads_well(self):
        policies = (
            self.env["aftersales.sla.policy"]
            .with_context(active_test=False)
            .search([("active", "=", False)])
        )
        self.assertEqual(len(policies), 24)
        for policy in policies:
            self.assertTrue(policy.summary)
            self.assertNotIn("False", policy.summary)
