"""What a run will need, before it is launched: parameters, memory, time, disk.

Pure Python: reads a student's config.json and the headers of its weights, never the weights. It counts what the
engine's loop keeps (`training.engine`); figures it cannot count are named constants, measured by
`benchmarks/training.py` and stated in docs/training-engine.md. It does not know runs or what they came to.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from training.recipes import Recipe
from training.student_folder import weight_shapes

Device = Literal["cpu", "cuda"]

# Resident memory of a process that has imported torch, transformers and peft and holds no model (measured).
RUNTIME_BYTES: Final[dict[Device, int]] = {"cpu": 430 << 20, "cuda": 0}
# Arithmetic the loop reaches, per CPU core in fp32 (measured) and per GPU in bf16 (a third of an A100's peak).
FLOPS_PER_S: Final[dict[Device, float]] = {"cpu": 4.5e10, "cuda": 1e14}
# Peaks measured on a CPU pass the sum by this: what the allocator rounds up, and what it holds back once freed.
ALLOCATOR_SLACK: Final = 1.3
# The engine makes scores in blocks of this size; three of them are alive at once.
SCORE_BLOCK_BYTES: Final = 3 << 25
FP32: Final = 4
ADAM_BYTES: Final = 8
_NOT_TUNED: Final = re.compile(r"embed|lm_head|wte|wpe|vision|visual|image|audio|speech|multi_modal_projector")


@dataclass(frozen=True)
class Shape:
    """What the sizes of a student's parts say of it.

    Attributes:
        parameters: All numbers in its weights; tied ones once.
        linear: (out, in) of each linear layer that may wear an adapter.
        layers: Decoder layers.
        hidden: Width of the residual stream.
        key_value: Width of keys, and of values.
        queries: Width of queries.
        intermediate: Width inside the feed-forward part.
        vocabulary: Scores a position has.
    """

    parameters: int
    linear: tuple[tuple[int, int], ...]
    layers: int
    hidden: int
    key_value: int
    queries: int
    intermediate: int
    vocabulary: int


@dataclass(frozen=True)
class Estimate:
    """What a run will need. Bytes are at the peak; `peak_bytes` is their sum with the allocator's slack."""

    total_parameters: int
    trainable_parameters: int
    weights_bytes: int
    gradients_bytes: int
    optimiser_bytes: int
    activations_bytes: int
    runtime_bytes: int
    peak_bytes: int
    disk_bytes: int
    steps: int
    tokens: int
    tokens_per_s: float
    seconds: float
    is_measured: bool

    @property
    def trainable_fraction(self) -> float:
        """Share of the parameters that is tuned, adapters counted in."""
        return self.trainable_parameters / self.total_parameters

    @property
    def peak_gib(self) -> float:
        """Peak memory in GiB."""
        return self.peak_bytes / (1 << 30)


