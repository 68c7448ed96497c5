"""Ready-made plans: each promises what its regime says, for as long, at whose cost."""

from freezegun import freeze_time

from .common import AftersalesCommon

#: How many terms each regime promises: phases of the whole product and of components.
TERMS = {
    **{"r01": 2, "r02": 0, "r03": 0, "r04": 1, "r05": 2, "r06": 2, "r07": 0, "r08": 0, "r09": 4},
    **{"r11": 1, "r12": 1, "r16": 0, "r17": 2, "r18": 4, "r20": 2, "r21": 0, "r25": 2, "r26": 1},
    **{"r27": 1, "r28": 0, "r29": 6, "r30": 0, "r31": 1, "r32": 2, "r33": 2, "r35": 1, "r36": 2},
    **{"r38": 1, "r39": 1, "r41": 3, "r43": 3, "r44": 1, "r45": 1, "r47": 2, "r48": 0, "r49": 1},
}
#: Day of every event, for plans of which it does not matter here what starts them.
ACCEPTED = {"accepted": "2026-03-10", "handed_over": "2026-03-10", "commissioned": "2026-03-10"}


class PresetCase(AftersalesCommon):
    """What fails and who pays, with causes, components and faults named as in the catalogue."""

    @classmethod
    def _component(cls, name):
        return cls.env.ref(f"aftersales_service.component_{name}")

    @classmethod
    def _fails(cls, unit, on, *, cause=None, component=None, fault=None):
        claim = cls._claim(
            unit, on, cause and cls._cause(cause), component and cls._component(component)
        )
        claim.fault_id = fault and cls.env.ref(f"aftersales_service.fault_{fault}")
        return claim

    @classmethod
    def _phone(cls):
        return cls._delivered(plan=cls._preset("r29"), on="2026-06-01", invoiced="2026-06-01")

    def assertEnds(self, unit, whole, **components):
        """Last covered days: of the phases of the whole product, in order, and of components."""
        expected = {False: whole} if whole else {}
        expected |= {self._component(name).name: [end] for name, end in components.items()}
        ends = {
            component.name: [row.date_end and str(row.date_end) for row in rows]
            for component, rows in unit.coverage_ids.grouped("component_id").items()
        }
        self.assertEqual(ends, expected)

    def assertResults(self, unit, on, **components):
        results = {name: self._fails(unit, on, component=name).result for name in components}
        self.assertEqual(results, components, on)

    def assertPays(self, claim, result, **costs):
        """Who pays which cost on which basis, such as ``part="customer cost"``."""
        paid = {cost: " ".join(claim.charges[cost][:2]) for cost in costs}
        self.assertEqual((claim.result, paid), (result, costs))

    def assertAllFree(self, claim):
        self.assertPays(claim, "covered", **dict.fromkeys(claim.charges, "company free"))


class TestPresetLibrary(PresetCase):
    def test_every_core_regime_is_ready_made(self):
        presets = self.env["aftersales.plan"].with_context(active_test=False)
        names = presets.search([("is_preset", "=", True)]).get_external_id().values()
        self.assertEqual(set(names), {f"aftersales_service.plan_{regime}" for regime in TERMS})

    def test_every_preset_can_be_used_sold_and_delivered(self):
        for regime, terms in TERMS.items():
            with self.subTest(regime):
                plan = self.env.ref(f"aftersales_service.plan_{regime}")
                plan.action_use()
                policy = plan.warranty_policy_id
                self.assertTrue(plan.active and plan.industry and plan.summary)
                self.assertEqual((policy.active, bool(policy.summary)), (terms > 0, terms > 0))
                unit = self._delivered(f"SN-{regime}", plan=plan, on="2026-03-10", **ACCEPTED)
                unit.date_invoiced = "2026-03-10"
                self.assertEqual(len(unit.coverage_ids), terms)
                self.assertTrue(all(unit.coverage_ids.mapped("date_start")))
                self.assertTrue(unit.coverage_sentence)


