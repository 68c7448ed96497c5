from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import clean_context

from .vocabulary import DAMAGE_SETTLEMENTS, label

PRODUCT_COMPENSATION = "aftersales_service.product_compensation"
#: What the service report tells of a damage.
REPORTED_DAMAGE = frozenset({"name", "cause", "settlement", "amount"})


class AftersalesRepairDamage(models.Model):
    """Something of the customer's that was damaged while we repaired (C53, R18.05).

    1. Recorded: what, how it happened, pictures; whoever works on the repair may.
    2. Settled: compensated at its price, by a credit note that an accountant posts; or made good
       by us; or the customer asks for nothing, and why.
    3. A job with an unsettled damage is not closed.
    """

    _name = "aftersales.repair.damage"
    _description = "Damage During a Repair"
    _order = "date desc, id desc"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="cascade", index=True, check_company=True
    )
    partner_id = fields.Many2one(related="repair_id.partner_id")
    company_id = fields.Many2one(
        related="repair_id.company_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    name = fields.Char(string="What Was Damaged", required=True)
    date = fields.Datetime(string="Happened on", default=fields.Datetime.now, required=True)
    cause = fields.Text(
        string="How It Happened", help="Explained to the customer, too: the service report says it."
    )
    photo_ids = fields.Many2many(
        "ir.attachment",
        "aftersales_repair_damage_photo_rel",
        "damage_id",
        "attachment_id",
        string="Pictures",
        copy=False,
    )
    settlement = fields.Selection(
        DAMAGE_SETTLEMENTS,
        string="Settled by",
        help="What was agreed with the customer. Empty: nothing yet.",
    )
    amount = fields.Monetary(
        string="Compensation", help="The price of what was damaged, without taxes."
    )
    note = fields.Char(string="Agreed", help="With whom and why; needed where nothing is asked.")
    move_id = fields.Many2one(
        "account.move", string="Credit Note", readonly=True, copy=False, index="btree_not_null"
    )
    date_made_good = fields.Datetime(string="Made Good", readonly=True, copy=False)
    is_settled = fields.Boolean(
        string="Settled",
        compute="_compute_is_settled",
        store=True,
        help="The compensation is credited, the damage made good, or nothing is asked.",
    )

    _amount_positive = models.Constraint(
        "CHECK(amount >= 0)", "A compensation cannot be negative. Enter what the customer gets."
    )
    _open_idx = models.Index("(company_id, date) WHERE is_settled IS NOT TRUE")

    @api.depends("settlement", "move_id.state", "date_made_good")
    def _compute_is_settled(self):
        for damage in self:
            # superuser: whether it was credited does not depend on who looks
            credited = damage.sudo().move_id.state == "posted"
            damage.is_settled = {
                "compensate": credited,
                "make_good": bool(damage.date_made_good),
                "waive": True,
            }.get(damage.settlement, False)

    def _describe_settlement(self):
        """What was agreed, in words; empty while nothing is."""
        if not self.settlement:
            return ""
        words = label(self, "settlement", self.settlement)
        if self.settlement == "compensate":
            return f"{words}: {self.repair_id._aftersales_format(self.amount)}"
        return words

    # === RULES === #

    @api.constrains("date")
    def _check_date(self):
        now = fields.Datetime.now()
        for damage in self:
            if damage.date > now:
                raise ValidationError(
                    self.env._(
                        "“%(damage)s” of %(repair)s was damaged in the future. Enter when it "
                        "happened.",
                        damage=damage.name,
                        repair=damage.repair_id.name,
                    )
                )

    @api.constrains("settlement", "note")
    def _check_note(self):
        for damage in self:
            if damage.settlement == "waive" and not (damage.note or "").strip():
                raise ValidationError(
                    self.env._(
                        "Nothing is owed for “%(damage)s” of %(repair)s? Write down what was "
                        "agreed, and with whom.",
                        damage=damage.name,
                        repair=damage.repair_id.name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        damages = super().create(vals_list)
        damages._touch_report()
        damages._own_photos()
        for damage in damages:
            damage.repair_id._message_log(
                body=self.env._("Damaged during the work: %s", damage.name)
            )
        return damages

    def write(self, vals):
        if vals.keys() & {"settlement", "amount", "repair_id"}:
            self._refuse_credited()
        if REPORTED_DAMAGE & vals.keys():
            self._touch_report()
        res = super().write(vals)
        if "photo_ids" in vals:
            self._own_photos()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_credited(self):
        self._refuse_credited()
        self._touch_report()

    def _refuse_credited(self):
        """What is on a credit note stays as it is there, until that is cancelled or deleted."""
        # superuser: whoever repairs may see no credit notes
        for damage in self.sudo().filtered(lambda damage: damage.move_id.state != "cancel"):
            if damage.move_id:
                raise UserError(
                    self.env._(
                        "The compensation for “%(damage)s” is on the credit note %(note)s. Have "
                        "that one cancelled first.",
                        damage=damage.name,
                        note=damage.move_id.display_name,
                    )
                )

    def _touch_report(self):
        self.repair_id._aftersales_refuse_closed()
        self.repair_id._aftersales_void_signatures(self.env._("a damage was recorded or changed"))

    def _own_photos(self):
        """Pictures taken before the first save belong to the repair: whoever sees it sees them."""
        for damage in self.sudo():
            loose = damage.photo_ids.filtered(lambda photo: not photo.res_id)
            loose.write({"res_model": "repair.order", "res_id": damage.repair_id.id})

    # === ACTIONS === #

    def action_make_good(self):
        """What was damaged is in order again, now."""
        for damage in self:
            if damage.settlement != "make_good":
                raise UserError(
                    self.env._(
                        "“%s” is not to be made good. Choose that as its settlement first.",
                        damage.name,
                    )
                )
        self.filtered(lambda damage: not damage.date_made_good).write(
            {"date_made_good": fields.Datetime.now()}
        )
        return True

    def action_compensate(self):
        """Draft the customer's credit note; whoever posts it settles the damage."""
        self.check_access("write")
        for damage in self:
            damage._refuse_compensating()
            # superuser: agents ask for credit notes without rights in accounting
            clean = damage.sudo().with_env(
                self.env(su=True, context=clean_context(self.env.context))
            )
            clean.move_id = clean.env["account.move"].create(clean._prepare_credit_note())
            damage.repair_id._message_log(
                body=self.env._(
                    "A credit note of %(amount)s for “%(damage)s” was drafted.",
                    amount=damage.repair_id._aftersales_format(damage.amount),
                    damage=damage.name,
                )
            )
        return True

    def _refuse_compensating(self):
        self._refuse_credited()
        if not self.env.user.has_group("aftersales_service.group_aftersales_agent"):
            raise UserError(
                self.env._("Service agents decide about compensations. Ask one of them.")
            )
        if self.settlement != "compensate" or self.currency_id.is_zero(self.amount):
            raise UserError(
                self.env._(
                    "“%s” has no compensation yet. Choose “Compensated”, and enter the amount.",
                    self.name,
                )
            )
        if not self.partner_id:
            raise UserError(
                self.env._("%s has no customer to compensate. Choose one.", self.repair_id.name)
            )

    def _prepare_credit_note(self):
        """Values of a credit note with one line: what was damaged, at its price."""
        invoiced = self.partner_id.address_get(["invoice"])["invoice"]
        product = self.env.ref(PRODUCT_COMPENSATION)
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "partner_id": invoiced,
            "currency_id": self.currency_id.id,
            "invoice_origin": self.repair_id.name,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "name": self.env._("Compensation: %s", self.name),
                        "quantity": 1,
                        "price_unit": self.amount,
                        "tax_ids": [Command.clear()],  # damages are paid, nothing is sold
                    }
                )
            ],
        }

    def action_view_credit_note(self):
        self.ensure_one()
        return self.move_id._get_records_action(name=self.env._("Credit Note"))


class RepairOrder(models.Model):
    _inherit = "repair.order"

    aftersales_damage_ids = fields.One2many(
        "aftersales.repair.damage", "repair_id", string="Damage During the Work"
    )

    def _aftersales_get_obstacles(self, gate):
        """A job is not closed over the head of a customer whose things were damaged."""
        obstacles = super()._aftersales_get_obstacles(gate)
        if gate == "close":
            obstacles += [
                self.env._(
                    "“%s” was damaged and nothing is settled. Record what was agreed.", damage.name
                )
                for damage in self.aftersales_damage_ids
                if not (damage.is_settled or damage.sudo().move_id.state == "draft")
            ]
        return obstacles

    def _aftersales_get_report_damages(self):
        """What was damaged during the job: dicts of name, cause and, in words, settlement."""
        damages = self._aftersales_get_job().aftersales_damage_ids
        return [
            {
                "name": damage.name,
                "cause": damage.cause,
                "settlement": damage._describe_settlement(),
            }
            for damage in damages.sorted(lambda damage: (damage.date, damage.id))
        ]
