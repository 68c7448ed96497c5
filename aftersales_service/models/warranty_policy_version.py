from odoo import api, fields, models
from odoo.exceptions import UserError

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
    _order = "policy_id, id desc"
    _rec_name = "policy_id"

    policy_id = fields.Many2one(
        "aftersales.warranty.policy", required=True, ondelete="restrict", index=True
    )
    digest = fields.Char(required=True)
    payload = fields.Json(required=True)
    summary = fields.Text(compute="_compute_summary", string="In Words")

    _wording_unique = models.UniqueIndex(
        "(policy_id, digest)", "This wording of the policy is already kept."
    )

    @api.depends_context("lang")
    @api.depends("payload")
    def _compute_summary(self):
        Policy = self.env["aftersales.warranty.policy"]
        for version in self:
            version.summary = Policy._describe(version.payload["terms"])

    def write(self, vals):
        if vals.keys() & {"policy_id", "digest", "payload"}:
            raise UserError(
                self.env._("What was promised cannot be edited. Change the policy instead.")
            )
        return super().write(vals)

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
        return tuple(
            coverage.ChargeRule(
                coverage.Charge(
                    coverage.Payer(rule["payer"]), coverage.Basis(rule["basis"]), rule["percent"]
                ),
                phase=rule["phase"],
                cause=rule["cause"],
                cost=rule["cost"] and coverage.CostType(rule["cost"]),
            )
            for rule in self.payload["rules"]
        )
