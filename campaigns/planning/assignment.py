"""Assign companies to arms, and drafts to the share that people review, by salted hashes alone.

Pure Python. The same salt, key and weights give the same answer on every machine and in every order, so an
assignment can be checked afterwards by anyone who has them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import accumulate

BITS = 64


def fraction(salt: str, key: str) -> float:
    """A number in [0, 1) that looks random and never changes: the first 64 bits of SHA-256 of `salt|key`."""
    digest = hashlib.sha256(f"{salt}|{key}".encode()).digest()
    # 53 bits are what a float holds exactly; more would round some hashes up to 1.0.
    return (int.from_bytes(digest[:8], "big") >> (BITS - 53)) / 2**53


def arm_of(salt: str, cluster: str, weights: Sequence[int]) -> int:
    """Index of the arm that a cluster belongs to.

    Args:
        salt: The campaign's salt; another salt gives another assignment.
        cluster: What is assigned as one, such as a company's domain; compared without regard to case.
        weights: Whole numbers from 0, one an arm, in the arms' order; at least one above 0.

    Raises:
        ValueError: No weight is above 0, or one is below.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(
            f"weights {list(weights)} assign no contacts: give at least one arm a weight above 0, none below"
        )
    place = fraction(salt, cluster.strip().casefold()) * total
    return next(index for index, end in enumerate(accumulate(weights)) if place < end)


def is_sampled(salt: str, key: str, share: float) -> bool:
    """Tell whether a draft is among the share that a person sees; a smaller share is a part of every larger one."""
    return fraction(salt, f"sample|{key}") < share
