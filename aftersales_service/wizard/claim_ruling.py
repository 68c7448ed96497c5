from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.vocabulary import RESULTS

#: What only a manager may decide; the maker's answer may be recorded by whoever received it.
MANAGERS_OWN = ("goodwill", "refused")


class AftersalesClaimRuling(models.TransientModel):
    """Record what the maker or a manager decided about a claim, seeing what it changes."""

    _name = "aftersales.claim.ruling"
    _description = "Record a Decision about a Claim"

    claim_id = fields.Many2one("aftersales.claim", required=True, readonly=True)
    ruling = fields.Selection("_get_rulings", required=True, default="approved")
    reason = fields.Char(required=True)
    reference = fields.Char(help="The maker's letter or case number.")
    result_before = fields.Selection(related="claim_id.result", string="Now")
    reason_before = fields.Char(related="claim_id.reason_text", string="Why")
    result_after = fields.Selection(RESULTS, string="Then", compute="_compute_after")
    charged_before = fields.Float(string="Charged Now", compute="_compute_after")
    charged_after = fields.Float(string="Charged Then", compute="_compute_after")

    @api.model
    def _get_rulings(self):
        """What this user may decide, in the words of the claim."""
        rulings = self.env["aftersales.claim"]._fields["ruling"]._description_selection(self.env)
        own = () if self._is_manager() else MANAGERS_OWN
        return [(ruling, words) for ruling, words in rulings if ruling not in own]

    @api.depends("claim_id", "ruling")
    def _compute_after(self):
        for dialog in self:
            known = dialog.claim_id._get_known() | {"ruling": dialog.ruling}
            unit = dialog.claim_id.unit_id
            decision = unit._decide(known.pop("on"), **known)[unit] if dialog.ruling else None
            dialog.result_after = decision and decision.result.value
            # superuser: whoever takes requests sees the sums, not the repairs
            repairs = dialog.claim_id.sudo().repair_ids
            dialog.charged_before = repairs._aftersales_get_charged()
            dialog.charged_after = repairs._aftersales_get_charged(decision)

    def action_apply(self):
        self.ensure_one()
        if self.ruling in MANAGERS_OWN:
            self._refuse_unless_manager()
        self.claim_id._rule(self.ruling, self.reason, self.reference)
        return {"type": "ir.actions.act_window_close"}

    @api.model
    def _is_manager(self):
        return self.env.user.has_group("aftersales_service.group_aftersales_manager")

    @api.model
    def _refuse_unless_manager(self):
        if not self._is_manager():
            raise AccessError(
                self.env._(
                    "Only an after-sales manager may decide against the promise. Ask one, or "
                    "record the maker's answer."
                )
            )
