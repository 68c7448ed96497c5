"""The end of a job: tested, answered for, closed, and stood by."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields, http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, new_test_user, users

from .common import AftersalesCommon

#: A picture of one pixel: somebody's signature.
PIXEL = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    b"+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class FinishCase(AftersalesCommon):
    """A pump at its customer's, repaired there by a technician with the least rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "hotel@example.com"
        cls.technician = cls._user(
            "finish_technician",
            "aftersales_service.group_aftersales_user",
            "stock.group_stock_user",
        )
        cls.tester = cls._user(
            "finish_tester", "aftersales_service.group_aftersales_user", "stock.group_stock_user"
        )
        cls.agent = cls._user("finish_agent", "aftersales_service.group_aftersales_agent")
        cls._stock(cls.part, 100)
        cls.fault = cls.env["aftersales.fault"].create({"name": "Leaks at the shaft"})
        cls.quality = cls._cause("quality")

    def _served(self, serial, on="2026-03-10", **demands):
        """A unit with twelve months of warranty and a plan that demands this of repairs."""
        plan = self._plan({"length": 12}, **{"needs_consent": False, **demands})
        return self._delivered(serial, plan=plan, on=on)

    def _done(self, unit, on=None, *, parts=1, fault=None, **values):
        """A repair of a case about this unit that the technician has just finished."""
        repair = self._begun(unit, on, parts=parts, fault=fault, **values)
        repair.action_repair_end()
        return repair

    def _begun(self, unit, on=None, *, parts=1, fault=None, **values):
        facts = {"fault_id": (fault or self.fault).id, "cause_id": self.quality.id}
        repair = self._job(unit, on, parts=parts, **facts | values)
        repair.user_id = self.technician
        repair = repair.with_user(self.technician)
        self._start(repair)
        return repair

    def _test(self, repair, result="passed", user=None, **values):
        findings = {"findings": "Drips at 6 bar"} if result == "failed" else {}
        return (
            self.env["aftersales.quality.test"]
            .with_user(user or self.tester)
            .create({"repair_id": repair.id, "result": result, **findings, **values})
        )

    def _report(self, repair):
        """Write down what the report must say: the cause came with the request."""
        repair.aftersales_solution = "Shaft seal replaced, tested at 6 bar."

    def _sign(self, repair, *, technician=True, customer="Wang Fang"):
        values = {}
        if technician:
            values["aftersales_technician_signature"] = PIXEL
        if customer:
            values |= {
                "aftersales_signed_by": customer,
                "aftersales_customer_signature": PIXEL,
            }
        repair.write(values)

    def _answer(self, repair, score, **values):
        dialog = self.env["aftersales.repair.answer"].with_user(self.technician)
        dialog.create({"repair_id": repair.id, "score": score, **values}).action_apply()


