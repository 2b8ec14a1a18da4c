"""Days begin and end where their time zone says, and a browser's word on its zone is taken only where it names one."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import RequestFactory

from web import zones
from web.templatetags.figures import ago

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("Europe/Vienna", "2026-03-29", "2026-03-28T23:00", 23),
        ("Europe/Vienna", "2026-10-25", "2026-10-24T22:00", 25),
        ("Asia/Kathmandu", "2026-05-31", "2026-05-30T18:15", 24),
        # Midnight itself is skipped: the day begins at 1 o'clock.
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", 23),
        # The whole day was skipped.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),
        ("UTC", "2026-03-29", "2026-03-29T00:00", 24),
    ],
)
def test_a_day_is_as_long_as_its_zone_says(zone: str, day: str, start: str, hours: int) -> None:
    where, when = ZoneInfo(zone), date.fromisoformat(day)

    assert zones.start_of(when, where) == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert zones.end_of(when, where) - zones.start_of(when, where) == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def test_the_first_and_the_last_day_there_are_have_bounds(zone: str) -> None:
    for day in (date.min, date.max):
        assert zones.start_of(day, ZoneInfo(zone)) < zones.end_of(day, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("cookie", "name"),
    [
        ("Europe%2FVienna", "Europe/Vienna"),
        ("Etc/UTC", "Etc/UTC"),
        ("", "UTC"),
        ("Middle/Earth", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("%00", "UTC"),
        ("Europe", "UTC"),
    ],
)
def test_only_a_zone_that_there_is_is_taken_from_the_cookie(cookie: str, name: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["zone"] = cookie

    assert zones.name_for(request) == name


def test_zones_are_known_that_a_system_parts_from_the_others() -> None:
    try:
        zoneinfo.reset_tzpath(to=[])
        assert ZoneInfo.no_cache("US/Eastern").utcoffset(datetime(2026, 7, 1)) == timedelta(hours=-4)
    finally:
        zoneinfo.reset_tzpath()


def test_every_clock_of_a_page_names_its_zone() -> None:
    """A zone is named by `T`, by `UTC` beside the time, or by the zone that the time was brought to."""
    clocks = [
        (path.relative_to(TEMPLATES).as_posix(), clock)
        for path in TEMPLATES.rglob("*.html")
        for clock in re.findall(r'\{\{[^}]*\|(?:date|time):"[^"]*H:i[^"]*" *\}\}(?: UTC)?', path.read_text())
    ]

    assert len(clocks) > 6
    # The head of the audit trail's column says UTC.
    assert [
        (path, clock)
        for path, clock in clocks
        if not re.search(r'H:i(:s)? T"|UTC$|\|timezone:', clock) and path != "audit/index.html"
    ] == []
    assert re.search(r"title=\"[-\d]+ [:\d]+ UTC\"", str(ago(datetime(2026, 3, 29, tzinfo=UTC))))
