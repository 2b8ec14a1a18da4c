"""Bytes of tensors at the peak of one optimiser step of the engine, from a student's shape and a recipe.

Autograd keeps, of every layer, what its way back will need; which tensors those are, and in which format, is a property
of the code that runs. The coefficients below count them, in bytes a token of each width; `benchmarks/memory.py` runs
the very step on tensors without content and holds the sum against what it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from training.sizing.shape import Shape

FP32: Final = 4
ADAM_BYTES: Final = 8
# NF4 with double quantisation: half a byte a number, and 0.127 bits of scales (arXiv 2305.14314, section 3).
NF4_BYTES: Final = 0.5 + 0.127 / 8
# Linear layers of a decoder layer that wear an adapter, and how many of them read the residual stream.
ADAPTED: Final = 7
READ_RESIDUAL: Final = 5
# Rows of the output layer whose gradient is made at once, as in `engine/loss/supervised_head.py`.
PRODUCT_ROWS: Final = 1 << 14
# Of a sharded model whole at a time: the layer that is used, the one after it, and the buffer that one arrives in.
WHOLE_LAYERS: Final = 3


@dataclass(frozen=True)
class StepProfile:
    """Profile of how a step reads: what of a recipe, its rows and its device decides memory.

    Attributes:
        tokens: In one forward pass at most.
        supervised: How many of them are supervised.
        rank: Of adapters; None where all weights are tuned.
        is_half: Whether it computes in bf16 or fp16.
        has_dropout: Whether adapters have dropout before them.
        holds_gradients: Whether a forward pass meets gradients of another: with accumulation.
        is_quantised: Whether the frozen base is in 4 bits.
        merges: Whether adapters are merged for the pass (`engine/model/merged_lora.py`: a CPU in fp32 without dropout).
        mask_bytes: Of dropout, per number: 1 on a GPU, 4 on a CPU.
        block_bytes: Scores held at a time, in fp32.
        shards: Processes that weights, gradients and moments are cut up for; 1 where each has all of them.
        longest: Tokens of the longest row, which an encoder's attention sees pair by pair.
    """

    tokens: int
    supervised: int
    rank: int | None
    is_half: bool = True
    has_dropout: bool = False
    checkpoints: bool = False
    holds_gradients: bool = False
    is_quantised: bool = False
    merges: bool = False
    mask_bytes: int = 1
    block_bytes: int = 1 << 28
    shards: int = 1
    longest: int = 0

    @property
    def width(self) -> int:
        """Bytes of a number that is computed with."""
        return 2 if self.is_half else FP32

    @property
    def stream(self) -> int:
        """Bytes of a number of the residual stream: in the format the weights are held in."""
        return self.width if self.rank is not None else FP32


@dataclass(frozen=True)
class PeakBytes:
    """Bytes at the peak, by what they are; `total` is their sum."""

    weights: int
    optimiser: int
    gradients: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.optimiser + self.gradients + self.activations


def peak_bytes(shape: Shape, reading: StepProfile) -> PeakBytes:
    """Return what an optimiser step after the first holds at most."""
    if reading.rank is None:
        return _of_shards(shape, reading) if reading.shards > 1 else _of_all_weights(shape, reading)
    whole = _of_adapters(shape, reading, reading.rank)
    if reading.shards == 1:
        return whole
    return PeakBytes(
        -(-whole.weights // reading.shards) + _embedding_parameters(shape) * reading.width,
        -(-whole.optimiser // reading.shards),
        -(-whole.gradients // reading.shards),
        whole.activations,
    )


def activation_bytes(shape: Shape, reading: StepProfile) -> int:
    """Bytes kept of one layer for the way back."""
    width, is_full = reading.width, reading.rank is None
    copies = READ_RESIDUAL if reading.has_dropout or (is_full and reading.is_half) else 2
    mask = reading.mask_bytes if reading.has_dropout else 0
    per_norm = 2 * FP32 if is_full else FP32
    hidden = shape.norms * per_norm + copies * width + (READ_RESIDUAL * mask)
    # Queries, what attention makes of them, and a copy: what dropout left of them, or that of rows put together again.
    queries = (3 if reading.has_dropout or not reading.is_half else 2) * width + mask + FP32 / shape.head
    key_value = 2.0 * width
    if shape.has_head_norms:
        per_head_norm = FP32 + ((FP32 if shape.has_wide_norms else width) if is_full else 0)
        queries, key_value = queries + per_head_norm, key_value + per_head_norm
    inside = 4 * width + mask
    of_rank = ADAPTED * width * reading.rank if reading.rank is not None and not reading.merges else 0
    hidden += shape.extra_hidden * width
    inside_rows = shape.pairs * width * reading.longest
    sizes = (
        inside_rows
        + hidden * shape.hidden
        + queries * shape.queries
        + key_value * shape.key_value
        + inside * shape.intermediate
    )
    return round(reading.tokens * (sizes + of_rank))


def _of_adapters(shape: Shape, reading: StepProfile, rank: int) -> PeakBytes:
    adapters = shape.adapter_parameters(rank)
    base = shape.parameters * reading.width
    if reading.is_quantised:
        base = round(shape.linear_parameters * NF4_BYTES) + (shape.parameters - shape.linear_parameters) * FP32
    lowered = adapters * reading.width if reading.is_half else 0
    # Norms of the first layer and of the end weigh each other up: nothing goes back before the first.
    saved = _all_activations(shape, reading, after=FP32 if reading.checkpoints else 0) + lowered
    if reading.merges:
        saved += 2 * FP32 * max(out_width * in_width for out_width, in_width in shape.linear)
    at_head = saved + _head_bytes(shape, reading, is_tuned=False)
    # At the output layer no layer is whole; on the way back some are.
    moving = WHOLE_LAYERS * _layer_parameters(shape) * reading.width if reading.shards > 1 else 0
    on_the_way = saved + _head_rows(shape, reading) + _backward(shape, reading) + moving
    return PeakBytes(base + adapters * FP32, adapters * ADAM_BYTES, adapters * FP32, max(at_head, on_the_way))


def _of_all_weights(shape: Shape, reading: StepProfile) -> PeakBytes:
    tuned = shape.text_parameters or shape.parameters
    weights, gradients, head = shape.parameters * FP32, tuned * FP32, shape.embedding * FP32
    held = gradients if reading.holds_gradients else 0
    copies = shape.linear_parameters * reading.width if reading.is_half else 0
    saved = _all_activations(shape, reading, after=2 * FP32) + (0 if reading.checkpoints else copies)
    at_head = held + saved + head + _head_bytes(shape, reading, is_tuned=True)
    on_the_way = held + saved + head + _head_rows(shape, reading) + _backward(shape, reading)
    # At the first layer, all others have their gradients.
    near_end = gradients + _last_layer(shape, reading) + (head if held else 0 if shape.is_tied else -head)
    # Of tied weights two gradients, of either end, are added up into a third.
    at_end = gradients + (2 * head if shape.is_tied else 0) + (head if held and shape.is_tied else 0)
    most = max(at_head, on_the_way, near_end, at_end)
    shown = min(gradients, most)
    return PeakBytes(weights, tuned * ADAM_BYTES, shown, most - shown)


def _of_shards(shape: Shape, reading: StepProfile) -> PeakBytes:
    """Weights outside of layers are whole, in fp32, from a pass's start to its end."""
    tuned = shape.text_parameters or shape.parameters
    weights, gradients = (-(-count * FP32 // reading.shards) for count in (shape.parameters, tuned))
    outside, head = _embedding_parameters(shape) * FP32, shape.embedding * FP32
    held = gradients if reading.holds_gradients else 0
    # A layer's gradients as they are computed, and once more in fp32 on their way to those that keep a part: by then
    # its weights have been let go, and the next layer is there. The first layer has no next.
    sent = _layer_parameters(shape) * (reading.width + FP32)
    moving = sent + _layer_parameters(shape) * reading.width
    saved = _all_activations(shape, reading, after=2 * FP32)
    at_head = held + saved + head + _head_bytes(shape, reading, is_tuned=True)
    on_the_way = held + saved + head + _head_rows(shape, reading) + _backward(shape, reading) + moving
    near_end = gradients + _last_layer(shape, reading) + head + sent
    # The embedding's gradient and the output layer's; of tied weights both and their sum. The weights themselves have
    # been let go when a copy is made to send gradients from.
    at_end = gradients + (3 * head if shape.is_tied else 2 * head)
    most = max(at_head, on_the_way, near_end, at_end)
    shown = min(gradients, most)
    return PeakBytes(weights + outside, -(-tuned * ADAM_BYTES // reading.shards), shown, most - shown)


def _embedding_parameters(shape: Shape) -> int:
    return shape.embedding * (1 if shape.is_tied else 2)


def _layer_parameters(shape: Shape) -> int:
    return -(-shape.linear_parameters // shape.layers)


def _all_activations(shape: Shape, reading: StepProfile, *, after: int) -> int:
    """Bytes of all layers after the forward pass; `after` counts numbers of the residual stream behind them."""
    last = after * reading.tokens * shape.hidden
    if reading.checkpoints:
        return last + shape.layers * reading.tokens * shape.hidden * reading.stream
    return last + shape.layers * activation_bytes(shape, reading)


def _backward(shape: Shape, reading: StepProfile) -> int:
    """Temporary bytes of the backward pass through the last layer."""
    if reading.checkpoints:
        return _last_layer(shape, reading)
    at_norm = reading.tokens * _norm_gradient_bytes(reading) * shape.hidden
    return max(_feed_forward_gradients(shape, reading), at_norm)


def _last_layer(shape: Shape, reading: StepProfile) -> int:
    """Bytes of one layer in its backward pass, with its activations."""
    gradients = _feed_forward_gradients(shape, reading) - reading.tokens * FP32 * shape.hidden
    return activation_bytes(shape, reading) + max(gradients, reading.tokens * 2 * FP32 * shape.hidden)


def _feed_forward_gradients(shape: Shape, reading: StepProfile) -> int:
    """Gradients of the feed-forward part, less memory freed by then."""
    is_full = reading.rank is None
    if is_full:
        hidden, inside = (-4, 4) if reading.is_half else (-3, 8)
    elif reading.is_half:
        return reading.tokens * (8 * shape.hidden + 2 * shape.intermediate)
    else:
        hidden, inside = 0, 8
    # A norm behind the feed-forward part has given back what it kept.
    hidden -= (shape.norms // 2 - 1) * (2 * FP32 if is_full else FP32)
    return reading.tokens * (hidden * shape.hidden + inside * shape.intermediate)


def _norm_gradient_bytes(reading: StepProfile) -> int:
    """Bytes a number of the residual stream at the last norm's backward pass: five, or four in an fp32 stream."""
    return 16 if reading.rank is None else 20


def _head_rows(shape: Shape, reading: StepProfile) -> int:
    return 2 * reading.supervised * shape.hidden * reading.stream


def _head_bytes(shape: Shape, reading: StepProfile, *, is_tuned: bool) -> int:
    """Scores of a block as computed, their logarithms, and the remainder of the block before."""
    held = 1 << 62 if shape.caps_scores else max(1, reading.block_bytes // (FP32 * shape.vocabulary))
    rows = min(reading.supervised, held)
    is_first = rows == reading.supervised
    scores = rows * shape.vocabulary
    # At its logarithms: both blocks' scores where there are two, and in half formats an fp32 copy.
    at_logs = scores * ((2 * FP32 + reading.width if is_first else 12) if reading.is_half else 8 if is_first else 12)
    copy = shape.embedding * reading.width if is_tuned and reading.is_half else 0
    # A half-precision gradient of the layer is added up in parts (`engine/loss/supervised_head.py`), one in fp32 in
    # place.
    part = min(shape.vocabulary, PRODUCT_ROWS) * shape.hidden * reading.width if copy else 0
    at_gradient = scores * 2 * reading.width + part
    return copy + max(at_logs, at_gradient) + _head_rows(shape, reading)
