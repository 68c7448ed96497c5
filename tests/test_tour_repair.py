"""A repair from intake to the signed report, in a real browser, with a technician's rights only."""

from odoo.tests import HttpCase, tagged

from .common import AftersalesCommon


@tagged("-at_install", "post_install", "aftersales")
class TestTourRepair(AftersalesCommon, HttpCase):
    def test_a_technician_repairs_from_intake_to_the_signed_report(self):
        technician = self._user(
            "tour_technician", "aftersales_service.group_aftersales_user", "stock.group_stock_user"
        )
        plan = self._plan(
            {"length": 120},
            needs_test=True,
            needs_report=True,
            needs_technician_signature=True,
            needs_customer_signature=True,
        )
        unit = self._delivered("SN-LIFE", plan=plan, on="2026-03-10")
        self.env["aftersales.fault"].create({"name": "Does not switch on"})
        request = self._request(unit, user_id=technician.id)

        path = f"/odoo/aftersales.request/{request.id}"
        self.start_tour(path, "aftersales_repair_life_tour", login=technician.login)

        self.env.invalidate_all()
        repair = request.repair_ids
        self.assertRecordValues(
            repair,
            [
                {
                    "state": "done",
                    "aftersales_step": "closed",
                    "aftersales_scratches": "light",
                    "aftersales_result": "covered",
                    "aftersales_test_state": "passed",
                    "aftersales_signed_by": "Head of Engineering",
                    "create_uid": technician.id,
                }
            ],
        )
        self.assertTrue(repair._aftersales_get_handed_back())
        self.assertTrue(repair.aftersales_date_closed)
        self.assertEqual(repair.aftersales_report_number, 1)
        # Odoo's test mode draws no paper while the browser signs
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        paper, kind = report._render_qweb_pdf(
            "aftersales_service.report_service_report", repair.with_user(technician).ids
        )
        self.assertEqual(kind, "pdf")
        self.assertTrue(paper.startswith(b"%PDF"))
