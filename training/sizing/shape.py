"""Sizes of a student's parts, and what they say of it. Reads a config and shapes of weights; never weights."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from training.recipes.architecture import kind_of

_NON_TEXT: Final = re.compile(r"vision|visual|image|audio|speech|multi_modal_projector")
_UNADAPTED_OF_BOTH: Final = re.compile(r"embed|lm_head|shared|relative_attention_bias|final_logits_bias")
_WITHOUT_ADAPTER: Final = re.compile(r"embed|lm_head|wte|wpe")
# Attention that drops scores, and DeBERTa's own, hold them: the scores, what is dropped and what is left. DeBERTa also
# keeps what it gathers of relative positions. Counted on models of random weights.
_PAIRS, _DEBERTA_HIDDEN = 3, 16
# Where DistilBERT's config has names of its own.
_OWN_NAMES: Final = {
    "hidden_size": "dim",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
}
_FIRST_LAYER: Final = re.compile(r"(?:^|\.)(?:layers|h)\.0\.")


@dataclass(frozen=True)
class Shape:
    """A student's sizes: a decoder's, those of both halves told as one decoder that holds no less, or an encoder's.

    Attributes:
        parameters: All numbers in its weights; tied ones once.
        text_parameters: Those among them that full fine-tuning on text changes.
        linear: (out, in) of each linear layer that may wear an adapter.
        hidden: Width of the residual stream.
        key_value: Width of keys, and of values.
        queries: Width of queries.
        intermediate: Width inside the feed-forward part.
        vocabulary: Scores a position has.
        head: Width of one attention head.
        norms: Norms over the residual stream in a layer: 2, or 4 where each part is normed on both sides.
        has_head_norms: Whether queries and keys are normed too.
        has_wide_norms: Whether norms multiply by their weight in fp32 (Gemma).
        is_tied: Whether the output layer is the embedding.
        caps_scores: Whether something follows the output layer, so that all scores of a batch are held at once.
        is_encoder_decoder: Whether it stands for an encoder and a decoder.
        pairs: Numbers of 4 bytes that a layer keeps for each pair of tokens of a row, all heads together.
        extra_hidden: Numbers that a layer keeps a token beside what a decoder's keeps, in widths of the residual
            stream.
    """

    parameters: int
    linear: tuple[tuple[int, int], ...]
    layers: int
    hidden: int
    key_value: int
    queries: int
    intermediate: int
    vocabulary: int
    text_parameters: int = 0
    head: int = 64
    norms: int = 2
    has_head_norms: bool = False
    has_wide_norms: bool = False
    is_tied: bool = False
    caps_scores: bool = False
    is_encoder_decoder: bool = False
    pairs: int = 0
    extra_hidden: int = 0

    @property
    def embedding(self) -> int:
        """Numbers of the output layer, and of the embedding."""
        return self.vocabulary * self.hidden

    @property
    def linear_parameters(self) -> int:
        """Numbers of the decoder's linear layers."""
        return sum(out_width * in_width for out_width, in_width in self.linear)

    def adapter_parameters(self, rank: int) -> int:
        return sum(rank * (out_width + in_width) for out_width, in_width in self.linear)


