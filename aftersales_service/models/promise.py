import hashlib
import json

from odoo import models


class AftersalesPromise(models.AbstractModel):
    """A policy whose wording is frozen when it is promised to somebody.

    The wording is a payload of plain values; what was promised with it stays, whatever becomes of
    the policy. Versions are kept by the model ``<policy>.version``.
    """

    _name = "aftersales.promise"
    _description = "Policy That Is Promised"

    def _current_versions(self):
        """The frozen wording of each policy as it stands: ``{policy: version}``.

        Makes a version only where the policy changed since the last one, in one batch.
        """
        Version = self.env[f"{self._name}.version"].sudo()
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
        """All that the policy promises, as plain values; its digest names the version."""
        raise NotImplementedError

    def _describe_promise(self, payload):
        """Everything a frozen wording promises, a line each, in the user's language."""
        raise NotImplementedError
