import base64

from reportlab.graphics.barcode import createBarcodeDrawing

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .vocabulary import FINISHED, OLD_PARTS, REPAIR_PLACES, SEALS, SEVERITIES

#: Where goods are that nobody has brought to us.
ON_SITE = "on_site"
#: What happened to a repair, in the order in which it can happen.
PAST_DATES = ("aftersales_date_intake", "aftersales_date_arrived")


class RepairOrder(models.Model):
    """Taking in: where it is repaired, when it arrived, in which condition, with what (C41, C51).

    The place decides where Odoo looks for the product: at the customer's for a repair on site, in
    our stock for all others.
    """

    _inherit = "repair.order"

    # known before the record is stored, so that the place can decide about the locations
    lot_id = fields.Many2one(
        compute="compute_lot_id",  # pylint: disable=method-compute
        store=True,
        readonly=False,  # Odoo's form edits it; what is given on creation must stay
        precompute=True,
    )

    aftersales_place = fields.Selection(
        REPAIR_PLACES,
        string="Place of Repair",
        compute="_compute_aftersales_place",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        tracking=True,
        index="btree_not_null",
        help="On site, the product stays in the customer's location; otherwise it is repaired in "
        "ours.",
    )
    aftersales_date_intake = fields.Datetime(
        string="Taken in on",
        default=fields.Datetime.now,
        copy=False,
        help="When this job was accepted. Correct it when it is recorded later.",
    )
    aftersales_date_arrived = fields.Datetime(
        string="Arrived on",
        copy=False,
        tracking=True,
        help="When the product reached our workshop or the factory; promised times may count from "
        "here.",
    )
    aftersales_condition = fields.Text(
        string="Condition",
        copy=False,
        tracking=True,
        help="What was seen together with the customer when the product was taken in.",
    )
    aftersales_wear = fields.Selection(SEVERITIES, string="Wear", copy=False, tracking=True)
    aftersales_scratches = fields.Selection(
        SEVERITIES, string="Scratches", copy=False, tracking=True
    )
    aftersales_damage = fields.Selection(SEVERITIES, string="Damage", copy=False, tracking=True)
    aftersales_seal = fields.Selection(SEALS, string="Seal", copy=False, tracking=True)
    aftersales_is_proof_shown = fields.Boolean(
        string="Purchase Papers Shown",
        copy=False,
        tracking=True,
        help="Recorded on the unit, too, where a promise may depend on it.",
    )
    aftersales_photo_ids = fields.Many2many(
        "ir.attachment",
        relation="aftersales_repair_photo_rel",
        column1="repair_id",
        column2="attachment_id",
        string="Photos",
        copy=False,
    )
    aftersales_accessory_ids = fields.One2many(
        "aftersales.repair.accessory", "repair_id", string="Accessories"
    )
    aftersales_old_parts = fields.Selection(
        OLD_PARTS,
        string="Old Parts",
        copy=False,
        tracking=True,
        help="What the customer wants to become of the parts that are replaced.",
    )

    # === PLACE === #

    @api.depends("aftersales_is_service", "aftersales_request_id", "picking_id")
    def _compute_aftersales_place(self):
        """Proposed once; a place that was chosen stays."""
        for repair in self:
            repair.aftersales_place = repair.aftersales_is_service and (
                repair.aftersales_place or repair._aftersales_propose_place()
            )

    def _aftersales_propose_place(self):
        """Where the case stands on its ladder; else where the goods are."""
        # superuser: whoever repairs need not see the case of a colleague
        repair = self.sudo()
        rung = repair.aftersales_request_id._get_open_steps()[-1:].rung
        if rung in dict(REPAIR_PLACES):
            return rung
        usage = repair.lot_id.location_id.usage
        at_customer = usage == "customer" or (
            not usage and repair.aftersales_unit_id.state == "active"
        )
        return ON_SITE if at_customer and not repair.picking_id else "workshop"

    @api.depends("aftersales_place")
    def _compute_product_location_src_id(self):
        moving = self._aftersales_keep_location("product_location_src_id")
        return super(RepairOrder, moving)._compute_product_location_src_id()

    @api.depends("aftersales_place")
    def _compute_product_location_dest_id(self):
        moving = self._aftersales_keep_location("product_location_dest_id")
        return super(RepairOrder, moving)._compute_product_location_dest_id()

    def _aftersales_keep_location(self, name):
        """Set the location of what is done or stays with the customer; returns the others."""
        others = self.browse()
        for repair in self:
            site = repair.aftersales_place == ON_SITE and repair._aftersales_get_site()
            if repair.state == "done":
                repair[name] = repair[name]
            elif site:
                repair[name] = site
            else:
                others |= repair
        return others

    def _aftersales_get_site(self):
        """The customer's stock location."""
        # superuser: a location of a partner, of which storekeepers may know no more
        customer = self.sudo().partner_id or self.sudo().aftersales_unit_id.partner_id
        return customer.with_company(self.company_id).property_stock_customer

    # === RULES === #

    @api.constrains(*PAST_DATES)
    def _check_aftersales_past_dates(self):
        self._aftersales_refuse_future(PAST_DATES)

    def _aftersales_refuse_future(self, names):
        """What happened cannot lie ahead."""
        now = fields.Datetime.now()
        for repair in self:
            for name in names:
                if repair[name] and repair[name] > now:
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” of %(repair)s lies in the future. Enter when it really "
                            "happened.",
                            field=self._fields[name]._description_string(self.env),
                            repair=repair.name,
                        )
                    )

    @api.constrains("aftersales_photo_ids")
    def _check_aftersales_photos(self):
        for photo in self.sudo().aftersales_photo_ids:
            if not (photo.mimetype or "").startswith(("image/", "video/")):
                raise ValidationError(
                    self.env._(
                        "“%s” is no picture. Attach other documents in the conversation below.",
                        photo.name,
                    )
                )

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        last = gate in ("hand_back", "close")
        here = last and self.aftersales_accessory_ids._describe_here()
        if here:
            obstacles.append(
                self.env._("Accessories are still here: %s. Hand them back, too.", here)
            )
        return obstacles

    def action_repair_done(self):
        """Replaced parts that the customer wants are handed back like what came along (C51)."""
        res = super().action_repair_done()
        wanted = self.filtered(
            lambda repair: (
                repair.aftersales_is_service
                and repair.aftersales_old_parts == "back"
                and not repair.aftersales_accessory_ids.filtered("is_old_parts")
                and any(move.repair_line_type and move.state == "done" for move in repair.move_ids)
            )
        )
        self.env["aftersales.repair.accessory"].create(
            [
                {
                    "repair_id": repair.id,
                    "name": self.env._("Replaced parts"),
                    "is_old_parts": True,
                    "sequence": 99,
                }
                for repair in wanted
            ]
        )
        return res

    def _aftersales_get_proofs(self, gate):
        proofs = super()._aftersales_get_proofs(gate)
        rows = self.aftersales_accessory_ids
        if gate == "hand_back" and rows and not rows._describe_here():
            proofs.append(self.env._("All accessories are handed back."))
        return proofs

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        repairs = super().create(vals_list)
        repairs._aftersales_own_photos()
        repairs.filtered("aftersales_date_arrived")._aftersales_tell_arrival({})
        repairs.filtered("aftersales_is_proof_shown")._aftersales_note_proof()
        return repairs

    def write(self, vals):
        if "aftersales_place" in vals:
            self._aftersales_refuse_moving(vals["aftersales_place"])
        told = {}
        if "aftersales_date_arrived" in vals:
            told = {repair: repair.aftersales_date_arrived for repair in self}
        res = super().write(vals)
        if "aftersales_photo_ids" in vals:
            self._aftersales_own_photos()
        if told:
            self._aftersales_tell_arrival(told)
        if vals.get("aftersales_is_proof_shown"):
            self._aftersales_note_proof()
        return res

    def _aftersales_refuse_moving(self, place):
        for repair in self:
            if repair.state == "done" and repair.aftersales_place != place:
                raise UserError(
                    self.env._("%s is done: where it was repaired no longer changes.", repair.name)
                )

    def _aftersales_own_photos(self):
        """Photos taken before the first save belong to the repair: whoever sees it sees them."""
        for repair in self.sudo().filtered("aftersales_photo_ids"):
            loose = repair.aftersales_photo_ids.filtered(
                lambda photo: photo.res_model == self._name and not photo.res_id
            )
            loose.res_id = repair.id

    def _aftersales_tell_arrival(self, told):
        """The case hears of the arrival, and of its correction; ``told`` is what it heard before.

        A date that somebody recorded on the case itself is left alone.
        """
        # superuser: whoever receives goods need not see the case
        for repair in self.sudo():
            request, arrived = repair.aftersales_request_id, repair.aftersales_date_arrived
            known = request.date_unit_arrived
            is_news = not known and request.state not in FINISHED
            is_correction = known and known == told.get(repair)
            if request and arrived != known and (is_news or is_correction):
                request.date_unit_arrived = arrived

    def _aftersales_note_proof(self):
        """Papers were seen: promises that demand a proof of purchase hold."""
        # superuser: whoever takes in goods sees the papers, and edits nothing else of the unit
        self.sudo().aftersales_unit_id.filtered(lambda unit: not unit.has_proof).has_proof = True

    # === ACTIONS === #

    def action_aftersales_arrive(self):
        """The product is here: now, if nobody recorded when."""
        for repair in self:
            if repair.aftersales_place == ON_SITE:
                raise UserError(
                    self.env._(
                        "%s is repaired on site, so nothing arrives. Choose another place of "
                        "repair first.",
                        repair.name,
                    )
                )
            if repair.state == "cancel":
                raise UserError(
                    self.env._("%s is cancelled. Set it back to new first.", repair.name)
                )
        fresh = self.filtered(lambda repair: not repair.aftersales_date_arrived)
        fresh.write({"aftersales_date_arrived": fields.Datetime.now()})
        return True

    def action_aftersales_accessories_back(self):
        """Everything that came along was handed back."""
        for accessory in self.aftersales_accessory_ids:
            accessory.quantity_returned = accessory.quantity_received
        return True

    def action_aftersales_judge(self):
        """Make the claim of a repair that came without a case, so that cover is judged."""
        judged = self.filtered(lambda repair: not repair.aftersales_claim_id)
        judged._aftersales_refuse_judging()
        for repair in judged:
            repair.aftersales_claim_id = repair._aftersales_find_claim() or (
                self.env["aftersales.claim"].create(repair._aftersales_prepare_claim())
            )
        return True

    def _aftersales_find_claim(self):
        """The claim that the case of this repair has about the same unit."""
        claim = self.aftersales_request_id._get_main_claim()
        return claim if claim.unit_id == self.aftersales_unit_id else claim.browse()

    def _aftersales_refuse_judging(self):
        for repair in self:
            unit = repair.aftersales_unit_id
            if repair.state in ("done", "cancel"):
                raise UserError(
                    self.env._("%s is over. Cover is judged before the work.", repair.name)
                )
            if not unit:
                raise UserError(
                    self.env._(
                        "%s names no unit in service, so nothing was promised for it. Choose its "
                        "serial or its unit first.",
                        repair.name,
                    )
                )
            owner = unit.sudo().partner_id.commercial_partner_id
            asker = repair.partner_id.commercial_partner_id
            if asker and asker != owner:
                raise UserError(
                    self.env._(
                        "%(unit)s belongs to %(owner)s, but %(repair)s is for %(asker)s. Transfer "
                        "the unit to its new owner first, or correct the customer.",
                        unit=unit.display_name,
                        owner=owner.display_name,
                        repair=repair.name,
                        asker=asker.display_name,
                    )
                )

    def _aftersales_prepare_claim(self):
        """What the claim is judged by: the case's facts, or what is known here."""
        request = self.aftersales_request_id
        if request.unit_id == self.aftersales_unit_id and request:
            return {"request_id": request.id}
        return {
            "unit_id": self.aftersales_unit_id.id,
            "date_failure": self.aftersales_date_failure,
            "fault_id": self.aftersales_fault_id.id,
            "component_id": self.aftersales_component_id.id,
            "cause_id": self.aftersales_cause_id.id,
        }

    def _aftersales_get_barcode(self):
        """The number as bars to scan, ready for the ``src`` of an image.

        A drawing: sharp at any size, and it needs no library for pixels.
        """
        self.ensure_one()
        bars = createBarcodeDrawing("Code128", value=self.name, barHeight=40)
        # stretched to the room there is, with the white margin that scanners need
        drawing = bars.asString("svg").replace("xMinYMin meet", "none")
        return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
