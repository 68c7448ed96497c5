"""Dates as people on the spot write them: instants are stored in UTC, promises count local days."""

from datetime import datetime, time, timedelta

from pytz import UTC, AmbiguousTimeError, NonExistentTimeError, timezone

from odoo.tools import format_date, format_datetime, format_time


def local_date(instant, *owners):
    """The local date of a naive UTC instant, in the time zone of the first owner that has one.

    Owners are records with a ``tz``: the customer first, then the company's working calendar (A1).
    """
    if not instant:
        return False
    return UTC.localize(instant).astimezone(timezone(zone_of(*owners))).date()


def zone_of(*owners):
    """The name of the time zone of the first owner that has one."""
    return next((owner.tz for owner in owners if owner.tz), "UTC")


def format_instant(env, instant, *owners):
    """An instant in its reader's time zone, which is named, unmistakable in every country.

    For what leaves the house; on our own screens ``format_minute`` is shorter.
    """
    if not instant:
        return ""
    zone = zone_of(*owners)
    words = format_datetime(env, instant, tz=zone, dt_format="yyyy-MM-dd HH:mm")
    return f"{words} ({zone})"


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
    local = UTC.localize(instant).astimezone(timezone(zone_of(*owners)))
    return local.hour * 60 + local.minute


def format_minute(env, instant, tz=False):
    """A naive UTC instant to the minute, in the user's language.

    The clock is that of ``tz``, else of the context, else of the user.
    """
    if not instant:
        return ""
    zone = tz or env.context.get("tz") or env.user.tz or "UTC"
    local = UTC.localize(instant).astimezone(timezone(zone))
    return f"{format_date(env, local)} {format_time(env, local.time(), time_format='short')}"
