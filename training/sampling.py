"""Which records a run on a part of a dataset sees: nested samples, drawn by seed.

A sample of 80 holds the sample of 40 of the same seed, so that sizes differ by what is added and not by what was drawn.
Pure Python; does not know rows or files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def draw(records: Iterable[str], *, size: int, seed: int) -> frozenset[str]:
    """The first `size` records in an order that the seed gives; the order in which they come does not matter.

    Args:
        records: Ids of records; doubles count once.
        size: How many are wanted.
        seed: Another seed draws another sample.

    Raises:
        ValueError: There are fewer.
    """
    known = sorted(set(records), key=lambda record: hashlib.sha256(f"{seed}:{record}".encode()).digest())
    if len(known) < size:
        raise ValueError(f"{size} records are wanted and there are {len(known)}")
    return frozenset(known[:size])