class TestQualityTest(FinishCase):
    def test_s_r45_1_untested_units_stay_and_unsatisfied_customers_keep_jobs_open(self):
        plan = self._preset("r45")
        unit = self._delivered("SN-451", plan=plan, on="2026-03-10")
        repair = self._done(unit, "2026-04-01")
        with self.assertRaisesRegex(UserError, "quality test is missing"):
            repair._aftersales_refuse_obstacles("hand_back")
        self._test(repair, "failed")
        with self.assertRaisesRegex(UserError, "last quality test failed"):
            repair._aftersales_refuse_obstacles("hand_back")
        rework = self.env["repair.order"].browse(repair.action_aftersales_rework()["res_id"])
        self._start(rework.with_user(self.technician))
        rework.with_user(self.technician).action_repair_end()
        self._test(rework)
        self.assertEqual(repair.aftersales_test_state, "passed")
        repair._aftersales_refuse_obstacles("hand_back")
        # the job goes on as the rework: that is what is closed
        rework = rework.with_user(self.technician)
        self._answer(rework, "1")
        self.assertEqual(rework.aftersales_satisfaction, "not_satisfied")
        with self.assertRaisesRegex(UserError, "customer is not satisfied"):
            rework.action_aftersales_close()
        self._answer(rework, "5")
        rework.action_aftersales_close()
        self.assertTrue(rework.aftersales_date_closed)
        self.assertTrue(repair.aftersales_date_closed, "a rework closes what it goes on with")

    def test_a_passed_test_under_repair_is_enough(self):
        repair = self._begun(self._served("SN-T1", needs_test=True))
        self.assertEqual(repair.aftersales_test_state, "none")
        self._test(repair, "failed")
        self.assertEqual(repair.aftersales_test_state, "failed")
        with self.assertRaisesRegex(UserError, "not a finished repair"):
            repair.action_aftersales_rework()
        self._test(repair)
        repair.action_repair_end()
        self.assertEqual(repair._aftersales_get_obstacles("hand_back"), [])

    def test_a_test_after_a_passed_one_counts(self):
        repair = self._done(self._served("SN-T2", needs_test=True))
        self._test(repair)
        self._test(repair, "failed")
        self.assertEqual(repair.aftersales_test_state, "failed")

    def test_only_what_was_worked_on_is_tested(self):
        repair = self._job(self._served("SN-T3", needs_test=True)).with_user(self.technician)
        with self.assertRaisesRegex(UserError, "Start the repair first"):
            repair.action_aftersales_test()
        with self.assertRaisesRegex(UserError, "Start the repair first"):
            self._test(repair)
        repair.action_repair_cancel()
        self.assertEqual(repair._aftersales_get_obstacles("hand_back"), [])
        with self.assertRaisesRegex(UserError, "“Cancelled”"):
            self._test(repair)

    def test_rows_stay(self):
        test = self._test(self._done(self._served("SN-T4")))
        with self.assertRaisesRegex(UserError, "not edited"):
            test.result = "failed"
        with self.assertRaises(AccessError):
            test.unlink()
        with self.assertRaisesRegex(UserError, "not deleted"):
            test.sudo().unlink()

    def test_a_failed_test_says_by_what(self):
        repair = self._done(self._served("SN-T5"))
        with self.assertRaisesRegex(ValidationError, "failed by"):
            self._test(repair, "failed", findings=" ")
        with self.assertRaisesRegex(ValidationError, "in the future"):
            self._test(repair, date=fields.Datetime.now() + timedelta(hours=1))
        with self.assertRaisesRegex(ValidationError, "before its repair began"):
            self._test(repair, date=fields.Datetime.now() - timedelta(days=1))

    def test_points_come_from_plan_and_category(self):
        unit = self._served("SN-T6", needs_test=True, test_points="Pressure 6 bar\n\nNoise")
        self.machine.categ_id = self.env["product.category"].create(
            {"name": "Pumps", "aftersales_test_points": "Noise\nEarth lead"}
        )
        repair = self._done(unit)
        dialog = (
            self.env["aftersales.quality.test"]
            .with_user(self.tester)
            .with_context(**repair.action_aftersales_test()["context"])
        )
        with Form(dialog) as form:
            names = [form.point_ids.edit(n).name for n in range(len(form.point_ids))]
            self.assertEqual(names, ["Pressure 6 bar", "Noise", "Earth lead"])
            for n in range(3):
                with form.point_ids.edit(n) as point:
                    point.is_ok = True
        self.assertEqual(form.record.point_ids.mapped("is_ok"), [True] * 3)
        self.assertEqual(repair.aftersales_test_state, "passed")
        with self.assertRaisesRegex(ValidationError, "“Pressure 6 bar” of .* is not ticked"):
            self._test(repair)
        with self.assertRaisesRegex(UserError, "not edited"):
            form.record.point_ids[0].is_ok = False

    def _get_warning(self, repair, user):
        dialog = self.env["aftersales.quality.test"].with_user(user)
        return Form(dialog.with_context(default_repair_id=repair.id)).warning

    def test_who_tests_own_work_is_told(self):
        repair = self._done(self._served("SN-T7"))
        self.assertIn("ask somebody else", self._get_warning(repair, self.technician))
        self.assertFalse(self._get_warning(repair, self.tester))
        self.assertTrue(self._test(repair, user=self.technician).is_own_work)

    def test_who_works_alone_tests_alone(self):
        repair = self._done(self._served("SN-T8"))
        servants = self.env.ref("aftersales_service.group_aftersales_user")
        others = servants.all_user_ids - self.technician
        others.sudo().active = False
        self.assertFalse(self._get_warning(repair, self.technician))
        self.assertTrue(self._test(repair, user=self.technician).is_own_work)

    def test_files_of_a_test_are_its_own(self):
        repair = self._done(self._served("SN-T9"))
        file = (
            self.env["ir.attachment"]
            .with_user(self.tester)
            .create({"name": "log.txt", "raw": b"6 bar", "res_model": "aftersales.quality.test"})
        )
        test = self._test(repair, attachment_ids=[Command.link(file.id)])
        self.assertEqual(file.res_id, test.id)
        self.assertEqual(file.with_user(self.technician).raw, b"6 bar")

    def test_other_companies_see_no_tests(self):
        test = self._test(self._done(self._served("SN-T10")))
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "finish_stranger",
            "base.group_user,stock.group_stock_user",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        with self.assertRaises(AccessError):
            test.with_user(stranger).read(["result"])

    # === REWORK === #

    def test_a_rework_goes_on_with_the_job_and_charges_nothing(self):
        unit = self._served("SN-W1", needs_test=True)
        repair = self._done(unit, "2027-06-01", costs=[{"cost_type": "labour", "price_list": 90}])
        self._test(repair, "failed")
        rework = self.env["repair.order"].browse(repair.action_aftersales_rework()["res_id"])
        self.assertRecordValues(
            rework,
            [
                {
                    "aftersales_rework_of_id": repair.id,
                    "aftersales_request_id": repair.aftersales_request_id.id,
                    "aftersales_claim_id": repair.aftersales_claim_id.id,
                    "lot_id": unit.lot_id.id,
                    "under_warranty": True,
                    "sale_order_id": False,
                    "product_location_src_id": repair.product_location_dest_id.id,
                }
            ],
        )
        self.assertIn("Drips at 6 bar", rework.internal_notes)
        rework = rework.with_user(self.technician)
        rework.move_ids = [
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 1, "repair_line_type": "add"}
            )
        ]
        rework.aftersales_cost_line_ids = [
            Command.create({"cost_type": "labour", "price_list": 150})
        ]
        line, move = rework.aftersales_cost_line_ids, rework.move_ids
        self.assertEqual(repair.aftersales_claim_id.result, "not_covered")
        self.assertEqual((line.amount, move.aftersales_price_unit), (0, 0))
        self.assertIn(f"Rework of {repair.name}", line.reason)
        self.assertIn(f"Rework of {repair.name}", move.aftersales_reason)
        self.assertEqual(rework._aftersales_get_charged(), 0)
        with self.assertRaisesRegex(UserError, "it is not charged"):
            rework.action_create_sale_order()
        with self.assertRaisesRegex(UserError, "goes on with"):
            repair.action_aftersales_rework()
        with self.assertRaisesRegex(UserError, "Test that one"):
            self._test(repair)

    def test_a_cancelled_rework_leaves_the_job_where_it_was(self):
        repair = self._done(self._served("SN-W2", needs_test=True))
        self._test(repair, "failed")
        first = self.env["repair.order"].browse(repair.action_aftersales_rework()["res_id"])
        self.assertIn("Its rework", repair._aftersales_get_obstacles("close")[0])
        first.action_repair_cancel()
        self.assertIn("failed", repair._aftersales_get_obstacles("close")[0])
        second = self.env["repair.order"].browse(repair.action_aftersales_rework()["res_id"])
        self.assertEqual(repair._aftersales_get_rework(), second)
        with self.assertRefusedByDatabase():
            first.action_repair_cancel_draft()
        self.assertEqual(second._aftersales_get_job().ids, [repair.id, second.id])


