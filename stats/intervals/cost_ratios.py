"""Cost of a unit, such as a mail or a reply, and the volume from which an own GPU is cheaper.

Costs are in US dollars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stats.intervals import distributions
from stats.intervals.distributions import Floats
from stats.intervals.effects import Interval, StatisticalMethod
from stats.intervals.two_shares import LEVEL, check_level

FIELLER = StatisticalMethod("ratio of two means, Fieller's interval", "Fieller 1954, J. R. Stat. Soc. B 16(2)")
HOURS_PER_DAY = 24.0
HOURS_PER_MONTH = 730.0


@dataclass(frozen=True, slots=True)
class UnitCost:
    """US dollars per mail or per reply, with its interval; `interval.high` is infinite where no bound can be told."""

    usd: float
    interval: Interval
    method: StatisticalMethod = FIELLER


@dataclass(frozen=True, slots=True)
class BreakEven:
    """From this volume on, the always-on GPU is the cheaper way.

    Attributes:
        mails_per_hour: Around the clock.
        mails_per_day: Of 24 hours.
        mails_per_month: Of 730 hours.
        share_of_capacity: That volume over what the GPU can write; above 1 it never pays. None if capacity is unknown.
        gpus: GPUs that write that volume; None if capacity is unknown. Each has its price, so more than one never pay either.
    """

    mails_per_hour: float
    mails_per_day: float
    mails_per_month: float
    share_of_capacity: float | None
    gpus: int | None = None


def ratio(cost_usd: Floats, units: Floats, *, level: float = LEVEL) -> UnitCost:
    """Sum of costs over sum of units, with Fieller's interval from cluster totals.

    The bounds are the R at which the mean of c - R u is t standard errors from 0: a quadratic in R. Where the mean of
    the units is itself hardly told from 0, one side (or both) has no bound.

    Args:
        cost_usd: Per cluster, (G,).
        units: Mails or replies per cluster, (G,).
        level: Two-sided, 0 to 1.

    Raises:
        ValueError: If there is no unit to divide by, fewer than two clusters, or the lists differ in length.
    """
    check_level(level)
    if cost_usd.shape != units.shape or len(units) < 2:
        raise ValueError(
            "A cost with an interval needs two lists of one length, with at least two mails (or clusters)."
        )
    if not units.sum() > 0:
        raise ValueError("No replies yet, so the cost per reply is unknown.")
    n = len(units)
    covariance = np.cov(cost_usd, units) / n
    reach = distributions.t_quantile((1 + level) / 2, n - 1)
    estimate = float(cost_usd.sum() / units.sum())
    return UnitCost(estimate, _fieller(float(cost_usd.mean()), float(units.mean()), covariance, reach, level))


def break_even(
    *,
    usd_per_gpu_hour: float,
    usd_per_mail_paid: float,
    mails_per_hour_capacity: float | None = None,
) -> BreakEven:
    """Volume at which an always-on GPU costs what the paid model would: its price over the model's, per hour.

    Args:
        usd_per_gpu_hour: Price of the GPU, used or not.
        usd_per_mail_paid: What the paid model costs a mail.
        mails_per_hour_capacity: What the GPU can write an hour.

    Raises:
        ValueError: If a price has no sense, or the paid model is not dearer a mail: then the GPU never pays.
    """
    if any(not math.isfinite(price) or price < 0 for price in (usd_per_gpu_hour, usd_per_mail_paid)):
        raise ValueError("Prices must be finite and not below 0.")
    if mails_per_hour_capacity is not None and not mails_per_hour_capacity > 0:
        raise ValueError("A capacity must be above 0.")
    if usd_per_mail_paid == 0:
        raise ValueError("A mail of the paid model costs no more than one of your own: the GPU never pays for itself.")
    per_hour = usd_per_gpu_hour / usd_per_mail_paid
    share = None if mails_per_hour_capacity is None else per_hour / mails_per_hour_capacity
    gpus = None if share is None else max(1, math.ceil(share))
    return BreakEven(per_hour, per_hour * HOURS_PER_DAY, per_hour * HOURS_PER_MONTH, share, gpus)


def _fieller(cost: float, units: float, covariance: Floats, reach: float, level: float) -> Interval:
    """Costs are never below 0, so neither is a bound."""
    a = units**2 - reach**2 * float(covariance[1, 1])
    b = cost * units - reach**2 * float(covariance[0, 1])
    c = cost**2 - reach**2 * float(covariance[0, 0])
    inside = b**2 - a * c
    if a <= 0:
        # Costs well told and replies hardly: everything above one root fits. Neither well told: everything fits.
        low = (b - math.sqrt(inside)) / a if a < 0 < c else 0.0
        return Interval(low, math.inf, level)
    root = math.sqrt(max(inside, 0.0))
    return Interval(max(0.0, (b - root) / a), (b + root) / a, level)
