"""Did each arm get its share? A sample ratio that is off says that drawing, sending or counting is broken.

What must be counted is what was drawn: clusters where arms are drawn by cluster. It does not know the outcomes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.statistics import arithmetic
from campaigns.statistics.results import Method

CHI_SQUARE = Method("chi-square goodness of fit", "Pearson 1900, Philosophical Magazine 50(302)")
ANYTIME = Method(
    "multinomial test that may be watched", "Lindon and Malek 2022, Anytime-Valid Inference for Multinomial Count Data"
)
# The rule of practice: a mismatch is believed below one in a thousand (Kohavi, Tang and Xu 2020, Trustworthy Online
# Controlled Experiments, ch. 21).
ALARM_BELOW = 0.001
# Weight of the prior around the planned split, in draws: mismatches of some per cent are found soonest.
CONCENTRATION = 1000.0


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Counts against the planned split.

    Attributes:
        chi2: Pearson's statistic, with `df` = arms - 1.
        p_value: For one look.
        always_valid_p: May be looked at after every draw; an alarm by it is false in at most one experiment of a thousand.
        is_alarm: One look: p below .001.
        is_alarm_when_watched: Any number of looks: always-valid p below .001.
    """

    counts: tuple[int, ...]
    expected: tuple[float, ...]
    chi2: float
    df: int
    p_value: float
    always_valid_p: float
    method: Method = CHI_SQUARE

    @property
    def is_alarm(self) -> bool:
        return self.p_value < ALARM_BELOW

    @property
    def is_alarm_when_watched(self) -> bool:
        return self.always_valid_p < ALARM_BELOW


def check(counts: Sequence[int], weights: Sequence[float] | None = None) -> SampleRatio:
    """Compare counts with the planned split; equal shares unless weights are given.

    chi2 = sum of (observed - expected)^2 / expected.

    Args:
        counts: Units, or clusters, of each arm.
        weights: Planned shares in any unit, one for each arm, each above 0.

    Raises:
        ValueError: If there are fewer than two arms, nothing was counted, or a number has no sense.
    """
    shares = _shares(counts, weights)
    total = sum(counts)
    expected = tuple(total * share for share in shares)
    chi2 = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    df = len(counts) - 1
    p_value = arithmetic.chi2_tail(chi2, df)
    return SampleRatio(tuple(counts), expected, chi2, df, p_value, _always_valid_p(counts, shares))


def _shares(counts: Sequence[int], weights: Sequence[float] | None) -> list[float]:
    if len(counts) < 2:
        raise ValueError("A sample ratio needs at least two arms.")
    if any(isinstance(count, bool) or not isinstance(count, int) or count < 0 for count in counts):
        raise ValueError("Counts must be whole numbers of 0 or more.")
    if not sum(counts):
        raise ValueError("Nothing was counted in any arm.")
    if weights is None:
        return [1 / len(counts)] * len(counts)
    if len(weights) != len(counts):
        raise ValueError(f"There are {len(counts)} counts but {len(weights)} weights.")
    if any(isinstance(weight, bool) or not _is_positive(weight) for weight in weights):
        raise ValueError("Weights must be numbers above 0.")
    return [weight / sum(weights) for weight in weights]


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def _always_valid_p(counts: Sequence[int], shares: Sequence[float]) -> float:
    """1 over the Bayes factor of "some other split" (Dirichlet around the plan) against the plan, at most 1.

    Under the plan the factor is a martingale of mean 1, so by Ville it exceeds 1/a at any time with chance a at most.
    """
    prior = [CONCENTRATION * share for share in shares]
    log_factor = math.lgamma(CONCENTRATION) - math.lgamma(CONCENTRATION + sum(counts))
    for count, weight, share in zip(counts, prior, shares, strict=True):
        log_factor += math.lgamma(weight + count) - math.lgamma(weight) - count * math.log(share)
    return min(1.0, math.exp(-max(log_factor, 0.0)))
