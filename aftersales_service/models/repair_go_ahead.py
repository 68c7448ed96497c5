from odoo import models
from odoo.tools.misc import formatLang


class RepairOrder(models.Model):
    """Charged work begins and ends only within what the customer agreed to (C43, R07.07, R33.03).

    It answers the questions of ``gates``.
    """

    _inherit = "repair.order"

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        if gate == "start" and not obstacles:
            wanted = (
                self._aftersales_want_contract(),
                self._aftersales_want_approval(),
                self._aftersales_want_order(),
                self._aftersales_want_quantities(),
            )
            obstacles = [*filter(None, wanted)]
        elif gate == "end":
            wanted = (self._aftersales_want_approval(), self._aftersales_want_planning())
            obstacles += filter(None, wanted)
        elif gate == "close":
            wanted = (self._aftersales_want_approval(), self._aftersales_want_confirmation())
            obstacles += filter(None, wanted)
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
        if self.aftersales_currency_id.is_zero(self.aftersales_amount_open):
            return self.env._(
                "The customer was not asked about: %s. Ask (“Ask Customer”), record what was said "
                "(“Record Answer”), or remove what was added.",
                ", ".join(item.name for item in self._aftersales_get_unasked()),
            )
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

    def _aftersales_want_order(self):
        """Work that nobody could invoice does not start."""
        order = self.sudo().sale_order_id
        charged = order.state == "cancel" and not self.aftersales_currency_id.is_zero(
            self.aftersales_amount_total
        )
        return charged and self.env._(
            "Its quotation %s is cancelled. Set it to draft and confirm it, or charge nothing.",
            order.name,
        )

    def _aftersales_want_quantities(self):
        wrong = self.move_ids.filtered(lambda move: move.product_uom_qty < 0)[:1]
        return wrong and self.env._(
            "“%s” has a negative quantity. Correct it.", wrong.product_id.display_name
        )

    def _aftersales_want_confirmation(self):
        """Charged work is done, and its quotation lies there."""
        order = self.sudo().sale_order_id
        waiting = order.state in ("draft", "sent") and not order.currency_id.is_zero(
            order.amount_total
        )
        return waiting and self.env._(
            "The quotation %s is not confirmed, so nothing of it is invoiced. Confirm or cancel "
            "it.",
            order.name,
        )

    # === MORE USED THAN PLANNED === #

    def _aftersales_want_planning(self):
        """Parts used beyond what was planned cost more than the customer agreed to (C43)."""
        more = self._aftersales_get_unplanned()
        if not more or not self._aftersales_asks_consent():
            return False
        prices, charge = more._aftersales_get_prices(), self._aftersales_get_part_charge()
        extra = sum(
            self._aftersales_prepare_item(
                "",
                move.product_id,
                "",
                move.quantity - move.product_uom_qty,
                prices[move],
                charge=charge,
                kind="part",
            ).total
            for move in more
        )
        total = self.aftersales_amount_total + extra
        if self.aftersales_currency_id.compare_amounts(total, self.aftersales_amount_approved) <= 0:
            return False
        return self.env._(
            "More was used than planned: %(parts)s. The customer would pay %(total)s, but agreed "
            "to %(approved)s. Enter what was used as the planned quantity, then ask (“Ask "
            "Customer”).",
            parts=", ".join(
                f"{move.product_id.display_name}: {move.quantity:g} / {move.product_uom_qty:g}"
                for move in more
            ),
            total=self._aftersales_format(total),
            approved=self._aftersales_format(self.aftersales_amount_approved),
        )

    def _aftersales_get_unplanned(self):
        """Parts of which more was used than planned."""
        moves = self.move_ids.filtered(
            lambda move: move.repair_line_type == "add" and move.state not in ("done", "cancel")
        )
        used = moves.filtered("picked") or moves  # Odoo takes all where nothing is ticked
        return used.filtered(
            lambda move: move.product_uom.compare(move.quantity, move.product_uom_qty) > 0
        )

    def _aftersales_format(self, amount):
        return formatLang(self.env, amount, currency_obj=self.aftersales_currency_id)

    def action_repair_done(self):
        """Added work is finished only when the customer agreed to it (R07.07).

        What was used is then what was planned: the quotation charges neither more nor less.
        """
        self._aftersales_pass_to("done")
        served = self.filtered("aftersales_is_service")
        for move in served._aftersales_get_unplanned():
            quantity = move.quantity
            move.product_uom_qty = quantity
            move.quantity = quantity
        return super().action_repair_done()
