import base64
import io
from collections import Counter

import qrcode

from odoo import models

from ..logic.warranty_terms import FREE_PHASES, NO_EXTENSION, schedule
from .acceptance import DATE_FIELDS, KINDS_OF_EVENTS
from .coverage import EVENT_FIELDS
from .vocabulary import label


class AftersalesUnit(models.Model):
    """What covers a unit: the rows made once, the events that place them, what lengthens them."""

    _inherit = "aftersales.unit"

    # === COVERAGE === #

    def _create_coverage(self):
        """Make the coverage rows that the frozen wording promises these units, in one batch."""
        rows = []
        for version, units in self.grouped("version_id").items():
            if not version:
                continue
            promised = list(version.sudo()._get_terms_by_phase())
            terms = [term for term, _phase in promised]
            placed = {}  # a delivery of a hundred serials has one day: placed once
            for unit in units:
                events = unit._get_event_dates()
                days = tuple(events.values())
                if days not in placed:
                    placed[days] = schedule(terms, events)
                rows += unit._prepare_coverage(promised, placed[days])
        # superuser: who may register a unit need not be allowed to write promises by hand
        self.env["aftersales.coverage"].sudo().create(rows)

    def _prepare_coverage(self, promised, periods):
        return [
            {
                "unit_id": self.id,
                "sequence": term.key,
                "component_id": term.component,
                "phase": phase,
                "length": term.length,
                "length_unit": term.unit.value,
                "start_event": term.start.value,
                "date_start": periods[term.key].first,
                "date_end": periods[term.key].last,
            }
            for term, phase in promised
        ]

    # === EVENTS === #

    def _get_event_dates(self):
        """When what happened, as far as it starts this unit's cover.

        A unit given in exchange carries over the dates of the one it replaces, or starts anew on
        the day it was delivered, whatever its promise waits for (R05.02).
        """
        self.ensure_one()
        if self.exchange_rule == "carry":
            return self.replaces_id._get_event_dates()
        if self.exchange_rule == "restart":
            return dict.fromkeys(EVENT_FIELDS, self.date_delivered or None)
        return {event: self[field] or None for event, field in EVENT_FIELDS.items()}

    def _get_grants(self):
        """What lengthened each term, by its place in the wording; carried over by an exchange."""
        grants = self.extension_ids._get_grants()
        if self.exchange_rule == "carry":
            for place, carried in self.replaces_id._get_grants().items():
                grants[place] = grants.get(place, NO_EXTENSION) + carried
        return grants

    def _get_downtime(self):
        """Spans away from the customer that the promise gives back; none where it does not."""
        if not self.sudo().version_id._gives_downtime_back():
            return []
        spans = self.extension_ids._get_downtime()
        if self.exchange_rule == "carry":
            spans += self.replaces_id._get_downtime()
        return spans

    def _get_phase(self, instant):
        """The phase of cover of the whole product at an instant, “out” where nothing covers it."""
        day = self and self._get_local_date(instant)
        running = [
            row.phase
            for row in self.coverage_ids
            if not row.component_id and row._get_period().covers(day)
        ]
        if self.date_ended and self.date_ended <= day:
            running = []
        return min(running, key=lambda phase: phase not in FREE_PHASES, default="out")

    def _get_missing_event(self):
        """In words, what the first phase waits for; False when it waits for nothing."""
        self.ensure_one()
        waiting = self.coverage_ids.filtered(lambda row: not row.date_start)[:1]
        return waiting and label(waiting, "start_event", waiting.start_event)

    # === EXTENSIONS === #

    def _get_extensible_term(self):
        """The term of the whole product that a purchased extension lengthens."""
        return self.coverage_ids.filtered(
            lambda row: (
                not row.component_id
                and row.phase in ("warranty", "extension")
                and row.length_unit != "lifetime"
            )
        )[-1:]

    def action_extend(self):
        """Enter an extension of the cover, with its reason, in a dialog."""
        self.ensure_one()
        manager = self.env.user.has_group("aftersales_service.group_aftersales_manager")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Extend Cover"),
            "res_model": "aftersales.coverage.extension",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_unit_id": self.id,
                # what this user may enter: goodwill is a manager's
                "default_kind": "goodwill" if manager else "downtime",
                "default_coverage_id": self._get_extensible_term().id,
            },
        }

    # === ACCEPTANCE === #

    def action_record_acceptance(self):
        """Record what the customer accepted, in a dialog."""
        return self._get_acceptance_action(self.sale_order_id[:1])

    def _get_acceptance_action(self, order):
        customer = self.partner_id[:1] or order.partner_id
        dialog = self.env.ref("aftersales_service.aftersales_acceptance_view_form_dialog")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Acceptance"),
            "res_model": "aftersales.acceptance",
            "views": [(dialog.id, "form")],
            "target": "new",
            "context": {
                "default_kind": self._get_awaited_kind() or "acceptance",
                "default_partner_id": customer.id,
                "default_order_id": order.id,
                "default_company_id": (self.company_id[:1] or order.company_id).id,
                "default_unit_ids": self.ids,
            },
        }

    def _get_awaited_kind(self):
        """The kind of acceptance that most of these units wait for next; False where none does."""
        waits = Counter()
        for unit in self:
            kinds = (
                KINDS_OF_EVENTS.get(unit._get_waited_event(row))
                for row in unit.coverage_ids
                if not row.date_start
            )
            waits.update([kind for kind in kinds if kind and not unit[DATE_FIELDS[kind]]][:1])
        return waits.most_common(1)[0][0] if waits else False

    def _follow_acceptances(self):
        """Take over the dates of recorded acceptances: the latest entered of each kind counts."""
        for unit in self.sudo():
            recorded = unit.acceptance_ids.filtered(lambda doc: doc.state == "recorded")
            for kind, field in DATE_FIELDS.items():
                documents = recorded.filtered(lambda doc, kind=kind: doc.kind == kind)
                day = documents.sorted("id")[-1:].date
                if unit[field] != day and (documents or unit._was_accepted_by_document(kind)):
                    unit[field] = day
        self._announce_cover()

    def _was_accepted_by_document(self, kind):
        """Whether the date came from an acceptance: then it goes with it."""
        return any(doc.kind == kind for doc in self.acceptance_ids if doc.state == "cancelled")

    # === TELLING THE CUSTOMER === #

    def _announce_cover(self):
        """Mail those whose cover has begun, once, where their plan asks for it."""
        today = self._get_today()
        begun = self.filtered(
            lambda unit: (
                unit.plan_id.start_template_id
                and not unit.is_announced
                and unit.cover_start
                and unit.cover_start <= today
            )
        )
        for template, units in begun.grouped(lambda unit: unit.plan_id.start_template_id).items():
            template.sudo().send_mail_batch(units.ids)
        begun.sudo().is_announced = True

    def _get_qr_code(self):
        """The serial as a picture to scan, ready for the ``src`` of an image."""
        self.ensure_one()
        picture = io.BytesIO()
        qrcode.make(self.name, border=0).save(picture, format="PNG")
        return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
