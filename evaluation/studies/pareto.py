"""Pareto fronts of arms in mean loss and each cost; nothing is tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

# Costs that have a front, with their labels on pages.
FRONT_COSTS: Final = {
    "seconds": "seconds of a run",
    "peak_memory_gib": "peak memory, GiB",
    "artefact_bytes": "bytes of what it leaves",
}


def fronts(points: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the front of each cost: the arms that no other arm beats in loss or cost without being worse in the other.

    Args:
        points: `arm`, `loss` and costs of each arm; an arm without a cost is not on its front.

    Returns:
        Names of arms by cost, the cheapest first; a cost that no arm has is left out.
    """
    by_cost = {}
    for cost in FRONT_COSTS:
        priced = sorted((point[cost], point["loss"], point["arm"]) for point in points if point[cost] is not None)
        front = [
            name
            for spent, loss, name in priced
            if not any(
                other_spent <= spent and other <= loss and (other_spent, other) != (spent, loss)
                for other_spent, other, _ in priced
            )
        ]
        if front:
            by_cost[cost] = front
    return by_cost
