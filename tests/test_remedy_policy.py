"""What customers may ask for, by the ready-made policies; the wording that stays; the words."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form

from odoo.addons.aftersales_service.logic import remedy as rules
from odoo.addons.aftersales_service.logic.coverage import Reason as CoverReason
from odoo.addons.aftersales_service.logic.remedy import Reason, Status

from .common import AftersalesCommon

BOUGHT = date(2026, 6, 1)
ALL = ("refund", "exchange", "repair")


class RemedyCase(AftersalesCommon):
    """Units bought on 1 June 2026, and what may be asked for about them."""

    @classmethod
    def _bought(cls, regime, serial="SN-1", on="2026-06-01", product=None, **dates):
        dates = {"ordered": on, "invoiced": on, **dates}
        return cls._delivered(serial, plan=cls._preset(regime), on=on, product=product, **dates)

    @classmethod
    def _fault(cls, name):
        return cls.env.ref(f"aftersales_service.fault_{name}")

    @classmethod
    def _new_fault(cls, name):
        return cls.env["aftersales.fault"].create({"name": name})

    @classmethod
    def _component(cls, name):
        return cls.env.ref(f"aftersales_service.component_{name}")

    @classmethod
    def _repaired(cls, unit, on, fault=None, cause=None, component=None, parts=0):
        """A done repair of a fault that showed on a day."""
        repair = cls._job(
            unit,
            on,
            parts=parts,
            fault_id=fault and fault.id,
            cause_id=cause and cause.id,
            component_id=component and component.id,
        )
        if parts:
            cls._stock(cls.part, parts)
        repair.action_validate()
        if repair.state != "under_repair":
            repair.action_repair_start()
        repair.move_ids.picked = True
        repair.action_repair_end()
        return repair

    def _decide(self, unit, on, why="quality", **known):
        on = date.fromisoformat(on) if isinstance(on, str) else on
        return unit._decide_remedies(on, why, **known)[unit]

    def _answer(self, unit, on, remedy, why="quality", **known):
        return self._decide(unit, on, why, **known).answers[rules.Remedy(remedy)]

    def assertMay(self, unit, on, allowed, why="quality", **known):
        """Just these of refund, exchange and repair may be asked for."""
        decision = self._decide(unit, on, why, **known)
        found = {remedy.value for remedy in decision.allowed if remedy in ALL}
        self.assertEqual(found, set(allowed.split()), (on, why, known))

    def assertWhy(self, unit, on, remedy, status, reason, why="quality", **known):
        answer = self._answer(unit, on, remedy, why, **known)
        self.assertEqual((answer.status, answer.reason), (status, reason), (on, remedy))
        return answer


class TestRemedyPresets(RemedyCase):
    def test_s_r05_2_same_defect(self):
        chair = self._bought("r05", on="2026-03-10")
        d1, d2 = self._new_fault("Leg loose"), self._new_fault("Cover torn")
        self._repaired(chair, "2026-05-10", d1)
        self.assertWhy(chair, "2026-06-10", "exchange", "refused", "ladder_not_reached", fault=d1)
        self._repaired(chair, "2026-07-01", d1)
        self._repaired(chair, "2026-08-01", d2)
        self.assertMay(chair, "2026-09-10", "exchange repair", fault=d1)
        again = self.assertWhy(
            chair, "2026-09-10", "exchange", "allowed", "after_repairs", fault=d1
        )
        self.assertEqual((again.done, again.last), (2, date(2027, 3, 9)))
        self.assertMay(chair, "2026-09-10", "repair", fault=d2)
        second = self._answer(chair, "2026-09-10", "exchange", fault=d2)
        self.assertEqual((second.done, second.needed), (1, 2))
        # after the warranty, repairs for life are charged: they give no right to more
        late = self.assertWhy(chair, "2027-03-10", "repair", "allowed", "in_window", fault=d1)
        self.assertEqual(late.work, rules.Payer.CUSTOMER)
        self.assertMay(chair, "2027-03-10", "repair", fault=d1)

    def test_r05_a_fault_nobody_named_is_asked_for(self):
        chair = self._bought("r05", on="2026-03-10")
        for on in ("2026-05-10", "2026-07-01"):
            self._repaired(chair, on, self._new_fault(on))
        self.assertWhy(chair, "2026-09-10", "exchange", "open", "fault_needed")

    def test_r05_misuse_climbs_no_step(self):
        chair = self._bought("r05", on="2026-03-10")
        fault, misuse = self._new_fault("Leg broken"), self._cause("misuse")
        self._repaired(chair, "2026-05-10", fault)
        self._repaired(chair, "2026-07-01", fault, cause=misuse)
        self.assertMay(chair, "2026-09-10", "repair", fault=fault)
        self._repaired(chair, "2026-08-01", fault)
        self.assertMay(chair, "2026-09-10", "exchange repair", fault=fault)
        misused = {"fault": fault, "cause": misuse}
        self.assertMay(chair, "2026-09-10", "", **misused)
        self.assertWhy(chair, "2026-09-10", "exchange", "refused", "not_covered", **misused)

    def test_r05_refund_after_the_exchange_and_when_it_is_late(self):
        chair = self._bought("r05", on="2026-03-10")
        fault = self._new_fault("Leg loose")
        self._claim(chair, "2026-07-01").fault_id = fault
        asked = {"fault": fault, "exchange_asked": date(2026, 9, 10)}
        waiting = self.assertWhy(
            chair, "2026-09-25", "refund", "refused", "ladder_not_reached", **asked
        )
        self.assertEqual(waiting.due, date(2026, 9, 25))
        self.assertWhy(chair, "2026-09-26", "refund", "allowed", "exchange_late", **asked)
        asked["exchange_due"] = date(2026, 10, 31)
        self.assertWhy(chair, "2026-10-31", "refund", "refused", "ladder_not_reached", **asked)
        self.assertWhy(
            chair,
            "2026-09-11",
            "refund",
            "allowed",
            "nonconforming",
            fault=fault,
            finding="nonconforming",
        )
        self._send_back(chair.move_line_id.picking_id, lot=chair.lot_id)
        new = self._exchange(chair, "SN-2", "2026-09-15")
        self.assertWhy(chair, "2026-10-01", "repair", "refused", "ended", fault=fault)
        self.assertMay(new, "2026-10-01", "refund repair", fault=fault)
        self.assertWhy(new, "2026-10-01", "refund", "allowed", "after_exchanges", fault=fault)
        self.assertMay(new, "2026-10-01", "repair", fault=self._new_fault("Cover torn"))

    def _exchange(self, unit, serial, on):
        """Deliver another serial of the same order line in exchange."""
        lot = self._serial(serial)
        self._stock(self.machine, 1, lot)
        move = unit.move_line_id.move_id
        again = move.picking_id.copy({"move_ids": []})
        move.copy({"picking_id": again.id, "sale_line_id": unit.sale_line_id.id, "quantity": 0})
        again.action_confirm()
        self._ship(again, [serial], on=on)
        new = unit.sale_line_id.aftersales_unit_ids - unit
        self.assertEqual((new.replaces_id, new.exchange_rule), (unit, "restart"))
        return new

    def test_r09_r11_late_repairs_become_exchanges(self):
        for regime in ("r09", "r11"):
            unit = self._bought(regime, regime, accepted="2026-06-01")
            self.assertMay(unit, "2026-06-20", "repair")
            self.assertWhy(unit, "2026-06-20", "exchange", "refused", "ladder_not_reached")
            self.assertMay(unit, "2026-06-20", "exchange repair", is_repair_late=True)

    def test_r17_r41_r43_what_cannot_be_repaired_is_replaced(self):
        for regime in ("r17", "r41", "r43"):
            unit = self._bought(regime, regime, accepted="2026-06-01")
            self.assertMay(unit, "2026-08-01", "repair")
            self.assertMay(unit, "2026-08-01", "exchange repair", is_irreparable=True)
            after = self._answer(unit, "2032-08-01", "exchange", is_irreparable=True)
            self.assertEqual(after.status, Status.REFUSED)

    def test_s_r16_1_the_same_batch_decides(self):
        tile = self._product("Tile", tracking="lot")
        batch = self._serial("B7", tile)
        self._stock(tile, 13, batch)
        order = self._order(tile, plan=self._preset("r16"))
        self._ship(order.picking_ids, ["B7"], on="2026-06-01")
        unit = order.order_line.aftersales_unit_ids
        self.assertWhy(unit, "2026-07-01", "refund", "open", "batch_test_needed")
        same = self._decide(unit, "2026-07-01", batch="same_problem")
        self.assertEqual(same.hints, (rules.Hint.RETURN_AT_ONCE,))
        refund = same.answers[rules.Remedy.REFUND]
        self.assertEqual((refund.reason, refund.freight), ("batch_faulty", "company"))
        sound = self._decide(unit, "2026-07-01", batch="sound")
        self.assertEqual(sound.answers[rules.Remedy.REFUND].reason, Reason.BATCH_SOUND)
        self.assertIn(rules.Hint.NEGOTIATE, sound.hints)
        self._stock(tile, -12, batch)
        self.assertWhy(unit, "2026-07-01", "refund", "open", "samples_needed")

    def test_s_r20_1_shop_windows(self):
        phone = self._bought("r20")
        for on, allowed in (
            ("2026-06-05", {"refund", "exchange"}),
            ("2026-06-09", {"refund", "exchange"}),
            ("2026-06-10", {"exchange"}),
            ("2026-06-20", {"exchange"}),
            ("2026-07-02", {"exchange"}),
            ("2026-07-03", set()),
            ("2026-07-10", set()),
        ):
            found = self._decide(phone, on).allowed
            self.assertEqual(found, {*allowed, "repair"}, on)  # sent in, repaired free
        self.assertEqual(self._answer(phone, "2026-07-10", "refund").last, date(2026, 6, 9))
        self.assertEqual(self._answer(phone, "2026-07-10", "exchange").last, date(2026, 7, 2))

    def test_r20_a_promotion_by_purchase_date(self):
        plan = self._preset("r20")
        row = plan.remedy_policy_id.tier_ids.filtered("bought_from")
        row.write({"bought_from": "2026-06-01", "bought_until": "2026-06-30"})
        june = self._bought("r20", "JUNE", on="2026-06-30")
        july = self._bought("r20", "JULY", on="2026-07-01")
        self.assertMay(june, "2026-07-15", "refund exchange", "no_reason")
        self.assertMay(june, "2026-07-16", "", "no_reason")
        self.assertMay(july, "2026-07-08", "refund exchange", "no_reason")
        late = self.assertWhy(july, "2026-07-09", "refund", "refused", "too_late", "no_reason")
        self.assertEqual(late.last, date(2026, 7, 8))

    def test_r28_training_first_then_the_form_to_the_management(self):
        unit = self._bought("r28")
        told = {"has_description": True}
        untold = self.assertWhy(unit, "2026-06-20", "refund", "open", "evidence_missing")
        self.assertEqual(untold.missing, (rules.Evidence.DESCRIPTION,))
        self.assertMay(unit, "2026-07-01", "refund", **told)
        self.assertMay(unit, "2026-07-02", "", **told)
        damage = {**told, "cause": self._cause("human_damage")}
        self.assertWhy(unit, "2026-06-20", "refund", "refused", "cause_excluded", **damage)
        self.assertWhy(
            unit, "2026-06-20", "refund", "refused", "not_intact", is_intact=False, **told
        )
        first = self._decide(unit, "2026-06-20", "cannot_use", **told)
        self.assertEqual(first.answers[rules.Remedy.REFUND].reason, Reason.TRAINING_FIRST)
        self.assertEqual(first.answers[rules.Remedy.TRAINING].work, rules.Payer.COMPANY)
        later = self._decide(unit, "2026-06-20", "cannot_use", trainings=1, **told)
        self.assertEqual(later.answers[rules.Remedy.TRAINING].work, rules.Payer.CUSTOMER)
        self.assertEqual(later.hints, (rules.Hint.APPROVAL,))
        self.assertMay(unit, "2026-06-20", "refund", "cannot_use", insists=True, **told)

    def test_r30_what_cannot_be_given_back(self):
        kinds = {
            kind: self.env.ref(f"aftersales_service.goods_kind_{kind}")
            for kind in ("made_to_order", "digital", "unsuitable")
        }
        unit = self._bought("r30")
        web = {"why": "no_reason", "channel": "distance"}
        self.assertMay(unit, "2026-06-05", "refund", **web)
        tailored = self.env["product.category"].create(
            {"name": "Tailored", "aftersales_goods_kind_id": kinds["made_to_order"].id}
        )
        self.machine.categ_id = tailored.create({"name": "Suits", "parent_id": tailored.id})
        self.assertWhy(unit, "2026-06-05", "refund", "refused", "kind_excluded", **web)
        self.machine.aftersales_goods_kind_id = kinds["digital"]
        sealed = self.assertWhy(unit, "2026-06-05", "refund", "allowed", "in_window", **web)
        self.assertTrue(sealed.if_sealed and sealed.if_intact)
        self.assertWhy(
            unit, "2026-06-05", "refund", "refused", "kind_excluded", is_unsealed=True, **web
        )
        self.machine.aftersales_goods_kind_id = kinds["unsuitable"]
        self.assertMay(unit, "2026-06-05", "refund", **web)
        unit.sale_line_id.aftersales_is_confirmed = True
        self.assertWhy(unit, "2026-06-05", "refund", "refused", "kind_excluded", **web)

    def test_s_r30_1_distance_sale(self):
        plan = self._preset("r30")
        self._stock(self.machine, 1, self._serial("SN-1"))
        order = self._order(plan=plan, aftersales_channel="distance")
        self._ship(order.picking_ids, ["SN-1"], on="2026-06-03")
        unit = order.order_line.aftersales_unit_ids
        self.assertEqual(unit.purchase_channel, "distance")
        answer = self.assertWhy(unit, "2026-06-08", "refund", "allowed", "in_window", "no_reason")
        self.assertEqual((answer.last, answer.freight), (date(2026, 6, 10), "customer"))
        self.assertMay(unit, "2026-06-10", "refund", "no_reason")
        late = self.assertWhy(unit, "2026-06-11", "refund", "refused", "too_late", "no_reason")
        self.assertEqual(late.last, date(2026, 6, 10))
        self.assertMay(unit, "2026-06-15", "", "no_reason")
        back = self._answer(unit, "2026-06-08", "refund", goods_back=date(2026, 6, 10))
        self.assertEqual(back.refund_due, date(2026, 6, 17))
        order.aftersales_return_freight = "company"
        agreed = self._answer(unit, "2026-06-08", "refund", "no_reason")
        self.assertEqual(agreed.freight, "company")
        order.aftersales_channel = "shop"
        self.assertEqual(unit.purchase_channel, "shop")
        self.assertWhy(unit, "2026-06-08", "refund", "refused", "other_channel", "no_reason")

    def test_r33_and_r49_the_customer_chooses_while_cover_runs(self):
        for regime in ("r33", "r49"):
            unit = self._bought(regime, regime, handed_over="2026-06-01")
            self.assertMay(unit, "2027-05-31", "refund exchange repair")
            self.assertMay(unit, "2027-06-01", "")
            self.assertWhy(unit, "2026-06-05", "refund", "refused", "not_promised", "no_reason")
            misuse = {"cause": self._cause("misuse")}
            self.assertMay(unit, "2026-08-01", "", **misuse)
            self.assertWhy(unit, "2026-08-01", "refund", "refused", "cause_excluded", **misuse)
            # the failure decides about cover, not the day somebody gets round to it
            self.assertMay(unit, "2027-06-09", "refund exchange repair", failed=date(2027, 5, 31))

    def test_r39_distributor_returns(self):
        phone = self._bought("r39")
        for on, allowed in (
            ("2026-06-08", {"refund", "exchange", "repair"}),
            ("2026-06-16", {"exchange", "repair"}),
            ("2026-06-17", {"refurbish", "repair"}),
            ("2027-05-31", {"refurbish", "repair"}),
            ("2027-06-01", set()),
        ):
            self.assertEqual(self._decide(phone, on).allowed, allowed, on)
        housing = self._answer(phone, "2026-07-01", "refurbish")
        self.assertEqual(housing.work, rules.Payer.COMPANY)
        for cause in ("human_damage", "dent", "scratch"):
            self.assertWhy(
                phone,
                "2026-07-01",
                "refurbish",
                "refused",
                "cause_excluded",
                cause=self._cause(cause),
            )
        phone.is_tampered = True
        self.assertEqual(self._decide(phone, "2026-06-05").allowed, {"repair"})
        self.assertWhy(phone, "2026-06-05", "refund", "refused", "tampered")
        payload = phone.remedy_version_id.payload
        self.assertEqual(payload["exchange_goods"], "refurbished")

    def test_r45_not_as_described(self):
        unit = self._bought("r45")
        told = {"has_description": True}
        for why in ("quality", "not_as_described"):
            self.assertWhy(unit, "2026-06-20", "refund", "open", "evidence_missing", why)
            self.assertIn("refund", self._decide(unit, "2026-07-01", why, **told).allowed)
            self.assertNotIn("refund", self._decide(unit, "2026-07-02", why, **told).allowed)
        unit.has_proof = False
        found = self._answer(unit, "2026-06-20", "exchange", **told)
        self.assertEqual(found.missing, (rules.Evidence.PROOF,))

    def test_r47_rows_of_part_3(self):
        goods = self._bought("r47")
        told = {"has_description": True}
        for on, why, allowed, work, freight in (
            ("2026-06-05", "quality", "refund exchange", None, "company"),
            ("2026-09-10", "quality", "repair", "company", None),
            ("2027-03-10", "quality", "repair", "customer", None),
            ("2027-07-01", "quality", "", None, None),
            ("2026-06-05", "no_reason", "refund exchange", None, "company"),
            ("2026-06-20", "dissatisfied", "refund exchange", None, "customer"),
            ("2026-06-20", "quality", "refund exchange repair", "company", "company"),
        ):
            self.assertMay(goods, on, allowed, why, **told)
            answers = self._decide(goods, on, why, **told).answers.values()
            granted = [answer for answer in answers if answer.allowed]
            self.assertLessEqual({answer.freight for answer in granted}, {freight})
            works = {answer.work for answer in granted} - {None}
            self.assertEqual(works, {work} if work else set(), (on, why))
        repair = self._answer(goods, "2026-06-05", "repair")
        self.assertEqual((repair.reason, repair.first), ("too_early", date(2026, 6, 9)))
        broken = {**told, "is_intact": False}
        self.assertWhy(goods, "2026-06-05", "refund", "refused", "not_intact", **broken)


class TestPhones(RemedyCase):
    """R29: phones sold on 1 June 2026 for 2999."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.phone = cls._product("Phone", tracking="serial", list_price=2999)
        cls.unit = cls._bought("r29", product=cls.phone)
        cls.ring, cls.keys = cls._fault("r29_no_ring"), cls._fault("r29_keys")

    def _sheet(self, fault=None, **known):
        return {"fault": fault or self.ring, "finding": "confirmed", **known}

    def test_s_r29_1_day_4(self):
        self.phone.list_price = 2599
        self.assertMay(self.unit, "2026-06-05", "refund exchange repair", **self._sheet())
        answer = self._answer(self.unit, "2026-06-05", "refund", **self._sheet())
        self.assertEqual((answer.basis, answer.last), ("invoice", date(2026, 6, 8)))
        price, currency = self.unit._get_refund_price(answer.basis, date(2026, 6, 5))
        self.assertEqual((price, currency), (2999, self.company.currency_id))

    def test_the_sheet_comes_first(self):
        known = {"fault": self.ring}
        for remedy in ("refund", "exchange"):
            answer = self.assertWhy(
                self.unit, "2026-06-05", remedy, "open", "evidence_missing", **known
            )
            self.assertEqual(answer.missing, (rules.Evidence.INSPECTION_SHEET,))
        self.assertMay(self.unit, "2026-06-05", "repair", **known)
        found = self._sheet(finding="no_fault")
        self.assertWhy(self.unit, "2026-06-05", "refund", "refused", "no_fault_found", **found)

    def test_s_r29_3_later(self):
        self.assertMay(self.unit, "2026-06-20", "repair", **self._sheet())
        for on, allowed in (
            ("2026-06-08", "refund exchange repair"),
            ("2026-06-09", "exchange repair"),
            ("2026-06-16", "exchange repair"),
            ("2026-06-17", "repair"),
        ):
            self.assertMay(self.unit, on, allowed, **self._sheet())

    def test_s_r29_5_two_repairs_of_any_listed_fault(self):
        on = "2026-10-10"
        self._repaired(self.unit, "2026-07-05", self.ring)
        once = self._answer(self.unit, on, "exchange", **self._sheet(self.keys))
        self.assertEqual((once.status, once.done, once.needed), ("refused", 1, 2))
        network = self._cause("network")
        self._repaired(self.unit, "2026-08-05", self._fault("r29_power_on"), cause=network)
        self.assertMay(self.unit, on, "repair", **self._sheet(self.keys))
        self._repaired(self.unit, "2026-08-20", self._fault("noise"))
        self.assertMay(self.unit, on, "repair", **self._sheet(self.keys))
        self._repaired(self.unit, "2026-09-01", self.keys)
        self.assertMay(self.unit, on, "exchange repair", **self._sheet())
        self.assertWhy(self.unit, on, "exchange", "allowed", "after_repairs", **self._sheet())
        # what was repaired for later faults says nothing of an earlier one
        self.assertMay(self.unit, "2026-08-25", "repair", **self._sheet())

    def test_s_r29_9_not_a_fault(self):
        for cause, fault in (
            ("network", "r29_power_on"),
            ("settings", "r29_sound"),
            ("drop", "r29_housing"),
        ):
            known = self._sheet(self._fault(fault), cause=self._cause(cause))
            for on in ("2026-06-05", "2026-06-20"):
                self.assertMay(self.unit, on, "", **known)
            refund = self._answer(self.unit, "2026-06-05", "refund", **known)
            repair = self._answer(self.unit, "2026-06-05", "repair", **known)
            self.assertEqual(refund.reason, Reason.CAUSE_EXCLUDED)
            self.assertEqual(repair.warranty.reason, CoverReason.EXCLUDED)
        for why in ("dissatisfied", "no_reason"):
            for channel in ("shop", "distance"):
                known = {"channel": channel}
                self.assertMay(self.unit, "2026-06-05", "", why, **known)
                self.assertWhy(
                    self.unit, "2026-06-05", "refund", "refused", "not_promised", why, **known
                )

    def test_accessories_are_replaced_and_count_for_themselves(self):
        battery = self._component("battery")
        known = self._sheet(self._fault("r29_battery"), component=battery)
        self.assertMay(self.unit, "2026-06-03", "exchange", **known)
        self.assertMay(self.unit, "2026-11-30", "exchange", **known)
        self.assertMay(self.unit, "2026-12-01", "", **known)
        earphone = self._sheet(self._fault("r29_earphone"), component=self._component("earphone"))
        self.assertMay(self.unit, "2026-08-31", "exchange", **earphone)
        self.assertMay(self.unit, "2026-09-01", "", **earphone)
        for on in ("2026-07-01", "2026-08-01"):
            self.assertMay(self.unit, "2026-09-20", "exchange", **known)
            self._repaired(self.unit, on, known["fault"], component=battery, parts=1)
        self.assertMay(self.unit, "2026-09-20", "refund exchange", **known)
        refund = self.assertWhy(
            self.unit, "2026-09-20", "refund", "allowed", "after_exchanges", **known
        )
        self.assertEqual(refund.basis, rules.Basis.STANDALONE)
        # the phone itself was not repaired, and the earphone not replaced
        self.assertEqual(self._answer(self.unit, "2026-09-20", "exchange", **self._sheet()).done, 0)
        self.assertMay(self.unit, "2026-08-20", "exchange", **earphone)

    def test_a_battery_in_repair_is_covered_longer(self):
        """S-R29-7 for remedies: the window ends with the cover, and that is extended."""
        known = self._sheet(self._fault("r29_battery"), component=self._component("battery"))
        self.env["aftersales.coverage.extension"].create(
            {
                "unit_id": self.unit.id,
                "kind": "downtime",
                "date_from": "2026-08-03",
                "date_to": "2026-08-13",
                "reason": "Repair",
            }
        )
        self.assertMay(self.unit, "2026-12-10", "exchange", **known)
        self.assertMay(self.unit, "2026-12-11", "", **known)

    def test_price_of_accessories(self):
        battery = self._component("battery")
        spare = self._product("Battery", list_price=80, tracking="serial")
        on = date(2026, 9, 20)
        self.assertIsNone(self.unit._get_refund_price(rules.Basis.STANDALONE, on, battery))
        spare.aftersales_component_id = battery
        price = self.unit._get_refund_price(rules.Basis.STANDALONE, on, battery)
        self.assertEqual(price, (80, self.company.currency_id))
        # sold by itself: judged as the accessory, at its invoice price
        single = self._bought("r29", "BAT-1", product=spare)
        known = self._sheet(self._fault("r29_battery"))
        self.assertMay(single, "2026-06-03", "exchange", **known)
        for on in ("2026-07-01", "2026-08-01"):
            self._repaired(single, on, known["fault"], component=battery, parts=1)
        refund = self._answer(single, "2026-09-20", "refund", **known)
        self.assertEqual((refund.status, refund.basis), ("allowed", "invoice"))
        many = self._decide_both(single, **known)
        self.assertEqual(many[self.unit].answers["refund"].basis, "invoice")
        self.assertEqual(list(many), [self.unit, single])

    def _decide_both(self, other, **known):
        return (self.unit | other)._decide_remedies(date(2026, 6, 3), **known)

    def test_a_grey_import_is_not_entitled(self):
        self.unit.has_proof = False
        known = self._sheet()
        self.assertWhy(self.unit, "2026-06-05", "refund", "open", "evidence_missing", **known)
        self.assertWhy(self.unit, "2026-06-05", "repair", "refused", "not_covered", **known)


