"""Says in the log, sparsely, that forged tokens come in: one line a minute, however many there are."""

from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger(__name__)
EVERY_S = 60.0


class _Sparse:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count, self._said_s = 0, -EVERY_S

    def seen(self, where: str) -> None:
        """Count one, and say so if it has been quiet for a minute. The token itself is not written down."""
        with self._lock:
            self._count += 1
            if time.monotonic() - self._said_s < EVERY_S:
                return
            count, self._count, self._said_s = self._count, 0, time.monotonic()
        logger.warning("%s forged or broken tokens came in, the last at %s.", count, where)


SEEN = _Sparse()
