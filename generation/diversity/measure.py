"""Variety of texts: distinct-n, and how like each other they are. Pure; words are those the text index knows.

Distinct-n is the share of runs of n words that occur once or as the first of their kind: distinct runs over all runs
(Li et al., "A diversity-promoting objective function for neural conversation models", 2016, there for n of 1 and 2). It
falls as texts get longer or more, so compare sets of like size. Self-similarity is the mean Jaccard similarity of
five-word runs over all pairs of texts, and over each text's nearest other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from review.text.near_duplicates import minhash
from review.text.search.words import folded

N = (1, 2, 3)
# All pairs of so many texts are compared; of more, so many evenly spread over them.
COMPARED = 400


@dataclass(frozen=True)
class Diversity:
    """Figures of one set of texts.

    Attributes:
        distinct: Distinct-1, -2 and -3, each 0 to 1.
        mean_similarity: Over all pairs compared, 0 to 1.
        nearest_similarity: Mean over texts of the similarity to the nearest other, 0 to 1.
    """

    texts: int
    distinct: tuple[float, float, float]
    mean_similarity: float
    nearest_similarity: float
    compared: int


def measure(texts: Sequence[str]) -> Diversity:
    """Measure a set of texts; the figures of fewer than two are 0 where they need a pair."""
    words = [folded(text) for text in texts]
    step = max(1, -(-len(words) // COMPARED))
    mean, nearest = similarity(words[::step])
    unigrams, bigrams, trigrams = (distinct(words, n) for n in N)
    return Diversity(len(texts), (unigrams, bigrams, trigrams), mean, nearest, len(words[::step]))


def distinct(texts: Sequence[Sequence[str]], n: int) -> float:
    """Distinct runs of n words over all runs of n words, 0 to 1; 0 where there is none. Runs stay within a text."""
    runs = [tuple(words[at : at + n]) for words in texts for at in range(len(words) - n + 1)]
    return round(len(set(runs)) / len(runs), 4) if runs else 0.0


def similarity(texts: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Mean Jaccard similarity over all pairs, and mean over texts of the nearest other's; 0 for fewer than two."""
    sets = [minhash.shingles(words) for words in texts]
    if len(sets) < 2:
        return 0.0, 0.0
    shared = _shared(sets)
    sizes = np.array([len(text_shingles) for text_shingles in sets], dtype=np.int64)
    either = sizes[:, None] + sizes[None, :] - shared  # (D, D)
    alike = np.divide(shared, either, out=np.zeros(shared.shape), where=either > 0)
    np.fill_diagonal(alike, 0.0)
    pairs = len(sets) * (len(sets) - 1)
    return round(float(alike.sum()) / pairs, 4), round(float(alike.max(axis=1).mean()), 4)


def _shared(sets: Sequence[minhash.Hashes]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Count the shingles each two texts share, (D, D), run by run."""
    owner = np.repeat(np.arange(len(sets)), [len(text_shingles) for text_shingles in sets])
    every = np.concatenate(sets)
    order = np.argsort(every, kind="stable")
    owner, every = owner[order], every[order]
    shared = np.zeros((len(sets), len(sets)), dtype=np.int64)
    for group in np.split(owner, np.flatnonzero(np.diff(every)) + 1):
        if len(group) > 1:
            shared[np.ix_(group, group)] += 1
    return shared
