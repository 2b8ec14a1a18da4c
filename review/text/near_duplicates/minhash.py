"""Near-duplicates by MinHash: short signatures whose agreement estimates how many five-word runs two texts share.

A signature is 128 values, each the smallest of the text's shingles under one hash function (Broder, "On the resemblance and
containment of documents", 1997), of which the low 16 bits are kept; the share of values on which two signatures agree
estimates the Jaccard similarity of the shingle sets with a standard deviation of at most 4.5 %. Texts are brought together
by bands of six values (Indyk and Motwani, 1998): two at a similarity of 0.8 meet in one of 21 bands with a probability of
99.8 %, at 0.9 in practice always. Hashes are the same in every process, so signatures can be stored.

Knows words and numbers; not what the texts are. The exact search for datasets is in `pair_search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 5
PERMUTATIONS = 128
BAND_ROWS = 6
BANDS = PERMUTATIONS // BAND_ROWS
THRESHOLD = 0.8
# Texts hashed at once: their shingles times 128 values of eight bytes stay within a processor's cache.
AT_ONCE = 16

Hashes = NDArray[np.uint64]
Signatures = NDArray[np.uint16]
Places = NDArray[np.intp]

_random = np.random.Generator(np.random.PCG64(20_240_501))
# Multiply-shift hashing (Dietzfelbinger et al., 1997): odd multipliers, the high half of the product.
_MULTIPLIERS: Hashes = _random.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS: Hashes = _random.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
_POWERS: Hashes = np.array([0x9E3779B97F4A7C15 ** (k + 1) % 2**64 for k in range(SHINGLE_WORDS)], dtype=np.uint64)


def shingles(words: Sequence[str]) -> Hashes:
    """Hashes of all runs of five words, sorted, each once; a shorter text is one run, an empty one has none."""
    if not words:
        return np.empty(0, np.uint64)
    values = np.fromiter(map(_word_hash, words), np.uint64, len(words))
    size = min(SHINGLE_WORDS, len(values))
    last = len(values) - size + 1
    sums = np.zeros(last, np.uint64)
    for place in range(size):
        sums += values[place : place + last] * _POWERS[place]
    return np.unique(_mixed(sums))


def signatures(texts: Sequence[Sequence[str]]) -> Signatures:
    """Signatures of texts given as words, (N, 128); those of empty texts are all zero and like nothing."""
    result = np.zeros((len(texts), PERMUTATIONS), np.uint16)
    for start in range(0, len(texts), AT_ONCE):
        sets = [shingles(words) for words in texts[start : start + AT_ONCE]]
        rows = [index for index, hashes in enumerate(sets) if len(hashes)]
        if rows:
            result[[start + row for row in rows]] = _smallest([sets[row] for row in rows])
    return result


def _smallest(sets: Sequence[Hashes]) -> Signatures:
    every = np.concatenate(sets)
    begins = np.cumsum([0, *(len(hashes_of_text) for hashes_of_text in sets[:-1])])
    hashed = (every[:, None] * _MULTIPLIERS + _OFFSETS) >> np.uint64(32)  # (S, 128)
    return np.minimum.reduceat(hashed, begins, axis=0).astype(np.uint16)


def jaccard(one: Hashes, other: Hashes) -> float:
    """How many of all shingles two texts share, 0 to 1; two empty texts share none."""
    if not len(one) or not len(other):
        return 0.0
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def estimates(signature: Signatures, others: Signatures) -> NDArray[np.float64]:
    """Estimated similarity of one signature, (128,), to others, (N, 128); shape (N,)."""
    return np.asarray((others == signature).mean(axis=1), dtype=np.float64)


def clusters(found: Signatures, *, threshold: float = THRESHOLD) -> list[list[int]]:
    """Groups of two or more texts that are each like the first of their group; largest first.

    A text joins the earliest leader that it meets in a band and that it resembles by at least the threshold, else it leads
    a group itself. So no group is a chain whose ends are nothing alike.

    Args:
        found: Signatures, (N, 128), in the order in which texts may lead; all-zero rows join nothing.
        threshold: Between 0 and 1, by estimate.

    Returns:
        Row numbers by group, its leader first; each row stands in one group at most.
    """
    leaders: dict[tuple[int, int], list[int]] = {}
    groups: dict[int, list[int]] = {}
    keys = _bands(found)
    has_text = np.asarray(found.any(axis=1))
    for row in range(len(found)):
        if not has_text[row]:
            continue
        mine = [(band, int(key)) for band, key in enumerate(keys[row])]
        leader = _leader(found, row, mine, leaders, threshold)
        if leader is not None:
            groups[leader].append(row)
            continue
        groups[row] = [row]
        for key in mine:
            leaders.setdefault(key, []).append(row)
    return sorted((group for group in groups.values() if len(group) > 1), key=lambda group: (-len(group), group[0]))


# Of those who lead in one band, so many are looked at: texts by one template meet in bands without being alike.
_LEADERS_AT_MOST = 32


def _leader(
    found: Signatures,
    row: int,
    keys: Sequence[tuple[int, int]],
    leaders: dict[tuple[int, int], list[int]],
    threshold: float,
) -> int | None:
    met = sorted({leader for key in keys for leader in leaders.get(key, ())[:_LEADERS_AT_MOST]})
    if not met:
        return None
    alike = np.flatnonzero(estimates(found[row], found[met]) >= threshold)
    return met[int(alike[0])] if len(alike) else None


def _bands(found: Signatures) -> Hashes:
    """One key a band, (N, BANDS)."""
    rows = found[:, : BANDS * BAND_ROWS].reshape(len(found), BANDS, BAND_ROWS).astype(np.uint64)
    keys = np.zeros((len(found), BANDS), np.uint64)
    for place in range(BAND_ROWS):
        keys = keys * np.uint64(0x100000001B3) + rows[:, :, place]
    return keys


@lru_cache(maxsize=100_000)
def _word_hash(word: str) -> int:
    return crc32(word.encode()) + 1


def _mixed(values: Hashes) -> Hashes:
    """Spread the bits (splitmix64's finaliser)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
