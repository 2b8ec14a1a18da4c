"""Clients that leave before they were given anything: each question is counted once, by whichever way it was asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connections

from serving.models import Usage
from serving.runtime import engine_client, pool
from serving.v1 import choices, streams
from serving.v1.usage import UsageEntry
from tests.serving.peers import EnginePeer
from tests.serving.tiny import user
from tests.serving.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ASK = {"model": "m"}
Asking = Callable[[UsageEntry], Awaitable[object]]
WAYS: dict[str, Asking] = {
    "whole": lambda entry: streams.whole_answer(ASK, entry),
    "stream": lambda entry: streams.open_stream(ASK, entry),
    "several": lambda entry: choices.open_choices([ASK, ASK], entry),
}


@pytest.fixture
def folder(short_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = short_folder / f"{time.monotonic_ns()}"
    folder.mkdir()
    settings.SERVING_SOCKET = str(folder / "own.sock")
    monkeypatch.setattr(engine_client, "POOL", pool.Pool())
    return folder


@pytest.fixture
def entry(miniature):
    return UsageEntry(miniature.pk, None, "eve", "answered")


def counted():
    return list(Usage.objects.values_list("requests", "cancelled", "errors", "completion_tokens"))


def until_counted():
    wait_until(lambda: Usage.objects.filter(requests=1).exists())
    connections.close_all()


def event_stream(opened, entry):
    return streams.EventStream(
        opened, entry, opening=b"first", text=str.encode, end=lambda _: b"last", failure=lambda _: b"lost"
    )


@pytest.mark.parametrize("way", WAYS)
def test_who_leaves_before_the_first_piece_is_counted_as_cancelled(folder, entry, way):
    async def leave():
        async with EnginePeer(folder, "one", models={"m": True}, does="hold") as engine:
            asking = asyncio.ensure_future(WAYS[way](entry))
            while not engine.asked:
                await asyncio.sleep(0.01)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await asyncio.gather(*streams._counting)

    asyncio.run(leave())

    assert counted() == [(1, 1, 0, 0)]


@pytest.mark.parametrize(("reads", "cancelled", "tokens"), [("nothing", 1, 0), ("the first", 1, 0), ("all", 0, 3)])
def test_an_answer_is_counted_once_however_much_of_it_is_read(folder, entry, reads, cancelled, tokens):
    async def read():
        async with EnginePeer(folder, "one", models={"m": True}):
            stream = event_stream(await streams.open_stream(ASK, entry), entry)
            events = aiter(stream)
            if reads == "the first":
                await anext(events)
            elif reads == "all":
                assert [event async for event in events][-1] == b"last"
            # As Django does: from a thread, and what is left of the events goes whenever it goes.
            await asyncio.to_thread(stream.close)
            await asyncio.to_thread(stream.close)
            await events.aclose()
            await asyncio.sleep(0)
            await asyncio.gather(*streams._counting)

    asyncio.run(read())

    assert counted() == [(1, cancelled, 0, tokens)]


@pytest.mark.parametrize("stream", [True, False])
def test_a_program_that_hangs_up_before_the_first_word_is_counted(site, folder, promoted, lead, key_of, stream):
    async def hang_up():
        headers = {"Authorization": f"Bearer {key}"}
        body = {"model": promoted.slug, "messages": user("a"), "stream": stream}
        async with EnginePeer(folder, "one", models={promoted.slug: True}, does="hold") as engine:
            async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=60) as web:
                asking = asyncio.ensure_future(web.post("/chat/completions", json=body))
                while not engine.asked:
                    await asyncio.sleep(0.01)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            await asyncio.to_thread(until_counted)

    key = key_of(lead)
    asyncio.run(hang_up())

    assert counted() == [(1, 1, 0, 0)]
