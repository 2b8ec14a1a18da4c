"""Two shares compared as if every unit were independent: intervals for their difference, ratio and odds ratio.

It does not know clusters (`two_clustered` does) nor repeated looks (`always_valid` does).
"""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np

from stats.intervals import distributions
from stats.intervals.distributions import Floats
from stats.intervals.effects import Effect, Interval, Scale, StatisticalMethod
from stats.intervals.samples import ShareSample

LEVEL = 0.95
# A bracket of at most 2 halved so often is narrower than 1e-14.
HALVINGS = 48


class DifferenceBy(StrEnum):
    """Intervals for the difference of two independent shares."""

    WALD = "wald"
    AGRESTI_CAFFO = "agresti_caffo"
    NEWCOMBE = "newcombe"
    MIETTINEN_NURMINEN = "miettinen_nurminen"
    MEE = "mee"


METHODS = {
    DifferenceBy.WALD: StatisticalMethod(
        "Wald", "Fagerland, Lydersen and Laake 2015, Stat. Methods Med. Res. 24(2), eq. 1"
    ),
    DifferenceBy.AGRESTI_CAFFO: StatisticalMethod(
        "Agresti-Caffo", "Agresti and Caffo 2000, The American Statistician 54(4)"
    ),
    DifferenceBy.NEWCOMBE: StatisticalMethod(
        "Newcombe's hybrid score", "Newcombe 1998, Statistics in Medicine 17(8), method 10"
    ),
    DifferenceBy.MIETTINEN_NURMINEN: StatisticalMethod(
        "Miettinen-Nurminen score", "Miettinen and Nurminen 1985, Statistics in Medicine 4(2)"
    ),
    DifferenceBy.MEE: StatisticalMethod("Mee's score", "Mee 1984, Biometrics 40(4)"),
}


def difference(
    control: ShareSample,
    treatment: ShareSample,
    *,
    by: DifferenceBy = DifferenceBy.MIETTINEN_NURMINEN,
    level: float = LEVEL,
) -> Effect:
    """Share of the treatment minus share of the control.

    The p-value is the score test's for every method: z = d / sqrt(k p (1 - p)(1/n1 + 1/n0)) with the pooled p and
    k = N / (N - 1), or k = 1 for Mee. With Miettinen-Nurminen and Mee it agrees with the interval exactly.
    The standard error is sqrt(p1 (1 - p1) / (n1 - 1) + p0 (1 - p0) / (n0 - 1)), that of a difference of means.

    Args:
        by: The interval; see `docs/experiments.md` for how often each holds the truth.
        level: Two-sided, 0 to 1.

    Raises:
        ValueError: If the level is none.
    """
    low, high = difference_bounds(
        np.array([treatment.successes]), treatment.n, np.array([control.successes]), control.n, by=by, level=level
    )
    return Effect(
        estimate=treatment.mean - control.mean,
        se=_standard_error(control, treatment),
        interval=Interval(float(low[0]), float(high[0]), level),
        p_value=distributions.normal_two_sided_p(
            score(control, treatment, value=0.0, corrected=by != DifferenceBy.MEE)
        ),
        df=None,
        scale=Scale.DIFFERENCE,
        method=METHODS[by],
    )


def _standard_error(control: ShareSample, treatment: ShareSample) -> float | None:
    if min(control.n, treatment.n) <= 1:
        return None
    return math.sqrt(treatment.variance / (treatment.n - 1) + control.variance / (control.n - 1))


def score(control: ShareSample, treatment: ShareSample, *, value: float, corrected: bool = True) -> float:
    """The score statistic against "the difference is `value`"; standard normal if it is."""
    x1, x0 = np.array([treatment.successes]), np.array([control.successes])
    return float(_score(x1, treatment.n, x0, control.n, np.array([value]), corrected=corrected)[0])


def difference_bounds(
    x1: Floats, n1: float, x0: Floats, n0: float, *, by: DifferenceBy, level: float
) -> tuple[Floats, Floats]:
    """Bounds for many pairs of counts at once.

    Args:
        x1: Successes of the treatment, (K,).
        n1: Units of the treatment.
        x0: Successes of the control, (K,).
        n0: Units of the control.
        by: The interval.
        level: Two-sided, 0 to 1.

    Returns:
        Lower and upper bounds, (K,) each, kept inside -1 to 1.
    """
    check_level(level)
    if by in (DifferenceBy.WALD, DifferenceBy.AGRESTI_CAFFO):
        low, high = _around_the_difference(x1, n1, x0, n0, more=int(by == DifferenceBy.AGRESTI_CAFFO), level=level)
    elif by == DifferenceBy.NEWCOMBE:
        low, high = _from_single_bounds(x1, n1, x0, n0, level=level)
    else:
        low, high = _invert_score(x1, n1, x0, n0, corrected=by == DifferenceBy.MIETTINEN_NURMINEN, level=level)
    return np.clip(low, -1, 1), np.clip(high, -1, 1)


