"""The arithmetic that scipy has, behind plain functions of numbers.

This is the only module of the room that imports it, and it does so inside its functions: `scipy.special` costs about a third
of a second and 28 MB, and a web process that never computes a verdict should pay neither. The normal distribution is the
standard library's own.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NORMAL = NormalDist()


def normal_quantile(share: float) -> float:
    """The z below which `share` of a standard normal lies; `share` strictly between 0 and 1."""
    return _NORMAL.inv_cdf(share)


def normal_cdf(z: float) -> float:
    """Share of a standard normal below z, exact far into the lower tail, where NormalDist's own loses all digits."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_two_sided_p(z: float) -> float:
    """Chance of a standard normal at least as far from zero as z."""
    return 2 * normal_cdf(-abs(z))


def t_quantile(share: float, df: float) -> float:
    """Quantile of Student's t; `df` may be fractional."""
    from scipy import special

    return float(special.stdtrit(df, share))


def beta_quantile(share: float, a: float, b: float) -> float:
    """Quantile of the beta distribution with shapes `a` and `b`, both above 0."""
    from scipy import special

    return float(special.betaincinv(a, b, share))


def beta_tail(share: float, a: float, b: float) -> float:
    """Chance that a beta variable with shapes `a` and `b`, both above 0, exceeds `share`."""
    from scipy import special

    return float(special.betaincc(a, b, share))


def t_cdf(t: float, df: float) -> float:
    """Share of Student's t with `df` degrees of freedom below t."""
    from scipy import special

    return float(special.stdtr(df, t))


def t_two_sided_p(t: float, df: float) -> float:
    """Chance of a Student's t at least as far from zero as t."""
    return 2 * t_cdf(-abs(t), df)


def chi2_tail(chi2: float, df: int) -> float:
    """Chance that a chi-square with `df` degrees of freedom exceeds `chi2`."""
    from scipy import special

    return float(special.chdtrc(df, chi2))


def binomial_chances(n: int, p: float) -> Floats:
    """Chance of each number of successes 0..n, (n + 1,)."""
    from scipy import special

    k = np.arange(n + 1)
    choices = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(np.exp(choices + special.xlogy(k, p) + special.xlog1py(n - k, -p)), dtype=np.float64)


def binomial_cdf(k: Floats, n: Floats, p: float) -> Floats:
    """Chance of at most `k` successes in `n` tries, elementwise; counts as floats, `k` 0 or more."""
    from scipy import special

    return np.where(k >= n, 1.0, special.betaincc(k + 1, np.maximum(n - k, 1), p))