class TestPresetTerms(PresetCase):
    def test_s_r09_1_component_terms_from_the_later_event(self):
        unit = self._delivered(plan=self._preset("r09"), on="2026-02-20", accepted="2026-03-10")
        self.assertEnds(
            unit,
            ["2030-03-09"],
            lamp_pole="2046-03-09",
            lamp_fitting="2031-03-09",
            light_source="2028-03-09",
        )
        self.assertResults(unit, "2030-06-01", lamp_pole="covered", lamp_fitting="covered")
        bracket = self.env["aftersales.component"].create({"name": "Bracket"})
        self.assertEqual(self._claim(unit, "2030-06-01", component=bracket).result, "not_covered")

    def test_s_r18_1_terms_per_kind_of_work(self):
        unit = self._delivered(plan=self._preset("r18"), on="2026-03-10", handed_over="2026-03-10")
        self.assertEnds(
            unit,
            None,
            water_electric="2036-03-09",
            masonry="2029-03-09",
            woodwork="2028-03-09",
            wall_finish="2028-03-09",
        )
        self.assertResults(
            unit,
            "2028-06-01",
            wall_finish="not_covered",
            masonry="covered",
            water_electric="covered",
        )
        self.assertResults(
            unit,
            "2030-01-01",
            wall_finish="not_covered",
            masonry="not_covered",
            water_electric="covered",
        )
        self.assertEqual(self._fails(unit, "2028-06-01").reason, "component_needed")

    def test_s_r20_3_the_seller_proves_for_six_months(self):
        television = self._delivered(plan=self._preset("r20"), on="2026-06-01")
        case = self._delivered("SN-2", plan=self._plan({"length": 12}), on="2026-06-01")
        for unit, on, burden in (
            (television, "2026-11-20", True),
            (television, "2026-12-15", False),
            (case, "2026-11-20", False),
        ):
            self.assertEqual(self._fails(unit, on).seller_must_prove, burden, on)

    def test_s_r29_7_repair_time_is_given_back_once(self):
        phone = self._phone()
        late = {"on": "2026-12-05", "component": "battery", "fault": "r29_battery"}
        self.assertEqual(self._fails(phone, **late).result, "not_covered")
        with freeze_time("2026-08-20"):
            self.env["aftersales.coverage.extension"].create(
                [
                    {"unit_id": phone.id, "kind": "downtime", "reason": reason, **span}
                    for reason, span in (
                        ("Repair", {"date_from": "2026-08-03", "date_to": "2026-08-13"}),
                        ("No parts", {"date_from": "2026-08-05", "date_to": "2026-08-10"}),
                    )
                ]
            )
        self.assertEnds(
            phone,
            ["2027-06-10"],
            battery="2026-12-10",
            earphone="2026-09-10",
            charger="2027-06-10",
            terminal_card="2027-06-10",
            data_card="2027-06-10",
        )
        self.assertEqual(self._fails(phone, **late).result, "covered")

    def test_s_r32_3_missed_guarantee_extends_and_is_compensated(self):
        venue = self._delivered(plan=self._preset("r32"), on="2026-04-19", accepted="2026-04-19")
        self.assertEnds(venue, ["2027-04-18", False])
        missed = self.env["aftersales.coverage.extension"].create(
            {
                "unit_id": venue.id,
                "coverage_id": venue.coverage_ids[0].id,
                "kind": "guarantee",
                "length": 5,
                "reason": "Five days out of order",
                "compensation": "Rent of another hall",
            }
        )
        self.assertEnds(venue, ["2027-04-23", False])
        self.assertEqual(missed.compensation, "Rent of another hall")

    def test_s_r33_1_free_maintenance_and_attended_service(self):
        unit = self._delivered(plan=self._preset("r33"), on="2026-03-01", **ACCEPTED)
        self.assertEnds(unit, ["2027-03-09"], attended_service="2026-06-07")
        self.assertResults(unit, "2026-06-08", attended_service="not_covered")

    def test_s_r38_1_two_years_from_delivery(self):
        unit = self._delivered(plan=self._preset("r38"), on="2026-04-30")
        self.assertEnds(unit, ["2028-04-29"])
        self.assertEqual(self._fails(unit, "2028-04-15").result, "covered")
        self.assertEqual(self._fails(unit, "2028-05-15").result, "not_covered")

    def test_s_r41_1_devices_follow_the_makers_letters(self):
        system = self._delivered(plan=self._preset("r41"), on="2026-03-01", accepted="2026-03-10")
        self.assertEnds(system, ["2029-03-09", False], resident_service="2027-03-09")
        five, one = self._by_letter("SN-5", 5), self._by_letter("SN-1Y", 1)
        self.assertEqual(str(five.coverage_ids[0].date_end), "2031-03-09")
        self.assertEqual(str(one.coverage_ids[0].date_end), "2027-03-09")
        self.assertEqual(self._fails(system, "2028-01-01").result, "covered")
        self.assertResults(system, "2028-01-01", resident_service="not_covered")
        self.assertEqual(self._fails(one, "2028-01-01").result, "not_covered")

    def _by_letter(self, serial, years):
        """A device of the project for which its maker promised so many years."""
        order = self._order(plan=self._preset("r41"), confirm=False)
        letter = self.env["aftersales.order.terms"].with_context(
            default_line_id=order.order_line.id
        )
        dialog = letter.create({})
        dialog.term_ids.filtered(lambda term: term.phase == "warranty").length = years
        dialog.action_apply()
        order.action_confirm()
        self._stock(self.machine, 1, self._serial(serial))
        self._ship(order.picking_ids, [serial], on="2026-03-01")
        unit = order.order_line.aftersales_unit_ids
        unit.date_accepted = "2026-03-10"
        return unit

    def test_s_r43_1_two_periods(self):
        unit = self._delivered(plan=self._preset("r43"), on="2026-03-01", accepted="2026-03-10")
        self.assertEnds(unit, ["2028-03-09", "2031-03-09", False])
        normal = self._fails(unit, "2028-05-06")
        self.assertEqual((normal.result, normal.coverage_id.phase), ("covered", "maintenance"))
        human = self._fails(unit, "2028-05-06", cause="human_damage")
        self.assertPays(human, "not_covered", part="customer list", labour="customer list")
        self.assertEqual(self._fails(unit, "2031-06-01").result, "not_covered")

    def test_r01_software_runs_from_commissioning(self):
        unit = self._delivered(plan=self._preset("r01"), on="2026-02-20", accepted="2026-03-10")
        self.assertEnds(unit, ["2027-03-09"], software=False)
        unit.date_commissioned = "2026-04-01"
        self.assertEnds(unit, ["2027-03-09"], software="2027-03-31")
        self.assertResults(unit, "2027-03-20", software="covered")