class TestDecisionTables(RemedyCase):
    """Every day from 0 to 400, every reason and channel: an answer, as Part 0 counts."""

    def _table(self, unit, expected, **known):
        """``expected(day, why, channel)`` names what is allowed; ``day`` counts from purchase."""
        component = self.env["aftersales.component"]
        covers = unit._get_covers()
        terms = unit._get_remedy_terms()[unit]
        shared = unit._get_remedy_facts(terms, component, has_description=True)
        shared.pop("channel")
        self.assertTrue(covers is not None)
        explained = {}
        for day in range(401):
            on = BOUGHT + timedelta(days=day)
            warranty = unit._decide(on, fault=known.get("fault"))[unit]
            fault = known["fault"].id if known.get("fault") else None
            for why in rules.Why:
                for channel in (None, *rules.Channel):
                    facts = rules.Facts(
                        on=on,
                        why=why,
                        channel=channel,
                        warranty=warranty,
                        fault=fault,
                        finding=rules.Finding.CONFIRMED,
                        **shared,
                    )
                    decision = rules.decide(terms, facts)
                    wanted = set(expected(on, why.value, channel and channel.value).split())
                    self.assertEqual(decision.allowed, wanted, (on, why, channel))
                    for remedy, answer in decision.answers.items():
                        dates = (answer.reason, answer.first, answer.last)
                        explained.setdefault((remedy, *dates), (remedy, answer, on, why))
        for remedy, answer, on, why in explained.values():
            sentence = unit._explain_remedy(remedy, answer, on, why.value, **known)
            self.assertTrue(sentence.strip().endswith("."), (remedy, answer, sentence))

    def test_r29(self):
        def expected(on, why, channel):
            if why != "quality":
                return ""
            if on <= date(2026, 6, 8):
                return "refund exchange repair"
            if on <= date(2026, 6, 16):
                return "exchange repair"
            return "repair" if on <= date(2027, 5, 31) else ""

        self._table(self._bought("r29"), expected, fault=self._fault("r29_no_ring"))

    def test_r30(self):
        def expected(on, why, channel):
            return "refund" if channel == "distance" and on <= date(2026, 6, 8) else ""

        self._table(self._bought("r30"), expected)

    def test_r47(self):
        def quality(on):
            if on <= date(2026, 6, 8):
                return "refund exchange"
            if on <= date(2026, 7, 1):
                return "refund exchange repair"
            return "repair" if on <= date(2027, 6, 1) else ""

        def expected(on, why, channel):
            if why == "quality":
                return quality(on)
            if why == "dissatisfied" and on <= date(2026, 7, 1):
                return "refund exchange"
            return "refund exchange" if on <= date(2026, 6, 8) else ""

        self._table(self._bought("r47"), expected)


