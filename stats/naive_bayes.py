"""A cheap model of labels from words, asked only of what it has not seen: binarised multinomial naive Bayes.

Pure on numpy. Words count once a document (Pang, Lee and Vaithyanathan 2002), smoothing adds one (Laplace), and a
temperature makes the probabilities honest (Guo et al. 2017): naive Bayes alone is far too sure of itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FOLDS = 5
SMOOTHING = 1.0
# Words of one document alone say nothing of another; of the rest the most frequent are enough.
MOST_WORDS = 20_000
MOST_OF_ONE = 300
TEMPERATURES = np.geomspace(1, 300, 24)


def grouped_folds(groups: Sequence[Hashable], folds: int = FOLDS) -> Ints:
    """Deal documents into folds of about one size; what belongs to one group stays in one fold.

    Returns:
        (N,): the fold of each document, from 0; the same for the same groups.
    """
    sizes = Counter(groups)
    filled, place = [0] * folds, {}
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], str(item[0]))):
        place[group] = min(range(folds), key=filled.__getitem__)
        filled[place[group]] += size
    return np.array([place[group] for group in groups], dtype=np.int64)


def out_of_fold(documents: Sequence[Iterable[str]], labels: Ints, folds: Ints) -> Floats:
    """Probabilities of each document's label, by a model of the other folds.

    Args:
        documents: The words of each; the first 300 different ones count.
        labels: (N,): label of each, from 0 to L - 1.
        folds: (N,): fold of each.

    Returns:
        (N, L): rows that add up to one.
    """
    rows, words, size = _words(documents)
    count, kinds = len(labels), int(labels.max()) + 1
    cells = words * kinds + labels[rows]
    total = np.bincount(cells, minlength=size * kinds)
    scores, priors = np.zeros((count, kinds)), np.zeros((count, kinds))
    for fold in np.unique(folds):
        held_out, tokens = folds == fold, folds[rows] == fold
        learnt = (total - np.bincount(cells[tokens], minlength=size * kinds)).reshape(size, kinds) + SMOOTHING
        weights = np.log(learnt) - np.log(learnt.sum(axis=0))  # (W, L)
        for kind in range(kinds):
            sums = np.bincount(rows[tokens], weights=weights[words[tokens], kind], minlength=count)
            scores[held_out, kind] = sums[held_out]
        label_counts = np.bincount(labels[~held_out], minlength=kinds) + 1.0
        priors[held_out] = np.log(label_counts / label_counts.sum())
    return _honest(scores, priors, labels)


def _words(documents: Sequence[Iterable[str]]) -> tuple[Ints, Ints, int]:
    """Pairs of a document and a word in it, as numbers, and how many words there are."""
    numbers: dict[str, int] = {}
    rows: list[int] = []
    words: list[int] = []
    for row, document in enumerate(documents):
        kept = list(dict.fromkeys(document))[:MOST_OF_ONE]
        rows += [row] * len(kept)
        words += [numbers.setdefault(word, len(numbers)) for word in kept]
    row_of, word_of = np.array(rows, dtype=np.int64), np.array(words, dtype=np.int64)
    times = np.bincount(word_of, minlength=len(numbers))
    frequent = np.argsort(-times, kind="stable")[:MOST_WORDS]
    frequent = frequent[times[frequent] > 1]
    renamed = np.full(len(numbers), -1, dtype=np.int64)
    renamed[frequent] = np.arange(len(frequent))
    kept_words = renamed[word_of]
    is_kept = kept_words >= 0
    return row_of[is_kept], kept_words[is_kept], len(frequent)


def _honest(scores: Floats, priors: Floats, labels: Ints) -> Floats:
    """Probabilities at the temperature under which the labels given are least surprising."""
    every = np.arange(len(labels))
    best, least = np.empty(0), np.inf
    for temperature in TEMPERATURES:
        logits = priors + scores / temperature
        logits = logits - logits.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        surprise = -float(logs[every, labels].mean())
        if surprise < least:
            best, least = np.exp(logs), surprise
    return best
