"""What a question meets while engines come and go: a second try, a short wait, or 503 with when to come again."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from serving.runtime import engine_client
from serving.runtime.engine_client import EngineRefusal

# Rows of replicas are looked at beside the questions.
pytestmark = pytest.mark.django_db
ASK = {"model": "m", "stream": False}
WHOLE = {"text": "a", "done": {"finish": "stop"}}
UNKNOWN = {"error": {"status": 404, "code": "model_not_found", "message": "No model 'm' is served."}}


class Peer:
    """A socket on which the first so many questions are lost, as by an engine that is killed, and the rest answered.

    It knows no model for the first `unknown`.
    """

    def __init__(self, path: Path, losses: int = 0, unknown: int = 0) -> None:
        self.path, self.losses, self.unknown, self.asked = path, losses, unknown, 0

    async def __aenter__(self) -> Peer:
        self._server = await asyncio.start_unix_server(self._answer, str(self.path))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if self.asked > self.losses:
            status, answer = (404, UNKNOWN) if self.asked <= self.unknown else (200, WHOLE)
            body = json.dumps(answer).encode()
            head = f"HTTP/1.1 {status} So\r\nx-fingerprint: fp_1\r\ncontent-length: {len(body)}\r\n"
            writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
        writer.close()


@pytest.fixture
def path(short_folder: Path, settings: Any) -> Path:
    found = short_folder / f"{time.monotonic_ns()}.sock"
    settings.SERVING_SOCKET, settings.SERVING_PATIENCE_S = str(found), 30
    return found


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(work())  # type: ignore[arg-type]


def test_a_question_that_an_engine_lost_before_its_first_word_is_asked_again(path):
    async def work():
        async with Peer(path, losses=1) as peer:
            return await engine_client.whole_answer(ASK), peer.asked

    answer, asked = run(work)

    assert (answer, asked) == ({**WHOLE, "fingerprint": "fp_1"}, 2)


def test_one_that_loses_one_engine_after_another_is_not_asked_a_third_time(path):
    async def work():
        async with Peer(path, losses=9) as peer:
            with pytest.raises(EngineRefusal) as refused:
                await engine_client.whole_answer(ASK)
            return refused.value, peer.asked

    refusal, asked = run(work)

    assert (refusal.status, refusal.code, refusal.retry_after_s, asked) == (503, "engine_lost", 2, 2)


def test_an_engine_that_was_killed_is_waited_for(path):
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))

    async def work():
        under_way = asyncio.ensure_future(engine_client.whole_answer(ASK))
        await asyncio.sleep(2 * engine_client.RETRY_EVERY_S)
        still = not under_way.done()
        # It takes the old socket's place without giving anybody else a turn.
        async with Peer(path, losses=0):
            return still, await under_way

    still, answer = run(work)

    assert still
    assert answer["text"] == "a"


def test_it_is_not_waited_for_longer_than_is_set(path, settings):
    settings.SERVING_PATIENCE_S = 0.2
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))

    with pytest.raises(EngineRefusal) as refused:
        run(lambda: engine_client.whole_answer(ASK))

    assert (refused.value.status, refused.value.code, refused.value.retry_after_s) == (503, "not_serving", 5)


def test_an_engine_that_was_stopped_is_not_waited_for(path):
    began = time.monotonic()

    with pytest.raises(EngineRefusal) as refused:
        run(lambda: engine_client.whole_answer(ASK))

    assert refused.value.code == "not_serving"
    assert time.monotonic() - began < 30


def test_an_engine_that_has_not_heard_of_a_promotion_yet_is_waited_for(path):
    async def work():
        async with Peer(path, unknown=3) as peer:
            answer = await engine_client.whole_answer(ASK)
            stream = await engine_client.open_answer({"model": "m"})
            stream.close()
            return answer["text"], peer.asked

    assert run(work) == ("a", 5)


def test_a_promotion_that_no_engine_takes_up_in_time_is_told_as_loading(path, settings):
    settings.SERVING_PATIENCE_S = 0.2

    async def work():
        async with Peer(path, unknown=99):
            with pytest.raises(EngineRefusal) as refused:
                await engine_client.whole_answer(ASK)
            return refused.value

    refusal = run(work)

    assert (refusal.status, refusal.code, refusal.retry_after_s) == (503, "model_loading", 2)


def test_refused_questions_are_not_kept_by_the_refusal(path):
    def refuse() -> int:
        with pytest.raises(EngineRefusal) as refused:
            run(lambda: engine_client.whole_answer(ASK))
        return len(traceback.extract_tb(refused.value.__traceback__))

    assert refuse() == refuse()
