from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..logic import coverage


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
        "aftersales.unit",
        string="Unit in Service",
        compute="_compute_aftersales_unit_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
    )
    aftersales_claim_id = fields.Many2one(
        "aftersales.claim",
        string="Claim",
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="Decides who pays the parts and services of this repair.",
    )
    aftersales_cost_line_ids = fields.One2many("aftersales.cost.line", "repair_id", copy=True)
    aftersales_result = fields.Selection(related="aftersales_claim_id.result", string="Cover")
    aftersales_reason = fields.Char(related="aftersales_claim_id.reason_text", string="Why")
    under_warranty = fields.Boolean(
        compute="_compute_under_warranty", store=True, readonly=False, precompute=True, copy=False
    )

    @api.depends("lot_id")
    def _compute_aftersales_unit_id(self):
        """A repair of a known serial joins its passport, whoever makes it."""
        for repair in self:
            repair.aftersales_unit_id = repair._aftersales_get_unit_of(repair.lot_id)

    def _aftersales_get_unit_of(self, lot):
        """The unit that a serial makes of this repair; the chosen one where no other is known."""
        known, chosen = lot.sudo().aftersales_unit_id, self.aftersales_unit_id
        if known and known.company_id == self.company_id:
            return known.with_env(self.env)
        other = chosen.sudo().lot_id
        return chosen.browse() if lot and other and other != lot else chosen

    @api.depends("aftersales_claim_id.result", "aftersales_claim_id.state")
    def _compute_under_warranty(self):
        """Core's flag says what the claim decided; without a claim it stays the user's."""
        for repair in self:
            claim = repair.aftersales_claim_id
            repair.under_warranty = (
                claim.result == "covered" and claim.state != "cancelled"
                if claim
                else repair.under_warranty
            )

    @api.constrains("aftersales_claim_id", "aftersales_unit_id")
    def _check_aftersales_same_unit(self):
        """What a claim decided holds for its own unit only."""
        for repair in self.sudo():
            unit, claim = repair.aftersales_unit_id, repair.aftersales_claim_id
            if claim and unit and claim.unit_id != unit:
                raise ValidationError(
                    self.env._(
                        "%(claim)s was judged for %(judged)s, but %(repair)s is of %(unit)s. "
                        "Choose a claim of that unit, or judge its cover anew.",
                        claim=claim.display_name,
                        judged=claim.unit_id.display_name,
                        repair=repair.name,
                        unit=unit.display_name,
                    )
                )

    @api.constrains("aftersales_unit_id")
    def _check_aftersales_own_serial(self):
        for repair in self.sudo():
            known = repair.lot_id.aftersales_unit_id
            if known.company_id == repair.company_id and known not in (
                known.browse(),
                repair.aftersales_unit_id,
            ):
                raise ValidationError(
                    self.env._(
                        "%(repair)s is of the serial %(serial)s, which is %(unit)s. Change the "
                        "serial instead of the unit.",
                        repair=repair.name,
                        serial=repair.lot_id.name,
                        unit=known.display_name,
                    )
                )

    def write(self, vals):
        if "aftersales_unit_id" in vals:
            self._aftersales_drop_claim(
                self.env["aftersales.unit"].browse(vals["aftersales_unit_id"])
            )
        elif "lot_id" in vals:
            lot = self.env["stock.lot"].browse(vals["lot_id"])
            for repair in self:
                repair._aftersales_drop_claim(repair._aftersales_get_unit_of(lot))
        res = super().write(vals)
        if "aftersales_claim_id" in vals:
            self.move_ids._aftersales_link_claims()
            for repair in self.sudo():
                lines = repair.aftersales_cost_line_ids.sale_line_id
                lines.aftersales_claim_id = repair.aftersales_claim_id
        return res

    def _aftersales_drop_claim(self, unit):
        """Another unit is repaired: what was decided for the former one no longer holds.

        Raises UserError once the work has begun.
        """
        others = self.filtered(lambda repair: repair.aftersales_unit_id or repair.lot_id)
        for repair in others.filtered("aftersales_is_service"):
            claim = repair.sudo().aftersales_claim_id
            moves_on = claim.unit_id != unit if claim else repair.aftersales_unit_id != unit
            if moves_on:
                repair._aftersales_refuse_closed()
            if claim and moves_on and repair.state in ("under_repair", "done"):
                raise UserError(
                    self.env._(
                        "%(repair)s has begun, and who pays was decided for %(unit)s. Cancel it "
                        "and make a repair of the right unit.",
                        repair=repair.name,
                        unit=claim.unit_id.display_name,
                    )
                )
            if claim and moves_on:
                repair.aftersales_claim_id = False
                repair._message_log(
                    body=self.env._(
                        "Cover was judged for %s. It has to be judged anew.",
                        claim.unit_id.display_name,
                    )
                )

    def _update_sale_order_line_price(self):
        """Lines with a claim are priced by it (``sale.order.line._reset_price_unit``)."""
        unclaimed = self.filtered(lambda repair: not repair.aftersales_claim_id)
        return super(RepairOrder, unclaimed)._update_sale_order_line_price()

    def _aftersales_may_quote(self):
        """Whether a service agent without sales rights is quoting repairs of service requests."""
        return (
            bool(self)
            and not self.env["sale.order"].has_access("create")
            and self.env.user.has_group("aftersales_service.group_aftersales_agent")
        )

    def action_create_sale_order(self):
        """Lend service agents the right to quote their own repairs, and nothing more of sales."""
        if not self._aftersales_may_quote():
            res = super().action_create_sale_order()
            self.aftersales_cost_line_ids._create_sale_lines()
            return res
        self.check_access("write")
        for repair in self.sudo():  # core's method takes one record at a time
            super(RepairOrder, repair).action_create_sale_order()
        self.aftersales_cost_line_ids._create_sale_lines()
        return True

    def action_view_sale_order(self):
        """Odoo's form of orders reads invoices: who may not read those sees one without them."""
        action = super().action_view_sale_order()
        if not self.env["account.move.line"].has_access("read"):
            view = self.env.ref("aftersales_service.sale_order_view_form_repair")
            action |= {"views": [(view.id, "form")]}
        return action

    def action_repair_start(self):
        res = super().action_repair_start()
        # superuser: whoever repairs acts on the decision, even with no right to make one
        open_claims = self.sudo().aftersales_claim_id.filtered(lambda claim: claim.state == "open")
        open_claims.action_decide()
        self.sudo().aftersales_request_id._note_fact("date_repair_begun")
        return res

    def action_repair_cancel(self):
        """A repair that does not take place leaves its claim open to the facts again."""
        res = super().action_repair_cancel()
        for claim in self.sudo().aftersales_claim_id:
            others = claim.repair_ids.filtered(
                lambda repair: repair.state in ("under_repair", "done")
            )
            if claim.state == "decided" and not others:
                claim.action_reopen()
        return res

    def action_view_aftersales_request(self):
        self.ensure_one()
        return self.aftersales_request_id._get_records_action()

    def action_view_aftersales_unit(self):
        self.ensure_one()
        return self.aftersales_unit_id._get_records_action()

    def _aftersales_get_part_charge(self):
        """The ``logic.coverage.Charge`` of the parts of this repair; None where none is decided."""
        claim = self.aftersales_claim_id
        return claim._get_charge("part") if claim else None

    def _aftersales_get_charged(self, decision=None):
        """What the customer pays for these repairs, as decided or as ``decision`` would have it."""
        total = 0.0
        for line in self.aftersales_cost_line_ids.sudo():
            charge = line._get_charge()
            if decision and not line.is_goodwill:
                charge = decision.charges.get(coverage.CostType(line.cost_type))
            total += line.quantity * coverage.price(
                charge or coverage.AT_LIST,
                list_price=line.price_list,
                cost_price=line.price_cost,
            )
        for move in self.move_ids.filtered(lambda move: move.repair_line_type == "add"):
            charge = decision and decision.charges.get(coverage.CostType.PART)
            total += move.product_uom_qty * move._aftersales_get_price(charge)
        return total
