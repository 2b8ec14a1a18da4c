"""Several comparisons in one experiment: p-values adjusted so that the whole keeps its error rate.

It does not know what was compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from campaigns.statistics import arithmetic
from campaigns.statistics.results import Method

HOLM = Method("Holm's step-down adjustment", "Holm 1979, Scandinavian Journal of Statistics 6(2)")
BENJAMINI_HOCHBERG = Method("Benjamini-Hochberg adjustment", "Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57(1)")


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that the chance of one false finding among all stays at the level; in the order given.

    The i-th smallest of m is multiplied by m - i + 1, never below its predecessor nor above 1.

    Raises:
        ValueError: If a p-value is outside 0 to 1.
    """
    return _checked(p_values, method="holm")


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that the share of false among the findings stays at the level; in the order given.

    The i-th smallest of m is multiplied by m / i, never above its successor.

    Raises:
        ValueError: If a p-value is outside 0 to 1.
    """
    return _checked(p_values, method="fdr_bh")


def _checked(p_values: Sequence[float], *, method: arithmetic.Adjustment) -> list[float]:
    for p in p_values:
        if math.isnan(p) or not 0 <= p <= 1:
            raise ValueError(f"A p-value lies between 0 and 1; {p!r} does not.")
    if len(p_values) < 2:
        # Nothing to adjust, and nothing to import for it.
        return [float(p) for p in p_values]
    return arithmetic.adjusted(p_values, method=method)
