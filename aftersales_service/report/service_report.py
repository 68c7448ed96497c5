from odoo import api, models


class ServiceReport(models.AbstractModel):
    """The service report of repairs, as their customers read it."""

    _name = "report.aftersales_service.report_service_report"
    _description = "Service Report"

    @api.model
    def _get_report_values(self, docids, data=None):
        repairs = self.env["repair.order"].browse(docids)
        repairs.check_access("read")
        repairs._aftersales_refuse_report()
        return {
            "doc_ids": repairs.ids,
            "doc_model": "repair.order",
            "docs": [repair._aftersales_for_customer() for repair in repairs],
        }
