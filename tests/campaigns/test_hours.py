"""Mails leave when it is day where their reader lives, by the clock there, in summer and in winter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.sending.pacing import SendingHours, day_starts

NIGHT = SendingHours(20, 8, at_weekends=False)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "opens"),
    [
        ("2026-11-18T12:00", "UTC", None),
        ("2026-11-18T07:59", "UTC", "2026-11-18T08:00"),
        ("2026-11-18T08:00", "UTC", None),
        ("2026-11-18T20:00", "UTC", "2026-11-19T08:00"),
        ("2026-11-18T07:30", "Europe/Berlin", None),
        ("2026-11-18T12:00", "Asia/Tokyo", "2026-11-18T23:00"),
        ("2026-11-18T03:00", "Asia/Kolkata", None),
        # Friday evening to Monday morning.
        ("2026-11-20T20:30", "UTC", "2026-11-23T08:00"),
        ("2026-11-21T12:00", "UTC", "2026-11-23T08:00"),
        # The night in which clocks go forward in Berlin: eight o'clock comes an hour sooner.
        ("2026-03-29T23:00", "Europe/Berlin", "2026-03-30T06:00"),
        ("2026-10-25T23:00", "Europe/Berlin", "2026-10-26T07:00"),
    ],
)
def test_quiet_hours_are_the_readers(now, zone, opens):
    expected = at(opens) if opens else None

    assert NIGHT.opens_at(at(now), zone) == expected


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-03-28"),
        ("Europe/Berlin", "2026-10-24"),
        ("Australia/Lord_Howe", "2026-04-04"),
        ("Australia/Lord_Howe", "2026-10-03"),
        ("America/Sao_Paulo", "2018-11-03"),
        ("Pacific/Apia", "2011-12-29"),
    ],
)
@pytest.mark.parametrize("begin_until", [(3, 2), (2, 1), (20, 2), (1, 0), (20, 8)])
def test_what_opens_where_clocks_change_is_the_first_open_moment(zone, day, begin_until):
    hours = SendingHours(*begin_until, at_weekends=zone != "Pacific/Apia")
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    half_hours = [start + timedelta(minutes=30 * number) for number in range(240)]
    is_open = [hours.opens_at(moment, zone) is None for moment in half_hours]

    for number, moment in enumerate(half_hours[:96]):
        if not is_open[number]:
            assert hours.opens_at(moment, zone) == half_hours[is_open.index(True, number)]


@pytest.mark.parametrize("zone", ["", "Not/A_Zone", "../../etc/passwd", "/etc/localtime", "\x00", "Europe"])
def test_a_zone_nobody_knows_gives_way_to_the_next(zone):
    assert NIGHT.opens_at(at("2026-11-18T07:30"), zone, "Europe/Berlin") is None
    assert NIGHT.opens_at(at("2026-11-18T07:30"), zone) == at("2026-11-18T08:00")


def test_equal_bounds_are_never_quiet_and_weekends_may_be_open():
    always = SendingHours(0, 0, at_weekends=True)

    assert all(always.opens_at(at("2026-11-18T00:00") + timedelta(hours=hour), "UTC") is None for hour in range(168))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("begin", range(24))
@pytest.mark.parametrize("until", range(0, 24, 5))
def test_what_opens_is_open_and_the_first_hour_that_is(begin, until):
    hours = SendingHours(begin, until, at_weekends=True)
    start = at("2026-11-18T00:30")

    for step in range(24):
        now = start + timedelta(hours=step)
        opens = hours.opens_at(now, "America/New_York")
        if opens is not None:
            assert opens > now
            assert hours.opens_at(opens, "America/New_York") is None
            assert hours.opens_at(opens - timedelta(minutes=1), "America/New_York") == opens


def test_a_day_begins_at_midnight_of_the_zone():
    assert day_starts(at("2026-11-18T12:00"), "Asia/Tokyo") == at("2026-11-17T15:00")
    assert day_starts(at("2026-11-18T12:00"), "nowhere") == at("2026-11-18T00:00")


@pytest.mark.parametrize("now", ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"])
def test_a_day_in_which_clocks_go_back_to_midnight_begins_once(now: str) -> None:
    assert day_starts(at(now), "Atlantic/Azores") == at("2026-10-25T00:00")