class TestFrozenRemedies(RemedyCase):
    def test_editing_changes_nothing_already_promised(self):
        plan = self._preset("r30")
        confirmed = self._order(plan=plan, aftersales_channel="distance")
        plan.remedy_policy_id.tier_ids.until_amount = 30
        self._stock(self.machine, 1, self._serial("OLD"))
        self._ship(confirmed.picking_ids, ["OLD"], on="2026-06-01")
        old = confirmed.order_line.aftersales_unit_ids
        new = self._bought("r30", "NEW")
        web = {"why": "no_reason", "channel": "distance"}
        self.assertMay(old, "2026-06-20", "", **web)
        self.assertMay(new, "2026-06-20", "refund", **web)
        self.assertIn("7 days", old.remedy_summary)
        self.assertIn("30 days", new.remedy_summary)
        plan.remedy_policy_id = False
        self.assertMay(new, "2026-06-20", "refund", **web)

    def test_the_same_wording_is_kept_once(self):
        policy = self._preset("r47").remedy_policy_id
        first = policy._current_versions()[policy]
        self.assertEqual(policy._current_versions()[policy], first)
        policy.refund_days = 14
        self.assertNotEqual(policy._current_versions()[policy], first)
        with self.assertRaisesRegex(UserError, "cannot be edited"):
            first.payload = {}

    def test_a_redrafted_order_promises_what_holds_later(self):
        plan = self._preset("r30")
        order = self._order(plan=plan)
        line = order.order_line
        before = line.aftersales_remedy_version_id
        self.assertTrue(before)
        order._action_cancel()
        order.action_draft()
        self.assertFalse(line.aftersales_remedy_version_id)
        plan.remedy_policy_id.refund_days = 14
        order.action_confirm()
        self.assertEqual(line.aftersales_remedy_version_id.payload["refund_days"], 14)
        self.assertNotEqual(line.aftersales_remedy_version_id, before)

    def test_units_registered_by_hand(self):
        unit = self.env["aftersales.unit"].create(
            {
                "name": "OLD-1",
                "product_id": self.machine.id,
                "partner_id": self.customer.id,
                "date_delivered": "2026-06-01",
            }
        )
        self.assertWhy(unit, "2026-06-02", "refund", "refused", "no_policy", "no_reason")
        unit.plan_id = self._preset("r30")
        self.assertMay(unit, "2026-06-02", "refund", "no_reason", channel="distance")
        self.assertWhy(unit, "2026-06-02", "refund", "open", "channel_needed", "no_reason")
        with self.assertRaisesRegex(UserError, "other rights"):
            unit.plan_id = self._preset("r16")

    def test_what_is_promised_cannot_be_deleted(self):
        plan = self._preset("r28")
        unit = self._bought("r28")
        policy = plan.remedy_policy_id
        fault = self._new_fault("Listed")
        kind = self.env["aftersales.goods.kind"].create({"name": "Swimwear"})
        policy.write({"fault_ids": fault.ids, "excluded_kind_ids": kind.ids})
        fault_free, kind_free = self._new_fault("Free"), kind.copy({"name": "Free"})
        policy._current_versions()
        for promised in (fault, kind, self._cause("human_damage")):
            with self.assertRaisesRegex(UserError, "Archive it instead"):
                promised.unlink()
        (fault_free.unlink(), kind_free.unlink())
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            policy.unlink()
        policy.copy().unlink()
        self.assertTrue(unit.remedy_version_id)


