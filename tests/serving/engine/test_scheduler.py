"""Batches that rows join and leave: the same words as one by one, places that come free, a queue with an end."""

from __future__ import annotations

import asyncio

import pytest
import torch

from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from tests.serving import tiny
from tests.serving.engine.conftest import answer, ask
from training.engine.contracts import StudentRef
from training.engine.model import generate, loading
from training.engine.model.generate import Sampling
from training.engine.model.no_repeat_ngram import NO_REPEAT_NGRAM

pytestmark = pytest.mark.engine

PROSE = Sampling(no_repeat_ngram=NO_REPEAT_NGRAM)
PROMPTS = ["a", "a much longer prompt " * 8, "medium prompt", "b c", "company: Lattice", "x y z " * 20]


def one_by_one(zoo, model, sampling=PROSE, prompts=PROMPTS):
    folder = {"one": zoo.one, "two": zoo.two}.get(model)
    whole = {"full": zoo.full, "gemma": zoo.gemma}.get(model)
    student = loading.load(StudentRef(path=str(whole or zoo.base)), dtype=torch.float32)
    if folder:
        student = loading.load_tuned(student, folder, merge=False)
    texts = []
    for prompt in prompts:
        found = generate.generate(
            student.model, student.chat, [tiny.user(prompt)], max_new_tokens=30, sampling=sampling
        )
        texts.append(next(iter(found)).text)
    return texts


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("model", ["one", "two", "full"])
def test_rows_that_join_and_leave_write_what_each_would_write_alone(zoo, serve, model):
    async def work(scheduler):
        async def later(number, prompt):
            await asyncio.sleep(0.02 * number)
            return await ask(scheduler, model, prompt)

        return await asyncio.gather(*(later(*each) for each in enumerate(PROMPTS)))

    answers = serve(work)

    assert [text for text, _ in answers] == one_by_one(zoo, model)


@pytest.mark.slow
def test_a_batch_of_mixed_adapters_and_networks_writes_what_each_would_write_alone(zoo, serve):
    asked = [(("one", "two", "full")[number % 3], prompt) for number, prompt in enumerate(PROMPTS * 2)]

    async def work(scheduler):
        return await asyncio.gather(*(ask(scheduler, model, prompt) for model, prompt in asked))

    answers = serve(work, max_waiting=20)

    alone = {model: dict(zip(PROMPTS, one_by_one(zoo, model), strict=True)) for model in ("one", "two", "full")}
    assert [text for text, _ in answers] == [alone[model][prompt] for model, prompt in asked]
    assert alone["one"] != alone["two"]


@pytest.mark.slow
def test_a_seed_draws_the_same_whatever_shares_the_batch_and_as_write_draws(zoo, serve):
    hot = {"temperature": 1.0, "top_p": 0.9}

    async def crowd(scheduler):
        others = [ask(scheduler, "two", f"noise {n}", seed=n, **hot) for n in range(5)]
        found = await asyncio.gather(ask(scheduler, "one", "medium prompt", seed=3, **hot), *others)
        other = await ask(scheduler, "one", "medium prompt", seed=4, **hot)
        return found[0][0], other[0]

    drawn, other = serve(crowd)

    sampling = Sampling(1.0, 0.9, seed=3, no_repeat_ngram=PROSE.no_repeat_ngram)
    assert drawn == one_by_one(zoo, "one", sampling, ["medium prompt"])[0]
    assert drawn != other


@pytest.mark.slow
def test_without_a_seed_draws_differ(serve):
    async def work(scheduler):
        return [(await ask(scheduler, "one", "a", temperature=1.5))[0] for _ in range(4)]

    assert len(set(serve(work))) > 1


def test_usage_and_the_reason_of_an_end_are_told(serve):
    async def work(scheduler):
        text, _ = await ask(scheduler, "one", "medium prompt")
        stop = text[5:8]
        return (
            text,
            await ask(scheduler, "one", "medium prompt", max_tokens=3),
            stop,
            await ask(scheduler, "one", "medium prompt", stop=[stop]),
        )

    text, (short, done), stop, (cut, stopped) = serve(work)

    assert (done.finish, done.completion_tokens, done.prompt_tokens > 5) == ("length", 3, True)
    assert text.startswith(short)
    assert stopped.finish == "stop"
    assert cut == text[: text.index(stop)].strip()


