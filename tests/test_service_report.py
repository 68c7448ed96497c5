"""The service report: what it says and to whom, who signed it, and what voids that."""

import base64
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .test_repair_finish import PIXEL, FinishCase

REPORT = "aftersales_service.report_service_report"


class ReportCase(FinishCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env["ir.actions.report"]

    def _html(self, repair):
        html, _kind = self.Report._render_qweb_html(REPORT, repair.ids)
        return html.decode()

    def _signed(self, serial, **demands):
        demands = {
            "needs_report": True,
            "needs_technician_signature": True,
            "needs_customer_signature": True,
            **demands,
        }
        repair = self._done(self._served(serial, **demands))
        self._report(repair)
        self._sign(repair)
        return repair

    def _notes(self, repair):
        return " ".join(repair.message_ids.mapped("body"))


class TestServiceReport(ReportCase):
    def test_it_says_all_of_it(self):
        unit = self._served("SN-P1", on="2020-03-10", needs_test=True, repair_warranty_length=90)
        with freeze_time(self._utc("2026-04-01 09:15")):
            repair = self._begun(
                unit, "2026-04-01", costs=[{"cost_type": "labour", "price_list": 150}]
            )
            repair._aftersales_note_consent("estimate", by_name="Wang Fang", channel="phone")
        with freeze_time(self._utc("2026-04-01 11:45")):
            repair.action_repair_end()
            self._test(repair, findings="Dry at 6 bar")
            repair.aftersales_photo_after_ids = [
                Command.create({"name": "after.png", "datas": PIXEL, "res_model": "repair.order"}),
                Command.create({"name": "log.txt", "raw": b"no picture"}),
            ]
            self._report(repair)
            self._sign(repair)
        html = self._html(repair)
        for text in (
            repair.name,
            "Harbour Hotel",
            "Pump P200",
            "SN-P1",
            "Leaks at the shaft",
            self.quality.name,
            "Shaft seal replaced, tested at 6 bar.",
            "Seal",
            "Labour",
            "350.00",  # a seal of 200 and labour of 150, both the customer's
            "Estimate: Agreed, Wang Fang",
            "Dry at 6 bar",
            "After the work",
            "9:15",  # the customer's clock, not UTC
            "11:45",
            "Asia/Shanghai",
            "We stand by this repair until",
            "Wang Fang",
            self.technician.name,
        ):
            self.assertIn(text, html)
        self.assertEqual(html.count('alt="Photo"'), 1)

    def test_what_we_bear_is_ours(self):
        repair = self._done(
            self._served("SN-P2"), "2026-04-01", costs=[{"cost_type": "labour", "price_list": 150}]
        )
        rows = repair._aftersales_for_customer()._aftersales_get_report_costs()
        self.assertEqual({(row["payer"], row["amount"]) for row in rows}, {("We", 0.0)})
        html = self._html(repair)
        self.assertNotIn("150", html)
        self.assertNotIn("120", html)

    def test_the_price_on_the_quotation_counts(self):
        unit = self._served("SN-P3", on="2020-03-10")
        repair = self._job(
            unit, "2026-04-01", parts=1, costs=[{"cost_type": "labour", "price_list": 150}]
        )
        repair.action_create_sale_order()
        repair.aftersales_cost_line_ids.sale_line_id.price_unit = 99
        self._start(repair)
        repair.action_repair_end()
        rows = repair._aftersales_for_customer()._aftersales_get_report_costs()
        self.assertEqual([row["amount"] for row in rows], [99, 200])
        totals = repair._aftersales_for_customer()._aftersales_get_report_totals()
        self.assertEqual([amount for amount, _currency in totals], [299])

    def test_parts_in_and_out_with_their_serials(self):
        board = self._product("Board", tracking="serial")
        self._stock(board, 1, self._serial("B-1", board))
        repair = self._job(self._served("SN-P4"), "2026-04-01").with_user(self.technician)
        repair.move_ids = [
            Command.create(
                {"product_id": board.id, "product_uom_qty": 1, "repair_line_type": "add"}
            ),
            Command.create(
                {"product_id": self.part.id, "product_uom_qty": 2, "repair_line_type": "remove"}
            ),
        ]
        repair.action_validate()
        repair.action_assign()
        repair.action_repair_start()
        repair.move_ids.filtered(lambda m: m.repair_line_type == "remove").quantity = 2
        repair.action_repair_end()
        parts = repair._aftersales_for_customer()._aftersales_get_report_parts()
        self.assertEqual(
            [(part["kind"], part["name"], part["quantity"], part["serials"]) for part in parts],
            [("Add", "Board", 1, "B-1"), ("Remove", "Seal", 2, "")],
        )

    def test_a_rework_reports_the_whole_job(self):
        repair = self._done(self._served("SN-P5", needs_test=True), parts=3)
        self._test(repair, "failed")
        rework = self.env["repair.order"].browse(repair.action_aftersales_rework()["res_id"])
        rework.action_repair_start()
        rework.action_repair_end()
        html = self._html(rework)
        self.assertIn(repair.name, html)
        self.assertIn("Seal", html)

    def test_it_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.customer.lang = "zh_CN"
        repair = self._done(self._served("SN-P6"))
        values = repair._aftersales_for_customer()
        self.assertEqual(values.env.lang, "zh_CN")
        self.machine.with_context(lang="zh_CN").name = "水泵 P200"
        self.assertIn("水泵 P200", self._html(repair))

    def test_none_before_the_work_and_none_of_a_cancelled_job(self):
        repair = self._job(self._served("SN-P7")).with_user(self.technician)
        with self.assertRaisesRegex(UserError, "has not begun yet"):
            repair.action_aftersales_print_report()
        repair.action_repair_cancel()
        with self.assertRaisesRegex(UserError, "nothing was done that could be reported"):
            repair.action_aftersales_print_report()
        with self.assertRaisesRegex(UserError, "nothing was done that could be reported"):
            self._html(repair)

    def test_strangers_print_nothing(self):
        repair = self._done(self._served("SN-P8"))
        clerk = self._user("report_clerk", "aftersales_service.group_aftersales_user")
        with self.assertRaises(Exception) as refused:
            self.Report.with_user(clerk)._render_qweb_html(REPORT, repair.ids)
        self.assertIn("not allowed", str(refused.exception))


class TestSigning(ReportCase):
    def test_both_sign_with_name_and_time(self):
        with freeze_time("2026-04-01 03:00:00"):
            repair = self._done(self._served("SN-G1", on="2026-03-10"), "2026-04-01")
            self._report(repair)
            self._sign(repair)
        self.assertRecordValues(
            repair,
            [
                {
                    "aftersales_technician_signed_by": self.technician.name,
                    "aftersales_signed_by": "Wang Fang",
                }
            ],
        )
        self.assertEqual(str(repair.aftersales_date_signed), "2026-04-01 03:00:00")
        self.assertEqual(str(repair.aftersales_date_technician_signed), "2026-04-01 03:00:00")

    def test_nobody_signs_before_the_end(self):
        repair = self._begun(self._served("SN-G2"))
        for sign in (repair.action_aftersales_sign, lambda: self._sign(repair)):
            with self.assertRaisesRegex(UserError, "signed when the repair has ended"):
                sign()

    def test_nobody_signs_an_incomplete_report(self):
        repair = self._done(self._served("SN-G3", needs_report=True))
        self.assertIn("solution", repair.aftersales_report_missing)
        repair.action_aftersales_sign()  # the page says so, and has room for it
        with self.assertRaisesRegex(UserError, "(?s)cannot be signed yet.*solution"):
            self._sign(repair)
        # both in one go: the form saves what was written and signed together
        repair.write(
            {
                "aftersales_solution": "Seal replaced",
                "aftersales_signed_by": "Wang Fang",
                "aftersales_customer_signature": PIXEL,
            }
        )
        self.assertTrue(repair.aftersales_date_signed)

    def test_a_customers_signature_has_a_name(self):
        repair = self._done(self._served("SN-G4"))
        with self.assertRaisesRegex(UserError, "name of the person who signs"):
            repair.aftersales_customer_signature = PIXEL

    def test_the_dialog_opens_on_the_repair(self):
        repair = self._done(self._served("SN-G5"))
        action = repair.action_aftersales_sign()
        self.assertEqual((action["res_id"], action["target"]), (repair.id, "new"))

    def test_it_is_kept_when_all_have_signed_who_have_to(self):
        repair = self._done(
            self._served("SN-G6", needs_technician_signature=True, needs_customer_signature=True)
        )
        self._sign(repair, customer=None)
        self.assertFalse(repair._aftersales_get_report_name())
        self._sign(repair, technician=False)
        name = repair.name.replace("/", "-")
        self.assertEqual(repair._aftersales_get_report_name(), f"{name}-1.pdf")

    def test_changes_void_the_signatures(self):
        def quantity(repair):
            repair.move_ids.quantity = 3

        def another_cost(repair):
            repair.aftersales_cost_line_ids = [Command.create({"price_list": 10})]

        def another_solution(repair):
            repair.aftersales_solution = "Shaft replaced"

        def another_time(repair):
            repair.aftersales_date_begun = "2020-01-01 00:00:00"

        def failed_test(repair):
            self._test(repair, "failed")

        for n, (change, why) in enumerate(
            (
                (quantity, "the parts were changed"),
                (another_cost, "the costs were changed"),
                (another_solution, "the report was changed"),
                (another_time, "the report was changed"),
                (failed_test, "a quality test failed"),
            )
        ):
            repair = self._signed(f"SN-V{n}")
            change(repair)
            self.assertRecordValues(
                repair,
                [
                    {
                        "aftersales_technician_signature": False,
                        "aftersales_technician_signed_by": False,
                        "aftersales_date_technician_signed": False,
                        "aftersales_customer_signature": False,
                        "aftersales_signed_by": False,
                        "aftersales_date_signed": False,
                        "aftersales_report_id": False,
                    }
                ],
            )
            self.assertIn(why, self._notes(repair))
            self.assertIn("Wang Fang", self._notes(repair))
            with self.assertRaisesRegex(UserError, "has not signed the report"):
                repair.action_aftersales_close()

    def test_what_changes_nothing_voids_nothing(self):
        repair = self._signed("SN-V10")
        repair.write(
            {
                "aftersales_solution": repair.aftersales_solution,
                "aftersales_date_begun": repair.aftersales_date_begun,
                "internal_notes": "Bring the long key next time",
            }
        )
        self.assertTrue(repair.aftersales_date_signed)

    def test_a_signature_taken_back_voids_both(self):
        repair = self._signed("SN-V11")
        repair.aftersales_customer_signature = False
        self.assertFalse(repair.aftersales_date_technician_signed)
        self.assertIn("a signature was taken back", self._notes(repair))

    def test_signed_again_it_is_kept_anew(self):
        repair = self._signed("SN-V12")
        repair.aftersales_solution = "Shaft replaced"
        self._sign(repair)
        self.assertEqual(repair.aftersales_report_number, 2)
        self.assertTrue(repair._aftersales_get_report_name().endswith("-2.pdf"))

    def test_a_report_that_cannot_be_drawn_keeps_the_signature(self):
        repair = self._done(self._served("SN-V13"))
        self._report(repair)
        with (
            patch.object(
                type(self.Report),
                "_render_qweb_pdf",
                autospec=True,
                side_effect=UserError("no printer"),
            ),
            mute_logger("odoo.addons.aftersales_service.models.repair_report"),
        ):
            self._sign(repair)
        self.assertTrue(repair.aftersales_date_signed)
        self.assertIn("could not be drawn", self._notes(repair))

    def test_the_signed_paper_is_kept_and_given_again(self):
        repair = self._done(self._served("SN-V14"))
        self._report(repair)
        self._sign(repair.with_context(force_report_rendering=True))
        kept = repair.aftersales_report_id
        self.assertEqual((kept.res_model, kept.res_id), ("repair.order", repair.id))
        self.assertTrue(kept.raw.startswith(b"%PDF"))
        again, _kind = self.Report.with_context(force_report_rendering=True)._render_qweb_pdf(
            REPORT, repair.ids
        )
        self.assertEqual(base64.b64encode(again), base64.b64encode(kept.raw))
        repair.aftersales_solution = "Shaft replaced"
        self.assertTrue(kept.exists(), "what was signed once stays in the archive")
