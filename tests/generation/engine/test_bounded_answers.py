"""What a teacher answers is taken up to a size, by both SDKs, and never unpacked; a lost answer may have been paid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anthropic
import openai
import pytest

from generation.engine.batches.lines import split_lines
from generation.engine.clients import bounded_answers, errors
from generation.engine.clients.interface import CallError
from tests.webhooks import rude_receivers
from tests.webhooks.rude_receivers import Pause, Say, rude

CLIENTS = [openai.DefaultAsyncHttpxClient, anthropic.DefaultAsyncHttpxClient]
MOST_BYTES = 200_000


async def fetch(make: Any, url: str, *, stream: bool = False) -> CallError | int:
    """What a call comes to: an error as the engine reads it, or the status."""
    async with bounded_answers.bounded(make(timeout=60), most_bytes=MOST_BYTES) as client:
        try:
            response = await client.send(client.build_request("POST", url, content=b"{}"), stream=stream)
        except Exception as error:
            return errors.from_connection(error, timed_out=False)
        status: int = response.status_code
        await response.aclose()
        return status


def refuses_without_end(say: Say, pause: Pause) -> None:
    say(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 10737418240\r\n\r\n")
    while True:
        say(b"z" * 65_536)


@pytest.mark.parametrize("make", CLIENTS)
@pytest.mark.parametrize(
    "way", [rude_receivers.never_ends_its_body, rude_receivers.answers_with_a_bomb, refuses_without_end]
)
def test_an_answer_without_end_or_packed_is_left_and_may_be_paid(make: Any, way: Callable[[Say, Pause], None]) -> None:
    with rude(way) as server:
        came = asyncio.run(fetch(make, server.url))

    assert isinstance(came, CallError)
    assert (came.fate, came.code) == ("unknown", "answer_refused")
    assert server.sent < 32 * 2**20


@pytest.mark.parametrize("make", CLIENTS)
def test_what_is_read_as_a_stream_is_bounded_by_its_reader_and_not_unpacked_either(make: Any) -> None:
    with rude(rude_receivers.answers_with_a_bomb) as packed, rude(rude_receivers.never_ends_its_body) as endless:
        refused = asyncio.run(fetch(make, packed.url, stream=True))
        begun = asyncio.run(fetch(make, endless.url, stream=True))

    assert isinstance(refused, CallError)
    assert begun == 200


def test_results_of_a_batch_without_end_are_left() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b'{"custom_id": "foreign"}\n' * 100

    async def read() -> int:
        return len([line async for line in split_lines(endless(), most_bytes=MOST_BYTES)])

    with pytest.raises(ValueError, match="larger than 200,000 bytes"):
        asyncio.run(read())
