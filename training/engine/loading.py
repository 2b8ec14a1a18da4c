"""Students from a folder or a hub, safely: safetensors only, never remote code, every refusal with a way out.

The evaluation engine loads its models here too. It does not know recipes, rows or runs.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from safetensors import SafetensorError
from torch import Tensor
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoTokenizer,
    BitsAndBytesConfig,
)

from training.engine import lora
from training.engine.chat import Chat, open_chat
from training.engine.contracts import StudentRef, TrainError
from training.recipes import Quantisation

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True)
class Student:
    """A loaded base model.

    Attributes:
        model: A transformers causal language model, in evaluation mode, on the CPU.
        chat: Its tokenizer and template.
        model_type: Family, from config.json, such as `llama` or `gemma3_text`.
        context_length: Longest sequence it was made for; None where the config does not say.
        parameters: How many it has.
        stored_dtype: Format its weights lie in on the disk.
    """

    model: Any
    chat: Chat
    model_type: str
    context_length: int | None
    parameters: int
    stored_dtype: torch.dtype = torch.float32

    def extra_inputs(self, input_ids: Tensor) -> dict[str, Tensor]:
        """What this family's forward pass asks for beside token ids (B, T).

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
) -> Student:
    """Load a student's weights and tokenizer.

    Args:
        student: A folder, or a hub id with its commit.
        dtype: Format the weights are held in.
        token: The hub's token, for gated models.
        allowed_roots: Folders a local student must lie in, links followed; empty means any.
        quantise: `nf4` holds the linear layers in 4 bits, on the GPU at once; `device.place` has made sure of both.

    Raises:
        TrainError: With a code of its own for each thing that may be wrong: a folder that is missing, outside the
            roots, without config or weights, with pickled weights only; an unknown architecture; a missing tokenizer;
            a licence to accept first; a wrong token; an unknown id or revision; a hub out of reach.
    """
    source = _checked_folder(student.path, allowed_roots) if student.path is not None else str(student.hub_id)
    options: dict[str, Any] = {"revision": student.revision, "token": token, "trust_remote_code": False}
    if student.path is not None:
        options = {"local_files_only": True, "trust_remote_code": False}
    config = _config(source, options)
    stored = config.dtype if isinstance(config.dtype, torch.dtype) else torch.float32
    tokenizer = _tokenizer(source, options)
    if quantise == "nf4":
        options |= _four_bits(dtype)
    model = _model(source, config, dtype, options)
    text_config = config.get_text_config()
    return Student(
        model=model,
        chat=open_chat(tokenizer, more_stops=_end_tokens(model)),
        model_type=str(config.model_type),
        context_length=getattr(text_config, "max_position_embeddings", None),
        parameters=lora.count(model)[1],
        stored_dtype=stored,
    )


