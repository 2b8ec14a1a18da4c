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
from peft.tuners.lora.layer import ParamWrapper
from torch import Tensor, nn

from training.engine.contracts import TrainError
from training.engine.model import complete_weights
from training.engine.model.merged_lora import ADAPTER
from training.engine.model.unloaded import LOAD_ERRORS

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

WEIGHTS: Final = "adapter_model.safetensors"
# Experts, and the two sides of each one's matrix.
_EXPERTS_DIM: Final = 3
# Parts of multimodal students that a text run must leave alone, by the names transformers gives them.
NOT_TEXT: Final = r".*(?:vision|visual|image|audio|speech|multi_modal_projector|embed_vision).*"


def attach(
    model: CausalModel, *, rank: int, alpha: float, dropout: float, seed: int, rslora: bool = False
) -> PeftModel:
    """Freeze a student; put fresh adapters on all its linear layers and experts but the output layer and vision towers.

    Matrix A is drawn from `seed`, B is zero: the tuned model starts as the base model. Adapters are fp32 whatever the
    base is held in. With `rslora` they are scaled by alpha / √rank instead of alpha / rank (arXiv 2312.03732). A
    student with experts has no dropout: PEFT changes experts' weights, where there is no input to drop.
    """
    if getattr(model, "is_loaded_in_4bit", False):
        # Norms and the output layer in fp32, as QLoRA trains; checkpointing is the recipe's own business.
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    torch.manual_seed(seed)
    experts = experts_of(model)
    config = LoraConfig(
        task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # PEFT annotates int and computes with floats
        lora_dropout=0.0 if experts else dropout,
        use_rslora=rslora,
        target_modules="all-linear",
        target_parameters=experts or None,
        exclude_modules=_without_adapter(model),
        bias="none",
    )
    adapted = get_peft_model(model, config)
    skip_input_casts(adapted)
    return adapted


def experts_of(model: nn.Module) -> list[str]:
    """Names of the parameters that hold all experts of a layer in one, without the layer; empty for most students."""
    return sorted(
        {
            re.sub(r".*\.\d+\.", "", name)
            for name, parameter in model.named_parameters()
            if parameter.dim() == _EXPERTS_DIM and ".experts." in name and not is_non_text(name)
        }
    )


def reach(model: CausalModel) -> float:
    """Share of a student's matrices that wear an adapter, by their numbers; embeddings and output layer left out."""
    adapted: list[Any] = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    weights = (each.get_param() if isinstance(each, ParamWrapper) else each.get_base_layer().weight for each in adapted)
    reached = {id(weight): _numbers(weight) for weight in weights}
    outer = [each for each in (model.get_input_embeddings(), model.get_output_embeddings()) if each is not None]
    left_out = {id(each.weight) for each in outer}
    of_text = {
        id(parameter): _numbers(parameter)
        for name, parameter in model.named_parameters()
        if parameter.dim() > 1 and not re.search(r"\.lora_[AB]\.|embed", name) and not is_non_text(name)
    }
    return sum(reached.values()) / max(1, sum(count for key, count in of_text.items() if key not in left_out))


def _without_adapter(model: nn.Module) -> str | None:
    """Regular expression for layers that take no adapter.

    Of other senses, and linear ones that return more than a product.
    """
    names = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    routers = {
        name.rpartition(".")[2]
        for name, module in names.items()
        if type(module).__module__.startswith("transformers.models.")
        and type(module).forward is not nn.Linear.forward
        and not is_non_text(name)
    }
    parts = [NOT_TEXT] if any(is_non_text(name) for name, _ in model.named_modules()) else []
    parts += [rf".*\.{re.escape(name)}" for name in sorted(routers)]
    return "|".join(parts) or None


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
    except LOAD_ERRORS as error:
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
    except LOAD_ERRORS as error:
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