def estimate(
    folder: Path,
    recipe: Recipe,
    rows_tokens: Sequence[int],
    *,
    device: Device = "cpu",
    cores: int = 2,
    tokens_per_s: float | None = None,
) -> Estimate:
    """What tuning the student in `folder` on rows of these lengths will need.

    Args:
        folder: A student as `save_pretrained` writes it.
        recipe: How it will be tuned.
        rows_tokens: Length of each training row in tokens, prompt and completion.
        device: Where it will run.
        cores: Of the CPU.
        tokens_per_s: Speed of an earlier run of this student; without it the time is worked out from arithmetic alone
            and may be off by half.

    Raises:
        ValueError: There are no rows, or config.json lacks the sizes a decoder has.
        web.errors.Refusal: The weights' headers cannot be read.
    """
    if not rows_tokens:
        raise ValueError("there are no rows to tune on")
    shape = shape_of(json.loads((folder / "config.json").read_text(encoding="utf-8")), weight_shapes(folder))
    adapters = _adapter_parameters(shape, recipe)
    trainable = adapters or shape.parameters
    frozen_bytes_each = 2 if device == "cuda" and recipe.method == "lora" and recipe.dtype != "fp32" else FP32
    weights = shape.parameters * frozen_bytes_each + adapters * FP32
    activations = _activations(shape, recipe, rows_tokens, half=device == "cuda" and recipe.dtype != "fp32")
    runtime = RUNTIME_BYTES[device]
    variable = weights + trainable * (FP32 + ADAM_BYTES) + activations
    tokens = sum(rows_tokens) * recipe.epochs
    speed = tokens_per_s or _speed(shape, adapters, device, cores)
    return Estimate(
        total_parameters=shape.parameters + adapters,
        trainable_parameters=trainable,
        weights_bytes=weights,
        gradients_bytes=trainable * FP32,
        optimiser_bytes=trainable * ADAM_BYTES,
        activations_bytes=activations,
        runtime_bytes=runtime,
        peak_bytes=runtime + round(variable * ALLOCATOR_SLACK),
        # Two checkpoints with the moments and the best weights, and the artefact.
        disk_bytes=trainable * (2 * (2 * FP32 + ADAM_BYTES) + FP32),
        steps=math.ceil(len(rows_tokens) / recipe.rows_per_step) * recipe.epochs,
        tokens=tokens,
        tokens_per_s=speed,
        seconds=tokens / speed,
        is_measured=tokens_per_s is not None,
    )


def shape_of(config: Mapping[str, Any], weights: Mapping[str, tuple[int, ...]]) -> Shape:
    """Read a student's shape from its config and the shapes of its weights.

    Raises:
        ValueError: The config lacks the sizes a decoder has.
    """
    text = config.get("text_config") or config
    try:
        hidden, layers, heads = (int(text[key]) for key in ("hidden_size", "num_hidden_layers", "num_attention_heads"))
        head = int(text.get("head_dim") or hidden // heads)
        key_value = int(text.get("num_key_value_heads") or heads) * head
        intermediate = int(text["intermediate_size"])
        vocabulary = int(text.get("vocab_size") or config["vocab_size"])
    except (KeyError, TypeError) as missing:
        raise ValueError(f"config.json does not tell the sizes of a decoder: {missing} is missing") from missing
    linear = tuple((s[0], s[1]) for name, s in weights.items() if len(s) == 2 and not _NOT_TUNED.search(name))
    parameters = sum(math.prod(s) for s in weights.values())
    return Shape(parameters, linear, layers, hidden, key_value, heads * head, intermediate, vocabulary)


def _adapter_parameters(shape: Shape, recipe: Recipe) -> int:
    if recipe.method == "full":
        return 0
    rank = recipe.rank_for(shape.parameters)
    return sum(rank * (out_width + in_width) for out_width, in_width in shape.linear)


def _activations(shape: Shape, recipe: Recipe, rows_tokens: Sequence[int], *, half: bool) -> int:
    """Bytes kept for the way back by the widest batch, rows of like length being together."""
    longest = sorted(rows_tokens, reverse=True)[: recipe.batch_size]
    tokens = longest[0] * len(longest)
    # Two norms (in and out), queries, keys, values, attention's output twice, and four times the feed-forward width.
    per_layer = 4 * shape.hidden + 3 * shape.queries + 2 * shape.key_value + 4 * shape.intermediate
    if recipe.method == "lora":
        per_layer += 7 * recipe.rank_for(shape.parameters)
    # On the way back one layer's gradients stand beside what it kept.
    kept = per_layer * 2 + shape.layers * shape.hidden if recipe.gradient_checkpointing else per_layer * shape.layers
    numbers = tokens * (kept + 2 * shape.intermediate + 4 * shape.hidden)
    return numbers * (2 if half else FP32) + SCORE_BLOCK_BYTES


def _speed(shape: Shape, adapters: int, device: Device, cores: int) -> float:
    """Tokens a second from arithmetic: two operations a weight forward and two back, two more where it is tuned."""
    operations = 4 * shape.parameters + 6 * adapters if adapters else 6 * shape.parameters
    return FLOPS_PER_S[device] * (cores if device == "cpu" else 1) / operations
