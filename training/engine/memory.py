"""Memory as measured: what a run has held, and what its device has for it. The arithmetic is `training.memory`'s."""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.engine.contracts import TrainError
from training.memory import fitting
from training.memory.reading import RUNTIME_BYTES, will_checkpoint
from training.memory.reading import Device as Place
from training.memory.shape import shape_of
from training.recipes import Recipe

GIB = 1 << 30
# With less than this many times what a run needs, nothing of it may be left in gaps: a process that keeps what it freed
# held up to 1.7 times as much (`docs/memory.md`).
AMPLE = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run uses the memory that is there.

    Attributes:
        recomputes: Whether activations are made again on the way back instead of being kept.
        is_short: Whether what is freed must go back to the system, which costs time.
    """

    recomputes: bool
    is_short: bool = False


def peak_gib(device: torch.device) -> float:
    """Most memory this process has held so far: the GPU's on a GPU, resident memory on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / GIB
    return _most_resident_bytes() / GIB


def _most_resident_bytes() -> int:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        # Elsewhere than on Linux: macOS reports bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    # Linux's rusage begins a process with the most that the one which started it has ever held; this does not.
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) << 10


def free_bytes(device: torch.device) -> int | None:
    """Memory the device still has for this process, limits of its control group included; None where nobody tells."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) + torch.cuda.memory_reserved(device)
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    free = kib["MemAvailable"] << 10 if "MemAvailable" in kib else None
    left = [size for size in (free, _left_in_group()) if size is not None]
    return min(left, default=None)


def plan(model: Any, recipe: Recipe, rows_tokens: Sequence[int], device: torch.device) -> Plan:
    """How a run is to use this device's memory; refuses what it cannot hold either way.

    Args:
        model: The bare student before adapters, on the CPU or quantised on the GPU.
        recipe: How it is tuned.
        rows_tokens: Length of each training row.
        device: Where it will be tuned.

    Raises:
        TrainError: It does not fit, with the nearest recipe that does.
    """
    if recipe.quantise != "none":
        # Packed weights do not tell their shapes, and they are on the GPU already.
        return Plan(recipe.gradient_checkpointing != "off")
    place: Place = "cuda" if device.type == "cuda" else "cpu"
    try:
        shape = shape_of(model.config.to_dict(), {name: tuple(p.shape) for name, p in model.named_parameters()})
    except ValueError:
        return Plan(recipe.gradient_checkpointing == "on")
    # On a CPU the student is there already, and so is all that runs it; on a GPU it is still to come.
    held = sum(p.numel() * p.element_size() for p in model.parameters()) + RUNTIME_BYTES["cpu"]
    free = free_bytes(device)
    memory = None if free is None else free + (held if place == "cpu" else 0)
    need = fitting.needed(shape, recipe, rows_tokens, place, memory)
    if memory is not None and need > memory:
        fits = fitting.nearest(shape, recipe, rows_tokens, place, memory)
        named = fits and ", ".join(f"{name} {value}" for name, value in fitting.differences(recipe, fits).items())
        raise TrainError(
            "too_large", f"this run needs about {need / GIB:.1f} GiB of memory, and {device} has {memory / GIB:.1f}",
            f"The nearest recipe that fits has {named}." if named else "Choose a smaller student.",
        )  # fmt: skip
    is_short = place == "cpu" and memory is not None and AMPLE * need > memory
    return Plan(will_checkpoint(shape, recipe, rows_tokens, place, memory), is_short)


def _left_in_group() -> int | None:
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return None
    return None if limit == "max" else max(0, int(limit) - int(used))