def check_level(level: float) -> None:
    """Refuse a level that is none.

    Raises:
        ValueError: Unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"A level must be between 0 and 1, such as 0.95; {level!r} is not.")


def _around_the_difference(
    x1: Floats, n1: float, x0: Floats, n0: float, *, more: int, level: float
) -> tuple[Floats, Floats]:
    """D +- z sqrt(p1 (1 - p1) / n1 + p0 (1 - p0) / n0).

    Each arm has so many more successes and failures (0: Wald, 1: Agresti-Caffo).
    """
    n1, n0 = n1 + 2 * more, n0 + 2 * more
    p1, p0 = (x1 + more) / n1, (x0 + more) / n0
    reach = distributions.normal_quantile((1 + level) / 2) * np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    return p1 - p0 - reach, p1 - p0 + reach


def _from_single_bounds(x1: Floats, n1: float, x0: Floats, n0: float, *, level: float) -> tuple[Floats, Floats]:
    """Newcombe's: the distances from the shares to their own Wilson bounds, joined as the sides of a right angle."""
    p1, p0 = x1 / n1, x0 / n0
    (low1, high1), (low0, high0) = _wilson_bounds(x1, n1, level), _wilson_bounds(x0, n0, level)
    down, up = np.hypot(p1 - low1, high0 - p0), np.hypot(high1 - p1, p0 - low0)
    return p1 - p0 - down, p1 - p0 + up


def _wilson_bounds(x: Floats, n: float, level: float) -> tuple[Floats, Floats]:
    z = distributions.normal_quantile((1 + level) / 2)
    centre, reach = x + z**2 / 2, z * np.sqrt(x * (1 - x / n) + z**2 / 4)
    return (centre - reach) / (n + z**2), (centre + reach) / (n + z**2)


def _invert_score(
    x1: Floats, n1: float, x0: Floats, n0: float, *, corrected: bool, level: float
) -> tuple[Floats, Floats]:
    """The differences at which the score test at 1 - level just accepts.

    statsmodels 0.15 offers this, but maximises the restricted likelihood with a wrong coefficient (its bug 10269)
    and cannot take arms without a success. The statistic falls as the difference grows, so halving finds each bound.
    """
    critical = distributions.normal_quantile((1 + level) / 2)
    # Both bounds are sought at once, the lower in the first row, the upper in the second: (2, K).
    sign = np.array([[1.0], [-1.0]])
    inside = np.tile(x1 / n1 - x0 / n0, (2, 1))
    outside = np.broadcast_to(-sign, inside.shape)
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        is_inside = sign * _score(x1, n1, x0, n0, middle, corrected=corrected) <= critical
        inside, outside = np.where(is_inside, middle, inside), np.where(is_inside, outside, middle)
    return inside[0], inside[1]


def _score(x1: Floats, n1: float, x0: Floats, n0: float, value: Floats, *, corrected: bool) -> Floats:
    p0 = _restricted_share(x1, n1, x0, n0, value)
    p1 = np.clip(p0 + value, 0, 1)
    variance = p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0
    if corrected:
        variance = variance * (n1 + n0) / (n1 + n0 - 1)
    gap = x1 / n1 - x0 / n0 - value
    with np.errstate(divide="ignore", invalid="ignore"):
        z = gap / np.sqrt(variance)
    # No variance and no gap: the hypothesis explains the data without rest.
    return np.where(np.abs(gap) < 1e-15, 0.0, z)


def _restricted_share(x1: Floats, n1: float, x0: Floats, n0: float, value: Floats) -> Floats:
    """Most likely share of the control at the difference `value`: a root of a cubic (Miettinen and Nurminen 1985)."""
    n, x = n1 + n0, x1 + x0
    second = (n1 + 2 * n0) * value - n - x
    first = (n0 * value - n - 2 * x0) * value + x
    constant = x0 * value * (1 - value)
    q = (second / (3 * n)) ** 3 - first * second / (6 * n**2) + constant / (2 * n)
    inner = np.maximum((second / (3 * n)) ** 2 - first / (3 * n), 0)
    p = np.where(q < 0, -1.0, 1.0) * np.sqrt(inner)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(p == 0, 0.0, np.clip(q / p**3, -1, 1))
    angle = (np.pi + np.arccos(cosine)) / 3
    share = 2 * p * np.cos(angle) - second / (3 * n)
    return np.clip(share, np.maximum(0, -value), np.minimum(1, 1 - value))
