"""Number of floating-point operations that a token of training takes, counted from a model's shape.

Model FLOPs, as in "PaLM" (arXiv 2204.02311, appendix B): what the mathematics needs, whatever recomputation or padding
adds. A weight takes two operations forward and two backward for its inputs' gradient, and two more where it is tuned:
six in full fine-tuning, four under an adapter. Attention is counted as causal, so half of PaLM's 12·L·H·Q·T, and within
the window of layers that have one. The output layer counts for supervised tokens alone, since only those are scored.
It knows shapes, not devices or speeds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from training.engine.model.attention_layers import AttentionLayer, attention_layers
from training.engine.model.lora import NOT_TEXT

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

# Models whose products this share of the parameters does not account for (experts, state spaces) are not guessed at.
LEAST_COVERED: Final = 0.9


@dataclass(frozen=True)
class ModelShape:
    """A model as its matrix products see it.

    Attributes:
        frozen: Numbers in weights that are multiplied and not tuned, the output layer left out.
        tuned: Numbers in weights that are tuned, adapters included, the output layer left out.
        head: Numbers in the output layer's weight.
        attention: Layers that attend; layers with a running state take few operations beside their weights.
    """

    frozen: int
    tuned: int
    head: int
    head_is_tuned: bool
    attention: tuple[AttentionLayer, ...]


def flops_per_token(model: ModelShape, lengths: Sequence[int], supervised: int) -> float:
    """Floating-point operations of one token, forward and backward, as a mean over these rows.

    Args:
        lengths: Tokens of each row.
        supervised: Tokens of all rows that are scored.

    Raises:
        ValueError: There are no tokens.
    """
    tokens = sum(lengths)
    if tokens < 1:
        raise ValueError("there are no tokens to count operations for")
    head = model.head * (6 if model.head_is_tuned else 4) * supervised / tokens
    # Scores and the weighted sum take two operations each per position and width; backward takes as much twice over.
    attended = sum(layer.queries * _attended(length, layer.window) for length in lengths for layer in model.attention)
    return 4 * model.frozen + 6 * model.tuned + head + 12 * attended / tokens


def arithmetic_of(model: CausalModel) -> ModelShape | None:
    """The shape of a torch model, wrapped by PEFT or not; None for a model that linear layers do not account for."""
    if model.config.is_encoder_decoder:
        return None  # Half of the weights read the prompt, the others the answer.
    output = model.get_output_embeddings()
    embeddings = model.get_input_embeddings()
    frozen = tuned = head = 0
    head_is_tuned = False
    for name, module in model.named_modules():
        weight = getattr(module, "weight", None)
        if weight is None or not hasattr(module, "out_features") or re.fullmatch(NOT_TEXT, name):
            continue
        size = int(module.in_features) * int(module.out_features)
        if module is output:
            head, head_is_tuned = size, bool(weight.requires_grad)
        elif hasattr(module, "base_layer"):
            continue  # PEFT's wrapper shows its base layer's weight, which is counted by itself.
        elif weight.requires_grad:
            tuned += size
        else:
            frozen += size
    text = _text_parameters(model, {id(embeddings.weight)} if embeddings is not None else set())
    if frozen + tuned + head < LEAST_COVERED * text:
        return None
    return ModelShape(frozen, tuned, head, head_is_tuned, tuple(attention_layers(model.config)))


def _attended(length: int, window: int) -> int:
    """Positions that the tokens of one row attend to, together."""
    if not window or length <= window:
        return length * (length + 1) // 2
    return window * (window + 1) // 2 + (length - window) * window


def _text_parameters(model: CausalModel, left_out: set[int]) -> int:
    """Numbers in weights of two and more dimensions, without embeddings and vision."""
    return sum(
        int(parameter.numel())
        for name, parameter in model.named_parameters()
        if parameter.dim() > 1 and id(parameter) not in left_out and not re.fullmatch(NOT_TEXT, name)
    )
