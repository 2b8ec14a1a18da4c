"""The append-only file of paid calls: *sent* is on disk before the wire, *answered* after.

A batch is noted with its calls before it is handed in, and its name at the provider before anything else is done.
What arrives together shares one write and one fsync. A disk that syncs in well under a millisecond is written from the
event loop itself, at the end of its turn: a thread would cost each call several turns of a busy loop, far more than the
disk. A slower one is written from a thread, in groups of a few milliseconds. A later attempt reads the file (`history`)
to learn what was paid. It knows nothing of providers, prices or drafts: an answer is an opaque payload.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jobs.rundir.durable import fsync_folder

FILENAME = "journal.jsonl"
GROUP_S = 0.003
# A disk slower than this must not hold the event loop.
FAST_DISK_S = 0.001
# How much of the slowest sync seen is still believed after one more group.
MEMORY = 0.9


class Journal:
    """The writing half, for one event loop.

    Args:
        path: The file; a torn last line of an earlier crash is cut off.
        group_s: How long the first entry of a group waits for company.
    """

    def __init__(self, path: Path, *, group_s: float = GROUP_S) -> None:
        self._file = path.open("ab", buffering=0)
        _cut_torn_line(path)
        fsync_folder(path.parent)
        self._group_s = group_s
        self._pending: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._is_due = False
        self._disk_s: float | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        # After a failed write the file may end in half a line: nothing may follow it, or the middle would be damaged.
        self.broken: OSError | None = None
        self.groups = 0

    async def sent(self, call: str, *, reserve_usd: float) -> None:
        """Note that a call goes out; returns once that is on disk.

        Raises:
            OSError: The disk took no more; the call must not be made.
        """
        await self._durably({"what": "sent", "call": call, "reserve_usd": reserve_usd, "at": round(time.time(), 3)})

    async def batch(self, token: str, calls: list[tuple[str, float]], *, ended: Sequence[str] = ()) -> None:
        """Note that these calls, each with its worst price, are about to be handed in; returns once that is on disk.

        Args:
            calls: Those without an end, with their worst price.
            ended: Others of the batch, when it is taken up from what another host told.

        Raises:
            OSError: The disk took no more; the batch must not be handed in.
        """
        entry = {"what": "batch", "token": token, "calls": calls, "ended": list(ended), "at": round(time.time(), 3)}
        await self._durably(entry)

    async def batch_submitted(self, token: str, *, batch_id: str) -> None:
        """Note the provider's name of a batch; returns once that is on disk.

        Raises:
            OSError: The disk took no more. The batch is found again by its token.
        """
        await self._durably({"what": "batch_submitted", "token": token, "batch": batch_id})

    async def batch_ended(self, token: str) -> None:
        """Note that all a batch brought has been noted; returns once all of it is on disk.

        Raises:
            OSError: The disk took no more. The batch is taken in again by a later attempt.
        """
        await self._durably({"what": "batch_ended", "token": token})

    def batch_dropped(self, token: str, *, code: str) -> None:
        """Note that a batch never began: its calls are unpaid and free to be asked."""
        self._add({"what": "batch_dropped", "token": token, "code": code})

    def doubtful(self, call: str) -> None:
        """Note that a batch brought no word of one of its calls: perhaps paid."""
        self._add({"what": "doubtful", "call": call})

    def unbilled(self, call: str, *, code: str) -> None:
        """Note that the provider turned the call down, or was never reached: nothing was paid."""
        self._add({"what": "unbilled", "call": call, "code": code})

    def answered(self, call: str, *, kind: str, payload: dict[str, Any]) -> None:
        """Note how a call ended. Not awaited: until it is on disk, a crash makes the call uncertain, never unpaid."""
        self._add({"what": "answered", "call": call, "kind": kind, "payload": payload})

    def require_sound(self) -> None:
        """Refuse to go on after a failed write.

        Raises:
            OSError: The disk took no more.
        """
        if self.broken is not None:
            raise self.broken

    async def close(self) -> None:
        while self._writer is not None or self._is_due:
            await (asyncio.shield(self._writer) if self._writer else asyncio.sleep(0))
        self._thread.shutdown()
        self._file.close()

    async def _durably(self, entry: dict[str, Any]) -> None:
        self.require_sound()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._add(entry)
        await done

    def _add(self, entry: dict[str, Any]) -> None:
        self._pending.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        if self._writer is not None or self._is_due:
            return
        loop = asyncio.get_running_loop()
        if self._disk_s is not None and self._disk_s < FAST_DISK_S:
            self._is_due = True
            loop.call_soon(self._write_now)
        else:
            self._writer = loop.create_task(self._write_groups())

    def _write_now(self) -> None:
        self._is_due = False
        lines, waiting = self._taken()
        if self.broken is None:
            try:
                self._to_disk(lines)
            except OSError as error:
                self.broken = error
        _resolve_waiting(waiting, self.broken)

    async def _write_groups(self) -> None:
        try:
            while self._pending:
                await asyncio.sleep(self._group_s)
                await self._write_group()
        finally:
            self._writer = None

    async def _write_group(self) -> None:
        lines, waiting = self._taken()
        if self.broken is None:
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._to_disk, lines)
            except OSError as error:
                self.broken = error
        _resolve_waiting(waiting, self.broken)

    def _taken(self) -> tuple[bytes, list[asyncio.Future[None]]]:
        lines, self._pending = b"".join(self._pending), []
        waiting, self._waiting = self._waiting, []
        self.groups += 1
        return lines, waiting

    def _to_disk(self, data: bytes) -> None:
        began = time.perf_counter()
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())
        took_s = time.perf_counter() - began
        self._disk_s = max(took_s, MEMORY * (self._disk_s or 0.0))


def _resolve_waiting(waiting: list[asyncio.Future[None]], error: OSError | None) -> None:
    for done in waiting:
        # A caller cancelled while it waited has a future that is done already.
        with contextlib.suppress(asyncio.InvalidStateError):
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)


def _cut_torn_line(path: Path) -> None:
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)
