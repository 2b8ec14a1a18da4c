"""Questions to the engines that serve. Knows the wire between us; does not know OpenAI's shapes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
from django.conf import settings

from serving.runtime import links
from serving.runtime.links import EngineLink
from serving.runtime.pool import POOL
from web.process import late_install

RETRY_EVERY_S, TAKE_UP_EVERY_S = 0.1, 0.5
# Statuses of an engine that another replica may answer in its place: no room, or about to stop.
NO_ROOM: Final = (429, 503)
# Status of an engine that does not know the model: what is promoted reaches it a moment later than the rows.
UNKNOWN_MODEL: Final = 404


class EngineRefusal(Exception):  # noqa: N818 (it is an answer, not a fault)
    """The engine said no: its status, a stable word, a sentence, and when to come again.

    Constants are raised without the traceback of the last time, which would keep every question that met them.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s


NOT_SERVING = EngineRefusal(
    503,
    "not_serving",
    "No engine is serving now. If it is starting, try again in a few seconds; the Miniatures page shows its state "
    "and starts it.",
    5,
)
# The least that a program is told to wait while packages are installed, seconds.
LEAST_INSTALL_S = 10
CUT_OFF = EngineRefusal(503, "engine_lost", "The engine stopped before the answer was finished. Try again.", 2)
NOT_TAKEN_UP = EngineRefusal(
    503, "model_loading", "The model is promoted, and no engine has taken it up yet. Try again in a few seconds.", 2
)
TOO_LONG = EngineRefusal(504, "timeout", "The answer took longer than SERVING_TIMEOUT_S allows. Ask for less.")


