from urllib.parse import quote_plus

from odoo import api, fields, models

#: Where an address is looked up; companies in other parts of the world set their own map.
MAP_PARAMETER = "aftersales_service.map_url"
MAP_URL = "https://www.openstreetmap.org/search?query=%s"


class RepairOrder(models.Model):
    """What a technician on the road needs to see of a repair, on a phone."""

    _inherit = "repair.order"

    aftersales_site_id = fields.Many2one(
        "res.partner",
        string="Site",
        compute="_compute_aftersales_site",
        compute_sudo=True,
        help="Where the unit stands, or the customer.",
    )
    aftersales_site_city = fields.Char(compute="_compute_aftersales_site", compute_sudo=True)
    aftersales_site_phone = fields.Char(compute="_compute_aftersales_site", compute_sudo=True)
    aftersales_map_url = fields.Char(
        string="Map", compute="_compute_aftersales_site", compute_sudo=True
    )
    aftersales_fault_text = fields.Char(
        string="Reported Fault", compute="_compute_aftersales_fault_text", compute_sudo=True
    )
    aftersales_appointment = fields.Datetime(
        related="aftersales_request_id.appointment_start", string="Appointment"
    )

    @api.depends("partner_id", "aftersales_unit_id.site_id", "aftersales_request_id.site_id")
    def _compute_aftersales_site(self):
        parameters = self.env["ir.config_parameter"].sudo()
        pattern = parameters.get_param(MAP_PARAMETER) or MAP_URL
        for repair in self:
            request, unit = repair.aftersales_request_id, repair.aftersales_unit_id
            site = request.site_id or unit.site_id or repair.partner_id
            contact = request.contact_id
            lines = (site.street, site.street2, site.zip, site.city, site.country_id.name)
            address = ", ".join(filter(None, lines))
            repair.aftersales_site_id = site
            repair.aftersales_site_city = site.city
            repair.aftersales_site_phone = contact.phone or site.phone or repair.partner_id.phone
            repair.aftersales_map_url = address and pattern.replace("%s", quote_plus(address))

    @api.depends("aftersales_request_id.fault_id", "aftersales_request_id.title")
    @api.depends_context("lang")
    def _compute_aftersales_fault_text(self):
        for repair in self:
            fault = repair._aftersales_get_fact("fault_id")
            repair.aftersales_fault_text = fault.name or repair.aftersales_request_id.title
