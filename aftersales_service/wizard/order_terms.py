from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.vocabulary import FOLLOWS_PREVIOUS, LENGTH_UNITS, PHASES, START_EVENTS


class AftersalesOrderTerms(models.TransientModel):
    """Agree on other terms for one order line: they become a policy made for this line alone."""

    _name = "aftersales.order.terms"
    _description = "Terms of an Order Line"

    line_id = fields.Many2one("sale.order.line", required=True, readonly=True)
    policy_id = fields.Many2one("aftersales.warranty.policy", readonly=True, string="Based on")
    start_event = fields.Selection(START_EVENTS, required=True)
    term_ids = fields.One2many("aftersales.order.terms.term", "dialog_id")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        line = self.env["sale.order.line"].browse(values.get("line_id") or ())
        policy = line.aftersales_policy_id
        if not policy:
            raise UserError(
                self.env._(
                    "%s promises nothing yet. Choose a service plan or warranty terms first.",
                    line.product_id.display_name,
                )
            )
        values |= {
            "policy_id": policy.id,
            "start_event": policy.start_event,
            "term_ids": [
                Command.create(
                    {
                        "sequence": term.sequence,
                        "component_id": term.component_id.id,
                        "phase": term.phase,
                        "length": term.length,
                        "length_unit": term.length_unit,
                        "start_event": term.start_event,
                    }
                )
                for term in policy.term_ids.sorted()
            ],
        }
        return values

    def action_apply(self):
        """Promise these terms on this line; the policy everybody else uses stays as it is."""
        self.ensure_one()
        line = self.line_id
        line.check_access("write")
        line._aftersales_refuse_if_delivered()
        # superuser: salespeople agree on terms for their order, not on policies
        policy = self.policy_id.sudo()
        if policy.deviation_line_id != line:
            policy = policy.copy(
                {
                    "name": f"{policy.name} · {line.order_id.name}",
                    "active": True,
                    "deviation_line_id": line.id,
                    "company_id": line.company_id.id,
                }
            )
        terms = [term._prepare_term() for term in self.term_ids]
        policy.write(
            {
                "start_event": self.start_event,
                "term_ids": [Command.clear(), *map(Command.create, terms)],
            }
        )
        line.write({"aftersales_policy_id": policy.id})
        line._aftersales_thaw()
        if line.state == "sale":
            line.sudo()._aftersales_freeze_promise()
        return {"type": "ir.actions.act_window_close"}


class AftersalesOrderTermsTerm(models.TransientModel):
    _name = "aftersales.order.terms.term"
    _description = "Term of an Order Line"
    _order = "sequence, id"

    dialog_id = fields.Many2one("aftersales.order.terms", required=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    component_id = fields.Many2one("aftersales.component")
    phase = fields.Selection(PHASES, default="warranty", required=True)
    length = fields.Integer(default=12)
    length_unit = fields.Selection(LENGTH_UNITS, default="month", required=True)
    start_event = fields.Selection([*START_EVENTS, FOLLOWS_PREVIOUS], string="Starts At")

    def _prepare_term(self):
        names = ("sequence", "phase", "length", "length_unit", "start_event")
        return {name: self[name] for name in names} | {"component_id": self.component_id.id}
