"""Dates as people on the spot write them: instants are stored in UTC, promises count local days."""

from datetime import datetime, time, timedelta

from pytz import UTC, AmbiguousTimeError, NonExistentTimeError, timezone

from odoo.tools import format_date, format_time


def local_date(instant, *owners):
    """The local date of a naive UTC instant, in the time zone of the first owner that has one.

    Owners are records with a ``tz``: the customer first, then the company's working calendar (A1).
    """
    if not instant:
        return False
    zone = next((owner.tz for owner in owners if owner.tz), "UTC")
    return UTC.localize(instant).astimezone(timezone(zone)).date()


def instant_at(day, hour, zone):
    """The naive UTC instant at an hour (a float from 0 to 24, to the minute) of a local day.

    Where clocks are set forward, the hours that do not exist are read as before the change; where
    they are set back, as after it, like Odoo does. Only a midnight that comes twice is its first
    occurrence: there the day begins.
    """
    local = datetime.combine(day, time()) + timedelta(minutes=round(hour * 60))
    try:
        local = zone.localize(local, is_dst=None)
    except AmbiguousTimeError:
        local = zone.localize(local, is_dst=local.time() == time())
    except NonExistentTimeError:
        local = zone.localize(local, is_dst=False)
    return local.astimezone(UTC).replace(tzinfo=None)


def local_minute(instant, *owners):
    """Minutes since local midnight of a naive UTC instant, found like ``local_date``."""
    zone = next((owner.tz for owner in owners if owner.tz), "UTC")
    local = UTC.localize(instant).astimezone(timezone(zone))
    return local.hour * 60 + local.minute


def format_minute(env, instant, tz=False):
    """A naive UTC instant to the minute, in the user's language and, without ``tz``, zone."""
    if not instant:
        return ""
    local = UTC.localize(instant).astimezone(timezone(tz or env.user.tz or "UTC"))
    return f"{format_date(env, local)} {format_time(env, local.time(), time_format='short')}"
