"""Questions that a `llama-server` has forgotten, found by its own figures and hung up on: nobody waits for ever.

A long prompt and a whole answer are silent for minutes, too; but the server counts them among what it has to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from typing import Final

from serving.backends.contracts import ServerLostError
from serving.backends.llama import wire

logger = logging.getLogger(__name__)
# A question without a token for so long is looked after; one as old as SETTLED_S has reached its server's queue.
SILENT_S: Final = 60.0
SETTLED_S: Final = 30.0
LOOK_EVERY_S: Final = 10.0
LOOK_WITHIN_S: Final = 10.0
_AT_WORK: Final = re.compile(rb"^llamacpp:requests_(?:processing|deferred) (\d+)$", re.MULTILINE)


class Watch:
    """Watch over the questions under way at one server."""

    def __init__(self, socket: str) -> None:
        self.lines: set[wire.Line] = set()
        self._socket, self._missing = socket, 0

    async def look(self) -> None:
        """Hang up on the most silent questions, as many as the server lacks on two looks in a row."""
        silent = sorted((line for line in self.lines if _age(line.heard_s) > SILENT_S), key=lambda line: line.heard_s)
        at_work = await self._at_work() if silent else None
        missing = 0 if at_work is None else sum(_age(line.asked_s) > SETTLED_S for line in self.lines) - at_work
        for line in silent[: max(0, min(missing, self._missing))]:
            logger.warning("llama-server has forgotten a question: no token for %d s.", _age(line.heard_s))
            line.hang_up()
        self._missing = missing

    async def _at_work(self) -> int | None:
        """Return how many questions the server is writing or will write; None where it does not tell in time."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError, ServerLostError):
            async with asyncio.timeout(LOOK_WITHIN_S):
                counts = _AT_WORK.findall(await wire.get(self._socket, "/metrics") or b"")
            return sum(map(int, counts)) if len(counts) == 2 else None
        return None


def _age(moment_s: float) -> float:
    return time.monotonic() - moment_s
