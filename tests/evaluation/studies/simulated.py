"""Studies whose truth is known: losses of records, cells and seeds that vary by known amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.states import StudyKind
from evaluation.studies.kinds import KINDS
from evaluation.studies.kinds.samples import points
from evaluation.studies.results import CellResult, Group
from stats.resampling.seed_bootstrap import draws

DRAWS = 400


def concluded(kind: str, cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict of a kind of study whose rule and cells tell all."""
    return KINDS[kind].conclude(cells, rule, {})


def false_enough(seeds: int, times: int, *, sizes: int = 4) -> tuple[float, float]:
    """Share of studies that name a size as enough that loses what was allowed: any size searched,
    and by the registered order.
    """
    chance, wrong = np.random.default_rng(5), np.zeros(2)
    rule = {**KINDS[StudyKind.SAMPLES].rule, "metric": "nll_per_byte", "draws": DRAWS}
    names = [20 * 2**power for power in range(sizes)]
    for number in range(times):
        of_record = chance.normal(0, 0.25, 40)
        losses = {
            size: mean + of_record + chance.normal(0, 0.02, (seeds, 1)) + chance.normal(0, 0.03, (seeds, 40))
            for size, mean in zip(names, [*[1 + rule["tolerance"]] * (sizes - 1), 1.0], strict=True)
        }
        groups = {size: Group(str(size), cells, ({},)) for size, cells in losses.items()}
        drawn = draws(list(losses.values()), count=DRAWS, seed=number)
        unordered = {name: value for name, value in rule.items() if name != "order"}
        for place, each in enumerate((unordered, rule)):
            wrong[place] += any(point.get("is_enough") for point in points(groups, drawn, each))
    return float(wrong[0] / times), float(wrong[1] / times)
