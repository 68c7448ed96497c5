from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..logic import warranty_terms
from .vocabulary import COVERAGE_STATES, FOLLOWS_PREVIOUS, LENGTH_UNITS, PHASES, START_EVENTS, label

#: Which date of a unit tells when a start event happened.
EVENT_FIELDS = {
    warranty_terms.StartEvent.ORDER: "date_ordered",
    warranty_terms.StartEvent.SHIPPING: "date_shipped",
    warranty_terms.StartEvent.DELIVERY: "date_delivered",
    warranty_terms.StartEvent.INVOICE: "date_invoiced",
    warranty_terms.StartEvent.ACCEPTANCE: "date_accepted",
    warranty_terms.StartEvent.HANDOVER: "date_handed_over",
    warranty_terms.StartEvent.COMMISSIONING: "date_commissioned",
}
#: What was promised, and the dates that follow from it: nobody edits these.
PROMISE = frozenset(
    {
        "unit_id",
        "component_id",
        "phase",
        "length",
        "length_unit",
        "start_event",
        "sequence",
        "date_start",
        "date_end",
    }
)


class AftersalesCoverage(models.Model):
    """One promised term of one unit, on the calendar: what covers it, from when until when.

    A row is a snapshot of the terms at the time of sale. Its dates follow the unit's event dates
    (a back-dated delivery moves them), its promise never changes.
    """

    _name = "aftersales.coverage"
    _description = "Coverage"
    _order = "unit_id, sequence, id"

    unit_id = fields.Many2one("aftersales.unit", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10, help="Place in the promised wording.")
    component_id = fields.Many2one("aftersales.component", ondelete="restrict")
    phase = fields.Selection(PHASES, required=True)
    length = fields.Integer()
    length_unit = fields.Selection(LENGTH_UNITS, required=True)
    start_event = fields.Selection([*START_EVENTS, FOLLOWS_PREVIOUS], required=True)
    # editable for the ORM only: the unit's create brings the dates with it, so that a delivery of a
    # hundred serials places them once
    date_start = fields.Date(
        string="First Day", compute="_compute_dates", store=True, readonly=False
    )
    date_end = fields.Date(
        string="Last Covered Day", compute="_compute_dates", store=True, readonly=False
    )
    state = fields.Selection(COVERAGE_STATES, compute="_compute_state")
    extension_ids = fields.One2many("aftersales.coverage.extension", "coverage_id")

    @api.depends(
        *(f"unit_id.{field}" for field in EVENT_FIELDS.values()),
        *(f"unit_id.replaces_id.{field}" for field in EVENT_FIELDS.values()),
        "unit_id.exchange_rule",
        "unit_id.extension_ids.state",
        "unit_id.replaces_id.extension_ids.state",
    )
    def _compute_dates(self):
        for unit in self.unit_id:
            rows = unit.coverage_ids.sorted()
            periods = warranty_terms.schedule(
                [row._get_term() for row in rows],
                unit._get_event_dates(),
                unit._get_grants(),
                unit._get_downtime(),
            )
            for row in rows & self:
                period = periods[row.sequence]
                row.date_start, row.date_end = period.first, period.last

    @api.depends("date_start", "date_end")
    def _compute_state(self):
        today = self.env["aftersales.unit"]._get_today()
        for row in self:
            row.state = warranty_terms.cover_state(row._get_period(), today).value

    @api.depends_context("lang")
    @api.depends("component_id", "phase")
    def _compute_display_name(self):
        for row in self:
            row.display_name = " · ".join(
                filter(None, [row.component_id.name, label(row, "phase", row.phase)])
            )

    def write(self, vals):
        if PROMISE & vals.keys():
            raise UserError(
                self.env._(
                    "%(unit)s: the terms promised at the time of sale cannot be edited. Extend "
                    "the coverage instead, with the reason.",
                    unit=self.unit_id[:1].display_name,
                )
            )
        return super().write(vals)

    def _read_ahead(self):
        """Read what decisions and their sentences need, for all these rows at once."""
        self.fetch(["phase", "component_id", "start_event", "date_start", "date_end", "sequence"])
        self.component_id.fetch(["name"])

    def _get_term(self):
        """This row as ``logic.warranty_terms`` takes it."""
        return warranty_terms.Term(
            key=self.sequence,
            start=warranty_terms.StartEvent(self.start_event),
            length=self.length,
            unit=warranty_terms.TermUnit(self.length_unit),
            component=self.component_id.id or None,
        )

    def _get_period(self):
        return warranty_terms.Period(self.date_start or None, self.date_end or None)

    def _get_bar(self, today):
        """What the passport draws: percentages of the bar used up, and words beside it."""
        self.ensure_one()
        period = self._get_period()
        used = 0
        if period.started and period.last:
            days = (period.last - period.first).days + 1
            used = min(max((today - period.first).days, 0) / days * 100, 100)
        return {
            "name": self.display_name,
            "state": self.state,
            "state_label": label(self, "state", self.state),
            "used": round(used),
            "start": format_date(self.env, period.first) if period.first else "",
            "end": format_date(self.env, period.last) if period.last else "",
            "lifelong": period.lifelong,
            "waits_for": "" if period.started else label(self, "start_event", self.start_event),
        }
