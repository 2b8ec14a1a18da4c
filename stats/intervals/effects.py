"""Result types of the statistics: an interval and an effect, each with its method.

Plain frozen values; nothing here computes a statistic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Scale(StrEnum):
    """Scale that an effect is measured on."""

    DIFFERENCE = "difference"
    RELATIVE = "relative"


@dataclass(frozen=True, slots=True)
class StatisticalMethod:
    """Method behind a number: its name in words, and the paper or book with the formula."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval that holds the truth in `level` of all repetitions; a bound may be infinite."""

    low: float
    high: float
    level: float

    def holds(self, value: float) -> bool:
        """Return whether the value lies inside, bounds included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Effect:
    """One arm against the control.

    Attributes:
        estimate: Treatment minus control (shares as 0 to 1, means in the metric's unit), or a quotient; see `scale`.
        se: Standard error on the same scale; None where the method has none.
        interval: Two-sided.
        p_value: Two-sided, against "no effect"; None where the method has none.
        df: Degrees of freedom of the t that was used; None for a normal.
        warnings: In plain words, when the numbers should be read with care.
    """

    estimate: float
    se: float | None
    interval: Interval
    p_value: float | None
    df: float | None
    scale: Scale
    method: StatisticalMethod
    warnings: tuple[str, ...] = field(default=())
