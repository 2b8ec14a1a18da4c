from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime

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
