from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang


class RepairOrder(models.Model):
    """Charged work begins and ends only within what the customer agreed to (C43, R07.07, R33.03).

    It answers the questions of ``gates``.
    """

    _inherit = "repair.order"

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        if gate == "start" and not obstacles:
            obstacles = [*filter(None, (self._aftersales_want_contract(),))]
            obstacles += [*filter(None, (self._aftersales_want_approval(),))]
        return obstacles

    def _aftersales_get_proofs(self, gate):
        proofs = super()._aftersales_get_proofs(gate)
        if gate == "start" and self.aftersales_amount_approved:
            proofs.append(
                self.env._(
                    "The customer agreed to pay up to %s.",
                    self._aftersales_format(self.aftersales_amount_approved),
                )
            )
        if gate == "start" and self._aftersales_last_answer("contract").answer == "given":
            proofs.append(self.env._("The repair contract is signed."))
        return proofs

    def _aftersales_want_contract(self):
        return self.aftersales_needs_contract and self.env._(
            "The fault has an excluded cause (%(cause)s) although the cover runs: this is repaired "
            "under a repair contract only. Have it signed and record it with its proof "
            "(“Record Answer”).",
            cause=self.sudo().aftersales_claim_id.cause_id.name,
        )

    def _aftersales_want_approval(self):
        if not self.aftersales_needs_approval:
            return False
        words = {
            "total": self._aftersales_format(self.aftersales_amount_total),
            "approved": self._aftersales_format(self.aftersales_amount_approved),
        }
        if self.aftersales_amount_approved:
            return self.env._(
                "The customer would pay %(total)s, but agreed to %(approved)s only. Ask for the "
                "rest (“Ask Customer”), record what was said (“Record Answer”), or remove what was "
                "added.",
                **words,
            )
        return self.env._(
            "The customer would pay %(total)s and has not agreed to it. Ask (“Ask Customer”) or "
            "record what was said (“Record Answer”).",
            **words,
        )

    def _aftersales_format(self, amount):
        return formatLang(self.env, amount, currency_obj=self.aftersales_currency_id)

    def action_repair_done(self):
        """Added work is finished only when the customer agreed to it (R07.07)."""
        self._aftersales_refuse_unapproved()
        return super().action_repair_done()

    def _aftersales_refuse_unapproved(self):
        for repair in self.filtered("aftersales_is_service"):
            if wanted := repair._aftersales_want_approval():
                raise UserError(
                    self.env._("%s cannot be finished yet.", repair.name) + f"\n• {wanted}"
                )
