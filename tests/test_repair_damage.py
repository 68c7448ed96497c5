"""What is damaged of the customer's during a repair: recorded, explained, settled (C53, R18.05)."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError

from .test_repair_finish import PIXEL, FinishCase


class TestRepairDamage(FinishCase):
    def _damaged(self, repair, user=None, **values):
        Damage = self.env["aftersales.repair.damage"].with_user(user or self.technician)
        return Damage.create(
            {
                "repair_id": repair.id,
                "name": "Floor tile",
                "cause": "The pump slipped.",
                **values,
            }
        )

    def _accountant(self):
        return self._user("damage_accountant", "account.group_account_invoice")

    def test_it_is_compensated_at_its_price_by_a_posted_credit_note(self):
        repair = self._done(self._served("SN-D1"))
        damage = self._damaged(repair)
        with self.assertRaisesRegex(UserError, "“Floor tile” was damaged"):
            repair.action_aftersales_close()
        damage.write({"settlement": "compensate", "amount": 80, "note": "With the house manager"})
        with self.assertRaisesRegex(UserError, "Ask one of them"):
            damage.action_compensate()
        damage.with_user(self.agent).action_compensate()
        note = damage.sudo().move_id
        self.assertEqual(note.move_type, "out_refund")
        self.assertEqual(note.amount_total, 80, "nothing is sold, so nothing is taxed")
        self.assertEqual(note.partner_id, self.customer)
        self.assertFalse(damage.is_settled, "an accountant has the last word")
        repair.action_aftersales_close()
        note.with_user(self._accountant()).action_post()
        self.assertTrue(damage.is_settled)
        note.button_draft()
        self.assertFalse(damage.is_settled)

    def test_a_cancelled_credit_note_opens_it_again(self):
        repair = self._done(self._served("SN-D2"))
        damage = self._damaged(repair, settlement="compensate", amount=80)
        damage.with_user(self.agent).action_compensate()
        with self.assertRaisesRegex(UserError, "Have that one cancelled"):
            damage.amount = 90
        with self.assertRaisesRegex(UserError, "Have that one cancelled"):
            damage.with_user(self.agent).action_compensate()
        with self.assertRaisesRegex(UserError, "Have that one cancelled"):
            damage.unlink()
        damage.sudo().move_id.button_cancel()
        with self.assertRaisesRegex(UserError, "nothing is settled"):
            repair.action_aftersales_close()
        damage.amount = 90
        damage.with_user(self.agent).action_compensate()
        self.assertEqual(damage.sudo().move_id.amount_total, 90)

    def test_it_is_made_good_or_waived_with_a_reason(self):
        repair = self._done(self._served("SN-D3"))
        tile, door = self._damaged(repair), self._damaged(repair, name="Door")
        with self.assertRaisesRegex(UserError, "not to be made good"):
            tile.action_make_good()
        tile.settlement = "make_good"
        self.assertFalse(tile.is_settled)
        tile.action_make_good()
        with self.assertRaisesRegex(ValidationError, "Write down what was agreed"):
            door.settlement = "waive"
        door.write({"settlement": "waive", "note": "The house manager wants nothing."})
        self.assertTrue(tile.is_settled and door.is_settled)
        repair.action_aftersales_close()
        with self.assertRaisesRegex(UserError, "is closed"):
            self._damaged(repair, name="Lamp")

    def test_the_customer_reads_of_it_and_signs_it(self):
        repair = self._done(self._served("SN-D4"))
        self._report(repair)
        self._sign(repair)
        self.assertTrue(repair.aftersales_date_signed)
        self._damaged(repair, settlement="compensate", amount=80)
        self.assertFalse(repair.aftersales_date_signed, "what was signed said nothing of it")
        html = self.env["ir.qweb"]._render(
            "aftersales_service.report_service_report", {"docs": repair.sudo()}
        )
        for text in ("Floor tile", "The pump slipped.", "Compensated: $\xa080.00"):
            self.assertIn(text, str(html))

    def test_pictures_are_seen_by_whoever_sees_the_repair(self):
        repair = self._done(self._served("SN-D5"))
        photo = self.env["ir.attachment"].with_user(self.technician)
        photo = photo.create({"name": "tile.png", "datas": PIXEL})
        self._damaged(repair, photo_ids=[Command.link(photo.id)])
        photo.invalidate_recordset()
        self.assertTrue(photo.with_user(self.tester).read(["name"]))

    def test_bad_input_is_explained(self):
        repair = self._done(self._served("SN-D6"))
        with self.assertRaisesRegex(ValidationError, "damaged in the future"):
            self._damaged(repair, date=fields.Datetime.now() + timedelta(days=1))
        with self.assertRefusedByDatabase():
            self._damaged(repair, amount=-1)
        damage = self._damaged(repair, settlement="compensate")
        with self.assertRaisesRegex(UserError, "has no compensation yet"):
            damage.with_user(self.agent).action_compensate()

    def test_other_companies_see_none_of_it(self):
        damage = self._damaged(self._done(self._served("SN-D7")))
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("damage_stranger", "aftersales_service.group_aftersales_agent")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        seen = self.env["aftersales.repair.damage"].with_user(stranger).search([])
        self.assertNotIn(damage.id, seen.ids)
