"""Distributions that intervals and tests are read from, as plain functions of numbers.

The normal distribution is the standard library's own; the others are made of the incomplete beta function.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from stats.intervals import incomplete_beta

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NORMAL = NormalDist()
# Nearer to the middle than this no digit of one half changes.
_AT_THE_MIDDLE = 1e-34
# Student's t differs from the normal distribution by less than 1e-9 here, and the fraction gets long.
_AS_NORMAL_FROM = 3e8


def normal_quantile(share: float) -> float:
    """The z below which `share` of a standard normal lies; `share` strictly between 0 and 1."""
    return _NORMAL.inv_cdf(share)


def normal_cdf(z: float) -> float:
    """Share of a standard normal below z, exact far into the lower tail, where NormalDist's own loses all digits."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_two_sided_p(z: float) -> float:
    """Chance of a standard normal at least as far from zero as z."""
    return 2 * normal_cdf(-abs(z))


# A page asks for the same level and degrees of freedom again and again.
@lru_cache(maxsize=4096)
def t_quantile(share: float, df: float) -> float:
    """Quantile of Student's t; `df` may be fractional or infinite, and gives NaN where it is not above 0."""
    if math.isnan(share) or not df > 0:
        return math.nan
    tails = 2 * min(share, 1 - share)
    if tails <= 0 or tails >= 1:
        return 0.0 if tails >= 1 else math.copysign(math.inf, share - 0.5)
    if df > _AS_NORMAL_FROM:
        return normal_quantile(share)
    # The beta variable of shapes df/2 and 1/2 is df / (df + t²).
    logit = incomplete_beta.quantile_logit(tails, df / 2, 0.5)
    return math.copysign(math.sqrt(df) * math.exp(-logit / 2), share - 0.5)


@lru_cache(maxsize=4096)
def beta_quantile(share: float, a: float, b: float) -> float:
    """Quantile of the beta distribution with shapes `a` and `b`, both above 0."""
    if share <= 0 or share >= 1:
        return 0.0 if share <= 0 else 1.0
    return 1 / (1 + math.exp(-incomplete_beta.quantile_logit(share, a, b)))


def beta_tail(share: float, a: float, b: float) -> float:
    """Chance that a beta variable with shapes `a` and `b`, both above 0, exceeds `share`."""
    if share <= 0 or share >= 1:
        return 1.0 if share <= 0 else 0.0
    return math.exp(incomplete_beta.log_share_below(1 - share, share, b, a))


def t_cdf(t: float, df: float) -> float:
    """Share of Student's t with `df` degrees of freedom below t; NaN where `df` is not above 0."""
    if math.isnan(t) or not df > 0:
        return math.nan
    if df > _AS_NORMAL_FROM or math.isinf(t):
        return normal_cdf(t)
    ratio = (t / math.sqrt(df)) * (t / math.sqrt(df))
    if ratio < _AT_THE_MIDDLE:
        return 0.5
    beyond = 0.0
    if not math.isinf(ratio):
        shares = 1 / (1 + ratio), ratio / (1 + ratio)
        beyond = math.exp(incomplete_beta.log_share_below(*shares, df / 2, 0.5)) / 2
    return beyond if t < 0 else 1 - beyond


def t_two_sided_p(t: float, df: float) -> float:
    """Chance of a Student's t at least as far from zero as t."""
    return 2 * t_cdf(-abs(t), df)


def chi2_tail(chi2: float, df: int) -> float:
    """Chance that a chi-square with `df` degrees of freedom, at least 1, exceeds `chi2`.

    A sum, as `df` is whole (DLMF 8.4).
    """
    if not chi2 > 0:
        return 1.0 if chi2 == 0 else math.nan
    half, is_odd = chi2 / 2, df % 2
    if math.isinf(half):
        return 0.0
    first = is_odd / 2
    powers = (k + first for k in range((df - is_odd) // 2))
    terms = [math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers]
    return min(1.0, math.fsum([math.erfc(math.sqrt(half)) if is_odd else 0.0, *terms]))


def log_beta(a: float, b: float) -> float:
    """Natural logarithm of the beta function, for shapes above 0."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def binomial_chances(n: int, p: float) -> Floats:
    """Chance of each number of successes 0..n, (n + 1,)."""
    return incomplete_beta.binomial_chances(n, p)
