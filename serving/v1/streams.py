"""An answer on its way to a client: events as they come, counted at its end, hung up when the client is gone.

Runs on the event loop. Knows the engine's link and the counting; the shape of events is the caller's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from django.http import JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from serving.openai.responses import CompletionShape
from serving.runtime import engine_client
from serving.runtime.engine_client import EngineRefusal
from serving.v1 import db_threads, usage
from serving.v1.usage import UsageEntry

Given = ParamSpec("Given")
Got = TypeVar("Got")
# No proxy may hold a stream back or keep it.
HEADERS: Final = {"X-Accel-Buffering": "no"}
_counting: set[asyncio.Task[None]] = set()
Text = Callable[[Any], bytes]
End = Callable[[dict[str, Any]], bytes]
Failure = Callable[[EngineRefusal], bytes]


class OpenAnswer(Protocol):
    """An answer under way: one choice of it, or several."""

    def pieces(self) -> AsyncIterator[dict[str, Any]]:
        """Each `{"text"}` as it comes and one `{"done"}`."""

    def close(self) -> None: ...


class EventStream:
    """The body of a streaming response. Django closes it where the client left before the first byte."""

    def __init__(
        self, answer: OpenAnswer, entry: UsageEntry, *, opening: bytes, text: Text, end: End, failure: Failure
    ) -> None:
        self._answer, self._asked = answer, entry
        self._opening, self._text, self._end, self._failure = opening, text, end, failure
        self._loop, self._is_counted = asyncio.get_running_loop(), False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._events()

    def close(self) -> None:
        """Hang up on the engine, if that has not happened, from any thread; what nobody began to read is counted."""
        self._answer.close()
        if not self._is_counted and not self._loop.is_closed():
            self._is_counted = True
            self._loop.call_soon_threadsafe(count_later, replace(self._asked, outcome="cancelled"))

    async def _events(self) -> AsyncIterator[bytes]:
        # By the end of this, whoever closes the response meanwhile.
        self._is_counted = True
        entry = replace(self._asked, outcome="cancelled")
        try:
            if self._opening:
                yield self._opening
            async for news in self._answer.pieces():
                if "done" in news:
                    entry = answered(self._asked, news["done"])
                    yield self._end(news["done"])
                else:
                    yield self._text(news["text"])
        except EngineRefusal as refusal:
            entry = replace(self._asked, outcome="error")
            yield self._failure(refusal)
        finally:
            self._answer.close()
            count_later(entry)


async def open_stream(ask: dict[str, Any], entry: UsageEntry) -> engine_client.AnswerStream:
    """Ask the engine and wait for the first piece; a refusal is counted, and a client that leaves meanwhile.

    Raises:
        EngineRefusal: The engine said no.
    """
    return await count_refusals(engine_client.open_answer({**ask, "caller": entry.token}), entry)


async def count_refusals(opening: Awaitable[Got], entry: UsageEntry) -> Got:
    """Wait for an answer to begin; a refusal is counted, and a client that leaves meanwhile."""
    try:
        return await opening
    except (EngineRefusal, asyncio.CancelledError) as end:
        count_later(replace(entry, outcome="error" if isinstance(end, EngineRefusal) else "cancelled"))
        raise


async def whole_answer(ask: dict[str, Any], entry: UsageEntry) -> dict[str, Any]:
    """Ask the engine and wait for all of it, counted.

    Raises:
        EngineRefusal: The engine said no, or went away.
    """
    return await count_answer(engine_client.whole_answer({**ask, "caller": entry.token}), entry)


async def count_answer(asking: Awaitable[dict[str, Any]], entry: UsageEntry) -> dict[str, Any]:
    """Wait for a whole answer, counted by its `done`."""
    outcome = replace(entry, outcome="cancelled")
    try:
        answer = await asking
        outcome = answered(entry, answer["done"])
        return answer
    except EngineRefusal:
        outcome = replace(entry, outcome="error")
        raise
    finally:
        count_later(outcome)


def answered(entry: UsageEntry, done: dict[str, Any]) -> UsageEntry:
    """The count of an answer that came to its end."""
    return replace(
        entry,
        outcome="answered",
        prompt_tokens=done["prompt_tokens"],
        completion_tokens=done["completion_tokens"],
        seconds=done["seconds"],
    )


def written_response(
    shape: CompletionShape, text: str, done: dict[str, Any], *, stream: bool, headers: dict[str, str]
) -> HttpResponseBase:
    """Wrap a finished text; one piece where a stream is wanted."""
    if not stream:
        return JsonResponse(shape.completion(text, done), headers=headers)

    async def events() -> AsyncIterator[bytes]:
        for part in (shape.first(), shape.piece(text), shape.last(done)):
            yield part

    return StreamingHttpResponse(events(), content_type="text/event-stream", headers={**HEADERS, **headers})


def count_later(entry: UsageEntry) -> None:
    """Count without holding the answer up; survives the client's leaving."""
    later(usage.count_usage, entry)


def later(work: Callable[Given, object], *args: Given.args, **kwargs: Given.kwargs) -> None:
    """Do short work with the database without holding the answer up; survives the client's leaving."""

    async def run() -> None:
        await db_threads.run_later(work, *args, **kwargs)

    task = asyncio.get_running_loop().create_task(run())
    _counting.add(task)
    task.add_done_callback(_counting.discard)
