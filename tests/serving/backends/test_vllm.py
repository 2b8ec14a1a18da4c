"""The backend `vllm` against a stand-in of its wire that is started as vLLM is."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import aclosing
from pathlib import Path

import pytest

from serving.backends.contracts import NotServableError
from serving.backends.vllm import options
from serving.backends.vllm.backend import VllmBackend
from serving.engine.contracts import ModelEntry
from serving.engine.errors import RequestRefused
from tests.serving import tiny
from tests.serving.backends.served_by_vllm import adapters_of, asked, entry, other, python, serve, written

__all__ = ["adapters_of", "asked", "entry", "other", "python", "serve", "written"]
pytestmark = pytest.mark.engine


def test_two_adapters_of_one_base_share_a_server_and_each_writes_its_own_text(serve, entry, other):
    async def work(backend):
        first = await written(backend, entry)
        second = await written(backend, other)
        again = await written(backend, entry)
        return first, second, again, backend.state()

    first, second, again, state = serve(work)

    assert first[0] == again[0] != second[0]
    assert (first[1].finish, len(first[0])) == ("length", 12)
    assert all(piece.log_probs[0].log_prob < 0 for piece in first[2])
    assert [(each["version"], each["adapters"], each["is_up"]) for each in state["servers"]] == [("0.32.0", 2, True)]


def test_an_adapter_that_is_served_no_longer_is_taken_away_once_it_has_written(serve, entry, other):
    async def work(backend):
        await backend.know([entry, other])
        await backend.prepare(other)
        async with aclosing(backend.ask(await asked(backend, entry))) as answer:
            await anext(answer)
            await backend.know([other])
            while_it_writes = await adapters_of(backend)
        return while_it_writes, await adapters_of(backend)

    while_it_writes, afterwards = serve(work)

    assert while_it_writes == ["one", "two"]
    assert afterwards == ["two"]


def test_a_server_goes_with_the_last_miniature_on_it(serve, entry):
    async def work(backend):
        await backend.know([entry])
        await backend.prepare(entry)
        (slot,) = backend._servers.slots.values()
        await backend.know([])
        return slot.server.is_running, backend.state()["servers"], slot.server.socket.exists()

    assert serve(work) == (False, [], False)


def test_whoever_hangs_up_frees_the_place(serve, entry, monkeypatch):
    monkeypatch.setenv("STAND_IN_PAUSE_S", "0.02")

    async def work(backend):
        async with aclosing(backend.ask(await asked(backend, entry, limit=300))) as answer:
            await anext(answer)
            (slot,) = backend._servers.slots.values()
            under_way = (await slot.server.client.get("/load")).json()["server_load"]
        for _ in range(100):
            if not (left := (await slot.server.client.get("/load")).json()["server_load"]):
                break
            await asyncio.sleep(0.05)
        return under_way, left

    assert serve(work) == (1, 0)


def test_a_grammar_goes_as_it_is_and_holds_the_answer(serve, entry):
    grammar = 'start: "{" "\\n \\"a\\": " /[0-9]{1,3}/ "\\n}"\n'

    async def work(backend):
        tokens, ending, _ = await written(backend, entry, grammar=grammar, limit=40)
        return (await backend.prepare(entry)).chat.decode(tokens, skip_special_tokens=True), ending

    text, ending = serve(work)

    assert ending.finish == "stop"
    assert text.startswith('{\n "a": ')
    assert 0 <= json.loads(text)["a"] <= 999


def test_a_draw_follows_its_seed_and_a_bias_and_the_likeliest_are_told(serve, entry):
    async def work(backend):
        drawn = [(await written(backend, entry, seed=seed, temperature=1.0))[0] for seed in (1, 1, 2)]
        biased = await written(backend, entry, logit_bias={9: 100}, limit=2)
        told = await written(backend, entry, logprobs=True, top_logprobs=3, limit=1)
        return drawn, biased[0], told[2][0]

    drawn, biased, told = serve(work)

    assert drawn[0] == drawn[1] != drawn[2]
    assert biased == [9, 9]
    likeliest = told.log_probs[0].likeliest
    assert len(likeliest) == 3
    assert likeliest[0] == (told.tokens[0], told.log_probs[0].log_prob)
    assert [each[1] for each in likeliest] == sorted((each[1] for each in likeliest), reverse=True)


def test_a_refusal_within_the_stream_is_the_asker_s_fault_and_no_loss(serve, entry):
    async def work(backend):
        with pytest.raises(RequestRefused) as refused:
            await written(backend, entry, logit_bias={9999: 1})
        return refused.value

    refused = serve(work)

    assert (refused.status, refused.code) == (400, "invalid_request")
    assert "out-of-vocab" in refused.message


@pytest.mark.slow
def test_another_base_has_no_place_beside_the_servers_that_may_run(serve, entry, folders, tmp_path):
    shutil.copytree(folders.base, tmp_path / "other-base")
    stranger = tiny.adapter_entry("three", folders.one, tmp_path / "other-base")

    async def work(backend):
        await backend.prepare(entry)
        with pytest.raises(RequestRefused) as refused:
            await backend.prepare(stranger)
        return refused.value

    refused = serve(work)

    assert (refused.status, refused.code) == (503, "no_room")
    assert "SERVING_VLLM_SERVERS" in refused.message
    assert serve(lambda backend: two_bases(backend, entry, stranger), stranger, servers=2) == 2


async def two_bases(backend: VllmBackend, *entries: ModelEntry) -> int:
    for each in entries:
        await backend.prepare(each)
    return len(backend.state()["servers"])


def test_a_fully_tuned_miniature_has_a_server_of_its_own_without_adapters(serve, folders):
    whole = tiny.full_entry("whole", folders.base)

    async def work(backend):
        tokens, ending, _ = await written(backend, whole)
        (slot,) = backend._servers.slots.values()
        return tokens, ending.finish, slot.server.takes_adapters

    tokens, finish, takes_adapters = serve(work, whole)

    assert (len(tokens), finish, takes_adapters) == (12, "length", False)


def test_an_adapter_of_too_high_a_rank_is_left_to_our_own_engine(serve, folders, tmp_path):
    wide = tiny.make_adapter(tmp_path / "wide", seed=3, rank=16)

    async def work(backend):
        with pytest.raises(NotServableError) as reason:
            await backend.prepare(tiny.adapter_entry("wide", wide, folders.base))
        return str(reason.value)

    assert serve(work) == "Its rank is 16; the vLLM servers here take ranks up to 8 (SERVING_VLLM_RANK)."


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "biases"),
        ({"modules_to_save": ["lm_head"]}, "whole layers"),
        ({"trainable_token_indices": [1]}, "embeddings"),
        ({"init_lora_weights": "pissa"}, "pissa"),
        ({"init_lora_weights": "gaussian"}, ""),
        ({"rank_pattern": {"q_proj": 64}}, "rank is 64"),
        ({"use_rslora": True}, ""),
    ],
)
def test_what_vllm_does_not_know_of_an_adapter_is_told(change, reason):
    problem = options.why_not({"r": 4, "lora_alpha": 8, **change}, rank=16)

    assert reason in problem
    assert bool(problem) == bool(reason)


def test_the_key_stands_in_no_command_and_the_folder_of_the_socket_is_private(serve, entry, short_folder):
    async def work(backend):
        await backend.prepare(entry)
        (slot,) = backend._servers.slots.values()
        command = Path(f"/proc/{slot.server._process.pid}/cmdline").read_text()
        return slot.server._key in command, slot.server.socket.parent.stat().st_mode & 0o777

    assert serve(work) == (False, 0o700)
