"""What changes while a question is prepared: a miniature that goes, one that is replaced, and an engine that stops."""

from __future__ import annotations

import asyncio

import pytest

from serving.backends.contracts import NotServableError, ServerLostError
from serving.backends.llama import files, forgotten, wire
from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from tests.serving import tiny
from tests.serving.engine.conftest import counted_until_begun

pytestmark = pytest.mark.engine


def meanwhile(running, monkeypatch, act):
    """Have something happen once, right after the backend has made a model ready."""
    prepare, is_done = running.backend.prepare, asyncio.Event()

    async def preparing(entry):
        ready = await prepare(entry)
        if not is_done.is_set():
            is_done.set()
            await act()
        return ready

    monkeypatch.setattr(running.backend, "prepare", preparing)


async def warm(running, entries):
    await running.relay.know(entries)
    for entry in entries:
        await running.ask(entry.name, "SAY a|")


def test_a_miniature_that_is_withdrawn_while_its_question_is_prepared_is_unknown(relay, zoo, monkeypatch):
    async def work(running):
        await warm(running, zoo.entries[:2])
        meanwhile(running, monkeypatch, lambda: running.relay.know(zoo.entries[1:2]))
        with pytest.raises(RequestRefused) as refused:
            await running.ask("one", "SAY a|")
        return refused.value

    refusal = relay(work)

    assert (refusal.status, refusal.code) == (404, "model_not_found")


@pytest.mark.slow
def test_a_question_that_is_prepared_while_the_engine_stops_is_refused(relay, zoo, monkeypatch):
    async def work(running):
        await warm(running, zoo.entries[:1])

        async def stop():
            running.relay.stop()

        meanwhile(running, monkeypatch, stop)
        with pytest.raises(RequestRefused) as refused:
            await running.ask("one", "SAY a|")
        return refused.value

    assert relay(work).status == 503


def test_a_server_that_can_serve_it_no_more_loses_the_answer(relay, zoo, monkeypatch):
    async def work(running):
        await warm(running, zoo.entries[:1])

        async def gone(entry):
            raise NotServableError("it is listed no more")

        async def asked(question):
            monkeypatch.setattr(running.backend, "prepare", gone)
            raise ServerLostError("gone")
            yield

        monkeypatch.setattr(running.backend, "ask", asked)
        with pytest.raises(RequestRefused) as refused:
            await running.ask("one", "SAY a|")
        return refused.value

    refusal = relay(work)

    assert (refusal.status, refusal.code) == (503, "engine_lost")


def test_a_miniature_that_the_backend_does_not_serve_for_now_returns_to_it(relay, zoo, monkeypatch):
    async def work(running):
        prepare, away = running.backend.prepare, RequestRefused(503, "server_away", "It is away.")

        def refuse(error):
            async def refusing(entry):
                raise error

            monkeypatch.setattr(running.backend, "prepare", refusing)

        async def server():
            await running.ask("one", "SAY a|", max_tokens=1)
            return running.relay.state()["models"][0]["server"]

        refuse(NotServableError("It is not listed.", for_now=True))
        servers = [await server()]
        refuse(away)
        servers.append(await server())
        monkeypatch.setattr(running.backend, "prepare", prepare)
        return [*servers, await server()]

    assert relay(work, entries=zoo.entries[:1]) == ["own", "own", "llama"]


def test_a_half_of_a_file_that_is_being_written_stays(zoo, tmp_path):
    served, gone = (files.file_key(entry) for entry in zoo.entries[:2])
    for key in (served, gone):
        (tmp_path / f".{key}.F16.gguf.draft").touch()
        (tmp_path / f"{key}.F16.gguf").touch()

    files.sweep(tmp_path, zoo.entries[:1])

    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{served}.F16.gguf.draft", f"{served}.F16.gguf"]


@pytest.mark.slow
def test_a_server_whose_start_fails_in_an_unforeseen_way_is_started_again(relay, zoo, monkeypatch):
    get, odd = wire.get, iter([b"[]"])

    async def once_odd(socket, path):
        return next(odd, None) or await get(socket, path) if path == "/props" else await get(socket, path)

    monkeypatch.setattr(wire, "get", once_odd)

    async def work(running):
        async with asyncio.timeout(30):
            return (await running.ask("one", "SAY a|"))[0], running.server_of("one")["starts"]

    assert relay(work, entries=zoo.entries[:1]) == ("a", 2)


def test_forgotten_questions_are_looked_for_again_after_a_look_that_failed(relay, zoo, monkeypatch):
    looks = []

    async def failing(watch):
        looks.append(watch)
        raise KeyError("odd")

    monkeypatch.setattr(forgotten, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(forgotten.Watch, "look", failing)

    async def work(running):
        await running.ask("one", "SAY a|")
        async with asyncio.timeout(10):
            while len(looks) < 3:
                await asyncio.sleep(0.01)

    relay(work, entries=zoo.entries[:1])


def test_a_miniature_whose_files_are_not_here_is_refused_with_the_reason_and_others_answer(relay, zoo):
    one, two = zoo.entries[:2]
    unlaid = two.model_copy(update={"folder": "", "unlaid": "the file is gone.", "again_s": 30})

    async def work(running):
        with pytest.raises(RequestRefused) as refused:
            await running.ask("two", "SAY Hi|")
        return refused.value, (await running.ask("one", "SAY Hi|"))[0]

    refusal, text = relay(work, entries=[one, unlaid])

    assert (refusal.status, refusal.retry_after_s) == (503, 30)
    assert refusal.message == "'two' cannot be loaded: the file is gone."
    assert text == "Hi"


def test_a_question_counts_from_the_loading_of_its_model_on(relay):
    async def work(running):
        asked = GenerateRequest(model="one", messages=tiny.user("SLOWLY SAY abc|"), max_tokens=40)
        return await counted_until_begun(running.relay.ask(asked), running.relay.state)

    assert relay(work) == {1}