class TestSatisfaction(FinishCase):
    def _asked(self, serial, **demands):
        repair = self._done(self._served(serial, needs_survey=True, **demands))
        self.env.flush_all()
        return repair

    def test_asked_once_when_the_customer_has_it_back(self):
        repair = self._asked("SN-S1")
        self.assertEqual(repair.aftersales_satisfaction, "asked")
        self.assertTrue(repair.aftersales_date_surveyed)
        mail = self.env["mail.message"].search(
            [("model", "=", "repair.order"), ("res_id", "=", repair.id)]
        )
        token = repair.sudo().rating_ids.access_token
        self.assertTrue(any(f"/rate/{token}/5" in (body or "") for body in mail.mapped("body")))
        self.assertEqual(repair.sudo().rating_ids.rated_partner_id, self.technician.partner_id)
        repair._aftersales_ask_when_due()
        self.assertEqual(len(repair.sudo().rating_ids), 1)

    def test_not_asked_before_the_test_is_passed(self):
        repair = self._asked("SN-S2", needs_test=True)
        self.assertEqual(repair.aftersales_satisfaction, "none")
        self._test(repair)
        self.assertEqual(repair.aftersales_satisfaction, "asked")

    def test_nobody_is_asked_unless_the_plan_wants_it(self):
        repair = self._done(self._served("SN-S3"))
        self.assertEqual(repair.aftersales_satisfaction, "none")
        repair.action_aftersales_ask()
        self.assertEqual(repair.aftersales_satisfaction, "asked")

    def test_without_address_the_card_counts(self):
        self.customer.email = False
        repair = self._asked("SN-S4")
        self.assertEqual(repair.aftersales_satisfaction, "none")
        with self.assertRaisesRegex(UserError, "has no e-mail address"):
            repair.action_aftersales_ask()
        with self.assertRaisesRegex(UserError, "survey is missing"):
            repair.action_aftersales_close()
        card = (
            self.env["ir.attachment"]
            .with_user(self.technician)
            .create({"name": "card.jpg", "raw": b"x", "res_model": "aftersales.repair.answer"})
        )
        self._answer(repair, "5", comment="Fine", attachment_ids=[Command.link(card.id)])
        self.assertEqual(repair.aftersales_satisfaction, "satisfied")
        self.assertEqual((card.res_model, card.res_id), ("repair.order", repair.id))
        notes = " ".join(repair.message_ids.mapped("body"))
        self.assertIn("Recorded by", notes)
        repair.action_aftersales_close()

    def test_answered_by_the_link_in_the_mail(self):
        repair = self._asked("SN-S5")
        rating = repair.sudo().rating_ids
        repair.sudo().rating_apply(5, token=rating.access_token, feedback="Quick")
        self.assertEqual(repair.aftersales_satisfaction, "satisfied")
        self.assertFalse(repair.activity_ids)
        # who changes their mind is looked after, once
        repair.sudo().rating_apply(1, token=rating.access_token, feedback="Drips again")
        repair.sudo().rating_apply(3, token=rating.access_token, feedback="Drips")
        self.assertEqual(repair.aftersales_satisfaction, "not_satisfied")
        self.assertEqual(len(repair.activity_ids), 1)
        self.assertEqual(repair.activity_ids.user_id, self.technician)

    def test_the_last_answer_counts(self):
        repair = self._asked("SN-S6", needs_satisfied=True)
        self._answer(repair, "1", comment="Drips")
        self.assertEqual(repair.aftersales_satisfaction, "not_satisfied")
        self.assertEqual(len(repair.sudo().rating_ids), 1, "the open question is answered")
        self._answer(repair, "5", comment="Dry now")
        self.assertEqual(repair.aftersales_satisfaction, "satisfied")
        self.assertEqual(len(repair.sudo().rating_ids), 2)

    def test_a_survey_alone_may_be_answered_badly(self):
        repair = self._asked("SN-S7")
        with self.assertRaisesRegex(UserError, "has not answered yet"):
            repair.action_aftersales_close()
        self._answer(repair, "1")
        repair.action_aftersales_close()

    def test_nobody_answers_about_what_goes_on(self):
        repair = self._begun(self._served("SN-S8"))
        with self.assertRaisesRegex(UserError, "is not finished"):
            self._answer(repair, "5")
        with self.assertRaisesRegex(UserError, "is not finished"):
            repair.action_aftersales_ask()

    def test_who_reported_it_is_asked(self):
        contact = self.env["res.partner"].create(
            {"name": "Li Na", "parent_id": self.customer.id, "email": "li@example.com"}
        )
        unit = self._served("SN-S9", needs_survey=True)
        repair = self._done(unit, contact_id=contact.id)
        self.assertEqual(repair.sudo().rating_ids.partner_id, contact)