class AnswerStream:
    """An answer under way: lines from an engine, the last of which says how it ended."""

    def __init__(self, response: httpx.Response, link: EngineLink) -> None:
        self._response, self._loop = response, asyncio.get_running_loop()
        self._link: EngineLink | None = link
        self.fingerprint: str = response.headers.get("x-fingerprint", "")

    async def pieces(self) -> AsyncIterator[dict[str, Any]]:
        """Each `{"text"}` as it comes and one `{"done"}`.

        Raises:
            EngineRefusal: The engine told of an error, or was cut off: what came so far is no answer.
        """
        try:
            async for line in self._response.aiter_lines():
                news = json.loads(line)
                if "error" in news:
                    raise _refusal_of(news["error"], None)
                yield news
                if "done" in news:
                    return
        except (httpx.HTTPError, ValueError):
            raise CUT_OFF.with_traceback(None) from None
        finally:
            self._count_off()
            await self._response.aclose()
        raise CUT_OFF.with_traceback(None)

    def close(self) -> None:
        """Hang up, from any thread; the engine then frees the place."""
        self._count_off()
        if not self._response.is_closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._response.aclose()))

    def _count_off(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            POOL.end(link)


async def open_answer(ask: dict[str, Any]) -> AnswerStream:
    """Ask; returns when the first piece is there.

    Raises:
        EngineRefusal: With the engine's status, or 503 when there is none.
    """
    response, link = await _send_with_retry(ask)
    if response.status_code == 200:
        return AnswerStream(response, link)
    try:
        raise _read_refusal(response.status_code, await response.aread(), response.headers.get("retry-after"))
    except httpx.HTTPError:
        raise CUT_OFF.with_traceback(None) from None
    finally:
        POOL.end(link)
        await response.aclose()


async def whole_answer(ask: dict[str, Any]) -> dict[str, Any]:
    """Ask and wait for all of it: `{"text", "done", "fingerprint"}`.

    Raises:
        EngineRefusal: As for `open_answer`.
    """
    response, link = await _send_with_retry({**ask, "stream": False})
    POOL.end(link)
    if response.status_code != 200:
        raise _read_refusal(response.status_code, response.content, response.headers.get("retry-after"))
    return {**response.json(), "fingerprint": response.headers.get("x-fingerprint", "")}


async def _send_with_retry(ask: dict[str, Any]) -> tuple[httpx.Response, EngineLink]:
    """Ask a replica; ask another where it does not answer, dies before its first piece, or has no room.

    Where none is left, one that is starting again or has yet to hear of a promotion is waited for. An engine that was
    killed leaves its socket behind; one that was stopped removes it, and is not waited for.

    Returns:
        The response, and the link to its engine, which the caller counts off.

    Raises:
        EngineRefusal: None answered, or two were lost: what loses one engine after another is not asked a third time.
    """
    until_s, lost, tried = time.monotonic() + settings.SERVING_PATIENCE_S, 0, set[EngineLink]()
    while True:
        link = await POOL.choose(ask["model"], without=tried)
        try:
            if link is None:
                raise _not_serving()
            response = await _send(ask, link)
            tried.add(link)
            if await _is_last(response, link, ask["model"], tried):
                return response, link
            continue
        except EngineRefusal as refusal:
            lost += refusal is CUT_OFF
            if refusal is TOO_LONG or lost > 1 or time.monotonic() >= until_s or not POOL.is_awaited():
                raise
            pause_s = RETRY_EVERY_S
            if refusal is NOT_TAKEN_UP:
                # The engine answers for other models; those that wait for this one must not keep it busy.
                link, pause_s = None, TAKE_UP_EVERY_S
        if link is not None:
            POOL.leave_out(link)
            tried.add(link)
            if await POOL.choose(ask["model"], without=tried):
                continue
        tried.clear()
        await asyncio.sleep(pause_s)


async def _is_last(response: httpx.Response, link: EngineLink, model: str, tried: set[EngineLink]) -> bool:
    """Return whether an answer is not to be had elsewhere; lets it go otherwise, also if the asker leaves meanwhile.

    Raises:
        EngineRefusal: No replica knows the model.
    """
    is_last = False
    try:
        may_differ = response.status_code in (UNKNOWN_MODEL, *NO_ROOM)
        if may_differ and await POOL.choose(model, without=tried):
            return False
        if response.status_code == UNKNOWN_MODEL:
            raise NOT_TAKEN_UP.with_traceback(None)
        is_last = True
    finally:
        if not is_last:
            POOL.end(link)
            await response.aclose()
    return is_last


def _not_serving() -> EngineRefusal:
    if (install := late_install.pending()) is None:
        return NOT_SERVING.with_traceback(None)
    return EngineRefusal(503, "being_installed", str(install), max(LEAST_INSTALL_S, install.left_s))


async def _send(ask: dict[str, Any], link: EngineLink) -> httpx.Response:
    """Return a stream's answer as soon as its first piece is there, a whole one with its body; counted to the link."""
    client = links.client(link)
    POOL.begin(link)
    try:
        return await client.send(client.build_request("POST", "/ask", json=ask), stream=ask.get("stream", True))
    except BaseException as error:
        POOL.end(link)
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            raise _not_serving() from None
        if isinstance(error, httpx.TimeoutException):
            raise TOO_LONG.with_traceback(None) from None
        if isinstance(error, httpx.HTTPError):
            raise CUT_OFF.with_traceback(None) from None
        raise


def engine_state() -> dict[str, Any] | None:
    """Return the report of this host's engine on itself; None when none answers within a second. Blocks its thread."""
    return links.ask_state(links.own()) if links.has_own_socket() else None


def set_models(models: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Give this host's running engine the whole list of its models; None when none answers."""
    if not links.has_own_socket():
        return None
    return links.request(links.own(), "PUT", "/models", {"models": models}, httpx.Timeout(30.0, connect=1.0))


def _read_refusal(status: int, content: bytes, retry_after: str | None) -> EngineRefusal:
    try:
        return _refusal_of(json.loads(content)["error"], int(retry_after) if retry_after else None)
    except (ValueError, KeyError, TypeError):
        if status in NO_ROOM:
            return CUT_OFF.with_traceback(None)
        return EngineRefusal(502, "engine_failed", f"The engine answered {status} without a reason.")


def _refusal_of(error: dict[str, Any], retry_after_s: int | None) -> EngineRefusal:
    return EngineRefusal(int(error.get("status", 500)), str(error["code"]), str(error["message"]), retry_after_s)
