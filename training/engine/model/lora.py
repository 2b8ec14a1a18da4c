"""Adapters on a student: where they go, how many parameters they have, how they are read and written.

Adapters are PEFT's, so that any PEFT-aware server loads them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from training.engine.contracts import TrainError
from training.engine.model import complete_weights
from training.engine.model.merged_lora import ADAPTER

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

WEIGHTS: Final = "adapter_model.safetensors"
# Parts of multimodal students that a text run must leave alone, by the names transformers gives them.
NOT_TEXT: Final = r".*(?:vision|visual|image|audio|speech|multi_modal_projector|embed_vision).*"


def attach(
    model: CausalModel, *, rank: int, alpha: float, dropout: float, seed: int, rslora: bool = False
) -> PeftModel:
    """Freeze a student and put fresh adapters on all its linear layers but the output layer and vision towers.

    Matrix A is drawn from `seed`, B is zero: the tuned model starts as the base model. Adapters are fp32 whatever the
    base is held in. With `rslora` they are scaled by alpha / √rank instead of alpha / rank (arXiv 2312.03732).
    """
    if getattr(model, "is_loaded_in_4bit", False):
        # Norms and the output layer in fp32, as QLoRA trains; checkpointing is the recipe's own business.
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    torch.manual_seed(seed)
    has_other_senses = any(is_non_text(name) for name, _ in model.named_modules())
    config = LoraConfig(
        task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # PEFT annotates int and computes with floats
        lora_dropout=dropout,
        use_rslora=rslora,
        target_modules="all-linear",
        exclude_modules=NOT_TEXT if has_other_senses else None,
        bias="none",
    )
    adapted = get_peft_model(model, config)
    skip_input_casts(adapted)
    return adapted


def skip_input_casts(model: CausalModel) -> None:
    """Let adapters read their layer's input as it is while autocast is on; changes `model`.

    PEFT lifts the input to the adapter's fp32 first, and autocast lowers it again: two passes over the activations in
    each adapted layer, and a copy of them kept for the way back, for the same numbers.
    """
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            layer._cast_input_dtype = _cast_outside_autocast(layer._cast_input_dtype)  # type: ignore[assignment, method-assign]


def _cast_outside_autocast(cast: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def spared(x: Tensor, dtype: torch.dtype) -> Tensor:
        return x if torch.is_autocast_enabled(x.device.type) else cast(x, dtype)

    return spared


def freeze_non_text_towers(model: CausalModel) -> None:
    """For full fine-tuning on text: vision and audio towers keep their weights."""
    for name, parameter in model.named_parameters():
        if is_non_text(name):
            parameter.requires_grad_(False)


def scale_of(config: Mapping[str, Any]) -> float:
    """Factor of an adapter's product, from its `adapter_config.json`: alpha / rank, or alpha / √rank."""
    rank = int(config["r"])
    return float(config["lora_alpha"]) / (math.sqrt(rank) if config.get("use_rslora") else rank)


def load(model: CausalModel, folder: Path) -> PeftModel:
    """A student with a stored adapter, for writing, not for tuning on.

    Raises:
        TrainError: The adapter cannot be read, or is not whole on this student.
    """
    try:
        config = PeftConfig.from_pretrained(str(folder))
        config.inference_mode = True
        adapted = cast(PeftModel, get_peft_model(model, config))
    except (*complete_weights.LOAD_ERRORS, TypeError) as error:
        raise complete_weights.adapter_of_another_base(
            f"{folder.name} cannot be laid over this base: {error}"
        ) from error
    load_onto(adapted, folder, name=ADAPTER)
    return adapted


def load_onto(model: PeftModel, folder: Path, *, name: str) -> None:
    """Read a stored adapter into a model under a name, frozen.

    Raises:
        TrainError: As `load`.
    """
    if not (folder / WEIGHTS).is_file():
        # PEFT would look for a pickle, and then on the hub.
        raise TrainError("no_adapter", f"{folder.name} holds no {WEIGHTS}", "Give the 'adapter' folder of a run.")
    try:
        loaded = model.load_adapter(str(folder), adapter_name=name, is_trainable=False)
    except (*complete_weights.LOAD_ERRORS, TypeError) as error:
        raise complete_weights.adapter_of_another_base(
            f"{folder.name} cannot be laid over this base: {error}"
        ) from error
    complete_weights.require_adapter(loaded.missing_keys, loaded.unexpected_keys, name=folder.name)


def tuned_parameters(model: CausalModel) -> dict[str, torch.Tensor]:
    """Parameters that are tuned, by name; tied ones once."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def count(model: CausalModel) -> tuple[int, int]:
    """Return how many parameters are tuned, and how many there are in all, adapters included."""
    parameters = list(model.parameters())
    return sum(_numbers(p) for p in parameters if p.requires_grad), sum(_numbers(p) for p in parameters)


def _numbers(parameter: nn.Parameter) -> int:
    # bitsandbytes packs two 4-bit numbers into each byte.
    packed = 2 * parameter.element_size() if type(parameter).__name__ == "Params4bit" else 1
    return int(parameter.numel() * packed)


def is_non_text(name: str) -> bool:
    """Return whether a part of a student is for images or sounds, by its name."""
    return re.fullmatch(NOT_TEXT, name) is not None
