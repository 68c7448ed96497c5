"""Working time: tables for the borders, and a slow minute-by-minute oracle for the rest."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.aftersales_service.logic.errors import NoWorkingTimeError
from odoo.addons.aftersales_service.logic.working_time import Always, WorkingTime, complement

UTC = ZoneInfo("UTC")
SHANGHAI = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(2026, 3, 1)


def at(text):
    return datetime.fromisoformat(text)


def weekly(*hours, days=(0, 1, 2, 3, 4)):
    """Working time of the same hours (UTC) on the same weekdays."""

    def load(year, month):
        day, spans = date(year, month, 1), []
        while day.month == month:
            if day.weekday() in days:
                midnight = datetime.combine(day, datetime.min.time())
                spans += [
                    (midnight + timedelta(hours=one), midnight + timedelta(hours=two))
                    for one, two in hours
                ]
            day += timedelta(days=1)
        return spans

    return WorkingTime(load)


OFFICE = weekly((9, 12), (13, 18))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-13 17:00", 1, "2026-03-13 18:00"),  # closing time stays
        ("2026-03-13 17:00", 2, "2026-03-16 10:00"),  # over the weekend
        ("2026-03-13 11:30", 1, "2026-03-13 13:30"),  # over lunch
        ("2026-03-14 10:00", 1, "2026-03-16 10:00"),  # starts on Saturday
        ("2026-03-31 17:30", 1, "2026-04-01 09:30"),  # over a month's end
        ("2026-03-13 20:00", 0, "2026-03-13 20:00"),
        ("2026-03-02 09:00", 8 * 22, "2026-03-31 18:00"),
    ],
)
def test_add(start, hours, end):
    assert weekly((9, 12), (13, 18)).add(at(start), hours * 3600) == at(end)
    assert OFFICE.elapsed(at(start), at(end)) == hours * 3600


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-13 17:00", 3, "2026-03-18 18:00"),  # S-R28-1
        ("2026-03-02 10:00", 10, "2026-03-16 18:00"),  # S-R01-6, domestic part
        ("2026-03-02 10:00", 15, "2026-03-23 18:00"),  # … foreign part
        ("2026-03-14 10:00", 1, "2026-03-16 18:00"),  # Saturday is no event day to skip
        ("2026-03-13 20:00", 0, "2026-03-13 20:00"),
        ("2026-03-13 10:00", 0, "2026-03-13 18:00"),
        ("2026-03-30 10:00", 3, "2026-04-02 18:00"),
    ],
)
def test_end_of_working_day(start, days, end):
    assert OFFICE.until_end_of_day(at(start), days, UTC) == at(end)


def test_working_days_are_local_dates():
    night = weekly((20, 24), days=range(7))  # 04:00–08:00 in Shanghai, of the next date
    assert night.until_end_of_day(at("2026-03-13 15:00"), 1, SHANGHAI) == at("2026-03-14 00:00")
    around = weekly((0, 24), days=range(7))
    assert around.until_end_of_day(at("2026-03-13 15:00"), 1, SHANGHAI) == at("2026-03-14 16:00")


def test_an_earlier_question_reloads():
    time = weekly((9, 17))
    assert time.elapsed(at("2026-05-04 09:00"), at("2026-05-04 10:00")) == 3600
    assert time.elapsed(at("2026-03-02 09:00"), at("2026-05-04 10:00")) == (45 * 8 + 1) * 3600
    assert time.elapsed(at("2026-05-04 10:00"), at("2026-05-04 09:00")) == 0
    assert time.slices(at("2026-05-04 10:00"), at("2026-05-04 09:00")) == []


def test_a_calendar_without_hours_is_an_error():
    never = WorkingTime(lambda _year, _month: [])
    with pytest.raises(NoWorkingTimeError):
        never.add(EPOCH, 60)
    with pytest.raises(NoWorkingTimeError):
        never.until_end_of_day(EPOCH, 1, UTC)
    with pytest.raises(NoWorkingTimeError):
        OFFICE.add(EPOCH, 10**9)
    assert never.elapsed(EPOCH, EPOCH + timedelta(days=3)) == 0


def test_around_the_clock():
    always = Always()
    end = always.add(EPOCH, 90)
    assert (always.elapsed(EPOCH, end), always.slices(EPOCH, end)) == (90, [(EPOCH, end)])
    assert (always.elapsed(end, EPOCH), always.slices(end, EPOCH)) == (0, [])


def test_complement():
    hours = [EPOCH + timedelta(hours=hour) for hour in range(6)]
    spans = [(hours[3], hours[4]), (hours[1], hours[2])]
    assert complement(hours[0], hours[5], spans) == [
        (hours[0], hours[1]),
        (hours[2], hours[3]),
        (hours[4], hours[5]),
    ]
    assert complement(hours[1], hours[2], spans) == []


HOURS = st.lists(st.integers(0, 24), min_size=2, max_size=6, unique=True).map(
    lambda hours: [pair for pair in zip(sorted(hours)[::2], sorted(hours)[1::2], strict=False)]
)
DAYS = st.sets(st.integers(0, 6), min_size=1)
MINUTES = st.integers(0, 60 * 24 * 40)


@given(hours=HOURS, days=DAYS, start=MINUTES, minutes=st.integers(1, 3000))
def test_add_agrees_with_walking(hours, days, start, minutes):
    time, now = weekly(*hours, days=days), EPOCH + timedelta(minutes=start)
    end = time.add(now, minutes * 60)
    left, walk = minutes, now
    while left:
        hour = walk.hour
        if walk.weekday() in days and any(one <= hour < two for one, two in hours):
            left -= 1
        walk += timedelta(minutes=1)
    assert end == walk
    assert time.elapsed(now, end) == minutes * 60
    assert sum((two - one).total_seconds() for one, two in time.slices(now, end)) == minutes * 60
