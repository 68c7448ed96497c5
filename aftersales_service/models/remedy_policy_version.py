from odoo import fields, models

from ..logic import remedy as rules
from ..logic.warranty_terms import StartEvent
from .remedy_policy_tier import make_window

#: Which field of the wording demands which evidence.
EVIDENCE_FIELDS = {
    rules.Evidence.INSPECTION_SHEET: "needs_inspection_sheet",
    rules.Evidence.PROOF: "needs_proof",
    rules.Evidence.DESCRIPTION: "needs_description",
}


class AftersalesRemedyPolicyVersion(models.Model):
    """The wording of a remedy policy at one moment, as it was promised with an order or a unit."""

    _name = "aftersales.remedy.policy.version"
    _description = "Frozen Wording of a Remedy Policy"
    _inherit = ["aftersales.promise.version"]
    _order = "policy_id, id desc"
    _rec_name = "policy_id"

    policy_id = fields.Many2one(
        "aftersales.remedy.policy", required=True, ondelete="restrict", index=True
    )

    _wording_unique = models.UniqueIndex(
        "(policy_id, digest)", "This wording of the policy is already kept."
    )

    def _get_names(self, kind):
        """Ids of the causes, faults or kinds of goods that the wording names."""
        return {
            "cause": set(self.payload["excluded"]),
            "fault": set(self.payload["faults"]),
            "goods.kind": {kind_id for kind_id, _rule in self.payload["kinds"]},
        }[kind]

    # === RULES === #

    def _get_terms(self, warranty=None):
        """The wording as ``logic.remedy`` takes it; None where nothing was promised.

        ``warranty`` is the frozen wording of the warranty promised with it: causes that one
        excludes give no remedy either, and faults it lists are listed here, too. The key of a tier
        is its position in the wording.
        """
        if not self:
            return None
        payload, promised = self.payload, warranty.payload if warranty else {}
        listed = payload["faults"] or promised.get("faults")
        return rules.Terms(
            tiers=tuple(
                self._get_tier(position, tier) for position, tier in enumerate(payload["tiers"])
            ),
            ladder=self._get_ladder(),
            evidence=frozenset(
                evidence for evidence, field in EVIDENCE_FIELDS.items() if payload[field]
            ),
            intact=rules.Intact(payload["needs_intact"]),
            excluded=frozenset([*payload["excluded"], *promised.get("excluded", ())]),
            listed=frozenset(listed) if listed else None,
            kinds={kind: rules.KindRule(rule) for kind, rule in payload["kinds"]},
            batch_test=payload["needs_batch_test"],
            tampered_repair_only=payload["tampered_repair_only"],
            basis=rules.Basis(payload["refund_basis"]),
            accessory_basis=rules.Basis(payload["accessory_refund_basis"]),
            refund_days=payload["refund_days"],
            free_trainings=payload["free_trainings"],
            approval=payload["needs_approval"],
        )

    def _get_tier(self, position, tier):
        def optional(make, value):
            return value and make(value)

        return rules.Tier(
            key=position,
            why=rules.Why(tier["why"]),
            remedies=frozenset(map(rules.Remedy, tier["remedies"])),
            window=make_window(tier),
            start=StartEvent(tier["start"]),
            channel=optional(rules.Channel, tier["channel"]),
            part=optional(rules.Part, tier["part"]),
            bought_from=optional(fields.Date.to_date, tier["bought_from"]),
            bought_until=optional(fields.Date.to_date, tier["bought_until"]),
            freight=optional(rules.Payer, tier["freight"]),
            work=optional(rules.Payer, tier["work"]),
        )

    def _get_ladder(self):
        payload = self.payload
        return rules.Ladder(
            scope=rules.Scope(payload["ladder_scope"]),
            repairs_before_exchange=payload["repairs_before_exchange"],
            exchanges_before_refund=payload["exchanges_before_refund"],
            accessory_exchanges_before_refund=payload["accessory_exchanges_before_refund"],
            exchange_days=payload["exchange_days"],
            exchange_irreparable=payload["exchange_irreparable"],
            exchange_late=payload["exchange_late"],
            refund_nonconforming=payload["refund_nonconforming"],
        )
