import base64
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.image import image_data_uri, image_process
from odoo.tools.misc import format_date

from .local_time import format_minute
from .vocabulary import label

_logger = logging.getLogger(__name__)

#: Photos are printed no larger than so many pixels a side, and no more than so many of a kind.
PHOTO_SIZE = 900
PHOTO_COUNT = 6

#: Who signs: the field of the picture, of the name below it, and of the instant.
SIGNATURES = {
    "aftersales_technician_signature": (
        "aftersales_technician_signed_by",
        "aftersales_date_technician_signed",
    ),
    "aftersales_customer_signature": ("aftersales_signed_by", "aftersales_date_signed"),
}
#: What the report says and the signatures stand for, as far as it is written on the repair.
REPORTED = frozenset(
    {
        "aftersales_solution",
        "aftersales_fault_id",
        "aftersales_component_id",
        "aftersales_cause_id",
        "aftersales_remedy_id",
        "aftersales_date_begun",
        "aftersales_date_repaired",
        "product_id",
        "lot_id",
    }
)
REPORTED_MOVE = frozenset(
    {"product_id", "product_uom_qty", "quantity", "product_uom", "repair_line_type", "lot_ids"}
)
REPORTED_COST = frozenset(
    {"cost_type", "product_id", "name", "quantity", "price_list", "is_goodwill"}
)
#: What buttons write, and nobody by hand.
BY_BUTTON = frozenset(
    {
        "aftersales_date_technician_signed",
        "aftersales_date_signed",
        "aftersales_report_id",
        "aftersales_report_number",
        "aftersales_date_closed",
        "aftersales_date_surveyed",
    }
)


#: Context of what signing itself writes.
STAMPING = "aftersales_stamping"


