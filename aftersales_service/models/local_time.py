"""Dates as people on the spot write them: instants are stored in UTC, promises count local days."""

from pytz import UTC, timezone


def local_date(instant, *owners):
    """The local date of a naive UTC instant, in the time zone of the first owner that has one.

    Owners are records with a ``tz``: the customer first, then the company's working calendar (A1).
    """
    if not instant:
        return False
    zone = next((owner.tz for owner in owners if owner.tz), "UTC")
    return UTC.localize(instant).astimezone(timezone(zone)).date()
