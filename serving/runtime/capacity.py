"""Tell before a promotion whether a miniature's weights fit where it would be served.

Asks the engine where one answers; else what is set, or the hosts that are there. Where nothing is known the engine
tells.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from jobs.rundir.machine import GIB
from jobs.scheduling import hosts
from serving.engine.contracts import CPU_SHARES, GPU_SHARES
from serving.runtime import engine_client
from training.models import Miniature
from web.errors import Refusal

# Bytes of one weight: a GPU is given bf16, a CPU fp32.
GPU_BYTES_PER_WEIGHT, CPU_BYTES_PER_WEIGHT = 2, 4


@dataclass(frozen=True)
class WeightCapacity:
    """Capacity of a host for weights, in bytes, and in how many bytes each."""

    limit: int
    bytes_per_weight: int


def require_capacity(miniature: Miniature) -> None:
    """Refuse a miniature whose weights fit nowhere it could be served. May ask the engine, at most a second.

    Raises:
        Refusal: 422, with the weights' size and the limit.
    """
    parameters = miniature.student.parameters
    places = _capacities() if parameters else []
    if not parameters or not places or any(parameters * each.bytes_per_weight <= each.limit for each in places):
        return
    largest = max(places, key=lambda each: each.limit / each.bytes_per_weight)
    needed = parameters * largest.bytes_per_weight
    raise Refusal(
        "model_too_large",
        f"The weights of {miniature.name} take {needed / GIB:.1f} GiB; "
        f"the engine may hold {largest.limit / GIB:.1f} GiB.",
        hint="Raise SERVING_MAX_WEIGHTS_GIB where there is memory for it, run a worker for serving on a host with more "
        "memory, or promote a miniature of a smaller student.",
    )


def _capacities() -> list[WeightCapacity]:
    """Capacity of the engine that answers, else of each host that is there."""
    engine = engine_client.engine_state()
    if engine is not None and "max_weights_bytes" in engine:
        return [WeightCapacity(engine["max_weights_bytes"], engine["bytes_per_weight"])]
    is_set = int(settings.SERVING_MAX_WEIGHTS_GIB * GIB)
    capacities = []
    for host in hosts.present():
        gpu = max((each["bytes"] for each in host.gpus), default=0)
        whole, share = (gpu, GPU_SHARES.weights) if gpu else (host.memory_bytes, CPU_SHARES.weights)
        capacities.append(
            WeightCapacity(is_set or int(whole * share), GPU_BYTES_PER_WEIGHT if gpu else CPU_BYTES_PER_WEIGHT)
        )
    return capacities or ([WeightCapacity(is_set, GPU_BYTES_PER_WEIGHT)] if is_set else [])
