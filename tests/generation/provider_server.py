"""A small HTTP server that speaks both wire formats and misbehaves as told. Counts what it would bill, by call id.

Runs as its own process (`python provider_server.py PORT`) or in a thread. A script says what each request gets, in
turn; after its end every request gets `ok`. `/stats` tells what was billed, `/script` sets the next behaviour.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections import Counter, defaultdict
from email.utils import formatdate
from time import time
from typing import Any

try:
    from tests.generation.batch_desk import BatchDesk
except ModuleNotFoundError:  # as a script of its own
    from batch_desk import BatchDesk  # type: ignore[import-not-found, no-redef]

MAIL = "Subject: A depot in {n}\n\nHi {{{{contact.first_name}}}},\n\nDraft number {n} for you. Shall we talk?"
REASONS = {429: "Too Many Requests", 200: "OK", 500: "Internal Server Error", 401: "Unauthorized"}


class Provider:
    """State of the server: the script, the bill, the requests seen."""

    def __init__(self, *, latency_s: float = 0.0, keep_bodies: bool = True) -> None:
        self.latency_s, self.keep_bodies = latency_s, keep_bodies
        self.script: list[str] = []
        self.always = "ok"
        self.billed: Counter[str] = Counter()
        self.seen: list[dict[str, Any]] = []
        # What each call got, in turn, by call id.
        self.given: defaultdict[str, list[str]] = defaultdict(list)
        self.requests = 0
        self.in_flight = self.most_in_flight = 0
        self.arrivals: list[float] = []
        self.desk = BatchDesk(answer, self.billed)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if path.startswith("/stats"):
            return await _send(writer, 200, json.dumps(self.stats()).encode())
        if path.startswith("/script"):
            told = json.loads(body)
            self.script, self.always = told.get("script", []), told.get("always", "ok")
            self.latency_s = told.get("latency_s", self.latency_s)
            return await _send(writer, 200, b"{}")
        if self.desk.takes(path):
            self.desk.results_host = f"http://{headers['host']}"
            said, is_cut = await self.desk.serve(method, path, headers, body)
            return said is not None and await _send(writer, *said, cut=is_cut)
        self.requests += 1
        self.arrivals.append(time())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            what = self.script.pop(0) if self.script else self.always
            self.given[headers.get("idempotency-key", "?")].append(what)
            if self.keep_bodies:
                self.seen.append({"path": path, "headers": headers, "body": json.loads(body or b"{}")})
            return await self._behave(what, path, headers, writer)
        finally:
            self.in_flight -= 1

    def stats(self) -> dict[str, Any]:
        return {"billed": dict(self.billed), "requests": self.requests, "most_in_flight": self.most_in_flight}

    async def _behave(self, what: str, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        what, _, arg = what.partition(":")
        if what == "status":
            status, _, extra = arg.partition(";")
            return await _send(writer, int(status), _error(path, int(status), headers), _retry_after(extra))
        if what == "redirect":
            return await _send(writer, 307, b"", {"Location": arg})
        if what == "drop":  # the connection closes before a word is said
            return False
        self.billed[headers.get("idempotency-key", "?")] += 1
        n = self.billed.total()
        await asyncio.sleep(float(arg) if what == "slow" else self.latency_s)
        if what == "cut":  # the body breaks off halfway
            return await _send(writer, 200, answer(path, n=n), cut=True)
        if what == "raw":
            return await _send(writer, 200, arg.encode().decode("unicode_escape").encode("latin-1"))
        if what == "drip":
            return await _drip(writer, float(arg))
        return await _send(writer, 200, answer(path, what, n=n), {"x-request-id": f"req-{n}", "request-id": f"req-{n}"})


def answer(path: str, what: str = "ok", *, n: int = 1) -> bytes:
    """The body of a 200 in the wire format of the path."""
    text: str | None = {
        "empty": "",
        "blank": " \n",
        "shapeless": "Here is your mail!",
        "mojibake": "Subject: Größe\n\nFür Sie".encode().decode("cp1252"),
        "replacement": "Subject: Gr\ufffdße\n\nHi",
        "surrogate": "Subject: \ud800\n\nHi",
        "fenced": "```\n" + MAIL.format(n=n) + "\n```",
        "refused": "I cannot help with that.",
    }.get(what, MAIL.format(n=n))
    usage = (120, 40)
    if path.startswith("/v1/messages"):
        stop = {"length": "max_tokens", "refused": "refusal", "filtered": "refusal"}.get(what, "end_turn")
        content = [] if what == "nothing" else [{"type": "text", "text": text}]
        body: dict[str, Any] = {
            "id": f"msg_{n}",
            "type": "message",
            "role": "assistant",
            "model": "claude-test-1",
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": usage[0], "output_tokens": usage[1]},
        }
        return json.dumps(body).encode()
    finish = {"length": "length", "filtered": "content_filter"}.get(what, "stop")
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if what == "refused":
        message |= {"content": None, "refusal": text}
    if what == "null":
        message["content"] = None
    body = {
        "id": f"chatcmpl-{n}",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-test-1",
        "choices": [] if what == "nothing" else [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
    }
    if what == "unmetered":
        del body["usage"]
    return json.dumps(body).encode()


def _error(path: str, status: int, headers: dict[str, str]) -> bytes:
    # A careless server quotes what it was sent; the key must go no further than here.
    key = headers.get("authorization", "") or headers.get("x-api-key", "")
    message = f"No, with status {status}. You sent the key {key}."
    kind = "insufficient_quota" if status == 429 and "quota" in headers.get("x-test", "") else "error"
    if path.startswith("/v1/messages"):
        return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": kind}}).encode()


def _retry_after(extra: str) -> dict[str, str]:
    if not extra:
        return {}
    if extra.startswith("date+"):
        return {"Retry-After": formatdate(time() + float(extra[5:]), usegmt=True)}
    return {"Retry-After": extra}


async def _send(
    writer: asyncio.StreamWriter, status: int, body: bytes, headers: dict[str, str] | None = None, *, cut: bool = False
) -> bool:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in (headers or {}).items()), "", ""]
    writer.write("\r\n".join(lines).encode() + (body[: len(body) // 2] if cut else body))
    await writer.drain()
    return not cut


async def _drip(writer: asyncio.StreamWriter, every_s: float) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(every_s)


class Running:
    """The server in a thread of this process."""

    def __init__(self, provider: Provider, host: str = "127.0.0.1", port: int = 0) -> None:
        self.provider, self.host, self.port = provider, host, port
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(60)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.provider.serve, self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


async def _main(port: int, latency_s: float) -> None:
    provider = Provider(latency_s=latency_s, keep_bodies=False)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
