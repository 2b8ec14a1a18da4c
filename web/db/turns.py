"""Turns of writers: one lock name at a time on PostgreSQL, and pauses of a long work on SQLite."""

from __future__ import annotations

import hashlib
import time
from typing import Final

from django.db import connection

HELD_S: Final = 0.2
PAUSE_S: Final = 0.05


def wait_for_turn(name: str) -> None:
    """Let transactions that wait for one name follow each other, each until it ends. Call it inside the transaction.

    SQLite's IMMEDIATE transactions follow each other anyway.
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


class SqlitePauses:
    """Pauses of a long work between its short transactions, so that other writers find a moment.

    SQLite has one writer and no queue: a waiting one looks again every 100 ms. PostgreSQL needs no pauses.
    """

    def __init__(self) -> None:
        self._since = time.monotonic()

    def give_way(self) -> None:
        """Pause where this work has kept the database to itself for a while."""
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            return
        if time.monotonic() - self._since >= HELD_S:
            time.sleep(PAUSE_S)
            self._since = time.monotonic()