def identity_of(student: StudentRef) -> str:
    """What a checkpoint's student is known by: its hub id and commit, or its config and the shapes of its weights.

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


def load_tuned(base: Student, artefact: Path, *, merge: bool = True) -> Student:
    """A student with a run's adapter on it, ready to write.

    Args:
        base: The base model; its layers are changed in place.
        artefact: The `adapter` folder of a run.
        merge: Fold the adapter into the weights, which writes faster; in fp32 the answers stay the same up to rounding.
    """
    if not (artefact / "adapter_config.json").is_file():
        raise TrainError("no_adapter", f"{artefact.name} holds no adapter", "Give the 'adapter' folder of a run.")
    model: Any = lora.load(base.model, artefact)
    tuned = model.merge_and_unload() if merge else model
    return replace(base, model=tuned.eval())


def _checked_folder(path: str, allowed_roots: Sequence[str]) -> str:
    folder = Path(path).resolve()
    roots = [Path(root).resolve() for root in allowed_roots]
    if roots and not any(folder.is_relative_to(root) for root in roots):
        raise TrainError("student_outside_roots", f"the folder {path} lies outside the folders students may come from",
                         f"Move it into {' or '.join(map(str, roots))}, or have an admin add its folder.")  # fmt: skip
    if not folder.is_dir():
        raise TrainError("student_not_found", f"there is no folder {path} on this host", "Check the path.")
    if not (folder / "config.json").is_file():
        raise TrainError("student_without_config", f"{path} holds no config.json, so it is no model",
                         "Give the folder that save_pretrained wrote.")  # fmt: skip
    if not any(folder.glob("*.safetensors")):
        raise _without_weights(folder)
    return str(folder)


def _without_weights(folder: Path) -> TrainError:
    if any(file for pattern in PICKLES for file in folder.glob(pattern)):
        return TrainError("student_pickle_only", f"{folder} holds pickled weights only, which can run code when loaded",
                          "Convert them to safetensors on a machine you trust.")  # fmt: skip
    return TrainError(
        "student_without_weights", f"{folder} holds no weights", "Put model.safetensors beside config.json."
    )


def _config(source: str, options: dict[str, Any]) -> Any:
    try:
        return AutoConfig.from_pretrained(source, **options)
    except (OSError, ValueError, KeyError) as error:
        raise _explained(source, error) from error


def _tokenizer(source: str, options: dict[str, Any]) -> Any:
    try:
        return AutoTokenizer.from_pretrained(source, **options)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if _hub_error(error) is not None:
            raise _explained(source, error) from error
        raise TrainError("student_without_tokenizer", f"{source} has no tokenizer that can be read: {error}",
                         "Put tokenizer.json and tokenizer_config.json beside the weights.") from error  # fmt: skip


def _model(source: str, config: Any, dtype: torch.dtype, options: dict[str, Any]) -> Any:
    try:
        model = _class_for(config).from_pretrained(
            source, config=config, dtype=dtype, use_safetensors=True, low_cpu_mem_usage=True, **options
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _explained(source, error) from error
    model.train(False)
    return model


def _class_for(config: Any) -> Any:
    """Students that see and are known as such only (Qwen-VL) write from text alone just as well."""
    sees_only = type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING and type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING
    return AutoModelForImageTextToText if sees_only else AutoModelForCausalLM


def _four_bits(compute: torch.dtype) -> dict[str, Any]:
    """NF4 with double quantisation (QLoRA, arXiv 2305.14314, section 3); products are computed in `compute`."""
    config = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
    return {"quantization_config": config, "device_map": {"": torch.cuda.current_device()}}


def _end_tokens(model: Any) -> list[int]:
    ends = getattr(model.generation_config, "eos_token_id", None)
    return [] if ends is None else [ends] if isinstance(ends, int) else [int(end) for end in ends]


def _hub_error(error: BaseException) -> HfHubHTTPError | None:
    """The hub's own error behind the one transformers raises."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, HfHubHTTPError):
        seen = seen.__cause__ or seen.__context__
    return seen


def _explained(source: str, error: Exception) -> TrainError:
    hub = _hub_error(error)
    if isinstance(hub, GatedRepoError):
        return TrainError("licence_gate", f"the licence of {source} must be accepted before its weights are given out",
                          f"Open https://huggingface.co/{source}, accept the licence, and set HF_TOKEN to a token of"
                          " that account with read access.")  # fmt: skip
    if isinstance(hub, RepositoryNotFoundError | RevisionNotFoundError):
        return TrainError("student_unknown", f"the hub knows no {source} at this revision, or the token may not see it",
                          "Check the id and the commit; private models need HF_TOKEN.")  # fmt: skip
    if hub is not None and hub.response is not None and hub.response.status_code in (401, 403):
        return TrainError("hub_refused", f"the hub refused the token for {source}", "Set HF_TOKEN to a valid token.")
    text = str(error)
    if "architecture" in text or "custom code" in text or "trust_remote_code" in text or isinstance(error, KeyError):
        return TrainError("student_unknown_architecture", f"{source} is of an architecture this engine does not know",
                          "Choose a student that the installed transformers runs without remote code.")  # fmt: skip
    if "connect" in text.lower() or "offline" in text.lower():
        return TrainError("hub_unreachable", f"{source} could not be fetched: the hub is out of reach",
                          "Check this host's network, or give the student as a folder.")  # fmt: skip
    return TrainError("student_unreadable", f"{source} could not be loaded: {(text or repr(error)).splitlines()[0]}",
                      "Check that its files are whole.")  # fmt: skip
