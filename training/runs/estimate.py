"""Estimate of what a run will need, before it is launched: parameters, memory, time, disk.

Pure Python: reads a student's config.json and the headers of its weights, never the weights. It counts what the
engine's loop keeps (`training.engine`); figures it cannot count are named constants, measured by
`benchmarks/training.py` and stated in docs/training-engine.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.recipes.schema import Recipe
from training.sizing.profile import RUNTIME_BYTES, DeviceKind, needed_bytes, step_profile, will_checkpoint
from training.sizing.shape import Shape, shape_of
from training.sizing.step import ADAM_BYTES, FP32
from training.sizing.step import peak_bytes as peak
from training.students.model_folder import weight_shapes
from web import strict_json

# What a process takes before its first step, measured on two cores with the demo student; larger ones load longer.
START_S: Final = 9.0
# Arithmetic the loop reaches, on two CPU cores in fp32 (measured) and per GPU in bf16 (a third of an A100's peak).
FLOPS_PER_S: Final[dict[DeviceKind, float]] = {"cpu": 9e10, "cuda": 1e14}


@dataclass(frozen=True)
class StudentSizes:
    """Sizes of a student that an estimate needs.

    Attributes:
        number_bytes: Bytes of a number in its files, and so in whole weights that are tuned from it.
    """

    shape: Shape
    number_bytes: int


def sizes_of(folder: Path) -> StudentSizes:
    """Read the sizes of the student in a folder.

    Raises:
        ValueError: config.json lacks the sizes a decoder has.
        web.errors.Refusal: The weights' headers cannot be read.
    """
    config = strict_json.parse((folder / "config.json").read_text(encoding="utf-8"))
    return StudentSizes(shape_of(config, weight_shapes(folder)), _number_bytes(config))


@dataclass(frozen=True)
class RunEstimate:
    """Estimate of what a run will need. Bytes are at the peak.

    `peak_bytes` is what a run measures of itself: tensors on a GPU, resident memory on a CPU. `needed_bytes` is what
    the device must have for it: on a GPU with allowances for the driver and for fragmentation.
    """

    total_parameters: int
    trainable_parameters: int
    weights_bytes: int
    gradients_bytes: int
    optimiser_bytes: int
    activations_bytes: int
    runtime_bytes: int
    peak_bytes: int
    needed_bytes: int
    checkpoints: bool
    disk_bytes: int
    steps: int
    tokens: int
    tokens_per_s: float
    seconds: float
    is_measured: bool

    @property
    def trainable_fraction(self) -> float:
        return self.trainable_parameters / self.total_parameters

    @property
    def peak_gib(self) -> float:
        return self.peak_bytes / (1 << 30)


def estimate_run(
    student: Path | StudentSizes,
    recipe: Recipe,
    rows_tokens: Sequence[int],
    *,
    device: DeviceKind = "cpu",
    tokens_per_s: float | None = None,
    memory_bytes: int | None = None,
    beside_bytes: int = 0,
) -> RunEstimate:
    """Estimate what tuning a student on rows of these lengths will need.

    Args:
        student: Its folder, as `save_pretrained` writes it, or its sizes.
        rows_tokens: Length of each training row in tokens, prompt and completion.
        tokens_per_s: Speed of an earlier run of this student; without it the time is worked out from arithmetic alone
            and may be off by half.
        memory_bytes: Of the device, where it is known: decides whether `auto` recomputes activations.
        beside_bytes: What else the device holds all the while: a teacher.

    Raises:
        ValueError: There are no rows, or config.json lacks the sizes a decoder has.
        web.errors.Refusal: The weights' headers cannot be read.
    """
    if not rows_tokens:
        raise ValueError("there are no rows to tune on")
    sizes = student if isinstance(student, StudentSizes) else sizes_of(student)
    shape = sizes.shape
    adapters = shape.adapter_parameters(recipe.rank_for(shape.parameters)) if recipe.method == "lora" else 0
    trainable = adapters or shape.text_parameters
    room = None if memory_bytes is None else memory_bytes - beside_bytes
    checkpoints = will_checkpoint(shape, recipe, rows_tokens, device, room)
    reading = step_profile(shape, recipe, rows_tokens, device, checkpoints=checkpoints)
    held, needed = peak(shape, reading), needed_bytes(shape, reading, device) + beside_bytes
    tokens = sum(rows_tokens) * recipe.epochs
    speed = tokens_per_s or _speed(shape, adapters, device) * devices_of(
        device, processes=recipe.processes, hosts=recipe.hosts
    )
    return RunEstimate(
        total_parameters=shape.parameters + adapters,
        trainable_parameters=trainable,
        weights_bytes=held.weights,
        gradients_bytes=held.gradients,
        optimiser_bytes=held.optimiser,
        activations_bytes=held.activations,
        runtime_bytes=RUNTIME_BYTES[device],
        peak_bytes=held.total + beside_bytes if device == "cuda" else needed,
        needed_bytes=needed,
        checkpoints=checkpoints,
        # Two checkpoints with the moments and the best weights, and the artefact.
        disk_bytes=trainable * (2 * (2 * FP32 + ADAM_BYTES) + (FP32 if adapters else sizes.number_bytes)),
        steps=math.ceil(len(rows_tokens) / recipe.rows_per_step) * recipe.epochs,
        tokens=tokens,
        tokens_per_s=speed,
        seconds=START_S + tokens / speed,
        is_measured=tokens_per_s is not None,
    )


def devices_of(device: str, *, processes: int, hosts: int) -> int:
    """Return how many devices compute at once. Processes on the CPU of one host share its cores."""
    return processes if device == "cuda" else hosts


def _number_bytes(config: dict[str, Any]) -> int:
    text = config.get("text_config") or {}
    named = config.get("dtype") or config.get("torch_dtype") or text.get("dtype") or text.get("torch_dtype")
    return 2 if str(named).removeprefix("torch.") in ("bfloat16", "float16") else FP32


def _speed(shape: Shape, adapters: int, device: DeviceKind) -> float:
    """Tokens a second of one device: two operations a weight forward and two back, two more where it is tuned."""
    operations = 4 * shape.parameters + 6 * adapters if adapters else 6 * shape.parameters
    return FLOPS_PER_S[device] / operations
