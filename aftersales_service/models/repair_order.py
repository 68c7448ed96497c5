from odoo import api, fields, models
from odoo.exceptions import UserError


class RepairOrder(models.Model):
    _inherit = "repair.order"

    aftersales_request_id = fields.Many2one(
        "aftersales.request",
        string="Service Request",
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    aftersales_unit_id = fields.Many2one(
        "aftersales.unit", string="Unit in Service", index="btree_not_null", check_company=True
    )
    aftersales_claim_id = fields.Many2one(
        "aftersales.claim",
        string="Claim",
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="Decides who pays the parts and services of this repair.",
    )
    aftersales_result = fields.Selection(related="aftersales_claim_id.result", string="Cover")
    aftersales_reason = fields.Char(related="aftersales_claim_id.reason_text", string="Why")
    under_warranty = fields.Boolean(
        compute="_compute_under_warranty", store=True, readonly=False, precompute=True
    )

    @api.depends("aftersales_claim_id.result")
    def _compute_under_warranty(self):
        """Core's flag says what the claim decided; without a claim it stays the user's."""
        for repair in self:
            claim = repair.aftersales_claim_id
            repair.under_warranty = claim.result == "covered" if claim else repair.under_warranty

    def write(self, vals):
        res = super().write(vals)
        if "aftersales_claim_id" in vals:
            self.move_ids._aftersales_link_claims()
        return res

    def _update_sale_order_line_price(self):
        """Lines with a claim are priced by it (``sale.order.line._reset_price_unit``)."""
        undecided = self.filtered(lambda repair: not repair.aftersales_claim_id)
        return super(RepairOrder, undecided)._update_sale_order_line_price()

    def action_create_sale_order(self):
        """Lend service agents the right to quote their own repairs, and nothing more of sales."""
        sells = self.env["sale.order"].has_access("create")
        if sells or not self.env.user.has_group("aftersales_service.group_aftersales_agent"):
            return super().action_create_sale_order()
        self.check_access("write")
        for repair in self.sudo():  # core's method takes one record at a time
            super(RepairOrder, repair).action_create_sale_order()
        return True

    def action_repair_start(self):
        for repair in self.filtered("aftersales_claim_id"):
            claim = repair.aftersales_claim_id
            if claim.state == "open" and claim.result == "undetermined":
                raise UserError(
                    self.env._(
                        "%(repair)s cannot start: nobody knows yet who pays. %(reason)s",
                        repair=repair.name,
                        reason=claim.reason_text,
                    )
                )
        res = super().action_repair_start()
        self.aftersales_claim_id.filtered(lambda claim: claim.state == "open").action_decide()
        return res

    def action_view_aftersales_request(self):
        self.ensure_one()
        return self.aftersales_request_id._get_records_action()

    def action_view_aftersales_unit(self):
        self.ensure_one()
        return self.aftersales_unit_id._get_records_action()
