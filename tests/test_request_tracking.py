"""Changes of many requests are logged together, and read as if each had been changed alone."""

from .common import AftersalesCommon


class TestRequestTracking(AftersalesCommon):
    @classmethod
    def default_env_context(cls):
        return {}  # with chatter, which other tests do without

    def setUp(self):
        super().setUp()
        self.requests = self.env["aftersales.request"].create(
            [
                {"title": f"Pump {number}", "partner_id": self.customer.id, "priority": priority}
                for number, priority in enumerate("0012" * 5)
            ]
        )
        self._finish_tracking()

    def _finish_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def _changes(self, request):
        """The last entry of a request: ``(author, body, {field: (before, after)})``."""
        message = request.message_ids[0]
        values = message.sudo().tracking_value_ids
        changed = {
            value.field_id.name: (value.old_value_char, value.new_value_char) for value in values
        }
        return message.author_id, message.body, changed

    def test_each_has_its_own_changes(self):
        self.requests.write({"priority": "1"})
        self._finish_tracking()
        labels = ("Normal", "Normal", "High", "Urgent") * 5
        for request, label in zip(self.requests, labels, strict=True):
            if label == "High":  # it was so before
                self.assertFalse(request.message_ids[0].tracking_value_ids)
                continue
            author, _body, changed = self._changes(request)
            self.assertEqual(author, self.env.user.partner_id)
            self.assertEqual(changed, {"priority": (label, "High")})

    def test_words_beside_the_change(self):
        for request in self.requests[:2]:
            request._track_set_log_message(f"Because of {request.title}")
        self.requests[:3].write({"title": "Renamed"})
        self._finish_tracking()
        bodies = [str(self._changes(request)[1]) for request in self.requests[:3]]
        self.assertIn("Because of Pump 0", bodies[0])
        self.assertIn("Because of Pump 1", bodies[1])
        self.assertFalse(bodies[2])

    def test_who_reopens_is_heard(self):
        """What has a subtype is posted one by one, as followers want to hear of it."""
        self.requests.action_resolve()
        self._finish_tracking()
        self.requests[0].action_reopen()
        self._finish_tracking()
        reopened = self.env.ref("aftersales_service.mt_request_reopened")
        self.assertIn(reopened, self.requests[0].message_ids.subtype_id)
        self.assertEqual(self._changes(self.requests[1])[2]["state"][1], "Resolved")

    def test_queries_do_not_grow(self):
        self.requests[:2].write({"title": "Warmed up"})
        self._finish_tracking()

        def count(requests, title):
            requests.write({"title": title})
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.cr.precommit.run()
            return self.cr.sql_log_count - before

        few, many = count(self.requests[:5], "Five"), count(self.requests, "Twenty")
        self.assertLessEqual(many, few)
