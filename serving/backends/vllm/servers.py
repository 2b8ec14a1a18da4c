"""The vLLM servers of this host: one a base, started when first needed, watched, and stopped when nothing is on it.

All of it belongs to the event loop; files are read in threads.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from serving.backends.contracts import ServerLostError
from serving.backends.students import OpenedStudent, open_for_server
from serving.backends.vllm.options import Device, VllmOptions
from serving.backends.vllm.server import VllmServer
from serving.engine.errors import RequestRefused
from training.engine.contracts import StudentRef

# A question waits so long for a server that is starting; then it is told to come again.
PATIENCE_S: Final = 20.0
# A server that ended sooner is started again by the next question alone.
STEADY_S: Final = 60.0
STARTING: Final = RequestRefused(
    503, "model_loading", "The model's vLLM server is starting. Try again.", retry_after_s=10
)


@dataclass(frozen=True)
class ServerRules:
    """Rules for every server of a host.

    Attributes:
        sockets: Folder that is ours alone.
        logs: Folder for what servers write.
        rows: Answers that one server writes at once.
        kv_bytes: Bytes of keys and values of one server; None leaves it to the options.
        token: The hub's, for gated bases; servers are not given it.
        allowed_roots: Folders that a base may lie in.
    """

    options: VllmOptions
    sockets: Path
    logs: Path
    device: Device
    rows: int
    kv_bytes: int | None
    token: str | None
    allowed_roots: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """A model that a server is needed for. `key` is the same for all miniatures that share a server."""

    key: str
    ref: StudentRef
    takes_adapters: bool


@dataclass(eq=False)
class Slot:
    """A server with what is known of its model; `start` is done once it answers."""

    target: Target
    student: OpenedStudent
    server: VllmServer
    start: asyncio.Task[None]
    users: int = 0


@dataclass
class Servers:
    """Servers by the key of their model.

    Attributes:
        on_loss: Is told of a server that has ended by itself.
    """

    rules: ServerRules
    on_loss: Callable[[Slot], None]
    slots: dict[str, Slot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._opening = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._watches: set[asyncio.Task[None]] = set()

    async def running(self, target: Target) -> Slot:
        """The server of a model; starts it where there is none, and waits a while.

        Raises:
            NotServableError: It is no decoder.
            RequestRefused: 503, it is starting, cannot start, or has no place beside others.
            TrainError: Its files cannot be read.
        """
        async with self._opening:
            slot = self.slots.get(target.key) or await self._open(target)
        try:
            await asyncio.wait_for(asyncio.shield(slot.start), PATIENCE_S)
        except TimeoutError:
            raise STARTING from None
        except asyncio.CancelledError:
            # Its server was stopped on purpose while it started; else this question itself is over.
            if slot.start.cancelled():
                raise STARTING from None
            raise
        return slot

    async def close(self, slot: Slot) -> None:
        """Stop a server on purpose."""
        if self.slots.get(slot.target.key) is slot:
            del self.slots[slot.target.key]
            slot.start.cancel()
            await slot.server.stop()

    async def stop(self) -> None:
        """Stop all."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*(self.close(slot) for slot in list(self.slots.values())))

    async def _open(self, target: Target) -> Slot:
        most = self.rules.options.servers
        if len(self.slots) >= most:
            raise RequestRefused(
                503,
                "no_room",
                f"The model needs a vLLM server of its own, and {most} may run on this host (SERVING_VLLM_SERVERS). "
                "Raise it, or demote the miniatures of another base.",
                retry_after_s=60,
            )
        roots = self.rules.allowed_roots if target.takes_adapters else ()
        student = await asyncio.to_thread(open_for_server, target.ref, token=self.rules.token, allowed_roots=roots)
        server = self._server(student, takes_adapters=target.takes_adapters)
        slot = Slot(target, student, server, asyncio.create_task(server.start()))
        self.slots[target.key] = slot
        watch = asyncio.create_task(self._watch(slot))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        return slot

    def _server(self, student: OpenedStudent, *, takes_adapters: bool) -> VllmServer:
        rules, number = self.rules, next(self._numbers)
        return VllmServer(
            folder=student.folder,
            socket=rules.sockets / f"v{os.getpid()}-{number}.sock",
            log=rules.logs / f"vllm-{number}.log",
            options=rules.options,
            device=rules.device,
            rows=rules.rows,
            takes_adapters=takes_adapters,
            share=rules.options.gpu_share / rules.options.servers,
            kv_bytes=rules.kv_bytes,
        )

    async def _watch(self, slot: Slot) -> None:
        """Forget a server that has ended; one that had stood a while is started again at once."""
        try:
            await asyncio.shield(slot.start)
        except asyncio.CancelledError:
            if slot.start.cancelled():
                return
            raise
        except (RequestRefused, ServerLostError):
            await self.close(slot)
            return
        began_s = time.monotonic()
        await slot.server.wait()
        if self.slots.get(slot.target.key) is not slot:
            return
        self.on_loss(slot)
        await self.close(slot)
        if time.monotonic() - began_s >= STEADY_S:
            async with self._opening:
                if slot.target.key not in self.slots:
                    await self._open(slot.target)
