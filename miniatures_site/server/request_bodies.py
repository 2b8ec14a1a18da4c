"""Read a request's body before anything else is done: within a size limit and a time limit.

Small bodies are read from any client. Larger ones are read from members only, up to a limit that depends on whether
the address takes files. Webhooks are verified by their content, so a few at a time may be larger too.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, TypeAlias

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from miniatures_site.server import callers
from miniatures_site.server.slow_connections import TOO_MANY
from serving.openai import requests
from serving.openai.errors import ApiError
from serving.v1.fast_path import PREFIX

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
AskMember: TypeAlias = Callable[[Scope], Awaitable[bool]]

MIB: Final = 1 << 20
# The limit for any client; also the limit of /v1.
ANYONE_MAX_BYTES: Final = requests.MAX_BODY_BYTES
# Beyond this a body waits on the disk.
IN_MEMORY_BYTES: Final = 256 * 1024
# The fields of a form around its file.
FORM_BYTES: Final = MIB
# How long a client has at first, and how fast its body must come after that.
GRACE_S: Final = 20.0
MIN_BYTES_PER_S: Final = 4096
# Few large webhooks are read at once, since anyone can claim to be a provider: none keeps its place by trickling.
MIN_SIGNED_BYTES_PER_S: Final = 256 * 1024
# Who is refused is listened to for this long, or its connection breaks before it has read why.
DRAIN_S: Final = 3.0
UPLOADS: Final = frozenset(
    {
        "api-sources",
        "api-contacts",
        "review:import",
        "review:from-log",
        "review:own-rows",
        "campaigns:contacts-import",
        "campaigns:suppressions",
    }
)
SIGNED: Final = frozenset({"api-inbound", "api-inbound-provider"})
LARGE_SIGNED_AT_ONCE: Final = 4


class BodyRefused(Exception):  # noqa: N818 (it is an answer, not a fault)
    """A body that is not read: the answer's status, a word for programs, what is wrong and what to do."""

    def __init__(self, status: int, code: str, title: str, hint: str) -> None:
        super().__init__(title)
        self.status, self.code, self.title, self.hint = status, code, title, hint


class RequestBody:
    """A body that was read, and what the client sends after it. The caller closes it."""

    def __init__(self, file: IO[bytes], receive: Receive, on_close: Callable[[], None]) -> None:
        self.file, self._receive, self._on_close = file, receive, on_close

    async def __call__(self) -> Any:
        return await self._receive()

    def close(self) -> None:
        """Drop the content, and let the next large one in."""
        self.file.close()
        self._on_close()


class BodyReader:
    """Reads bodies.

    Args:
        is_member: Whether a member sends it; asked of large bodies only.
        grace_s: Seconds that a client has before its speed counts.
    """

    def __init__(self, is_member: AskMember, *, grace_s: float = GRACE_S) -> None:
        self._is_member, self._grace_s = is_member, grace_s
        self._large_signed = 0

    async def read(self, scope: Scope, receive: Receive) -> RequestBody:
        """Read a body to its end, and declare its length where it came in chunks: Django reads no further.

        Raises:
            BodyRefused: It is packed, too large, too slow, or larger than its sender may send.
            RequestAborted: The client left.
        """
        limit, slot = ANYONE_MAX_BYTES, _HeldSlot()
        try:
            declared, is_chunked = _declared(scope), bool(callers.header(scope, b"transfer-encoding"))
            if declared or is_chunked:
                _refuse_packed(scope)
            if declared > limit:
                limit = await self._limit(scope, slot)
                _refuse_beyond(declared, limit, scope)
            content, size = await self._content(scope, receive, limit, slot)
            if is_chunked:
                scope["headers"] = [*scope["headers"], (b"content-length", str(size).encode())]
            return RequestBody(content, receive, slot.give_back)
        except BaseException:
            slot.give_back()
            raise

    async def _content(self, scope: Scope, receive: Receive, limit: int, slot: _HeldSlot) -> tuple[IO[bytes], int]:
        file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, mode="w+b")  # noqa: SIM115 (it outlives this)
        try:
            size, began_at = 0, asyncio.get_running_loop().time()
            more = True
            while more:
                until = began_at + self._grace_s + size / slot.slowest_bytes_per_s
                message = await _next(receive, until, slowest_bytes_per_s=slot.slowest_bytes_per_s)
                chunk, more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                if size > limit == ANYONE_MAX_BYTES:
                    limit = await self._limit(scope, slot)
                if size > limit:
                    _refuse_beyond(size, limit, scope)
                file.write(chunk)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file, size

    async def _limit(self, scope: Scope, slot: _HeldSlot) -> int:
        name = "" if scope["path"].startswith(PREFIX) else _route(scope["path"])
        if not name:
            return ANYONE_MAX_BYTES
        if name in SIGNED:
            self._take_signed(slot)
            return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if not (callers.has_credentials(scope) and await self._is_member(scope)):
            message = f"More than {ANYONE_MAX_BYTES // MIB} MiB is taken from signed-in members alone."
            raise BodyRefused(
                401, "not_authenticated", message, "Sign in, or send a token that is known, and try again."
            )
        if name in UPLOADS:
            return int(settings.MAX_UPLOAD_MIB * MIB) + FORM_BYTES
        return max(int(settings.MAX_BODY_MIB * MIB), ANYONE_MAX_BYTES + 1)

    def _take_signed(self, slot: _HeldSlot) -> None:
        if self._large_signed >= LARGE_SIGNED_AT_ONCE:
            raise BodyRefused(503, "busy", "Other large webhooks are being read.", "Send it again in a few seconds.")
        self._large_signed += 1
        slot.on_give_back = self._signed_is_over
        slot.slowest_bytes_per_s = MIN_SIGNED_BYTES_PER_S

    def _signed_is_over(self) -> None:
        self._large_signed -= 1


