"""Which texts say nearly the same: exact Jaccard similarity of word shingles by prefix filtering.

Pure Python. Each text is a set of hashed five-word shingles. Sorted from the rarest shingle on, two sets whose Jaccard
similarity reaches t must share one of their first |S| - ceil(t |S|) + 1 shingles (Bayardo, Ma and Srikant, "Scaling up
all pairs similarity search", 2007), so only texts that meet in such a rare shingle are compared, and none is missed.
It does not know what the texts are or what becomes of them.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

SHINGLE_WORDS = 5
THRESHOLD = 0.8
_WORD = re.compile(r"\w+")


def shingles(text: str) -> frozenset[int]:
    """Hashed five-word shingles of a text; a shorter text is one shingle."""
    words = _WORD.findall(text.casefold())
    if not words:
        return frozenset()
    if len(words) <= SHINGLE_WORDS:
        return frozenset({hash(tuple(words))})
    return frozenset(hash(tuple(words[i : i + SHINGLE_WORDS])) for i in range(len(words) - SHINGLE_WORDS + 1))


def pairs(texts: Sequence[str], *, threshold: float = THRESHOLD) -> list[tuple[int, int]]:
    """All pairs of texts with a Jaccard similarity of at least `threshold`.

    Args:
        texts: The texts, in the order in which they matter; empty ones pair with nothing.
        threshold: Between 0 and 1.

    Returns:
        Index pairs (earlier, later), sorted.
    """
    sets = [shingles(text) for text in texts]
    frequency = Counter(shingle for one in sets for shingle in one)
    seen_in: dict[int, list[int]] = defaultdict(list)
    found: list[tuple[int, int]] = []
    # Smaller sets first, so that the length bound cuts early.
    for index in sorted(range(len(sets)), key=lambda i: len(sets[i])):
        mine = sets[index]
        if not mine:
            continue
        prefix = sorted(mine, key=lambda shingle: (frequency[shingle], shingle))
        prefix = prefix[: len(mine) - math.ceil(threshold * len(mine)) + 1]
        rivals = {other for shingle in prefix for other in seen_in[shingle]}
        found.extend(_ordered(index, other) for other in rivals if _alike(mine, sets[other], threshold))
        for shingle in prefix:
            seen_in[shingle].append(index)
    return sorted(found)


def _alike(one: frozenset[int], other: frozenset[int], threshold: float) -> bool:
    small, large = sorted((len(one), len(other)))
    if small < threshold * large:
        return False
    shared = len(one & other)
    return shared >= threshold * (len(one) + len(other) - shared)


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def verdicts(splits: Sequence[str], near: Iterable[tuple[int, int]]) -> dict[int, str]:
    """Which rows to leave out of a dataset, and why.

    A row with a near-duplicate in another split is left out as `straddles`; of near-duplicates within one split the
    earliest stays and the others go as `near_duplicate`.

    Args:
        splits: Split of each row.
        near: Pairs (earlier, later) of near-duplicate rows.

    Returns:
        Reason by row index; rows that stay are absent.
    """
    near = list(near)
    out = {index: "straddles" for pair in near if splits[pair[0]] != splits[pair[1]] for index in pair}
    for earlier, later in near:
        if earlier not in out and later not in out:
            out[later] = "near_duplicate"
    return out