class TestRatingLink(HttpCase, FinishCase):
    def test_the_customer_answers_without_logging_in(self):
        repair = self._done(self._served("SN-S10", needs_survey=True))
        token = repair.sudo().rating_ids.access_token
        self.authenticate(None, None)
        self.assertEqual(self.url_open(f"/rate/{token}/5").status_code, 200)
        self.assertEqual(repair.aftersales_satisfaction, "asked", "a look is no answer")
        answer = {"rate": 1, "feedback": "Drips", "csrf_token": http.Request.csrf_token(self)}
        self.url_open(f"/rate/{token}/submit_feedback", data=answer)
        self.env.invalidate_all()
        self.assertEqual(repair.aftersales_satisfaction, "not_satisfied")
        self.assertEqual(len(repair.activity_ids), 1)
        self.assertEqual(self.url_open("/rate/not-a-token/5").status_code, 404)


class TestClosing(FinishCase):
    def test_s_r04_3_a_field_job_needs_report_and_survey(self):
        unit = self._delivered("SN-043", plan=self._preset("r04"), on="2026-03-10")
        repair = self._done(unit, "2026-04-01")
        request = repair.sudo().aftersales_request_id.with_user(self.agent)
        request.action_resolve()
        with self.assertRaisesRegex(UserError, "solution is not written down"):
            request.action_close()
        self._report(repair)
        with self.assertRaisesRegex(UserError, "has not answered yet"):
            request.action_close()
        self.assertEqual(request.state, "resolved")
        self._answer(repair, "3")
        request.action_close()
        self.assertEqual(request.state, "closed")
        self.assertTrue(repair.aftersales_date_closed)

    def test_the_survey_alone_is_not_enough(self):
        unit = self._delivered("SN-C1", plan=self._preset("r04"), on="2026-03-10")
        repair = self._done(unit, "2026-04-01")
        self._answer(repair, "5")
        with self.assertRaisesRegex(UserError, "Service report: The solution"):
            repair.action_aftersales_close()

    def test_the_cause_belongs_to_the_report(self):
        repair = self._done(self._served("SN-C2", needs_report=True), cause_id=False)
        self._report(repair)
        with self.assertRaisesRegex(UserError, "The cause is not written down"):
            repair.action_aftersales_close()

    def test_one_error_names_everything_that_is_missing(self):
        repair = self._done(
            self._served(
                "SN-C3",
                needs_test=True,
                needs_report=True,
                needs_technician_signature=True,
                needs_customer_signature=True,
                needs_survey=True,
                needs_satisfied=True,
            )
        )
        with self.assertRaises(UserError) as refused:
            repair.action_aftersales_close()
        message = str(refused.exception)
        for missing in (
            f"{repair.name} cannot be closed yet.",
            "quality test is missing",
            "Service report: The solution",
            "technician has not signed",
            "customer has not signed",
            "survey is missing",
        ):
            self.assertIn(missing, message)
        self._test(repair)
        self._report(repair)
        self._sign(repair)
        self._answer(repair, "5")
        repair.action_aftersales_close()
        self.assertTrue(repair.aftersales_date_closed)

    def test_a_plan_without_demands_closes_freely(self):
        repair = self._done(self._served("SN-C4"))
        request = repair.sudo().aftersales_request_id
        request.action_resolve()
        request.action_close()
        self.assertTrue(repair.aftersales_date_closed)

    def test_cancelled_repairs_do_not_hinder(self):
        unit = self._served("SN-C5", needs_report=True)
        repair = self._begun(unit)
        repair.action_repair_cancel()
        request = repair.sudo().aftersales_request_id
        request.action_resolve()
        request.action_close()
        self.assertEqual(request.state, "closed")
        self.assertFalse(repair.aftersales_date_closed)

    def test_a_repair_in_work_hinders(self):
        unit = self._served("SN-C6")
        request = self._request(unit)
        request.action_resolve()
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        with self.assertRaisesRegex(UserError, "still has the repair"):
            request.action_close()
        with self.assertRaisesRegex(UserError, "Finish the repair before closing"):
            repair.action_aftersales_close()

    def test_closed_jobs_are_changed_after_reopening_only(self):
        repair = self._done(self._served("SN-C7"))
        self._report(repair)
        repair.action_aftersales_close()
        for change in (
            lambda: repair.write({"aftersales_solution": "Something else"}),
            lambda: repair.write({"aftersales_technician_signature": PIXEL}),
            lambda: repair.move_ids.write({"quantity": 2}),
            lambda: repair.aftersales_cost_line_ids.create({"repair_id": repair.id}),
            lambda: self._test(repair),
            repair.action_aftersales_sign,
        ):
            with self.assertRaisesRegex(UserError, "is closed"), self.env.cr.savepoint():
                change()
        repair.aftersales_solution = "Shaft seal replaced, tested at 6 bar."
        repair.action_aftersales_reopen()
        repair.aftersales_solution = "Something else"
        self.assertFalse(repair.aftersales_date_closed)

    def test_a_job_of_a_closed_case_is_reopened_with_it(self):
        repair = self._done(self._served("SN-C8"))
        request = repair.sudo().aftersales_request_id
        request.action_resolve()
        request.action_close()
        with self.assertRaisesRegex(UserError, "Reopen the request first"):
            repair.action_aftersales_reopen()
        request.action_reopen()
        repair.action_aftersales_reopen()
        self.assertFalse(repair.aftersales_date_closed)

    def test_dates_are_not_typed(self):
        repair = self._done(self._served("SN-C9", needs_report=True))
        for name in (
            "aftersales_date_closed",
            "aftersales_date_signed",
            "aftersales_date_surveyed",
        ):
            with self.assertRaisesRegex(UserError, "have buttons"):
                repair.write({name: fields.Datetime.now()})
        with self.assertRaisesRegex(UserError, "have buttons"):
            repair.create(
                {"product_id": self.machine.id, "aftersales_date_closed": fields.Datetime.now()}
            )
        with self.assertRaisesRegex(UserError, "has not begun"):
            repair.create({"product_id": self.machine.id, "aftersales_customer_signature": PIXEL})

    def test_plain_repairs_are_left_alone(self):
        repair = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.part.id}
        )
        self._start(repair)
        repair.action_repair_done()
        self.assertEqual(repair.state, "done")
        self.assertFalse(repair.aftersales_date_begun)
        self.assertFalse(repair.aftersales_checklist_html)

    def test_who_may_only_read_repairs_closes_none(self):
        repair = self._done(self._served("SN-C10"))
        clerk = self._user("finish_clerk", "aftersales_service.group_aftersales_user")
        with self.assertRaises(AccessError):
            repair.with_user(clerk).action_aftersales_close()

    def test_the_checklist_says_what_is_there_and_what_is_missing(self):
        repair = self._begun(self._served("SN-C11", needs_test=True, needs_report=True))
        html = repair.aftersales_checklist_html
        self.assertIn("The quality test is missing", html)
        self.assertIn("Decided who pays", html)
        self.assertIn("has not ended yet", html)
        self.assertNotIn("Ready", html)
        repair.action_repair_end()
        self._test(repair)
        self._report(repair)
        html = repair.aftersales_checklist_html
        self.assertIn("The quality test is passed", html)
        self.assertIn("Cause and solution are written down", html)
        self.assertNotIn("missing</", html)
        gates = {gate["name"]: gate for gate in repair._aftersales_get_checklist()}
        self.assertTrue(gates["start"]["since"])
        self.assertEqual(gates["close"]["missing"], [])
        repair.action_aftersales_close()
        self.assertTrue(repair._aftersales_get_checklist()[2]["since"])

    def test_the_clock_of_a_job(self):
        unit = self._served("SN-C12")
        with freeze_time("2026-04-01 01:00:00"):
            repair = self._begun(unit, "2026-03-31")
        with freeze_time("2026-04-01 03:30:00"):
            repair.action_repair_end()
        self.assertEqual(str(repair.aftersales_date_begun), "2026-04-01 01:00:00")
        self.assertEqual(str(repair.aftersales_date_repaired), "2026-04-01 03:30:00")
        with self.assertRaisesRegex(UserError, "ends before it begins"):
            repair.aftersales_date_begun = "2026-04-01 04:00:00"
        # recorded when it was long over
        repair.aftersales_date_intake = "2026-03-31 09:00:00"
        repair.aftersales_date_repaired = "2026-04-01 00:30:00"
        self.assertEqual(str(repair.aftersales_date_begun), "2026-04-01 00:30:00")
        again = self._begun(unit)
        again.action_repair_cancel()
        again.action_repair_cancel_draft()
        self.assertFalse(again.aftersales_date_begun)


