"""Costs of a miniature: its data, the time of people who judged them, and its run; alone, and with all it stands on.

A miniature that starts from another includes what that one cost. What is not known stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generation.money.figures import millionths
from training.costs import data_cost
from training.costs.data_cost import DataCost
from training.costs.run_cost import RunCost, run_costs
from training.miniatures.queries import RELATED
from training.models import Miniature


@dataclass(frozen=True)
class MiniatureCost:
    """Cost of a miniature, alone or with those it starts from, in US dollars.

    Attributes:
        data: What any of them learnt from; what several learnt from counts once.
        runs: Their training runs, its own first; a price is None where none was entered.
        starts: Miniatures it starts from, the nearest first, each once.
    """

    data: DataCost
    runs: tuple[RunCost, ...]
    starts: tuple[Miniature, ...] = ()

    @property
    def run(self) -> RunCost:
        return self.runs[0]

    @property
    def is_whole(self) -> bool:
        return all(run.usd is not None for run in self.runs)

    @property
    def runs_usd(self) -> Decimal:
        return sum((run.usd or Decimal(0) for run in self.runs), Decimal(0))

    @property
    def host_seconds(self) -> float:
        return sum(run.host_seconds for run in self.runs)

    @property
    def total_usd(self) -> Decimal:
        """The parts that have a price, together; rejected drafts are not among them."""
        return self.data.usd + self.runs_usd

    def as_json(self) -> dict[str, Any]:
        return {**self.data.as_json(), "total_usd": str(millionths(self.total_usd)), "is_whole": self.is_whole}


@dataclass(frozen=True)
class MiniatureCosts:
    """Both costs of a miniature; they are the same for one that starts from none."""

    own: MiniatureCost
    with_starts: MiniatureCost

    def as_json(self) -> dict[str, Any]:
        whole = self.with_starts
        more = {
            "starts": [{"id": str(each.pk), "slug": each.slug, "name": each.name} for each in whole.starts],
            "runs": len(whole.runs),
            "runs_usd": str(millionths(whole.runs_usd)),
            "host_seconds": whole.host_seconds,
        }
        own = {**self.own.as_json(), "run": self.own.run.as_json()}
        return {"cost": own, "cost_with_starts": {**whole.as_json(), **more}}


def miniature_costs(miniature: Miniature) -> MiniatureCosts:
    """Return what a miniature cost, alone and with all it stands on.

    One question for each start, and of one that has any as many more as data and runs take, however many they are.
    """
    starts = _starts(miniature)
    all_runs = [each.run for each in (miniature, *starts)]
    costs = run_costs(all_runs)
    data = data_cost.of_versions([miniature.run.dataset_version])
    # By id: runs on the same version freeze and cost it once.
    versions = {run.dataset_version_id: run.dataset_version for run in all_runs}
    all_data = data_cost.of_versions(list(versions.values())) if len(versions) > 1 else data
    return MiniatureCosts(
        MiniatureCost(data, (costs[miniature.run.pk],)),
        MiniatureCost(all_data, tuple(costs[run.pk] for run in all_runs), tuple(starts)),
    )


def _starts(miniature: Miniature) -> list[Miniature]:
    version = "run__dataset_version"
    miniatures = Miniature.objects.select_related(*RELATED).defer(f"{version}__manifest", f"{version}__card")
    starts: list[Miniature] = []
    next_id = miniature.run.starts_from_id
    while next_id is not None:
        starts.append(miniatures.get(pk=next_id))
        next_id = starts[-1].run.starts_from_id
    return starts
