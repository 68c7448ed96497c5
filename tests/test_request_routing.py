"""A request finds its team and its responsible, says why, and never gets lost."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, users

from .common import AftersalesCommon

GROUP = "aftersales_service.group_aftersales_{}".format


class RoutingCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.china = cls.env.ref("base.cn")
        cls.korea = cls.env.ref("base.kr")
        cls.anna = cls._user("anna", GROUP("user"))
        cls.boris = cls._user("boris", GROUP("agent"))
        cls.chief = cls._user("chief", GROUP("agent"))
        cls.boss = cls._user("boss", GROUP("manager"))
        cls.north = cls._team("North", members=cls.anna | cls.boris, leader_id=cls.chief.id)
        cls.south = cls._team("South")
        cls.customer.write({"country_id": cls.china.id, "zip": "266001"})

    @classmethod
    def _team(cls, name, members=(), **values):
        members = members.ids if members else []
        return cls.env["aftersales.team"].create(
            {"name": name, "member_ids": [Command.set(members)], **values}
        )

    @classmethod
    def _rule(cls, team, **values):
        x2many = {
            name: [Command.set(value.ids)]
            for name, value in values.items()
            if hasattr(value, "ids")
        }
        return cls.env["aftersales.team.rule"].create({"team_id": team.id, **values, **x2many})

    @classmethod
    def _ask(cls, partner=None, **values):
        partner = partner or cls.customer
        return cls.env["aftersales.request"].create(
            {"title": "Help", "partner_id": partner.id, **values}
        )

    @classmethod
    def _on_leave(cls, user, **shift):
        """The user's resource is on leave from an hour ago to an hour from now, shifted."""
        resource = cls.env["resource.resource"].create({"name": user.name, "user_id": user.id})
        middle = fields.Datetime.now() + timedelta(**shift)
        return cls.env["resource.calendar.leaves"].create(
            {
                "resource_id": resource.id,
                "date_from": middle - timedelta(hours=1),
                "date_to": middle + timedelta(hours=1),
            }
        )


