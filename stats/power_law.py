"""The curve `loss = a * n**-b + c` through losses at several sizes.

The form is that of Hestness et al. (arXiv 1712.00409, section 2) and Kaplan et al. (arXiv 2001.08361, section 3)
with the floor `c` that no amount of data takes away. For a given `b` the rest is a straight line, so only `b` is
searched (variable projection: Golub & Pereyra, SIAM J. Numer. Anal. 10, 1973).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Exponents of language models lie between 0.05 and 0.5 (Hestness et al., table 1); outside of this a curve is a line
# or a step, and the data cannot tell it from one.
B_LEAST: Final = 0.02
B_MOST: Final = 3.0
COARSE: Final = 80
FINE: Final = 41
# With fewer sizes than this three parameters run through every point and nothing is left to judge the curve by.
FEWEST_SIZES: Final = 4


@dataclass(frozen=True)
class PowerLaw:
    """Parameters of fitted curves, one each draw: `a`, `b`, `c` of shape (D,)."""

    a: Array
    b: Array
    c: Array

    def at(self, n: float) -> Array:
        """Loss at size `n`, (D,)."""
        return self.a * n**-self.b + self.c

    def over(self, sizes: Array) -> Array:
        """Losses at several sizes, (D, K)."""
        return np.asarray(self.a[:, None] * sizes ** -self.b[:, None] + self.c[:, None])


def fit(sizes: Array, losses: Array) -> PowerLaw:
    """Least squares for each row of losses, `c` being at least 0 since no loss is negative.

    Args:
        sizes: Samples, (K,).
        losses: Mean losses, (D, K).

    Returns:
        Curves, one a row. `a` may be negative: losses that grow with size are to be seen, not forbidden.
    """
    grid = np.geomspace(B_LEAST, B_MOST, COARSE)
    best = _best(sizes, losses, np.broadcast_to(grid, (len(losses), COARSE)))
    step = grid[1] / grid[0]
    around = np.clip(best.b[:, None] * np.geomspace(1 / step, step, FINE), B_LEAST, B_MOST)
    return _best(sizes, losses, around)


def misfit(sizes: Array, means: Array, drawn: Array) -> float:
    """Return a p-value for lack of fit: the share of simulated losses at least as far from their own curve as these.

    The noise around a true curve is that of the draws around the means (a parametric bootstrap: Efron & Tibshirani,
    1993, section 16.4).

    Args:
        sizes: Samples, (K,).
        means: Mean losses, (K,).
        drawn: Draws of them, (D, K).
    """
    expected = fit(sizes, means[None, :]).over(sizes)
    observed = float(((means - expected) ** 2).sum())
    likewise = expected + drawn - means
    squares = ((likewise - fit(sizes, likewise).over(sizes)) ** 2).sum(axis=1)
    return float((squares >= observed).mean())


def _best(sizes: Array, losses: Array, exponents: Array) -> PowerLaw:
    """Return the power law with the least squared error among each row's exponents, (D, G)."""
    x = sizes[None, None, :] ** -exponents[:, :, None]  # (D, G, K)
    y = losses[:, None, :]
    x_mean, y_mean = x.mean(axis=2), y.mean(axis=2)
    spread = ((x - x_mean[:, :, None]) ** 2).sum(axis=2)
    a = ((x - x_mean[:, :, None]) * (y - y_mean[:, :, None])).sum(axis=2) / spread
    c = y_mean - a * x_mean
    through_zero = (x * y).sum(axis=2) / (x**2).sum(axis=2)
    a, c = np.where(c < 0, through_zero, a), np.maximum(c, 0.0)
    error = ((y - a[:, :, None] * x - c[:, :, None]) ** 2).sum(axis=2)
    at = error.argmin(axis=1)
    row = np.arange(len(losses))
    return PowerLaw(a[row, at], exponents[row, at], c[row, at])
