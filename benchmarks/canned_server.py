"""`python -m benchmarks.canned_server LATENCY_S`: answers every request with the same bytes, as cheaply as Python can.

Prints its port. Stands in for a provider whose own cost must not be measured; bills nothing and checks nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "bench-1",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Subject: A depot\n\nHi {{contact.first_name}},\n\nA draft for you. Shall we talk?",
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 40, "total_tokens": 160},
    }
).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY


class Canned(asyncio.Protocol):
    """One connection; whole requests are counted off by their length."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s, self._read = latency_s, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody is left to answer."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole, after the latency."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._read, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._read) < whole:
                return
            self._read = self._read[whole:]
            asyncio.get_running_loop().call_later(self._latency_s, self._answer)

    def _answer(self) -> None:
        if self._transport is not None:
            self._transport.write(_ANSWER)


async def serve(latency_s: float) -> None:
    """Serve on a port of the system's choice until ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Canned(latency_s), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
