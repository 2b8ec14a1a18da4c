"""Texts as sets of hashed word shingles, in flat arrays.

Hashes have 64 bits: among ten million shingles two different ones fall together with a probability of about 3e-6. Knows
words and numbers; does not know which texts are alike.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.text import scripts

SHINGLE_WORDS = 5
THRESHOLD = 0.8
_STEP = np.uint64(0x9E3779B97F4A7C15)

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """The shingle sets of D texts.

    Attributes:
        starts: (D + 1,), where each text's shingles begin.
        ranks: (S,), the shingles of each text as their places in the order of rarity, the rarest first.
        shared: (S,), whether another text has the shingle too.
        sizes: (D,), how many shingles each text has.
    """

    starts: Ints
    ranks: NDArray[np.int32]
    shared: NDArray[np.bool_]
    sizes: Ints


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The five-word shingles of a text, as words; a shorter text is one shingle.

    Without blanks each character is a word.
    """
    words = _words(text)
    if not words:
        return frozenset()
    return frozenset(tuple(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1)))


def _words(text: str) -> list[str]:
    """Words with their letters composed: a letter and its accent apart would be the begins of two words."""
    return scripts.words(text.casefold() if text.isascii() else unicodedata.normalize("NFC", text.casefold()))


class WordNumbers:
    """Numbers for words, the same for the same word as long as this lives."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, int] = defaultdict()
        number: Callable[[], int] = self._ids.__len__
        self._ids.default_factory = number

    def of(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], Ints]:
        """All words of texts as numbers, (W,), and how many each text has, (D,)."""
        flat, lengths = array("i"), array("q")
        for text in texts:
            words = _words(text)
            flat.extend(map(self._ids.__getitem__, words))
            lengths.append(len(words))
        ids = np.frombuffer(flat, dtype=np.int32) if flat else np.zeros(0, np.int32)
        return ids, np.array(lengths, dtype=np.int64)


def windows(ids: NDArray[Any], lengths: Ints, size: int) -> tuple[Hashes, Ints]:
    """Hashes of all runs of `size` words within texts, and the text of each; a shorter text is one run.

    Returns:
        Hashes, (R,), and indices of texts, (R,), in the order of the texts.
    """
    ends = np.cumsum(lengths)
    runs = np.where(lengths > 0, np.maximum(lengths - size + 1, 1), 0)
    owner = np.repeat(np.arange(len(lengths)), runs)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(runs) - runs, runs)
    first = within + (ends - lengths)[owner]
    mixed = spread(ids.astype(np.uint64) + _STEP)
    hashes = np.zeros(len(owner), dtype=np.uint64)
    for step in range(size):
        place = first + step
        inside = place < ends[owner]
        word = mixed[np.minimum(place, max(len(mixed) - 1, 0))] if len(mixed) else hashes
        # A run that ends early ends in a number that no word has.
        hashes = hashes * np.uint64(0x100000001B3) + np.where(inside, word, np.uint64(1))
    return spread(hashes + _STEP), owner


def shingle_sets(texts: Sequence[str]) -> ShingleSets:
    """The shingle sets of texts."""
    hashes, owner = windows(*WordNumbers().of(texts), SHINGLE_WORDS)
    _, number = np.unique(hashes, return_inverse=True)
    del hashes
    kinds = int(number.max()) + 1 if len(number) else 1
    once = sorted_unique(owner * kinds + number)
    del number
    owner, number = np.divmod(once, kinds)
    frequency = np.bincount(number, minlength=kinds)
    rank = np.empty(kinds, dtype=np.int64)
    rank[np.argsort(frequency, kind="stable")] = np.arange(kinds)
    once = np.sort(owner * kinds + rank[number])
    owner, ranks = np.divmod(once, kinds)
    by_rank = np.empty(kinds, dtype=np.int64)
    by_rank[rank] = frequency
    sizes = np.bincount(owner, minlength=len(texts)).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return ShingleSets(starts, ranks.astype(np.int32), by_rank[ranks] > 1, sizes)


def sorted_unique(values: Ints) -> Ints:
    """Values in order, each once. Sorting is far faster than the hash table that NumPy uses for this since 2.3."""
    ordered = np.sort(values)
    once: Ints = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return once


def spread(values: Hashes) -> Hashes:
    """Spread values over all 64 bits (the finaliser of SplitMix64; Steele, Lea and Flood, 2014)."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