class TestRemedyPolicyForm(RemedyCase):
    def _policy(self, *tiers, **values):
        return self.env["aftersales.remedy.policy"].create(
            {
                "name": "Policy",
                "tier_ids": [Command.create({"allows_refund": True, **tier}) for tier in tiers],
                **values,
            }
        )

    def test_rows_that_mean_nothing_are_refused(self):
        for tier, message in (
            ({"after_amount": 7, "until_amount": 7}, "holds no day"),
            ({"allows_refund": False}, "offers nothing"),
            ({"allows_training": True}, "helps only who"),
            ({"bought_from": "2026-06-30", "bought_until": "2026-06-01"}, "ends before it begins"),
        ):
            with self.assertRaisesRegex(ValidationError, message):
                self._policy(tier)
        with self.assertRaisesRegex(ValidationError, "has a ladder"):
            self._policy({}, repairs_before_exchange=2)
        with self.assertRefusedByDatabase():
            self._policy({"after_amount": -1})
        with self.assertRefusedByDatabase():
            self._policy(refund_days=-1)

    def test_in_words(self):
        policy = self._policy(
            {"freight_payer": "company"},
            {"after_amount": 7, "until_amount": 1, "until_unit": "month", "why": "dissatisfied"},
            {"until_unit": "cover", "allows_repair": True, "work_payer": "customer"},
            {
                "until_unit": "cover",
                "why": "no_reason",
                "allows_refund": False,
                "allows_repair": True,
            },
            {"until_unit": "never", "channel": "distance", "part": "main"},
            {"until_unit": "never", "after_amount": 1, "freight_payer": "customer"},
            {"until_unit": "cover", "after_amount": 2, "after_unit": "month"},
            {"bought_from": "2026-06-01", "bought_until": "2026-06-30", "work_payer": "company"},
            {"bought_from": "2026-06-01"},
            {"bought_until": "2026-06-30", "start_event": "invoice"},
            repairs_before_exchange=2,
            exchanges_before_refund=1,
            accessory_exchanges_before_refund=2,
            exchange_days=15,
            exchange_irreparable=True,
            exchange_late=True,
            refund_nonconforming=True,
            needs_proof=True,
            needs_inspection_sheet=True,
            needs_batch_test=True,
            needs_approval=True,
            needs_intact="always",
            refund_days=7,
            refund_basis="standalone",
            accessory_refund_basis="standalone",
            exchange_goods="refurbished",
            exclusion_ids=self._cause("misuse").ids,
            fault_ids=self._fault("noise").ids,
            excluded_kind_ids=self.env.ref("aftersales_service.goods_kind_digital").ids,
        )
        self.assertEqual(
            policy.summary.splitlines(),
            [
                "Quality fault, up to 7 days from: Delivery: Refund (we pay the return freight)",
                "Dissatisfied, after 7 days up to 1 month from: Delivery: Refund",
                "Quality fault, until the free cover ends: Refund, Repair (the customer pays the "
                "repair)",
                "No reason, until the free cover ends: Repair (repair as the warranty covers it)",
                "Quality fault, Distance sale, The unit itself, at any time: Refund",
                "Quality fault, after 1 day from: Delivery: Refund (the customer pays the return "
                "freight)",
                "Quality fault, after 2 months from: Delivery until the free cover ends: Refund",
                "Quality fault, bought 06/01/2026 – 06/30/2026, up to 7 days from: Delivery: "
                "Refund (we pay the repair)",
                "Quality fault, bought from 06/01/2026 on, up to 7 days from: Delivery: Refund",
                "Quality fault, bought until 06/30/2026, up to 7 days from: Purchase (invoice): "
                "Refund",
                "Exchange after so many repairs (Same fault): 2",
                "Refund after so many exchanges (Same fault): 1",
                "Accessories: refund after so many replacements: 2",
                "An exchange not made within so many days becomes a refund: 15",
                "What cannot be repaired is exchanged.",
                "A repair that is not done in the promised time becomes an exchange.",
                "What the inspection finds not to conform is refunded.",
                "Needed for a refund or an exchange: inspection sheet of a service point, proof "
                "of purchase",
                "Goods and accessories must be intact and complete.",
                "Goods of the same batch, or samples, are tested first.",
                "Upper management decides about refunds and exchanges.",
                "No right because of: Improper use or maintenance",
                "Only these faults: Unusual noise or vibration",
                "Cannot be given back without a fault: Digital goods: audio, video, software",
                "An accessory sold with the unit is refunded at its price by itself on the day of "
                "return.",
                "Refunds are at the price by itself on the day of return.",
                "Exchanged for a new or a refurbished unit.",
                "Refunded within 7 days after the goods are back.",
            ],
        )
        policy.write({"needs_intact": "without_fault", "refund_days": 1})
        self.assertIn("goods must be intact", policy.summary)
        self.assertIn("within 1 day after", policy.summary)
        self.assertEqual(policy.tier_ids[0].display_name, policy.tier_ids[0].sentence)

    def test_an_update_links_new_presets_and_nothing_else(self):
        """What is new is linked where nothing was chosen; what was there before stays as it is."""
        Policy = self.env["aftersales.remedy.policy"]
        fresh, former, chosen = Policy.create([{"name": name} for name in ("New", "Old", "Own")])
        former.flush_recordset()
        self.env.cr.execute(
            "UPDATE aftersales_remedy_policy SET create_date = '2026-01-01' WHERE id = %s",
            [former.id],
        )
        former.invalidate_recordset()
        bare, taken, cleared = (self._plan({"length": 12}) for _number in range(3))
        taken.remedy_policy_id = chosen
        self.env["aftersales.plan"]._link_remedy_presets({fresh.id: bare.id, former.id: cleared.id})
        self.env["aftersales.plan"]._link_remedy_presets({fresh.id: taken.id})
        self.assertEqual(bare.remedy_policy_id, fresh)
        self.assertEqual(taken.remedy_policy_id, chosen)
        self.assertFalse(cleared.remedy_policy_id)

    def test_the_plan_tells_it_and_takes_it_into_use(self):
        plan = self.env.ref("aftersales_service.plan_r30")
        self.assertFalse(plan.remedy_policy_id.active)
        plan.action_use()
        self.assertTrue(plan.remedy_policy_id.active)
        self.assertIn("Distance sale", plan.summary)
        bare = self.env["aftersales.plan"].create({"name": "Bare"})
        self.assertIn("promises nothing yet", bare.summary)

    def test_a_manager_writes_it_row_by_row(self):
        manager = self._user("rita", "aftersales_service.group_aftersales_manager")
        with Form(self.env["aftersales.remedy.policy"].with_user(manager)) as form:
            form.name = "Shop windows"
            with form.tier_ids.new() as row:
                row.until_amount = 8
                row.allows_refund = True
        policy = form.save()
        self.assertIn("up to 8 days", policy.summary)

    def test_rights(self):
        user = self._user("uma", "aftersales_service.group_aftersales_user")
        policy = self._preset("r47").remedy_policy_id
        mine = policy.with_user(user)
        self.assertTrue(mine.summary)
        for values in ({"refund_days": 3}, {"tier_ids": [Command.clear()]}):
            with self.assertRaises(AccessError):
                mine.write(values)
        unit = self._bought("r47")
        agent = self._user("abe", "aftersales_service.group_aftersales_agent")
        with self.assertRaisesRegex(UserError, "cannot be entered"):
            unit.with_user(agent).remedy_version_id = policy._current_versions()[policy]

    def test_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        policy = self._policy({}, company_id=other.id)
        user = self._user("uma", "aftersales_service.group_aftersales_user")
        with self.assertRaises(AccessError):
            policy.with_user(user).read(["name"])
        self.assertFalse(
            self.env["aftersales.remedy.policy.tier"]
            .with_user(user)
            .search([("policy_id", "=", policy.id)])
        )
        with self.assertRaises(UserError):
            self.env["aftersales.plan"].create(
                {
                    "name": "Mixed",
                    "company_id": self.company.id,
                    "remedy_policy_id": policy.id,
                }
            )


