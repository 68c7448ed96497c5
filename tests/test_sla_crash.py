"""Killed at any point, or run twice at once, the escalation job takes and tells each step once.

Real processes on the real database: what they do is committed, and removed again at the end.
"""

import os
import random
import signal
import time
from contextlib import contextmanager
from datetime import timedelta

import odoo.sql_db
from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

CLOCKS = 60


@contextmanager
def committed(dbname):
    """An environment whose work is real: committed at the end."""
    with Registry(dbname).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


@tagged("standard", "post_install", "-at_install", "aftersales")
class TestCrash(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dbname = get_db_name()
        cls.random = random.Random(42)
        with committed(cls.dbname) as env:
            policy = env["aftersales.sla.policy"].create(
                {
                    "name": "Killed",
                    "target_ids": [
                        Command.create(
                            {
                                "milestone": "response",
                                "amount": 1,
                                "unit": "hour",
                                "escalation_ids": [
                                    Command.create({"value": 50, "role": "responsible"}),
                                    Command.create({"value": 100, "role": "leader"}),
                                ],
                            }
                        )
                    ],
                }
            )
            cls.policy_id = policy.id
            cls.team_id = (
                env["aftersales.team"]
                .create({"name": "Killed", "leader_id": SUPERUSER_ID, "sla_policy_id": policy.id})
                .id
            )
            cls.cron_was_active = env.ref("aftersales_service.cron_sla_escalation").active
            env.ref("aftersales_service.cron_sla_escalation").active = False

    @classmethod
    def tearDownClass(cls):
        with committed(cls.dbname) as env:
            requests = env["aftersales.request"].search([("team_id", "=", cls.team_id)])
            requests.unlink()
            env["aftersales.team"].browse(cls.team_id).unlink()
            env["aftersales.sla.policy"].browse(cls.policy_id).unlink()
            env.ref("aftersales_service.cron_sla_escalation").active = cls.cron_was_active
        super().tearDownClass()

    def _make_due(self):
        with committed(self.dbname) as env:
            partner = env.ref("base.main_partner")
            reported = fields.Datetime.now() - timedelta(hours=3)
            requests = env["aftersales.request"].create(
                [
                    {
                        "title": f"Due {number}",
                        "partner_id": partner.id,
                        "team_id": self.team_id,
                        "date_reported": reported,
                    }
                    for number in range(CLOCKS)
                ]
            )
            # entered in time: the job is late, not the entry
            requests.clock_ids.opened_at = reported
            return requests.ids

    def _fork_job(self):
        """The job in a process of its own, with its own connection."""
        child = os.fork()
        if child:
            return child
        try:
            # the parent's connections are not ours to use or close
            registry = Registry(self.dbname)
            self.kept = (odoo.sql_db._Pool, odoo.sql_db._Pool_readonly, registry._db)
            odoo.sql_db._Pool = odoo.sql_db._Pool_readonly = None
            registry._db = odoo.sql_db.db_connect(self.dbname)
            registry._db_readonly = None
            with committed(self.dbname) as env:
                env["aftersales.sla.clock"]._cron_escalate(batch=5)
        finally:
            os._exit(0)

    def assertEachOnce(self, ids):
        with committed(self.dbname) as env:
            requests = env["aftersales.request"].browse(ids)
            logs = env["aftersales.escalation.log"].search([("request_id", "in", ids)])
            self.assertEqual(len(logs), 2 * CLOCKS, "a step was lost or taken twice")
            self.assertEqual(len(logs.filtered("is_notified")), CLOCKS)
            for request in requests:
                self.assertEqual(len(request.activity_ids), 1, "told twice, or nobody")
                notes = request.message_ids.filtered(lambda note: "overdue since" in note.body)
                self.assertEqual(len(notes), 1)
            self.assertFalse(requests.clock_ids.filtered("next_event_at"))

    def test_killed_at_twenty_random_points(self):
        interrupted = 0
        for _round in range(20):
            ids = self._make_due()
            child = self._fork_job()
            time.sleep(self.random.uniform(0.02, 0.5))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            with committed(self.dbname) as env:
                domain = [("request_id", "in", ids), ("next_event_at", "!=", False)]
                left = env["aftersales.sla.clock"].search_count(domain)
                interrupted += bool(left)
                env["aftersales.sla.clock"]._cron_escalate()
            self.assertEachOnce(ids)
        self.assertGreater(interrupted, 0, "no run was interrupted: the delays are too long")

    def test_two_jobs_at_once(self):
        for _round in range(3):
            ids = self._make_due()
            children = [self._fork_job(), self._fork_job()]
            for child in children:
                os.waitpid(child, 0)
            with committed(self.dbname) as env:
                env["aftersales.sla.clock"]._cron_escalate()
            self.assertEachOnce(ids)
