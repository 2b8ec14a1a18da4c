"""Encoders from a folder or a hub: config and tokenizer first, weights later, and what a run made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from transformers import AutoModel

from training.engine.classifier import network
from training.engine.classifier.network import EncoderWithHeads
from training.engine.contracts import StudentRef, TrainError
from training.engine.data import kept_text
from training.engine.model import complete_weights, lora, unloaded
from training.recipes.architecture import kind_of

# Positions of these families begin behind the padding token's, so that their config counts some that no text can have.
POSITIONS_AFTER_PADDING: Final = frozenset({"camembert", "roberta", "xlm-roberta"})


@dataclass(frozen=True)
class UnloadedEncoder:
    """An encoder before its weights are loaded.

    Attributes:
        source: Its folder or its hub id.
        options: How transformers is to read from there.
        tokenizer: With a token to pad with.
    """

    source: str
    options: dict[str, Any]
    config: Any
    tokenizer: Any

    @property
    def pad(self) -> int:
        return int(self.tokenizer.pad_token_id)

    @property
    def context_length(self) -> int | None:
        """Longest text it reads, tokens; None where the config does not say."""
        positions = getattr(self.config, "max_position_embeddings", None)
        if positions is None or self.config.model_type not in POSITIONS_AFTER_PADDING:
            return positions
        return int(positions) - int(self.config.pad_token_id or 0) - 1


def open_encoder(
    student: StudentRef, *, token: str | None = None, allowed_roots: Sequence[str] = ()
) -> UnloadedEncoder:
    """Read an encoder's config and tokenizer; see `unloaded.open_student`.

    Raises:
        TrainError: As there, and: it is no encoder; its tokenizer has no token to pad with, or more than the encoder
            knows.
    """
    source, options, config = unloaded.open_config(student, token=token, allowed_roots=allowed_roots)
    if kind_of(config.to_dict()) != "encoder":
        raise TrainError(
            "no_encoder",
            f"{Path(source).name} is a {config.model_type}, and a head is put on encoders only",
            "Choose an encoder such as ModernBERT, mmBERT or XLM-R, or a recipe for students that write.",
        )
    tokenizer = unloaded.open_tokenizer(source, options)
    if tokenizer.pad_token_id is None:
        raise TrainError(
            "tokenizer_without_padding",
            f"the tokenizer of {Path(source).name} has no token to fill batches with",
            "Set pad_token in the student's tokenizer_config.json.",
        )
    kept_text.require_within([kept_text.width_of(tokenizer) - 1], getattr(config, "vocab_size", None))
    return UnloadedEncoder(source, options, config, tokenizer)


def load_encoder(opened: UnloadedEncoder, *, dtype: torch.dtype) -> Any:
    """The encoder alone, in evaluation mode, on the CPU, its weights held in `dtype`.

    Raises:
        TrainError: Weights cannot be read or fetched, or are not all of the encoder's; a head for another purpose may
            lie beside.
    """
    folder, options = unloaded.sound_weights(opened.source, opened.options)
    model = complete_weights.load(
        AutoModel,
        folder,
        source=opened.source,
        is_base=True,
        not_needed=("pooler",),
        config=opened.config,
        dtype=dtype,
        **options,
    )
    # What BERT puts behind its first token for other purposes is not read, and would be tuned by nothing.
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    return model


@dataclass(frozen=True)
class LoadedClassifier:
    """A tuned encoder with its heads, ready to answer.

    Attributes:
        model: In evaluation mode, on the CPU.
    """

    model: EncoderWithHeads
    opened: UnloadedEncoder

    @property
    def context_length(self) -> int | None:
        return self.opened.context_length

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.model.parameters())


def has_heads(folder: Path) -> bool:
    """Return whether what a run left in a folder is an encoder with heads, or an adapter of one."""
    return (folder / network.HEADS_FILE).is_file()


def load_classifier(
    artefact: Path,
    base: StudentRef | None,
    *,
    dtype: torch.dtype,
    token: str | None = None,
    allowed_roots: Sequence[str] = (),
) -> LoadedClassifier:
    """Load the weights that a run left, ready to answer.

    Args:
        artefact: Its `adapter` or `model` folder.
        base: The student that an adapter was tuned on; None for whole weights.
        dtype: Format the encoder's weights are held in; heads are fp32.
        token: The hub's, for gated bases.

    Raises:
        TrainError: Student or artefact cannot be read.
    """
    is_adapter = (artefact / "adapter_config.json").is_file()
    if is_adapter and base is None:
        raise TrainError("no_base", "an adapter needs the student it was tuned on")
    if is_adapter and base is not None:
        opened = open_encoder(base, token=token, allowed_roots=allowed_roots)
    else:
        opened = open_encoder(StudentRef(path=str(artefact)))
    encoder: Any = load_encoder(opened, dtype=dtype)
    if is_adapter:
        adapted: Any = lora.load(encoder, artefact)
        encoder = adapted.merge_and_unload()
    try:
        return LoadedClassifier(network.with_saved_heads(encoder, artefact), opened)
    except unloaded.LOAD_ERRORS as error:
        raise TrainError(
            "heads_unreadable",
            f"the heads in {artefact.name} cannot be read: {error}",
            "Give the 'adapter' or 'model' folder of a run.",
        ) from error