class TestRouting(RoutingCommon):
    def test_the_first_rule_that_fits_gives_the_team(self):
        self._rule(self.south, country_ids=self.korea, sequence=1)
        self._rule(self.north, country_ids=self.china, zip_from="26", zip_to="27", sequence=2)
        self._rule(self.south, sequence=3)
        request = self._ask()
        self.assertEqual(request.team_id, self.north)
        self.assertIn("China", request.team_reason)
        self.assertIn("26–27", request.team_reason)
        self.customer.zip = "100000"
        other = self._ask()
        self.assertEqual(other.team_id, self.south)
        self.assertEqual(other.team_reason, "Routing rule for all other requests.")
        self.assertEqual(request.team_id, self.north, "a moved customer moves no request")

    def test_a_team_given_by_hand_stays(self):
        self._rule(self.north)
        request = self._ask(team_id=self.south.id)
        self.assertEqual((request.team_id, request.team_reason), (self.south, "Chosen by hand."))
        request.partner_id = self.env["res.partner"].create({"name": "Other"})
        self.assertEqual(request.team_id, self.south)

    def test_a_form_shows_the_team_before_saving(self):
        self._rule(self.north, country_ids=self.china)
        with Form(self.env["aftersales.request"].with_user(self.boris)) as form:
            form.title = "Leaks"
            self.assertFalse(form.team_id)
            form.partner_id = self.customer
            self.assertEqual(form.team_id, self.north)
        self.assertIn("China", form.record.team_reason)

    def test_no_rule_fits(self):
        self.assertFalse(self._ask().team_reason, "who has no rules hears nothing of them")
        self._rule(self.north, country_ids=self.korea)
        request = self._ask()
        self.assertFalse(request.team_id)
        self.assertEqual(request.team_reason, "No routing rule fits. Choose a team.")

    def test_rules_look_at_type_category_and_customer(self):
        question = self.env.ref("aftersales_service.request_type_question")
        pumps = self.env["product.category"].create({"name": "Pumps"})
        self.machine.categ_id = self.env["product.category"].create(
            {"name": "Big pumps", "parent_id": pumps.id}
        )
        plant = self.env["res.partner"].create({"name": "Plant 2", "parent_id": self.customer.id})
        rule = self._rule(self.north, type_ids=question)
        self.assertFalse(self._ask().team_id)
        self.assertEqual(self._ask(type_id=question.id).team_id, self.north)
        rule.write({"type_ids": [Command.clear()], "category_ids": [Command.set(pumps.ids)]})
        self.assertFalse(self._ask(product_id=self.part.id).team_id)
        request = self._ask(product_id=self.machine.id)
        self.assertEqual(request.team_id, self.north)
        self.assertIn("Pumps", request.team_reason)
        rule.write(
            {"category_ids": [Command.clear()], "partner_ids": [Command.set(self.customer.ids)]}
        )
        self.assertEqual(self._ask(partner=plant).team_id, self.north)
        self.assertFalse(self._ask(partner=self.env["res.partner"].create({"name": "X"})).team_id)

    def test_the_site_decides_not_the_customer(self):
        site = self.env["res.partner"].create(
            {
                "name": "Busan",
                "type": "delivery",
                "parent_id": self.customer.id,
                "country_id": self.korea.id,
            }
        )
        self._rule(self.south, country_ids=self.korea)
        unit = self._delivered("SN-1", plan=self._preset("r05"), on="2026-03-10")
        unit.site_id = site
        request = self._request(unit)
        self.assertEqual((request.site_id, request.team_id), (site, self.south))

    def test_archived_teams_get_nothing(self):
        rule = self._rule(self.north)
        self._ask()
        with self.assertRaisesRegex(UserError, "still has open requests: 1"):
            self.north.active = False
        self.north.request_ids.action_resolve()
        self.north.active = False
        self.assertTrue(rule.exists())
        self.assertFalse(self._ask().team_id)

    def test_a_postcode_range_must_be_one(self):
        for first, last in (("26", "255"), ("27", "26"), (False, "26")):
            with self.assertRaisesRegex(ValidationError, "are no range"):
                self._rule(self.north, zip_from=first, zip_to=last)

    def test_rules_of_another_company_do_not_count(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        theirs = self._team("Theirs", company_id=other.id)
        self._rule(theirs, sequence=1)
        self.assertFalse(self._ask().team_id)
        self.assertEqual(self._ask(company_id=other.id, user_id=False).team_id, theirs)
        with self.assertRaises(UserError):
            self._ask(team_id=theirs.id)

    def test_a_team_with_requests_stays_in_its_company(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        self._ask(team_id=self.south.id)
        with self.assertRaisesRegex(ValidationError, "another team for the other company"):
            self.south.company_id = other


class TestAssignment(RoutingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north.assignment = "balanced"

    def test_a_hundred_at_once_are_spread_evenly(self):
        self._ask(user_id=self.anna.id)
        requests = self.env["aftersales.request"].create(
            [{"title": f"R{n}", "team_id": self.north.id} for n in range(99)]
        )
        loads = [
            len(requests.filtered(lambda r, u=u: r.user_id == u)) for u in (self.anna, self.boris)
        ]
        self.assertEqual(loads, [49, 50])

    def test_the_responsible_is_told_and_follows(self):
        Request = self.env["aftersales.request"].with_context(tracking_disable=False)
        self._ask(user_id=self.anna.id)
        request = Request.create({"title": "One", "team_id": self.north.id})
        self.assertEqual(request.user_id, self.boris)
        self.assertIn(self.boris.partner_id, request.message_partner_ids)
        notes = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.boris.partner_id.id)]
        )
        self.assertEqual(len(notes), 1)
        requests = Request.create([{"title": "R", "team_id": self.north.id}] * 20)
        self.assertIn(self.anna.partner_id, requests.message_partner_ids)
        more = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.boris.partner_id.id)]
        )
        self.assertEqual(len(more - notes), 1, "several at once are told once")

    def test_queries_do_not_grow_with_requests(self):
        self._rule(self.north, country_ids=self.china)
        Request = self.env["aftersales.request"].with_context(tracking_disable=True)

        def queries(number):
            values = [{"title": f"R{n}", "partner_id": self.customer.id} for n in range(number)]
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            Request.create(values)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(3)  # warm
        few, many = queries(10), queries(100)
        self.assertLessEqual(many - few, 10, f"{few} for ten, {many} for a hundred")

    def test_who_is_away_gets_nothing(self):
        leave = self._on_leave(self.anna)
        self.assertEqual(self._ask(team_id=self.north.id).user_id, self.boris)
        leave.unlink()
        self._on_leave(self.boris, days=2)
        self.assertEqual(self._ask(team_id=self.north.id).user_id, self.anna)

    def test_archived_and_powerless_members_get_nothing(self):
        self.anna.active = False
        clerk = self._user("clerk")
        self.north.member_ids |= clerk
        for _ in range(3):
            self.assertEqual(self._ask(team_id=self.north.id).user_id, self.boris)

    def test_nobody_there_wakes_the_leader(self):
        self._on_leave(self.anna)
        self._on_leave(self.boris)
        request = self._ask(team_id=self.north.id)
        self.assertFalse(request.user_id)
        self.assertEqual(request.activity_ids.user_id, self.chief)
        self.chief.active = False
        self.north.manager_user_id = self.boss
        self.assertEqual(self._ask(team_id=self.north.id).activity_ids.user_id, self.boss)

    def test_what_was_left_over_is_handed_out_later(self):
        away = self._on_leave(self.anna) | self._on_leave(self.boris)
        requests = self._ask(team_id=self.north.id) | self._ask(team_id=self.south.id)
        away.unlink()
        self.south.member_ids = self.chief
        requests.with_user(self.chief).action_hand_out()
        self.assertIn(requests[0].user_id, self.anna | self.boris)
        self.assertEqual(requests[1].user_id, self.chief)
        self.assertFalse(requests.activity_ids, "nobody looks for anybody any longer")
        with self.assertRaisesRegex(UserError, "has no team"):
            self._ask().action_hand_out()

    def test_whoever_is_named_by_hand_ends_the_search(self):
        self._on_leave(self.anna)
        self._on_leave(self.boris)
        request = self._ask(team_id=self.north.id)
        other = request.activity_schedule(summary="Call back", user_id=self.chief.id)
        request.user_id = False
        self.assertEqual(len(request.activity_ids), 2)
        request.with_user(self.boss).user_id = self.anna
        self.assertEqual(request.activity_ids, other)

    def test_who_is_named_keeps_it(self):
        self.assertEqual(self._ask(team_id=self.north.id, user_id=self.boss.id).user_id, self.boss)

    @users("anna")
    def test_the_desk_keeps_what_it_enters_by_hand(self):
        Request = self.env["aftersales.request"]
        self.assertEqual(Request.create({"title": "Call"}).user_id, self.env.user)
        self.assertFalse(Request.create({"title": "Call", "user_id": False}).user_id)
        handed = Request.create({"title": "Call", "team_id": self.north.id, "user_id": False})
        self.assertTrue(handed.user_id)
        handed.sudo().user_id = self.boss
        self.assertTrue(handed.title, "who entered it still sees it")

    def test_a_form_leaves_it_to_the_team(self):
        with Form(self.env["aftersales.request"].with_user(self.boss)) as form:
            form.title = "Call"
            self.assertEqual(form.user_id, self.boss)
            form.team_id = self.north
            self.assertFalse(form.user_id)
            self.assertTrue(form.is_handed_out)
        self.assertIn(form.record.user_id, self.anna | self.boris)

    def test_another_team_takes_over(self):
        request = self._ask(team_id=self.south.id, user_id=self.boss.id)
        request.team_id = self.north
        self.assertIn(request.user_id, self.anna | self.boris)
        mine = request.user_id
        request.team_id = self.south
        self.assertFalse(request.user_id)
        request.write({"team_id": self.north.id, "user_id": mine.id})
        self.assertEqual(request.user_id, mine)


