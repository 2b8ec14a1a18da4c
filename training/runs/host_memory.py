"""Fit of a run into any host's memory, and the recipe nearest to it that fits. Asks hosts' rows; changes nothing.

Only what hosts have said of themselves counts: with none there, nothing is known here and the engine finds out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jobs.rundir.machine import GIB
from jobs.scheduling import hosts
from training.models import Student
from training.recipes.schema import Recipe
from training.runs.estimate import sizes_of
from training.sizing import fit
from training.sizing.profile import RUNTIME_BYTES
from training.sizing.profile import DeviceKind as Place
from training.sizing.shape import Shape
from training.states import Device
from web.errors import Refusal


def largest_memories(device: str) -> dict[Place, int]:
    """Memory in bytes of the largest device of each kind that a run may come to; empty where nothing is known."""
    present_hosts = list(hosts.present())
    gpus = [int(gpu.get("bytes") or 0) for host in present_hosts for gpu in host.gpus]
    largest: dict[Place, int] = {
        "cuda": max(gpus, default=0) if device != Device.CPU else 0,
        "cpu": max((host.memory_bytes for host in present_hosts), default=0) if device != Device.CUDA else 0,
    }
    # Less than what an engine takes without any model is no figure: workers run there.
    return {place: size for place, size in largest.items() if size > RUNTIME_BYTES[place]}


def has_gpus_everywhere() -> bool:
    """Return whether every host that is there has a GPU; False where none is."""
    present_hosts = list(hosts.present())
    return bool(present_hosts) and all(host.gpus for host in present_hosts)


def teacher_bytes(teacher: Student | None, recipe: Recipe, place: Place) -> int:
    """Bytes of a teacher's weights beside the student, held as a frozen base is; 0 where their number is not known."""
    if teacher is None or not teacher.parameters:
        return 0
    is_half = recipe.dtype != "fp32" if place == "cuda" else recipe.dtype == "bf16"
    return teacher.parameters * (2 if is_half else 4)


def require_memory(
    student: Path | Shape, recipe: Recipe, rows_tokens: Sequence[int], *, device: str, teacher: Student | None = None
) -> None:
    """Refuse a run that no device holds, with the nearest recipe that fits.

    Args:
        student: Its folder, or its shape.
        device: `auto`, `cpu` or `cuda`.
        teacher: Whom it learns from, if anybody: each device holds all of it.

    Raises:
        Refusal: 422, with what it needs, what there is, and what to change.
        ValueError: The student's config does not tell its sizes.
    """
    memories = largest_memories(device)
    # Four bits are for GPUs only.
    memories = {place: size for place, size in memories.items() if place == "cuda" or recipe.quantise == "none"}
    if not memories or not rows_tokens:
        return
    shape = student if isinstance(student, Shape) else sizes_of(student).shape
    teacher_sizes = {place: teacher_bytes(teacher, recipe, place) for place in memories}
    left = {place: size - teacher_sizes[place] for place, size in memories.items()}
    need = {place: fit.required_bytes(shape, recipe, rows_tokens, place, size) for place, size in left.items()}
    if any(need[place] <= size for place, size in left.items()):
        return
    largest = max(memories, key=lambda place: memories[place])
    called = "GPU" if largest == "cuda" else "host"
    message = (
        f"This run needs about {(need[largest] + teacher_sizes[largest]) / GIB:.1f} GiB of memory"
        + (f", {teacher_sizes[largest] / GIB:.1f} of them for its teacher" if teacher_sizes[largest] else "")
        + f"; the largest {called} has {memories[largest] / GIB:.1f} GiB."
    )
    hint = _hint(shape, recipe, rows_tokens, largest, left[largest])
    raise Refusal("too_large", message, hint=hint, errors={"batch_size": [f"{message} {hint}"]})


def _hint(shape: Shape, recipe: Recipe, rows_tokens: Sequence[int], place: Place, memory_bytes: int) -> str:
    fits = fit.nearest_recipe(shape, recipe, rows_tokens, place, memory_bytes)
    if fits is None:
        return "No recipe of this student fits: choose a smaller student, or leave out its longest rows."
    changed = ", ".join(f"{name} {value}" for name, value in fit.recipe_difference(recipe, fits).items())
    return f"The nearest recipe that fits has {changed}."
