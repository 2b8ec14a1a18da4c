"""Memory is bounded: rows are admitted by what they may come to, and where it runs out all the same the youngest go."""

from __future__ import annotations

import asyncio

import pytest
import torch

from serving.engine import memory
from serving.engine.contracts import GenerateRequest
from serving.engine.cpu_states import CpuStates
from serving.engine.errors import RequestRefused
from serving.engine.kv_cache import SPARE_TOKENS, growing_cache
from tests.serving import tiny
from tests.serving.engine.conftest import answer, ask
from tests.serving.engine.test_scheduler import PROMPTS, one_by_one
from training.engine.contracts import StudentRef
from training.engine.model import loading

pytestmark = pytest.mark.engine


def load(folder):
    return loading.load(StudentRef(path=str(folder)), dtype=torch.float32).model


@pytest.mark.parametrize("family", ["qwen", "llama", "gemma"])
def test_bytes_of_a_token_are_what_the_cache_takes(tmp_path, family):
    model, cache = load(tiny.make_base(tmp_path, family)), growing_cache()

    with torch.inference_mode():
        model(torch.ones(2, 5, dtype=torch.long), past_key_values=cache, use_cache=True)

    taken = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    assert memory.kv_bytes_per_token(model) * 2 * 5 == taken


def test_bytes_of_weights_are_told_from_headers_in_the_format_they_will_have(zoo):
    real = sum(parameter.numel() for parameter in load(zoo.full).parameters()) * 4

    assert memory.weights_bytes(zoo.full, torch.float32) == real
    assert memory.weights_bytes(zoo.full, torch.bfloat16) * 2 == real


def test_limits_are_shares_of_this_host_s_memory_unless_they_are_set():
    found = memory.limits(torch.device("cpu"))

    assert found.weights > found.kv > 0
    assert memory.limits(torch.device("cpu"), weights=5, kv=7) == memory.MemoryLimits(5, 7)


@pytest.mark.slow
def test_rows_wait_until_there_is_memory_for_them_and_write_the_same(zoo, serve):
    per_token = memory.kv_bytes_per_token(load(zoo.base))
    longest = 30 + 200

    async def work(scheduler):
        most, under_way = 0, [asyncio.ensure_future(ask(scheduler, "one", prompt)) for prompt in PROMPTS * 2]
        while not all(each.done() for each in under_way):
            most = max(most, scheduler.running)
            assert scheduler.kv_bytes <= scheduler.max_kv_bytes
            await asyncio.sleep(0)
        return most, await asyncio.gather(*under_way)

    most, answers = serve(work, max_waiting=20, max_kv_bytes=2 * per_token * (longest + SPARE_TOKENS))

    assert 1 <= most < 8
    assert [text for text, _ in answers] == one_by_one(zoo, "one") * 2


def test_what_will_never_fit_is_refused_with_both_figures_and_a_length_that_would(zoo, serve):
    per_token = memory.kv_bytes_per_token(load(zoo.base))

    async def work(scheduler):
        with pytest.raises(RequestRefused) as refused:
            await ask(scheduler, "one", "a", max_tokens=300)
        return refused.value, await ask(scheduler, "one", "a", max_tokens=None, temperature=1.9, seed=1), scheduler

    refusal, (_, done), scheduler = serve(work, max_kv_bytes=per_token * (100 + SPARE_TOKENS))

    assert (refusal.status, refusal.code, refusal.retry_after_s) == (400, "memory_exceeded", None)
    assert "SERVING_MAX_KV_GIB" in refusal.message
    assert f"at most {100 - done.prompt_tokens} tokens" in refusal.message
    assert done.prompt_tokens + done.completion_tokens <= 100
    assert not scheduler._holds


def before_last_layer(network, check):
    """Have the rows of each pass checked in the network's last layer: earlier ones hold the token by then."""
    if isinstance(network.batch._states, CpuStates):
        linear = network.batch._states._decoder._layers[-1].wide
        real = linear._product
        linear._product = lambda x: (check(len(x)), real(x))[1]
        return
    layer = network.student.model.model.layers[-1]
    layer.mlp.register_forward_pre_hook(lambda module, args: check(args[0].shape[0]))


@pytest.mark.slow
@pytest.mark.parametrize("model", ["full", "gemma"])
def test_where_memory_runs_out_in_a_step_the_youngest_go_and_the_others_write_on(zoo, serve, model):
    room = [8]

    def no_room_for(rows):
        if rows > room[0]:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    async def work(scheduler):
        await ask(scheduler, model, "a", max_tokens=1)
        [network] = scheduler.shelf.networks
        before_last_layer(network, no_room_for)
        rows = [
            await scheduler.ask(GenerateRequest(model=model, messages=tiny.user(prompt), max_tokens=30))
            for prompt in PROMPTS
        ]
        await rows[-1].inbox.get()
        room[0] = 2
        ended = await asyncio.gather(*(answer(row) for row in rows), return_exceptions=True)
        return ended, scheduler, await ask(scheduler, model, "a")

    ended, scheduler, (text, _) = serve(work)

    expected = one_by_one(zoo, model)
    assert [each[0] for each in ended[:2]] == expected[:2]
    assert {(each.status, each.code) for each in ended[2:]} == {(503, "out_of_memory")}
    assert scheduler.tallies[model].errors == len(PROMPTS) - 2
    assert text == expected[0]
    assert not scheduler._holds


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("broken_at", range(1, 6))
def test_a_newcomer_for_whom_there_is_no_memory_goes_alone(zoo, serve, monkeypatch, broken_at):
    real, calls = torch.cat, []

    def cat(tensors, *args, **options):
        # Once, when a newcomer's keys and values are laid beside those of two rows.
        if len(tensors[0].shape) == 4 and tensors[0].shape[0] == 2 and len(tensors) == 2 and tensors[1].shape[0] == 1:
            calls.append(1)
            if len(calls) == broken_at:
                raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(tensors, *args, **options)

    async def work(scheduler):
        older = [
            await scheduler.ask(GenerateRequest(model="gemma", messages=tiny.user(prompt), max_tokens=30))
            for prompt in PROMPTS[:2]
        ]
        begun = await older[0].inbox.get()
        monkeypatch.setattr(torch, "cat", cat)
        newcomer = await scheduler.ask(
            GenerateRequest(model="gemma", messages=tiny.user(PROMPTS[2] * 30), max_tokens=30)
        )
        return begun, await asyncio.gather(*(answer(row) for row in [*older, newcomer]), return_exceptions=True)

    begun, (first, second, newcomer) = serve(work)

    assert [begun + first[0], second[0]] == one_by_one(zoo, "gemma", prompts=PROMPTS[:2])
    assert (len(calls) < broken_at) == isinstance(newcomer, tuple)
    if len(calls) >= broken_at:
        assert newcomer.code == "out_of_memory"


def test_a_model_beyond_the_limit_is_told_so_and_not_to_try_again(serve):
    async def work(scheduler):
        with pytest.raises(RequestRefused) as refused:
            await ask(scheduler, "full", "a")
        return refused.value

    refusal = serve(work, max_weights_bytes=1000)

    assert (refusal.status, refusal.code, refusal.retry_after_s) == (400, "model_too_large", None)
    assert "SERVING_MAX_WEIGHTS_GIB" in refusal.message
    assert "try again" not in refusal.message.lower()