class TestTeam(RoutingCommon):
    def test_roles_are_never_empty(self):
        Team = self.env["aftersales.team"]
        first, second = self._ask(team_id=self.north.id), self._ask(user_id=self.anna.id)
        self.assertEqual(
            Team._get_role_users(first | second, "responsible"),
            {first: self.chief, second: self.anna},
        )
        self.company.aftersales_manager_id = self.boss
        self.assertEqual(Team._get_role_users(first | second, "quality")[first], self.chief)
        self.assertEqual(Team._get_role_users(first | second, "quality")[second], self.boss)
        self.assertEqual(self.north._get_role_user("manager"), self.boss)
        self.boss.active = False
        anybody = self.north._get_role_user("manager")
        self.assertTrue(anybody.active)
        self.assertTrue(anybody.has_group(GROUP("manager")))
        with self.assertRaises(ValueError):
            Team._get_role_users(first, "janitor")

    def test_roles_skip_the_archived_and_the_superuser(self):
        self.north.quality_user_id = self.boris
        self.assertEqual(self.north._get_role_user("quality"), self.boris)
        self.boris.active = False
        self.assertEqual(self.north._get_role_user("quality"), self.chief)
        self.env["res.users"].search(
            [("all_group_ids", "in", self.env.ref(GROUP("manager")).ids)]
        ).active = False
        self.chief.active = False
        self.assertFalse(self.north._get_role_user("quality"))
        self._on_leave(self.anna)
        self.north.write({"assignment": "balanced", "member_ids": [Command.clear()]})
        request = self._ask(team_id=self.north.id)
        self.assertTrue(request.activity_ids, "an activity for nobody is better than silence")

    def test_roles_of_many_requests_take_few_queries(self):
        requests = self.env["aftersales.request"].create(
            [{"title": "R", "team_id": self.north.id, "user_id": self.anna.id}] * 60
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(15):  # whatever the number of requests
            self.env["aftersales.team"]._get_role_users(requests, "responsible")

    @users("boss")
    def test_a_manager_makes_a_team_with_an_address(self):
        team = self.env["aftersales.team"].create({"name": "New", "alias_name": "New Desk"})
        self.assertEqual(team.alias_id.sudo().alias_model_id.model, "aftersales.request")
        self.assertEqual(team.alias_name, "new-desk")
        team.alias_name = "desk"
        self.assertEqual(team.copy().alias_name, False)

    def test_counters(self):
        self._ask(team_id=self.north.id, priority="2")
        self._ask(team_id=self.north.id, user_id=self.anna.id)
        self._ask(team_id=self.north.id).action_cancel()
        self.assertRecordValues(
            self.north | self.south,
            [
                {"open_count": 2, "unassigned_count": 1, "urgent_count": 1},
                {"open_count": 0, "unassigned_count": 0, "urgent_count": 0},
            ],
        )
        for counter, number in (("open", 2), ("unassigned", 1), ("urgent", 1)):
            action = getattr(self.north, f"action_view_{counter}")()
            found = self.env["aftersales.request"].search_count(action["domain"])
            self.assertEqual(found, number)
        self.env.invalidate_all()
        with self.assertQueryCount(5):
            (self.north | self.south).mapped("open_count")

    @users("anna")
    def test_a_user_sees_what_nobody_has_in_own_teams(self):
        Request = self.env["aftersales.request"]
        mine = self._ask(team_id=self.north.id, user_id=False)
        theirs = self._ask(team_id=self.south.id, user_id=False)
        taken = self._ask(team_id=self.north.id, user_id=self.boris.id)
        found = Request.search([]) & (mine | theirs | taken)
        self.assertEqual(found, mine)
        self.assertEqual(
            Request.with_user(self.boris).search_count([("id", "in", (mine | theirs | taken).ids)]),
            3,
        )
        self.north.sudo().leader_id = self.env.user
        self.env.invalidate_all()
        self.assertEqual(Request.search([]) & (mine | theirs | taken), mine | taken)
        with self.assertRaises(AccessError):
            self.north.with_user(self.env.user).name = "Mine"

    def test_companies_keep_their_teams(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._user("stranger", GROUP("manager"))
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            self.north.with_user(stranger).read(["name"])
        with self.assertRaises(UserError):
            self.north.leader_id = stranger
