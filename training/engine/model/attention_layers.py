"""Attention of a model, layer by layer, from its config: widths, windows, and whether keys and values are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.students.servable import ATTENTION_LAYERS

if TYPE_CHECKING:
    from transformers import PretrainedConfig


@dataclass(frozen=True)
class AttentionLayer:
    """A layer that attends.

    Attributes:
        queries: Heads times the width of one.
        keys: Heads of keys times the width of one; values are as wide.
        window: Tokens it looks back; 0 for all the way.
        keeps: Whether it keeps keys and values of its own; the last layers of Gemma 3n and 4 read those of earlier
            ones.
    """

    queries: int
    keys: int
    window: int
    keeps: bool


def attention_layers(config: PretrainedConfig) -> list[AttentionLayer]:
    """The layers of a decoder that attend; layers with a running state are left out."""
    text = config.get_text_config()
    layers = text.per_layer_config
    kinds = getattr(text, "layer_types", None) or ["full_attention"] * len(layers)
    if text.is_encoder_decoder:
        counts = (getattr(text, name, None) for name in ("num_decoder_layers", "decoder_layers"))
        kinds = ["full_attention"] * (next(filter(None, counts), None) or len(layers))
        layers = [text] * len(kinds)
    kept = len(layers) - int(getattr(text, "num_kv_shared_layers", None) or 0)
    return [
        _attention(layer, slides=kind == "sliding_attention", keeps=number < kept)
        for number, (layer, kind) in enumerate(zip(layers, kinds, strict=True))
        if kind in ATTENTION_LAYERS
    ]


def _attention(layer: PretrainedConfig, *, slides: bool, keeps: bool) -> AttentionLayer:
    heads = int(layer.num_attention_heads)
    width = int(getattr(layer, "head_dim", None) or layer.hidden_size // heads)
    key_heads = int(getattr(layer, "num_key_value_heads", None) or heads)
    window = int(getattr(layer, "sliding_window", None) or 0) if slides else 0
    return AttentionLayer(heads * width, key_heads * width, window, keeps)