class RepairOrder(models.Model):
    """The service report: what was wrong, what was done, with what parts, and who signed (C49).

    1. The repair ends: what was replaced is known from its moves.
    2. Technician and customer sign on the form, also on a phone. When everybody who has to has
       signed, the PDF is made and kept: that is what was signed.
    3. Whoever changes what the report says voids the signatures; the chatter tells, and it is
       signed anew. A closed job is not changed at all.
    """

    _inherit = "repair.order"

    aftersales_date_begun = fields.Datetime(string="Begun", copy=False, tracking=True)
    aftersales_date_repaired = fields.Datetime(
        string="Repaired on",
        copy=False,
        tracking=True,
        help="When the work was done; the window for repeated repairs begins here. Correct it "
        "when it was recorded later.",
    )
    aftersales_photo_after_ids = fields.Many2many(
        "ir.attachment",
        "aftersales_repair_photo_after_rel",
        "repair_id",
        "attachment_id",
        string="Photos after the Work",
        copy=False,
    )
    aftersales_technician_signature = fields.Image(
        string="Technician's Signature", copy=False, max_width=1024, max_height=1024
    )
    aftersales_technician_signed_by = fields.Char(string="Technician", copy=False)
    aftersales_date_technician_signed = fields.Datetime(
        string="Signed by Technician on", copy=False, readonly=True
    )
    aftersales_customer_signature = fields.Image(
        string="Customer's Signature", copy=False, max_width=1024, max_height=1024
    )
    aftersales_signed_by = fields.Char(
        string="Signed for the Customer by", copy=False, help="The person who signs, in full."
    )
    aftersales_date_signed = fields.Datetime(
        string="Signed by Customer on", copy=False, readonly=True
    )
    aftersales_report_id = fields.Many2one(
        "ir.attachment", string="Signed Report", copy=False, readonly=True, ondelete="restrict"
    )
    aftersales_report_number = fields.Integer(
        string="Signings", copy=False, readonly=True, help="How often the report was signed."
    )

    aftersales_report_missing = fields.Text(
        string="Missing in the Report", compute="_compute_aftersales_report_missing"
    )

    @api.depends_context("lang")
    @api.depends(
        lambda self: [
            *sorted(REPORTED & self._fields.keys()),
            "aftersales_plan_id.needs_report",
            "aftersales_claim_id.cause_id",
            "aftersales_request_id.cause_id",
        ]
    )
    def _compute_aftersales_report_missing(self):
        """What the report still has to say before it is signed, where the plan wants one."""
        for repair in self:
            needed = repair.sudo().aftersales_plan_id.needs_report
            missing = repair._aftersales_get_missing_facts() if needed else []
            repair.aftersales_report_missing = "\n".join(missing)

    @api.constrains("aftersales_date_begun", "aftersales_date_repaired")
    def _check_aftersales_times(self):
        for repair in self:
            begun, ended = repair.aftersales_date_begun, repair.aftersales_date_repaired
            if ended and (ended > fields.Datetime.now() or (begun and ended < begun)):
                raise UserError(
                    self.env._(
                        "%s ends before it begins, or in the future. Correct its times.",
                        repair.name,
                    )
                )

    # === TIMES === #

    def action_repair_start(self):
        res = super().action_repair_start()
        self._aftersales_stamp("aftersales_date_begun")
        return res

    def _aftersales_stamp(self, name):
        fresh = self.filtered(lambda repair: repair.aftersales_is_service and not repair[name])
        now = fields.Datetime.now()
        for repair in fresh:
            ended = repair.aftersales_date_repaired or now  # recorded when it was long over
            repair[name] = min(now, ended)

    def action_repair_cancel_draft(self):
        """What starts over has not begun yet."""
        self.filtered("aftersales_date_begun").aftersales_date_begun = False
        return super().action_repair_cancel_draft()

    # === CHANGES === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._aftersales_refuse_by_hand(vals.keys() - SIGNATURES.keys())
            if any(vals.get(name) for name in SIGNATURES):
                raise UserError(self.env._("Nobody signs a repair that has not begun."))
        return super().create(vals_list)

    def write(self, vals):
        """Sign, or change what was signed: the one keeps the report, the other voids it."""
        if self.env.su and self.env.context.get(STAMPING):
            return super().write(vals)
        self._aftersales_refuse_by_hand(vals.keys())
        touched = SIGNATURES.keys() & vals.keys()
        changed = self._aftersales_get_changed(vals)
        if not touched and not changed:
            self._aftersales_begin_in_time(vals)
            return super().write(vals)
        (changed | (self if touched else self.browse()))._aftersales_refuse_closed()
        changed._aftersales_void_signatures(self.env._("the report was changed"))
        signed = {name for name in touched if vals[name]}
        if touched - signed:
            self._aftersales_void_signatures(self.env._("a signature was taken back"))
        vals = {name: vals[name] for name in vals.keys() - (touched - signed)}
        self._aftersales_begin_in_time(vals)
        res = super().write(vals)
        for repair in self:
            repair._aftersales_sign(signed)
        return res

    def _aftersales_begin_in_time(self, vals):
        """Work recorded when it was long over had not begun later than that."""
        ended = fields.Datetime.to_datetime(vals.get("aftersales_date_repaired"))
        if ended and "aftersales_date_begun" not in vals:
            late = self.filtered(
                lambda repair: repair.aftersales_date_begun and repair.aftersales_date_begun > ended
            )
            late.aftersales_date_begun = ended

    def _aftersales_refuse_by_hand(self, names):
        if not self.env.su and BY_BUTTON & names:
            raise UserError(
                self.env._("Signing, asking and closing have buttons; nobody types their dates.")
            )

    def _aftersales_get_changed(self, vals):
        """The repairs of which these values change what is, or was to be, signed."""
        names = REPORTED & vals.keys()
        return self.filtered(
            lambda repair: (
                (repair._aftersales_is_signed() or repair.aftersales_date_closed)
                and any(_differs(repair, name, vals[name]) for name in names)
            )
        )

    def _aftersales_is_signed(self):
        return bool(self.aftersales_date_technician_signed or self.aftersales_date_signed)

    def _aftersales_void_signatures(self, why):
        """What was signed is no longer what is written: it has to be signed again."""
        cleared = dict.fromkeys((*SIGNATURES, "aftersales_report_id"), False)
        for names in SIGNATURES.values():
            cleared |= dict.fromkeys(names, False)
        for repair in self.filtered(lambda repair: repair._aftersales_is_signed()):
            signatories = [
                repair.aftersales_date_technician_signed and repair.aftersales_technician_signed_by,
                repair.aftersales_date_signed and repair.aftersales_signed_by,
            ]
            repair._message_log(
                body=self.env._(
                    "The signatures of %(who)s are void: %(why)s. Sign the report again.",
                    who=", ".join(filter(None, signatories)),
                    why=why,
                )
            )
            repair._aftersales_stamp_signing(cleared)

    def _aftersales_refuse_closed(self):
        if closed := self.filtered("aftersales_date_closed")[:1]:
            raise UserError(
                self.env._(
                    "%s is closed: it is not changed any more. Reopen it first.", closed.name
                )
            )

    # === SIGNING === #

    def action_aftersales_sign(self):
        """Sign the report, on one page that fits a phone."""
        self.ensure_one()
        self._aftersales_refuse_unfinished()
        view = self.env.ref("aftersales_service.repair_order_view_form_sign")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sign %s", self.name),
            "res_model": "repair.order",
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"form_view_initial_mode": "edit"},
        }

    def _aftersales_refuse_unfinished(self):
        self._aftersales_refuse_closed()
        if self.state != "done":
            raise UserError(
                self.env._(
                    "%(repair)s is “%(state)s”. A report is signed when the repair has ended: only "
                    "then it is known what was replaced.",
                    repair=self.name,
                    state=label(self, "state", self.state),
                )
            )

    def _aftersales_refuse_incomplete(self):
        if self.aftersales_report_missing:
            heading = self.env._("%s cannot be signed yet.", self.name)
            raise UserError("\n".join([heading, self.aftersales_report_missing]))

    def _aftersales_sign(self, signed):
        """Note who signed just now, and keep the report once everybody has."""
        self.ensure_one()
        if not signed:
            return
        self._aftersales_refuse_unfinished()
        self._aftersales_refuse_incomplete()
        stamps = {SIGNATURES[name][1]: fields.Datetime.now() for name in signed}
        if "aftersales_technician_signature" in signed and not self.aftersales_technician_signed_by:
            stamps["aftersales_technician_signed_by"] = self.env.user.name
        if "aftersales_customer_signature" in signed and not self.aftersales_signed_by:
            raise UserError(
                self.env._("Write the name of the person who signs %s for the customer.", self.name)
            )
        self._aftersales_stamp_signing(stamps)
        if self._aftersales_is_fully_signed():
            self._aftersales_keep_report()

    def _aftersales_stamp_signing(self, vals):
        # superuser: only signing writes these, and whoever may write the repair may sign it
        self.sudo().with_context(**{STAMPING: True}).write(vals)

    def _aftersales_is_fully_signed(self):
        """Whether all have signed who have to; where nobody has to, anybody."""
        plan = self.sudo().aftersales_plan_id
        missing = (
            plan.needs_technician_signature and not self.aftersales_date_technician_signed,
            plan.needs_customer_signature and not self.aftersales_date_signed,
        )
        return self._aftersales_is_signed() and not any(missing)

    def _aftersales_keep_report(self):
        """Make the PDF now and keep it on the repair: printing gives this one from now on.

        A report that cannot be drawn does not undo a signature; it is kept when it is printed.
        """
        self.ensure_one()
        number = self.aftersales_report_number + 1
        self._aftersales_stamp_signing({"aftersales_report_number": number})
        report = self.env.ref("aftersales_service.action_report_service_report").sudo()
        try:
            report._render_qweb_pdf(report.report_name, self.ids)
        except UserError as error:
            _logger.warning("%s: the signed report was not drawn: %s", self.name, error)
            self._message_log(
                body=self.env._("The signed report could not be drawn. Print it to keep it.")
            )
            return
        if kept := report.retrieve_attachment(self):
            self._aftersales_stamp_signing({"aftersales_report_id": kept.id})

    def _aftersales_get_report_name(self):
        """The name a signed report is kept by; False where it is not kept, and drawn each time."""
        self.ensure_one()
        if not self._aftersales_is_fully_signed():
            return False
        return f"{self.name.replace('/', '-')}-{self.aftersales_report_number}.pdf"

    # === GATES === #

    def _aftersales_get_missing_facts(self):
        """What the report still has to say, as sentences."""
        missing = []
        if not self._aftersales_get_fact("cause_id"):
            missing.append(self.env._("The cause is not written down. Choose it."))
        if not self._aftersales_get_solution():
            missing.append(self.env._("The solution is not written down. Say what was done."))
        return missing

    def _aftersales_get_solution(self):
        texts = (self.aftersales_remedy_id.name, (self.aftersales_solution or "").strip())
        return "\n".join(filter(None, texts))

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        if gate != "close":
            return obstacles
        plan = self._aftersales_get_demands(gate)
        missing = []
        if plan.needs_report:
            missing += [
                self.env._("Service report: %s", fact)
                for fact in self._aftersales_get_missing_facts()
            ]
        if plan.needs_technician_signature and not self.aftersales_date_technician_signed:
            missing.append(self.env._("The technician has not signed the report."))
        if plan.needs_customer_signature and not self.aftersales_date_signed:
            missing.append(self.env._("The customer has not signed the report."))
        # the customer is asked when all this is done
        return missing + obstacles

    # === THE PAPER === #

    def action_aftersales_print_report(self):
        """Print the service report: the one that was signed, or what is known so far."""
        self._aftersales_refuse_report()
        return self.env.ref("aftersales_service.action_report_service_report").report_action(self)

    def _aftersales_refuse_report(self):
        reasons = {
            "cancel": self.env._("It was cancelled: nothing was done that could be reported."),
            "draft": self.env._("It has not begun yet. Start it first."),
            "confirmed": self.env._("It has not begun yet. Start it first."),
        }
        for repair in self:
            if repair.state in reasons:
                raise UserError(
                    self.env._(
                        "There is no service report of %(repair)s. %(why)s",
                        repair=repair.name,
                        why=reasons[repair.state],
                    )
                )

    def _aftersales_for_customer(self):
        """This repair as its customer reads it: with all rights, language and clock of theirs."""
        lang = self.partner_id.lang or self.env.lang
        return self.sudo().with_context(lang=lang, tz=self._aftersales_get_zone())

    def _aftersales_get_report_times(self):
        """What happened when, in words: pairs of what and the instant, unknown ones left out."""
        request = self.aftersales_request_id
        first = self._aftersales_get_job()[:1]
        times = [
            (self.env._("Reported"), request.date_reported),
            (self.env._("Arrived on"), first.aftersales_date_arrived or request.date_unit_arrived),
            (self.env._("Begun"), first.aftersales_date_begun),
            (self.env._("Repaired on"), self.aftersales_date_repaired),
            (self.env._("Handed back"), self._aftersales_get_handed_back()),
        ]
        return [(what, format_minute(self.env, at)) for what, at in times if at]

    def _aftersales_get_report_parts(self):
        """The parts that went in and out, done or planned: dicts of kind, name, quantity, serials.

        Those of the repairs that this one reworks belong to the job.
        """
        moves = self._aftersales_get_job().move_ids.filtered(lambda move: move.state != "cancel")
        return [
            {
                "kind": label(move, "repair_line_type", move.repair_line_type),
                "name": move.product_id.display_name,
                "quantity": move.quantity if move.state == "done" else move.product_uom_qty,
                "uom": move.product_uom.name,
                "serials": ", ".join(move.move_line_ids.lot_id.mapped("name")),
            }
            for move in moves.sorted(lambda move: (move.repair_line_type, move.id))
        ]

    def _aftersales_get_report_costs(self):
        """What the customer sees of the money: dicts of name, quantity, payer, amount, currency.

        Amounts are what the customer pays, without taxes. What we or a supplier bear is ours:
        neither cost nor supplier is told.
        """
        rows = []
        for repair in self._aftersales_get_job():
            for line in repair.aftersales_cost_line_ids:
                sold = line.sale_line_id
                amount = sold.price_subtotal if sold else line.amount
                row = repair._aftersales_word_cost(line.name, line.quantity, amount)
                rows.append(row | repair._aftersales_word_payer(line._get_charge(), sold, amount))
            for move in repair.move_ids.filtered(lambda move: move.repair_line_type == "add"):
                if move.state == "cancel":
                    continue
                sold, done = move.sale_line_id, move.state == "done"
                quantity = move.quantity if done else move.product_uom_qty
                price = move._aftersales_get_price() * quantity
                amount = sold.price_subtotal if sold else price
                charge = repair._aftersales_get_part_charge()
                row = repair._aftersales_word_cost(move.product_id.display_name, quantity, amount)
                rows.append(row | repair._aftersales_word_payer(charge, sold, amount))
        return rows

    def _aftersales_word_cost(self, name, quantity, amount):
        return {"name": name, "quantity": quantity, "amount": amount}

    def _aftersales_word_payer(self, charge, sold, amount):
        """Who pays a line, in words for the customer, and the currency of its amount."""
        Rule = self.env["aftersales.warranty.policy.charge.rule"]
        others = charge and charge.payer == "third_party"
        payer = "third_party" if others else "customer" if amount else "company"
        return {
            "payer": label(Rule, "payer", payer),
            "currency": sold.currency_id or self.company_id.currency_id,
        }

    def _aftersales_get_report_totals(self):
        """What the customer pays in all: pairs of amount and currency, one for each currency."""
        totals = {}
        for row in self._aftersales_get_report_costs():
            totals[row["currency"]] = totals.get(row["currency"], 0.0) + row["amount"]
        return [(amount, currency) for currency, amount in totals.items()]

    def _aftersales_get_report_consents(self):
        """What the customer agreed to and refused, oldest first, a sentence each."""
        return [
            self.env._(
                "%(kind)s: %(answer)s, %(who)s, %(when)s",
                kind=label(row, "kind", row.kind),
                answer=label(row, "answer", row.answer),
                who=row.by_name or row.partner_id.name or "",
                when=format_minute(self.env, row.date),
            )
            for row in self.aftersales_consent_ids.sorted(lambda row: (row.date, row.id))
        ]

    def _aftersales_get_report_photos(self):
        """Pictures before and after the work: pairs of title and ``src``, empty ones left out."""
        photos = [
            (
                self.env._("Before the work"),
                self._aftersales_get_job()[:1].aftersales_photo_ids,
            ),
            (self.env._("After the work"), self.aftersales_photo_after_ids),
        ]
        shown = [
            (
                title,
                list(
                    filter(None, (_get_picture(file) for file in files.sorted("id")[:PHOTO_COUNT]))
                ),
            )
            for title, files in photos
        ]
        return [(title, pictures) for title, pictures in shown if pictures]

    def _aftersales_get_report_test(self):
        """The last quality test, in words; False where there is none."""
        test = self._aftersales_get_last_test()
        return test and {
            "result": label(test, "result", test.result),
            "tester": test.user_id.name,
            "date": format_minute(self.env, test.date),
            "findings": test.findings,
            "points": [(point.name, point.is_ok, point.note) for point in test.point_ids],
        }

    def _aftersales_get_report_warranty(self):
        """Until when we stand by this repair, in words; False where that is not promised."""
        last = self.aftersales_warranty_end
        return last and self.env._(
            "We stand by this repair until %s: the same fault is repaired again free of charge.",
            format_date(self.env, last),
        )

    def _aftersales_get_report_signatures(self):
        """Dicts of role, picture, name and instant of the two who sign."""
        roles = (self.env._("For us (technician)"), self.env._("For the customer"))
        return [
            {
                "role": role,
                "picture": self[picture],
                "name": self[name],
                "date": format_minute(self.env, self[date]),
            }
            for role, (picture, (name, date)) in zip(roles, SIGNATURES.items(), strict=True)
        ]


class AftersalesCostLine(models.Model):
    """Costs are what a service report is signed for."""

    _inherit = "aftersales.cost.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._touch_report()
        return lines

    def write(self, vals):
        if REPORTED_COST & vals.keys():
            self._touch_report()
        return super().write(vals)

    def unlink(self):
        self._touch_report()
        return super().unlink()

    def _touch_report(self):
        self.repair_id._aftersales_refuse_closed()
        self.repair_id._aftersales_void_signatures(self.env._("the costs were changed"))


def _differs(record, name, value):
    """Whether writing ``value`` would change the field; empty texts are all alike."""
    field = record._fields.get(name)
    if field is None:
        return False
    new = field.convert_to_record(field.convert_to_cache(value, record), record)
    return (new or False) != (record[name] or False)


def _get_picture(file):
    """A photo, made small, for the ``src`` of an image; False for what is no readable picture."""
    if not (file.mimetype or "").startswith("image/"):
        return False
    try:
        small = image_process(file.raw, size=(PHOTO_SIZE, PHOTO_SIZE))
    except UserError:
        return False
    return image_data_uri(base64.b64encode(small))
