"""Arms that nobody beats in both loss and cost: a front for each cost that is counted. Of means; nothing is tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

# What a front is drawn against, and what pages call it.
FRONT_COSTS: Final = {
    "seconds": "seconds of a run",
    "peak_memory_gib": "peak memory, GiB",
    "artefact_bytes": "bytes of what it leaves",
}


def fronts(points: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return by cost the arms that no other beats: none has at most as much of both loss and cost, and less of one.

    Args:
        points: Of arms: `arm`, `loss` and its costs; an arm whose cost is not known is on no front of it.

    Returns:
        Names of arms, the cheapest first; a cost that no arm tells is left out.
    """
    found = {}
    for cost in FRONT_COSTS:
        told = sorted((point[cost], point["loss"], point["arm"]) for point in points if point[cost] is not None)
        front = [
            name
            for spent, loss, name in told
            if not any(
                other_spent <= spent and other <= loss and (other_spent, other) != (spent, loss)
                for other_spent, other, _ in told
            )
        ]
        if front:
            found[cost] = front
    return found
