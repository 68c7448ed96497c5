"""When it is ready: promised, moved with a reason in time, a loaner suggested (R07, R14)."""

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common import AftersalesCommon


class TestRepairPromise(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "hotel@example.com"
        cls.unit = cls._delivered("SN-1", plan=cls._preset("r45"), on="2026-03-02")
        cls.technician = cls._user(
            "technician", "aftersales_service.group_aftersales_user", "stock.group_stock_user"
        )
        with freeze_time(cls._utc("2026-03-09 09:00")):
            cls.repair = cls._job(cls.unit, "2026-03-09")

    def _tell(self, at, expected, reason=False, user=None, **values):
        """Use the dialog at a moment; returns the row that it leaves."""
        repair = self.repair.with_user(user or self.env.user)
        with freeze_time(self._utc(at)):
            repair.action_aftersales_promise()
            wizard = repair.env["aftersales.repair.tell"].create(
                {
                    "repair_id": repair.id,
                    "date_expected": self._utc(expected),
                    "reason": reason,
                    **values,
                }
            )
            wizard.action_apply()
        return repair.aftersales_promise_ids.sorted("id")[-1:]

    def test_s_r14_1_a_later_time_needs_a_notice_with_reason_before(self):
        """Promised for 17:00, moved to 18:30."""
        row = self._tell("2026-03-09 10:00", "2026-03-09 17:00")
        self.assertRecordValues(row, [{"date_former": False, "is_late": False, "way": "mail"}])
        with self.assertRaisesRegex(UserError, "2026-03-09 17:00 .Asia/Shanghai.*takes longer"):
            self.repair.aftersales_date_promised = self._utc("2026-03-09 18:30")
        with self.assertRaisesRegex(UserError, "Say why it moves"):
            self._tell("2026-03-09 16:30", "2026-03-09 18:30")
        row = self._tell("2026-03-09 16:30", "2026-03-09 18:30", "The gasket had to be cut anew")
        self.assertRecordValues(
            row,
            [
                {
                    "date_former": self._utc("2026-03-09 17:00"),
                    "date_promised": self._utc("2026-03-09 18:30"),
                    "date_told": self._utc("2026-03-09 16:30"),
                    "reason": "The gasket had to be cut anew",
                    "delay": 1.5,
                    "is_late": False,
                }
            ],
        )
        self.assertEqual(self.repair.aftersales_date_promised, self._utc("2026-03-09 18:30"))
        late = self._tell("2026-03-09 18:45", "2026-03-09 20:00", "The paint is still wet")
        self.assertTrue(late.is_late)
        self.assertEqual(len(self.repair.aftersales_promise_ids), 3)

    def test_s_r45_1_told_later_and_a_loaner_suggested(self):
        self._tell("2026-03-09 10:00", "2026-03-09 17:00")
        row = self._tell("2026-03-09 16:30", "2026-03-11 12:00", "The part comes on Wednesday")
        self.assertTrue(row.suggests_loaner)
        mail = self.repair.message_ids.filtered(lambda message: "Wednesday" in message.body)
        self.assertIn("lend you a replacement", mail.body)
        self.assertIn("2026-03-11 12:00 (Asia/Shanghai)", mail.body)
        self.assertIn("2026-03-09 17:00 (Asia/Shanghai)", mail.body)
        self.assertEqual(mail.partner_ids, self.customer)

    def test_no_loaner_where_none_is_offered(self):
        unit = self._delivered("SN-2", plan=self._plan({"length": 12}), on="2026-03-02")
        self.repair = self._job(unit, "2026-03-09")
        self._tell("2026-03-09 10:00", "2026-03-09 17:00")
        row = self._tell("2026-03-09 16:30", "2026-03-11 12:00", "The part is late")
        self.assertFalse(row.suggests_loaner)
        self.repair.aftersales_request_id.sudo().is_loaner_owed = True
        row = self._tell("2026-03-11 11:30", "2026-03-12 12:00", "The part is later")
        self.assertTrue(row.suggests_loaner)

    def test_told_by_phone_is_noted(self):
        self._tell("2026-03-09 10:00", "2026-03-09 17:00", way="otherwise")
        self._tell("2026-03-09 16:30", "2026-03-10 12:00", "Glue must dry", way="otherwise")
        note = self.repair.message_ids[:1].body
        self.assertIn("Glue must dry", note)
        self.assertIn("A loaner was suggested", note)

    def test_earlier_is_no_bad_news(self):
        self._tell("2026-03-09 10:00", "2026-03-09 17:00")
        row = self._tell("2026-03-09 11:00", "2026-03-09 15:00")
        self.assertRecordValues(row, [{"delay": -2, "is_late": False, "suggests_loaner": False}])
        self.repair.aftersales_date_promised = self._utc("2026-03-09 14:00")
        self.assertEqual(len(self.repair.aftersales_promise_ids), 3)
        self.assertEqual(self.repair.aftersales_promise_ids.sorted("id")[-1:].way, "otherwise")

    def test_a_promise_is_not_simply_taken_back(self):
        self._tell("2026-03-09 10:00", "2026-03-09 17:00")
        with self.assertRaisesRegex(UserError, "Change Promised Time"):
            self.repair.aftersales_date_promised = False
        with self.assertRaisesRegex(UserError, "not edited"):
            self.repair.aftersales_promise_ids.reason = "Other"
        with self.assertRaisesRegex(UserError, "not deleted"):
            self.repair.aftersales_promise_ids.unlink()

    def test_the_case_is_promised_with_its_last_repair(self):
        request = self.repair.aftersales_request_id
        self._tell("2026-03-09 10:00", "2026-03-09 17:00")
        self.assertEqual(request.date_told, self._utc("2026-03-09 17:00"))
        self.assertTrue(request.date_responded)
        request._record_promise(self._utc("2026-03-20 17:00"))
        self._tell("2026-03-09 11:00", "2026-03-10 17:00", "A screw is missing")
        self.assertEqual(request.date_told, self._utc("2026-03-20 17:00"))
        self.assertFalse(request.is_promise_stale)

    def test_nobody_promises_the_past_or_what_is_over(self):
        with self.assertRaisesRegex(UserError, "promise the past"):
            self._tell("2026-03-09 10:00", "2026-03-09 09:00")
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "no mail address"):
            self._tell("2026-03-09 10:00", "2026-03-09 17:00", way="mail")
        self.repair.action_repair_cancel()
        with self.assertRaisesRegex(UserError, "is over"):
            self.repair.action_aftersales_promise()

    def test_r07_05_proposed_from_labour_and_load(self):
        """Two hours of work, after three hours of the same technician's other job."""
        costs = [{"cost_type": "labour", "quantity": 2}, {"cost_type": "travel", "quantity": 9}]
        self.repair = self._job(self.unit, "2026-03-09", costs=costs)
        with freeze_time(self._utc("2026-03-09 09:00")):
            self.assertEqual(
                self._local(self.repair._aftersales_propose_completion()), "2026-03-09 11:00"
            )
            other = self._job(self.unit, "2026-03-09", costs=[{"quantity": 3}])
            other._action_repair_confirm()
            other.user_id = self.repair.user_id = self.technician
            proposed = self._local(self.repair._aftersales_propose_completion())
            self.assertEqual(proposed, "2026-03-09 15:00", "an hour of lunch")
            self.repair.user_id = False
            self.assertEqual(
                self._local(self.repair._aftersales_propose_completion()), "2026-03-09 11:00"
            )
        with freeze_time(self._utc("2026-03-13 16:00")):
            self.assertEqual(
                self._local(self.repair._aftersales_propose_completion()), "2026-03-16 09:00"
            )
            self.company.resource_calendar_id.attendance_ids.unlink()
            self.assertFalse(self.repair._aftersales_propose_completion())

    def test_without_labour_nobody_can_tell(self):
        self.assertFalse(self.repair._aftersales_propose_completion())

    def test_the_dialog_as_a_technician(self):
        repair = self.repair.with_user(self.technician)
        with freeze_time(self._utc("2026-03-09 10:00")):
            context = repair.action_aftersales_promise()["context"]
            with Form(repair.env["aftersales.repair.tell"].with_context(**context)) as form:
                form.date_expected = self._utc("2026-03-09 17:00")
                self.assertFalse(form.is_moved)
                self.assertIn("2026-03-09 17:00", form.body)
            form.record.action_apply()
        row = repair.aftersales_promise_ids
        self.assertEqual(row.user_id, self.technician)
        with self.assertRaises(AccessError):
            row.create({"repair_id": repair.id, "date_promised": fields.Datetime.now()})
        forged = repair.with_context(aftersales_told=True)
        with freeze_time(self._utc("2026-03-09 10:00")):
            with self.assertRaisesRegex(UserError, "takes longer"):
                forged.aftersales_date_promised = self._utc("2026-03-09 18:00")
        with self.assertRaisesRegex(UserError, "for a time that has passed"):
            forged.aftersales_date_promised = self._utc("2026-03-09 18:00")

    def test_at_risk_when_parts_come_later_or_the_time_passes(self):
        self._tell("2026-03-09 10:00", "2026-03-09 17:00")
        with freeze_time(self._utc("2026-03-09 16:00")):
            self.repair.invalidate_recordset()
            self.assertFalse(self.repair.aftersales_is_promise_at_risk)
        with freeze_time(self._utc("2026-03-09 17:01")):
            self.repair.invalidate_recordset()
            self.assertTrue(self.repair.aftersales_is_promise_at_risk)

    def test_repairs_of_odoo_promise_freely(self):
        repair = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.part.id}
        )
        repair.aftersales_date_promised = self._utc("2026-03-09 17:00")
        repair.aftersales_date_promised = self._utc("2026-03-09 18:00")
        self.assertFalse(repair.aftersales_promise_ids)
