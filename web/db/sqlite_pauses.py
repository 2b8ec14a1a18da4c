"""Lets other writers in between the short transactions of a long work.

SQLite has one writer and no queue: who waits looks again every 100 ms, and would never find the moment between two
transactions that follow at once. PostgreSQL needs none of this.
"""

from __future__ import annotations

import time
from typing import Final

from django.db import connection

HELD_S: Final = 0.2
PAUSE_S: Final = 0.05


class SqlitePauses:
    """The pauses of one work; called between its transactions."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def give_way(self) -> None:
        """Pause where this work has kept the database to itself for a while."""
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            return
        if time.monotonic() - self._since >= HELD_S:
            time.sleep(PAUSE_S)
            self._since = time.monotonic()
