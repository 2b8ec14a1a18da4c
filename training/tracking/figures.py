"""A run as trackers want it: a name, parameters, and figures with step and time. Pure; knows no tracker and no row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# Grouped by the slash, as trackers group charts; what is not named here keeps its own name.
TAGS: Final[dict[str, str]] = {
    "loss": "loss/train",
    "val_loss": "loss/validation",
    "lr": "optimiser/learning_rate",
    "grad_norm": "optimiser/gradient_norm",
    "tokens_per_s": "speed/tokens_per_s",
    "mfu": "speed/mfu",
    "peak_memory_gib": "memory/peak_gib",
    "gpu_memory_gib": "memory/gpu_gib",
    "gpu_utilisation": "gpu/utilisation",
    "gpu_power_w": "gpu/power_w",
    "energy_kwh": "gpu/energy_kwh",
}


@dataclass(frozen=True)
class Figure:
    """One value: its tag, the step it belongs to, and when it was told, seconds since 1970."""

    tag: str
    step: int
    value: float
    at: float


@dataclass(frozen=True)
class TrackedRun:
    """A run to export.

    Attributes:
        key: What makes it the same run when it is exported again.
        parameters: Of its recipe and its data, as text.
        figures: By step.
        totals: What it came to, once it has ended.
    """

    key: str
    name: str
    parameters: Mapping[str, str]
    figures: tuple[Figure, ...]
    totals: Mapping[str, float] = field(default_factory=dict)


def figures_of(events: Iterable[tuple[float, Mapping[str, Any]]]) -> tuple[Figure, ...]:
    """Figures of metric events, in order of step; of a step that was told twice the later one counts.

    Args:
        events: When, seconds since 1970, and the payload, in the order in which they were told.
    """
    by_tag_and_step: dict[tuple[str, int], Figure] = {}
    for at, payload in events:
        step = payload.get("step")
        if not isinstance(step, int):
            continue
        for name, value in payload.items():
            if name != "step" and _is_number(value):
                tag = TAGS.get(name, name)
                by_tag_and_step[tag, step] = Figure(tag, step, float(value), at)
    return tuple(sorted(by_tag_and_step.values(), key=lambda figure: (figure.step, figure.tag)))


def totals_of(summary: Mapping[str, Any]) -> dict[str, float]:
    return {f"total/{name}": float(value) for name, value in summary.items() if _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
