"""Models that come and go at the same moment: a network that a miniature is being laid on stays, and is stepped."""

from __future__ import annotations

import asyncio
import threading
from datetime import date

import pytest
import torch
from safetensors.torch import load_file, save_file

from serving.engine import classifier_batch, memory
from serving.engine.errors import RequestRefused
from tests.serving import tiny
from tests.serving.engine.conftest import ask
from training.engine.contracts import StudentRef, Ways
from training.engine.model import loading, unloaded
from training.engine.model.placement import place

pytestmark = pytest.mark.engine
WITHIN_S = 60


class Gate:
    """Lets the chat of a miniature be opened when the test says so."""

    def __init__(self, monkeypatch):
        self._reached, self.open, open_chat = threading.Event(), threading.Event(), loading.chat_of

        def chat_of(*args, **kwargs):
            self._reached.set()
            assert self.open.wait(WITHIN_S)
            return open_chat(*args, **kwargs)

        monkeypatch.setattr(loading, "chat_of", chat_of)

    async def reached(self):
        # Not in the loop's pool of threads, which the work behind the gate may fill.
        async with asyncio.timeout(WITHIN_S):
            while not self._reached.is_set():
                await asyncio.sleep(0.01)


@pytest.fixture
def gate(monkeypatch):
    gate = Gate(monkeypatch)
    yield gate
    gate.open.set()


@pytest.fixture
def entries(zoo):
    """Two miniatures on one base, the second of another day: its chat is opened while it loads."""
    one, two = zoo.entries[:2]
    later = two.base.model_copy(update={"ways": Ways(day=date(2026, 5, 1))})
    return [one, two.model_copy(update={"base": later}), zoo.entries[2]]


def test_a_miniature_answers_that_loaded_while_the_last_of_its_base_was_put_away(serve, entries, gate):
    async def work(scheduler):
        shelf = scheduler.shelf
        one = await shelf.take("one")
        await shelf.know(entries[1:])
        loading_two = asyncio.create_task(shelf.take("two"))
        await gate.reached()
        await shelf.release(one)
        gate.open.set()
        two = await loading_two
        assert two.network in shelf.networks
        await shelf.release(two)
        answer, _ = await asyncio.wait_for(ask(scheduler, "two", "a"), WITHIN_S)
        return answer, two.network.users

    answer, users = serve(work, entries=entries)

    assert answer
    assert users == 0


def test_miniatures_that_come_and_go_on_a_base_leave_no_bytes_behind(serve, entries):
    async def work(scheduler):
        shelf, counted = scheduler.shelf, []
        for _ in range(3):
            await shelf.know(entries)
            for name in ("one", "two"):
                await shelf.release(await shelf.take(name))
            counted.append(sum(network.bytes for network in shelf.networks))
            await shelf.know([entries[0]])
        return counted

    first, *later = serve(work, entries=entries)

    assert later == [first] * 2


def test_no_room_is_made_with_a_network_that_a_miniature_is_loading_on(serve, entries, gate):
    async def work(scheduler):
        shelf = scheduler.shelf
        await shelf.release(await shelf.take("one"))
        loading_two = asyncio.create_task(shelf.take("two"))
        await gate.reached()
        with pytest.raises(RequestRefused) as refused:
            await shelf._make_room(shelf.max_weights_bytes)
        gate.open.set()
        two = await loading_two
        return refused.value.code, two.network in shelf.networks

    assert serve(work, entries=entries) == ("no_room", True)


def test_a_base_that_was_read_anew_while_its_last_adapter_left_stays(serve, entries):
    async def work(scheduler):
        shelf, compute_is_free = scheduler.shelf, threading.Event()
        await shelf.release(await shelf.take("one"))
        scheduler.compute.submit(compute_is_free.wait, WITHIN_S)
        leaving = asyncio.create_task(shelf.know(entries[1:]))
        while shelf.is_loaded("one"):
            await asyncio.sleep(0)
        await shelf._make_room(shelf.max_weights_bytes)
        assert shelf.networks == []
        loading_two = asyncio.create_task(shelf.take("two"))
        async with asyncio.timeout(WITHIN_S):
            while not shelf.networks:
                await asyncio.sleep(0.01)
        compute_is_free.set()
        await leaving
        two = await loading_two
        return two.network in shelf.networks

    assert serve(work, entries=entries)


