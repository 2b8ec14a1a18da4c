"""`python -m generation.engine.processes.worker SOCKET_FD`: makes calls for an engine until the engine is gone.

Knows clients; knows no run directory, no journal and no money.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import traceback
from typing import Any

from generation.engine.clients import CallError, Client, open_client
from generation.engine.processes import frames
from review.spec.task_spec import TaskSpec


class CallWorker:
    """The calls of one process."""

    def __init__(self, clients: list[Client], writer: asyncio.StreamWriter) -> None:
        self._clients, self._outbox = clients, frames.FrameWriter(writer)
        self._running: dict[int, asyncio.Task[None]] = {}

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Make calls until the other side closes; what is then on the wire is given up."""
        while (frame := await frames.read(reader)) is not None:
            number = int(frame["number"])
            if "call_id" not in frame:
                if task := self._running.get(number):
                    task.cancel()
                continue
            self._running[number] = task = asyncio.create_task(self._answer(number, frame))
            task.add_done_callback(lambda _, number=number: self._running.pop(number, None))  # type: ignore[misc]
        for task in list(self._running.values()):
            task.cancel()

    async def _answer(self, number: int, frame: dict[str, Any]) -> None:
        question = frames.to_question(frame)
        try:
            answer = frames.of_reply(number, await self._clients[question.teacher].ask(question))
        except CallError as error:
            answer = frames.of_error(number, error)
        except Exception:
            answer = {"number": number, "crash": traceback.format_exc()}
        self._outbox.put(answer)


async def run(end: socket.socket) -> None:
    """Open the clients that the first frame asks for, then make calls."""
    reader, writer = await asyncio.open_connection(sock=end)
    first = await frames.read(reader)
    if first is None:
        return
    opening = frames.Opening.model_validate(first)
    task = TaskSpec.model_validate(opening.task)
    clients = [
        open_client(
            open_teacher.teacher, task=task, key=open_teacher.key, limits=opening.limits, sample=open_teacher.sample
        )
        for open_teacher in opening.teachers
    ]
    writer.write(frames.packed({"ready": True}))
    try:
        await CallWorker(clients, writer).serve(reader)
    finally:
        for client in clients:
            await client.close()


if __name__ == "__main__":
    # The engine decides when calls end; a signal to the group must not cut off what is paid.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    try:
        asyncio.run(run(socket.socket(fileno=int(sys.argv[1]))))
    except Exception as error:
        # What was given may stand in the words of an error; it holds a key.
        sys.exit(f"a process that makes calls ended: {type(error).__name__}")
