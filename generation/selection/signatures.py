"""Finds a text that says nearly the same as one seen before, by signature and then by counting. Pure; grows as it is fed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from review.text.near_duplicates import minhash
from review.text.near_duplicates.minhash import Signatures
from review.text.search.words import folded

# A signature errs by 4.5 % at most (one standard deviation): two of them below the threshold are counted as well.
COMPARED_FROM = minhash.THRESHOLD - 0.09
COMPARED_AT_MOST = 5
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
            text: The text asked about.
            but: Its own key, which is no twin of it.
            text_of: The text of a key, None where it is gone; asked for a few that may be alike.
        """
        words = folded(text)
        raw = minhash.signatures([words])[0]
        if not self._keys or not raw.any():
            return None
        # Counted rather than averaged: the same shares at a third of the time, for every draft that arrives.
        alike = np.count_nonzero(self._rows[: len(self._keys)] == raw, axis=1) / minhash.PERMUTATIONS
        best = [
            int(row) for row in np.argsort(-alike, kind="stable")[: COMPARED_AT_MOST + 1] if alike[row] >= COMPARED_FROM
        ]
        mine = minhash.shingles(words)
        found = [
            NearDuplicate(key, minhash.jaccard(mine, minhash.shingles(folded(other))))
            for key in (self._keys[row] for row in best)
            if key != but and (other := text_of(key)) is not None
        ]
        near = [twin for twin in found if twin.similarity >= minhash.THRESHOLD]
        return max(near, key=lambda twin: twin.similarity, default=None)

    def _forget(self) -> None:
        self._keys = self._keys[-self._at_most :]
        self._known = set(self._keys)
        self._rows = self._rows[self._at_most : 2 * self._at_most].copy()


def signature(text: str) -> bytes:
    """A text's signature as bytes; empty for one without words."""
    found = minhash.signatures([folded(text)])[0]
    return found.tobytes() if found.any() else b""
