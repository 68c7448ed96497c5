"""Ten thousand random clocks against an oracle that knows nothing of calendars but their weeks.

The oracle looks at every minute of the world: what does a clock on the wall show there, is that
date open, is that hour worked, does anybody hold the case? What is left over is counted.
"""

import random
from bisect import bisect_left
from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from odoo import Command

from odoo.addons.aftersales_service.logic.sla_clock import (
    Event,
    EventKind,
    Target,
    TargetUnit,
    replay,
    why,
)

from .common import AftersalesCommon

MINUTE = timedelta(minutes=1)
FIRST = datetime(2026, 1, 1)
MINUTES = 60 * 24 * 430
NOBODY = bytes(MINUTES)
#: Weekly hours; borders lie outside the hour that daylight saving skips or repeats.
OFFICE = {day: [(8, 12), (13, 17)] for day in range(5)}
EVERY_DAY = {day: [(8.5, 17.5)] for day in range(7)}
NIGHTS = {day: [(0, 6), (22, 24)] for day in range(6)}
AROUND = {day: [(0, 24)] for day in range(7)}
WORLD = [
    ("Asia/Shanghai", OFFICE),
    ("Asia/Shanghai", EVERY_DAY),
    ("Asia/Seoul", OFFICE),
    ("Asia/Kolkata", EVERY_DAY),
    ("Europe/Berlin", OFFICE),
    ("Europe/Berlin", NIGHTS),
    ("America/New_York", EVERY_DAY),
    ("America/New_York", AROUND),
    ("Australia/Sydney", NIGHTS),
    ("Asia/Seoul", {0: [(9, 12.25)], 2: [(9, 12), (12.75, 19)], 5: [(10, 16)]}),
]
CASES = 10_000


class TestOracle(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(20260310)
        cls.worlds = [cls._make_world(zone, week) for zone, week in WORLD]

    @classmethod
    def _make_world(cls, zone, week):
        """A calendar with closures and make-up days, and the minutes that count by it."""
        closed = {date(2026, 1, 1) + timedelta(days=cls.random.randrange(430)) for _n in range(40)}
        worked = {date(2026, 1, 1) + timedelta(days=cls.random.randrange(430)) for _n in range(20)}
        worked -= closed
        made_up = (9, 11.5)
        calendar = cls.env["resource.calendar"].create(
            {
                "name": zone,
                "tz": zone,
                "company_id": False,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {"name": "w", "dayofweek": str(day), "hour_from": one, "hour_to": two}
                    )
                    for day, hours in week.items()
                    for one, two in hours
                ],
                "aftersales_day_ids": [
                    Command.create({"date": day, "kind": "closed"}) for day in closed
                ]
                + [
                    Command.create(
                        {
                            "date": day,
                            "kind": "working",
                            "hour_from": made_up[0],
                            "hour_to": made_up[1],
                        }
                    )
                    for day in worked
                ],
            }
        )
        zone = ZoneInfo(zone)
        days = dict.fromkeys(closed, ()) | dict.fromkeys(worked, [made_up])
        return calendar, zone, *cls._look_at_every_minute(zone, week, days)

    @classmethod
    def _look_at_every_minute(cls, zone, week, days):
        """One byte per minute: is it worked; and the local date of each.

        All borders lie on quarters of an hour, so that one look serves fifteen minutes.
        """
        counts, dates = bytearray(), []
        utc = ZoneInfo("UTC")
        for number in range(0, MINUTES, 15):
            wall = (FIRST + number * MINUTE).replace(tzinfo=utc).astimezone(zone)
            day = wall.date()
            hours = days[day] if day in days else week.get(day.weekday(), ())
            hour = wall.hour + wall.minute / 60
            counts += bytes([any(one <= hour < two for one, two in hours)]) * 15
            dates += [day.toordinal()] * 15
        return bytes(counts), dates

    def _make_case(self):
        """A story: on which calendar, when it starts, what was promised and when nobody acted."""
        pick = self.random
        begin = pick.randrange(60 * 24 * 330)
        pauses = [
            (begin + pick.randrange(60 * 24 * 8), pick.randrange(1, 60 * 24 * 2))
            for _n in range(pick.randrange(7))
        ]
        return begin, [(one, one + length) for one, length in pauses]

    def _make_target(self, calendar):
        unit = self.random.choice(list(TargetUnit))
        most = {"minute": 4000, "working_minute": 2400, "hour": 60, "working_hour": 40}
        amount = self.random.randrange(1, most.get(unit.value, 6) + 1)
        return Target(amount, unit, calendar.id)

    def _find_deadline(self, begin, pauses, target, counts, dates):
        """Count minute after minute; returns the minute of the deadline."""
        seconds = {"minute": 1, "working_minute": 1, "hour": 60, "working_hour": 60, "day": 1440}
        end = begin + 60 * 24 * 60
        window = counts if target.unit.needs_calendar else b"\1" * len(counts)
        if target.unit == TargetUnit.WORKING_DAY:
            budget = self._count_working_days(begin, int(target.amount), counts, dates)
        else:
            budget = int(target.amount) * seconds[target.unit.value]
        held = bytearray(window[begin:end])
        for one, two in pauses:
            held[one - begin : two - begin] = NOBODY[: len(held[one - begin : two - begin])]
        sums = list(accumulate(held))
        return begin + bisect_left(sums, budget) + 1, budget

    def _count_working_days(self, begin, days, counts, dates):
        today, seen, minute = dates[begin], [], begin
        while True:
            day = dates[minute]
            if counts[minute] and day > today and day not in seen:
                if len(seen) == days:
                    break
                seen.append(day)
            minute += 1
        last = seen[-1]
        return sum(counts[number] for number in range(begin, minute) if dates[number] <= last)

    def test_ten_thousand_clocks(self):
        Clock = self.env["aftersales.sla.clock"]
        times = [Clock._get_times(calendar, self.company) for calendar, *_rest in self.worlds]
        wrong, retargeted = [], 0
        for number in range(CASES):
            place = number % len(self.worlds)
            calendar, zone, counts, dates = self.worlds[place]
            begin, pauses = self._make_case()
            target = self._make_target(calendar)
            events = [Event(EventKind.START, FIRST + begin * MINUTE, key="s", target=target)]
            for key, (one, two) in enumerate(pauses):
                events.append(Event(EventKind.PAUSE, FIRST + one * MINUTE, key=key))
                events.append(Event(EventKind.RESUME, FIRST + two * MINUTE, ref=key))
            if self.random.random() < 0.3:
                # the priority changes: another promise, with or without the pauses so far
                target, carry = self._make_target(calendar), self.random.random() < 0.5
                events.append(
                    Event(EventKind.RETARGET, FIRST + begin * MINUTE, target=target, carry=carry)
                )
                pauses = pauses if carry else []
                retargeted += 1
            clock = replay(events, times[place], zone)
            deadline, budget = self._find_deadline(begin, pauses, target, counts, dates)
            rows = why(clock, clock.deadline)
            same = (
                clock.deadline == FIRST + deadline * MINUTE
                and clock.budget == budget * 60
                and sum(row.seconds for row in rows) == clock.budget
                and rows[-1].end == clock.deadline
            )
            if not same:
                wrong.append((number, calendar.name, events, clock.deadline, deadline))
        self.assertFalse(wrong[:1])
        self.assertGreater(retargeted, 2000)
