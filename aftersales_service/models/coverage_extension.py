from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..logic.warranty_terms import TermUnit, add_up

#: An entry of the ledger is never edited: only these may change after it was made.
MUTABLE = frozenset({"state", "cancel_reason"})


class AftersalesCoverageExtension(models.Model):
    """A ledger of what lengthened a promise: append-only, each source counted once.

    The last covered day is computed from these rows; cancelling one takes its effect back.
    """

    _name = "aftersales.coverage.extension"
    _description = "Extension of Coverage"
    _order = "unit_id, id desc"
    _rec_name = "reason"

    unit_id = fields.Many2one("aftersales.unit", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="unit_id.company_id", store=True)
    coverage_id = fields.Many2one(
        "aftersales.coverage",
        string="Term",
        ondelete="cascade",
        index="btree_not_null",
        domain="[('unit_id', '=', unit_id)]",
        help="The term that runs longer. Downtime lengthens every term that was running.",
    )
    kind = fields.Selection(
        [
            ("downtime", "In repair or waiting for parts"),
            ("guarantee", "Missed guarantee"),
            ("goodwill", "Goodwill"),
            ("purchased", "Purchased"),
        ],
        required=True,
        default="goodwill",
    )
    length = fields.Integer()
    length_unit = fields.Selection(
        [("day", "Days"), ("month", "Months"), ("year", "Years")], default="day"
    )
    date_from = fields.Date(string="Away from")
    date_to = fields.Date(string="Back on", help="The first day the customer has it again.")
    date = fields.Date(
        string="Granted on", default=fields.Date.context_today, required=True, readonly=True
    )
    reason = fields.Char(required=True)
    compensation = fields.Char(
        string="Compensation Owed", help="What else the customer is owed, for example their loss."
    )
    source_model = fields.Char(readonly=True)
    source_id = fields.Many2oneReference(model_field="source_model", readonly=True)
    state = fields.Selection(
        [("active", "Counts"), ("cancelled", "Cancelled")],
        default="active",
        required=True,
        readonly=True,
        index=True,
    )
    cancel_reason = fields.Char(readonly=True)
    extent = fields.Char(compute="_compute_extent")

    _source_once = models.UniqueIndex(
        "(unit_id, COALESCE(coverage_id, 0), kind, source_model, source_id)"
        " WHERE state = 'active' AND source_id IS NOT NULL",
        "This document has already extended the coverage.",
    )
    _has_extent = models.Constraint(
        "CHECK((kind = 'downtime' AND date_from < date_to)"
        " OR (kind != 'downtime' AND length > 0 AND coverage_id IS NOT NULL))",
        "Say by how much: downtime needs a first day and a later day of return, everything else "
        "a term and a length of at least one.",
    )

    @api.depends("kind", "length", "length_unit", "date_from", "date_to")
    def _compute_extent(self):
        for row in self:
            if row.kind == "downtime":
                days = (row.date_to - row.date_from).days if row.date_from and row.date_to else 0
                row.extent = self.env._("%s days", days)
            else:
                units = dict(self._fields["length_unit"]._description_selection(self.env))
                row.extent = f"{row.length} {units.get(row.length_unit, '')}"

    @api.constrains("coverage_id", "unit_id")
    def _check_coverage(self):
        for row in self.filtered("coverage_id"):
            if row.coverage_id.unit_id != row.unit_id:
                raise ValidationError(
                    self.env._(
                        "The term %(term)s belongs to %(other)s, not to %(unit)s.",
                        term=row.coverage_id.display_name,
                        other=row.coverage_id.unit_id.display_name,
                        unit=row.unit_id.display_name,
                    )
                )
            if row.coverage_id.length_unit == "lifetime":
                raise ValidationError(
                    self.env._(
                        "%(term)s of %(unit)s already runs for life.",
                        term=row.coverage_id.display_name,
                        unit=row.unit_id.display_name,
                    )
                )

    @api.constrains("date_to")
    def _check_downtime_past(self):
        for row in self.filtered("date_to"):
            if row.date_to > fields.Date.context_today(row):
                raise ValidationError(
                    self.env._(
                        "%(unit)s cannot be back on %(day)s already. Enter downtime when it is "
                        "over.",
                        unit=row.unit_id.display_name,
                        day=format_date(self.env, row.date_to),
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._refuse_unauthorised()
        rows._refuse_cancelled_sources()
        for unit, mine in rows.grouped("unit_id").items():
            unit.message_post(
                body=self.env._(
                    "Coverage extended: %(extents)s.",
                    extents=", ".join(f"{row.extent} ({row.reason})" for row in mine),
                )
            )
        return rows

    def write(self, vals):
        if vals.keys() - MUTABLE:
            raise UserError(
                self.env._("An extension is not edited. Cancel it and enter another one.")
            )
        return super().write(vals)

    def _refuse_unauthorised(self):
        """Giving time away is the manager's; what a document proves, anybody may enter."""
        if self.env.su or self.env.user.has_group("aftersales_service.group_aftersales_manager"):
            return
        if given := self.filtered(lambda row: row.kind in ("goodwill", "guarantee")):
            raise AccessError(
                self.env._(
                    "Only an after-sales manager may grant %(unit)s longer cover.",
                    unit=given[0].unit_id.display_name,
                )
            )

    def _refuse_cancelled_sources(self):
        for row in self.filtered("source_id"):
            source = self.env[row.source_model].browse(row.source_id).sudo()
            state = source["state"] if "state" in source._fields else None
            if state in ("cancel", "cancelled"):
                raise UserError(
                    self.env._(
                        "%(document)s is cancelled and cannot extend %(unit)s. Choose a document "
                        "that counts.",
                        document=source.display_name,
                        unit=row.unit_id.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The ledger is not shortened. Cancel the extension instead."))

    # === ACTIONS === #

    def action_cancel(self):
        """Take the effect back; the row stays, to tell that it was there."""
        self._refuse_unauthorised()
        active = self.filtered(lambda row: row.state == "active")
        active.write({"state": "cancelled"})
        for unit in active.unit_id:
            unit.message_post(body=self.env._("An extension of the coverage was cancelled."))

    @api.model
    def _cancel_for(self, sources, kinds=("downtime", "purchased")):
        """A document was cancelled: take back what it extended."""
        rows = self.sudo()._get_active_of(sources)
        rows.filtered(lambda row: row.kind in kinds).action_cancel()

    @api.model
    def _get_active_of(self, sources):
        """What these documents extend."""
        return self.search(
            Domain("source_model", "=", sources._name)
            & Domain("source_id", "in", sources.ids)
            & Domain("state", "=", "active")
        )

    # === RULES === #

    def _get_grants(self):
        """``{place of the term: logic Extension}`` of what was granted."""
        grants = self.filtered(lambda row: row.state == "active" and row.coverage_id)
        return {
            coverage.sequence: add_up((row.length, TermUnit(row.length_unit)) for row in rows)
            for coverage, rows in grants.grouped("coverage_id").items()
        }

    def _differs_from(self, values):
        """Whether an entry of a document says something else than it should now."""
        self.ensure_one()
        return (self.unit_id.id, self.date_from, self.date_to) != tuple(
            values[name] for name in ("unit_id", "date_from", "date_to")
        )

    def _get_downtime(self):
        """Spans away from the customer."""
        return [
            (row.date_from, row.date_to)
            for row in self
            if row.state == "active" and row.kind == "downtime"
        ]
