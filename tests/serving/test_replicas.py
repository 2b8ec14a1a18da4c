"""Questions among several replicas: who is asked, and what a question meets where one of them dies,
is full or is drained.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, connections
from django.utils import timezone

from jobs.models import Job
from serving.models import Replica
from serving.runtime import engine_client, pool, replicas, scaling
from serving.runtime.engine_client import EngineRefusal
from tests.serving.peers import EnginePeer

pytestmark = pytest.mark.django_db(transaction=True)
ASK = {"model": "m", "stream": False}


@pytest.fixture
def folder(short_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for sockets; no engine listens at this host's own."""
    folder = short_folder / f"{time.monotonic_ns()}"
    folder.mkdir()
    settings.SERVING_SOCKET, settings.SERVING_PATIENCE_S = str(folder / "own.sock"), 20
    monkeypatch.setattr(engine_client, "POOL", pool.Pool())
    return folder


def among(folder: Path, work: Callable[..., Awaitable[Any]], **peers: dict[str, Any]) -> Any:
    """Run `work` with the peers, in the order of their names."""

    async def run() -> Any:
        async with AsyncExitStack() as stack:
            entered = [
                await stack.enter_async_context(EnginePeer(folder, name, **{"models": {"m": True}, **values}))
                for name, values in peers.items()
            ]
            return await work(*entered)

    return asyncio.run(run())


async def answered_by(**ask: Any) -> str:
    answer = await engine_client.whole_answer({**ASK, **ask})
    return str(answer["done"]["by"])


def test_the_replica_that_holds_the_model_is_asked(folder):
    async def work(one, two):
        return [await answered_by(model=name) for name in ("a", "b", "a")]

    assert among(folder, work, one={"models": {"a": True}}, two={"models": {"b": True}}) == ["one", "two", "one"]


def test_one_that_has_it_in_memory_goes_before_one_that_would_load_it(folder):
    async def work(one, two):
        return {await answered_by() for _ in range(4)}

    assert among(folder, work, one={"models": {"m": False}}, two={}) == {"two"}


def test_the_one_with_the_fewest_questions_is_asked(folder):
    async def work(one, two):
        under_way = [asyncio.ensure_future(answered_by()) for _ in range(6)]
        while one.asked + two.asked < 6:
            await asyncio.sleep(0.01)
        asked = (one.asked, two.asked)
        one.released.set(), two.released.set()
        return asked, await asyncio.gather(*under_way)

    asked, names = among(folder, work, one={"does": "hold"}, two={"does": "hold"})

    assert asked == (3, 3)
    assert sorted(names) == ["one"] * 3 + ["two"] * 3


def test_questions_of_other_processes_count_too(folder):
    async def work(one, two):
        one.elsewhere = 5
        return [await answered_by() for _ in range(3)]

    assert among(folder, work, one={}, two={}) == ["two"] * 3


def test_a_question_that_one_loses_before_its_first_word_is_asked_of_another(folder):
    async def work(one, two):
        await engine_client.POOL.choose("m")
        two.elsewhere = 9
        return await answered_by(), one.asked

    assert among(folder, work, one={"does": "lose"}, two={"models": {"m": False}}) == ("two", 1)


def test_a_stream_that_is_cut_off_is_told_as_lost_and_not_as_whole(folder):
    async def work(one, two):
        stream = await engine_client.open_answer({"model": "m", "stream": True})
        words = []

        async def read():
            async for news in stream.pieces():
                words.append(news["text"])

        with pytest.raises(EngineRefusal) as refused:
            await read()
        return words, refused.value.code

    words, code = among(folder, work, one={"does": "cut"}, two={"does": "cut"})

    assert code == "engine_lost"
    assert words == ["one ", "two ", "three"]


def test_a_full_replica_sends_to_one_that_has_room(folder):
    async def work(one, two):
        return await answered_by(), one.asked

    assert among(folder, work, one={"does": "refuse"}, two={"models": {"m": False}}) == ("two", 1)


