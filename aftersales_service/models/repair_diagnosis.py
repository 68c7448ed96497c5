from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..logic.suggestions import Tally, suggest
from .vocabulary import FINISHED

#: What a diagnosis says about a fault; the request and its claim carry the same facts.
FACTS = ("date_failure", "fault_id", "component_id", "cause_id")
#: Writing one of these is finding something out.
FINDINGS = frozenset({"aftersales_cause_id", "aftersales_remedy_id"})


class RepairOrder(models.Model):
    """What was found and done: fault, component, cause, remedy (C46, R04.07, R27.03, R45).

    1. The facts follow the claim, or the request where there is no claim yet.
    2. Whatever the technician finds is written back to them, so that the claim is decided from the
       diagnosis. A decided claim is reopened first.
    3. A finished repair keeps what it found.
    """

    _inherit = "repair.order"

    aftersales_date_failure = fields.Date(
        string="Date of Failure",
        compute="_compute_aftersales_date_failure",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="This day decides about the cover, not the day somebody gets round to it.",
    )
    aftersales_fault_id = fields.Many2one(
        "aftersales.fault",
        string="Fault",
        compute="_compute_aftersales_fault_id",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        tracking=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    aftersales_component_id = fields.Many2one(
        "aftersales.component",
        string="Component",
        compute="_compute_aftersales_component_id",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        tracking=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    aftersales_cause_id = fields.Many2one(
        "aftersales.cause",
        string="Cause",
        compute="_compute_aftersales_cause_id",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        tracking=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    aftersales_remedy_id = fields.Many2one(
        "aftersales.remedy",
        string="Remedy",
        copy=False,
        tracking=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What was done, in one word; it is counted and suggested again.",
    )
    aftersales_solution = fields.Text(
        string="Solution",
        copy=False,
        help="What was done, as the customer reads it in the service report.",
    )
    aftersales_date_diagnosed = fields.Datetime(
        string="Diagnosed on",
        copy=False,
        help="When cause or remedy were first recorded. Correct it when it was earlier.",
    )
    aftersales_claim_state = fields.Selection(
        related="aftersales_claim_id.state", string="Decision"
    )
    aftersales_category_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    aftersales_suggestions = fields.Json(
        string="Suggestions", compute="_compute_aftersales_suggestions"
    )

    # === FOLLOWING CASE AND CLAIM === #

    @api.depends("aftersales_claim_id.date_failure", "aftersales_request_id.date_failure")
    def _compute_aftersales_date_failure(self):
        self._aftersales_follow("date_failure")
        for repair in self.filtered(lambda repair: not repair.aftersales_date_failure):
            repair.aftersales_date_failure = repair._aftersales_local_date(
                repair.aftersales_date_intake
            )

    @api.depends("aftersales_claim_id.fault_id", "aftersales_request_id.fault_id")
    def _compute_aftersales_fault_id(self):
        self._aftersales_follow("fault_id")

    @api.depends("aftersales_claim_id.component_id", "aftersales_request_id.component_id")
    def _compute_aftersales_component_id(self):
        self._aftersales_follow("component_id")

    @api.depends("aftersales_claim_id.cause_id", "aftersales_request_id.cause_id")
    def _compute_aftersales_cause_id(self):
        self._aftersales_follow("cause_id")

    def _aftersales_follow(self, name):
        """One fact of claim or case; without either, and once it is done, the repair's own."""
        for repair in self:
            # superuser: whoever repairs need not see the case of a colleague
            claim = repair.sudo().aftersales_claim_id
            source = claim or repair.sudo().aftersales_request_id
            own = repair[f"aftersales_{name}"]
            follows = source and repair.state != "done"
            repair[f"aftersales_{name}"] = source[name] if follows else own

    def _aftersales_tell_facts(self, names):
        """What was found decides the claim: write it where the claim is decided from."""
        for repair in self:
            target = repair._aftersales_get_decided_from()
            found = {
                name: repair[f"aftersales_{name}"]
                for name in names
                if target and repair[f"aftersales_{name}"] != target[name]
            }
            if found:
                repair._aftersales_write_back(target, found)

    def _aftersales_get_decided_from(self):
        """The claim that stands alone, else the open case; empty where nothing depends on it."""
        claim, request = self.sudo().aftersales_claim_id, self.sudo().aftersales_request_id
        if claim.state == "cancelled":
            claim = claim.browse()
        if claim and (claim.state == "decided" or not claim.request_id):
            return claim
        return request if request.state not in FINISHED else claim

    def _aftersales_write_back(self, target, found):
        if not self.env.su and not self.env.user.has_group(
            "aftersales_service.group_aftersales_user"
        ):
            raise AccessError(
                self.env._(
                    "A diagnosis decides who pays %s, so it is recorded by after-sales people. "
                    "Ask one of them.",
                    self.name,
                )
            )
        if target._name == "aftersales.claim" and target.state == "decided":
            raise UserError(
                self.env._(
                    "%(claim)s of %(repair)s is decided. Use “Reopen Decision”, then record what "
                    "you found.",
                    claim=target.name,
                    repair=self.name,
                )
            )
        if "fault_id" in found and target._name == "aftersales.claim":
            # a case proposes the usual cause by itself
            found.setdefault("cause_id", found["fault_id"].cause_id or target.cause_id)
        target.write(
            {
                name: value.id if isinstance(value, models.Model) else value
                for name, value in found.items()
            }
        )

    def action_aftersales_reopen_claim(self):
        """Let the claim follow the diagnosis again, until the work goes on."""
        self.check_access("write")
        # superuser: whoever repairs may correct the facts; who pays is still said by the rules
        claims = self.sudo().aftersales_claim_id
        claims.filtered(lambda claim: claim.state == "decided").action_reopen()
        return True

    def action_repair_done(self):
        """What was reopened to correct the diagnosis is decided when the work is done."""
        res = super().action_repair_done()
        # superuser: whoever repairs acts on the decision, even with no right to make one
        claims = self.sudo().aftersales_claim_id.filtered(
            lambda claim: claim.state == "open" and claim.result not in ("undetermined", False)
        )
        claims.action_decide()
        return res

    # === RULES === #

    @api.constrains(
        "aftersales_fault_id", "aftersales_remedy_id", "aftersales_component_id", "product_id"
    )
    def _check_aftersales_codes(self):
        names = ("aftersales_fault_id", "aftersales_remedy_id", "aftersales_component_id")
        for repair in self:
            for code in (repair[name] for name in names):
                if not code._fits(repair.product_id):
                    raise ValidationError(
                        self.env._(
                            "“%(code)s” is not for %(product)s. Choose one of its family.",
                            code=code.name,
                            product=repair.product_id.display_name,
                        )
                    )

    @api.constrains("aftersales_date_diagnosed")
    def _check_aftersales_date_diagnosed(self):
        self._aftersales_refuse_future(["aftersales_date_diagnosed"])

    # === SUGGESTIONS === #

    @api.depends("product_id", "aftersales_fault_id")
    def _compute_aftersales_suggestions(self):
        """Causes and remedies of finished repairs with this fault, best first, with counts.

        One query however many repairs; ``{"cause": [...], "remedy": [...]}`` of ``{"id", "name",
        "count", "held", "total"}``, False where nothing is known.
        """
        self.aftersales_suggestions = False
        asked = self.filtered(lambda repair: repair.product_id and repair.aftersales_fault_id)
        tallies = asked._aftersales_tally()
        for repair in asked:
            product = repair.product_id._origin
            family = product.categ_id or product
            known = tallies.get((repair.aftersales_fault_id._origin, family), [])
            repair.aftersales_suggestions = {
                kind: [
                    {
                        "id": each.key,
                        "name": self.env[f"aftersales.{kind}"].browse(each.key).display_name,
                        "count": each.count,
                        "held": each.held,
                        "total": each.total,
                    }
                    for each in suggest(
                        [
                            Tally(each.id, codes[kind].id or None, number, held)
                            for each, codes, number, held in known
                        ],
                        product.id,
                    )
                ]
                for kind in ("cause", "remedy")
            }

    def _aftersales_tally(self):
        """How finished repairs ended: ``{(fault, family): [(product, codes, count, held)]}``.

        The family is the product's category; a product without one is alone.
        """
        tallies = {}
        if not self:
            return tallies
        products = self.product_id._origin
        groups = self.env["repair.order"]._read_group(
            Domain("state", "=", "done")
            & Domain("aftersales_fault_id", "in", self.aftersales_fault_id._origin.ids)
            & (
                Domain("product_id.categ_id", "in", products.categ_id.ids)
                | Domain("product_id", "in", products.ids)
            ),
            [
                "aftersales_fault_id",
                "product_id",
                "aftersales_cause_id",
                "aftersales_remedy_id",
                "aftersales_first_time_fix",
            ],
            ["__count"],
        )
        for fault, product, cause, remedy, held, number in groups:
            tallies.setdefault((fault, product.categ_id or product), []).append(
                (product, {"cause": cause, "remedy": remedy}, number, number if held else 0)
            )
        return tallies

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        repairs = super().create(vals_list)
        for repair, vals in zip(repairs, vals_list, strict=True):
            repair._aftersales_tell_facts(self._aftersales_get_found(vals))
        return repairs

    @api.model
    def _aftersales_get_found(self, vals):
        return [name for name in FACTS if f"aftersales_{name}" in vals]

    def write(self, vals):
        res = super().write(vals)
        if found := self._aftersales_get_found(vals):
            self._aftersales_tell_facts(found)
        if any(vals.get(name) for name in FINDINGS) and "aftersales_date_diagnosed" not in vals:
            fresh = self.filtered(
                lambda repair: repair.aftersales_is_service and not repair.aftersales_date_diagnosed
            )
            fresh.write({"aftersales_date_diagnosed": fields.Datetime.now()})
        return res
