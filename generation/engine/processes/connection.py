"""The engine's side of one process that makes calls: started when needed, and anew when it was lost.

Knows frames and processes; knows no provider and no money.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from typing import Any

from generation.engine.clients.interface import CallError, Question, Reply
from generation.engine.processes import frames

# A process that ends this often in a row, without one answer between, will not live.
MAX_CONSECUTIVE_LOSSES = 3
CLOSE_S = 5.0
LOST = "The process that made this call ended before an answer came."


class Connection:
    """One process. One event loop uses it.

    Args:
        opening: The first frame, packed.

    Attributes:
        losses: How often it was lost since its last answer.
    """

    def __init__(self, opening: bytes) -> None:
        self._opening = opening
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._given: set[int] = set()
        self._numbers = 0
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._outbox: frames.FrameWriter | None = None
        self._listener: asyncio.Task[None] | None = None
        self.losses = 0

    @property
    def in_flight(self) -> int:
        return len(self._waiting)

    async def ask(self, question: Question) -> Reply:
        # Taken before the first wait: who chooses the least busy process must see this call.
        self._numbers += 1
        number = self._numbers
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            outbox = await self._ready()
            outbox.put(frames.of_question(number, question))
            self._given.add(number)
            frame = await answer
        except asyncio.CancelledError:
            if self._outbox is not None and number in self._given:
                self._outbox.put({"number": number})
            raise
        finally:
            del self._waiting[number]
            self._given.discard(number)
        self.losses = 0
        return frames.to_reply(frame)

    async def close(self) -> None:
        """End the process: it ends by itself when nobody listens."""
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            try:
                async with asyncio.timeout(CLOSE_S):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _ready(self) -> frames.FrameWriter:
        async with self._starting:
            if self._outbox is None:
                if self.losses >= MAX_CONSECUTIVE_LOSSES:
                    raise CallError("fatal", "process_lost", "The processes that make the calls end as soon as begun.")
                self._writer = await self._start()
                self._outbox = frames.FrameWriter(self._writer)
            return self._outbox

    async def _start(self) -> asyncio.StreamWriter:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "generation.engine.processes.worker", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(self._opening)
        if await frames.read(reader) is None:
            writer.close()
            self.losses += 1
            await self._process.wait()
            raise CallError(
                "unbilled", "process_lost", "The process that was to make this call ended as soon as begun."
            )
        self._listener = asyncio.create_task(self._listen(reader, self._process))
        return writer

    async def _listen(self, reader: asyncio.StreamReader, process: asyncio.subprocess.Process) -> None:
        while (frame := await frames.read(reader)) is not None:
            answer = self._waiting.get(frame["number"])
            if answer is not None and not answer.done():
                answer.set_result(frame)
        self._lost()
        await process.wait()

    def _lost(self) -> None:
        """Leave open calls in doubt: a call is unpaid only if somebody says so."""
        self.losses += 1
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
        self._writer = self._outbox = None
        for number in self._given:
            answer = self._waiting[number]
            if not answer.done():
                answer.set_exception(CallError("unknown", "process_lost", LOST))
