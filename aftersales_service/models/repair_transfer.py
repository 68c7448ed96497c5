from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ..logic.stays import balance, stays

#: What transfers say of a repair: nobody types it.
FROM_TRANSFERS = frozenset({"aftersales_quantity_here"})


class StockPicking(models.Model):
    """Transfers of a unit in repair: from the customer, to others, and back to the customer."""

    _inherit = "stock.picking"

    aftersales_repair_id = fields.Many2one(
        "repair.order",
        string="Repair of the Unit",
        copy=False,
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    aftersales_repair_role = fields.Selection(
        [
            ("receive", "Received from the customer"),
            ("hand_back", "Handed back"),
            ("send_out", "Sent to an outside workshop"),
            ("fetch", "Back from an outside workshop"),
        ],
        string="Step of the Repair",
        copy=False,
        readonly=True,
    )

    def write(self, vals):
        res = super().write(vals)
        if "date_done" in vals:
            self._aftersales_follow_repairs()
        return res

    def _action_done(self):
        """Nothing leaves without what its plan demands, whoever validates the transfer."""
        leaving = self.filtered(lambda picking: picking.aftersales_repair_role == "hand_back")
        # superuser: storekeepers send out what technicians have finished
        leaving.sudo().aftersales_repair_id._aftersales_refuse_hand_back()
        arriving = self.filtered(lambda picking: picking.aftersales_repair_role == "receive")
        for picking in arriving:
            # also what the store entered: it is the customer's
            unowned = picking.move_line_ids.filtered(
                lambda line: line.product_id.is_storable and not line.owner_id
            )
            unowned.owner_id = picking.sudo().aftersales_repair_id.partner_id
        arriving.move_ids._aftersales_own(by_customer=True)
        res = super()._action_done()
        leaving.move_ids._aftersales_own(by_customer=False)
        self._aftersales_follow_repairs()
        return res

    def _aftersales_follow_repairs(self):
        """The repairs of these transfers follow what was really moved, and when."""
        # superuser: storekeepers move the goods, repairs and promises follow
        pickings = self.sudo()
        returns = pickings.filtered("return_id")  # of Odoo's own, which repairs may be made from
        repairs = returns.repair_ids.filtered("aftersales_is_service")
        (repairs | pickings.aftersales_repair_id)._aftersales_follow_goods()
        pickings._aftersales_follow_outside()

    def _aftersales_follow_outside(self):
        """Steps at outside workshops follow the transfers there and back."""
        ways = self.filtered(
            lambda picking: picking.aftersales_repair_role in ("send_out", "fetch")
        )
        if ways:
            steps = self.env["aftersales.repair.outside"].search(
                Domain("sent_picking_id", "in", ways.ids)
                | Domain("back_picking_id", "in", ways.ids)
            )
            steps._follow_pickings()

    def action_cancel(self):
        res = super().action_cancel()
        self.sudo()._aftersales_follow_outside()
        return res

    def _aftersales_validate(self):
        """Move everything now, as it stands on these transfers."""
        if todo := self.filtered(lambda picking: picking.state != "done"):
            todo.move_ids.picked = True
            todo._action_done()
        (self - todo)._aftersales_follow_repairs()

    def _create_backorder_picking(self):
        backorder = super()._create_backorder_picking()
        backorder.write(self._aftersales_get_role_values())
        return backorder

    def _aftersales_get_role_values(self, role=None):
        return {
            "aftersales_repair_id": self.aftersales_repair_id.id,
            "aftersales_repair_role": role or self.aftersales_repair_role,
        }


class RepairOrder(models.Model):
    """The goods of a repair: received from the customer, and handed back by real transfers (C41).

    While a customer's unit is with us, Odoo knows the customer as its owner: it never enters the
    value of our stock. A way back is no delivery: it starts no promise and delivers no order.
    """

    _inherit = "repair.order"

    aftersales_picking_ids = fields.One2many(
        "stock.picking", "aftersales_repair_id", string="Transfers of the Unit"
    )
    aftersales_picking_count = fields.Integer(compute="_compute_aftersales_picking_count")
    aftersales_quantity_here = fields.Float(
        string="With Us",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="How much of it was received and not handed back, as transfers say.",
    )
    aftersales_date_handed_back = fields.Datetime(
        string="Handed Back",
        copy=False,
        tracking=True,
        help="When the customer had everything again: follows the transfer, where there is one.",
    )
    aftersales_may_receive = fields.Boolean(compute="_compute_aftersales_next_moves")
    aftersales_may_hand_back = fields.Boolean(compute="_compute_aftersales_next_moves")
    aftersales_is_at_customers = fields.Boolean(
        string="Repaired at the Customer's", compute="_compute_aftersales_is_at_customers"
    )

    @api.depends("aftersales_picking_ids")
    def _compute_aftersales_picking_count(self):
        counts = {}
        if self.env["stock.picking"].has_access("read"):
            counts = dict(
                self.env["stock.picking"]._read_group(
                    [("aftersales_repair_id", "in", self.ids)],
                    ["aftersales_repair_id"],
                    ["__count"],
                )
            )
        for repair in self:
            repair.aftersales_picking_count = counts.get(repair, 0)

    @api.depends("product_location_src_id")
    def _compute_aftersales_is_at_customers(self):
        for repair in self:
            usage = repair.sudo().product_location_src_id.usage
            repair.aftersales_is_at_customers = usage == "customer"

    @api.depends(
        "state",
        "aftersales_is_service",
        "aftersales_date_handed_back",
        "aftersales_estimate_state",
        "aftersales_is_at_customers",
        "aftersales_quantity_here",
        "product_qty",
    )
    def _compute_aftersales_next_moves(self):
        for repair in self:
            is_here = repair.aftersales_quantity_here > 0
            never_left = repair.aftersales_is_at_customers and not is_here
            is_over = repair.state in ("done", "cancel")
            repair.aftersales_may_receive = (
                repair.aftersales_is_service and not is_here and not is_over
            )
            repair.aftersales_may_hand_back = (
                repair.aftersales_is_service
                and not repair.aftersales_date_handed_back
                and not never_left
                and (
                    repair.state == "done"
                    or (is_here and (repair.state == "cancel" or repair._aftersales_is_declined()))
                )
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._aftersales_refuse_typed_goods(vals_list)
        repairs = super().create(vals_list)
        # made from a return of Odoo: the goods may be here already
        returned = repairs.filtered(lambda repair: repair.aftersales_is_service)
        returned.filtered("picking_id").sudo()._aftersales_follow_goods()
        return repairs

    def write(self, vals):
        self._aftersales_refuse_typed_goods([vals])
        if "aftersales_date_handed_back" in vals and not self.env.su:
            self._aftersales_refuse_other_dates(vals["aftersales_date_handed_back"])
        res = super().write(vals)
        if "picking_id" in vals:
            self.filtered("aftersales_is_service").sudo()._aftersales_follow_goods()
        return res

    def _aftersales_refuse_typed_goods(self, vals_list):
        if not self.env.su and any(FROM_TRANSFERS & vals.keys() for vals in vals_list):
            raise AccessError(
                self.env._("What is with us follows from transfers. Receive it, or hand it back.")
            )

    def _aftersales_refuse_other_dates(self, typed):
        """A date typed in where no transfer tells it: it passes the gate of handing back."""
        at = fields.Datetime.to_datetime(typed)
        for repair in self.filtered("aftersales_is_service"):
            if at and repair.aftersales_date_handed_back != at:
                repair._aftersales_refuse_hand_back()
                repair._aftersales_refuse_impossible_return(at)
        for repair in self:
            moved = repair._aftersales_get_moved("hand_back")
            if moved:
                raise UserError(
                    self.env._(
                        "%(repair)s was handed back with %(transfer)s. Correct the date there.",
                        repair=repair.name,
                        transfer=moved[-1:].name,
                    )
                )

    def _aftersales_refuse_impossible_return(self, at):
        if self.product_uom.compare(self.aftersales_quantity_here, 0) > 0:
            raise UserError(
                self.env._("%s is here, as its transfers say. Use “Hand Back”.", self.name)
            )
        begun = self.aftersales_date_arrived or self.aftersales_date_intake
        if at > fields.Datetime.now() or (begun and at < begun):
            raise UserError(
                self.env._(
                    "%s cannot be handed back in the future, or before it was taken in. Enter when "
                    "its customer really had it again.",
                    self.name,
                )
            )

    @api.constrains("aftersales_date_arrived", "aftersales_date_handed_back")
    def _check_aftersales_stay(self):
        for repair in self:
            came, left = repair.aftersales_date_arrived, repair.aftersales_date_handed_back
            if came and left and left < came:
                raise ValidationError(
                    self.env._(
                        "%s was handed back before it arrived. Correct one of the two dates.",
                        repair.name,
                    )
                )

    def action_repair_cancel(self):
        """What was only announced does not come any longer; what is here can still go back."""
        res = super().action_repair_cancel()
        # superuser: whoever cancels a job need not be allowed to cancel transfers
        announced = self.sudo().aftersales_picking_ids.filtered(
            lambda picking: (
                picking.aftersales_repair_role == "receive"
                and picking.state not in ("done", "cancel")
            )
        )
        announced.action_cancel()
        return res

    # === ACTIONS === #

    def action_aftersales_receive(self):
        """The unit is here: take it over from the customer."""
        self._aftersales_bring_in()._aftersales_validate()
        return True

    def action_aftersales_announce(self):
        """The unit is on its way: the store finds a receipt to validate when it comes."""
        pickings = self._aftersales_bring_in()
        return pickings._get_records_action(name=self.env._("Receipts"))

    def action_aftersales_hand_back(self):
        """Give the unit back to the customer, now.

        What was repaired at the customer's is only noted as handed over.
        """
        self._aftersales_bring_back()._aftersales_validate()
        return True

    def action_aftersales_prepare_delivery(self):
        """The unit may go back: the store finds a delivery to validate when it leaves."""
        pickings = self._aftersales_bring_back()
        return pickings._get_records_action(name=self.env._("Deliveries")) if pickings else True

    def action_aftersales_view_pickings(self):
        self.ensure_one()
        return self.aftersales_picking_ids._get_records_action(name=self.env._("Transfers"))

    # === RECEIVING === #

    def _aftersales_bring_in(self):
        """Transfers, ready to be validated, that bring these units to us."""
        self.check_access("write")
        pickings = self.env["stock.picking"]
        for repair in self:
            repair._aftersales_refuse_receipt()
            open_ones = repair._aftersales_get_open("receive")
            known = open_ones or repair._aftersales_adopt_return()
            if not known:
                repair._aftersales_leave_customers()
            pickings |= known or repair._aftersales_move_unit("receive")
        return pickings

    def _aftersales_refuse_receipt(self):
        if not self.aftersales_is_service:
            raise UserError(
                self.env._(
                    "%s is a repair of Odoo's own. Use a return of its delivery instead.", self.name
                )
            )
        if self.state in ("done", "cancel"):
            raise UserError(
                self.env._("%s is over. Make a new repair to receive the unit.", self.name)
            )
        if self.product_uom.compare(self.aftersales_quantity_here, 0) > 0:
            raise UserError(self.env._("The unit of %s is here already.", self.name))
        if self.product_id.tracking != "none" and not self.lot_id:
            raise UserError(
                self.env._(
                    "%(product)s has serials. Enter the one of %(repair)s before you receive it.",
                    product=self.product_id.display_name,
                    repair=self.name,
                )
            )
        if not self.partner_id:
            raise UserError(
                self.env._("%s has no customer to receive the unit from. Choose one.", self.name)
            )

    def _aftersales_adopt_return(self):
        """The done return that brought a serial here before its repair was made, if any."""
        if self.product_id.tracking != "serial" or self.lot_id.location_id.usage != "internal":
            return self.env["stock.picking"]
        line = self.env["stock.move.line"].search(
            Domain("lot_id", "=", self.lot_id.id)
            & Domain("state", "=", "done")
            & Domain("location_id.usage", "=", "customer"),
            order="date desc, id desc",
            limit=1,
        )
        former = line.picking_id.aftersales_repair_id
        if former.state not in (False, "cancel"):
            raise UserError(
                self.env._(
                    "%(serial)s is here for %(other)s. Hand it back there first.",
                    serial=self.lot_id.name,
                    other=former.name,
                )
            )
        if not line.picking_id:
            raise UserError(
                self.env._(
                    "%(serial)s is in %(location)s, and no customer has brought it. It needs no "
                    "receipt.",
                    serial=self.lot_id.name,
                    location=self.lot_id.location_id.display_name,
                )
            )
        picking = line.picking_id
        # superuser: nobody but us links transfers to repairs
        picking.sudo().write({"aftersales_repair_id": self.id, "aftersales_repair_role": "receive"})
        former.sudo()._aftersales_follow_goods()
        return picking

    def _aftersales_leave_customers(self):
        """It comes to us after all: the repair takes place in our workshop."""
        if not self.aftersales_is_at_customers:
            return
        kind = self.picking_type_id
        self.write(
            {
                "product_location_src_id": kind.default_product_location_src_id.id,
                "product_location_dest_id": kind.default_product_location_dest_id.id,
                "aftersales_place": "workshop",
            }
        )

    # === HANDING BACK === #

    def _aftersales_bring_back(self):
        """Transfers, ready to be validated, that bring these units back to their customers."""
        self.check_access("write")
        pickings = self.env["stock.picking"]
        self.filtered(lambda repair: repair._aftersales_is_declined()).action_repair_cancel()
        for repair in self:
            repair._aftersales_refuse_second_hand_back()
            repair._aftersales_refuse_hand_back()
            if repair._aftersales_needs_delivery():
                pickings |= repair._aftersales_get_open(
                    "hand_back"
                ) or repair._aftersales_move_unit("hand_back")
            else:
                # superuser: what was repaired on the spot is handed over with the job itself
                repair.sudo().write({"aftersales_date_handed_back": fields.Datetime.now()})
        return pickings

    def _aftersales_refuse_hand_back(self):
        """What was repaired needs all its plan demands; what was cancelled only has to be here."""
        kept = self.filtered(lambda repair: repair.state != "cancel")
        kept._aftersales_refuse_obstacles("hand_back")
        for repair in self.filtered("aftersales_is_outside"):
            raise UserError(
                self.env._(
                    "%(repair)s is at %(workshop)s. Take it back first.",
                    repair=repair.name,
                    workshop=repair._aftersales_get_away()[0].partner_id.display_name,
                )
            )

    def _aftersales_refuse_second_hand_back(self):
        if self.aftersales_date_handed_back:
            raise UserError(
                self.env._(
                    "%(repair)s was handed back on %(time)s already.",
                    repair=self.name,
                    time=self._aftersales_format_instant(self.aftersales_date_handed_back),
                )
            )

    def _aftersales_needs_delivery(self):
        """Whether goods have to be moved; raises where they should, but are not here."""
        if self.product_uom.compare(self.aftersales_quantity_here, 0) > 0:
            return True
        if self.aftersales_is_at_customers or not self.product_id.is_storable:
            return False
        if self.lot_id.location_id.usage == "internal" and self.product_id.tracking == "serial":
            return True
        raise UserError(
            self.env._(
                "The unit of %s was never received, so nothing can be handed back. Receive it "
                "first, or say that it is repaired at the customer's.",
                self.name,
            )
        )

    # === TRANSFERS === #

    def _aftersales_get_open(self, role):
        return self.aftersales_picking_ids.filtered(
            lambda picking: (
                picking.aftersales_repair_role == role and picking.state not in ("done", "cancel")
            )
        )

    def _aftersales_get_moved(self, role):
        """The done transfers of a step, in order; Odoo's own return is a receipt, too."""
        pickings = self.aftersales_picking_ids.filtered(
            lambda picking: picking.aftersales_repair_role == role
        )
        if role == "receive":
            pickings |= self.picking_id
        done = pickings.filtered(lambda picking: picking.state == "done")
        now = fields.Datetime.now()
        return done.sorted(lambda picking: (picking.date_done or now, picking.id))

    def _aftersales_move_unit(self, role, place=None):
        """A transfer of the unit, confirmed, with its serial and owner on it.

        ``place`` is the location outside the house, for the steps that go there.
        """
        self.ensure_one()
        clean = self.with_env(self.env(context=clean_context(self.env.context)))
        picking = clean.env["stock.picking"].create(self._aftersales_prepare_picking(role, place))
        picking.action_confirm()
        move = picking.move_ids
        move.move_line_ids.unlink()
        clean.env["stock.move.line"].create(self._aftersales_prepare_move_line(move, role))
        return picking

    def _aftersales_prepare_picking(self, role, place):
        warehouse = self.picking_type_id.warehouse_id
        kinds = {"receive": warehouse.in_type_id, "hand_back": warehouse.out_type_id}
        source, destination = self._aftersales_get_way(role, place)
        quantity = self._aftersales_get_quantity(role)
        shared = {"location_id": source.id, "location_dest_id": destination.id}
        return {
            **shared,
            "picking_type_id": kinds.get(role, warehouse.int_type_id).id,
            "partner_id": self._aftersales_get_address().id,
            "company_id": self.company_id.id,
            "origin": self.name,
            "aftersales_repair_id": self.id,
            "aftersales_repair_role": role,
            "move_ids": [
                Command.create(
                    {
                        **shared,
                        "product_id": self.product_id.id,
                        "product_uom_qty": quantity,
                        "product_uom": self.product_uom.id,
                        "company_id": self.company_id.id,
                        "origin_returned_move_id": self._aftersales_get_origin(role).id,
                        "to_refund": False,
                    }
                )
            ],
        }

    def _aftersales_get_way(self, role, place):
        """From where to where the unit goes in a step."""
        customers = self.partner_id.with_company(self.company_id).property_stock_customer
        ways = {
            "receive": lambda: (customers, self.product_location_src_id),
            "hand_back": lambda: (
                self._aftersales_get_quant().location_id or self.product_location_dest_id,
                customers,
            ),
            "send_out": lambda: (
                self._aftersales_get_quant().location_id or self.product_location_src_id,
                place,
            ),
            "fetch": lambda: (place, self.product_location_src_id),
        }
        return ways[role]()

    def _aftersales_get_address(self):
        """Where the unit is fetched from and brought back to."""
        request = self.sudo().aftersales_request_id
        return request.site_id or self.sudo().aftersales_unit_id.site_id or self.partner_id

    def _aftersales_get_quantity(self, role):
        return (
            self.product_qty
            if role == "receive"
            else self.aftersales_quantity_here or self.product_qty
        )

    def _aftersales_get_origin(self, role):
        """The move this one goes back on: it makes a way back of it, and no new delivery."""
        if role == "hand_back":
            received = self._aftersales_get_moved("receive").move_ids
            return received.filtered(lambda move: move.product_id == self.product_id)[-1:]
        if role == "receive":
            # superuser: deliveries of others may be closed to whoever repairs
            return self.sudo().aftersales_unit_id.move_line_id.move_id
        return self.env["stock.move"]

    def _aftersales_get_quant(self):
        """Where the unit really is with us: its serial, or goods of this customer."""
        quants = self.env["stock.quant"].search(
            Domain("product_id", "=", self.product_id.id)
            & Domain("lot_id", "=", self.lot_id.id)
            & Domain("location_id.usage", "=", "internal")
            & Domain("company_id", "=", self.company_id.id)
            & Domain("quantity", ">", 0)
        )
        mine = quants.filtered(lambda quant: quant.owner_id == self.partner_id)
        here = self.product_location_dest_id
        return (mine or quants).sorted(lambda quant: quant.location_id != here)[:1]

    def _aftersales_prepare_move_line(self, move, role):
        is_owned = self.product_id.is_storable
        owner = self.partner_id if role == "receive" else self._aftersales_get_quant().owner_id
        return {
            "move_id": move.id,
            "picking_id": move.picking_id.id,
            "product_id": move.product_id.id,
            "product_uom_id": move.product_uom.id,
            "quantity": move.product_uom_qty,
            "lot_id": self.lot_id.id,
            "owner_id": is_owned and owner.id,
            "location_id": move.location_id.id,
            "location_dest_id": move.location_dest_id.id,
        }

    # === WHAT FOLLOWS === #

    def _aftersales_follow_goods(self):
        """When it arrived and when it was handed back, as its transfers say now (idempotent)."""
        for repair in self:
            events = repair._aftersales_get_events()
            if not (events or repair.aftersales_quantity_here):
                continue
            spans = stays(events)
            target = {"aftersales_quantity_here": balance(events)}
            if spans:
                target["aftersales_date_arrived"] = spans[0][0]
                target["aftersales_date_handed_back"] = spans[-1][1] or False
            changed = {name: value for name, value in target.items() if repair[name] != value}
            if changed:
                repair.write(changed)
        self.aftersales_unit_id._follow_repairs()

    def _aftersales_get_events(self):
        """``(instant, quantity)`` of what came from the customer and went back, in its unit."""
        events = []
        for role, sign in (("receive", 1), ("hand_back", -1)):
            for picking in self._aftersales_get_moved(role):
                quantity = sum(
                    line.product_uom_id._compute_quantity(line.quantity, self.product_uom)
                    for line in picking.move_line_ids
                    if line.product_id == self.product_id and line.lot_id == self.lot_id
                )
                quantity = min(quantity, self.product_qty)
                if quantity:
                    instant = picking.date_done or fields.Datetime.now()
                    events.append((instant, sign * quantity))
        return events


class StockMove(models.Model):
    _inherit = "stock.move"

    def _aftersales_own(self, by_customer):
        """Goods of customers are theirs while they are with us, and plainly out there again.

        At the customers' Odoo knows no owner of what was sold; before something comes to us, the
        owner is noted there, and forgotten again when it went back. So serials are in one place
        only, and the value of our stock never holds what is not ours.
        """
        Quant = self.env["stock.quant"].sudo()
        for line in self.move_line_ids.filtered(lambda line: line.owner_id):
            place = line.location_id if by_customer else line.location_dest_id
            former, owner = Quant.env["res.partner"], line.owner_id
            if not by_customer:
                former, owner = owner, former
            if place.usage != "customer" or not line.product_id.is_storable:
                continue
            what = {"lot_id": line.lot_id, "package_id": None}
            there = Quant._get_available_quantity(
                line.product_id, place, owner_id=former, strict=True, **what
            )
            quantity = min(line.quantity_product_uom, max(there, 0))
            if line.product_uom_id.is_zero(quantity):
                continue
            for holder, sign in ((former, -1), (owner, 1)):
                Quant._update_available_quantity(
                    line.product_id, place, sign * quantity, owner_id=holder, **what
                )
