from odoo import api, fields, models

from ..logic import coverage, warranty_terms


class AftersalesWarrantyPolicyVersion(models.Model):
    """The wording of a warranty policy at one moment, as it was promised to somebody.

    1. An order is confirmed: the policy of each line is frozen; the same wording is kept once,
       however many orders rely on it.
    2. The goods arrive: the unit's coverage is built from the frozen wording.
    3. A fault is judged by the frozen charge rules and exclusions, whatever the policy says today.
    """

    _name = "aftersales.warranty.policy.version"
    _description = "Frozen Wording of a Warranty Policy"
    _inherit = ["aftersales.promise.version"]
    _order = "policy_id, id desc"
    _rec_name = "policy_id"

    policy_id = fields.Many2one(
        "aftersales.warranty.policy", required=True, ondelete="restrict", index=True
    )
    terms = fields.Text(compute="_compute_terms")

    _wording_unique = models.UniqueIndex(
        "(policy_id, digest)", "This wording of the policy is already kept."
    )

    @api.depends_context("lang")
    @api.depends("payload")
    def _compute_terms(self):
        Policy = self.env["aftersales.warranty.policy"]
        for version in self:
            version.terms = Policy._describe(version.payload["terms"])

    def _get_names(self, kind):
        """Ids of the components, causes or faults that the wording names."""
        payload = self.payload
        return {
            "component": {term["component"] for term in payload["terms"]},
            "cause": {*payload["excluded"], *(rule["cause"] for rule in payload["rules"])},
            "fault": set(payload["faults"]),
        }[kind]

    # === RULES === #

    def _get_terms_by_phase(self):
        """The frozen terms as ``logic`` takes them, each with its phase.

        Yields ``(Term, phase)``; the key of a term is its position in the wording.
        """
        for position, term in enumerate(self.payload["terms"]):
            yield (
                warranty_terms.Term(
                    key=position,
                    start=warranty_terms.StartEvent(term["start"]),
                    length=term["length"],
                    unit=warranty_terms.TermUnit(term["unit"]),
                    component=term["component"],
                ),
                term["phase"],
            )

    def _get_rules(self):
        """The frozen charge rules; the key of a rule is its position in the wording."""
        return tuple(
            coverage.ChargeRule(
                coverage.Charge(
                    coverage.Payer(rule["payer"]), coverage.Basis(rule["basis"]), rule["percent"]
                ),
                phase=rule["phase"],
                cause=rule["cause"],
                cost=rule["cost"] and coverage.CostType(rule["cost"]),
                key=position,
            )
            for position, rule in enumerate(self.payload["rules"])
        )

    def _get_conditions(self):
        """What the wording demands of a claim, read once for all units that rely on it.

        Returns a dict of keyword arguments of ``logic.coverage.Facts``; empty for no version.
        """
        if not self:
            return {}
        payload = self.payload
        return {
            "rules": self._get_rules(),
            "excluded": frozenset(payload["excluded"]),
            "listed": frozenset(payload["faults"]) or None,
        }

    def _gives_downtime_back(self):
        return bool(self) and self.payload["downtime_extends"]
