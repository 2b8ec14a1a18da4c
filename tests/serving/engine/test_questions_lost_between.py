"""Questions between two threads, two states or two lines: none fails or hangs by that alone."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from types import SimpleNamespace

import httpx
import pytest

from serving.backends import event_lines
from serving.engine import server
from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from serving.engine.fair_queue import FairQueue
from serving.runtime import engine_client
from serving.runtime.engine_client import EngineRefusal
from tests.serving import tiny

FOR_S = 1.0


def test_another_thread_may_ask_whether_anybody_waits_while_callers_come_and_go():
    queue, is_over, row = FairQueue(), threading.Event(), SimpleNamespace(caller="c")

    def come_and_go():
        while not is_over.is_set():
            queue.add(row)
            queue.pop()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    callers = threading.Thread(target=come_and_go)
    callers.start()
    try:
        until_s = time.monotonic() + FOR_S
        while time.monotonic() < until_s:
            bool(queue)
    finally:
        is_over.set()
        callers.join()
        sys.setswitchinterval(before)

    assert not queue


@pytest.mark.engine
def test_a_question_that_came_while_the_engine_stopped_is_refused(serve, monkeypatch):
    async def work(scheduler):
        take = scheduler.shelf.take

        async def take_and_stop(name):
            ready = await take(name)
            scheduler.stop()
            return ready

        monkeypatch.setattr(scheduler.shelf, "take", take_and_stop)
        with pytest.raises(RequestRefused) as refused:
            await scheduler.ask(GenerateRequest(model="full", messages=tiny.user("a")))
        return refused.value, [network.users for network in scheduler.shelf.networks]

    refusal, users = serve(work)

    assert refusal.status == 503
    assert users == [0]


@pytest.mark.engine
def test_a_question_between_the_queue_and_its_first_token_hears_that_the_engine_stops(serve):
    async def work(scheduler):
        await scheduler.shelf.take("full")
        row = await scheduler.ask(GenerateRequest(model="full", messages=tiny.user("a"), max_tokens=400))
        while scheduler.waiting:
            await asyncio.sleep(0)
        scheduler.stop()
        while not isinstance(news := await asyncio.wait_for(row.inbox.get(), 10), RequestRefused):
            pass
        return news

    assert serve(work).status == 503


def sent(send_what):
    """What an application sends, as one body."""
    parts = []

    async def send(message):
        parts.append(message.get("body", b""))

    asyncio.run(send_what(send))
    return b"".join(parts)


def test_a_line_of_an_answer_ends_nowhere_but_at_its_end():
    body = sent(lambda send: server._send_line(send, {"text": "a\u2028b\u0085c\n"}))

    response = httpx.Response(200, content=body)
    assert [json.loads(line) for line in response.iter_lines()] == [{"text": "a\u2028b\u0085c\n"}]


def test_a_server_s_lines_are_parted_at_line_feeds_alone():
    async def read():
        return [line async for line in event_lines.lines(_in_parts("data: a\u2028b\r\n\ndata: c".encode()))]

    assert asyncio.run(read()) == ["data: a\u2028b", "", "data: c"]


async def _in_parts(content):
    for at in range(0, len(content), 4):
        yield content[at : at + 4]


def test_a_question_that_fails_before_its_answer_is_answered_with_a_reason_and_not_kept():
    class Broken:
        async def ask(self, ask):
            raise FileNotFoundError("its file is gone")

    messages = [json.dumps({"model": "m", "messages": [{"role": "user", "content": "a"}]}).encode()]

    async def receive():
        if messages:
            return {"type": "http.request", "body": messages.pop(), "more_body": False}
        return await asyncio.Event().wait()

    app = server.App(Broken(), dict)
    body = sent(lambda send: app({"type": "http", "method": "POST", "path": "/ask"}, receive, send))

    assert json.loads(body)["error"]["code"] == "engine_failed"
    assert server.FAILED.__traceback__ is None


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_refusal_that_cannot_be_read_is_an_engine_that_was_lost(monkeypatch, is_cut):
    async def content():
        yield b"Service Unavailable"
        if is_cut:
            raise httpx.ReadError("killed")

    async def refused(ask):
        return httpx.Response(503, content=content()), None

    monkeypatch.setattr(engine_client, "_send_with_retry", refused)
    monkeypatch.setattr(engine_client, "POOL", SimpleNamespace(end=lambda link: None))

    with pytest.raises(EngineRefusal) as told:
        asyncio.run(engine_client.open_answer({}))

    assert (told.value.status, told.value.code) == (503, "engine_lost")
