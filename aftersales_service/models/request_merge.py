from collections import Counter, defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain

from .request_sla import MILESTONE_FACTS, START_FACTS
from .vocabulary import FINISHED, label

#: Messages of people, which move to the request that is kept; a log of changes stays where it is.
MOVED_MESSAGES = ("email", "comment", "auto_comment", "email_outgoing")
#: What happened for one of them happened for the request that is kept: the first time counts.
MERGED_FACTS = {*START_FACTS.values(), *MILESTONE_FACTS.values()} - {
    "appointment_start",
    "date_resolved",
}


class AftersalesRequest(models.Model):
    """Two requests about one thing become one; a request like another starts from it."""

    _inherit = "aftersales.request"

    merged_into_id = fields.Many2one(
        "aftersales.request", readonly=True, copy=False, index="btree_not_null", tracking=True
    )
    merged_ids = fields.One2many("aftersales.request", "merged_into_id")
    same_unit_count = fields.Integer(
        string="Open for the Same Unit", compute="_compute_similar_counts"
    )
    same_customer_count = fields.Integer(
        string="Open for the Same Customer", compute="_compute_similar_counts"
    )
    similar_hint = fields.Char(compute="_compute_similar_hint")

    @api.depends("unit_id", "partner_id", "state")
    def _compute_similar_counts(self):
        """Other open requests of the same unit or customer, from one grouped query."""
        by_unit, by_customer = Counter(), Counter()
        for unit, partner, number in self._read_group(
            self._get_similar_domain(), ["unit_id", "partner_id"], ["__count"]
        ):
            by_unit[unit.id] += number
            by_customer[partner.sudo().commercial_partner_id.id] += number
        for request in self:
            saved_open = request._origin.state and request._origin.state not in FINISHED
            unit = request.unit_id._origin
            customer = request.partner_id.commercial_partner_id._origin
            # a request that is stored counts itself, under what is stored of it
            same_unit = saved_open and request._origin.unit_id == unit
            same_customer = (
                saved_open and request._origin.partner_id.commercial_partner_id == customer
            )
            request.same_unit_count = unit and max(by_unit[unit.id] - bool(same_unit), 0)
            request.same_customer_count = customer and max(
                by_customer[customer.id] - bool(same_customer), 0
            )

    def _get_similar_domain(self):
        """Open requests of the units or customers of these requests, themselves included."""
        customers = self.partner_id.commercial_partner_id._origin
        return Domain("state", "not in", FINISHED) & (
            Domain("unit_id", "in", self.unit_id._origin.ids)
            | Domain("partner_id.commercial_partner_id", "in", customers.ids)
        )

    @api.depends_context("lang")
    @api.depends("same_unit_count", "same_customer_count", "state")
    def _compute_similar_hint(self):
        for request in self:
            units, customers = request.same_unit_count, request.same_customer_count
            if request.state in FINISHED or not (units or customers):
                request.similar_hint = False
            elif units:
                request.similar_hint = self.env._(
                    "Other open requests: %(units)s of this unit, %(customers)s of this customer.",
                    units=units,
                    customers=customers,
                )
            else:
                request.similar_hint = self.env._(
                    "Other open requests of this customer: %(customers)s.", customers=customers
                )

    # === ACTIONS === #

    def _find_similar(self):
        """Other open requests of the same unit or customer."""
        return self.search(self._get_similar_domain() & Domain("id", "not in", self.ids))

    def _find_duplicates(self):
        """Other open requests of the same unit, which may be about the same thing."""
        return self._find_similar().filtered(
            lambda request: request.unit_id and request.unit_id == self.unit_id
        )

    def action_view_similar(self):
        self.ensure_one()
        return self._find_similar()._get_records_action(name=self.env._("Other Open Requests"))

    def action_merge(self):
        """Open the dialog that joins other requests to this one."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge Requests"),
            "res_model": "aftersales.request.merge",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_keep_id": self.id,
                "default_request_ids": self._find_duplicates().ids,
            },
        }

    def action_reopen(self):
        if merged := self.filtered("merged_into_id")[:1]:
            kept = merged.merged_into_id
            raise RedirectWarning(
                self.env._(
                    "%(request)s was merged into %(kept)s. Go on there.",
                    request=merged.name,
                    kept=kept.name,
                ),
                kept._get_records_action(),
                self.env._("Open %(kept)s", kept=kept.name),
            )
        return super().action_reopen()

    # === MERGE === #

    def _merge_error_message(self, others, across_customers=False):
        """Why ``others`` cannot be merged into this request, or False.

        ``across_customers``: somebody who may do so said that the customers belong together.
        """
        self.ensure_one()
        if not others or self in others:
            return self.env._("Choose at least one other request to merge.")
        for request in self | others:
            if request.state in FINISHED:
                return self.env._(
                    "%(request)s is %(state)s. Only open requests are merged: reopen it first.",
                    request=request.name,
                    state=label(request, "state", request.state),
                )
        unit = (self | others).unit_id[:1]  # of the one that is kept, if it has one
        for other in others:
            if message := self._pair_error_message(other, unit, across_customers):
                return message
        return False

    def _pair_error_message(self, other, unit, across_customers):
        names = {"other": other.name, "request": self.name}
        if other.company_id != self.company_id:
            return self.env._(
                "%(other)s belongs to another company than %(request)s. Each company answers its "
                "own requests.",
                **names,
            )
        decided = other.claim_ids.filtered(lambda claim: claim.state == "decided")
        foreign = (other.unit_id | decided.unit_id) - unit
        if foreign:
            return self.env._(
                "%(other)s is about %(unit)s, %(request)s about another unit. A request is about "
                "one unit: keep both.",
                unit=foreign[0].display_name,
                **names,
            )
        customers = self.partner_id.commercial_partner_id | other.partner_id.commercial_partner_id
        if len(customers) > 1 and not across_customers:
            return self.env._(
                "%(other)s comes from %(customer)s, %(request)s from another customer. Only an "
                "after-sales manager may merge them.",
                customer=other.partner_id.display_name,
                **names,
            )
        return False

    def _merge(self, others, across_customers=False):
        """Join other requests to this one: everything in them moves here, and they are cancelled.

        Raises UserError where that must not be.
        """
        if message := self._merge_error_message(others, across_customers):
            raise UserError(message)
        self.check_access("write")
        others.check_access("write")
        # superuser: what moves was open to whoever may write both requests
        kept, gone = self.sudo(), others.sudo()
        kept._take_facts(gone)
        kept._take_documents(gone)
        kept._take_talk(gone)
        kept.merged_ids |= gone.merged_ids
        gone.action_cancel()
        gone.write({"merged_into_id": kept.id})
        gone.activity_ids.write({"res_id": kept.id})
        links = Markup(", ").join(request._get_html_link(request.name) for request in gone)
        self.message_post(body=Markup("<p>%s</p>") % self.env._("Merged: %s", links))
        link = kept._get_html_link(kept.name)
        gone._message_log_batch(
            bodies=dict.fromkeys(gone.ids, Markup("<p>%s</p>") % self.env._("Merged into %s", link))
        )

    def _take_facts(self, others):
        """What is not known here is taken from the others; the highest priority stays."""
        values = {"priority": max((self | others).mapped("priority"))}
        for name in (
            "unit_id",
            "partner_id",
            "contact_id",
            "product_id",
            "component_id",
            "fault_id",
            "cause_id",
            "user_id",
            "team_id",
            "description",
            "appointment_start",
            "date_expected",
            "job_size",
            "part_origin",
        ):
            found = next((other[name] for other in others if other[name]), False)
            if found and not self[name]:
                values[name] = found.id if self._fields[name].relational else found
        if "appointment_start" in values:
            first = next(other for other in others if other.appointment_start)
            values["appointment_end"] = first.appointment_end
        for name in MERGED_FACTS:
            values[name] = min(filter(None, (self | others).mapped(name)), default=False)
        self.write(values)

    def _take_documents(self, others):
        """Repairs, claims and steps move; an open claim that says nothing new is cancelled."""
        live = self.claim_ids.filtered(lambda claim: claim.state != "cancelled")
        claims = others.claim_ids
        idle = claims.filtered(
            lambda claim: (
                claim.state == "open" and not claim.repair_ids and claim.unit_id in live.unit_id
            )
        )
        idle.action_cancel()
        repairs = others.repair_ids
        repairs.write({"aftersales_request_id": self.id})
        repairs.filtered(
            lambda repair: repair.aftersales_date_asked and repair.aftersales_needs_approval
        )._aftersales_wait()
        (claims - idle).write({"request_id": self.id})
        if self._get_open_steps():
            others._get_open_steps().write({"outcome": "next"})
        else:
            others._get_open_steps()[1:].write({"outcome": "next"})
        others.step_ids.write({"request_id": self.id})

    def _take_talk(self, others):
        """Messages of people, attachments and followers; answers to them arrive here, too."""
        here = Domain("res_id", "in", others.ids)
        self.env["mail.message"].search(
            here & Domain("model", "=", self._name) & Domain("message_type", "in", MOVED_MESSAGES)
        ).write({"res_id": self.id})
        self.env["ir.attachment"].search(here & Domain("res_model", "=", self._name)).write(
            {"res_id": self.id}
        )
        self.message_subscribe(partner_ids=others.message_partner_ids.ids)

    def _count_moving(self):
        """What would move from each request: ``{request: {"messages": n, …}}``, counted at once."""
        counts = defaultdict(dict)
        for name, model, link, domain in (
            (
                "messages",
                "mail.message",
                "res_id",
                [("model", "=", self._name), ("message_type", "in", MOVED_MESSAGES)],
            ),
            ("attachments", "ir.attachment", "res_id", [("res_model", "=", self._name)]),
            ("repairs", "repair.order", "aftersales_request_id", []),
            ("claims", "aftersales.claim", "request_id", [("state", "!=", "cancelled")]),
            ("steps", "aftersales.request.step", "request_id", []),
        ):
            domain = Domain(domain) & Domain(link, "in", self.ids)
            # superuser: only numbers
            groups = self.env[model].sudo()._read_group(domain, [link], ["__count"])
            for key, number in groups:
                counts[self.browse(getattr(key, "id", key))][name] = number
        return counts

    # === COPY === #

    def copy_data(self, default=None):
        """A fresh request of today, linked to the one it was made from."""
        vals_list = super().copy_data(default)
        for request, vals in zip(self, vals_list, strict=True):
            vals["origin_id"] = request.id
            if "date_failure" not in (default or {}):
                vals.pop("date_failure", None)
            if "user_id" not in (default or {}):
                vals.pop("user_id", None)
        return vals_list
