"""Taking in: place, arrival, condition, photos, accessories, secrets, label and receipt."""

import base64
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users

from .common import AftersalesCommon

#: One pixel.
PNG = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAA"
    b"AABJRU5ErkJggg=="
)


class TestRepairIntake(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        technician = ("aftersales_service.group_aftersales_user", "stock.group_stock_user")
        cls.tech = cls._user("tech", *technician)
        cls._user("other_tech", *technician)
        cls._user("keeper", "stock.group_stock_user")
        cls._user("helper", "aftersales_service.group_aftersales_user")
        cls._user("agent", "aftersales_service.group_aftersales_agent")
        cls._user("manager", "aftersales_service.group_aftersales_manager")
        cls.unit = cls._delivered("SN-1", plan=cls._preset("r12"), on="2026-03-10")
        cls.site = cls.customer.property_stock_customer
        cls.stock = cls.env.ref("stock.stock_location_stock")

    def _mine(self, record):
        return record.with_user(self.env.user)

    @classmethod
    def _walk_in(cls, **values):
        """A repair that somebody brings in, without a case."""
        return cls.env["repair.order"].create(
            {
                "partner_id": cls.customer.id,
                "product_id": cls.machine.id,
                "lot_id": cls.unit.lot_id.id,
                **values,
            }
        )

    @classmethod
    def _image(cls, **values):
        return cls.env["ir.attachment"].create({"name": "front.png", "datas": PNG, **values})

    def _flush_tracking(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def assertGoods(self, repair, location):
        self.assertEqual(
            (repair.product_location_src_id, repair.product_location_dest_id), (location, location)
        )

    # === PLACE === #

    def test_the_open_step_of_the_case_says_where(self):
        for rung, location in (("mail_in", self.stock), ("on_site", self.site)):
            request = self._request(self.unit, "2026-06-01")
            request.step_ids = [Command.create({"rung": rung})]
            repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
            self.assertEqual(repair.aftersales_place, rung)
            self.assertGoods(repair, location)

    def test_a_telephone_call_is_no_place(self):
        request = self._request(self.unit, "2026-06-01")
        request.step_ids = [Command.create({"rung": "phone"})]
        repair = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        self.assertEqual(repair.aftersales_place, "on_site")

    def test_goods_that_came_back_are_repaired_in_the_workshop(self):
        self._send_back(self.unit.move_line_id.picking_id, lot=self.unit.lot_id)
        repair = self._job(self.unit, "2026-06-01")
        self.assertEqual(repair.aftersales_place, "workshop")
        self.assertGoods(repair, self.stock)

    def test_a_chosen_place_moves_the_goods_until_the_job_is_done(self):
        repair = self._walk_in()
        self.assertEqual(repair.aftersales_place, "on_site")
        repair.aftersales_place = "factory"
        self.assertGoods(repair, self.stock)
        repair.aftersales_place = "on_site"
        self.assertGoods(repair, self.site)
        self._start(repair)
        repair.action_repair_end()
        with self.assertRaisesRegex(UserError, "no longer changes"):
            repair.aftersales_place = "workshop"
        repair.aftersales_place = "on_site"
        self.assertEqual(repair.move_id.location_id, self.site)

    def test_a_form_proposes_the_place_once(self):
        self.env.user.group_ids += self.env.ref("stock.group_production_lot")
        with Form(self.env["repair.order"]) as form:
            form.partner_id = self.customer
            form.product_id = self.machine
            self.assertFalse(form.aftersales_place)
            form.lot_id = self.unit.lot_id
            self.assertEqual(form.aftersales_place, "on_site")
            form.aftersales_place = "workshop"
        self.assertEqual(form.record.aftersales_place, "workshop")
        self.assertGoods(form.record, self.stock)

    def test_given_locations_stay(self):
        shelf = self.stock.copy({"name": "Shelf"})
        repair = self._walk_in(product_location_src_id=shelf.id, product_location_dest_id=shelf.id)
        self.assertGoods(repair, shelf)

    def test_an_ordinary_repair_is_left_as_odoo_made_it(self):
        repair = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.part.id}
        )
        self.assertFalse(repair.aftersales_place)
        self.assertGoods(repair, self.stock)
        self._start(repair)
        repair.action_repair_end()
        self.assertFalse(repair.aftersales_date_repaired)

    def test_a_customer_without_a_repair_partner_is_the_units(self):
        repair = self._walk_in(partner_id=False)
        self.assertGoods(repair, self.site)

    # === ARRIVAL === #

    def test_arrival_is_told_to_the_case_and_corrected_there(self):
        repair = self._job(self.unit, "2026-06-01")
        with self.assertRaisesRegex(UserError, "nothing arrives"):
            repair.action_aftersales_arrive()
        repair.aftersales_place = "mail_in"
        repair.action_aftersales_arrive()
        request = repair.aftersales_request_id
        self.assertTrue(repair.aftersales_date_arrived)
        self.assertEqual(request.date_unit_arrived, repair.aftersales_date_arrived)
        first = repair.aftersales_date_arrived
        repair.action_aftersales_arrive()
        self.assertEqual(repair.aftersales_date_arrived, first)
        yesterday = first - timedelta(days=1)
        repair.aftersales_date_arrived = yesterday
        self.assertEqual(request.date_unit_arrived, yesterday)
        repair.aftersales_date_arrived = False
        self.assertFalse(request.date_unit_arrived)

    def test_an_arrival_recorded_on_the_case_reaches_its_repairs(self):
        repair = self._job(self.unit, "2026-06-01")
        repair.aftersales_place = "workshop"
        request = repair.aftersales_request_id
        request.action_unit_arrived()
        self.assertEqual(repair.aftersales_date_arrived, request.date_unit_arrived)
        earlier = request.date_unit_arrived - timedelta(days=2)
        later = self.env["repair.order"].browse(request.action_create_repair()["res_id"])
        self.assertEqual(later.aftersales_date_arrived, request.date_unit_arrived)
        request.date_unit_arrived = earlier
        later.aftersales_date_arrived = earlier - timedelta(days=1)
        self.assertEqual(request.date_unit_arrived, earlier, "recorded there, it stays there")

    def test_a_finished_case_hears_of_no_new_arrival(self):
        repair = self._job(self.unit, "2026-06-01")
        repair.aftersales_place = "workshop"
        request = repair.aftersales_request_id
        repair.action_repair_cancel()
        request.action_resolve()
        repair.aftersales_date_arrived = fields.Datetime.now()
        self.assertFalse(request.date_unit_arrived)
        with self.assertRaisesRegex(UserError, "is cancelled"):
            repair.action_aftersales_arrive()

    def test_nothing_arrives_tomorrow(self):
        repair = self._job(self.unit, "2026-06-01")
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        for name in (
            "aftersales_date_arrived",
            "aftersales_date_intake",
            "aftersales_date_diagnosed",
            "aftersales_date_repaired",
        ):
            with self.assertRaisesRegex(ValidationError, "in the future"):
                repair[name] = tomorrow

    @users("keeper")
    def test_a_storekeeper_records_the_arrival_of_a_case_he_does_not_see(self):
        repair = self._mine(self._job(self.unit, "2026-06-01"))
        repair.aftersales_place = "workshop"
        repair.action_aftersales_arrive()
        self.assertTrue(repair.sudo().aftersales_request_id.date_unit_arrived)

    # === CONDITION === #

    def test_the_condition_is_tracked(self):
        repair = self._walk_in().with_context(tracking_disable=False, mail_notrack=False)
        self._flush_tracking()
        repair.write({"aftersales_scratches": "heavy", "aftersales_condition": "Lid bent"})
        self._flush_tracking()
        values = repair.message_ids.tracking_value_ids
        self.assertEqual(
            set(values.field_id.mapped("name")), {"aftersales_scratches", "aftersales_condition"}
        )

    def test_papers_shown_are_proof_of_purchase(self):
        self.unit.has_proof = False
        self._walk_in(aftersales_is_proof_shown=True)
        self.assertTrue(self.unit.has_proof)
        self.unit.has_proof = False
        repair = self._walk_in()
        self.assertFalse(self.unit.has_proof)
        repair.with_user(self.tech).aftersales_is_proof_shown = True
        self.assertTrue(self.unit.has_proof)

    def test_photos_are_seen_by_everybody_who_sees_the_repair(self):
        photo = self._image(res_model="repair.order", res_id=0)
        repair = self._walk_in(aftersales_photo_ids=[Command.link(photo.id)])
        self.assertEqual(photo.res_id, repair.id)
        self.assertTrue(photo.with_user(self.tech).read(["datas"]))
        second = self._image(res_model="repair.order", res_id=0)
        repair.aftersales_photo_ids = [Command.link(second.id)]
        self.assertEqual(second.res_id, repair.id)

    def test_a_letter_is_no_photo(self):
        letter = self._image(name="letter.txt", datas=base64.b64encode(b"Dear Sirs"))
        with self.assertRaisesRegex(ValidationError, "no picture"):
            self._walk_in(aftersales_photo_ids=[Command.link(letter.id)])

    # === ACCESSORIES === #

    def test_what_came_along_is_handed_back_too(self):
        repair = self._walk_in(
            aftersales_accessory_ids=[
                Command.create({"name": "Charger"}),
                Command.create({"name": "Key", "quantity_received": 2}),
            ]
        )
        self.assertIn("Charger, 2 × Key", repair._aftersales_get_obstacles("hand_back")[-1])
        charger, key = repair.aftersales_accessory_ids
        charger.quantity_returned = key.quantity_returned = 1
        with self.assertRaisesRegex(UserError, "still here: Key"):
            repair._aftersales_refuse_obstacles("hand_back")
        with self.assertRaisesRegex(UserError, "was handed back"):
            key.unlink()
        repair.action_aftersales_accessories_back()
        self.assertNotIn("Accessories", " ".join(repair._aftersales_get_obstacles("hand_back")))
        self.assertEqual(key.quantity_here, 0)

    def test_nobody_gets_more_back_than_came(self):
        repair = self._walk_in(aftersales_accessory_ids=[Command.create({"name": "Charger"})])
        for values in ({"quantity_returned": 2}, {"quantity_received": 0}):
            with self.assertRefusedByDatabase():
                repair.aftersales_accessory_ids.write(values)

    # === SECRETS === #

    def test_only_the_technician_in_charge_and_managers_read_the_password(self):
        repair = self._walk_in(user_id=self.tech.id)
        mine = repair.with_user(self.tech).with_context(tracking_disable=False, mail_notrack=False)
        mine.aftersales_password = "1234"
        mine.aftersales_private_note = "Ask for Li"
        for login, sees in (
            ("tech", True),
            ("manager", True),
            ("other_tech", False),
            ("keeper", False),
            ("agent", False),
        ):
            with self.subTest(login):
                user = self.env["res.users"].search([("login", "=", login)])
                theirs = repair.with_user(user)
                self.assertEqual(theirs.aftersales_password, "1234" if sees else False)
                self.assertEqual(theirs.aftersales_may_see_secret, sees)
                found = self.env["aftersales.repair.secret"].with_user(user).search([])
                self.assertEqual(bool(found), sees)
                if not sees:
                    with self.assertRaises(AccessError):
                        theirs.aftersales_password = "0000"
        self._flush_tracking()
        said = " ".join(repair.message_ids.mapped("body"))
        self.assertNotIn("1234", said)
        self.assertFalse(repair.message_ids.tracking_value_ids.filtered("new_value_char"))

    def test_another_technician_takes_over_the_secret(self):
        repair = self._walk_in(user_id=self.tech.id)
        repair.with_user(self.tech).aftersales_password = "1234"
        other = self.env["res.users"].search([("login", "=", "other_tech")])
        repair.user_id = other
        self.assertEqual(repair.with_user(other).aftersales_password, "1234")
        self.assertFalse(repair.with_user(self.tech).aftersales_password)

    def test_a_password_may_be_taken_in_with_the_job_and_erased(self):
        repair = (
            self.env["repair.order"]
            .with_user(self.tech)
            .create(
                {
                    "partner_id": self.customer.id,
                    "product_id": self.machine.id,
                    "lot_id": self.unit.lot_id.id,
                    "aftersales_password": "1234",
                }
            )
        )
        secret = self.env["aftersales.repair.secret"].search([("repair_id", "=", repair.id)])
        self.assertEqual(secret.password, "1234")
        repair.aftersales_password = "4321"
        self.assertEqual(secret.password, "4321")
        repair.aftersales_password = False
        self.assertFalse(secret.exists())

    def test_a_cancelled_or_closed_job_forgets_its_secret(self):
        repair = self._walk_in(user_id=self.tech.id, aftersales_password="1234")
        Secret = self.env["aftersales.repair.secret"]
        repair.action_repair_cancel()
        self.assertFalse(Secret.search([("repair_id", "=", repair.id)]))
        self.assertFalse(repair.aftersales_password)
        with self.assertRaisesRegex(UserError, "no password is kept"):
            repair.aftersales_password = "1234"
        repair.action_repair_cancel_draft()
        repair.aftersales_password = "1234"
        repair._aftersales_forget_secrets()
        self.assertFalse(repair.aftersales_password)

    def test_a_secret_is_not_copied(self):
        repair = self._walk_in(aftersales_password="1234")
        self.assertFalse(repair.copy().aftersales_password)

    # === COVER OF WALK-INS === #

    @users("tech")
    def test_a_walk_in_is_judged_like_a_case(self):
        repair = self._mine(self._walk_in(user_id=self.tech.id))
        repair.write({"aftersales_date_failure": "2026-06-01"})
        self.assertFalse(repair.aftersales_claim_id)
        repair.action_aftersales_judge()
        claim = repair.aftersales_claim_id
        self.assertRecordValues(
            claim,
            [
                {
                    "unit_id": self.unit.id,
                    "result": "covered",
                    "date_failure": fields.Date.to_date("2026-06-01"),
                }
            ],
        )
        self.assertTrue(repair.under_warranty)
        repair.action_aftersales_judge()
        self.assertEqual(repair.aftersales_claim_id, claim)
        self._start(repair)
        self.assertEqual(claim.state, "decided")

    def test_a_case_lends_its_claim(self):
        request = self._request(self.unit, "2026-06-01")
        repair = self._walk_in(aftersales_request_id=request.id)
        repair.action_aftersales_judge()
        self.assertEqual(repair.aftersales_claim_id, request.claim_ids)
        request.claim_ids.action_cancel()
        again = self._walk_in(aftersales_request_id=request.id)
        again.action_aftersales_judge()
        self.assertEqual(again.aftersales_claim_id.request_id, request)
        self.assertEqual(again.aftersales_claim_id.state, "open")

    def test_cover_of_nothing_or_of_somebody_elses_is_not_judged(self):
        unknown = self.env["repair.order"].create(
            {"partner_id": self.customer.id, "product_id": self.machine.id}
        )
        with self.assertRaisesRegex(UserError, "names no unit"):
            unknown.action_aftersales_judge()
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        with self.assertRaisesRegex(UserError, "belongs to Harbour Hotel"):
            self._walk_in(partner_id=stranger.id).action_aftersales_judge()
        over = self._walk_in()
        over.action_repair_cancel()
        with self.assertRaisesRegex(UserError, "before the work"):
            over.action_aftersales_judge()

    # === PAPER === #

    def test_a_label_is_scanned_and_finds_the_repair(self):
        repair = self._walk_in()
        found = self.env["repair.order"].name_search(repair.name)
        self.assertEqual([each[0] for each in found], repair.ids)
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_service.report_repair_label", repair.ids
        )
        text = html.decode()
        self.assertIn(repair.name, text)
        self.assertIn('alt="Barcode', text)
        self.assertIn("SN-1", text)

    def test_the_receipt_speaks_the_customers_language_and_time(self):
        repair = self._walk_in(
            aftersales_date_intake=self._utc("2026-06-01 23:30"),
            aftersales_condition="Lid bent",
            aftersales_old_parts="back",
            aftersales_accessory_ids=[Command.create({"name": "Charger"})],
            aftersales_password="1234",
        )
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_service.report_repair_receipt", repair.ids
        )
        text = html.decode()
        for words in ("06/01/2026", "11:30", "Lid bent", "Charger", "Back to the customer"):
            self.assertIn(words, text)
        self.assertNotIn("1234", text)

    @users("tech")
    def test_a_technician_takes_in(self):
        repair = self._mine(self._walk_in(user_id=self.tech.id))
        with Form(repair) as form:
            form.aftersales_place = "workshop"
            form.aftersales_scratches = "light"
            form.aftersales_old_parts = "keep"
            with form.aftersales_accessory_ids.new() as line:
                line.name = "Charger"
        self.assertEqual(repair.aftersales_accessory_ids.name, "Charger")

    @users("keeper", "helper")
    def test_companies_keep_to_themselves(self):
        elsewhere = self.env["res.company"].sudo().create({"name": self.env.user.login})
        repair = self._walk_in(aftersales_accessory_ids=[Command.create({"name": "Charger"})])
        accessory = self._mine(repair.aftersales_accessory_ids)
        self.assertTrue(accessory.name)
        self.env.user.sudo().write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )
        with self.assertRaises(AccessError):
            accessory.with_context(allowed_company_ids=elsewhere.ids).read(["name"])
