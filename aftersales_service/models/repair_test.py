from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..logic import coverage
from .vocabulary import label

TEST_RESULTS = [("passed", "Passed"), ("failed", "Failed")]
TEST_STATES = [("none", "Not tested"), *TEST_RESULTS]


class AftersalesQualityTest(models.Model):
    """One quality test of a repair: who tried it, when, and what came of it (C48).

    1. The repair is in work or done; its plan and its product's category say what to check.
    2. Passed: the unit may go back. Failed: it stays, or goes back, in work, and is tested again.

    Rows are only ever added: another test follows a failed one, it does not replace it.
    """

    _name = "aftersales.quality.test"
    _description = "Quality Test"
    _order = "date desc, id desc"
    _rec_name = "result"
    _check_company_auto = True

    repair_id = fields.Many2one(
        "repair.order", required=True, ondelete="restrict", index=True, check_company=True
    )
    company_id = fields.Many2one(related="repair_id.company_id", store=True, precompute=True)
    user_id = fields.Many2one(
        "res.users",
        string="Tester",
        required=True,
        default=lambda self: self.env.user,
        check_company=True,
    )
    date = fields.Datetime(string="Tested on", required=True, default=fields.Datetime.now)
    result = fields.Selection(TEST_RESULTS, required=True, default="passed")
    findings = fields.Text(help="What was measured or seen; for a failed test, what to mend.")
    attachment_ids = fields.Many2many("ir.attachment", string="Records")
    point_ids = fields.One2many(
        "aftersales.quality.test.point",
        "test_id",
        string="Points",
        compute="_compute_point_ids",
        store=True,
        readonly=False,
    )
    is_own_work = fields.Boolean(
        string="Own Work",
        compute="_compute_is_own_work",
        store=True,
        help="Who tested it had repaired it, too.",
    )
    warning = fields.Char(compute="_compute_warning")

    @api.depends("repair_id")
    def _compute_point_ids(self):
        for test in self:
            points = test.repair_id._aftersales_get_test_points()
            test.point_ids = [fields.Command.create({"name": point}) for point in points]

    @api.depends("repair_id", "user_id")
    def _compute_is_own_work(self):
        for test in self:
            test.is_own_work = bool(test.user_id) and test.user_id == test.repair_id.user_id

    @api.depends_context("lang", "uid")
    @api.depends("is_own_work")
    def _compute_warning(self):
        self.warning = False
        own = self.filtered("is_own_work")
        if own and own._has_colleague():
            own.warning = self.env._(
                "Who repaired it tests it, too. Better ask somebody else to test it."
            )

    def _has_colleague(self):
        """Whether anybody else serves in these companies; who works alone tests alone."""
        servants = self.env.ref("aftersales_service.group_aftersales_user")
        return bool(
            self.env["res.users"]
            .sudo()
            .search_count(
                [
                    ("all_group_ids", "in", servants.ids),
                    ("company_ids", "in", self.repair_id.company_id.ids),
                    ("id", "not in", self.user_id.ids),
                ],
                limit=1,
            )
        )

    # === RULES === #

    @api.constrains("result", "point_ids")
    def _check_points(self):
        for test in self.filtered(lambda test: test.result == "passed"):
            if missing := test.point_ids.filtered(lambda point: not point.is_ok):
                raise ValidationError(
                    self.env._(
                        "“%(point)s” of %(repair)s is not ticked. Tick what you checked, or record "
                        "a failed test.",
                        point=missing[0].name,
                        repair=test.repair_id.name,
                    )
                )

    @api.constrains("result", "findings")
    def _check_findings(self):
        for test in self.filtered(lambda test: test.result == "failed"):
            if not (test.findings or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say in “Findings” what %s failed by, so that it can be mended.",
                        test.repair_id.name,
                    )
                )

    @api.constrains("date")
    def _check_date(self):
        now = fields.Datetime.now()
        for test in self:
            begun = test.repair_id.aftersales_date_begun
            if test.date > now or (begun and test.date < begun):
                raise ValidationError(
                    self.env._(
                        "The test of %s lies before its repair began, or in the future. Correct "
                        "the time.",
                        test.repair_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        tests = super().create(vals_list)
        for test in tests:
            test.repair_id._aftersales_refuse_test()
            adopt_attachments(test, test.attachment_ids)
        tests._tell_repairs()
        return tests

    def write(self, vals):
        if vals.keys() - {"attachment_ids"}:
            raise UserError(
                self.env._("A quality test is not edited. Record another test instead.")
            )
        res = super().write(vals)
        for test in self:
            adopt_attachments(test, test.attachment_ids)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A quality test is not deleted. Record another test instead."))

    def _tell_repairs(self):
        """The chatter tells the result; what was signed before a failed test no longer holds."""
        for test in self:
            test.repair_id._message_log(
                body=self.env._(
                    "Quality test: %(result)s. %(findings)s",
                    result=label(test, "result", test.result),
                    findings=test.findings or "",
                )
            )
        failed = self.filtered(lambda test: test.result == "failed")
        failed.repair_id._aftersales_void_signatures(self.env._("a quality test failed"))
        (self - failed).repair_id._aftersales_ask_when_due()


class AftersalesQualityTestPoint(models.Model):
    """One point of a test, ticked or not, with what was measured."""

    _name = "aftersales.quality.test.point"
    _description = "Point of a Quality Test"
    _order = "id"

    test_id = fields.Many2one(
        "aftersales.quality.test", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="test_id.company_id")
    name = fields.Char(string="Check", required=True)
    is_ok = fields.Boolean(string="OK")
    note = fields.Char(string="Measured")

    def write(self, vals):
        if vals:
            raise UserError(
                self.env._("A quality test is not edited. Record another test instead.")
            )
        return super().write(vals)


class RepairOrder(models.Model):
    """Tested before it goes back; what fails is worked on again, at nobody's cost but ours."""

    _inherit = "repair.order"

    aftersales_test_ids = fields.One2many("aftersales.quality.test", "repair_id")
    aftersales_test_state = fields.Selection(
        TEST_STATES,
        string="Quality Test",
        compute="_compute_aftersales_test_state",
        store=True,
        recursive=True,
        help="What the latest test of the job says, that of its rework included.",
    )
    aftersales_rework_of_id = fields.Many2one(
        "repair.order",
        string="Rework of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The repair that did not pass its test; this one goes on with it and charges nothing.",
    )
    aftersales_rework_ids = fields.One2many(
        "repair.order", "aftersales_rework_of_id", string="Reworks", copy=False
    )

    _aftersales_one_rework = models.UniqueIndex(
        "(aftersales_rework_of_id) WHERE aftersales_rework_of_id IS NOT NULL AND state != 'cancel'",
        "Another rework goes on with this repair already. Use that one.",
    )

    @api.depends(
        "aftersales_test_ids.result",
        "aftersales_test_ids.date",
        "aftersales_rework_ids.state",
        "aftersales_rework_ids.aftersales_test_state",
    )
    def _compute_aftersales_test_state(self):
        for repair in self:
            rework = repair._aftersales_get_rework()
            last = repair._aftersales_get_last_test()
            state = rework.aftersales_test_state or "none"
            repair.aftersales_test_state = (last.result or "none") if state == "none" else state

    def _aftersales_get_last_test(self):
        tests = self.sudo().aftersales_test_ids._origin
        return tests.sorted(lambda test: (test.date, test.id))[-1:]

    def _aftersales_get_rework(self):
        """The repair that goes on with this one; empty where none does."""
        return self.aftersales_rework_ids.filtered(lambda repair: repair.state != "cancel")[:1]

    def _aftersales_get_job(self):
        """This repair and those it reworks, the first one first: what the customer had done."""
        job = self
        while origin := job[:1].aftersales_rework_of_id:
            job = origin | job
        return job

    def _aftersales_get_test_points(self):
        """What the plan, and then the category of the product, want checked; a line each."""
        plan = self.sudo().aftersales_plan_id
        texts = (plan.test_points, self.product_id.categ_id.aftersales_test_points)
        lines = (line.strip() for text in texts for line in (text or "").splitlines())
        return list(dict.fromkeys(filter(None, lines)))

    # === ACTIONS === #

    def action_aftersales_test(self):
        """Record a quality test in a dialog."""
        self.ensure_one()
        self._aftersales_refuse_test()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Quality Test of %s", self.name),
            "res_model": "aftersales.quality.test",
            "view_mode": "form",
            "target": "new",
            "context": {"default_repair_id": self.id},
        }

    def _aftersales_refuse_test(self):
        """Only what was worked on, and is not over, can be tested."""
        self.ensure_one()
        self._aftersales_refuse_closed()
        if rework := self._aftersales_get_rework():
            raise UserError(
                self.env._(
                    "%(rework)s goes on with %(repair)s. Test that one.",
                    rework=rework.name,
                    repair=self.name,
                )
            )
        if self.state not in ("under_repair", "done"):
            raise UserError(
                self.env._(
                    "%(repair)s is “%(state)s”: there is nothing to test. Start the repair first.",
                    repair=self.name,
                    state=label(self, "state", self.state),
                )
            )

    def action_aftersales_rework(self):
        """Go on with a finished repair that failed its test, as a repair of its own.

        A done repair has moved its parts and cannot be opened again. Its rework is linked to it,
        charges nothing, and is no repeat repair: the customer never had the unit in between.
        """
        self.ensure_one()
        self._aftersales_refuse_rework()
        # the database counts the reworks: it must know which ones are cancelled
        self.aftersales_rework_ids.flush_recordset(["state"])
        rework = self.create(self._aftersales_prepare_rework())
        rework.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": rework, "origin": self},
            subtype_xmlid="mail.mt_note",
        )
        self._message_log(body=self.env._("Goes on as %s.", rework.name))
        return rework._get_records_action()

    def _aftersales_refuse_rework(self):
        self._aftersales_refuse_closed()
        if self.state != "done" or self.aftersales_test_state != "failed":
            raise UserError(
                self.env._(
                    "%s is not a finished repair that failed its test. Record the failed test "
                    "first; a repair in work is simply gone on with.",
                    self.name,
                )
            )
        if rework := self._aftersales_get_rework():
            raise UserError(
                self.env._(
                    "%(rework)s goes on with %(repair)s already.",
                    rework=rework.name,
                    repair=self.name,
                )
            )

    def _aftersales_prepare_rework(self):
        place = self.product_location_dest_id.id
        return {
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "lot_id": self.lot_id.id,
            "product_qty": self.product_qty,
            "product_uom": self.product_uom.id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "priority": self.priority,
            "picking_type_id": self.picking_type_id.id,
            "product_location_src_id": place,
            "product_location_dest_id": place,
            "internal_notes": self._aftersales_get_last_test().findings,
            "aftersales_request_id": self.aftersales_request_id.id,
            "aftersales_unit_id": self.aftersales_unit_id.id,
            "aftersales_claim_id": self.aftersales_claim_id.id,
            "aftersales_rework_of_id": self.id,
        }

    def action_view_aftersales_rework(self):
        self.ensure_one()
        return self._aftersales_get_rework()._get_records_action()

    def action_view_aftersales_rework_of(self):
        self.ensure_one()
        return self.aftersales_rework_of_id._get_records_action()

    # === GATES === #

    def _aftersales_get_obstacles(self, gate):
        obstacles = super()._aftersales_get_obstacles(gate)
        # what was not repaired goes back untested
        if (
            gate in ("hand_back", "close")
            and self.state != "cancel"
            and self._aftersales_get_demands(gate).needs_test
        ):
            missing = {
                "none": self.env._("The quality test is missing. Test the unit and record it."),
                "failed": self.env._("The last quality test failed. Mend it and test it again."),
            }
            # the report of an untested unit is not worth signing
            return [*filter(None, [missing.get(self.aftersales_test_state)]), *obstacles]
        return obstacles

    # === WHO PAYS A REWORK === #

    @api.depends("aftersales_rework_of_id")
    def _compute_under_warranty(self):
        res = super()._compute_under_warranty()
        self.filtered("aftersales_rework_of_id").under_warranty = True
        return res

    def action_create_sale_order(self):
        """A rework is our affair: what the customer wants beyond it is another repair."""
        if rework := self.filtered("aftersales_rework_of_id")[:1]:
            raise UserError(
                self.env._(
                    "%(rework)s mends what %(repair)s left: it is not charged. Make another repair "
                    "for work that is.",
                    rework=rework.name,
                    repair=rework.aftersales_rework_of_id.name,
                )
            )
        return super().action_create_sale_order()

    def _aftersales_get_part_charge(self):
        if self.aftersales_rework_of_id:
            return coverage.FREE
        return super()._aftersales_get_part_charge()

    def _aftersales_get_charged(self, decision=None):
        charged = self.filtered(lambda repair: not repair.aftersales_rework_of_id)
        return super(RepairOrder, charged)._aftersales_get_charged(decision)

    def _aftersales_get_rework_reason(self):
        return self.env._("Rework of %s: not charged.", self.aftersales_rework_of_id.name)


class AftersalesCostLine(models.Model):
    """Costs of a rework are ours."""

    _inherit = "aftersales.cost.line"

    @api.depends("repair_id.aftersales_rework_of_id")
    def _compute_charge(self):
        return super()._compute_charge()

    def _get_charge(self):
        if self.repair_id.aftersales_rework_of_id:
            return coverage.FREE
        return super()._get_charge()

    def _get_reason(self):
        if self.repair_id.aftersales_rework_of_id:
            return self.repair_id._aftersales_get_rework_reason()
        return super()._get_reason()


class AftersalesPlan(models.Model):
    _inherit = "aftersales.plan"

    test_points = fields.Text(
        string="Points of the Quality Test",
        translate=True,
        help="What to check before a unit goes back, one point a line.",
    )


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_test_points = fields.Text(
        string="Points of the Quality Test",
        translate=True,
        help="What to check on products of this category after a repair, one point a line; in "
        "addition to what the service plan wants.",
    )


def adopt_attachments(record, attachments):
    """Files uploaded into a dialog are nobody's until the record is there: now they are its."""
    homeless = attachments.filtered(lambda file: not file.res_id and file.res_model)
    homeless.write({"res_model": record._name, "res_id": record.id})