class TestRequestRemedies(RemedyCase):
    def _asked(self, unit, on, **values):
        return self._request(unit, on, date_reported=self._utc(f"{on} 10:00"), **values)

    def test_what_the_customer_may_ask_for(self):
        unit = self._bought("r47")
        user = self._user("uma", "aftersales_service.group_aftersales_user")
        request = self._asked(unit, "2026-06-05", user_id=user.id, remedy_wish="refund")
        mine = request.with_user(user)
        self.assertIn("Still missing: description of the problem.", mine.remedy_html)
        self.assertEqual((mine.has_remedies, mine.remedy_status), (True, "open"))
        mine.description = "It leaks."
        self.assertEqual(mine.remedy_status, "allowed")
        for words in (
            "Until 06/08/2026.",
            "If goods and accessories are intact.",
            "We pay the return freight.",
            "Only from 06/09/2026 on.",
            "From 06/09/2026: Refund, Exchange, Repair.",
            "Invoice price: ",
        ):
            self.assertIn(words, mine.remedy_html)
        mine.goods_condition = "damaged"
        self.assertEqual(mine.remedy_status, "refused")
        self.assertIn("damaged or incomplete", mine.remedy_html)

    def test_the_local_day_of_the_report_counts(self):
        unit = self._bought("r47")
        last = self._asked(unit, "2026-06-05", description="x", remedy_wish="refund")
        last.write({"remedy_why": "no_reason", "date_reported": self._utc("2026-06-08 23:59")})
        self.assertEqual(last.remedy_status, "allowed")
        last.date_reported = self._utc("2026-06-09 00:01")
        self.assertEqual(last.remedy_status, "refused")
        self.assertIn("The last day was 06/08/2026.", last.remedy_html)

    def test_nothing_to_say(self):
        bare = self._request(self.env["aftersales.unit"])
        self.assertEqual((bare.has_remedies, bare.remedy_html), (False, False))
        plain = self._request(self._delivered(plan=self._plan({"length": 12}), on="2026-06-01"))
        self.assertFalse(plain.has_remedies)

    def test_goods_with_us_may_go_back(self):
        unit = self._bought("r39")
        self._send_back(unit.move_line_id.picking_id, lot=unit.lot_id)
        request = self._asked(unit, "2026-06-05", remedy_wish="back")
        self.assertEqual(request.remedy_status, "allowed")
        self.assertIn("The goods are with us.", request.remedy_html)
        self.assertEqual(self._asked(self._bought("r39", "2"), "2026-06-05").remedy_status, False)

    def test_the_repair_of_the_present_fault_is_not_an_earlier_one(self):
        unit, fault = self._bought("r05", on="2026-03-10"), self._new_fault("Leg loose")
        self._repaired(unit, "2026-05-10", fault)
        known = {"fault_id": fault.id, "remedy_wish": "exchange"}
        request = self._repaired(unit, "2026-07-01", fault).aftersales_request_id
        request.write({"date_reported": self._utc("2026-07-01 10:00"), **known})
        self.assertEqual(request.remedy_status, "refused")
        self.assertIn("2; 1 so far.", request.remedy_html)
        again = self._asked(unit, "2026-07-02", **known)
        self.assertEqual(again.remedy_status, "allowed")

    def test_dates_of_an_exchange(self):
        request = self._asked(self._bought("r05"), "2026-06-05")
        request.date_exchange_asked = "2026-06-10"
        with self.assertRefusedByDatabase():
            request.date_exchange_due = "2026-06-09"
        self.assertIn("If the exchange is not made by 06/25/2026.", request.remedy_html)

    def test_a_wish_that_is_not_even_answered(self):
        request = self._asked(self._bought("r47"), "2026-06-05", remedy_wish="training")
        self.assertEqual(request.remedy_status, "refused")

    def test_a_late_solution_gives_a_right_to_an_exchange(self):
        unit = self._bought("r11", accepted="2026-06-01")
        request = self._asked(unit, "2026-06-05", remedy_wish="exchange")
        clock = self._clock(request, "resolution")
        self.assertTrue(clock.deadline)
        self.assertEqual(request.remedy_status, "allowed")  # June is long over
        self.assertIn("The repair missed its promised time.", request.remedy_html)
        clock.sudo().write({"state": "met"})
        request.invalidate_recordset(["remedy_status"])
        self.assertEqual(request.remedy_status, "refused")

    def test_the_channel_follows_the_unit_until_told(self):
        unit = self._bought("r30")
        unit.purchase_channel = "distance"
        request = self._asked(unit, "2026-06-05", remedy_why="no_reason", remedy_wish="refund")
        self.assertEqual((request.purchase_channel, request.remedy_status), ("distance", "allowed"))
        request.purchase_channel = "shop"
        self.assertEqual(request.remedy_status, "refused")

    def test_every_reason_has_its_sentence(self):
        unit = self._bought("r29")
        tier = unit._get_remedy_terms()[unit].tiers[0]
        for reason in Reason:
            for remedy in rules.Remedy:
                answer = rules.Answer(
                    Status.REFUSED, reason, tier, first=BOUGHT, last=BOUGHT, needed=2, due=BOUGHT
                )
                sentence = unit._explain_remedy(remedy, answer, BOUGHT)
                if reason != Reason.LADDER_NOT_REACHED or remedy in rules.GIVES_UP_GOODS:
                    self.assertTrue(sentence.endswith("."), (reason, remedy))

    def test_unknown_facts_are_a_mistake_of_the_caller(self):
        with self.assertRaisesRegex(TypeError, "colour"):
            self._decide(self._bought("r47"), "2026-06-05", colour="red")


class TestRemedyQueries(RemedyCase):
    def test_queries_do_not_depend_on_the_number_of_units(self):
        self._preset("r29")
        units = [self._bought("r29", f"SN-{number}") for number in range(12)]
        fault = self._fault("r29_keys")
        for unit in units[:6]:
            self._repaired(unit, "2026-07-05", fault)
        one, many = units[0], self.env["aftersales.unit"].union(*units)
        counts = []
        for batch in (one, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            decisions = batch._decide_remedies(date(2026, 9, 1), fault=fault)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(decisions), len(batch))
        self.assertEqual(counts[0], counts[1])
        self.assertLess(counts[0], 40)