class TestPresetCharges(PresetCase):
    def test_r01_nine_exclusions_and_duty(self):
        unit = self._delivered(plan=self._preset("r01"), on="2026-02-20", accepted="2026-03-10")
        free = self._fails(unit, "2026-06-01", cause="quality")
        self.assertPays(free, "covered", part="company free", duty="customer list")
        for cause in unit.plan_id.warranty_policy_id.exclusion_ids:
            claim = self._claim(unit, "2026-06-01", cause)
            self.assertEqual((claim.result, claim.reason), ("not_covered", "excluded"), cause.name)
        late = self._fails(unit, "2027-06-01")
        self.assertPays(
            late,
            "not_covered",
            labour="customer list",
            part="customer list",
            sundry="customer list",
        )

    def test_r04_suppliers_answer_for_bought_in_parts(self):
        unit = self._delivered(plan=self._preset("r04"), on="2026-03-10")
        self.assertAllFree(self._fails(unit, "2026-06-01", cause="quality"))
        bought = self._fails(unit, "2026-06-01", cause="bought_in")
        self.assertPays(bought, "covered", part="supplier cost", labour="supplier cost")
        late = self._fails(unit, "2027-06-01", cause="quality")
        self.assertPays(late, "not_covered", part="customer list", travel="customer list")

    def test_r11_parts_at_cost_price_after(self):
        unit = self._delivered(plan=self._preset("r11"), on="2026-03-01", accepted="2026-03-10")
        self.assertAllFree(self._fails(unit, "2026-06-01"))
        late = self._fails(unit, "2027-06-01")
        self.assertPays(late, "not_covered", part="customer cost", labour="customer list")

    def test_r18_material_and_labour_at_cost_after(self):
        unit = self._delivered(plan=self._preset("r18"), on="2026-03-10", handed_over="2026-03-10")
        self.assertAllFree(self._fails(unit, "2028-01-01", component="wall_finish"))
        late = self._fails(unit, "2028-06-01", component="wall_finish")
        self.assertPays(late, "not_covered", part="customer cost", labour="customer cost")

    def test_r25_only_labour_is_charged_for_excluded_causes(self):
        unit = self._delivered(plan=self._preset("r25"), on="2026-03-01", accepted="2026-03-10")
        self.assertAllFree(self._fails(unit, "2026-06-01", cause="installation"))
        for cause in ("rule_violation", "disaster"):
            claim = self._fails(unit, "2026-06-01", cause=cause)
            self.assertPays(claim, "partly", part="company free", labour="customer list")
        late = self._fails(unit, "2027-06-01", cause="disaster")
        self.assertPays(late, "not_covered", part="customer list", labour="customer list")

    def test_r27_who_caused_human_damage_pays(self):
        unit = self._delivered(plan=self._preset("r27"), on="2026-03-01", accepted="2026-03-10")
        self.assertEnds(unit, ["2028-03-09"])
        self.assertAllFree(self._fails(unit, "2026-06-01", cause="installation"))
        human = self._fails(unit, "2026-06-01", cause="human_damage")
        self.assertPays(human, "not_covered", part="third_party list", labour="third_party list")

    def test_r29_accessories_have_their_own_periods(self):
        phone = self._phone()
        for component, last, first_out in (
            ("earphone", "2026-08-31", "2026-09-01"),
            ("battery", "2026-11-30", "2026-12-01"),
            ("charger", "2027-05-31", "2027-06-01"),
            ("terminal_card", "2027-05-31", "2027-06-01"),
            ("data_card", "2027-05-31", "2027-06-01"),
        ):
            failure = {"component": component, "fault": f"r29_{component}"}
            self.assertAllFree(self._fails(phone, last, **failure))
            self.assertEqual(self._fails(phone, first_out, **failure).reason, "expired", component)

    def test_r29_only_faults_of_the_table_with_proof_of_purchase(self):
        phone = self._phone()
        self.assertEqual(self._fails(phone, "2026-06-20").reason, "fault_needed")
        self.assertEqual(self._fails(phone, "2026-06-20", fault="noise").reason, "fault_not_listed")
        self.assertAllFree(self._fails(phone, "2026-06-20", fault="r29_no_ring"))
        phone.has_proof = False
        claim = self._fails(phone, "2026-06-20", fault="r29_no_ring")
        self.assertEqual((claim.result, claim.reason), ("not_covered", "ineligible"))

    def test_s_r29_9_not_a_fault(self):
        phone = self._phone()
        for cause, fault in (
            ("network", "r29_power_on"),
            ("settings", "r29_sound"),
            ("drop", "r29_housing"),
        ):
            claim = self._fails(phone, "2026-06-20", cause=cause, fault=fault)
            self.assertEqual((claim.result, claim.reason), ("not_covered", "excluded"), cause)

    def test_r33_misuse_is_repaired_at_list_price(self):
        unit = self._delivered(plan=self._preset("r33"), on="2026-03-01", **ACCEPTED)
        self.assertAllFree(self._fails(unit, "2026-06-01", cause="installation"))
        for claim in (
            self._fails(unit, "2026-06-01", cause="misuse"),
            self._fails(unit, "2027-06-01", cause="installation"),
        ):
            self.assertPays(claim, "not_covered", part="customer list", labour="customer list")

    def test_r35_only_what_we_sold_and_no_software_drop_or_signal(self):
        unit = self._delivered(plan=self._preset("r35"), on="2026-03-10")
        for cause in ("software_fault", "own_software", "drop", "liquid", "network"):
            self.assertEqual(self._fails(unit, "2026-06-01", cause=cause).reason, "excluded", cause)
        self.assertAllFree(self._fails(unit, "2026-06-01", fault="r29_sim_contact"))
        unit.is_sold_by_us = False
        self.assertEqual(self._fails(unit, "2026-06-01").reason, "ineligible")

    def test_r36_reduced_prices_after(self):
        unit = self._delivered(plan=self._preset("r36"), on="2026-03-01", accepted="2026-03-10")
        self.assertAllFree(self._fails(unit, "2026-06-01"))
        late = self._fails(unit, "2027-06-01")
        self.assertEqual(
            (late.reason, late.charges["part"]), ("aftercare", ["customer", "less", 10])
        )

    def test_r43_misuse_pays_for_parts_alone(self):
        unit = self._delivered(plan=self._preset("r43"), on="2026-03-01", accepted="2026-03-10")
        self.assertAllFree(self._fails(unit, "2026-06-01", cause="quality"))
        for cause in ("misuse", "not_ours"):
            claim = self._fails(unit, "2026-06-01", cause=cause)
            self.assertPays(claim, "partly", part="customer less", labour="company free")
            self.assertEqual(claim.charges["part"][2], 20)
        self.assertAllFree(self._fails(unit, "2028-05-06", cause="not_ours"))

    def test_everything_is_free_where_no_exclusion_is_stated(self):
        for regime in ("r09", "r41", "r44"):
            unit = self._delivered(regime, plan=self._preset(regime), on="2026-03-01", **ACCEPTED)
            self.assertAllFree(self._fails(unit, "2026-06-01", cause="misuse"))

    def test_r47_the_consumer_pays_from_the_seventh_month(self):
        unit = self._delivered(plan=self._preset("r47"), on="2026-06-01", invoiced="2026-06-01")
        self.assertAllFree(self._fails(unit, "2026-09-10", cause="quality"))
        paid = self._fails(unit, "2027-03-01", cause="quality")
        self.assertPays(paid, "not_covered", part="customer list", labour="customer list")
        self.assertEqual(paid.reason, "aftercare")
        self.assertEqual(self._fails(unit, "2027-07-01", cause="quality").reason, "expired")