class _HeldSlot:
    """Limited slot of one body, given back once, and the least speed of the body while it holds the slot."""

    def __init__(self) -> None:
        self.on_give_back: Callable[[], None] | None = None
        self.slowest_bytes_per_s = MIN_BYTES_PER_S

    def give_back(self) -> None:
        give_back, self.on_give_back = self.on_give_back, None
        if give_back is not None:
            give_back()


async def _next(receive: Receive, until: float, *, slowest_bytes_per_s: int) -> Any:
    try:
        async with asyncio.timeout_at(until):
            message = await receive()
    except TimeoutError:
        hint = f"Send at least {slowest_bytes_per_s // 1024} KiB a second, or send less at once."
        raise BodyRefused(408, "too_slow", "The request's content did not come in time.", hint) from None
    if message["type"] == "http.disconnect":
        raise RequestAborted
    return message


def _declared(scope: Scope) -> int:
    length = callers.header(scope, b"content-length")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _refuse_packed(scope: Scope) -> None:
    packing = callers.header(scope, b"content-encoding").strip().lower()
    if packing not in ("", "identity"):
        raise BodyRefused(415, "unsupported_encoding", f"The body is packed ('{packing[:40]}').", "Send it as it is.")


def _route(path: str) -> str:
    try:
        return resolve(path).view_name or "unnamed"
    except Resolver404:
        return ""


def refuse_too_many(scope: Scope) -> None:
    """Refuse a request of a client that has its share of the connections under way.

    Raises:
        BodyRefused: Of such a client.
    """
    if TOO_MANY in scope:
        title = "Too many requests from your address are being answered at once."
        raise BodyRefused(429, "too_many_connections", title, "Let some of them end, then send it again.")


def _refuse_beyond(size: int, limit: int, scope: Scope) -> None:
    if size <= limit:
        return
    is_upload = not scope["path"].startswith(PREFIX) and _route(scope["path"]) in UPLOADS
    setting = "MAX_UPLOAD_MIB" if is_upload else "MAX_BODY_MIB"
    title = f"The request is larger than {(limit - FORM_BYTES if is_upload else limit) // MIB} MiB."
    hint = "Split it and send the parts"
    hint += "." if limit <= ANYONE_MAX_BYTES else f", or ask the administrator of this site to raise {setting}."
    raise BodyRefused(413, "request_too_large", title, hint)


async def send_refusal(refusal: BodyRefused, scope: Scope, receive: Receive, send: Send) -> None:
    """Say why a body was not read, then close the connection."""
    kind, content = _problem_json(refusal, scope)
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'; style-src 'self'"),
    ]
    if refusal.status in (429, 503):
        headers.append((b"retry-after", b"5"))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if refusal.status == 415:
        headers.append((b"accept-encoding", b"identity"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    if refusal.status != 408:
        await _drain(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drain(receive: Receive) -> None:
    try:
        async with asyncio.timeout(DRAIN_S):
            while (message := await receive())["type"] != "http.disconnect" and message.get("more_body", False):
                pass
    except TimeoutError:
        return


def _problem_json(refusal: BodyRefused, scope: Scope) -> tuple[bytes, bytes]:
    if scope["path"].startswith(PREFIX):
        error = ApiError(refusal.status, f"{refusal.title} {refusal.hint}", code=refusal.code)
        return b"application/json", json.dumps(error.body).encode()
    if scope["path"].startswith("/api/") or "text/html" not in callers.header(scope, b"accept"):
        problem = {
            "type": f"urn:miniatures:problem:{refusal.code}",
            "title": refusal.title,
            "status": refusal.status,
            "code": refusal.code,
            "hint": refusal.hint,
        }
        return b"application/problem+json", json.dumps(problem).encode()
    page = render_to_string("not_taken.html", {"title": refusal.title, "hint": refusal.hint})
    return b"text/html; charset=utf-8", page.encode()
