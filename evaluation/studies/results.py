"""Results of finished cells for a verdict, and groups of cells as arrays."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evaluation.states import SHARE_METRICS
from evaluation.studies.number_wording import percent, points
from stats.resampling.seed_bootstrap import Array, interval


@dataclass(frozen=True)
class CellResult:
    """Finished cell.

    Attributes:
        records: Number of training records.
        seed: Seed of its sample and its run.
        scores: Score by validation record, in the study's metric.
        cost: `seconds`, `peak_memory_gib`, `trainable_parameters`, `artefact_bytes` of its run; the first two only for
            runs on the machine whose costs are shown.
    """

    arm: str
    records: int
    seed: int
    scores: Mapping[str, float]
    cost: Mapping[str, float]

    def on(self, records: Container[str]) -> CellResult:
        """Return the cell with the scores of these records alone."""
        return replace(self, scores={record: score for record, score in self.scores.items() if record in records})


@dataclass(frozen=True)
class Group:
    """Cells that differ only by their seed: losses (S, R) over `records`, in one order for all groups."""

    name: str
    losses: Array
    costs: tuple[Mapping[str, float], ...]
    records: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        return float(self.losses.mean())

    def spread(self, metric: str) -> float:
        """Return the range of the seeds' mean losses, divided by the mean loss or, for shares, in points."""
        of_seeds = self.losses.mean(axis=1)
        apart = float(np.ptp(of_seeds))
        return apart if metric in SHARE_METRICS or not self.mean else apart / abs(self.mean)

    def is_unstable(self, rule: Mapping[str, Any]) -> bool:
        """Return whether the spread exceeds the registered bound, if there is one."""
        return "unstable_above" in rule and self.spread(rule["metric"]) > rule["unstable_above"]

    def mean_cost(self, name: str) -> float | None:
        """Return the mean of a cost over the cells that have it; None where none has."""
        values = [cost[name] for cost in self.costs if name in cost]
        return float(np.mean(values)) if values else None


def spread_words(group: Group, rule: Mapping[str, Any]) -> str:
    """Word the spread of an unstable group and its registered bound."""
    metric = rule["metric"]
    bound = apart(rule["unstable_above"], metric)
    return f"seeds differ by {apart(group.spread(metric), metric)}, beyond the {bound} that was registered"


def apart(spread: float, metric: str) -> str:
    """Write a spread with its unit: per cent of the mean loss or, for shares, points."""
    return (points if metric in SHARE_METRICS else percent)(spread)


def groups(cells: Sequence[CellResult], key: Callable[[CellResult], Any], metric: str) -> dict[Any, Group]:
    """Group cells by size or arm, with the records that all cells have in the order of the first cell's."""
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


def companies_of(group: Group, rule: Mapping[str, Any]) -> list[int] | None:
    """Return the company of each record, which is drawn whole; None by the rule of an older registration."""
    companies = rule.get("companies")
    return [companies[record] for record in group.records] if companies else None


def unknown_noise(groups: Mapping[Any, Group], rule: Mapping[str, Any]) -> str:
    """Say why nothing is known of the noise between records: all are one, or of one company where those are drawn.

    Draws of a single unit are all alike, so an interval would hold the noise of seeds alone. Empty where all is well.
    """
    group = next(iter(groups.values()))
    if len(set(companies_of(group, rule) or group.records)) > 1:
        return ""
    unit = "records of one group" if len(group.records) > 1 else "one validation record"
    return f"its cells share {unit} only, so the noise between records is unknown"


def lost_share(
    group: Group, reference: Group, drawn: tuple[Array, Array], rule: Mapping[str, Any]
) -> tuple[float | None, float | None, float | None]:
    """Return the lost share of the reference's quality with its interval: the fall of a share, or the rise of a loss.

    Args:
        drawn: Drawn means of both groups.

    Returns:
        Share, low and high; None where the reference, or a draw of it, has no quality to lose.
    """
    lost = float(_lost_shares(np.array([group.mean]), np.array([reference.mean]), rule["metric"])[0])
    shares = _lost_shares(*drawn, rule["metric"])
    if not np.isfinite(lost) or not np.isfinite(shares).all():
        return None, None, None
    return lost, *interval(shares, rule.get("level", 0.95))


def _lost_shares(losses: Array, reference: Array, metric: str) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric in SHARE_METRICS:
            return 1 - (1 - losses) / (1 - reference)
        return losses / reference - 1
