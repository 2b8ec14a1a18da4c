"""Answers of teachers that are taken up to a size: a server without end, or a packed nothing, must not fill the memory.

Under an SDK's HTTP client, whichever library that is. How long a call may last is its sender's affair.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any, TypeVar

Client = TypeVar("Client")
# Far more than the longest answer with all its log probabilities.
MOST_BYTES = 32 * 2**20


class AnswerRefusedError(Exception):
    """An answer that is not taken: it is too large, or packed."""


def bounded(client: Client, *, most_bytes: int = MOST_BYTES) -> Client:
    """Return an SDK's HTTP client that reads answers up to a size, and asks for none that is packed.

    Who reads an answer as a stream bounds what is kept of it.

    Args:
        client: A client of httpx or of what follows it.
    """
    inside: Any = client
    inside.headers["Accept-Encoding"] = "identity"
    plain_send = inside.send

    async def send(request: Any, *, stream: bool = False, **options: Any) -> Any:
        response = await plain_send(request, stream=True, **options)
        try:
            packing = response.headers.get("content-encoding", "").strip().lower()
            if packing not in ("", "identity"):
                raise AnswerRefusedError(f"The answer is encoded as '{packing[:40]}', which was not requested.")
            if not stream or response.is_error:
                library = sys.modules[type(response).__module__.partition(".")[0]]
                response.stream = _up_to(most_bytes, response.stream, library.AsyncByteStream)
            if not stream:
                await response.aread()
        except BaseException:
            await response.aclose()
            raise
        return response

    inside.send = send
    return client


def _up_to(most_bytes: int, plain: Any, base: type[Any]) -> Any:
    """Build a stream of the library's own kind that breaks off where it becomes too long."""

    async def chunks(self: object) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in plain:
            size += len(chunk)
            if size > most_bytes:
                raise AnswerRefusedError(f"The answer is larger than {most_bytes:,} bytes.")
            yield chunk

    async def close(self: object) -> None:
        await plain.aclose()

    return type("BoundedStream", (base,), {"__aiter__": chunks, "aclose": close})()
