"""Tell from its config alone whether a student that is tuned here can be served here.

Serving keeps the keys and values of each layer and lays rows side by side in them, and running states of the hybrids it
knows. Any other could be tuned and evaluated, and would fail every request after that. Knows config.json and the
installed packages, no weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final

from training.recipes.architecture import kind_of, kind_of_family
from training.recipes.schema import ENCODER_DECODERS

# Kinds of layers whose whole past is keys and values, as configs name them, and those that have no past.
ATTENTION_LAYERS: Final = frozenset(
    {"full_attention", "sliding_attention", "chunked_attention", "attention", "moe", "mlp"}
)
# Families whose running states are served, and kinds of layers that have one.
HYBRIDS: Final = frozenset(
    {
        "granitemoehybrid",
        "lfm2",
        "lfm3",
        "qwen3_5",
        "qwen3_5_moe",
        "qwen3_5_moe_text",
        "qwen3_5_text",
    }
)
RUNNING_LAYERS: Final = frozenset({"conv", "linear_attention", "mamba"})
# Families with another state of their own in some layers; not all of their configs say in which.
STATEFUL_FAMILIES: Final = frozenset(
    {
        "bamba",
        "falcon_h1",
        "falcon_mamba",
        "jamba",
        "kimi_linear",
        "lfm2_moe",
        "lfm2_vl",
        "mamba",
        "mamba2",
        "minimax",
        "nemotron_h",
        "olmo_hybrid",
        "plamo2",
        "qwen3_next",
        "recurrent_gemma",
        "rwkv",
        "xlstm",
        "zamba",
        "zamba2",
    }
)
# Families whose part for images wants a package of its own; their text part alone does without.
PACKAGES: Final = {"gemma3n": "timm"}
# Heads that write no text from left to right.
OTHER_HEADS: Final = (
    "ForMaskedLM",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForQuestionAnswering",
    "ForMultipleChoice",
)
SERVABLE_INSTEAD: Final = (
    "Choose a student of attention layers alone, such as Qwen3, Llama 3.2, Gemma 4, SmolLM3, Phi-4-mini or Ministral "
    "3, a hybrid of the families Qwen3.5, LFM2 or Granite 4-H, or an encoder–decoder such as FLAN-T5 or BART."
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
            f"It reads with an encoder and writes with a decoder, and its family ({config.get('model_type')}) is none "
            f"of those of this kind that are tuned and served here: {named}."
        )
    if kind_of(config) == "encoder":
        # It answers by its heads, and keeps nothing between two tokens.
        return ""
    heads = [str(name) for name in config.get("architectures") or []]
    if heads and all(name.endswith(OTHER_HEADS) for name in heads):
        return f"It is a {heads[0]}, which writes no text from left to right."
    package = PACKAGES.get(str(config.get("model_type")))
    if package and find_spec(package) is None:
        return (
            f"Its part for images wants the package {package}, which is not installed here. "
            "Register its text part alone."
        )
    if states := _states(config, text):
        return (
            f"{states}: that can be tuned and evaluated, but serving here does not hold that state, so every request "
            "to its miniature would fail. Tuned elsewhere, it is served by vLLM or llama.cpp."
        )
    return ""


def _states(config: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """Name a state besides keys and values; empty for none."""
    families = [str(each.get("model_type")) for each in (text, config)]
    served = ATTENTION_LAYERS | RUNNING_LAYERS if HYBRIDS.intersection(families) else ATTENTION_LAYERS
    kinds = text.get("layer_types") or text.get("layers_block_type") or text.get("block_types")
    other = (
        Counter(str(kind) for kind in kinds if str(kind) not in served) if isinstance(kinds, list) else Counter[str]()
    )
    if isinstance(kinds, list) and other:
        named = ", ".join(sorted(kind.replace("_", " ") for kind in other))
        return f"{other.total()} of its {len(kinds)} layers keep a running state of their own ({named})"
    family = next((each for each in families if each in STATEFUL_FAMILIES), "")
    return f"Students of the family {family} keep a running state of their own in some layers" if family else ""
