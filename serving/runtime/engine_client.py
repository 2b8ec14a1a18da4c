"""The way to the engine: HTTP over its unix socket. Knows the wire between us; does not know OpenAI's shapes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakKeyDictionary

import httpx
from django.conf import settings

from serving.runtime import addresses
from web.process import late_install

HOST = "http://engine"
CONNECT_S = 2.0
QUICK = httpx.Timeout(1.0)
RETRY_EVERY_S = 0.1
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[str, httpx.AsyncClient]] = WeakKeyDictionary()


class EngineRefusal(Exception):  # noqa: N818 (it is an answer, not a fault)
    """The engine said no: its status, a stable word, a sentence, and when to come again."""

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

TOO_LONG = EngineRefusal(504, "timeout", "The answer took longer than SERVING_TIMEOUT_S allows. Ask for less.")


class AnswerStream:
    """An answer under way: lines from the engine, the last of which says how it ended."""

    def __init__(self, response: httpx.Response) -> None:
        self._response, self._loop = response, asyncio.get_running_loop()
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
            raise CUT_OFF from None
        finally:
            await self._response.aclose()
        raise CUT_OFF

    def close(self) -> None:
        """Hang up, from any thread; the engine then frees the place."""
        if not self._response.is_closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._response.aclose()))


async def open_answer(ask: dict[str, Any]) -> AnswerStream:
    """Ask; returns when the first piece is there.

    Raises:
        EngineRefusal: With the engine's status, or 503 when there is none.
    """
    response = await _send_with_retry(ask)
    if response.status_code != 200:
        try:
            raise _read_refusal(response.status_code, await response.aread(), response.headers.get("retry-after"))
        finally:
            await response.aclose()
    return AnswerStream(response)


async def whole_answer(ask: dict[str, Any]) -> dict[str, Any]:
    """Ask and wait for all of it: `{"text", "done", "fingerprint"}`.

    Raises:
        EngineRefusal: As for `open_answer`.
    """
    response = await _send_with_retry({**ask, "stream": False})
    if response.status_code != 200:
        raise _read_refusal(response.status_code, response.content, response.headers.get("retry-after"))
    return {**response.json(), "fingerprint": response.headers.get("x-fingerprint", "")}


async def _send_with_retry(ask: dict[str, Any]) -> httpx.Response:
    """Ask; try once more where the engine dies before its first piece, and wait a while for one that is starting again.

    An engine that was killed leaves its socket behind; one that was stopped removes it, and is not waited for.

    Raises:
        EngineRefusal: None answered, or two were lost: what loses one engine after another is not asked a third time.
    """
    until_s, lost = time.monotonic() + settings.SERVING_PATIENCE_S, 0
    while True:
        try:
            return await _send(ask)
        except EngineRefusal as refusal:
            lost += refusal is CUT_OFF
            if lost > 1 or time.monotonic() >= until_s or not addresses.socket_path().exists():
                raise
        await asyncio.sleep(RETRY_EVERY_S)


def _not_serving() -> EngineRefusal:
    if (install := late_install.pending()) is None:
        return NOT_SERVING
    return EngineRefusal(503, "being_installed", str(install), max(LEAST_INSTALL_S, install.left_s))


async def _send(ask: dict[str, Any]) -> httpx.Response:
    """Return a stream's answer as soon as its first piece is there, a whole one with its body."""
    client = _client()
    request = client.build_request("POST", f"{HOST}/ask", json=ask)
    try:
        return await client.send(request, stream=ask.get("stream", True))
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise _not_serving() from None
    except httpx.TimeoutException:
        raise TOO_LONG from None
    except httpx.HTTPError:
        raise CUT_OFF from None


def engine_state() -> dict[str, Any] | None:
    """Return what the engine says of itself; None when none answers within a second. Blocks its thread."""
    return _quick("GET", "/state")


def set_models(models: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Give a running engine the whole list of its models; None when none answers."""
    return _quick("PUT", "/models", {"models": models}, timeout=httpx.Timeout(30.0, connect=1.0))


def _quick(
    method: str, path: str, body: dict[str, Any] | None = None, timeout: httpx.Timeout = QUICK
) -> dict[str, Any] | None:
    socket = addresses.socket_path()
    if not socket.exists():
        return None
    try:
        transport = httpx.HTTPTransport(uds=str(socket), verify=False)
        with httpx.Client(transport=transport, timeout=timeout) as client:
            response = client.request(method, f"{HOST}{path}", json=body)
            response.raise_for_status()
            return dict(response.json())
    except (httpx.HTTPError, ValueError):
        return None


def _client() -> httpx.AsyncClient:
    """Keep one client a loop, with its connections; a new one where the socket has moved."""
    loop, socket = asyncio.get_running_loop(), str(addresses.socket_path())
    kept = _clients.get(loop)
    if kept is None or kept[0] != socket:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=20)
        transport = httpx.AsyncHTTPTransport(uds=socket, verify=False, limits=limits)
        timeout = httpx.Timeout(settings.SERVING_TIMEOUT_S, connect=CONNECT_S, pool=None)
        kept = (socket, httpx.AsyncClient(transport=transport, timeout=timeout))
        _clients[loop] = kept
    return kept[1]


def _read_refusal(status: int, content: bytes, retry_after: str | None) -> EngineRefusal:
    try:
        return _refusal_of(json.loads(content)["error"], int(retry_after) if retry_after else None)
    except (ValueError, KeyError, TypeError):
        return EngineRefusal(502, "engine_failed", f"The engine answered {status} without a reason.")


def _refusal_of(error: dict[str, Any], retry_after_s: int | None) -> EngineRefusal:
    return EngineRefusal(int(error.get("status", 500)), str(error["code"]), str(error["message"]), retry_after_s)
