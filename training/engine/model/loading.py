"""Students from a folder or a hub, safely: safetensors only, never remote code, every refusal with a way out.

The evaluation engine loads its models here too.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoModelForSeq2SeqLM,
    BitsAndBytesConfig,
)

from training.engine.contracts import StudentRef, TrainError
from training.engine.data.chat import Chat
from training.engine.model import complete_weights, lora
from training.engine.model.unloaded import UnloadedStudent, open_student, sound_weights
from training.recipes.schema import Quantisation

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from training.engine.model_types import CausalModel


@dataclass(frozen=True)
class LoadedStudent:
    """A loaded base model.

    Attributes:
        model: A transformers language model, a decoder alone or with an encoder, in evaluation mode, on the CPU.
        model_type: Family, from config.json, such as `llama` or `gemma3_text`.
        context_length: Longest sequence it was made for; None where the config does not say.
        stored_dtype: Format its weights lie in on the disk.
    """

    model: Any
    chat: Chat
    model_type: str
    context_length: int | None
    parameters: int
    stored_dtype: torch.dtype = torch.float32

    def extra_inputs(self, input_ids: Tensor) -> dict[str, Tensor]:
        """Return what this family's forward pass asks for beside token ids (B, T).

        Gemma 3 with its vision tower wants to know which tokens are image, and refuses to train without: none are.
        """
        return {"token_type_ids": torch.zeros_like(input_ids)} if self.model_type == "gemma3" else {}


def load(
    student: StudentRef,
    *,
    dtype: torch.dtype,
    token: str | None = None,
    allowed_roots: Sequence[str] = (),
    quantise: Quantisation = "none",
) -> LoadedStudent:
    """Load a student's weights and tokenizer; see `open_student` and `load_weights`.

    Raises:
        TrainError: As these two.
    """
    return load_weights(open_student(student, token=token, allowed_roots=allowed_roots), dtype=dtype, quantise=quantise)


def load_weights(opened: UnloadedStudent, *, dtype: torch.dtype, quantise: Quantisation = "none") -> LoadedStudent:
    """Load the weights of a student.

    Args:
        quantise: `nf4` holds the linear layers in 4 bits, on the GPU at once; `placement.place` has made sure of both.

    Raises:
        TrainError: They cannot be read or fetched, or are of an architecture that is not known.
    """
    config = opened.config
    model = _model(opened.source, config, dtype, opened.options, _four_bits(dtype) if quantise == "nf4" else {})
    return LoadedStudent(
        model=model,
        chat=replace(
            opened.chat,
            stops=opened.chat.stops | set(_end_tokens(model)),
            begins=opened.chat.begins + _forced_beginning(model, opened.chat),
        ),
        model_type=opened.model_type,
        context_length=opened.context_length,
        parameters=lora.count(model)[1],
        stored_dtype=config.dtype if isinstance(config.dtype, torch.dtype) else torch.float32,
    )


def chat_of(student: StudentRef, like: Chat, *, token: str | None, allowed_roots: Sequence[str]) -> Chat:
    """The chat of a student that is loaded already, read in its other ways; generation ends where that of `like` does.

    Raises:
        TrainError: As `open_student`.
    """
    chat = open_student(student, token=token, allowed_roots=allowed_roots).chat
    return replace(chat, stops=chat.stops | like.stops, begins=like.begins)


def identity_of(student: StudentRef) -> str:
    """Identity of a checkpoint's student: its hub id and commit, or its config and the shapes of its weights.

    The same on every host, whatever path the folder lies at. Reads no weights: a supervisor has verified their hash.
    """
    if student.path is None:
        return f"{student.hub_id}@{student.revision}"
    digest = hashlib.sha256()
    folder = Path(student.path)
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            digest.update(f"{file.name}:{file.stat().st_size}:".encode() + handle.read(length))
    digest.update((folder / "config.json").read_bytes())
    return digest.hexdigest()


def load_tuned(base: LoadedStudent, artefact: Path, *, merge: bool = True) -> LoadedStudent:
    """A student with a run's adapter on it, ready to write.

    Args:
        base: The base model; its layers are changed in place.
        artefact: The `adapter` folder of a run.
        merge: Fold the adapter into the weights, which writes faster; in fp32 the answers stay the same up to rounding.

    Raises:
        TrainError: There is no adapter, or it is not one of this base.
    """
    if not (artefact / "adapter_config.json").is_file():
        raise TrainError("no_adapter", f"{artefact.name} holds no adapter", "Give the 'adapter' folder of a run.")
    model: Any = lora.load(base.model, artefact)
    tuned = model.merge_and_unload() if merge else model
    return replace(base, model=tuned.eval())


def _model(
    source: str, config: PretrainedConfig, dtype: torch.dtype, options: dict[str, Any], held: dict[str, Any]
) -> Any:
    folder, options = sound_weights(source, options)
    return complete_weights.load(
        _auto_class(config), folder, source=source, config=config, dtype=dtype, **options, **held
    )


def _auto_class(config: PretrainedConfig) -> Any:
    """Load students known only with vision (Qwen-VL), which write from text alone just as well."""
    if config.is_encoder_decoder:
        return AutoModelForSeq2SeqLM
    sees_only = type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING and type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING
    return AutoModelForImageTextToText if sees_only else AutoModelForCausalLM


def _four_bits(compute: torch.dtype) -> dict[str, Any]:
    """NF4 with double quantisation (QLoRA, arXiv 2305.14314, section 3); products are computed in `compute`."""
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
    return {"quantization_config": config, "device_map": {"": torch.cuda.current_device()}}


def _forced_beginning(model: CausalModel, chat: Chat) -> tuple[int, ...]:
    """Token that an encoder–decoder begins every answer with (BART's summaries); mostly none."""
    forced = getattr(model.generation_config, "forced_bos_token_id", None) if chat.is_apart else None
    return () if forced is None else (int(forced),)


def _end_tokens(model: CausalModel) -> list[int]:
    ends = getattr(model.generation_config, "eos_token_id", None)
    return [] if ends is None else [ends] if isinstance(ends, int) else [int(end) for end in ends]
