"""In which order drafts are judged when not the oldest comes first. Pure arithmetic over texts and counts.

`uncertain` puts first what the verdicts given so far say least about. `diverse` puts first what differs most from what
stands before it. `likely` puts first, by lot, what will likely be accepted, `unlikely` what will not. None knows a row
or a reviewer.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Chances = NDArray[np.float64]

# Verdicts that a pattern of marks is taken to have had at the overall rate before its own are counted.
PRIOR_VERDICTS = 8.0
DIMENSIONS = 128
MOST_CENTRES = 64
# Even what is the least likely to come early does now and then.
LEAST_ODDS = 0.02
# How many times as often a draft comes before another of the same odds, where its verdict is waited for.
SOONER = 10


def pattern_of(marks: Iterable[Mapping[str, object]]) -> str:
    """Return the checks that marked a draft as one string; how often each applied makes no difference."""
    return " ".join(sorted({str(mark.get("check", "")) for mark in marks}))


def acceptance_by_pattern(history: Iterable[tuple[str, bool]]) -> dict[str, float]:
    """Return the share of drafts accepted as they were, by pattern of marks, shrunk towards the overall rate.

    The rate of a pattern is (accepted + 8 r) / (judged + 8), where r is the overall rate, (accepted + 1) / (judged +
    2).

    Args:
        history: Of drafts judged, their pattern and whether they were accepted unchanged.

    Returns:
        Rates between 0 and 1 by pattern; under "*" the overall rate, for patterns never met.
    """
    accepted: dict[str, int] = {}
    judged: dict[str, int] = {}
    for pattern, is_accepted in history:
        judged[pattern] = judged.get(pattern, 0) + 1
        accepted[pattern] = accepted.get(pattern, 0) + is_accepted
    overall = (sum(accepted.values()) + 1) / (sum(judged.values()) + 2)
    rates = {
        pattern: (accepted[pattern] + PRIOR_VERDICTS * overall) / (judged[pattern] + PRIOR_VERDICTS)
        for pattern in judged
    }
    return {**rates, "*": overall}


def least_certain_first(chances: Sequence[float]) -> list[int]:
    """Places of drafts by how near a half the chance is that each is accepted; equal ones stay in their order."""
    return [place for place, _ in sorted(enumerate(chances), key=lambda pair: (round(abs(pair[1] - 0.5), 6), pair[0]))]


def promise_keys(chances: Chances, lots: Chances, awaited: NDArray[np.bool_] | None = None) -> Chances:
    """Keys by which drafts come, the smallest first.

    By lot, the earlier the better the odds p / (1 - p) that one is accepted.

    A draft with twice the odds comes before another twice as often: by an exponential time at that rate (Efraimidis and
    Spirakis 2006, Information Processing Letters 97(5)). Most come where they would in a strict order, but from no
    place could a reviewer read what is thought of the draft there.

    Args:
        chances: The chance that each is accepted, 0 to 1, (N,).
        lots: Uniform between 0 and 1, one a draft and the same each time, (N,).
        awaited: Whether something waits for the verdict on each, (N,); such come as if their odds were `SOONER` times
            as good.
    """
    odds = np.maximum(chances, LEAST_ODDS) / np.maximum(1 - chances, LEAST_ODDS)
    if awaited is not None:
        odds = np.where(awaited, odds * SOONER, odds)
    return np.asarray(-np.log(np.maximum(lots, 1e-300)) / odds)


def likely_good_first(
    chances: Sequence[float], lots: Sequence[float], awaited: Sequence[bool] | None = None
) -> list[int]:
    """Places of drafts in the order of `promise_keys`."""
    sooner = None if awaited is None else np.asarray(awaited, np.bool_)
    keys = promise_keys(np.asarray(chances, np.float64), np.asarray(lots, np.float64), sooner)
    return [int(place) for place in np.argsort(keys, kind="stable")]


def most_different_first(texts: Sequence[str]) -> list[int]:
    """Places of drafts so that each round of them covers all that is there.

    Farthest-first traversal (Gonzalez 1985) over hashed TF-IDF vectors finds up to 64 drafts that differ most; they
    come first. The others follow in rounds, one from around each of these, the nearest to it last.

    Args:
        texts: One a draft, oldest first; at least one.
    """
    vectors = _vectors(texts)
    centres, nearest, similarity = _farthest_first(vectors, min(MOST_CENTRES, len(texts)))
    rounds: list[tuple[int, int, int]] = []
    counts: dict[int, int] = {}
    rank = {centre: place for place, centre in enumerate(centres)}
    for place in sorted(range(len(texts)), key=lambda place: (place not in rank, similarity[place], place)):
        cluster = int(nearest[place])
        counts[cluster] = counts.get(cluster, -1) + 1
        rounds.append((counts[cluster], cluster, place))
    return [place for _, _, place in sorted(rounds)]


def _vectors(texts: Sequence[str]) -> Vectors:
    """Unit vectors of words, (N, DIMENSIONS): hashed with signs, weighted by rarity."""
    hashed: dict[str, tuple[int, float]] = {}
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    spread: dict[str, int] = {}
    words = [set(text.casefold().split()) for text in texts]
    for words_of_text in words:
        for word in words_of_text:
            spread[word] = spread.get(word, 0) + 1
    for row, words_of_text in enumerate(words):
        for word in words_of_text:
            if word not in hashed:
                number = zlib.crc32(word.encode())
                # A word of one draft alone tells nothing of which others are like it.
                weight = float(np.log(1 + len(texts) / spread[word])) if spread[word] > 1 else 0.0
                hashed[word] = (number % DIMENSIONS, weight if number & 2**20 else -weight)
            place, weight = hashed[word]
            vectors[row, place] += weight
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, 1e-9)
    return vectors


def _farthest_first(vectors: Vectors, count: int) -> tuple[list[int], NDArray[np.int64], NDArray[np.float32]]:
    """Places of `count` vectors far from each other, and for every vector the nearest of them and how near it is."""
    centres = [0]
    similarity = vectors @ vectors[0]  # (N,)
    nearest = np.zeros(len(vectors), dtype=np.int64)
    while len(centres) < count:
        farthest = int(np.argmin(similarity))
        if similarity[farthest] > 1 - 1e-6:
            break
        near = vectors @ vectors[farthest]
        closer = near > similarity
        nearest[closer], similarity[closer] = len(centres), near[closer]
        similarity[farthest] = 1.0
        centres.append(farthest)
    return centres, nearest, similarity
