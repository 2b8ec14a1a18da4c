"""How many processes make the calls of an order. Knows this host's cores; knows no call."""

from __future__ import annotations

import os

from generation.engine.contracts import GenerationSpec

# Below this one core has the time.
WIDE_FROM = 64
# A process needs about two seconds to import its SDK: a short order is done by then.
WORTH_CALLS = 1000
MOST = 4


def how_many(spec: GenerationSpec, *, cores: int | None = None) -> int:
    """As the order's limits say, or by its width and this host's cores, one of which stays with the engine itself."""
    if any(teacher.provider == "offline" for teacher in spec.teachers):
        return 1
    if spec.limits.processes is not None:
        return min(spec.limits.processes, spec.limits.concurrency)
    if spec.limits.concurrency < WIDE_FROM or spec.count < WORTH_CALLS:
        return 1
    return max(1, min((cores or len(os.sched_getaffinity(0))) - 1, MOST))
