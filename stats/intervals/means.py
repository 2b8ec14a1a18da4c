"""Intervals of a mean over records, and of the mean difference of two systems on the same records.

Records may come in clusters.

Records of one company resemble each other, so a cluster is what is independent: the mean is over records, its error is
reckoned from clusters (CR2: Bell and McCaffrey 2002, Survey Methodology 28(2)). With few clusters the interval is
Student's at their degrees of freedom. From twenty on it is the studentised bootstrap over clusters (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 12.5), which follows a skew that t does not know: seconds,
costs, edit distances. No end is nearer than Student's, since draws of what is rarely not zero can come out too much
alike. docs/statistics.md has the coverage measured. Shares are not for it: `stats.intervals.shares` has theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.intervals import two_clustered
from stats.intervals.distributions import t_quantile
from stats.intervals.samples import ROUNDING, ClusteredSample

Scores = Mapping[str, float]
Companies = Mapping[str, str]
Floats = NDArray[np.float64]
DEFAULT_DRAWS = 2000
LEVEL = 0.95
# With fewer companies than this an interval would pretend to know what it cannot.
MIN_COMPANIES = 3
# Below this many clusters draws repeat the same few too often to tell a skew.
FEWEST_DRAWN = 20
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """A mean over n records with its interval.

    Ends are None with too few companies, or where nothing varies between them.
    """

    mean: float
    low: float | None
    high: float | None
    n: int
    companies: int | None = None


def mean(
    scores: Scores,
    companies: Companies | None = None,
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    level: float = LEVEL,
) -> MeanInterval | None:
    """Mean of one score per record.

    Args:
        scores: Score by record id.
        companies: Company by record id; a record without one stands for itself.
        draws: Bootstrap samples at 95 %; above, as many more as leave as many beyond an end.
        seed: Seeds the draws; the same records in any order give the same interval.
        level: Two-sided.

    Returns:
        The estimate, or None without a record.
    """
    records = sorted(scores)
    if not records:
        return None
    arm = ClusteredSample.of_rows([scores[record] for record in records], companies_of(records, companies))
    if arm.clusters < MIN_COMPANIES:
        return MeanInterval(arm.mean, None, None, arm.n, arm.clusters)
    estimate = two_clustered.mean(arm)
    error = estimate.variance**0.5
    # What is left of equal scores by rounding is no spread.
    if error <= ROUNDING * max(1.0, abs(arm.mean)):
        return MeanInterval(arm.mean, None, None, arm.n, arm.clusters)
    reach = t_quantile((1 + level) / 2, estimate.df)
    low, high = -reach, reach
    if arm.effective_clusters >= FEWEST_DRAWN:
        drawn_low, drawn_high = _drawn_ends(arm, draws, seed, level)
        low, high = min(low, drawn_low), max(high, drawn_high)
    return MeanInterval(arm.mean, arm.mean - high * error, arm.mean - low * error, arm.n, arm.clusters)


def difference(
    first: Scores,
    second: Scores,
    companies: Companies | None = None,
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    level: float = LEVEL,
) -> MeanInterval | None:
    """Mean of `first` minus `second` over the records that both have."""
    gaps = {record: first[record] - second[record] for record in first.keys() & second.keys()}
    return mean(gaps, companies, draws=draws, seed=seed, level=level)


def companies_of(records: list[str], companies: Companies | None) -> list[tuple[bool, str]]:
    """The company of each record; a record without one is told apart from a company of the same name."""
    by_record = companies or {}
    return [(bool(by_record.get(record)), by_record.get(record) or record) for record in records]


def _drawn_ends(arm: ClusteredSample, draws: int, seed: int, level: float) -> tuple[float, float]:
    """Quantiles of t over draws of clusters; draws without a spread are left out."""
    chance, draws = np.random.default_rng(seed), max(draws, round(draws * (1 - LEVEL) / (1 - level)))
    sizes, values = arm.sizes.astype(np.float64), np.empty(draws)
    step = max(1, _BLOCK // arm.clusters)
    for start in range(0, draws, step):
        drawn = chance.integers(0, arm.clusters, (min(step, draws - start), arm.clusters))
        values[start : start + step] = _t_values(arm.totals[drawn], sizes[drawn], arm.mean)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 0.0
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _t_values(totals: Floats, sizes: Floats, centre: float) -> Floats:
    """Return the t value of each draw's mean against the centre, (D,), for draws (D, G); infinite without a spread."""
    counts = sizes.sum(axis=1)
    means = totals.sum(axis=1) / counts
    residuals = totals - means[:, None] * sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = (residuals**2 / (1 - sizes / counts[:, None])).sum(axis=1) / counts**2
        has_spread = variances > (ROUNDING * means) ** 2
        return np.asarray(np.where(has_spread, (means - centre) / np.sqrt(variances), np.inf))
