from odoo import models
from odoo.tools.misc import format_date

from .remedy_vocabulary import EVIDENCE, REMEDIES
from .vocabulary import label


class AftersalesRemedyPolicy(models.Model):
    """A remedy policy in words, also a frozen one, in the user's language."""

    _inherit = "aftersales.remedy.policy"

    def _describe_promise(self, payload):
        """Everything a frozen wording promises, a line each."""
        return "\n".join(
            [
                *(self._describe_tier(tier) for tier in payload["tiers"]),
                *self._describe_ladder(payload),
                *self._describe_demands(payload),
                *self._describe_exclusions(payload),
                *self._describe_goods_and_money(payload),
            ]
        )

    def _describe_tier(self, tier):
        words = {
            "who": ", ".join(self._describe_conditions(tier)),
            "window": self._describe_window(tier),
            "remedies": self._name_remedies(tier["remedies"]),
            "payers": ", ".join(self._describe_payers(tier)),
        }
        if words["payers"]:
            return self.env._("%(who)s, %(window)s: %(remedies)s (%(payers)s)", **words)
        return self.env._("%(who)s, %(window)s: %(remedies)s", **words)

    def _name_remedies(self, remedies):
        """“Refund, Exchange”, in the usual order."""
        Request = self.env["aftersales.request"]
        return ", ".join(
            label(Request, "remedy_wish", remedy)
            for remedy, _label in REMEDIES
            if remedy in remedies
        )

    def _describe_conditions(self, tier):
        Tier = self.env["aftersales.remedy.policy.tier"]
        for name in ("why", "channel", "part"):
            if tier[name]:
                yield label(Tier, name, tier[name])
        first, last = (
            tier[name] and format_date(self.env, tier[name])
            for name in ("bought_from", "bought_until")
        )
        if first and last:
            yield self.env._("bought %(first)s – %(last)s", first=first, last=last)
        elif first:
            yield self.env._("bought from %s on", first)
        elif last:
            yield self.env._("bought until %s", last)

    def _describe_window(self, tier):
        words = {
            "after": self._describe_step(*tier["after"]),
            "until": self._describe_step(*tier["until"]),
            "event": label(self.env["aftersales.remedy.policy.tier"], "start_event", tier["start"]),
        }
        late = bool(tier["after"][0])
        match tier["until"][1]:
            case "cover" if late:
                return self.env._(
                    "after %(after)s from: %(event)s until the free cover ends", **words
                )
            case "cover":
                return self.env._("until the free cover ends")
            case "never" if late:
                return self.env._("after %(after)s from: %(event)s", **words)
            case "never":
                return self.env._("at any time")
            case _step if late:
                return self.env._("after %(after)s up to %(until)s from: %(event)s", **words)
            case _step:
                return self.env._("up to %(until)s from: %(event)s", **words)

    def _describe_step(self, amount, unit):
        if unit == "month":
            return self.env._("1 month") if amount == 1 else self.env._("%s months", amount)
        return self.env._("1 day") if amount == 1 else self.env._("%s days", amount)

    def _describe_payers(self, tier):
        if tier["freight"] == "company":
            yield self.env._("we pay the return freight")
        elif tier["freight"] == "customer":
            yield self.env._("the customer pays the return freight")
        if tier["work"] == "company":
            yield self.env._("we pay the repair")
        elif tier["work"] == "customer":
            yield self.env._("the customer pays the repair")
        elif "repair" in tier["remedies"]:
            yield self.env._("repair as the warranty covers it")

    def _describe_ladder(self, payload):
        scope = label(self, "ladder_scope", payload["ladder_scope"])
        if number := payload["repairs_before_exchange"]:
            yield self.env._(
                "Exchange after so many repairs (%(scope)s): %(number)s", scope=scope, number=number
            )
        if number := payload["exchanges_before_refund"]:
            yield self.env._(
                "Refund after so many exchanges (%(scope)s): %(number)s", scope=scope, number=number
            )
        if number := payload["accessory_exchanges_before_refund"]:
            yield self.env._("Accessories: refund after so many replacements: %s", number)
        if number := payload["exchange_days"]:
            yield self.env._(
                "An exchange not made within so many days becomes a refund: %s", number
            )
        if payload["exchange_irreparable"]:
            yield self.env._("What cannot be repaired is exchanged.")
        if payload["exchange_late"]:
            yield self.env._("A repair that is not done in the promised time becomes an exchange.")
        if payload["refund_nonconforming"]:
            yield self.env._("What the inspection finds not to conform is refunded.")

    def _describe_demands(self, payload):
        evidence = self._name_evidence(name for name in EVIDENCE if payload[f"needs_{name}"])
        if evidence:
            yield self.env._("Needed for a refund or an exchange: %s", evidence)
        if payload["needs_intact"] == "without_fault":
            yield self.env._("Returned without a fault, goods must be intact.")
        elif payload["needs_intact"] == "always":
            yield self.env._("Goods and accessories must be intact and complete.")
        if payload["needs_batch_test"]:
            yield self.env._("Goods of the same batch, or samples, are tested first.")
        if payload["needs_approval"]:
            yield self.env._("Upper management decides about refunds and exchanges.")

    def _name_evidence(self, names):
        words = {
            "inspection_sheet": self.env._("inspection sheet of a service point"),
            "proof": self.env._("proof of purchase"),
            "description": self.env._("description of the problem"),
        }
        return ", ".join(words[name] for name in names)

    def _describe_exclusions(self, payload):
        causes = self.env["aftersales.cause"].sudo().browse(payload["excluded"]).exists()
        faults = self.env["aftersales.fault"].sudo().browse(payload["faults"]).exists()
        kinds = self.env["aftersales.goods.kind"].sudo()
        kinds = kinds.browse(kind for kind, _rule in payload["kinds"]).exists()
        if causes:
            yield self.env._("No right because of: %s", "; ".join(causes.mapped("name")))
        if faults:
            yield self.env._("Only these faults: %s", "; ".join(faults.mapped("name")))
        if kinds:
            yield self.env._(
                "Cannot be given back without a fault: %s", "; ".join(kinds.mapped("name"))
            )

    def _describe_goods_and_money(self, payload):
        if payload["accessory_refund_basis"] == "standalone":
            yield self.env._(
                "An accessory sold with the unit is refunded at its price by itself on the day of "
                "return."
            )
        if payload["refund_basis"] == "standalone":
            yield self.env._("Refunds are at the price by itself on the day of return.")
        if payload["exchange_goods"] == "refurbished":
            yield self.env._("Exchanged for a new or a refurbished unit.")
        if payload["refund_days"] == 1:
            yield self.env._("Refunded within 1 day after the goods are back.")
        elif payload["refund_days"]:
            yield self.env._(
                "Refunded within %s days after the goods are back.", payload["refund_days"]
            )