def shape_of(config: Mapping[str, Any], weights: Mapping[str, tuple[int, ...]]) -> Shape:
    """Read a student's shape from its config and the shapes of its weights.

    Raises:
        ValueError: The config lacks the sizes a student has.
    """
    if config.get("is_encoder_decoder"):
        return _encoder_decoder(config, weights)
    if kind_of(config) == "encoder":
        return _encoder_shape(config, weights)
    text = config.get("text_config") or config
    try:
        hidden, layers, heads = (int(text[key]) for key in ("hidden_size", "num_hidden_layers", "num_attention_heads"))
        head = int(text.get("head_dim") or hidden // heads)
        key_value = int(text.get("num_key_value_heads") or heads) * head
        intermediate = int(text["intermediate_size"])
        vocabulary = int(text.get("vocab_size") or config["vocab_size"])
    except (KeyError, TypeError) as missing:
        raise ValueError(f"config.json does not give the sizes of a decoder: {missing} is missing") from missing
    of_text = {name: sizes for name, sizes in weights.items() if not _NON_TEXT.search(name)}
    first = [name for name in of_text if _FIRST_LAYER.search(name) and "norm" in name and name.endswith("weight")]
    head_norms = [name for name in first if of_text[name] == (head,) and hidden != head]
    return Shape(
        parameters=sum(math.prod(sizes) for sizes in weights.values()),
        text_parameters=sum(math.prod(sizes) for sizes in of_text.values()),
        linear=tuple((s[0], s[1]) for name, s in of_text.items() if len(s) == 2 and not _WITHOUT_ADAPTER.search(name)),
        layers=layers,
        hidden=hidden,
        key_value=key_value,
        queries=heads * head,
        intermediate=intermediate,
        vocabulary=vocabulary,
        head=head,
        norms=max(2, len(first) - len(head_norms)),
        has_head_norms=bool(head_norms),
        has_wide_norms=str(config.get("model_type", "")).startswith("gemma"),
        is_tied=not any("lm_head" in name for name in of_text),
        caps_scores=bool(text.get("final_logit_softcapping")),
    )


def _encoder_decoder(config: Mapping[str, Any], weights: Mapping[str, tuple[int, ...]]) -> Shape:
    """Sizes of an encoder–decoder, each layer counted as one of the decoder, with cross attention and three norms.

    A token passes one of the two stacks, so that there are as many layers as the deeper one has. What this counts too
    much of the encoder is room for padding: prompts and answers are padded each by themselves.

    Raises:
        ValueError: The config lacks its sizes.
    """

    def size(*names: str) -> int:
        values = [int(config[name]) for name in names if config.get(name) is not None]
        if not values:
            raise ValueError(f"config.json does not give the sizes of an encoder–decoder: {names[0]} is missing")
        return max(values)

    hidden, heads = size("d_model"), size("num_heads", "decoder_attention_heads", "encoder_attention_heads")
    head = int(config.get("d_kv") or hidden // heads)
    adapted = [s for name, s in weights.items() if len(s) == 2 and not _UNADAPTED_OF_BOTH.search(name)]
    parameters = sum(math.prod(sizes) for sizes in weights.values())
    return Shape(
        parameters=parameters,
        text_parameters=parameters,
        linear=tuple((s[0], s[1]) for s in adapted),
        layers=size("num_layers", "num_decoder_layers", "encoder_layers", "decoder_layers"),
        hidden=hidden,
        key_value=2 * heads * head,
        queries=2 * heads * head,
        intermediate=size("d_ff", "encoder_ffn_dim", "decoder_ffn_dim"),
        vocabulary=size("vocab_size"),
        head=head,
        norms=3,
        is_tied=not any("lm_head" in name for name in weights),
        is_encoder_decoder=True,
        # A bias of positions, or dropout on scores, is more than the kernels that keep none take on a CPU.
        pairs=_PAIRS * heads if config.get("d_kv") or config.get("attention_dropout") else 0,
    )


def _encoder_shape(config: Mapping[str, Any], weights: Mapping[str, tuple[int, ...]]) -> Shape:
    try:
        hidden, layers, heads, intermediate = (int(config.get(name) or config[own]) for name, own in _OWN_NAMES.items())
    except (KeyError, TypeError) as missing:
        raise ValueError(f"config.json does not give the sizes of an encoder: {missing} is missing") from missing
    family, parameters = str(config.get("model_type")), sum(math.prod(sizes) for sizes in weights.values())
    # ModernBERT drops nothing in its attention.
    drops = config.get("attention_probs_dropout_prob", config.get("attention_dropout", 0.0))
    return Shape(
        parameters=parameters,
        text_parameters=parameters,
        linear=tuple((s[0], s[1]) for name, s in weights.items() if len(s) == 2 and not _WITHOUT_ADAPTER.search(name)),
        layers=layers,
        hidden=hidden,
        key_value=hidden,
        queries=hidden,
        intermediate=intermediate,
        vocabulary=1,
        head=max(1, hidden // heads),
        pairs=_PAIRS * heads if drops or family.startswith("deberta") else 0,
        extra_hidden=_DEBERTA_HIDDEN if family.startswith("deberta") else 0,
    )
