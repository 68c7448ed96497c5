from odoo import models
from odoo.tools.misc import format_date

from ..logic import coverage as rules
from .vocabulary import label


class AftersalesUnit(models.Model):
    """Judging units: gather the facts, ask the rules, put the reason into words.

    What is known of a fault travels as keyword arguments, all of them optional: ``component``,
    ``cause`` and ``fault`` (records), ``doubtful`` (nobody here can tell), ``ruling`` (a value of
    ``vocabulary.RULINGS``: what a person decided), ``repaired`` (the earlier repair whose own
    warranty answers for the fault).
    """

    _inherit = "aftersales.unit"

    def _decide(self, on, **known):
        """Judge every unit for a fault on a day: ``{unit: logic.coverage.Decision}``.

        Reads in batch: the number of queries does not depend on the number of units.
        """
        # in one go: the ORM alone would read a thousand at a time
        units = self.sudo()._origin
        units.fetch(["version_id", "date_ended", "is_sold_by_us", "has_proof", "coverage_ids"])
        units.coverage_ids._read_ahead()
        fault_facts = self._prepare_fault_facts(**known)
        conditions = {version: version._get_conditions() for version in self.sudo().version_id}
        return {
            unit: rules.decide(
                rules.Facts(
                    on=on,
                    covers=unit._get_covers(),
                    ended=unit.date_ended or None,
                    eligible=unit._is_eligible(),
                    **conditions.get(unit.sudo().version_id, {}),
                    **fault_facts,
                )
            )
            for unit in self
        }

    def _prepare_fault_facts(
        self, component=None, cause=None, fault=None, doubtful=False, ruling=None, repaired=None
    ):
        return {
            "component": component.id if component else None,
            "cause": cause.id if cause else None,
            "fault": fault.id if fault else None,
            "doubtful": bool(doubtful),
            "ruling": rules.Reason(ruling) if ruling else None,
            "repaired": bool(repaired),
        }

    def _get_covers(self):
        return [
            rules.Cover(
                key=row.id,
                phase=rules.Phase(row.phase),
                period=row._get_period(),
                component=row.component_id.id or None,
            )
            for row in self.sudo().coverage_ids
        ]

    def _is_eligible(self):
        """Whether the promise holds for this unit at all (C16)."""
        self.ensure_one()
        version = self.sudo().version_id
        demanded = version.payload["eligibility"] if version else "any"
        return {
            "any": True,
            "sold": self.is_sold_by_us,
            "proof": self.has_proof,
        }[demanded]

    # === WORDS === #

    def _explain(self, decision, on, **known):
        """The reason of a decision as one sentence with dates, in the user's language."""
        self.ensure_one()
        key = decision.cover and decision.cover.key
        rows = self.sudo().coverage_ids
        row = next((row for row in rows if row.id == key), rows.browse())
        by_repair = decision.reason == rules.Reason.REPAIR_WARRANTY
        repaired = known.get("repaired")
        facts = {
            "cover": row,
            "start": repaired.aftersales_warranty_start if by_repair else row.date_start,
            "end": repaired.aftersales_warranty_end if by_repair else row.date_end,
            "event": self._get_waited_event(row),
            "ended": self.date_ended,
        }
        return self._put_into_words(decision.reason, on, **facts, **known)

    def _get_waited_event(self, row):
        """The event a term waits for; phases that follow wait for the first one's."""
        if row.start_event != "previous":
            return row.start_event
        same = self.sudo().coverage_ids.filtered(
            lambda other: other.component_id == row.component_id
        )
        return same[:1].start_event

    def _put_into_words(
        self,
        reason,
        on,
        *,
        cover,
        start,
        end,
        event,
        ended,
        component=None,
        cause=None,
        fault=None,
        repaired=None,
        **_known,
    ):
        def day(value):
            return format_date(self.env, value) if value else ""

        words = {
            "cover": cover.display_name or "",
            "start": day(start),
            "end": day(end),
            "on": day(on),
            "event": label(cover, "start_event", event),
            "cause": cause.name if cause else "",
            "fault": fault.name if fault else "",
            "component": component.name if component else "",
            "ended": day(ended),
            # superuser: its number and days are part of the promise
            "repair": repaired.sudo().name if repaired else "",
        }
        return self._get_reason_sentences(words, endless=bool(start) and not end)[reason]

    def _get_reason_sentences(self, words, endless):
        """A sentence for every reason; those about a cover for life name no end."""
        covered, excluded = (
            (
                self.env._("Covered: %(cover)s from %(start)s for life.", **words),
                self.env._(
                    "%(cover)s runs for life, but the cause “%(cause)s” is excluded.", **words
                ),
            )
            if endless
            else (
                self.env._("Covered: %(cover)s from %(start)s to %(end)s.", **words),
                self.env._(
                    "%(cover)s runs to %(end)s, but the cause “%(cause)s” is excluded.", **words
                ),
            )
        )
        return {
            rules.Reason.COVERED: covered,
            rules.Reason.EXCLUDED: excluded,
            **self._get_calendar_sentences(words),
            **self._get_fact_sentences(words),
            **self._get_ruling_sentences(words),
        }

    def _get_calendar_sentences(self, words):
        return {
            rules.Reason.NO_TERMS: self.env._("No warranty was promised for this unit."),
            rules.Reason.AFTERCARE: self.env._(
                "%(cover)s since %(start)s: we serve it, at the agreed price.", **words
            ),
            rules.Reason.EXPIRED: self.env._(
                "Not covered: %(cover)s ended on %(end)s; the day judged is %(on)s.", **words
            ),
            rules.Reason.NOT_STARTED: self.env._(
                "%(cover)s has not started: the date of “%(event)s” is not recorded yet.", **words
            ),
            rules.Reason.BEFORE_START: self.env._(
                "%(on)s lies before %(cover)s began on %(start)s. Check the date of failure.",
                **words,
            ),
            rules.Reason.ENDED: self.env._(
                "Cover ended on %(ended)s with this unit's return or replacement.", **words
            ),
        }

    def _get_fact_sentences(self, words):
        return {
            rules.Reason.COMPONENT_NEEDED: self.env._(
                "The promise differs by component. Say which component failed."
            ),
            rules.Reason.COMPONENT_WITHOUT_TERM: self.env._(
                "Nothing was promised for the component %(component)s.", **words
            ),
            rules.Reason.INELIGIBLE: self.env._(
                "The promise does not hold for this unit: it was not sold by us, or the proof of "
                "purchase is missing."
            ),
            rules.Reason.FAULT_NEEDED: self.env._(
                "The promise names the faults it covers. Say which fault it is."
            ),
            rules.Reason.FAULT_NOT_LISTED: self.env._(
                "The promise names the faults it covers; “%(fault)s” is none of them.", **words
            ),
            rules.Reason.DOUBTFUL: self.env._(
                "We cannot tell whether it is covered: the maker or a manager has to decide."
            ),
        }

    def _get_ruling_sentences(self, words):
        return {
            rules.Reason.APPROVED: self.env._("Covered: approved by the maker or a manager."),
            rules.Reason.REJECTED: self.env._("Not covered: the maker or a manager declined."),
            rules.Reason.GOODWILL: self.env._("Free by goodwill, although not owed."),
            rules.Reason.REFUSED: self.env._("Not covered: refused by a manager."),
            rules.Reason.CHARGED: self.env._(
                "%(cover)s runs to %(end)s, but what was promised charges a part of it.", **words
            ),
            rules.Reason.REPAIR_WARRANTY: self.env._(
                "Covered: warranty on repair %(repair)s from %(start)s to %(end)s.", **words
            ),
            rules.Reason.FREE_BY_RULE: self.env._(
                "Free: what was promised says so, although the warranty does not cover it."
            ),
        }
