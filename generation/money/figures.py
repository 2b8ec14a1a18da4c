"""Arithmetic of money, one function a formula; `TokenPrices.cost_usd` prices tokens. Pure: no Django, no rows."""

from __future__ import annotations

import math
from decimal import ROUND_UP, Decimal
from typing import Final

THOUSAND: Final = 1000
HOUR_S: Final = 3600
HOURS_PER_MONTH: Final = 730
CENT: Final = Decimal("0.01")
# Books are kept in millionths of a US dollar.
MICRO: Final = Decimal("0.000001")


def millionths(usd: Decimal | float | None) -> Decimal:
    """Round an amount to whole millionths of a US dollar; None is nothing.

    Sums of floats, on a database that has no decimals, are off in a place that money does not have.
    """
    return Decimal(str(usd or 0)).quantize(MICRO)


def rounded_up(usd: Decimal | float, place: Decimal) -> Decimal:
    """Round an amount up to whole cents, or to another place."""
    return Decimal(str(usd)).quantize(place, rounding=ROUND_UP)


def time_usd(seconds: float, usd_per_hour: Decimal | float) -> Decimal:
    """Cost of somebody's or a host's time, unrounded."""
    return Decimal(str(seconds)) * Decimal(str(usd_per_hour)) / HOUR_S


def per_thousand(usd: Decimal | float, units: float = 1) -> Decimal | None:
    """Cost of 1,000 units where so many cost `usd`; None where there are none."""
    return millionths(Decimal(str(usd)) * THOUSAND / Decimal(str(units))) if units else None


def hosts_for(units_per_month: float, units_per_hour: float) -> int:
    """Count the hosts that write so many units a month around the clock; one at least."""
    return max(1, math.ceil(units_per_month / (units_per_hour * HOURS_PER_MONTH)))
