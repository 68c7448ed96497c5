from datetime import datetime, time

from odoo import api, fields, models
from odoo.tools.misc import format_date

from .vocabulary import label

#: Icons say what kind of thing happened; the sentence beside them says what.
ICONS = {
    "date_ordered": "fa-shopping-cart",
    "date_shipped": "fa-truck",
    "date_delivered": "fa-home",
    "date_invoiced": "fa-file-text-o",
    "date_accepted": "fa-check-square-o",
    "date_handed_over": "fa-handshake-o",
    "date_commissioned": "fa-power-off",
    "date_ended": "fa-ban",
}


class AftersalesUnit(models.Model):
    """The passport: everything that happened to a unit, and what covers it."""

    _inherit = "aftersales.unit"

    timeline_html = fields.Html(compute="_compute_timeline_html", sanitize=False)
    coverage_html = fields.Html(compute="_compute_coverage_html", sanitize=False)

    @api.depends_context("lang", "tz", "uid")
    @api.depends("coverage_ids.date_end", "state", "repair_ids.state", "request_ids.state")
    def _compute_timeline_html(self):
        for unit in self:
            events = unit._origin._get_timeline() if unit._origin else []
            unit.timeline_html = self.env["ir.qweb"]._render(
                "aftersales_service.unit_timeline", {"events": events}
            )

    @api.depends_context("lang", "tz")
    @api.depends("coverage_ids.date_start", "coverage_ids.date_end", "date_ended")
    def _compute_coverage_html(self):
        today = self._get_today()
        for unit in self:
            unit.coverage_html = self.env["ir.qweb"]._render(
                "aftersales_service.unit_coverage_bars",
                {"bars": [row._get_bar(today) for row in unit.coverage_ids]},
            )

    def _get_timeline(self):
        """What happened, newest first: dicts of date (in words), icon, title, text, model, id.

        Other contexts add their events by extending ``_get_timeline_events``.
        """
        self.ensure_one()
        events = sorted(self._get_timeline_events(), key=lambda event: event["at"])
        events.reverse()  # those of one day, too
        today = fields.Date.context_today(self)
        for event in events:
            event["future"] = event["at"].date() > today
            event["day"] = format_date(self.env, event["at"].date())
        return events

    def _get_timeline_events(self):
        return [
            *self._get_date_events(),
            *self._get_cover_events(),
            *self._get_goods_events(),
            *self._get_promise_events(),
            *self._get_case_events(),
        ]

    def _timeline_event(self, at, icon, title, text="", record=None):
        if isinstance(at, datetime):
            # instants are shown, and put in order, as the user's local time
            at = fields.Datetime.context_timestamp(self, at).replace(tzinfo=None)
        else:
            at = datetime.combine(at, time.min)
        linked = bool(record) and self._may_open(record)
        return {
            "at": at,
            "icon": icon,
            "title": title,
            "text": text or "",
            "model": linked and record._name,
            "id": linked and record.id,
        }

    def _may_open(self, record):
        """Whether a link to a document leads the user anywhere but to a refusal."""
        if record._name == "sale.order" and not self.env.user.has_group(
            "sales_team.group_sale_salesman"
        ):
            return False  # others may read orders, but their form reads invoices, too
        return record.with_env(self.env).has_access("read")

    def _get_date_events(self):
        sources = {
            "date_ordered": self.sale_order_id,
            "date_shipped": self.sudo().move_line_id.picking_id,
        }
        for field, icon in ICONS.items():
            if self[field]:
                source = sources.get(field)
                title = self._fields[field]._description_string(self.env)
                yield self._timeline_event(
                    self[field], icon, title, source.sudo().name if source else "", source
                )

    def _get_cover_events(self):
        for row in self.coverage_ids.filtered("date_start"):
            yield self._timeline_event(
                row.date_start, "fa-shield", self.env._("%s begins", row.display_name)
            )
            if row.date_end:
                yield self._timeline_event(
                    row.date_end, "fa-shield", self.env._("%s: last covered day", row.display_name)
                )

    def _get_goods_events(self):
        """Returns and re-deliveries, read with superuser rights: only where the unit was."""
        move = self.sudo().move_line_id.move_id
        lines = [
            line for _root, each in move._aftersales_walk_journeys() for line in each.move_line_ids
        ]
        for line in lines:
            if self.is_serial and line.lot_id != self.lot_id:
                continue
            out = line.location_dest_id.usage == "customer"
            yield self._timeline_event(
                line.move_id.date,
                "fa-truck" if out else "fa-reply",
                self.env._("Delivered again") if out else self.env._("Came back"),
                line.picking_id.name,
                line.picking_id,
            )

    def _get_promise_events(self):
        """What lengthened the promise, and which units took each other's place."""
        for row in self.extension_ids.filtered(lambda row: row.state == "active"):
            title = self.env._("Cover extended by %s", row.extent)
            yield self._timeline_event(row.date, "fa-plus-square-o", title, row.reason)
        for new in self.replaced_by_ids:
            title = self.env._("Replaced by %s", new.name)
            day = new.date_delivered or new.create_date
            yield self._timeline_event(day, "fa-exchange", title, "", new)
        if self.replaces_id:
            title = self.env._("Takes the place of %s", self.replaces_id.name)
            day = self.date_delivered or self.create_date
            yield self._timeline_event(day, "fa-exchange", title, "", self.replaces_id)
        for claim in self._get_readable("claim_ids").filtered("ruling"):
            title = self.env._(
                "Claim %(claim)s: %(ruling)s",
                claim=claim.name,
                ruling=label(claim, "ruling", claim.ruling),
            )
            yield self._timeline_event(
                claim.date_ruled or claim.write_date, "fa-gavel", title, claim.ruling_reason, claim
            )

    def _get_case_events(self):
        """Requests and repairs the user may see."""
        for request in self._get_readable("request_ids"):
            yield self._timeline_event(
                request.date_reported,
                "fa-life-ring",
                self.env._("Reported: %s", request.title),
                request.coverage_sentence,
                request,
            )
            if request.date_resolved:
                yield self._timeline_event(
                    request.date_resolved,
                    "fa-check",
                    self.env._("Resolved: %s", request.title),
                    "",
                    request,
                )
        for repair in self._get_readable("repair_ids"):
            yield self._timeline_event(
                repair.move_id.date or repair.create_date,
                "fa-wrench",
                self.env._(
                    "Repair %(repair)s: %(state)s",
                    repair=repair.name,
                    state=label(repair, "state", repair.state),
                ),
                ", ".join(repair.move_ids.product_id.mapped("display_name")),
                repair,
            )

    def _get_readable(self, field):
        """Linked records as far as the user may read them; none is no reason to refuse the page."""
        return self.sudo()[field].sudo(self.env.su)._filtered_access("read")
