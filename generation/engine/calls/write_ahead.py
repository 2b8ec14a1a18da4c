"""Says which calls come next, and lets one out only once that is stored outside this host.

A host that is cut off, or lost with its journal, has then asked for nothing that whoever takes over does not know of.
Each lane is a little ahead of its calls, so that nobody waits while answers are heard in time. Knows no database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from generation.engine.calls.lanes import Lane, Lanes
from generation.engine.plan import PlannedCall, to_runs
from jobs.rundir import RunDir

# A lane is announced so many times its calls at once at first, and never further than this.
LOOKAHEAD, MAX_LOOKAHEAD = 2, 4096


class IntentLog:
    """Announces the calls of one attempt. One event loop uses it.

    Args:
        tell: Reports the positions of calls; returns the number of the event.
    """

    def __init__(
        self, run: RunDir, tell: Callable[[list[tuple[int, int]]], int], lanes: Lanes, *, at_once: int
    ) -> None:
        self._run, self._tell, self._lanes = run, tell, lanes
        self._has_acks = run.heard is not None
        self._stored = 0
        self._told: dict[int, int] = {}
        self._waiting: list[tuple[int, Lane, asyncio.Future[None]]] = []
        # Lanes whose calls had to wait: answers came faster than announcements were stored.
        self._behind: set[int] = set()
        self._ahead = {id(lane): LOOKAHEAD * at_once for lane in lanes.all}

    def look(self) -> None:
        """Hear what is stored, and go on ahead of the calls; to be done about ten times a second."""
        if not self._has_acks:
            return
        is_first, self._stored = not self._stored, self._run.heard or 0
        ready = [entry for entry in self._waiting if entry[0] <= self._stored]
        self._waiting = [entry for entry in self._waiting if entry[0] > self._stored]
        for _, lane, waiting in ready:
            if not is_first:
                self._behind.add(id(lane))
            if not waiting.done():
                waiting.set_result(None)
        for lane in self._lanes.all:
            self._go_ahead(lane)

    async def known(self, call: PlannedCall) -> None:
        """Wait until it is stored that this call may be asked."""
        if not self._has_acks:
            return
        if call.index not in self._told:
            self._announce([call.index])
            self._go_ahead(self._lanes.of(call))
        seq = self._told.pop(call.index)
        if seq > self._stored:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((seq, self._lanes.of(call), waiting))
            await waiting

    def _go_ahead(self, lane: Lane) -> None:
        key = id(lane)
        if key in self._behind:
            self._behind.discard(key)
            self._ahead[key] = min(MAX_LOOKAHEAD, self._ahead[key] * 2)
        # In quarters: what waits to be stored is then never more than a small part of what may be asked meanwhile.
        if lane.has_calls and lane.announced <= self._ahead[key] * 3 // 4:
            self._announce([call.index for call in lane.announce(self._ahead[key])])

    def _announce(self, indexes: list[int]) -> None:
        if not indexes:
            return
        seq = self._tell(to_runs(indexes))
        self._told.update(dict.fromkeys(indexes, seq))
        self._run.request_ack(seq)
