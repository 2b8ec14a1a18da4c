"""Tell from its config alone whether a student that is tuned here can be served here.

Serving keeps the keys and values of each layer and lays rows side by side in them. What keeps anything else between two
tokens could be tuned and evaluated, and would fail every request after that. Pure: knows config.json, no weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from training.recipes.architecture import kind_of, kind_of_family
from training.recipes.schema import ENCODER_DECODERS

# Kinds of layers whose whole past is keys and values, as configs name them, and those that have no past.
ATTENTION_LAYERS: Final = frozenset(
    {"full_attention", "sliding_attention", "chunked_attention", "attention", "moe", "mlp"}
)
# Families with a state of their own in some layers; not all of their configs say in which.
STATEFUL_FAMILIES: Final = frozenset(
    {
        "bamba",
        "falcon_h1",
        "falcon_mamba",
        "jamba",
        "kimi_linear",
        "lfm2",
        "lfm2_moe",
        "lfm2_vl",
        "mamba",
        "mamba2",
        "minimax",
        "nemotron_h",
        "olmo_hybrid",
        "plamo2",
        "qwen3_5",
        "qwen3_5_moe",
        "qwen3_5_moe_text",
        "qwen3_5_text",
        "qwen3_next",
        "recurrent_gemma",
        "rwkv",
        "xlstm",
        "zamba",
        "zamba2",
    }
)
# Heads that write no text from left to right.
OTHER_HEADS: Final = (
    "ForMaskedLM",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForQuestionAnswering",
    "ForMultipleChoice",
)
SERVABLE_INSTEAD: Final = (
    "Choose a student of attention layers alone, such as Qwen3, Llama 3.2, Gemma 3, SmolLM3, Phi-4-mini or Mistral, or an "
    "encoder–decoder such as FLAN-T5 or BART."
)


def kind_name(model_type: str) -> str:
    """Return what a student of a family is, in a word; empty for one whose family is not known yet."""
    return "" if not model_type else "encoder–decoder" if model_type in ENCODER_DECODERS else kind_of_family(model_type)


def why_not_servable(config: Mapping[str, Any]) -> str:
    """Why the serving engine cannot hold a student of this config.json; empty where it can."""
    text = config.get("text_config") if isinstance(config.get("text_config"), Mapping) else config
    text = text if isinstance(text, Mapping) else config
    is_known = config.get("model_type") in ENCODER_DECODERS
    if (config.get("is_encoder_decoder") or text.get("is_encoder_decoder")) and not is_known:
        named = ", ".join(sorted(ENCODER_DECODERS))
        return (
            f"It reads with an encoder and writes with a decoder, and its family ({config.get('model_type')}) is none of "
            f"those of this kind that are tuned and served here: {named}."
        )
    if kind_of(config) == "encoder":
        # It answers by its heads, and keeps nothing between two tokens.
        return ""
    heads = [str(name) for name in config.get("architectures") or []]
    if heads and all(name.endswith(OTHER_HEADS) for name in heads):
        return f"It is a {heads[0]}, which writes no text from left to right."
    if states := _states(config, text):
        return (
            f"{states}: that can be tuned and evaluated, but serving here holds keys and values only, so every request "
            "to its miniature would fail. Tuned elsewhere, it is served by vLLM or llama.cpp."
        )
    return ""


def _states(config: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """Name a state besides keys and values; empty for none."""
    kinds = text.get("layer_types") or text.get("layers_block_type") or text.get("block_types")
    other = (
        Counter(str(kind) for kind in kinds if str(kind) not in ATTENTION_LAYERS)
        if isinstance(kinds, list)
        else Counter[str]()
    )
    if isinstance(kinds, list) and other:
        named = ", ".join(sorted(kind.replace("_", " ") for kind in other))
        return f"{other.total()} of its {len(kinds)} layers keep a running state of their own ({named})"
    family = next(
        (str(each["model_type"]) for each in (text, config) if each.get("model_type") in STATEFUL_FAMILIES), ""
    )
    return f"Students of the family {family} keep a running state of their own in some layers" if family else ""
