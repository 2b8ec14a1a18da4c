"""Tell before a promotion whether a miniature's weights fit where it would be served.

Asks the engine where one answers; else what is set, or the hosts that are there. Where nothing is known the engine tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from jobs.services import hosts
from serving import link
from serving.engine.contracts import CPU_SHARES, GPU_SHARES
from training.models import Miniature
from web.errors import Refusal

GIB: Final = 1 << 30
# Bytes of one weight: a GPU is given bf16, a CPU fp32.
ON_GPU, ON_CPU = 2, 4


@dataclass(frozen=True)
class Place:
    """What a host holds of weights, in bytes, and in how many bytes each."""

    limit: int
    bytes_per_weight: int


def check(miniature: Miniature) -> None:
    """Refuse a miniature whose weights fit nowhere it could be served. May ask the engine, at most a second.

    Raises:
        Refusal: 422, with the weights' size and the limit.
    """
    parameters = miniature.student.parameters
    places = _places() if parameters else []
    if not parameters or not places or any(parameters * each.bytes_per_weight <= each.limit for each in places):
        return
    largest = max(places, key=lambda each: each.limit / each.bytes_per_weight)
    needed = parameters * largest.bytes_per_weight
    raise Refusal(
        "model_too_large",
        f"The weights of {miniature.name} take {needed / GIB:.1f} GiB; the engine may hold {largest.limit / GIB:.1f} GiB.",
        hint="Raise SERVING_MAX_WEIGHTS_GIB where there is memory for it, run a worker for serving on a host with more "
        "memory, or promote a miniature of a smaller student.",
    )


def _places() -> list[Place]:
    """Where it would be served: the engine that answers, else each host that is there."""
    engine = link.state()
    if engine is not None and "max_weights_bytes" in engine:
        return [Place(engine["max_weights_bytes"], engine["bytes_per_weight"])]
    is_set = int(settings.SERVING_MAX_WEIGHTS_GIB * GIB)
    found = []
    for host in hosts.present():
        gpu = max((each["bytes"] for each in host.gpus), default=0)
        whole, share = (gpu, GPU_SHARES.weights) if gpu else (host.memory_bytes, CPU_SHARES.weights)
        found.append(Place(is_set or int(whole * share), ON_GPU if gpu else ON_CPU))
    return found or ([Place(is_set, ON_GPU)] if is_set else [])
