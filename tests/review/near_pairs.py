"""Pairs of near-duplicates among a few texts."""

from collections.abc import Sequence

import numpy as np

from review.text.near_duplicates import THRESHOLD
from review.text.near_duplicates.pair_search import PairSearch, pairs_among
from review.text.near_duplicates.shingles import shingle_sets


def pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    search = PairSearch(shingle_sets(texts), np.zeros(len(texts), dtype=np.int64), THRESHOLD)
    return pairs_among(search, np.arange(len(texts)))
