from odoo import api, fields, models


class AftersalesRequestMerge(models.TransientModel):
    """Join requests about one thing; shows what moves before it does."""

    _name = "aftersales.request.merge"
    _description = "Merge Service Requests"

    keep_id = fields.Many2one(
        "aftersales.request",
        required=True,
        default=lambda self: self._default_keep_id(),
        help="Everything in the others moves here.",
    )
    company_id = fields.Many2one(related="keep_id.company_id")
    request_ids = fields.Many2many(
        "aftersales.request",
        string="Merge into It",
        default=lambda self: self._default_request_ids(),
    )
    is_across_customers = fields.Boolean(
        string="The customers belong together",
        help="Only after-sales managers merge requests of different customers.",
    )
    has_other_customer = fields.Boolean(compute="_compute_preview")
    problem = fields.Char(compute="_compute_preview")
    preview = fields.Text(string="What Moves", compute="_compute_preview")

    @api.model
    def _get_chosen(self):
        """The requests ticked in a list."""
        if self.env.context.get("active_model") != "aftersales.request":
            return self.env["aftersales.request"]
        return self.env["aftersales.request"].browse(self.env.context.get("active_ids", ()))

    @api.model
    def _default_keep_id(self):
        """The first one reported, as long as it is open."""
        return self._get_chosen().sorted(
            lambda request: (request.state in ("resolved", "closed", "cancelled"), request.id)
        )[:1]

    @api.model
    def _default_request_ids(self):
        """The others that were ticked; from a form, those of the same unit."""
        chosen = self._get_chosen()
        return chosen - self._default_keep_id() or chosen[:1]._find_duplicates()

    @api.depends("keep_id", "request_ids", "is_across_customers")
    def _compute_preview(self):
        for merge in self:
            kept, others = merge.keep_id, merge.request_ids._origin - merge.keep_id._origin
            customers = (kept | others).partner_id.commercial_partner_id
            merge.has_other_customer = len(customers) > 1
            merge.problem = kept and kept._origin._merge_error_message(
                others, merge._may_cross_customers()
            )
            merge.preview = merge._get_preview(others)

    def _may_cross_customers(self):
        return self.is_across_customers and self.env.user.has_group(
            "aftersales_service.group_aftersales_manager"
        )

    def _get_preview(self, others):
        """One line for each request that goes: what of it moves."""
        counts = others._count_moving()
        words = {
            "messages": self.env._("messages"),
            "attachments": self.env._("attachments"),
            "repairs": self.env._("repairs"),
            "claims": self.env._("claims"),
            "steps": self.env._("steps"),
        }
        return "\n".join(
            self.env._(
                "%(request)s → %(moving)s; then it is cancelled.",
                request=request.display_name,
                moving=", ".join(
                    f"{words[name]}: {number}" for name, number in counts[request].items()
                )
                or self.env._("nothing but its facts"),
            )
            for request in others
        )

    def action_apply(self):
        self.ensure_one()
        self.keep_id._merge(self.request_ids - self.keep_id, self._may_cross_customers())
        return self.keep_id._get_records_action()
