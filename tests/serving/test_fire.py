"""Under fire: many clients at once, a third of them gone before their answer ends. `make stress` runs it in full."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.models import Usage
from serving.runtime import engine_client
from serving.v1 import streams
from tests.serving import tiny
from tests.serving.conftest import SLUG, Folders, start_engine
from tests.serving.tiny import user
from tests.serving.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine, pytest.mark.slow, pytest.mark.stress]
COUNT = 500 if os.environ.get("STRESS") == "1" else 50
WARM_UP = 30
MIB = 1 << 20


async def storm(url: str, key: str, count: int) -> dict[str, int]:
    """So many streams, sixteen at a time; every third is cut after a few chunks. Outcomes by name."""
    found = {"whole": 0, "cut": 0, "refused": 0, "broken": 0}
    places = asyncio.Semaphore(16)
    headers = {"Authorization": f"Bearer {key}"}

    async def one(web: httpx.AsyncClient, number: int) -> None:
        body = {
            "model": SLUG, "messages": user(f"company: {number}"), "max_tokens": 40, "stream": True, "temperature": 1.5,
            "seed": number,
        }  # fmt: skip
        async with places, web.stream("POST", "/chat/completions", json=body) as answer:
            if answer.status_code == 429:
                found["refused"] += 1
                return
            assert answer.status_code == 200
            lines = 0
            async for line in answer.aiter_lines():
                lines += bool(line)
                if number % 3 == 0 and lines > number % 7:
                    found["cut"] += 1
                    return
                if line == "data: [DONE]":
                    found["whole"] += 1
                    return
            found["broken"] += 1

    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as web:
        await asyncio.gather(*(one(web, number) for number in range(count)))
    return found


def quiet() -> bool:
    state = engine_client.engine_state() or {}
    return state.get("running") == 0 and state.get("waiting") == 0


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def test_a_third_of_all_clients_hanging_up_leaves_nothing_behind(site, engine, promoted, lead, key_of):
    key = key_of(lead)
    # Once around first: what is made once (pools, caches) is no leak.
    asyncio.run(storm(site.url, key, WARM_UP))
    wait_until(quiet)
    before = resident_mib()

    found = asyncio.run(storm(site.url, key, COUNT))

    wait_until(quiet)
    assert found["broken"] == 0
    assert found["cut"] >= COUNT // 4
    assert found["whole"] + found["cut"] + found["refused"] == COUNT
    wait_until(lambda: not streams._counting)
    assert resident_mib() - before < 60
    wait_until(lambda: sum(row.requests for row in Usage.objects.all()) == COUNT + WARM_UP)
    assert sum(row.cancelled for row in Usage.objects.all()) >= COUNT // 8
    assert asyncio.run(storm(site.url, key, 2))["whole"] == 1


@pytest.fixture
def small_engine(folders: Folders, short_folder: Path, settings: Any) -> Iterator[None]:
    """An engine that answers one request at a time and lets two wait: however slow the site, a crowd fills it."""
    path = short_folder / "small.sock"
    entry = tiny.adapter_entry(SLUG, folders.one, folders.base)
    process = start_engine(short_folder / "small", path, [entry], max_batch=1, max_waiting=2)
    settings.SERVING_SOCKET = str(path)
    yield
    process.terminate()
    process.wait(60)


def test_more_than_fit_are_told_when_to_come_again_and_the_rest_is_answered(site, small_engine, promoted, lead, key_of):
    async def crowd() -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {key_of_lead}"}
        body = {"model": SLUG, "messages": user("company: Ostra"), "max_tokens": 60, "temperature": 1.5}
        async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=120) as web:
            return await asyncio.gather(*(web.post("/chat/completions", json=body) for _ in range(60)))

    key_of_lead = key_of(lead)

    answers = asyncio.run(crowd())

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert refused[0].json()["error"]["code"] == "queue_full"
    wait_until(quiet)
