"""Ids by the hundred: one question to the system's source of chance for all of them. Pure Python."""

from __future__ import annotations

import os
import time

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
# What 12 bits count.
_AT_MOST = 4096


def new_ids(count: int) -> list[str]:
    """So many UUIDs of version 7 (RFC 9562), each as its 32 hexadecimal digits, in rising order.

    Rows that come together so stand together in the indexes of their ids, and a large import touches few pages of them.
    Behind the time and the number within the batch, 62 bits are chance.
    """
    ids: list[str] = []
    while len(ids) < count:
        ids += _batch(min(count - len(ids), _AT_MOST))
    return ids


def _batch(count: int) -> list[str]:
    ms = f"{time.time_ns() // 1_000_000:012x}"
    chance = os.urandom(8 * count).hex()
    return [
        f"{ms}7{number:03x}{_VARIANT[chance[at]]}{chance[at + 1 : at + 16]}"
        for number, at in enumerate(range(0, 16 * count, 16))
    ]


def random_keys(count: int) -> list[int]:
    """So many integers, uniform over the non-negative 63-bit ones."""
    chance = os.urandom(8 * count)
    return [int.from_bytes(chance[at : at + 8], "big") >> 1 for at in range(0, 8 * count, 8)]
