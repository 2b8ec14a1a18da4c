"""Results that a finished cell hands to a verdict, and groups of cells as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.states import SHARE_METRICS
from evaluation.studies.number_wording import percent, points
from stats.resampling.seed_bootstrap import Array


@dataclass(frozen=True)
class CellResult:
    """One finished cell.

    Attributes:
        records: Training records it saw.
        seed: Of its sample and its run.
        scores: Score by validation record, of the study's metric.
        cost: `seconds`, `peak_memory_gib`, `trainable_parameters`, `artefact_bytes` of its run; the first two only where
            it ran on the machine whose costs are told.
    """

    arm: str
    records: int
    seed: int
    scores: Mapping[str, float]
    cost: Mapping[str, float]


@dataclass(frozen=True)
class Group:
    """Cells that differ by their seed alone: losses (S, R), records in one order for all groups, named by `records`."""

    name: str
    losses: Array
    costs: tuple[Mapping[str, float], ...]
    records: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        return float(self.losses.mean())

    def spread(self, metric: str) -> float:
        """Spread of seeds: the range of their mean losses over the mean loss; of a share that passes in points."""
        of_seeds = self.losses.mean(axis=1)
        apart = float(np.ptp(of_seeds))
        return apart if metric in SHARE_METRICS or not self.mean else apart / abs(self.mean)

    def is_unstable(self, rule: Mapping[str, Any]) -> bool:
        """Return whether seeds lie further apart than was registered; never where nothing was."""
        return "unstable_above" in rule and self.spread(rule["metric"]) > rule["unstable_above"]

    def mean_cost(self, name: str) -> float | None:
        """Mean of a cost over the cells that tell it; None where none does."""
        told = [cost[name] for cost in self.costs if name in cost]
        return float(np.mean(told)) if told else None


def spread_words(group: Group, rule: Mapping[str, Any]) -> str:
    """Return how far the seeds of an unstable group differ, and what was registered."""
    written = points if rule["metric"] in SHARE_METRICS else percent
    apart, bound = written(group.spread(rule["metric"])), written(rule["unstable_above"])
    return f"seeds differ by {apart}, beyond the {bound} that was registered"


def groups(cells: Sequence[CellResult], key: Callable[[CellResult], Any], metric: str) -> dict[Any, Group]:
    """Cells by size or by arm, scored on the records that all of them have, in the order of the first cell's."""
    shared = [record for record in cells[0].scores if all(record in cell.scores for cell in cells)] if cells else []
    if not shared:
        return {}
    by_key: dict[Any, Group] = {}
    for name in dict.fromkeys(key(cell) for cell in cells):
        members = [cell for cell in cells if key(cell) == name]
        scores = np.array([[cell.scores[record] for record in shared] for cell in members])
        losses = 1 - scores if metric in SHARE_METRICS else scores
        by_key[name] = Group(str(name), losses, tuple(cell.cost for cell in members), tuple(shared))
    return by_key


def lost_share(losses: Array, reference: Array, metric: str) -> Array:
    """Share of the reference's quality that is lost: of a share that passes its fall, of a surprise its rise.

    Not a finite number where the reference has no quality to lose.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric in SHARE_METRICS:
            return 1 - (1 - losses) / (1 - reference)
        return losses / reference - 1
