"""Several choices of one request: each is a question of its own to the engine, all under way at once.

They are counted as one request: its prompt once, the seconds of the longest, and the tokens of all answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from serving.runtime import engine_client
from serving.runtime.engine_client import AnswerStream
from serving.v1 import streams
from serving.v1.usage import UsageEntry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChoicePiece:
    """A piece of one choice, or its end."""

    index: int
    text: str = ""
    done: dict[str, Any] | None = None


News = ChoicePiece | Exception


class ChoiceStreams:
    """Streams of all choices as one, for `EventStream`: its texts are `ChoicePiece`s."""

    def __init__(self, opened: Sequence[AnswerStream]) -> None:
        self._opened = opened
        self.fingerprint = opened[0].fingerprint

    async def pieces(self) -> AsyncIterator[dict[str, Any]]:
        """Each `{"text"}` as it comes, an end for each choice among them, and one `{"done"}` with the sums.

        Raises:
            EngineRefusal: A choice is refused or cut off: what came so far is no answer.
        """
        inbox = asyncio.Queue[News]()
        readers = [asyncio.create_task(_read(at, stream, inbox)) for at, stream in enumerate(self._opened)]
        ends: list[dict[str, Any]] = []
        try:
            while len(ends) < len(readers):
                news = await inbox.get()
                if isinstance(news, Exception):
                    raise news
                ends += [news.done] if news.done else []
                yield {"text": news}
            yield {"done": summed(ends)}
        finally:
            for reader in readers:
                reader.cancel()

    def close(self) -> None:
        """Hang up on all, from any thread."""
        for stream in self._opened:
            stream.close()


async def open_choices(asks: Sequence[dict[str, Any]], entry: UsageEntry) -> ChoiceStreams:
    """Ask for all choices; returns when the first piece of each is there.

    Raises:
        EngineRefusal: One of them is refused; the others are hung up.
    """
    opening = (engine_client.open_answer({**ask, "caller": entry.token}) for ask in asks)
    return ChoiceStreams(await streams.count_refusals(_all(opening), entry))


async def whole_choices(asks: Sequence[dict[str, Any]], entry: UsageEntry) -> dict[str, Any]:
    """Ask for all choices and wait for all of each: `{"choices", "done", "fingerprint"}`.

    Raises:
        EngineRefusal: One of them is refused; the others are hung up.
    """

    async def ask_all() -> dict[str, Any]:
        answers = await _all(engine_client.whole_answer({**ask, "caller": entry.token}) for ask in asks)
        done = summed([each["done"] for each in answers])
        return {"choices": answers, "done": done, "fingerprint": answers[0]["fingerprint"]}

    return await streams.count_answer(ask_all(), entry)


def summed(ends: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "prompt_tokens": ends[0]["prompt_tokens"],
        "completion_tokens": sum(each["completion_tokens"] for each in ends),
        "seconds": max(each["seconds"] for each in ends),
    }


async def _all(works: Iterable[Awaitable[T]]) -> list[T]:
    """Wait for all; where one fails or the client leaves, the others are given up."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            if not task.cancel() and not task.cancelled() and task.exception() is None:
                _hang_up(task.result())
        raise


def _hang_up(opened: object) -> None:
    if isinstance(opened, AnswerStream):
        opened.close()


async def _read(at: int, stream: AnswerStream, inbox: asyncio.Queue[News]) -> None:
    try:
        async for news in stream.pieces():
            inbox.put_nowait(ChoicePiece(at, news.get("text", ""), news.get("done")))
    except Exception as error:  # whoever reads the inbox raises it
        inbox.put_nowait(error)
