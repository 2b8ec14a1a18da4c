"""Means and ratios of sums with the error of each draw, and their adjustment by a covariate from before (CUPED).

The delta method makes a ratio linear in its draws, so that one variance serves means, ratios and both adjusted. A draw
is a unit, or a cluster of units by its sums. Knows no files and no verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from stats.intervals import two_clustered
from stats.intervals.distributions import Floats
from stats.intervals.effects import Effect, Scale, StatisticalMethod
from stats.intervals.samples import beyond_rounding
from stats.intervals.two_shares import LEVEL

RATIO = StatisticalMethod(
    "ratio of two sums by the delta method, Welch's t",
    "Deng, Knoblich and Lu 2018, Applying the Delta Method in Metric Analytics, KDD",
)
CUPED = StatisticalMethod(
    "CUPED: adjusted by a covariate from before, Welch's t",
    "Deng, Xu, Kohavi and Walker 2013, Improving the Sensitivity of Online Controlled Experiments, WSDM",
)


@dataclass(frozen=True, slots=True, eq=False)
class LinearMean:
    """One arm's mean or ratio.

    Attributes:
        value: The estimate.
        parts: Deviation of each draw in the estimate's unit, (G,); they sum to 0.
    """

    value: float
    parts: Floats
    method: StatisticalMethod

    @property
    def draws(self) -> int:
        return len(self.parts)

    @property
    def variance(self) -> float:
        return _covariance(self.parts, self.parts)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Arms adjusted by a covariate.

    Attributes:
        theta: The coefficient of the covariate, the same in all arms.
        arms: The adjusted arms by name.
        variance_share: Variance that is left, summed over the arms, as a share of that before.
    """

    theta: float
    arms: dict[str, LinearMean]
    variance_share: float


def ratio(numerators: Floats, denominators: Floats) -> LinearMean:
    """Ratio of two sums over the same draws.

    With R the ratio and d the mean denominator, a draw's part is (y - R x) / d, and the variance that of their mean. A
    denominator of ones gives a mean of units, and sizes of clusters a mean over units of clusters.

    Args:
        numerators: Sums of the numerator by draw, (G,).
        denominators: Sums of the denominator by draw, (G,), none below 0.

    Raises:
        ValueError: The lengths differ, there are fewer than two draws, or the denominators are negative or sum to 0.
    """
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if above.shape != below.shape or above.ndim != 1:
        raise ValueError("Every draw needs a numerator and a denominator.")
    if len(above) < 2:
        raise ValueError("A comparison needs at least two draws in each arm.")
    if not (np.isfinite(above).all() and np.isfinite(below).all()):
        raise ValueError("Outcomes must be finite numbers; one is missing, NaN or infinite.")
    if (below < 0).any() or not below.sum():
        raise ValueError("A ratio needs denominators from 0 up, and one above 0 in each arm.")
    value = float(above.sum() / below.sum())
    parts = beyond_rounding(above - value * below, above) / below.mean()
    return LinearMean(value, parts, two_clustered.WELCH if (below == below[0]).all() else RATIO)


def adjust(outcomes: Mapping[str, LinearMean], covariates: Mapping[str, LinearMean]) -> Adjustment:
    """Take from each arm what the covariate explains of it: value - theta (x - mean of x over all arms).

    Theta is the sum of the arms' covariances over the sum of the covariate's variances, which makes the variance of the
    difference of two arms the least. It is unbiased only if the covariate is from before the experiment.

    Args:
        outcomes: Means or ratios by arm.
        covariates: Means or ratios of the same draws in the same order, by arm.

    Raises:
        ValueError: An arm or a draw has no covariate, or the covariate does not vary.
    """
    if set(outcomes) != set(covariates) or any(outcomes[name].draws != covariates[name].draws for name in outcomes):
        raise ValueError("Every draw of every arm needs its covariate.")
    spread = sum(covariate.variance for covariate in covariates.values())
    if not spread:
        raise ValueError("The covariate is the same everywhere: there is nothing to adjust by.")
    theta = sum(_covariance(outcomes[name].parts, covariates[name].parts) for name in outcomes) / spread
    draws = sum(covariate.draws for covariate in covariates.values())
    centre = sum(covariate.value * covariate.draws for covariate in covariates.values()) / draws
    arms = {
        name: LinearMean(
            arm.value - theta * (covariates[name].value - centre),
            beyond_rounding(arm.parts - theta * covariates[name].parts, np.abs(arm.parts).max()),
            CUPED,
        )
        for name, arm in outcomes.items()
    }
    before = sum(arm.variance for arm in outcomes.values())
    left = sum(arm.variance for arm in arms.values())
    return Adjustment(theta, arms, left / before if before else 1.0)


def difference(control: LinearMean, treatment: LinearMean, *, level: float = LEVEL) -> Effect:
    """Treatment minus control, with Welch's t.

    Raises:
        ValueError: If nothing varies.
    """
    gap, dfs = treatment.value - control.value, (control.draws - 1, treatment.draws - 1)
    effect = two_clustered.student(
        gap, control.variance, treatment.variance, dfs, level, Scale.DIFFERENCE, treatment.method
    )
    smallest = min(control.draws, treatment.draws)
    if smallest >= two_clustered.FEW_CLUSTERS:
        return effect
    few = f"Only {smallest} draws in an arm: under {two_clustered.FEW_CLUSTERS} the interval may be too narrow."
    return replace(effect, warnings=(few,))


def _covariance(ones: Floats, others: Floats) -> float:
    """Covariance of two estimates from their draws' parts."""
    return float(ones @ others) / (len(ones) * (len(ones) - 1))
