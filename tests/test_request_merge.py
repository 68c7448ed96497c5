"""Two requests about one thing become one; nothing in them is lost."""

from odoo import Command
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import Form

from .common import AftersalesCommon

GROUP = "aftersales_service.group_aftersales_{}".format


class TestMerge(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._user("agent", GROUP("agent"))
        cls.boss = cls._user("boss", GROUP("manager"))
        cls.plan = cls._preset("r12")
        cls.unit = cls._delivered("SN-1", plan=cls.plan, on="2026-03-10")
        cls.kept = cls._request(cls.unit, "2026-06-01")
        cls.gone = cls._request(cls.unit, "2026-06-02", priority="2", title="Drips")

    def _dialog(self, kept=None, others=None, user=None):
        kept = kept or self.kept
        context = kept.with_user(user or self.agent).action_merge()["context"]
        Merge = self.env["aftersales.request.merge"].with_user(user or self.agent)
        dialog = Form(Merge.with_context(**context))
        if others is not None:
            dialog.request_ids.set(others)
        return dialog

    def assertRefused(self, text, kept, others, **values):
        self.assertIn(text, kept._merge_error_message(others) or "")
        with self.assertRaisesRegex(UserError, text):
            kept._merge(others, **values)

    def test_the_menu_of_a_form_proposes_the_same_unit(self):
        Merge = self.env["aftersales.request.merge"].with_user(self.agent)
        chosen = {"active_model": self.kept._name, "active_ids": self.kept.ids}
        dialog = Form(Merge.with_context(**chosen))
        self.assertEqual((dialog.keep_id, dialog.request_ids[:]), (self.kept, self.gone))

    def test_everything_moves(self):
        self.gone.message_post(body="Hurry, please", message_type="comment")
        follower = self.env["res.partner"].create({"name": "Follower"})
        self.gone.message_subscribe(follower.ids)
        attachment = self.env["ir.attachment"].create(
            {"name": "photo", "res_model": self.gone._name, "res_id": self.gone.id, "raw": b"x"}
        )
        repair = self.env["repair.order"].browse(self.gone.action_create_repair()["res_id"])
        step = self.env["aftersales.request.step"].create({"request_id": self.gone.id})
        self.env["aftersales.request.step"].create({"request_id": self.kept.id, "rung": "phone"})
        activity = self.gone.activity_schedule(summary="Call back", user_id=self.agent.id)
        claim = self.gone.claim_ids
        with self._dialog() as dialog:
            self.assertEqual(dialog.keep_id, self.kept)
            self.assertIn(
                "messages: 1, attachments: 1, repairs: 1, claims: 1, steps: 1", dialog.preview
            )
            self.assertFalse(dialog.problem)
        dialog.record.action_apply()
        self.assertEqual((self.gone.state, self.gone.merged_into_id), ("cancelled", self.kept))
        self.assertEqual(repair.aftersales_request_id, self.kept)
        self.assertEqual((claim.request_id, claim.state), (self.kept, "open"))
        self.assertEqual((step.request_id, step.outcome), (self.kept, "next"))
        self.assertEqual(activity.res_id, self.kept.id)
        self.assertEqual(attachment.res_id, self.kept.id)
        self.assertIn(follower, self.kept.message_partner_ids)
        self.assertTrue(any("Hurry" in body for body in self.kept.message_ids.mapped("body")))
        self.assertEqual(self.kept.priority, "2")
        self.assertIn(self.gone.name, self.kept.message_ids[0].body)

    def test_a_claim_that_says_nothing_new_is_cancelled(self):
        claim = self.gone.claim_ids
        self.kept._merge(self.gone)
        self.assertEqual(claim.state, "cancelled")
        self.assertEqual(self.kept.claim_ids.state, "open")

    def test_what_is_unknown_is_taken_from_the_other(self):
        bare = self.env["aftersales.request"].create(
            {"title": "Call", "partner_id": self.customer.id}
        )
        bare._merge(self.kept)
        self.assertEqual((bare.unit_id, bare.product_id), (self.unit, self.machine))
        self.assertEqual(bare._get_main_claim().unit_id, self.unit)
        self.assertEqual(bare.date_reported, self.kept.date_reported)

    def test_what_was_done_for_either_is_done(self):
        """An answer to the duplicate was an answer: nobody is late with it."""
        answer = {"milestone": "response", "amount": 2, "unit": "hour"}
        policy = self._sla(answer)
        gone = self._reported("2026-06-01 08:00", policy)
        kept = self._reported("2026-06-01 09:00", policy)
        gone.write(
            {
                "date_responded": self._utc("2026-06-01 08:30"),
                "date_unit_arrived": self._utc("2026-06-01 08:40"),
                "part_origin": "foreign",
            }
        )
        kept.date_unit_arrived = self._utc("2026-06-01 10:00")
        kept._merge(gone)
        self.assertEqual(kept.clock_ids.state, "met")
        self.assertEqual(kept.date_unit_arrived, self._utc("2026-06-01 08:40"))
        self.assertEqual(kept.part_origin, "foreign")

    def test_a_merged_request_is_not_reopened(self):
        self.kept._merge(self.gone)
        with self.assertRaises(RedirectWarning) as caught:
            self.gone.action_reopen()
        self.assertIn(self.kept.name, caught.exception.args[0])
        self.assertEqual(caught.exception.args[1]["res_id"], self.kept.id)

    def test_merged_requests_follow_the_next_merge(self):
        third = self._request(self.unit)
        self.kept._merge(self.gone)
        third._merge(self.kept)
        self.assertEqual(self.gone.merged_into_id, third)

    def test_answers_to_a_merged_request_arrive_where_somebody_reads_them(self):
        self.kept._merge(self.gone)
        routes = self.kept._reroute_replies([(self.gone._name, self.gone.id, {}, 1, None)])
        self.assertEqual(routes[0][1], self.kept.id)

    def test_refusals(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        foreign = self.env["aftersales.request"].create({"title": "R", "partner_id": stranger.id})
        self.assertRefused("comes from Stranger", self.kept, foreign)
        other_unit = self._delivered("SN-2", plan=self.plan, on="2026-03-10")
        self.assertRefused("A request is about one unit", self.kept, self._request(other_unit))
        self.assertRefused("Choose at least one", self.kept, self.kept)
        self.assertRefused("Choose at least one", self.kept, self.kept.browse())
        closed = self._request(self.unit)
        closed.action_resolve()
        self.assertRefused("is Resolved", self.kept, closed)
        self.assertRefused("is Resolved", closed, self.kept)

    def test_two_others_of_two_units(self):
        other_unit = self._delivered("SN-2", plan=self.plan, on="2026-03-10")
        bare = self.env["aftersales.request"].create(
            {"title": "Call", "partner_id": self.customer.id}
        )
        self.assertRefused(
            "A request is about one unit", bare, self.kept | self._request(other_unit)
        )

    def test_decided_claims_stay_with_their_unit(self):
        other_unit = self._delivered("SN-2", plan=self.plan, on="2026-03-10")
        moved = self._request(other_unit)
        moved.claim_ids.action_decide()
        moved.unit_id = self.unit
        self.assertRefused("SN-2", self.kept, moved)
        self.gone.claim_ids.action_decide()
        self.kept._merge(self.gone)
        self.assertEqual(
            self.gone.claim_ids | self.kept.claim_ids, self.kept.claim_ids, "decided ones move"
        )
        self.assertIn("decided", self.kept.claim_ids.mapped("state"))

    def test_a_manager_merges_customers_that_belong_together(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        foreign = self.env["aftersales.request"].create({"title": "R", "partner_id": stranger.id})
        with self._dialog(others=foreign, user=self.boss) as dialog:
            self.assertIn("another customer", dialog.problem)
            dialog.is_across_customers = True
            self.assertFalse(dialog.problem)
        dialog.record.action_apply()
        self.assertEqual(foreign.merged_into_id, self.kept)
        second = self.env["aftersales.request"].create({"title": "R", "partner_id": stranger.id})
        forged = (
            self.env["aftersales.request.merge"]
            .with_user(self.agent)
            .create(
                {
                    "keep_id": self.kept.id,
                    "request_ids": [Command.set(second.ids)],
                }
            )
        )
        forged.sudo().is_across_customers = True
        with self.assertRaisesRegex(UserError, "Only an after-sales manager"):
            forged.action_apply()

    def test_companies_are_not_merged(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        theirs = self.env["aftersales.request"].create(
            {"title": "R", "partner_id": self.customer.id, "company_id": other.id}
        )
        self.assertRefused("another company", self.kept, theirs)

    def test_a_user_merges_only_what_is_open_to_him(self):
        helper = self._user("helper", GROUP("user"))
        self.kept.user_id = helper
        self.gone.user_id = self.agent
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.kept.with_user(helper)._merge(self.gone.with_user(helper))
        self.gone.user_id = helper
        self.kept.with_user(helper)._merge(self.gone.with_user(helper))
        self.assertEqual(self.gone.state, "cancelled")

    def test_merging_from_a_list_keeps_the_first(self):
        Merge = self.env["aftersales.request.merge"].with_context(
            active_model="aftersales.request", active_ids=(self.gone | self.kept).ids
        )
        merge = Merge.create({})
        self.assertEqual((merge.keep_id, merge.request_ids), (self.kept, self.gone))


class TestSimilar(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls._delivered("SN-1", plan=cls._preset("r12"), on="2026-03-10")

    def test_others_of_unit_and_customer_are_counted(self):
        first = self._request(self.unit)
        self.assertFalse(first.similar_hint)
        second = self._request(self.unit)
        self.env["aftersales.request"].create({"title": "R", "partner_id": self.customer.id})
        self.env.invalidate_all()
        self.assertEqual((first.same_unit_count, first.same_customer_count), (1, 2))
        self.assertIn("1 of this unit", first.similar_hint)
        self.assertIn(second, first.browse(first.action_view_similar()["domain"][0][2]))
        second.action_cancel()
        self.env.invalidate_all()
        self.assertEqual((first.same_unit_count, first.same_customer_count), (0, 1))
        self.assertFalse(second.similar_hint)

    def test_the_caller_is_told_before_saving(self):
        self._request(self.unit)
        form = Form(self.env["aftersales.request"])
        form.serial = "SN-1"
        self.assertIn("1 of this unit", form.similar_hint)

    def test_a_duplicate_is_fresh_and_linked(self):
        request = self._request(self.unit, "2026-06-01", title="Leaks")
        request.action_resolve()
        again = request.copy()
        self.assertRecordValues(
            again,
            [
                {
                    "origin_id": request.id,
                    "state": "new",
                    "title": "Leaks",
                    "unit_id": self.unit.id,
                    "date_resolved": False,
                    "merged_into_id": False,
                }
            ],
        )
        self.assertNotEqual(again.name, request.name)
        self.assertNotEqual(str(again.date_failure), "2026-06-01")
        self.assertEqual(again.claim_ids.unit_id, self.unit)
