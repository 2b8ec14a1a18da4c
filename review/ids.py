"""Random ids by the hundred: one question to the system's source of chance for all of them. Pure Python."""

from __future__ import annotations

import os
from uuid import UUID


def random_ids(count: int) -> list[UUID]:
    """So many UUIDs of version 4."""
    chance = os.urandom(16 * count)
    return [UUID(bytes=chance[at : at + 16], version=4) for at in range(0, 16 * count, 16)]


def random_keys(count: int) -> list[int]:
    """So many integers, uniform over the non-negative 63-bit ones."""
    chance = os.urandom(8 * count)
    return [int.from_bytes(chance[at : at + 8], "big") >> 1 for at in range(0, 8 * count, 8)]
