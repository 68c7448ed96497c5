from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..logic import remedy as rules
from .coverage import EVENT_FIELDS
from .remedy_vocabulary import PURCHASE_CHANNELS

#: What is known of a case that the rules take as it is; see ``logic.remedy.Facts``.
CASE_FACTS = frozenset(
    {
        "failed",
        "is_intact",
        "is_unsealed",
        "is_irreparable",
        "is_repair_late",
        "trainings",
        "insists",
        "exchange_asked",
        "exchange_due",
        "goods_here",
        "goods_back",
        "ended",
    }
)
#: The same for those that have a type of their own.
TYPED_FACTS = {
    "channel": rules.Channel,
    "finding": rules.Finding,
    "batch": rules.BatchFinding,
    "agreed_freight": rules.Payer,
}


class AftersalesUnit(models.Model):
    """What a customer may ask for about a unit: gather the facts, ask the rules.

    What is known of a case travels as keyword arguments, all of them optional: ``component``,
    ``cause`` and ``fault`` (records), ``doubtful`` and ``ruling`` (about the warranty, as
    ``_decide`` takes them), ``has_description``, and those of CASE_FACTS and TYPED_FACTS.
    """

    _inherit = "aftersales.unit"

    remedy_version_id = fields.Many2one(
        "aftersales.remedy.policy.version",
        string="Promised Remedies",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    remedy_summary = fields.Text(related="remedy_version_id.summary", string="Promised in Returns")
    purchase_channel = fields.Selection(
        PURCHASE_CHANNELS,
        string="How It Was Bought",
        compute="_compute_purchase_channel",
        store=True,
        readonly=False,
        precompute=True,
        help="Some rights hold for distance sales alone.",
    )

    @api.depends("sale_line_id.order_id.aftersales_channel")
    def _compute_purchase_channel(self):
        """As the order says; where it does not, what somebody entered."""
        for unit in self:
            ordered = unit.sudo().sale_line_id.order_id.aftersales_channel
            unit.purchase_channel = ordered or unit.purchase_channel

    # === THE PROMISE, FROZEN === #

    def _freeze_versions(self):
        res = super()._freeze_versions()
        without = self.filtered(
            lambda unit: not (unit.sale_line_id or unit.remedy_version_id) and unit.plan_id
        )
        policies = without.sudo().plan_id.remedy_policy_id
        versions = policies._current_versions() if policies else {}
        for policy, units in without.grouped(
            lambda unit: unit.sudo().plan_id.remedy_policy_id
        ).items():
            if policy:
                # superuser: the wording is frozen by the addon, never entered
                units.sudo().remedy_version_id = versions[policy]
        return res

    def _prepare_unit(self, line, counters, former, dates):
        """The channel is named, since computing it for each unit would cost more than the unit."""
        values = super()._prepare_unit(line, counters, former, dates)
        sale_line = line.move_id.sale_line_id
        values["purchase_channel"] = sale_line.order_id.aftersales_channel
        if promised := sale_line.aftersales_remedy_version_id:
            values["remedy_version_id"] = promised.id
        return values

    @api.model
    def _refuse_forged(self, vals_list):
        """The remedies promised with a unit are nobody's to write either."""
        if any(vals.get("remedy_version_id") for vals in vals_list):
            raise UserError(
                self.env._("Promised remedies follow from the service plan and cannot be entered.")
            )
        return super()._refuse_forged(vals_list)

    def _refuse_other_promise(self, plan_id):
        promised = self.filtered(lambda unit: unit.remedy_version_id and unit.plan_id.id != plan_id)
        if promised:
            raise UserError(
                self.env._(
                    "%(unit)s was sold with other rights, which stay as they were. Grant goodwill "
                    "instead of changing the plan.",
                    unit=promised[0].display_name,
                )
            )
        return super()._refuse_other_promise(plan_id)

    # === JUDGING === #

    def _decide_remedies(self, on, why="quality", *, component=None, **known):
        """Judge every unit on a day: ``{unit: logic.remedy.Decision}``.

        ``on`` is the customer's date of the request, ``why`` the customer's reason (a value of
        ``logic.remedy.Why``), ``known`` see the class. Reads in batch: the number of queries does
        not depend on the number of units, only on that of different accessories among them.
        """
        self.sudo()._origin._read_remedy_facts()
        decisions = {}
        # a unit that is itself an accessory is judged as one
        for part, units in self.grouped(
            lambda unit: component or unit.sudo().product_id.aftersales_component_id
        ).items():
            decisions |= units._decide_remedies_of(part, on, why, **known)
        return {unit: decisions[unit] for unit in self}

    def _decide_remedies_of(self, component, on, why, *, has_description=False, **known):
        case = self._prepare_case_facts(**known)
        failed = case.get("failed") or on
        concern = {"fault": known.get("fault"), "component": component}
        judged = {name: known.get(name) for name in ("cause", "doubtful", "ruling")}
        warranties = self._decide(failed, **concern, **judged)
        terms = self._get_remedy_terms()
        counts = self._get_remedy_counts(terms, failed, **concern)
        stock = self.filtered(
            lambda unit: terms[unit] and terms[unit].batch_test
        )._get_batch_stock()
        kinds = self.product_id._aftersales_goods_kinds()
        decisions = {}
        for unit in self:
            facts = {
                "on": on,
                "why": rules.Why(why),
                "warranty": warranties[unit],
                "counts": counts[unit],
                "batch_in_stock": stock.get(unit),
                "kind": kinds[unit.product_id].id or None,
                **unit._get_remedy_facts(terms[unit], component, has_description),
                **case,
            }
            decisions[unit] = rules.decide(terms[unit], rules.Facts(**facts))
        return decisions

    def _read_remedy_facts(self):
        """Read what the judgement needs in one go; the ORM alone reads a thousand at a time."""
        self.fetch(
            [
                *EVENT_FIELDS.values(),
                "remedy_version_id",
                "version_id",
                "purchase_channel",
                "is_tampered",
                "has_proof",
                "product_id",
                "lot_id",
                "is_serial",
                "sale_line_id",
                "replaces_id",
                "exchange_rule",
                "date_ended",
            ]
        )

    @api.model
    def _prepare_case_facts(self, fault=None, cause=None, doubtful=None, ruling=None, **known):
        """What is known of the case, as the rules take it; what nobody knows is left out."""
        unknown = known.keys() - CASE_FACTS - TYPED_FACTS.keys()
        if unknown:
            raise TypeError(f"The remedy rules take no {', '.join(sorted(unknown))}.")
        facts = {name: known[name] for name in CASE_FACTS & known.keys()}
        for name, make in TYPED_FACTS.items():
            if known.get(name):
                facts[name] = make(known[name])
        return facts | {
            "fault": fault.id if fault else None,
            "cause": cause.id if cause else None,
        }

    def _get_remedy_terms(self):
        """What was promised with each unit, each wording read once: ``{unit: Terms or None}``."""
        terms = {}
        for units in self.grouped(
            lambda unit: (unit.sudo().remedy_version_id, unit.sudo().version_id)
        ).values():
            promised = units[0].sudo()
            read = promised.remedy_version_id._get_terms(promised.version_id)
            terms |= dict.fromkeys(units, read)
        return terms

    def _get_remedy_facts(self, terms, component, has_description):
        """What the unit itself knows."""
        self.ensure_one()
        unit = self.sudo()
        accessory = component and component.kind == "accessory" and terms
        brought = {
            rules.Evidence.PROOF: unit.has_proof,
            rules.Evidence.DESCRIPTION: has_description,
        }
        line = unit.sale_line_id
        freight = line.order_id.aftersales_return_freight
        channel = unit.purchase_channel
        return {
            "starts": unit._get_event_dates(),
            "channel": rules.Channel(channel) if channel else None,
            "bought": unit.date_ordered or unit.date_invoiced or unit.date_delivered or None,
            "part": rules.Part.ACCESSORY
            if accessory and terms.splits_accessories
            else rules.Part.MAIN,
            "is_bundled": not unit.product_id.aftersales_component_id,
            "cover": rules.free_cover(unit._get_covers(), component.id or None),
            "evidence": frozenset(evidence for evidence, seen in brought.items() if seen),
            "is_tampered": unit.is_tampered,
            "is_confirmed": line.aftersales_is_confirmed,
            "agreed_freight": rules.Payer(freight) if freight else None,
            "ended": unit.date_ended or None,
        }

    def _get_batch_stock(self):
        """Whether goods of the same batch are on the shelf (R16.08): ``{unit: bool}``.

        Units without a batch number are left out: nobody knows.
        """
        batches = self.filtered(lambda unit: unit.lot_id and not unit.is_serial)
        if not batches:
            return {}
        # superuser: who takes a complaint need not see the stock to know that there is some
        Quant = self.env["stock.quant"].sudo()
        shelves = Domain("location_id.usage", "=", "internal")
        rows = Quant._read_group(
            shelves & Domain("lot_id", "in", batches.lot_id.ids),
            ["lot_id", "company_id"],
            ["quantity:sum"],
        )
        held = {(lot.id, company.id) for lot, company, quantity in rows if quantity > 0}
        return {unit: (unit.lot_id.id, unit.company_id.id) in held for unit in batches}

    # === WHAT WAS DONE BEFORE === #

    def _get_remedy_counts(self, terms, failed, component=None, fault=None):
        """What was done about each unit (or an accessory of it) before a fault: ``{unit: Counts}``.

        ``terms`` as ``_get_remedy_terms`` gives them; ``failed`` is the day of the present fault.
        """
        accessory = component if component and component.kind == "accessory" else None
        attempts = self._get_attempts(failed, accessory)
        return {
            unit: rules.count(
                attempts[unit],
                fault=fault.id if fault else None,
                excluded=terms[unit].excluded if terms[unit] else frozenset(),
                listed=terms[unit].listed if terms[unit] else None,
            )
            for unit in self
        }

    def _get_attempts(self, failed, accessory):
        """Done repairs and exchanges before a fault, of an accessory or of all but accessories.

        A repair counts for what showed before: one of the present fault is not an earlier one.
        """
        attempts = defaultdict(list)
        for unit_id, repairs in self._find_done_jobs().items():
            for repair in repairs:
                part = repair._aftersales_get_fact("component_id")
                job = repair._aftersales_as_job()
                if (part if part.kind == "accessory" else None) != accessory:
                    continue
                if not job.repaired_on or job.failed_on >= failed:
                    continue
                attempts[unit_id].append(
                    rules.Attempt(
                        fault=job.fault,
                        cause=repair._aftersales_get_fact("cause_id").id or None,
                        # an accessory is not repaired but replaced
                        exchanged=bool(accessory) and repair._aftersales_has_added_part(),
                    )
                )
        if not accessory:
            for unit_id, exchanges in self._get_exchanges().items():
                attempts[unit_id] += exchanges
        return {unit: attempts[unit._origin.id] for unit in self}

    def _get_exchanges(self):
        """The exchanges that led to each unit, each with what was wrong: ``{id: attempts}``."""
        self.env["aftersales.unit"].flush_model(["replaces_id", "exchange_rule"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE chain (unit_id, former_id) AS (
                    SELECT id, replaces_id
                      FROM aftersales_unit
                     WHERE id = ANY(%(units)s)
                       AND replaces_id IS NOT NULL
                       AND exchange_rule IS NOT NULL
                     UNION
                    SELECT chain.unit_id, former.replaces_id
                      FROM chain
                      JOIN aftersales_unit former ON former.id = chain.former_id
                     WHERE former.replaces_id IS NOT NULL
                       AND former.exchange_rule IS NOT NULL
                )
                SELECT unit_id, former_id FROM chain
                """,
                units=self.ids,
            )
        )
        if not rows:
            return {}
        claims = self.env["aftersales.claim"].sudo()
        others = self._get_faults_of_exchanges([former for _unit, former in rows])
        last = {
            claim.unit_id.id: claim
            for claim in claims.search(
                [
                    ("unit_id", "in", [former for _unit, former in rows]),
                    ("state", "!=", "cancelled"),
                ],
                order="date_failure, id",
            )
        }
        exchanges = defaultdict(list)
        for unit_id, former_id in rows:
            case = last.get(former_id) or others.get(former_id, claims)
            exchanges[unit_id].append(
                rules.Attempt(case.fault_id.id or None, case.cause_id.id or None, exchanged=True)
            )
        return exchanges

    @api.model
    def _get_faults_of_exchanges(self, former_ids):
        """What was wrong with exchanged units that have no claim: ``{unit id: record}``."""
        return {}
