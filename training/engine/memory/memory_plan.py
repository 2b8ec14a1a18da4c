"""Memory as measured: what a run has held, and what its device has for it. The arithmetic is `training.sizing`'s."""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch

from jobs.rundir.machine import GIB
from training.engine.contracts import TrainError
from training.recipes.schema import Recipe
from training.sizing import fit
from training.sizing.profile import RUNTIME_BYTES, will_checkpoint
from training.sizing.profile import DeviceKind as Place
from training.sizing.shape import shape_of

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

# With less than this many times what a run needs, nothing of it may be left in gaps: a process that keeps what it freed
# held up to 1.7 times as much (`docs/memory.md`).
TRIM_BELOW = 2
GROUP: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Plan of how a run uses the memory that is there.

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
    """Memory the device still has for this process, within its control group; None where it cannot be read."""
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


def plan_memory(model: CausalModel, recipe: Recipe, rows_tokens: Sequence[int], device: torch.device) -> MemoryPlan:
    """Plan how a run is to use this device's memory; refuses what it cannot hold either way.

    Args:
        model: The bare student before adapters, on the CPU or quantised on the GPU.

    Raises:
        TrainError: It does not fit, with the nearest recipe that does.
    """
    if recipe.quantise != "none":
        # Packed weights do not tell their shapes, and they are on the GPU already.
        return MemoryPlan(recipe.gradient_checkpointing != "off")
    place: Place = "cuda" if device.type == "cuda" else "cpu"
    try:
        shape = shape_of(model.config.to_dict(), {name: tuple(p.shape) for name, p in model.named_parameters()})
    except ValueError:
        return MemoryPlan(recipe.gradient_checkpointing == "on")
    # On a CPU the student is there already, and so is all that runs it; on a GPU it is still to come.
    held = sum(p.numel() * p.element_size() for p in model.parameters()) + RUNTIME_BYTES["cpu"]
    free = free_bytes(device)
    memory = None if free is None else free + (held if place == "cpu" else 0)
    need = fit.required_bytes(shape, recipe, rows_tokens, place, memory)
    if memory is not None and need > memory:
        fits = fit.nearest_recipe(shape, recipe, rows_tokens, place, memory)
        named = fits and ", ".join(f"{name} {value}" for name, value in fit.recipe_difference(recipe, fits).items())
        raise TrainError(
            "too_large",
            f"this run needs about {need / GIB:.1f} GiB of memory, and {device} has {memory / GIB:.1f}",
            f"The nearest recipe that fits has {named}." if named else "Choose a smaller student.",
        )
    is_short = place == "cpu" and memory is not None and TRIM_BELOW * need > memory
    return MemoryPlan(will_checkpoint(shape, recipe, rows_tokens, place, memory), is_short)


def _left_in_group() -> int | None:
    """Return what a container's limit leaves. Files that the system keeps in memory give way where it is wanted."""
    try:
        limit, used, stat = (
            (GROUP / name).read_text().strip() for name in ("memory.max", "memory.current", "memory.stat")
        )
    except OSError:
        return None
    if limit == "max":
        return None
    files = (line for line in stat.splitlines() if line.startswith(("active_file ", "inactive_file ")))
    return max(0, int(limit) - int(used) + sum(int(line.split()[1]) for line in files))


# Parameters of glibc's mallopt(3).
TRIM_THRESHOLD: Final = -1
MMAP_THRESHOLD: Final = -3
# Blocks from this size on are mapped one by one.
MAPPED_FROM_BYTES: Final = 1 << 20


def enable_trim() -> bool:
    """Have large blocks returned to the system as soon as they are freed; False where the C library has no such knob.

    Allocating them again costs time, up to 40 % of a run's. Left to itself glibc keeps freed blocks of up to 32 MiB for
    later use; what layers take and free in turn then leaves gaps: a process held up to 1.7 times what it needed, and by
    how much hung on the order (`docs/memory.md`).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(knob, MAPPED_FROM_BYTES) for knob in (MMAP_THRESHOLD, TRIM_THRESHOLD))
