"""Sockets that speak an engine's wire: what each does with a question is set by the test."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections

from jobs.models import Job
from jobs.rundir import identity
from serving.models import Replica

WORDS = ("one ", "two ", "three")
DONE = {"prompt_tokens": 1, "completion_tokens": 3, "seconds": 0.1, "finish": "stop"}


class EnginePeer:
    """An engine of a row of its own.

    `does` is `answer`, `lose`, `cut`, `refuse`, `know_none`, or `hold` until it is released; `silent` tells nothing of
    itself. What is `meanwhile` happens while it is asked for its state.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        models: dict[str, bool],
        does: str = "answer",
        meanwhile: Callable[[], object] = bool,
    ) -> None:
        self.path, self.name, self.models, self.does = folder / f"{name}.sock", name, models, does
        self.asked, self.elsewhere = 0, 0
        self.released = asyncio.Event()
        self.meanwhile = meanwhile

    async def __aenter__(self) -> EnginePeer:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))
        await asyncio.to_thread(self._enter_row)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.released.set()
        self._server.close()

    def _enter_row(self) -> None:
        job = Job.objects.create(
            kind="serving", queue="serving", title=self.name, state="running", fence=1, run_fence=1, host_id=self.name,
            boot_id=identity.boot_id(),
        )  # fmt: skip
        self.replica = Replica.objects.create(host_id=self.name, job=job, socket=str(self.path), reported_fence=1)
        connections.close_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("GET /state"):
                await asyncio.to_thread(self.meanwhile)
                if self.does == "silent":
                    await self.released.wait()
                _send(writer, self._state())
            else:
                self.asked += 1
                await self._answer(writer, await _body(reader, head))
        writer.close()

    def _state(self) -> dict[str, Any]:
        models = [{"name": name, "loaded": loaded} for name, loaded in self.models.items()]
        return {"since": 0.0, "models": models, "running": self.elsewhere, "waiting": 0}

    async def _answer(self, writer: asyncio.StreamWriter, ask: dict[str, Any]) -> None:
        if self.does == "hold":
            await self.released.wait()
        if self.does == "refuse":
            error = {"code": "queue_full", "message": "Full.", "status": 429}
            _send(writer, {"error": error}, status=429, more="retry-after: 1\r\n")
        elif self.does == "know_none":
            _send(writer, {"error": {"code": "model_not_found", "message": "Unknown.", "status": 404}}, status=404)
        elif ask.get("stream", True) and self.does != "lose":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n")
            for word in WORDS:
                _chunk(writer, {"text": word})
            if self.does != "cut":
                _chunk(writer, {"done": {**DONE, "by": self.name}})
                writer.write(b"0\r\n\r\n")
            await writer.drain()
        elif self.does != "lose":
            _send(writer, {"text": "".join(WORDS), "done": {**DONE, "by": self.name}})


async def _body(reader: asyncio.StreamReader, head: str) -> dict[str, Any]:
    length = next(line for line in head.lower().splitlines() if line.startswith("content-length:"))
    ask: dict[str, Any] = json.loads(await reader.readexactly(int(length.partition(":")[2])))
    return ask


def _send(writer: asyncio.StreamWriter, body: dict[str, Any], *, status: int = 200, more: str = "") -> None:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} OK\r\ncontent-length: {len(content)}\r\nconnection: close\r\n{more}\r\n"
    writer.write(head.encode() + content)


def _chunk(writer: asyncio.StreamWriter, line: dict[str, Any]) -> None:
    content = json.dumps(line).encode() + b"\n"
    writer.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
