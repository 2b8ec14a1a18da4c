"""Turns: transactions that look before they write follow each other."""

from __future__ import annotations

import hashlib

from django.db import connection


def wait_for_turn(name: str) -> None:
    """Let transactions that wait for one name follow each other, each until it ends. Call it inside the transaction.

    SQLite's IMMEDIATE transactions follow each other anyway.
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
