import hashlib
import json

from odoo import api, fields, models

from .vocabulary import START_EVENTS, label


class AftersalesWarrantyPolicy(models.Model):
    """What a warranty promises: when it starts, what runs how long, what is excluded, who pays."""

    _name = "aftersales.warranty.policy"
    _description = "Warranty Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True)
    start_event = fields.Selection(
        START_EVENTS,
        default="delivery",
        required=True,
        help="The event from which every term runs that names none of its own. Until its date is "
        "recorded, the cover has not started.",
    )
    term_ids = fields.One2many("aftersales.warranty.policy.term", "policy_id", copy=True)
    charge_rule_ids = fields.One2many(
        "aftersales.warranty.policy.charge.rule",
        "policy_id",
        copy=True,
        help="Read from the top; the first rule that fits decides. Where none fits, a covered "
        "fault is free and everything else is charged at list price.",
    )
    exclusion_ids = fields.Many2many(
        "aftersales.cause",
        "aftersales_warranty_policy_exclusion_rel",
        string="Excluded Causes",
    )
    version_ids = fields.One2many("aftersales.warranty.policy.version", "policy_id")
    summary = fields.Text(compute="_compute_summary", string="In Words")

    @api.depends_context("lang")
    @api.depends(
        "start_event",
        "term_ids.sequence",
        "term_ids.length",
        "term_ids.length_unit",
        "term_ids.phase",
        "term_ids.component_id",
        "term_ids.start_event",
        "exclusion_ids",
    )
    def _compute_summary(self):
        for policy in self:
            policy.summary = policy._describe(policy._prepare_terms())

    def copy_data(self, default=None):
        return [
            values | {"name": self.env._("%s (copy)", policy.name)}
            for policy, values in zip(self, super().copy_data(default), strict=True)
        ]

    # === THE PROMISE, FROZEN === #

    def _current_versions(self):
        """The frozen wording of each policy as it stands: ``{policy: version}``.

        Makes a version only where the policy changed since the last one, in one batch.
        """
        Version = self.env["aftersales.warranty.policy.version"].sudo()
        payloads = {policy: policy._prepare_payload() for policy in self}
        digests = {
            policy: hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
            for policy, payload in payloads.items()
        }
        known = {
            (version.policy_id.id, version.digest): version
            for version in Version.search(
                [("policy_id", "in", self.ids), ("digest", "in", list(digests.values()))]
            )
        }
        missing = [policy for policy in self if (policy.id, digests[policy]) not in known]
        for version in Version.create(
            [
                {"policy_id": policy.id, "digest": digests[policy], "payload": payloads[policy]}
                for policy in missing
            ]
        ):
            known[version.policy_id.id, version.digest] = version
        return {policy: known[policy.id, digests[policy]] for policy in self}

    def _prepare_payload(self):
        """All that decides a claim, as plain values; its digest names the version."""
        self.ensure_one()
        return {
            "terms": self._prepare_terms(),
            "rules": [rule._prepare_rule() for rule in self.charge_rule_ids.sorted()],
            "excluded": sorted(self.exclusion_ids.ids),
        }

    def _prepare_terms(self):
        return [term._prepare_term() for term in self.term_ids.sorted()]

    # === WORDS === #

    def _describe(self, terms):
        """Frozen terms (see ``_prepare_payload``) as one line each, in the user's language."""
        return "\n".join(self._describe_term(term) for term in terms)

    def _describe_term(self, term):
        Term = self.env["aftersales.warranty.policy.term"]
        component = self.env["aftersales.component"].browse(term["component"])
        words = {
            "what": component.sudo().name or self.env._("Whole product"),
            "phase": label(Term, "phase", term["phase"]),
            "event": label(Term, "start_event", term["start"]),
            "length": term["length"],
        }
        single = term["length"] == 1
        match term["unit"]:
            case "day":
                return (
                    self.env._("%(what)s – %(phase)s: 1 day, from: %(event)s", **words)
                    if single
                    else self.env._(
                        "%(what)s – %(phase)s: %(length)s days, from: %(event)s", **words
                    )
                )
            case "month":
                return (
                    self.env._("%(what)s – %(phase)s: 1 month, from: %(event)s", **words)
                    if single
                    else self.env._(
                        "%(what)s – %(phase)s: %(length)s months, from: %(event)s", **words
                    )
                )
            case "year":
                return (
                    self.env._("%(what)s – %(phase)s: 1 year, from: %(event)s", **words)
                    if single
                    else self.env._(
                        "%(what)s – %(phase)s: %(length)s years, from: %(event)s", **words
                    )
                )
            case _forever:
                return self.env._("%(what)s – %(phase)s: for life, from: %(event)s", **words)
