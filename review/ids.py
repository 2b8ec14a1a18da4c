"""Random ids by the hundred: one question to the system's source of chance for all of them. Pure Python."""

from __future__ import annotations

import os

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def random_ids(count: int) -> list[str]:
    """So many UUIDs of version 4, each as its 32 hexadecimal digits."""
    chance = os.urandom(16 * count).hex()
    return [
        f"{chance[at : at + 12]}4{chance[at + 13 : at + 16]}{_VARIANT[chance[at + 16]]}{chance[at + 17 : at + 32]}"
        for at in range(0, 32 * count, 32)
    ]


def random_keys(count: int) -> list[int]:
    """So many integers, uniform over the non-negative 63-bit ones."""
    chance = os.urandom(8 * count)
    return [int.from_bytes(chance[at : at + 8], "big") >> 1 for at in range(0, 8 * count, 8)]
