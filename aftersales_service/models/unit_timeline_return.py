from odoo import models


class AftersalesUnit(models.Model):
    """Returns among what happened to a unit."""

    _inherit = "aftersales.unit"

    def _get_timeline_events(self):
        return [*super()._get_timeline_events(), *self._get_return_events()]

    def _get_return_events(self):
        """Returns the user may see, when they were asked for and settled."""
        for order in self._get_readable("return_line_ids").return_id:
            yield self._timeline_event(
                order.date_requested, "fa-reply-all", self.env._("Return %s", order.name), "", order
            )
            if order.date_settled:
                title = self.env._("Return %s settled", order.name)
                yield self._timeline_event(order.date_settled, "fa-check", title, "", order)