def test_a_full_queue_refuses_and_says_when_to_come_again(serve):
    async def work(scheduler):
        rows = [await scheduler.ask(_long("one", n)) for n in range(4)]
        with pytest.raises(RequestRefused) as refused:
            await scheduler.ask(_long("one", 9))
        for row in rows:
            await scheduler.cancel(row)
        return refused.value, await ask(scheduler, "one", "again")

    refusal, (text, _) = serve(work, max_batch=2, max_waiting=2)

    assert (refusal.status, refusal.code, refusal.retry_after_s >= 1) == (429, "queue_full", True)
    assert text


def test_an_asker_that_leaves_frees_its_place_within_a_token_or_two(serve):
    async def work(scheduler):
        row = await scheduler.ask(_long("one", 1))
        await row.inbox.get()
        await scheduler.cancel(row)
        written = len(row.written)
        following = await answer(
            await scheduler.ask(GenerateRequest(model="one", messages=tiny.user("b"), max_tokens=2))
        )
        return row, written, following, scheduler

    row, written, (_, done), scheduler = serve(work, max_batch=1)

    assert len(row.written) - written <= 2
    assert done.completion_tokens >= 1
    assert scheduler.running == 0
    assert scheduler.tallies["one"].cancelled == 1
    assert not scheduler._holds


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(serve):
    async def work(scheduler):
        with pytest.raises(RequestRefused) as refused:
            await ask(scheduler, "one", "a longer prompt than fits " * 300)
        return refused.value

    refusal = serve(work)

    assert (refusal.status, refusal.code) == (400, "context_length_exceeded")
    assert "512" in refusal.message


@pytest.mark.slow
def test_models_come_and_go_while_others_write(zoo, serve):
    async def work(scheduler):
        writing = await scheduler.ask(_long("one", 1))
        await writing.inbox.get()
        await scheduler.shelf.know(zoo.entries[1:])
        gone = await asyncio.gather(ask(scheduler, "one", "a"), return_exceptions=True)
        other = await ask(scheduler, "two", "a")
        _, done = await answer(writing)
        await scheduler.shelf.know(zoo.entries)
        return gone[0], other, done, await ask(scheduler, "one", "a")

    gone, (other, _), done, (again, _) = serve(work)

    assert (gone.status, gone.code) == (404, "model_not_found")
    assert done.completion_tokens == 200
    assert other == one_by_one(zoo, "two", prompts=["a"])[0]
    assert again == one_by_one(zoo, "one", prompts=["a"])[0]


@pytest.mark.slow
def test_what_was_used_longest_ago_leaves_when_another_needs_its_place(zoo, serve):
    weights = (zoo.full / "model.safetensors").stat().st_size

    async def work(scheduler):
        first = await ask(scheduler, "full", "a")
        await ask(scheduler, "one", "a")
        held = [network.key.split()[0] for network in scheduler.shelf.networks]
        busy = await scheduler.ask(_long("one", 1))
        await busy.inbox.get()
        crowded = await asyncio.gather(ask(scheduler, "full", "a"), return_exceptions=True)
        await scheduler.cancel(busy)
        return first, held, crowded[0], await ask(scheduler, "full", "a")

    first, held, crowded, again = serve(work, max_weights_bytes=int(weights * 1.6))

    assert held == ["base"]
    assert (crowded.status, crowded.code) == (503, "no_room")
    assert again[0] == first[0]


def test_a_stop_tells_everybody_under_way_and_refuses_the_rest(serve):
    async def work(scheduler):
        row = await scheduler.ask(_long("one", 1))
        await row.inbox.get()
        scheduler.stop()
        with pytest.raises(RequestRefused) as late:
            await scheduler.ask(_long("one", 2))
        while isinstance(news := await row.inbox.get(), str):
            pass
        return news, late.value

    told, late = serve(work)

    assert (told.code, late.code) == ("engine_stopping", "engine_stopping")


@pytest.mark.slow
def test_a_network_that_fails_takes_its_own_rows_only(zoo, serve):
    async def work(scheduler):
        await ask(scheduler, "one", "a")
        await ask(scheduler, "full", "a")
        broken = next(network for network in scheduler.shelf.networks if network.key.startswith("base"))
        broken.batch._states._decoder._layers = None
        found = await asyncio.gather(ask(scheduler, "one", "a"), ask(scheduler, "full", "a"), return_exceptions=True)
        return found, scheduler.tallies["one"].errors

    (failed, (text, _)), errors = serve(work)

    assert (failed.status, failed.code, errors) == (500, "engine_failed", 1)
    assert text == one_by_one(zoo, "full", prompts=["a"])[0]


def _long(model, number):
    return GenerateRequest(model=model, messages=tiny.user(f"prompt {number}"), max_tokens=200)
