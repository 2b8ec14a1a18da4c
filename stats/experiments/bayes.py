"""The relative uplift as a Bayesian reads it: a normal likelihood, a normal prior, and what follows for a decision.

It does not know clusters nor repeated looks; a posterior looked at daily raises false alarms as a p-value does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats.intervals import distributions
from stats.intervals.effects import Interval, StatisticalMethod
from stats.intervals.two_means import Arm, uplift_variance
from stats.intervals.two_shares import LEVEL, check_level

METHOD = StatisticalMethod(
    "Gaussian posterior of the relative uplift", "Gelman et al. 2013, Bayesian Data Analysis, 3rd ed., sec. 2.5"
)


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """What was believed of the relative uplift before: a normal with this mean and variance."""

    mean: float
    variance: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.variance) and self.variance > 0):
            raise ValueError("A prior needs a finite mean and a variance above 0.")


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is believed of the relative uplift after the data.

    Attributes:
        mean: Of the uplift; 0.1 means 10 % more than the control.
        sd: Standard deviation of the posterior.
        interval: Equal-tailed credible interval.
        chance_to_win: Posterior chance that the treatment is better.
        risk_of_control: Expected uplift lost by keeping the control.
        risk_of_treatment: Expected uplift lost by taking the treatment.
    """

    mean: float
    sd: float
    interval: Interval
    chance_to_win: float
    risk_of_control: float
    risk_of_treatment: float
    method: StatisticalMethod = METHOD


def relative_uplift(
    control: Arm, treatment: Arm, *, prior: NormalPrior | None = None, level: float = LEVEL
) -> Posterior:
    """Posterior of the relative uplift; without a prior it is flat.

    Precisions add: 1/sd^2 = 1/v + 1/prior variance, and the mean is weighted by them. The risks are the means of the
    posterior's two halves, m P(x > 0) + sd phi(m / sd) above zero and the same mirrored below.

    Raises:
        ValueError: If the control's mean is 0 or nothing varies.
    """
    check_level(level)
    variance = uplift_variance(control, treatment)
    if not variance:
        raise ValueError("Every unit of both arms has the same outcome: no variation to compare by.")
    mean, sd = _posterior(treatment.mean / control.mean - 1, variance, prior)
    reach = distributions.normal_quantile((1 + level) / 2) * sd
    chance = distributions.normal_cdf(mean / sd)
    gained = mean * chance + sd * _density(mean / sd)
    return Posterior(mean, sd, Interval(mean - reach, mean + reach, level), chance, gained, gained - mean)


def _posterior(estimate: float, variance: float, prior: NormalPrior | None) -> tuple[float, float]:
    if prior is None:
        return estimate, variance**0.5
    precision = 1 / variance + 1 / prior.variance
    return (estimate / variance + prior.mean / prior.variance) / precision, precision**-0.5


def _density(z: float) -> float:
    return math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
