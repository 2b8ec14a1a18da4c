"""Near-duplicates by MinHash: short signatures whose agreement estimates how many five-word runs two texts share.

A signature is 128 values, each the smallest of the text's shingles under one hash function (Broder, "On the resemblance
and containment of documents", 1997), of which the low 16 bits are kept; the share of values on which two signatures
agree estimates the Jaccard similarity of the shingle sets with a standard deviation of at most 4.5 %. Texts are brought
together by bands of six values (Indyk and Motwani, 1998): two at a similarity of 0.8 meet in one of 21 bands with a
probability of 99.8 %, at 0.9 in practice always. Hashes are the same in every process, so signatures can be stored.

Signatures choose whom to compare and decide nothing: an estimate at the threshold is above or below it by chance.
Whoever asks for near-duplicates gets those of an exact count. Knows words and numbers; not what the texts are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from review.text.near_duplicates.exclusion import rows_to_exclude
from review.text.near_duplicates.shingles import spread

SHINGLE_WORDS = 5
PERMUTATIONS = 128
BAND_ROWS = 6
BANDS = PERMUTATIONS // BAND_ROWS
THRESHOLD = 0.8
# Texts hashed at once: their shingles times 128 values of eight bytes stay within a processor's cache.
AT_ONCE = 16

Hashes = NDArray[np.uint64]
Signatures = NDArray[np.uint16]

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
    return np.unique(spread(sums))


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


def jaccard(first: Hashes, second: Hashes) -> float:
    """Return the share of all shingles that two texts have in common, 0 to 1; 0 where one is empty."""
    if not len(first) or not len(second):
        return 0.0
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def estimates(signature: Signatures, others: Signatures) -> NDArray[np.float64]:
    """Estimated similarity of one signature, (128,), to others, (N, 128); shape (N,)."""
    return np.asarray((others == signature).mean(axis=1), dtype=np.float64)


def clusters(hashes: Signatures, texts_of: Callable[[Sequence[int]], Sequence[str]]) -> list[list[int]]:
    """Groups of two or more texts that are each a near-duplicate of the first of their group; largest first.

    Bands only say whose texts to read; who is alike is counted exactly, as freezing counts it. A text joins a leader
    that it shares at least 80 % of its shingles with, else it leads a group itself. So no group is a chain whose ends
    are nothing alike.

    Args:
        hashes: Signatures, (N, 128), in the order in which texts may lead; all-zero rows join nothing.
        texts_of: Texts of rows, in the order asked for; asked once, for the rows that meet another in a band.

    Returns:
        Row numbers by group, its leader first; each row stands in one group at most.
    """
    rows = np.flatnonzero(_meets_another(hashes)).tolist()
    twins = rows_to_exclude(texts_of(rows), [""] * len(rows)) if rows else {}
    groups: dict[int, list[int]] = {}
    for place, (_, leader) in sorted(twins.items()):
        groups.setdefault(rows[leader], [rows[leader]]).append(rows[place])
    return sorted(groups.values(), key=lambda group: (-len(group), group[0]))


def _meets_another(hashes: Signatures) -> NDArray[np.bool_]:
    """Return whether each text shares a band with another one, (N,)."""
    meets = np.zeros(len(hashes), np.bool_)
    has_text = np.flatnonzero(hashes.any(axis=1))
    for keys in _bands(hashes[has_text]).T:
        _, key, count = np.unique(keys, return_inverse=True, return_counts=True)
        meets[has_text[count[key] > 1]] = True
    return meets


def _bands(hashes: Signatures) -> Hashes:
    """One key a band, (N, BANDS)."""
    rows = hashes[:, : BANDS * BAND_ROWS].reshape(len(hashes), BANDS, BAND_ROWS).astype(np.uint64)
    keys = np.zeros((len(hashes), BANDS), np.uint64)
    for place in range(BAND_ROWS):
        keys = keys * np.uint64(0x100000001B3) + rows[:, :, place]
    return keys


@lru_cache(maxsize=100_000)
def _word_hash(word: str) -> int:
    return crc32(word.encode()) + 1
