"""The incomplete beta function and its inverse: what Student's t, the beta and the binomial distribution are made of.

Pure Python and numpy, so that no install needs scipy's 140 MB; scipy is the oracle of the tests. Everything is computed
on logarithms, so that chances of 1e-300 keep their digits.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HALF_LOG_TAU = math.log(2 * math.pi) / 2
# Coefficients of Stirling's series in 1/z, 1/z³, …; from z = 10 on what is cut off is below 3e-14.
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
_SERIES_FROM = 10.0
_TINY, _CLOSE = 1e-300, 1e-15
_MOST_TERMS, _MOST_STEPS = 100_000, 200
# Newton's method squares its error: after a step of this size the next would be below rounding.
_LAST_STEP = 1e-9
_MOST_BENT = 0.2
_ROUNDING = 1e-16
_FAR = 700.0


def log_share_below(x: float, y: float, a: float, b: float) -> float:
    """Logarithm of the regularised incomplete beta function I_x(a, b): the chance that a beta variable is below x.

    Args:
        x: Strictly between 0 and 1.
        y: 1 - x, given by itself so that an x next to 1 loses no digits.
        a: First shape, above 0.
        b: Second shape, above 0.
    """
    return _log_share(x, y, a, b, log_kernel(x, y, a, b))


def _log_share(x: float, y: float, a: float, b: float, density: float) -> float:
    """Return `log_share_below` for a density (its `log_kernel`) that is already computed."""
    if x <= (a + 1) / (a + b + 2):
        return density + math.log(_fraction(x, a, b) / a)
    above = math.exp(density + math.log(_fraction(y, b, a) / b))
    return math.log1p(-above) if above < 1 else -math.inf


def log_kernel(x: float, y: float, a: float, b: float) -> float:
    """Logarithm of x^a y^b / B(a, b), without the differences of large gammas that would cost its digits.

    Loader (2000), Fast and accurate computation of binomial probabilities: Stirling's formula, and deviances in its
    place.
    """
    n = a + b
    return _log_peak(a, b) - _deviance(a, n * x) - _deviance(b, n * y)


@lru_cache(maxsize=16)
def _log_peak(a: float, b: float) -> float:
    """The kernel where no deviance is, at x = a / (a + b); a quantile asks for it at each step."""
    n = a + b
    scale = math.log(a) + math.log(b) - math.log(n)
    return scale / 2 - _HALF_LOG_TAU + _stirling_error(n) - _stirling_error(a) - _stirling_error(b)


def quantile_logit(share: float, a: float, b: float) -> float:
    """Logit of the x with I_x(a, b) = share, by Halley's method; share strictly between 0 and 1.

    On the logit scale a beta variable has a log-concave density, and so has log I a falling slope: Newton's method
    comes to the root from wherever it starts (Bagnoli and Bergstrom 2005, Economic Theory 26). Halley's bends a step by
    the slope's own change where that is little, close to the root, and needs fewer.
    """
    if share > 0.5:
        return -quantile_logit(1 - share, b, a)
    target, logit = math.log(share), math.log(a) - math.log(b)
    for _ in range(_MOST_STEPS):
        x, y = _logistic(logit), _logistic(-logit)
        density = log_kernel(x, y, a, b)
        current = _log_share(x, y, a, b, density)
        slope = math.exp(density - current)
        step = (target - current) / slope
        bend = 1 + step * (a * y - b * x - slope) / 2
        step = step / bend if abs(bend - 1) <= _MOST_BENT else step
        # Beyond this a share is no number of the machine any more; a first step may be too long, the next comes back.
        before, logit = logit, min(max(logit + step, -_FAR), _FAR)
        if abs(logit - before) <= _LAST_STEP * max(1.0, abs(logit)):
            break
    return logit


def binomial_cdf(counts: Floats, of: Floats, p: float | Floats) -> Floats:
    """Chance of at most `counts` successes in `of` trials, elementwise over what the three broadcast to.

    Counts below 0 have the chance 0.
    """
    counts, of, p = np.broadcast_arrays(counts, of, p)
    result = np.where((counts < 0) | ((p >= 1) & (counts < of)), 0.0, 1.0)
    inside = (counts >= 0) & (counts < of) & (p > 0) & (p < 1)
    if not inside.any():
        return result
    result[inside] = _summed_away_from_mean(counts[inside], of[inside], p[inside])
    return result


def _summed_away_from_mean(k: Floats, n: Floats, p: Floats) -> Floats:
    """The chance of at most k of n, (N,) each.

    The lesser side's chances are summed outwards, each from the one before it.
    """
    is_low, odds = k <= n * p, p / (1 - p)
    at = np.where(is_low, k, k + 1)
    logs, whole, part = _log_factorials(int(n.max())), n.astype(int), at.astype(int)
    chance = np.exp(logs[whole] - logs[part] - logs[whole - part] + at * np.log(p) + (n - at) * np.log1p(-p))
    total, step = chance.copy(), np.where(is_low, -1.0, 1.0)
    while np.any(chance > _ROUNDING * total):
        chance = chance * np.where(
            is_low, at / (np.maximum(n - at + 1, 1) * odds), (n - at) * odds / np.maximum(at + 1, 1)
        )
        total += chance
        at = at + step
    summed: Floats = np.clip(np.where(is_low, total, 1 - total), 0.0, 1.0)
    return summed


def binomial_chance(counts: Floats, n: int, p: float | Floats) -> Floats:
    """Chance of just so many successes of n, elementwise over what counts and shares broadcast to.

    Counts within 0 to n.
    """
    counts, p = np.broadcast_arrays(counts, p)
    result = np.where(counts == np.where(p <= 0, 0, n), 1.0, 0.0)
    inside = (p > 0) & (p < 1)
    k, share, logs = counts[inside].astype(int), p[inside], _log_factorials(n)
    result[inside] = np.exp(logs[n] - logs[k] - logs[n - k] + k * np.log(share) + (n - k) * np.log1p(-share))
    return result


def binomial_chances(n: int, p: float) -> Floats:
    """Chance of each number of successes 0..n, (n + 1,)."""
    return binomial_chance(np.arange(n + 1.0), n, p)


@lru_cache(maxsize=4)
def _log_factorials(n: int) -> Floats:
    """Logarithms of 0!, …, n!, (n + 1,)."""
    return np.array([math.lgamma(k + 1) for k in range(n + 1)])


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x(a, b) (DLMF 8.17.22), by Lentz's method; it is short for x below a / (a + b).

    Written out: it is where the time of every interval goes.
    """
    n = a + b
    c, d = 1.0, 1 / ((1 - n * x / (a + 1)) or _TINY)
    result, at = d, a
    for m in range(1, _MOST_TERMS):
        # at = a + 2 (m - 1) here, and a + 2 m after the even term.
        even = m * (b - m) * x / ((at + 1) * (at + 2))
        at += 2
        d, c = 1 / ((1 + even * d) or _TINY), (1 + even / c) or _TINY
        result *= d * c
        odd = -(a + m) * (n + m) * x / (at * (at + 1))
        d, c = 1 / ((1 + odd * d) or _TINY), (1 + odd / c) or _TINY
        change = d * c
        result *= change
        if -_CLOSE < change - 1 < _CLOSE:
            break
    return result


def _stirling_error(z: float) -> float:
    """Return the error of Stirling's formula for log Γ(z), with z > 0."""
    if z < _SERIES_FROM:
        return math.lgamma(z) - (z - 0.5) * math.log(z) + z - _HALF_LOG_TAU
    return math.fsum(factor / z ** (2 * k + 1) for k, factor in enumerate(_STIRLING))


def _deviance(k: float, mean: float) -> float:
    """Return k log(k / mean) + mean - k, with all digits where k is close to the mean."""
    away = k - mean
    if abs(away) >= 0.1 * (k + mean):
        return k * (math.log(k) - math.log(mean)) - away
    v = away / (k + mean)
    total, power, j = away * v, 2 * k * v, 1
    while True:
        power *= v * v
        longer = total + power / (2 * j + 1)
        if longer == total:
            return total
        total, j = longer, j + 1


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))
