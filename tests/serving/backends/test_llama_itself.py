"""The real `llama-server` behind the relay: our own engine's greedy texts, its grammars, and what its death leaves."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal

import pytest
import torch

from review.spec.schema import OutputField
from serving.backends.llama import backend
from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from tests import left_out
from tests.serving import tiny
from tests.serving.backends.conftest import at_work
from tests.serving.engine.conftest import answer
from tests.serving.engine.test_scheduler import one_by_one

pytestmark = [pytest.mark.engine, pytest.mark.llama, pytest.mark.slow]
TURNS = 60
PROMPTS = ["a", "company: Lattice", "x y z " * 20]
SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": ["a", "b"]},
        "count": {"type": "integer", "minimum": 0, "maximum": 9},
    },
    "required": ["label", "count"],
    "additionalProperties": False,
}


@pytest.fixture
def llama(zoo, short_path):
    """Run a coroutine function over a relay on the real server."""

    def run(work, entries=None):
        async def inside():
            async with at_work(short_path, left_out.llama_server(), entries or zoo.entries) as running:
                return await asyncio.wait_for(work(running), 120)

        # As the engine's own process has it; later tests of this process tune.
        with torch.set_grad_enabled(mode=False):
            return asyncio.run(inside())

    return run


@pytest.mark.parametrize("model", ["one", "two", "full"])
def test_greedy_texts_are_our_own_engine_s_whole_and_streamed(llama, zoo, model):
    async def work(running):
        asks = [(prompt, stream) for prompt in PROMPTS for stream in (True, False)]
        return [await running.ask(model, prompt, stream=stream, max_tokens=30) for prompt, stream in asks]

    texts = [text for text, _ in llama(work)]

    own = one_by_one(zoo, model, prompts=PROMPTS)
    assert texts == [text for text in own for _ in (True, False)]


def test_a_task_and_a_schema_are_held_in_our_layout(llama, zoo):
    labels = tiny.adapter_entry("labels", zoo.two, zoo.base).model_copy(update={"task": tiny.LABEL_TASK})
    by_schema = {"form": "json_schema", "answer_schema": SCHEMA, "max_tokens": 60}

    async def work(running):
        label, done = await running.ask("labels", "company: Northwind", form="task")
        return (
            label,
            done,
            await running.ask("labels", "x", **by_schema),
            await running.ask("labels", "x", stream=False, **by_schema),
        )

    label, done, (streamed, _), (whole, _) = llama(work, [labels])

    assert label in ("refund", "not a refund")
    assert done.finish == "stop"
    assert streamed == whole == json.dumps(json.loads(whole), indent=1)


def test_a_seed_draws_the_same_and_a_bias_is_heeded(llama):
    hot = {"temperature": 1.2, "top_p": 0.9, "stream": False}

    async def work(running):
        drawn = [(await running.ask("one", "x", seed=seed, **hot))[0] for seed in (1, 1, 2)]
        return drawn, await running.ask("one", "x", logit_bias={5: 100.0}, max_tokens=5)

    (first, again, other), (biased, _) = llama(work)

    assert first == again != other
    assert biased == "!" * 5


def test_a_killed_server_cuts_no_answer_short_and_comes_again(llama):
    async def work(running):
        await running.ask("one", "a")
        row = await running.relay.ask(
            GenerateRequest(model="one", messages=tiny.user("q"), max_tokens=490, seed=1, temperature=2)
        )
        await row.inbox.get()
        os.kill(running.server_of("one")["pid"], signal.SIGKILL)
        with pytest.raises(RequestRefused) as lost:
            await answer(row)
        return lost.value, await running.ask("one", "a")

    lost, (text, _) = llama(work)

    assert (lost.status, lost.code) == (503, "engine_lost")
    assert text


def test_many_who_hang_up_at_random_leave_every_other_answered(llama):
    dice = random.Random(7)

    async def client(running, number):
        for turn in range(TURNS):
            row = await running.relay.ask(
                GenerateRequest(
                    model="one",
                    messages=tiny.user(f"company: {number} {turn}"),
                    max_tokens=dice.choice((1, 8, 200)),
                    stream=dice.random() < 0.5,
                    caller=str(number % 3),
                    temperature=1.0,
                )
            )
            if dice.random() < 0.5:
                await asyncio.sleep(dice.choice((0, 0, 0.002, 0.02)))
                await running.relay.cancel(row)
            else:
                await asyncio.wait_for(answer(row), 60)

    async def work(running):
        await running.ask("one", "a")
        await asyncio.gather(*(client(running, number) for number in range(8)))
        await asyncio.sleep(0.1)
        state = running.relay.state()
        return state["running"], state["waiting"]

    assert llama(work) == (0, 0)


@pytest.mark.parametrize("stream", [True, False])
def test_a_place_is_free_soon_after_a_hang_up_while_others_are_answered(llama, zoo, monkeypatch, stream):
    monkeypatch.setattr(backend, "SMALL_PARAMETERS", 1)
    # Runs may repeat in items of a list: it writes one sign until its limit.
    items = tiny.TASK.model_copy(update={"output_schema": (OutputField(name="items", type="list"),)})
    entry = tiny.adapter_entry("one", zoo.one, zoo.base).model_copy(update={"task": items})
    long = {"model": "one", "messages": tiny.user("x"), "max_tokens": 480, "logit_bias": {5: 100.0}}

    async def work(running):
        await running.ask("one", "a")
        (served,) = running.backend._served.values()
        others = [await running.relay.ask(GenerateRequest.model_validate(long)) for _ in range(2)]
        row = await running.relay.ask(GenerateRequest.model_validate(long | {"stream": stream}))
        for other in others:
            await other.inbox.get()
        await running.relay.cancel(row)
        await asyncio.sleep(0.02)
        counts = []
        while len(running.relay._running) == 2:
            counts.append(await served.watch._at_work())
        return counts

    counts = llama(work, [entry])

    assert counts[len(counts) // 2] == 2, counts
