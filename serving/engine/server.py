"""The engine's socket: `POST /ask`, `PUT /models`, `GET /state`, as a small ASGI application.

Answers are lines of JSON: `{"text"}` pieces and one `{"done"}`, or `{"error"}`; a stream without an end was cut off.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from serving.engine.contracts import GenerateRequest, ModelEntry, ModelList
from serving.engine.errors import RequestRefused
from serving.engine.row import FinishedAnswer, StreamItem, as_json
from serving.engine.scheduler import FAILED, Scheduler

logger = logging.getLogger(__name__)
MAX_BODY_BYTES = 4 << 20
NOT_FOUND = RequestRefused(404, "not_found", "There is nothing here.")
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Body = TypeVar("Body", bound=BaseModel)


class ClientGone(Exception):  # noqa: N818 (named for what happened)
    """The asker hung up."""


class OpenAnswer(Protocol):
    """An answer under way: pieces of text come on its inbox, then one end."""

    @property
    def inbox(self) -> asyncio.Queue[StreamItem]: ...

    @property
    def fingerprint(self) -> str: ...


class ModelShelf(Protocol):
    """The list of models."""

    async def know(self, entries: list[ModelEntry]) -> None: ...


A = TypeVar("A", bound=OpenAnswer)


class Answering(Protocol[A]):
    """A scheduler: our own, or the relay's in its place."""

    @property
    def shelf(self) -> ModelShelf: ...

    async def ask(self, ask: GenerateRequest, /) -> A: ...

    async def cancel(self, row: A, /) -> None: ...


class App:
    """The ASGI application over one scheduler.

    Args:
        state: Returns the figures of `GET /state`.
    """

    def __init__(self, scheduler: Answering[Any], state: Callable[[], dict[str, Any]]) -> None:
        self._scheduler, self._figures = scheduler, state
        self._began = time.time()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            await self._answer(scope["method"], scope["path"], receive, send)
        except RequestRefused as refusal:
            # A constant would keep every question that met it in its traceback.
            await send_refusal(send, refusal.with_traceback(None))
        except ClientGone:
            return

    async def _answer(self, method: str, path: str, receive: Receive, send: Send) -> None:
        if (method, path) == ("GET", "/state"):
            await _send_json(send, 200, self.state())
        elif (method, path) == ("PUT", "/models"):
            await self._scheduler.shelf.know((await _read(receive, ModelList)).models)
            await _send_json(send, 200, self.state())
        elif (method, path) == ("POST", "/ask"):
            await self._ask(await _read(receive, GenerateRequest), receive, send)
        else:
            raise NOT_FOUND

    def state(self) -> dict[str, Any]:
        return {"since": self._began, **self._figures()}

    async def _ask(self, ask: GenerateRequest, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_until_gone(receive))
        row: OpenAnswer | None = None
        try:
            row = await self._asked(ask)
            inbox = row.inbox
            gone.add_done_callback(lambda _: inbox.put_nowait(RequestRefused(499, "gone", "")))
            try:
                await (_stream if ask.stream else _whole)(row, send)
            except OSError:
                raise ClientGone from None
        finally:
            gone.cancel()
            if row is not None:
                await self._scheduler.cancel(row)

    async def _asked(self, ask: GenerateRequest) -> OpenAnswer:
        try:
            opened: OpenAnswer = await self._scheduler.ask(ask)
        except RequestRefused:
            raise
        except Exception:
            logger.exception("A question of %s failed before its answer began.", ask.model)
            raise FAILED from None
        return opened


async def send_refusal(send: Send, refusal: RequestRefused) -> None:
    """Answer with a refusal."""
    await _send_json(send, refusal.status, refusal.as_json(), refusal.retry_after_s)


async def _stream(row: OpenAnswer, send: Send) -> None:
    first = await _next(row)
    if isinstance(first, RequestRefused):
        raise first
    await send(_head(200, "application/x-ndjson", fingerprint=row.fingerprint))
    news: StreamItem = first
    while isinstance(news, str):
        await _send_line(send, {"text": news})
        news = await _next(row)
    await _send_line(send, as_json(news) if isinstance(news, FinishedAnswer) else news.as_json(), is_last=True)


async def _whole(row: OpenAnswer, send: Send) -> None:
    text = ""
    while isinstance(news := await _next(row), str):
        text += news
    if isinstance(news, RequestRefused):
        raise news
    await _send_json(send, 200, {"text": text, **as_json(news)}, fingerprint=row.fingerprint)


async def _next(row: OpenAnswer) -> StreamItem:
    news = await row.inbox.get()
    if isinstance(news, RequestRefused) and news.code == "gone":
        raise ClientGone
    return news


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read(receive: Receive, shape: type[Body]) -> Body:
    content, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        content += message.get("body", b"")
        more = message.get("more_body", False)
        if len(content) > MAX_BODY_BYTES:
            raise RequestRefused(413, "too_large", f"The question is larger than {MAX_BODY_BYTES >> 20} MiB.")
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RequestRefused(400, "invalid_request", f"{place}: {first['msg']}") from None


def figures(scheduler: Scheduler) -> dict[str, Any]:
    """Figures of our own engine."""
    shelf = scheduler.shelf
    return {
        "models": [
            {"name": name, "loaded": shelf.is_loaded(name), "server": "own", **_counted(scheduler, name)}
            for name in shelf.known
        ],
        "running": scheduler.begun,
        "waiting": scheduler.ahead,
        "refused": dict(scheduler.refused),
        "weights_bytes": sum(network.bytes for network in shelf.networks),
        "max_weights_bytes": shelf.max_weights_bytes,
        "bytes_per_weight": shelf.bytes_per_weight,
        "kv_bytes": scheduler.kv_bytes,
        "max_kv_bytes": scheduler.max_kv_bytes,
        "max_batch": scheduler.max_batch,
        "max_waiting": scheduler.max_waiting,
    }


def _counted(scheduler: Scheduler, name: str) -> dict[str, int]:
    tally = scheduler.tallies.get(name)
    return asdict(tally) if tally else {}


def _head(status: int, content_type: str, retry_after_s: int | None = None, fingerprint: str = "") -> dict[str, Any]:
    headers = [(b"content-type", content_type.encode())]
    if retry_after_s is not None:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    if fingerprint:
        headers.append((b"x-fingerprint", fingerprint.encode()))
    return {"type": "http.response.start", "status": status, "headers": headers}


async def _send_json(
    send: Send, status: int, body: dict[str, Any], retry_after_s: int | None = None, *, fingerprint: str = ""
) -> None:
    await send(_head(status, "application/json", retry_after_s, fingerprint))
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _send_line(send: Send, body: dict[str, Any], *, is_last: bool = False) -> None:
    # In ASCII: readers may take U+2028 and its like for the ends of lines.
    line = json.dumps(body).encode() + b"\n"
    await send({"type": "http.response.body", "body": line, "more_body": not is_last})
