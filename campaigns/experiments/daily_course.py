"""Daily course of a comparison: the always-valid interval, and apart from it the one not to be looked at daily."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from campaigns.experiments.assignments import AssignedClusters
from stats.intervals import always_valid
from stats.intervals import two_clustered as robust

DAY_S = 86_400
MAX_DAYS = 60
# With fewer companies in an arm an interval spans everything, and would only flatten the chart.
MIN_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class DailyLook:
    """One look at one arm against the control, at the end of a day.

    Attributes:
        number: Days since the first contact was ripe, from 1.
        contacts: Ripe contacts of both arms.
        low: Of the always-valid interval, with `high`.
        naive_low: Of an ordinary interval, with `naive_high`: right for one look, wrong for daily ones.
    """

    at: str
    number: int
    contacts: int
    estimate: float
    low: float
    high: float
    naive_low: float
    naive_high: float

    @property
    def is_naive_alarm(self) -> bool:
        return self.naive_low > 0 or self.naive_high < 0

    @property
    def is_alarm(self) -> bool:
        return self.low > 0 or self.high < 0


def daily_looks(
    all_clusters: AssignedClusters, *, arm: str, control: str, until_s: float, level: float, tuned_for: float
) -> list[DailyLook]:
    """One look a day from the first on which there is something to compare; thinned to 60 at equal steps.

    Args:
        until_s: The last moment to look at, seconds of the epoch.
        tuned_for: Clusters of both arms at the end, for which the sequence is narrowest.
    """
    ends = _ends(all_clusters.ripe(until_s).ripe_at, until_s)
    if not len(ends):
        return []
    first = ends[0]
    if len(ends) > MAX_DAYS:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, MAX_DAYS).round().astype(int))]
    looks = (_daily_look(all_clusters.ripe(end), arm, control, end, first, level, tuned_for) for end in ends)
    return [day for day in looks if day is not None]


def _ends(ripe_at: np.ndarray, until_s: float) -> np.ndarray:
    """Ends of days from the first ripe contact's on until the last one's; the last is no later than `until_s`."""
    if not len(ripe_at):
        return ripe_at
    begin = np.floor(ripe_at[0] / DAY_S) * DAY_S + DAY_S
    end = np.floor(ripe_at[-1] / DAY_S) * DAY_S + DAY_S
    return np.minimum(np.arange(begin, end + 1, DAY_S), until_s)


def _daily_look(
    ripe: AssignedClusters, arm: str, control: str, end: float, first: float, level: float, tuned_for: float
) -> DailyLook | None:
    outcomes = ripe.outcomes()
    if any(name not in outcomes or outcomes[name].clusters < MIN_CLUSTERS for name in (arm, control)):
        return None
    try:
        effect = robust.difference(outcomes[control], outcomes[arm], level=level)
    except ValueError:
        # Nothing varies yet: no interval can be told.
        return None
    draws = outcomes[control].clusters + outcomes[arm].clusters
    watched = always_valid.always_valid(effect, draws, tuned_for=tuned_for)
    return DailyLook(
        at=datetime.fromtimestamp(end - 1, tz=UTC).date().isoformat(),
        number=math.ceil((end - first) / DAY_S) + 1,
        contacts=outcomes[control].n + outcomes[arm].n,
        estimate=effect.estimate,
        low=watched.interval.low,
        high=watched.interval.high,
        naive_low=effect.interval.low,
        naive_high=effect.interval.high,
    )
