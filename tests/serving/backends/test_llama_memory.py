"""Memory of llama.cpp's servers: their keys and values together stay within the limit, and who left is not loaded."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import pytest

from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from tests.serving import tiny
from tests.serving.engine.conftest import answer
from training.engine.contracts import StudentRef
from training.engine.export import families
from training.engine.model.unloaded import open_student

pytestmark = pytest.mark.engine
NAMES = ("one", "two", "full")


def kv_bytes(running):
    """What the servers that run were told to take for keys and values."""
    told = 0
    for served in running.backend._served.values():
        arguments = served.server._arguments
        told += int(arguments[arguments.index("--ctx-size") + 1]) * served.model.facts.kv_bytes_per_token
    return told


async def settled(running, entries):
    await running.relay.know(entries)
    await running.relay._warming


@pytest.fixture(scope="module")
def limit(zoo):
    """Room for 2,048 tokens of a student that answers four at once."""
    return 2048 * families.kv_bytes_per_token(open_student(StudentRef(path=str(zoo.base))).config)


def test_pools_of_keys_and_values_stay_within_the_limit_as_miniatures_come(relay, zoo, limit):
    async def work(running):
        held = []
        for count in (1, 2, 3):
            known = [entry for entry in zoo.entries if entry.name in NAMES[:count]]
            await settled(running, known)
            for entry in [*known, *known]:
                await running.ask(entry.name, "SAY a|")
                held.append(kv_bytes(running))
        return held, sorted(running.backend._served)

    held, served = relay(work, entries=zoo.entries[:1], max_kv_bytes=limit)

    assert held
    assert max(held) <= limit
    assert len(served) == len(NAMES)


def test_a_server_with_an_answer_under_way_keeps_its_pool_and_the_next_is_told_when_to_come(relay, zoo, limit):
    async def work(running):
        long = GenerateRequest(model="one", messages=tiny.user(f"SLOWLY SAY {'word ' * 12}|"), max_tokens=200)
        busy = await running.relay.ask(long)
        await busy.inbox.get()
        await running.relay.know(zoo.entries[:2])
        with pytest.raises(RequestRefused) as refused:
            await running.ask("two", "SAY a|")
        written = await answer(busy)
        return refused.value, written, await running.ask("two", "SAY a|")

    refusal, written, (after, _) = relay(work, entries=zoo.entries[:1], max_kv_bytes=limit)

    assert (refusal.status, refusal.code, refusal.retry_after_s) == (503, "no_room", 5)
    assert "SERVING_MAX_KV_GIB" in refusal.message
    assert written[1].finish == "stop"
    assert after == "a"


def test_a_server_that_is_asked_while_another_is_put_away_for_a_third_writes_on(relay, zoo):
    async def work(running):
        await running.ask("one", "SAY a|")
        await running.ask("two", "SAY a|")
        (least_used, *_), pid = running.backend._served, running.server_of("one")["pid"]
        bytes_of_one = running.backend._served[least_used].model.bytes
        running.backend._bounds = replace(running.backend._bounds, weights=int(bytes_of_one * 1.5))
        # It ends as soon as it goes on.
        os.kill(pid, signal.SIGSTOP)
        await running.relay.know(zoo.entries)
        while least_used in running.backend._served:
            await asyncio.sleep(0.01)
        long = GenerateRequest(model="two", messages=tiny.user(f"SLOWLY SAY {'word ' * 12}|"), max_tokens=200)
        busy = await running.relay.ask(long)
        await busy.inbox.get()
        os.kill(pid, signal.SIGCONT)
        return await answer(busy)

    _, done = relay(work, entries=zoo.entries[:2])

    assert done.finish == "stop"


def test_who_was_put_away_for_another_s_room_is_not_called_loaded(relay, zoo):
    def loaded(running):
        return {model["name"]: model["loaded"] for model in running.relay.state()["models"]}

    async def work(running):
        await running.ask("one", "SAY a|")
        (only,) = running.backend._served.values()
        running.backend._bounds = replace(running.backend._bounds, weights=int(only.model.bytes * 1.5))
        alone = loaded(running)
        await settled(running, zoo.entries[:2])
        await running.ask("two", "SAY a|")
        crowded = loaded(running)
        await running.ask("one", "SAY a|")
        return alone, crowded, loaded(running)

    alone, crowded, again = relay(work, entries=zoo.entries[:1])

    assert alone == {"one": True}
    assert crowded == {"one": False, "two": True}
    assert again == {"one": True, "two": False}
