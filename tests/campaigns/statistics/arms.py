"""Arms of an experiment from their counts or their companies."""

from collections.abc import Sequence

import numpy as np

from stats.intervals.samples import ClusteredSample


def of_counts(successes: int, n: int) -> ClusteredSample:
    return ClusteredSample.of_units([1] * successes + [0] * (n - successes))


def of_clusters(sizes: Sequence[int], totals: Sequence[float], *, is_binary: bool) -> ClusteredSample:
    return ClusteredSample(np.asarray(sizes), np.asarray(totals, dtype=np.float64), is_binary)