def test_a_miniature_that_was_withdrawn_while_it_loaded_answers_once_and_leaves(serve, entries, gate):
    async def work(scheduler):
        shelf = scheduler.shelf
        await shelf.release(await shelf.take("one"))
        loading_two = asyncio.create_task(shelf.take("two"))
        await gate.reached()
        await shelf.know([])
        gate.open.set()
        two = await loading_two
        loaded = shelf.is_loaded("two")
        await shelf.release(two)
        return loaded, shelf.networks

    assert serve(work, entries=entries) == (False, [])


def test_a_load_that_failed_on_its_base_no_longer_uses_it(serve, zoo, entries, tmp_path):
    of_another = tiny.make_adapter(tmp_path / "other", seed=3)
    pairs = load_file(of_another / "adapter_model.safetensors")
    narrow = {name: pair[:, :-1].contiguous() if "lora_A" in name else pair for name, pair in pairs.items()}
    save_file(narrow, of_another / "adapter_model.safetensors")

    async def work(scheduler):
        shelf = scheduler.shelf
        await shelf.release(await shelf.take("one"))
        with pytest.raises(RequestRefused) as refused:
            await shelf.take("other")
        return refused.value.status, [network.users for network in shelf.networks]

    known = [entries[0], tiny.adapter_entry("other", of_another, zoo.base)]
    assert serve(work, entries=known) == (503, [0])


def test_a_model_whose_own_code_fails_is_refused_and_another_answers(serve, entries, monkeypatch):
    def open_student(*args, **kwargs):
        raise KeyError("rope_type")

    async def work(scheduler):
        shelf = scheduler.shelf
        await shelf.release(await shelf.take("one"))
        monkeypatch.setattr("serving.engine.model_cache.ModelCache._student", open_student)
        with pytest.raises(RequestRefused) as refused:
            await shelf.take("full")
        return refused.value, (await ask(scheduler, "one", "a"))[0]

    refusal, answer = serve(work, entries=entries)

    assert (refusal.status, refusal.code) == (503, "not_loadable")
    assert "rope_type" in refusal.message
    assert answer


def test_a_miniature_whose_files_are_not_here_is_refused_with_the_reason_and_others_answer(serve, entries):
    unlaid = entries[1].model_copy(update={"folder": "", "unlaid": "the file is gone.", "again_s": 30})

    async def work(scheduler):
        with pytest.raises(RequestRefused) as refused:
            await ask(scheduler, "two", "a")
        return refused.value, (await ask(scheduler, "one", "a"))[0]

    refusal, answer = serve(work, entries=[entries[0], unlaid])

    assert (refusal.status, refusal.retry_after_s) == (503, 30)
    assert refusal.message == "'two' cannot be loaded: the file is gone."
    assert answer


@pytest.fixture
def of_hub(zoo, monkeypatch):
    """A student of the hub, whose files lie here once it is opened."""
    opened = unloaded.open_config

    def open_config(student, **options):
        return opened(StudentRef(path=str(zoo.base)) if student.hub_id else student, **options)

    monkeypatch.setattr(unloaded, "open_config", open_config)
    return StudentRef(hub_id="maker/open", revision="0" * 40)


def test_room_is_made_for_a_student_of_the_hub(serve, zoo, of_hub):
    weights = (zoo.base / "model.safetensors").stat().st_size
    tuned = tiny.adapter_entry("one", zoo.one, zoo.base).model_copy(update={"base": of_hub})

    async def work(scheduler):
        shelf = scheduler.shelf
        for name in ("full", "one"):
            await shelf.release(await shelf.take(name))
        return [network.key.split()[0] for network in shelf.networks]

    async def too_large(scheduler):
        with pytest.raises(RequestRefused) as refused:
            await scheduler.shelf.take("one")
        return refused.value.code

    entries = [tiny.full_entry("full", zoo.full), tuned]
    assert serve(work, entries=entries, max_weights_bytes=int(weights * 1.6)) == ["base"]
    assert serve(too_large, entries=entries, max_weights_bytes=1000) == "model_too_large"
    sized = classifier_batch.bytes_to_load(tuned, zoo.one, place("cpu", "fp32", "lora"), None, ())
    assert sized == memory.weights_bytes(zoo.base, torch.float32) > 0
