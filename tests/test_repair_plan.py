"""Repair plans: departments, tasks, material checks, what the customer answers (C47)."""

import base64

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common import AftersalesCommon


class PlanCase(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.technician = cls._user(
            "technician", "aftersales_service.group_aftersales_user", "stock.group_stock_user"
        )
        cls.head = cls._user("head", "aftersales_service.group_aftersales_agent")
        cls.engineering = cls.env["aftersales.department"].create(
            {"name": "Production Technology", "manager_id": cls.head.id}
        )
        cls.company.aftersales_department_id = cls.engineering

    @classmethod
    def _task(cls, repair, name="Replace the seal", **values):
        return cls.env["aftersales.repair.task"].create(
            {"repair_id": repair.id, "name": name, **values}
        )

    def _answer(self, repair, answer="confirmed", note=False, **values):
        repair.action_aftersales_answer_plan()
        wizard = repair.env["aftersales.repair.plan.answer"].create(
            {"repair_id": repair.id, "answer": answer, "note": note, **values}
        )
        wizard.action_apply()
        return repair._aftersales_last_answer("plan")


class TestRepairPlan(PlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls._preset("r33")
        cls.unit = cls._delivered("SN-1", plan=plan, on="2026-03-10", handed_over="2026-03-10")

    def _planned(self):
        repair = self._job(self.unit, "2026-06-01")
        self._task(repair)
        return repair

    def test_s_r33_3_no_start_without_a_confirmed_plan(self):
        """Not confirmed: no start; an objection goes to the coordinating department."""
        repair = self._job(self.unit, "2026-06-01")
        self.assertEqual(repair.aftersales_plan_state, "none")
        with self.assertRaisesRegex(UserError, "It needs a repair plan"):
            repair.action_repair_start()
        task = self._task(repair)
        self.assertEqual(repair.aftersales_plan_state, "draft")
        with self.assertRaisesRegex(UserError, "has not confirmed the repair plan"):
            repair.action_repair_start()
        row = self._answer(repair, "objected", "The crane is not available", by_name="Mr Li")
        self.assertRecordValues(
            row,
            [
                {
                    "kind": "plan",
                    "answer": "refused",
                    "note": "The crane is not available",
                    "by_name": "Mr Li",
                }
            ],
        )
        self.assertEqual(repair.aftersales_plan_state, "objected")
        activity = repair.activity_ids
        self.assertEqual(activity.user_id, self.head)
        self.assertIn("crane", activity.note)
        with self.assertRaisesRegex(UserError, "objects to the repair plan"):
            repair.action_repair_start()
        repair.action_aftersales_revise_plan()
        self.assertEqual(
            (repair.aftersales_plan_state, repair.aftersales_plan_revision), ("draft", 2)
        )
        row = self._answer(repair, by_name="Mr Li")
        self.assertEqual((row.answer, row.note), ("given", "Revision 2"))
        self.assertFalse(repair.activity_ids, "settled")
        self._start(repair)
        self.assertEqual(repair.state, "under_repair")
        with self.assertRaisesRegex(UserError, "“Replace the seal” is still open"):
            repair.action_repair_end()
        task.action_done()
        repair.action_repair_end()
        self.assertEqual(repair.state, "done")
        rows = repair.aftersales_consent_ids.filtered(lambda row: row.kind == "plan").sorted("id")
        self.assertEqual(rows.mapped("answer"), ["refused", "given"])

    def test_changed_tasks_need_a_new_confirmation(self):
        repair = self._planned()
        task = repair.aftersales_task_ids
        for change in (
            lambda: task.write({"name": "Replace the shaft"}),
            lambda: task.write({"department_id": self.engineering.id}),
            lambda: task.write({"needs_check": True}),
            lambda: self._task(repair, "Paint"),
            lambda: repair.aftersales_task_ids[-1:].action_cancel(),
            lambda: repair.aftersales_task_ids[-1:].action_reopen(),
            lambda: repair.aftersales_task_ids[-1:].unlink(),
            lambda: repair.write({"aftersales_plan_description": "<p>First the base</p>"}),
        ):
            self._answer(repair)
            before = repair.aftersales_plan_revision
            change()
            self.assertEqual(repair.aftersales_plan_state, "draft")
            self.assertEqual(repair.aftersales_plan_revision, before + 1)
            with self.assertRaisesRegex(UserError, "has not confirmed"):
                repair.action_repair_start()

    def test_progress_is_no_change(self):
        repair = self._planned()
        task = repair.aftersales_task_ids
        task.needs_check = True
        self._answer(repair)
        task.write({"name": task.name, "user_id": self.technician.id, "note": "soon"})
        task.date_deadline = "2026-06-20"
        task.action_pass()
        task.action_done()
        self.assertEqual(repair.aftersales_plan_state, "confirmed")

    def test_work_that_changed_after_the_start_is_not_handed_back_unconfirmed(self):
        repair = self._planned()
        self._answer(repair)
        self._start(repair)
        self._task(repair, "Weld").action_done()
        repair.aftersales_task_ids.action_done()
        repair.action_repair_end()
        with self.assertRaisesRegex(UserError, "has not confirmed the repair plan"):
            repair.action_aftersales_hand_back()

    def test_material_is_checked_before_it_is_built_in(self):
        repair = self._planned()
        task = repair.aftersales_task_ids
        task.needs_check = True
        self._answer(repair)
        self._start(repair)
        with self.assertRaisesRegex(UserError, "did not pass its check"):
            task.action_done()
        with self.assertRaisesRegex(UserError, "was not checked"):
            repair.action_repair_end()
        task.with_user(self.technician).action_pass()
        self.assertEqual(task.checked_by_id, self.technician)
        task.with_user(self.technician).action_done()
        self.assertEqual(task.done_by_id, self.technician)
        task.action_fail()
        self.assertEqual((task.state, task.date_done), ("todo", False))
        with self.assertRaisesRegex(UserError, "failed its check"):
            repair.action_repair_end()
        task.action_pass()
        task.action_done()
        repair.action_repair_end()
        self.assertFalse(repair.aftersales_task_ids._get_obstacles())

    def test_small_jobs_go_straight_where_only_large_ones_need_a_plan(self):
        unit = self._delivered(
            "SN-2", plan=self._plan({"length": 12}, needs_repair_plan="large"), on="2026-03-10"
        )
        small = self._job(unit, "2026-06-01", job_size="small")
        self.assertEqual(small.aftersales_job_size, "small")
        self._start(small)
        large = self._job(unit, "2026-06-01")
        large.aftersales_request_id.job_size = "large"
        self.assertEqual(large.aftersales_job_size, "large")
        with self.assertRaisesRegex(UserError, "needs a repair plan"):
            large.action_repair_start()
        large.aftersales_job_size = "small"
        self.assertEqual(large.aftersales_request_id.job_size, "small", "promised times follow")
        self._start(large)

    def test_an_objection_goes_to_the_plans_department_first(self):
        quality = self.env["aftersales.department"].create(
            {"name": "Quality", "manager_id": self._user("q", "stock.group_stock_user").id}
        )
        self.unit.plan_id.coordinator_id = quality
        repair = self._planned()
        self.assertEqual(repair.aftersales_coordinator_id, quality)
        self._answer(repair, "objected", "Too late")
        self.assertEqual(repair.activity_ids.user_id, quality.manager_id)

    def test_nobody_is_called_to_what_stays_closed_to_them(self):
        self.engineering.manager_id = self._user("outsider")
        repair = self._planned()
        repair.user_id = self.technician
        self._answer(repair, "objected", "Too late")
        self.assertEqual(repair.activity_ids.user_id, self.technician)

    def test_unclear_answers_are_refused(self):
        repair = self._job(self.unit, "2026-06-01")
        with self.assertRaisesRegex(UserError, "is empty"):
            repair.action_aftersales_answer_plan()
        self._task(repair)
        with self.assertRaisesRegex(UserError, "Say what the customer objects to"):
            self._answer(repair, "objected", "  ")
        with self.assertRaisesRegex(UserError, "in the future"):
            self._answer(repair, date="2099-01-01 08:00:00")
        repair.action_repair_cancel()
        with self.assertRaisesRegex(UserError, "is over"):
            repair.action_aftersales_send_plan()
        with self.assertRaisesRegex(UserError, "Its tasks no longer change"):
            repair.aftersales_task_ids.name = "Other"

    def test_the_plan_is_mailed_with_its_drawings(self):
        self.customer.email = "hotel@example.com"
        repair = self._planned()
        drawing = self.env["ir.attachment"].create({"name": "base.pdf", "raw": b"%PDF"})
        repair.aftersales_plan_attachment_ids = [Command.link(drawing.id)]
        self.assertEqual(drawing.res_id, repair.id)
        action = repair.action_aftersales_send_plan()
        composer = Form(self.env["mail.compose.message"].with_context(**action["context"])).save()
        self.assertIn("Replace the seal", composer.body)
        composer._action_send_mail()
        self.assertEqual(repair.aftersales_plan_state, "sent")
        self.assertTrue(repair.aftersales_request_id.date_planned)
        message = repair.message_ids.filtered(lambda message: "seal" in message.body)
        self.assertIn("base.pdf", message.attachment_ids.mapped("name"))
        self.assertEqual(message.partner_ids, self.customer)

    def test_drawings_of_others_stay_theirs(self):
        """Linking a file one may not see does not open it."""
        secret = self.env["ir.attachment"].create({"name": "payroll.xls", "raw": b"x"})
        repair = self._planned().with_user(self.technician)
        with self.assertRaises(AccessError):
            repair.aftersales_plan_attachment_ids = [Command.link(secret.id)]
            self.env.flush_all()
        self.assertFalse(secret.res_id)

    def test_a_technician_plans_and_nobody_types_the_answer(self):
        repair = self._job(self.unit, "2026-06-01").with_user(self.technician)
        with Form(repair) as form:
            form.aftersales_plan_description = "<p>Lift the base</p>"
            with form.aftersales_task_ids.new() as task:
                task.name = "Weld"
                task.department_id = self.engineering
        task = repair.aftersales_task_ids
        self.assertEqual(task.user_id, self.head, "the department's manager")
        self._answer(repair)
        self.assertEqual(repair.aftersales_plan_state, "confirmed")
        self.assertEqual(repair.aftersales_consent_ids.user_id, self.technician)
        with self.assertRaises(AccessError):
            repair.aftersales_plan_state = "confirmed"
        with self.assertRaises(AccessError):
            task.checked_by_id = self.head
        with self.assertRaises(AccessError):
            self.engineering.with_user(self.technician).name = "Other"

    def test_an_agent_without_stock_reads_only(self):
        reader = self._user("reader", "aftersales_service.group_aftersales_user")
        task = self._planned().aftersales_task_ids.with_user(reader)
        self.assertEqual(task.read(["state"])[0]["state"], "todo")
        with self.assertRaises(AccessError):
            task.action_done()

    def test_proof_goes_with_the_answer(self):
        repair = self._planned()
        proof = self.env["ir.attachment"].create(
            {"name": "signed.png", "datas": base64.b64encode(b"png")}
        )
        row = self._answer(repair, attachment_ids=[Command.link(proof.id)])
        self.assertEqual(row.attachment_ids, proof)
        self.assertEqual((proof.res_model, proof.res_id), ("repair.order", repair.id))

    def test_a_copy_begins_anew(self):
        repair = self._planned()
        repair.aftersales_task_ids.action_done()
        self._answer(repair)
        copied = repair.copy()
        self.assertEqual(copied.aftersales_task_ids.state, "todo")
        self.assertEqual(copied.aftersales_plan_state, "draft")

    def test_other_companies_see_nothing_of_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        task = self._planned().aftersales_task_ids
        foreigner = self._user("foreigner", "aftersales_service.group_aftersales_manager")
        foreigner.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(
            self.env["aftersales.repair.task"].with_user(foreigner).search([("id", "=", task.id)])
        )
