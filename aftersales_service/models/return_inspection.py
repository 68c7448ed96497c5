from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..logic import returns as rules

#: What an inspection says about the fault, as the remedy rules take it.
FINDINGS = {
    "defective": "confirmed",
    "nonconforming": "nonconforming",
    "no_fault": "no_fault",
    "ok": "no_fault",
}
#: Results after which goods are not intact.
NOT_INTACT = ("damaged", "incomplete", "wrong_item")


class AftersalesReturnLine(models.Model):
    """Somebody looks at what came; the promise is asked again with what was found."""

    _inherit = "aftersales.return.line"

    def action_inspect(self):
        """Record what was found: from now on it decides what the customer gets."""
        self._refuse_unless_inspector()
        for line in self.sudo():
            line._refuse_incomplete_inspection()
        now = fields.Datetime.now()
        for line in self.sudo():
            if line.rest_to == "back" and line.result == "wrong_item":
                line.quantity_accepted = 0
            line.write(
                {
                    "quantity_inspected": line.quantity_received,
                    "inspector_id": self.env.uid,
                    "date_inspected": now,
                }
            )
            if line.is_worn or line.is_tampered:
                line.unit_id.is_tampered = True
        self.sudo()._ask_promise()
        self.sudo().return_id._remind_of_refunds()
        return True

    def _refuse_unless_inspector(self):
        self.check_access("write")
        user = self.env.user
        if not (
            self.env.su
            or user.has_group("stock.group_stock_user")
            or user.has_group("aftersales_service.group_aftersales_agent")
        ):
            raise AccessError(
                self.env._("Returned goods are inspected by storekeepers and agents. Ask one.")
            )

    def _refuse_incomplete_inspection(self):
        words = {"goods": self.display_name}
        if not rules.exceeds(self.quantity_received, 0):
            raise UserError(
                self.env._("%(goods)s is not here yet: there is nothing to inspect.", **words)
            )
        if not self.result:
            raise UserError(self.env._("Say what was found of %(goods)s.", **words))
        if self.product_uom_id.compare(self.quantity_accepted, self.quantity_received) > 0:
            raise UserError(
                self.env._(
                    "%(goods)s: %(came)s came, so %(accepted)s cannot be accepted.",
                    came=f"{self.quantity_received:g}",
                    accepted=f"{self.quantity_accepted:g}",
                    **words,
                )
            )
        if self.result == "incomplete" and not (self.missing_accessories or "").strip():
            raise UserError(self.env._("Say what is missing of %(goods)s.", **words))

    def _accept_everything(self):
        """What came counts, until somebody says otherwise."""
        for line in self:
            if not line.quantity_inspected and not line.quantity_accepted:
                line.quantity_accepted = line.quantity_received

    def action_open_inspection(self):
        """Enter what was found, on a form of its own."""
        self.ensure_one()
        self._refuse_unless_inspector()
        self.sudo()._accept_everything()
        view = self.env.ref("aftersales_service.aftersales_return_line_view_form_inspection")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Inspect %s", self.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def _get_inspected_facts(self):
        """What was found, as ``aftersales.unit._decide_remedies`` takes it."""
        self.ensure_one()
        if not self.result or not self.date_inspected:
            return {}
        intact = self.result not in NOT_INTACT and self.is_complete and not self.is_worn
        return {
            "finding": FINDINGS.get(self.result),
            "is_intact": intact,
            "is_unsealed": self.seal == "broken",
        }


class AftersalesReturn(models.Model):
    _inherit = "aftersales.return"

    def action_inspect(self):
        """Inspect what came: one line at once, several from their list."""
        self.ensure_one()
        lines = self.line_ids.filtered(
            lambda line: rules.exceeds(line.quantity_received, line.quantity_inspected)
        )
        if not lines:
            raise UserError(self.env._("Nothing of %s waits for an inspection.", self.name))
        return lines[0].action_open_inspection()

    def action_accept_all(self):
        """Everything that came is in order: inspect all of it at once."""
        lines = self.line_ids.filtered(
            lambda line: rules.exceeds(line.quantity_received, line.quantity_inspected)
        )
        lines._refuse_unless_inspector()
        for line in lines.sudo():
            line.result = line.result or ("defective" if line.why == "quality" else "ok")
            line.quantity_accepted = line.quantity_received
        return lines.action_inspect()
