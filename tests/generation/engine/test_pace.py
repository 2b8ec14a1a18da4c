from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import mean

import pytest

from generation.engine.calls.pace import CallGate, backoff_s
from generation.engine.clients.errors import retry_after_s

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 20 Nov 99999999999 12:00:30 GMT"}, None),
        # A clock here that is a year off changes nothing.
        ({"retry-after": "Thu, 20 Nov 2025 12:00:09 GMT", "date": "Thu, 20 Nov 2025 12:00:00 GMT"}, 9.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT", "date": "yesterday"}, 30.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == expected


def test_backoff_doubles_up_to_its_cap_with_half_of_it_by_chance() -> None:
    chance = random.Random(1)
    spans = [[backoff_s(n, base_s=1, cap_s=10, chance=chance) for _ in range(200)] for n in range(1, 7)]

    for n, waits in enumerate(spans):
        whole = min(10, 2**n)
        assert whole / 2 <= min(waits) < whole * 0.55
        assert whole * 0.95 < max(waits) <= whole


def test_no_more_than_the_limit_are_let_in_and_those_who_wait_follow() -> None:
    async def run() -> tuple[int, int]:
        pace, most, done = CallGate(4), 0, 0

        async def call() -> None:
            nonlocal most, done
            await pace.enter()
            most = max(most, pace.in_flight)
            await asyncio.sleep(0.005)
            pace.leave(succeeded=True)
            done += 1

        await asyncio.gather(*(call() for _ in range(20)))
        return most, done

    assert asyncio.run(run()) == (4, 20)


def test_refusals_of_one_round_trip_halve_once_and_successes_win_it_back() -> None:
    async def run() -> list[float]:
        pace, limits = CallGate(16), []
        entered = [await pace.enter() for _ in range(16)]
        for at in entered:
            pace.refused(at, wait_s=None)
        limits.append(pace.limit)
        for _ in range(400):
            await pace.enter()
            pace.leave(succeeded=True)
        return [*limits, pace.limit]

    assert asyncio.run(run()) == [8.0, 16.0]


def limits_of(
    pace: CallGate, *, rounds: int, is_refused: Callable[[int], bool], wait_s: float | None = None
) -> list[float]:
    """The limit after each round trip of a busy order, of which `is_refused` refuses by how many are in flight."""

    async def run() -> list[float]:
        limits = []
        for _ in range(rounds):
            entered = [await pace.enter()]
            while pace.has_room:
                entered.append(await pace.enter())
            for at in entered:
                if is_refused(pace.in_flight):
                    pace.refused(at, wait_s=wait_s)
                else:
                    pace.leave(succeeded=True)
            limits.append(pace.limit)
        return limits

    return asyncio.run(run())


def test_a_few_refusals_by_chance_leave_most_calls_in_flight() -> None:
    chance = random.Random(7)
    pace = CallGate(64)

    limits = limits_of(pace, rounds=300, is_refused=lambda _: chance.random() < 0.04)

    assert mean(limits[100:]) > 32
    assert min(limits) > 16


def test_a_few_refusals_with_a_wait_hold_nobody_else_back() -> None:
    chance = random.Random(7)
    began = time.monotonic()

    limits_of(CallGate(64), rounds=60, is_refused=lambda _: chance.random() < 0.04, wait_s=0.3)

    # Of 46 s and more, if each of some 150 refusals held all back.
    assert time.monotonic() - began < 20


def test_a_provider_that_admits_ten_is_asked_for_about_ten() -> None:
    limits = limits_of(CallGate(64), rounds=200, is_refused=lambda in_flight: in_flight > 10)

    assert limits[6] <= 16
    assert 7 < mean(limits[50:]) < 14
    assert max(limits[50:]) < 20


def test_a_requested_wait_holds_everyone_back() -> None:
    async def run() -> float:
        pace = CallGate(4)
        pace.refused(await pace.enter(), wait_s=0.2)
        began = time.monotonic()
        await pace.enter()
        return time.monotonic() - began

    assert asyncio.run(run()) >= 0.19


def test_the_limit_never_falls_below_one() -> None:
    async def run() -> int:
        pace = CallGate(2)
        for _ in range(10):
            pace.refused(await pace.enter(), wait_s=None)
        await pace.enter()
        return pace.in_flight

    assert asyncio.run(run()) == 1
