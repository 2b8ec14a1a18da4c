"""Fit of the next run of a sweep into what is left. Arithmetic on seconds and dollars; knows no run.

A run that is going on counts as what it was expected to take, or what it has taken if that is more. Expectations are
scaled by what ended runs took against theirs, so a first guess that is off is mended after the first run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from training.sweeps.grid import SweepBudget

HOUR_S: Final = 3600
# A run about which nothing is known is begun all the same, or a sweep of hub models could never begin.
UNKNOWN_S: Final = 0.0


@dataclass(frozen=True)
class CellSpending:
    """A run as the budget sees it: seconds of a host, expected and taken; dollars spent, if its price is known."""

    expected_s: float | None
    taken_s: float
    usd: float | None
    has_ended: bool
    ended_well: bool = False


@dataclass(frozen=True)
class Account:
    """Expense of a sweep so far and of its running runs to come. Dollars are None where a price is missing."""

    spent_s: float
    spent_usd: float | None
    committed_s: float
    scale: float

    @property
    def spent_hours(self) -> float:
        return self.spent_s / HOUR_S


def account_of_cells(runs: Sequence[CellSpending]) -> Account:
    scale = _scale(runs)
    prices = [run.usd for run in runs if run.usd is not None]
    ahead = [max(0.0, expected(run.expected_s, scale) - run.taken_s) for run in runs if not run.has_ended]
    return Account(
        spent_s=sum(run.taken_s for run in runs),
        spent_usd=sum(prices) if len(prices) == len(runs) else None,
        committed_s=sum(ahead),
        scale=scale,
    )


def expected(seconds: float | None, scale: float) -> float:
    """Return what a run is expected to hold its host for, seconds: loading and training, as ended runs have taught."""
    return UNKNOWN_S if seconds is None else seconds * scale


def shortfall(budget: SweepBudget, now: Account, *, next_s: float | None, usd_per_hour: float | None) -> str:
    """Why the next run does not fit, as a sentence; empty when it does.

    Args:
        next_s: Estimate of the next run, seconds; None when nothing is known of it.
    """
    wanted_s = now.committed_s + expected(next_s, now.scale)
    # A run of unknown length is begun only while anything is left.
    least = 1e-9 if next_s is None else 0.0
    if budget.hours is not None and now.spent_s + wanted_s + least > budget.hours * HOUR_S:
        left_s = max(0.0, budget.hours * HOUR_S - now.spent_s - now.committed_s)
        return f"It would take about {_time(wanted_s - now.committed_s)}, and {_time(left_s)} of the hours are left."
    if budget.usd is None:
        return ""
    if usd_per_hour is None or now.spent_usd is None:
        return "The price of its host is not known, so the budget in dollars cannot be kept."
    wanted_usd = wanted_s / HOUR_S * usd_per_hour
    if now.spent_usd + wanted_usd + least > budget.usd:
        left = max(0.0, budget.usd - now.spent_usd - now.committed_s / HOUR_S * usd_per_hour)
        price = expected(next_s, now.scale) / HOUR_S * usd_per_hour
        return f"It is expected to cost ${price:,.4f}, and ${left:,.4f} of the budget is left."
    return ""


def is_spent(budget: SweepBudget, now: Account) -> bool:
    """Return whether nothing is left, so that runs that go on must rest."""
    if budget.hours is not None and now.spent_s >= budget.hours * HOUR_S:
        return True
    return budget.usd is not None and now.spent_usd is not None and now.spent_usd >= budget.usd


def _scale(runs: Sequence[CellSpending]) -> float:
    ratios = [run.taken_s / run.expected_s for run in runs if run.ended_well and run.expected_s and run.taken_s > 0]
    return median(ratios) if ratios else 1.0


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{seconds / HOUR_S:.2f} h"
