"""Candidate pairs by prefix and position, and their exact comparison.

Shingles of a text stand from the rarest on. Two sets whose Jaccard similarity reaches t share at least
a = ceil(t / (1 + t) * (|x| + |y|)) shingles, so the first one they share stands where both have a left, itself included
(prefix filter: Bayardo, Ma and Srikant, "Scaling up all pairs similarity search", 2007; position filter: Xiao, Wang,
Lin and Yu, "Efficient similarity joins for near duplicate detection", 2008). Texts made from one template meet only far
from their rare beginnings, and are never compared. No pair is missed. What meets is compared by sketches of 512 bits,
whose difference bounds that of the sets from below, and then shingle by shingle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.text.near_duplicates.shingles import THRESHOLD, Ints, ShingleSets, sorted_unique

BATCH = 1 << 21
_SKETCH_WORDS = 8
_EPSILON = 1e-9
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PrefixEntries:
    """Shared shingles in prefixes: of which text, which shingle, at which place."""

    text: Ints
    rank: Ints
    place: Ints


@dataclass(frozen=True, slots=True)
class PrefixIndex:
    """Entries by key, so that those that may match a shingle stand together.

    Attributes:
        keys: (E,), sorted: the shingle, its text's class, and the size that limits who may match.
        text: (E,), the text of each.
        place: (E,), where the shingle stands in it.
    """

    keys: Ints
    text: Ints
    place: Ints


class PairSearch:
    """Texts made ready to be compared.

    Attributes:
        classes: (D,), a small number for each text; indices and probes name the classes they are about.
    """

    def __init__(self, sets: ShingleSets, classes: Ints, threshold: float = THRESHOLD) -> None:
        self.sets, self.classes, self.threshold = sets, classes, threshold
        self.class_count = int(classes.max()) + 1 if len(classes) else 1
        self.size_span = int(sets.sizes.max()) + 2 if len(sets.sizes) else 2
        self.owner = np.repeat(np.arange(len(sets.sizes)), sets.sizes)
        self.place = np.arange(len(sets.ranks)) - sets.starts[self.owner]
        size = sets.sizes[self.owner]
        both = 2 * threshold / (1 + threshold)
        self._long = sets.shared & (self.place <= size - _ceil(threshold * size))
        self._short = sets.shared & (self.place <= size - _ceil(both * size))
        self._sketches = _sketches(sets, self.owner)

    def entries(self, texts: Ints, *, is_short: bool) -> PrefixEntries:
        """Shared shingles in the prefixes of some texts, long ones or those that suffice for the shorter of two."""
        flat = spread(self.sets.starts[texts], self.sets.sizes[texts])
        flat = flat[(self._short if is_short else self._long)[flat]]
        return PrefixEntries(self.owner[flat], self.sets.ranks[flat].astype(np.int64), self.place[flat])

    def reach(self, entries: PrefixEntries) -> Ints:
        """Largest size of a shorter text that may still match at this place."""
        size = self.sets.sizes[entries.text]
        most = np.floor((1 + self.threshold) / self.threshold * (size - entries.place) + _EPSILON).astype(np.int64)
        reached: Ints = np.minimum(size, most - size)
        return reached

    def index(self, texts: Ints, *, is_short: bool) -> PrefixIndex:
        """Texts to be found as the shorter of two, by their size, or as the longer, by the sizes they reach."""
        entries = self.entries(texts, is_short=is_short)
        limit = self.sets.sizes[entries.text] if is_short else np.maximum(self.reach(entries), 0)
        keys = self.key(entries.rank, self.classes[entries.text], limit)
        order = np.argsort(keys, kind="stable")
        return PrefixIndex(keys[order], entries.text[order], entries.place[order])

    def key(self, rank: Ints, class_: Ints | int, size: Ints | int) -> Ints:
        """Sorted like (shingle, class, size)."""
        keys: Ints = (rank * self.class_count + class_) * self.size_span + size
        return keys

    def shorter(self, probes: PrefixEntries, index: PrefixIndex, class_: Ints | int) -> tuple[Ints, Ints]:
        """For each probe, the part of a short index whose texts are no longer than its own, as starts and ends."""
        least = _ceil(self.threshold * self.sets.sizes[probes.text])
        most = np.maximum(self.reach(probes), least - 1)
        low = np.searchsorted(index.keys, self.key(probes.rank, class_, least), side="left")
        high = np.searchsorted(index.keys, self.key(probes.rank, class_, most), side="right")
        return low, np.maximum(high, low)

    def longer(self, probes: PrefixEntries, index: PrefixIndex, class_: Ints | int) -> tuple[Ints, Ints]:
        """For each probe, the part of a long index that reaches down to its size."""
        size = self.sets.sizes[probes.text]
        low = np.searchsorted(index.keys, self.key(probes.rank, class_, size), side="left")
        high = np.searchsorted(index.keys, self.key(probes.rank, class_, self.size_span - 1), side="right")
        return low, np.maximum(high, low)

    def alike(self, first: Ints, second: Ints) -> Bools:
        """Return whether pairs of texts are near-duplicates, exactly; (P,) and (P,) give (P,)."""
        sizes = self.sets.sizes
        total = sizes[first] + sizes[second]
        needed = _ceil(self.threshold / (1 + self.threshold) * total)
        is_alike = np.minimum(sizes[first], sizes[second]) >= needed
        maybe = np.flatnonzero(is_alike)
        differ = np.bitwise_count(self._sketches[first[maybe]] ^ self._sketches[second[maybe]]).sum(
            axis=1, dtype=np.int64
        )
        is_alike[maybe] = (total[maybe] - differ) // 2 >= needed[maybe]
        for part in parts(np.flatnonzero(is_alike), sizes[second]):
            is_alike[part] = self._shared(first[part], second[part]) >= needed[part]
        return is_alike

    def _shared(self, first: Ints, second: Ints) -> Ints:
        a, b = self._tagged(first), self._tagged(second)
        both = np.sort(np.concatenate([a, b]), kind="stable")
        hits = both[:-1][both[:-1] == both[1:]]
        return np.bincount(hits // len(self.sets.ranks), minlength=len(first)).astype(np.int64)

    def _tagged(self, texts: Ints) -> Ints:
        sizes = self.sets.sizes[texts]
        flat = spread(self.sets.starts[texts], sizes)
        return np.repeat(np.arange(len(texts)), sizes) * len(self.sets.ranks) + self.sets.ranks[flat]


def pairs_among(search: PairSearch, texts: Ints) -> list[tuple[int, int]]:
    """All pairs of near-duplicates among some texts of one class, as (earlier, later), sorted."""
    if not len(texts):
        return []
    index, probes = search.index(texts, is_short=True), search.entries(texts, is_short=False)
    starts, ends = search.shorter(probes, index, search.classes[probes.text])
    result: set[tuple[int, int]] = set()
    for part in parts(np.arange(len(starts)), ends - starts):
        at = spread(starts[part], (ends - starts)[part])
        left, other = np.repeat(probes.text[part], (ends - starts)[part]), index.text[at]
        is_pair = left != other
        low, high = np.minimum(left, other)[is_pair], np.maximum(left, other)[is_pair]
        met = sorted_unique(low * len(search.owner) + high)
        early, late = np.divmod(met, len(search.owner))
        near = search.alike(early, late)
        result.update(zip(early[near].tolist(), late[near].tolist(), strict=True))
    return sorted(result)


def parts(items: Ints, weights: Ints) -> Iterator[Ints]:
    """Items in parts whose weights together stay near BATCH; `weights` by item."""
    if not len(items):
        return
    cuts = np.flatnonzero(np.diff(np.cumsum(weights[items]) // BATCH)) + 1
    yield from np.split(items, cuts)


def spread(starts: Ints, counts: Ints) -> Ints:
    """start, start + 1, … for each start, count by count."""
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    flat: Ints = np.repeat(starts, counts) + within
    return flat


def _ceil(values: NDArray[np.floating[Any]]) -> Ints:
    least: Ints = np.ceil(values - _EPSILON).astype(np.int64)
    return least


def _sketches(sets: ShingleSets, owner: Ints) -> NDArray[np.uint64]:
    """One bit of 512 for each shingle, flipped each time: (D, 8)."""
    spread = (sets.ranks.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(55)
    word, bit = spread >> np.uint64(6), np.uint64(1) << (spread & np.uint64(63))
    sketches = np.zeros((len(sets.sizes), _SKETCH_WORDS), dtype=np.uint64)
    np.bitwise_xor.at(sketches.reshape(-1), owner * _SKETCH_WORDS + word.astype(np.int64), bit)
    return sketches