def test_a_replica_that_a_promotion_has_not_reached_sends_to_one_that_knows_the_model(folder):
    async def work(one, two):
        return {await answered_by() for _ in range(8)}

    assert among(folder, work, one={"does": "know_none"}, two={}) == {"two"}


def test_where_all_are_full_the_last_says_so(folder):
    async def work(one, two):
        with pytest.raises(EngineRefusal) as refused:
            await answered_by()
        return refused.value.status, refused.value.retry_after_s, one.asked + two.asked

    assert among(folder, work, one={"does": "refuse"}, two={"does": "refuse"}) == (429, 1, 2)


def test_a_draining_replica_gets_no_new_question(folder):
    async def work(one, two):
        await asyncio.to_thread(Replica.objects.filter(pk=one.replica.pk).update, draining_since=timezone.now())
        return [await answered_by() for _ in range(4)]

    assert among(folder, work, one={}, two={"models": {"m": False}}) == ["two"] * 4


def drained(peer: EnginePeer, age: timedelta) -> Replica:
    """The peer's replica, drained a little longer ago; in a thread."""
    Replica.objects.filter(pk=peer.replica.pk).update(draining_since=timezone.now() - age - timedelta(seconds=1))
    return Replica.objects.get(pk=peer.replica.pk)


def test_a_drained_replica_that_is_asked_back_while_its_engine_is_looked_at_goes_on(folder):
    def ask_back():
        Replica.objects.update(draining_since=None)
        connections.close_all()

    async def work(one):
        row = await asyncio.to_thread(drained, one, scaling.SETTLED_AFTER)
        one.meanwhile = ask_back
        return await asyncio.to_thread(scaling.end_when_empty, row.pk)

    assert among(folder, work, one={}) is None
    assert Job.objects.get().state == "running"


@pytest.mark.slow
def test_a_drained_replica_whose_engine_does_not_answer_is_given_minutes(folder):
    async def work(one):
        left = []
        for age in (scaling.SETTLED_AFTER, scaling.SILENT_FOR):
            row = await asyncio.to_thread(drained, one, age)
            left.append(await asyncio.to_thread(scaling.end_when_empty, row.pk))
            left.append((await asyncio.to_thread(Job.objects.get)).state)
        return left

    assert among(folder, work, one={"does": "silent"}) == [1, "running", None, "cancelling"]


def test_a_question_given_up_between_two_replicas_is_counted_to_neither(folder, monkeypatch):
    monkeypatch.setattr(pool, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(pool, "STALE_S", 0.0)

    async def work(one, two):
        asking = asyncio.ensure_future(answered_by())
        while not one.asked + two.asked:
            await asyncio.sleep(0.01)
        # The next choice waits for a look.
        await asyncio.sleep(0.1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        return asking.cancelled(), dict(engine_client.POOL._asked)

    slow = {"does": "refuse", "meanwhile": lambda: time.sleep(0.4)}
    assert among(folder, work, one=slow, two=slow) == (True, {})


def test_the_last_view_holds_while_the_database_is_away(folder, monkeypatch):
    def away():
        raise InterfaceError("connection already closed")

    async def work(one):
        before = await answered_by()
        monkeypatch.setattr(replicas, "serving", away)
        await asyncio.to_thread(engine_client.POOL.look)
        return before, await answered_by()

    assert among(folder, work, one={}) == ("one", "one")


def test_one_that_stopped_answering_is_asked_again_once_it_is_back(folder):
    async def work(one, two):
        two._server.close()
        two.path.unlink(missing_ok=True)
        names = {await answered_by() for _ in range(4)}
        two._server = await asyncio.start_unix_server(two._serve, str(two.path))
        await asyncio.to_thread(engine_client.POOL.look)
        return names, {await answered_by() for _ in range(30)}

    names, later = among(folder, work, one={}, two={})

    assert (names, later) == ({"one"}, {"one", "two"})
