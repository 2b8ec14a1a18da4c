"""Memory profile of a recipe on rows of these lengths and a device; and whether that fits in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

from training.recipes.schema import Recipe
from training.sizing.shape import Shape
from training.sizing.step import StepProfile, peak_bytes

DeviceKind = Literal["cpu", "cuda"]

# Resident memory of a process that runs steps of a model without weights (measured, docs/memory.md); of a
# GPU, what a driver takes for kernels and libraries (stated, not measured).
RUNTIME_BYTES: Final[dict[DeviceKind, int]] = {"cpu": 465 << 20, "cuda": 700 << 20}
# What an allocator rounds up and holds back once freed: measured on a CPU, stated, not measured, on a GPU.
ALLOCATOR_SLACK: Final[dict[DeviceKind, float]] = {"cpu": 1.03, "cuda": 1.05}
# The engine makes scores in blocks of this size.
BLOCK_BYTES: Final[dict[DeviceKind, int]] = {"cpu": 1 << 25, "cuda": 1 << 28}


def step_profile(
    shape: Shape, recipe: Recipe, rows_tokens: Sequence[int], device: DeviceKind, *, checkpoints: bool
) -> StepProfile:
    """The widest pass of a recipe over rows of these lengths.

    Rows of like length share a step, so the longest rows make the widest one. All tokens count as supervised.
    """
    tokens, passes = _widest_pass(recipe, rows_tokens)
    is_half = recipe.dtype != "fp32" if device == "cuda" else recipe.dtype == "bf16"
    rank = recipe.rank_for(shape.parameters) if recipe.method == "lora" else None
    has_dropout = rank is not None and recipe.dropout > 0
    return StepProfile(
        tokens=tokens,
        supervised=tokens,
        rank=rank,
        is_half=is_half,
        has_dropout=has_dropout,
        checkpoints=checkpoints,
        holds_gradients=passes > 1,
        is_quantised=recipe.quantise != "none",
        merges=device == "cpu" and rank is not None and not is_half and not has_dropout,
        mask_bytes=1 if device == "cuda" else 4,
        block_bytes=BLOCK_BYTES[device],
        shards=recipe.shards,
        longest=max(rows_tokens),
    )


def needed_bytes(shape: Shape, reading: StepProfile, device: DeviceKind) -> int:
    """Memory a device must have for what a step holds at most: with the allowances above."""
    return RUNTIME_BYTES[device] + round(peak_bytes(shape, reading).total * ALLOCATOR_SLACK[device])


def will_checkpoint(
    shape: Shape, recipe: Recipe, rows_tokens: Sequence[int], device: DeviceKind, memory_bytes: int | None
) -> bool:
    """Return whether activations are recomputed: as the recipe says, or, on `auto`, where they do not fit otherwise.

    Args:
        memory_bytes: Of the device; None where it is not known, which is taken for enough.
    """
    if recipe.gradient_checkpointing != "auto":
        return recipe.gradient_checkpointing == "on"
    if recipe.quantise != "none":
        return True
    plain = step_profile(shape, recipe, rows_tokens, device, checkpoints=False)
    return memory_bytes is not None and needed_bytes(shape, plain, device) > memory_bytes


def _widest_pass(recipe: Recipe, rows_tokens: Sequence[int]) -> tuple[int, int]:
    longest = sorted(rows_tokens, reverse=True)[: recipe.rows_per_step]
    padded = longest[0] * min(recipe.batch_size, len(longest))
    if recipe.objective != "sft" or recipe.packing == "off":
        return padded, math.ceil(len(longest) / recipe.batch_size)
    # Rows are shared out evenly to as few lines as hold them (`engine/data/packing.py`).
    passes = math.ceil(sum(longest) / padded)
    return min(padded, max(longest[0], math.ceil(sum(longest) / passes))), passes
