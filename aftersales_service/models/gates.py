from odoo import api, fields, models
from odoo.exceptions import UserError

from .vocabulary import label


class RepairOrder(models.Model):
    """What must exist before a repair starts, is handed back, or its job is closed (C43–C49).

    Every part of the suite that demands something adds its sentences to
    ``_aftersales_get_obstacles``; the buttons and the form read them from there. This module is
    loaded before all of them, so that theirs are asked first and find this one behind ``super``.
    """

    _inherit = "repair.order"

    aftersales_plan_id = fields.Many2one(
        "aftersales.plan",
        string="Service Plan",
        compute="_compute_aftersales_plan_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="What was promised with the unit; it says what this repair needs.",
    )
    aftersales_is_service = fields.Boolean(
        compute="_compute_aftersales_plan_id",
        store=True,
        precompute=True,
        help="A repair of a case or of a unit in service. Others are left as Odoo made them.",
    )

    @api.depends("aftersales_unit_id.plan_id", "aftersales_request_id", "product_id", "company_id")
    def _compute_aftersales_plan_id(self):
        for company, repairs in self.grouped("company_id").items():
            served = repairs.filtered(lambda repair: repair._aftersales_is_in_service())
            unplanned = served.filtered(lambda repair: not repair.sudo().aftersales_unit_id.plan_id)
            plans = unplanned.product_id._aftersales_plans(company)
            for repair in repairs:
                plan = repair.sudo().aftersales_unit_id.plan_id or plans.get(repair.product_id)
                repair.aftersales_is_service = repair in served
                repair.aftersales_plan_id = plan if repair in served else False

    def _aftersales_is_in_service(self):
        return bool(self.aftersales_request_id or self.aftersales_unit_id)

    def _aftersales_get_obstacles(self, gate):
        """What still hinders this repair, as sentences to act on, the first thing to do first.

        :param gate: ``"start"``, ``"end"``, ``"hand_back"`` or ``"close"``
        """
        self.ensure_one()
        claim = self.aftersales_claim_id
        if gate == "start" and claim.state == "open" and claim.result == "undetermined":
            return [self.env._("Nobody knows yet who pays. %s", claim.reason_text)]
        if gate in ("hand_back", "close") and self.state not in ("done", "cancel"):
            return [self.env._("The repair has not ended yet. End it, or cancel it.")]
        return []

    def _aftersales_get_proofs(self, gate):
        """What a gate asked for and is there, as sentences; the other side of the obstacles.

        Parts of the suite that demand something extend this beside ``_aftersales_get_obstacles``.
        """
        self.ensure_one()
        claim = self.aftersales_claim_id
        if gate == "start" and claim.result not in (False, "undetermined"):
            return [self.env._("Decided who pays: %s", claim.reason_text)]
        return []

    def _aftersales_refuse_obstacles(self, gate):
        """One error that names everything that is missing, for the first repair that lacks it."""
        refusals = {
            "start": self.env._("%s cannot start yet."),
            "end": self.env._("%s cannot end yet."),
            "hand_back": self.env._("%s cannot be handed back yet."),
            "close": self.env._("%s cannot be closed yet."),
        }
        for repair in self.filtered("aftersales_is_service"):
            if obstacles := repair._aftersales_get_obstacles(gate):
                lines = [refusals[gate] % repair.name, *(f"• {text}" for text in obstacles)]
                raise UserError("\n".join(lines))

    # === PASSING === #

    def write(self, vals):
        """Whatever writes the state, a button, a list or an import, passes the gates."""
        if "state" in vals:
            self._aftersales_pass_to(vals["state"])
        return super().write(vals)

    def action_repair_start(self):
        self._aftersales_pass_to("under_repair")
        return super().action_repair_start()

    def action_repair_done(self):
        self._aftersales_pass_to("done")
        return super().action_repair_done()

    def _aftersales_pass_to(self, state):
        """Refuse repairs in service that may not come to a state yet, or not any more."""
        moving = self.filtered(
            lambda repair: repair.aftersales_is_service and repair.state != state
        )
        moving._aftersales_refuse_leaving_the_end(state)
        fresh = moving.filtered(lambda repair: repair.state in ("draft", "confirmed"))
        if state in ("under_repair", "done"):
            fresh._aftersales_refuse_obstacles("start")
        if state == "done":
            moving._aftersales_refuse_obstacles("end")

    def _aftersales_refuse_leaving_the_end(self, state):
        """What is repaired stays repaired: its goods are moved, its customer may have it."""
        for repair in self:
            again = repair.state == "cancel" and state in ("under_repair", "done")
            if repair.state == "done" or again:
                raise UserError(
                    self.env._(
                        "%(repair)s is “%(state)s”. Set a cancelled repair back to new; what was "
                        "repaired is put right by a new repair or a rework.",
                        repair=repair.name,
                        state=label(repair, "state", repair.state),
                    )
                )
