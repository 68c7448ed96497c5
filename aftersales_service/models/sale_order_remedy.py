from odoo import api, fields, models

from .remedy_vocabulary import PURCHASE_CHANNELS, REMEDY_PAYERS


class SaleOrder(models.Model):
    """What an order says of returns: how it was bought, and what was agreed beside the policy."""

    _inherit = "sale.order"

    aftersales_channel = fields.Selection(
        PURCHASE_CHANNELS,
        string="How It Was Bought",
        compute="_compute_aftersales_channel",
        store=True,
        readonly=False,
        precompute=True,
        help="Some rights hold for distance sales (web, phone, mail order, television) alone. "
        "Orders of a web shop are distance sales.",
    )
    aftersales_return_freight = fields.Selection(
        REMEDY_PAYERS,
        string="Return Freight Agreed",
        help="Who pays the freight of returns, whatever the policy says. Empty: as it says.",
    )

    def _get_aftersales_channel_depends(self):
        # the field of a web shop, where there is one
        return ["website_id"] if "website_id" in self._fields else []

    @api.depends(lambda self: self._get_aftersales_channel_depends())
    def _compute_aftersales_channel(self):
        names = self._get_aftersales_channel_depends()
        for order in self:
            sold_online = any(order[name] for name in names)
            order.aftersales_channel = order.aftersales_channel or (sold_online and "distance")


class SaleOrderLine(models.Model):
    """The remedies promised with a line, frozen with its warranty."""

    _inherit = "sale.order.line"

    aftersales_remedy_version_id = fields.Many2one(
        "aftersales.remedy.policy.version",
        string="Promised Remedies",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    aftersales_is_confirmed = fields.Boolean(
        string="No Return Confirmed",
        copy=False,
        help="The customer confirmed at the purchase that these goods cannot be given back "
        "without a fault.",
    )

    def _aftersales_freeze_promise(self):
        res = super()._aftersales_freeze_promise()
        to_freeze = self.filtered(
            lambda line: (
                line.aftersales_plan_id.remedy_policy_id and not line.aftersales_remedy_version_id
            )
        )
        policies = to_freeze.aftersales_plan_id.remedy_policy_id.sudo()
        versions = policies._current_versions() if policies else {}
        for policy, lines in to_freeze.grouped(
            lambda line: line.aftersales_plan_id.remedy_policy_id
        ).items():
            lines.aftersales_remedy_version_id = versions[policy]
        return res

    def _aftersales_thaw(self):
        res = super()._aftersales_thaw()
        undelivered = self.filtered(
            lambda line: line.aftersales_remedy_version_id and not line.sudo().aftersales_unit_ids
        )
        undelivered.aftersales_remedy_version_id = False
        return res
