"""A client whose calls are made by other processes. Knows what to open them with; knows no SDK.

A process is started when it is needed, and again when it was lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from generation.engine.clients.factory import open_form
from generation.engine.clients.interface import CallError, Question, Reply
from generation.engine.contracts import GenerationSpec, Limits
from generation.engine.processes import frames
from generation.engine.processes.frames import Opening, OpenTeacher, packed
from review.spec.task_spec import TaskSpec

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


class ProcessClient:
    """The teachers of an order, asked by several processes.

    Args:
        teachers: Whom to ask, with keys and samples, in the order of the mix.
        limits: Those of the order; each process gets its share of the calls at once.

    Raises:
        ImportError: A provider's SDK is not installed on this host.
        ValueError: A teacher is incomplete.
    """

    def __init__(
        self, teachers: Sequence[OpenTeacher], *, task: dict[str, Any], limits: Limits, processes: int
    ) -> None:
        spec = TaskSpec.model_validate(task)
        forms = [open_form(open_teacher.teacher, task=spec, sample=open_teacher.sample) for open_teacher in teachers]
        for open_teacher in teachers:
            sdk = "anthropic" if open_teacher.teacher.provider == "anthropic" else "openai"
            if find_spec(sdk) is None:
                raise ImportError(f"No module named '{sdk}'")
        self.shared_chars = max(form.prefix.chars for form in forms)
        share = limits.model_copy(update={"concurrency": math.ceil(limits.concurrency / processes)})
        opening = packed(Opening(task=task, limits=share, teachers=list(teachers)).model_dump(mode="json"))
        self._connections = [Connection(opening) for _ in range(processes)]

    async def ask(self, question: Question) -> Reply:
        """Ask by the process with the fewest calls in flight."""
        return await min(self._connections, key=lambda connection: connection.in_flight).ask(question)

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()


# Below this one core has the time.
WORTH_CONCURRENCY = 64
# A process needs about two seconds to import its SDK: a short order is done by then.
WORTH_CALLS = 1000
MAX_PROCESSES = 4


def process_count(spec: GenerationSpec, *, cores: int | None = None) -> int:
    """Count the processes: by the order's limits, or by its width and this host's cores, less one for the engine."""
    if any(teacher.provider == "offline" for teacher in spec.teachers):
        return 1
    if spec.limits.processes is not None:
        return min(spec.limits.processes, spec.limits.concurrency)
    if spec.limits.concurrency < WORTH_CONCURRENCY or spec.count < WORTH_CALLS:
        return 1
    return max(1, min((cores or len(os.sched_getaffinity(0))) - 1, MAX_PROCESSES))
