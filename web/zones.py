"""Time zones by their names, and where a day begins in one. A browser tells its zone in the cookie `zone`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

UTC_NAME = "UTC"
COOKIE = "zone"


def named(name: str) -> ZoneInfo | None:
    """Return the zone of a name such as `Europe/Vienna`; None where there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None


def first_known(*names: str) -> ZoneInfo:
    """Return the first zone of several names that there is; UTC where there is none."""
    return next(filter(None, map(named, names)), ZoneInfo(UTC_NAME))


def name_for(request: HttpRequest, *, default: str = UTC_NAME) -> str:
    """Return the name of the zone that the browser told; the default where it told none that is known."""
    name = unquote(request.COOKIES.get(COOKIE, ""))
    return name if name and named(name) else default


def start_of_today(request: HttpRequest) -> datetime:
    """Return the first moment of the day that it is where the browser is."""
    zone = ZoneInfo(name_for(request))
    return start_of(timezone.now().astimezone(zone).date(), zone)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day, in UTC. Where clocks skip midnight, the day begins with the change."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        # The first day there is, east of UTC, or the last one, west of it.
        return (datetime.min if day.year == 1 else datetime.max).replace(tzinfo=UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after a day, in UTC: 23 or 25 hours after its start where clocks change."""
    return datetime.max.replace(tzinfo=UTC) if day == date.max else start_of(day + timedelta(days=1), zone)
