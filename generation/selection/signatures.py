"""Finds a text that nearly repeats an earlier one, by signature and then by counting. Pure; grows as it is fed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from review.text.near_duplicates import minhash
from review.text.near_duplicates.minhash import Signatures
from review.text.search.words import folded

# At the threshold a signature errs by 3.5 % (one standard deviation): texts by more than three of them below it are
# counted as well.
COMPARED_FROM = minhash.THRESHOLD - 0.12
# The most alike of so many is told; where none of them is a twin, more are counted: many may seem more alike than they
# are.
COMPARED, COMPARED_AT_MOST = 5, 32
ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class NearDuplicate:
    """The text that was said before: its key, and the share of five-word runs in common, 0 to 1."""

    key: str
    similarity: float


class SignatureIndex:
    """Signatures of texts by key; the newest `at_most` are remembered. Use it from one thread at a time."""

    def __init__(self, *, at_most: int) -> None:
        self._at_most = at_most
        self._keys: list[str] = []
        self._known: set[str] = set()
        self._rows: Signatures = np.zeros((ROWS_AT_ONCE, minhash.PERMUTATIONS), np.uint16)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Remember signatures; a key that is known, and a text too short to be like another, add nothing."""
        for key, raw in entries:
            if key in self._known or not raw:
                continue
            if len(self._keys) >= 2 * self._at_most:
                self._forget()
            if len(self._keys) == len(self._rows):
                self._rows = np.vstack([self._rows, np.zeros_like(self._rows)])
            self._rows[len(self._keys)] = np.frombuffer(raw, np.uint16)
            self._keys.append(key)
            self._known.add(key)

    def twin(self, text: str, *, but: str, text_of: Callable[[str], str | None]) -> NearDuplicate | None:
        """The most alike of all texts remembered, where it shares at least the threshold of five-word runs.

        Args:
            but: Its own key, which is no twin of it.
            text_of: The text of a key, None where it is gone; asked for a few that may be alike.
        """
        words = folded(text)
        raw = minhash.signatures([words])[0]
        if not self._keys or not raw.any():
            return None
        # Counted rather than averaged: the same shares at a third of the time, for every draft that arrives.
        alike = np.count_nonzero(self._rows[: len(self._keys)] == raw, axis=1) / minhash.PERMUTATIONS
        order = np.argsort(-alike, kind="stable")[: COMPARED_AT_MOST + 1]
        keys = [key for row in order if alike[row] >= COMPARED_FROM and (key := self._keys[row]) != but]
        mine = minhash.shingles(words)
        for some in (keys[:COMPARED], keys[COMPARED:COMPARED_AT_MOST]):
            if near := list(_near(mine, some, text_of)):
                return max(near, key=lambda twin: twin.similarity)
        return None

    def _forget(self) -> None:
        self._keys = self._keys[-self._at_most :]
        self._known = set(self._keys)
        self._rows = self._rows[self._at_most : 2 * self._at_most].copy()


def _near(mine: minhash.Hashes, keys: Iterable[str], text_of: Callable[[str], str | None]) -> Iterator[NearDuplicate]:
    """Texts that share at least the threshold of five-word runs, counted."""
    for key in keys:
        if (other := text_of(key)) is not None:
            similarity = minhash.jaccard(mine, minhash.shingles(folded(other)))
            if similarity >= minhash.THRESHOLD:
                yield NearDuplicate(key, similarity)


def signature(text: str) -> bytes:
    """A text's signature as bytes; empty for one without words."""
    hashes = minhash.signatures([folded(text)])[0]
    return hashes.tobytes() if hashes.any() else b""
