"""Lock by which claims follow each other, so that no two count the same free place."""

from __future__ import annotations

import hashlib

from django.db import connection


def one_claim_at_a_time(kind: str, host_id: str) -> None:
    """Let claims of one kind and host follow each other until the transaction ends.

    SQLite's IMMEDIATE transactions follow each other anyway.
    """
    if connection.vendor == "postgresql":
        digest = hashlib.sha256(f"{kind} on {host_id}".encode()).digest()
        number = int.from_bytes(digest[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
