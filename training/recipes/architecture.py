"""Architecture of a student by its config: whether it writes or is tuned with a head, and how much it reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

StudentKind = Literal["decoder", "encoder"]

# Families of encoders that are tuned here, as `model_type` of config.json; DeBERTa v3 calls itself v2.
ENCODER_FAMILIES: Final = frozenset(
    {
        "bert",
        "camembert",
        "deberta",
        "deberta-v2",
        "distilbert",
        "electra",
        "modernbert",
        "roberta",
        "xlm-roberta",
    }
)
# LongRoPE by its names in config.json, the older one too.
_TWO_SETS: Final = ("longrope", "su")


def kind_of(config: Mapping[str, Any]) -> StudentKind:
    """The kind of a student by its config.json; a BERT that was made to write is a decoder."""
    return "decoder" if config.get("is_decoder") else kind_of_family(str(config.get("model_type", "")))


def kind_of_family(model_type: str) -> StudentKind:
    """The kind of a student of which only its family is known; one of no known family is taken for a decoder."""
    return "encoder" if model_type in ENCODER_FAMILIES else "decoder"


def context_length(text_config: Mapping[str, Any]) -> int | None:
    """Longest sequence that a decoder reads by one set of rotations; None where its config does not say.

    LongRoPE (Phi-3, Phi-4-mini) has two sets and takes one for a whole batch: a row past its first context would change
    what its neighbours, and its own first tokens, were read as.

    Args:
        text_config: Of its text part, as config.json has it or as transformers reads it.
    """
    longest = text_config.get("max_position_embeddings")
    ropes = [text_config.get("rope_parameters"), text_config.get("rope_scaling")]
    # By kind of layer, where layers differ.
    ropes += [each for rope in ropes if isinstance(rope, Mapping) for each in rope.values()]
    firsts = [
        rope.get("original_max_position_embeddings") or text_config.get("original_max_position_embeddings")
        for rope in ropes
        if isinstance(rope, Mapping) and (rope.get("rope_type") or rope.get("type")) in _TWO_SETS
    ]
    lengths = [length for length in (longest, *firsts) if type(length) is int]
    return min(lengths, default=None)