class TestRepairWarranty(FinishCase):
    """Sold 2020: a year of warranty that is long over; repairs are stood by for three months."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._plan(
            {"length": 12},
            needs_consent=False,
            repair_warranty_length=3,
            repair_warranty_unit="month",
        )
        cls.unit = cls._delivered("SN-RW", plan=cls.plan, on="2020-03-10")

    def _repaired(self, local="2026-03-10 10:00", **values):
        with freeze_time(self._utc(local)):
            repair = self._done(self.unit, local[:10], **values)
            self.env.flush_all()
        return repair

    def _later(self, on, fault=None, **values):
        request = self._request(self.unit, on, fault_id=(fault or self.fault).id, **values)
        return request.claim_ids

    def test_the_same_fault_is_covered_to_the_last_day(self):
        repair = self._repaired()
        self.assertEqual(str(repair.aftersales_warranty_start), "2026-03-10")
        self.assertEqual(str(repair.aftersales_warranty_end), "2026-06-09")
        for on, result in (
            ("2026-03-10", "covered"),
            ("2026-06-09", "covered"),
            ("2026-06-10", "not_covered"),
        ):
            claim = self._later(on)
            self.assertEqual(claim.result, result, on)
        claim = self._later("2026-06-09")
        self.assertEqual((claim.reason, claim.repaired_id), ("repair_warranty", repair))
        self.assertEqual(
            claim.reason_text,
            f"Covered: warranty on repair {repair.name} from 03/10/2026 to 06/09/2026.",
        )
        self.assertIn(f"warranty on repair {repair.name}", claim.request_id.coverage_sentence)
        again = self._job(self.unit, "2026-05-01", parts=1, fault_id=self.fault.id)
        self.assertTrue(again.under_warranty)
        self.assertEqual(again.move_ids.aftersales_price_unit, 0)
        self.assertIn("warranty on repair", again.move_ids.aftersales_reason)

    def test_its_own_case_is_not_covered_by_it(self):
        repair = self._repaired()
        claim = repair.sudo().aftersales_claim_id
        self.assertEqual(claim.result, "not_covered")
        claim.action_reopen()
        self.assertEqual(claim.result, "not_covered")

    def test_other_faults_and_other_units_are_not(self):
        self._repaired()
        noise = self.env["aftersales.fault"].create({"name": "Noise"})
        self.assertEqual(self._later("2026-04-01", noise).result, "not_covered")
        other = self._delivered("SN-RW2", plan=self.plan, on="2020-03-10")
        claim = self._request(other, "2026-04-01", fault_id=self.fault.id).claim_ids
        self.assertEqual(claim.result, "not_covered")

    def test_a_replaced_part_is_stood_by_whatever_its_fault(self):
        seal = self.env["aftersales.component"].create({"name": "Shaft seal"})
        self._repaired(component_id=seal.id)
        noise = self.env["aftersales.fault"].create({"name": "Noise"})
        claim = self._later("2026-04-01", noise, component_id=seal.id)
        self.assertEqual(claim.reason, "repair_warranty")

    def test_without_parts_only_the_fault_is_stood_by(self):
        seal = self.env["aftersales.component"].create({"name": "Shaft seal"})
        self._repaired(parts=0, component_id=seal.id)
        noise = self.env["aftersales.fault"].create({"name": "Noise"})
        claim = self._later("2026-04-01", noise, component_id=seal.id)
        self.assertEqual(claim.result, "not_covered")

    def test_what_others_broke_is_not_the_repairs(self):
        self._repaired()
        claim = self._later("2026-04-01", cause_id=self._cause("human_damage").id)
        self.assertEqual(claim.result, "not_covered")

    def test_what_the_product_covers_stays_the_products(self):
        young = self._delivered("SN-RW3", plan=self.plan, on="2026-01-10")
        with freeze_time(self._utc("2026-03-10 10:00")):
            self._done(young, "2026-03-10")
        claim = self._request(young, "2026-04-01", fault_id=self.fault.id).claim_ids
        self.assertEqual(claim.reason, "covered")
        self.assertFalse(claim.repaired_id)

    def test_handing_back_starts_no_product_warranty(self):
        before = self.unit.coverage_ids.read(["date_start", "date_end"])
        units = self.env["aftersales.unit"].search_count([])
        self._repaired()
        self.assertEqual(self.unit.coverage_ids.read(["date_start", "date_end"]), before)
        self.assertEqual(self.env["aftersales.unit"].search_count([]), units)

    def test_days_are_the_customers(self):
        repair = self._repaired("2026-03-11 00:30")  # still the 10th in UTC
        self.assertEqual(str(repair.aftersales_warranty_start), "2026-03-11")

    def test_a_corrected_end_moves_the_warranty_and_open_claims(self):
        repair = self._repaired()
        claim = self._later("2026-06-12")
        self.assertEqual(claim.result, "not_covered")
        decided = self._later("2026-06-13")
        decided.action_decide()
        repair.aftersales_date_repaired = self._utc("2026-03-15 10:00")
        self.assertEqual(str(repair.aftersales_warranty_end), "2026-06-14")
        self.assertEqual(claim.result, "covered")
        self.assertEqual(decided.result, "not_covered", "a decided claim no longer moves")

    def test_a_decided_claim_keeps_its_words(self):
        repair = self._repaired()
        claim = self._later("2026-06-01")
        claim.action_decide()
        said = claim.reason_text
        repair.aftersales_date_repaired = self._utc("2026-03-12 10:00")
        self.assertEqual(claim.reason_text, said)

    def test_an_edited_plan_changes_nothing_promised(self):
        repair = self._repaired()
        self.plan.repair_warranty_length = 1
        self.assertEqual(str(repair.aftersales_warranty_end), "2026-06-09")
        self.plan.repair_warranty_length = 0
        self.assertFalse(self._repaired("2026-03-20 10:00").aftersales_warranty_end)

    def test_a_case_not_saved_yet_knows_it(self):
        repair = self._repaired()
        form = Form(self.env["aftersales.request"])
        form.title = "Leaks again"
        form.serial = "SN-RW"
        form.date_failure = "2026-05-01"
        self.assertEqual(form.coverage_result, "not_covered")
        form.fault_id = self.fault
        self.assertEqual(form.coverage_result, "covered")
        self.assertIn(f"warranty on repair {repair.name}", form.coverage_sentence)

    @users("finish_technician")
    def test_the_passport_tells_it(self):
        repair = self._repaired()
        unit = self.env["aftersales.unit"].browse(self.unit.id)
        titles = [event["title"] for event in unit._get_timeline()]
        self.assertIn(f"Warranty on repair {repair.name}: last covered day", titles)

    def test_many_claims_ask_once(self):
        self._repaired()
        claims = self.env["aftersales.claim"]
        for day in range(1, 6):
            claims |= self._later(f"2026-04-0{day}")
        self.env.invalidate_all()
        claims.fetch(["unit_id", "fault_id", "component_id", "date_failure", "cause_id"])
        with self.assertQueryCount(12):
            claims._find_earlier_repairs()


class TestMyRepairs(FinishCase):
    @users("finish_technician")
    def test_what_a_phone_shows(self):
        self.customer.sudo().write(
            {"street": "Bund 1", "city": "Shanghai", "phone": "+86 21 5555 0100"}
        )
        repair = self._begun(self._served("SN-M1"))
        self.assertRecordValues(
            repair,
            [
                {
                    "aftersales_site_id": self.customer.id,
                    "aftersales_site_city": "Shanghai",
                    "aftersales_site_phone": "+86 21 5555 0100",
                    "aftersales_map_url": (
                        "https://www.openstreetmap.org/search?query=Bund+1%2C+Shanghai"
                    ),
                    "aftersales_fault_text": "Leaks at the shaft",
                }
            ],
        )
        self.env["ir.config_parameter"].sudo().set_param(
            "aftersales_service.map_url", "https://uri.amap.com/search?keyword=%s"
        )
        repair.invalidate_recordset()
        self.assertTrue(repair.aftersales_map_url.startswith("https://uri.amap.com/"))

    def test_what_is_unfinished(self):
        view = self.env["repair.order"].get_view(
            self.env.ref("repair.view_repair_order_form_filter").id, "search"
        )
        self.assertIn("aftersales_unfinished", view["arch"])
        action = self.env.ref("aftersales_service.repair_order_mine_action")
        self.assertEqual(action.views[0][1], "kanban")
