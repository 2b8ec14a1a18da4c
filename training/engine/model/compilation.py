"""torch.compile of a model's layers where it pays.

Layers are compiled one by one, not the model as a whole: they share their code, so that what is compiled is one layer,
and adapters, hooks at the output layer and gradient checkpointing stay as they are (PyTorch's "regional compilation").
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Literal

import torch
from transformers.modeling_layers import GradientCheckpointingLayer

from training.engine.contracts import TrainError

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


def compile_layers(model: CausalModel, device: torch.device) -> int:
    """Have the model's layers compiled when they are next used; returns how many.

    Args:
        model: A transformers model, PEFT around it or not; changed in place.

    Raises:
        TrainError: This host has no compiler for the device.
    """
    if not _has_compiler(device):
        raise TrainError(
            "no_compiler",
            f"torch.compile needs a compiler for {device.type}, and this host has none",
            "Install a C++ compiler (and Triton for a GPU), or set compile to 'off'.",
        )
    layers = [layer for layer in model.modules() if isinstance(layer, GradientCheckpointingLayer)]
    for layer in layers:
        layer.compile(dynamic=True)
    return len(layers)


def compile_mode(choice: Literal["auto", "on", "off"], *, is_sharded: bool) -> Literal["auto", "on", "off"]:
    """Mode of compiling that a recipe's choice means: sharded layers are compiled only when told to."""
    return "off" if is_sharded and choice == "auto" else choice


def is_worthwhile(device: torch.device) -> bool:
    """Return whether compiling could save time here: on a GPU with a compiler. How much is left to run decides."""
    return device.type == "cuda" and _has_compiler(device)


def _has_compiler(device: torch.device) -> bool:
    if shutil.which(os.environ.get("CXX", "g++")) is None and shutil.which("clang++") is None:
        return False
    return device.type != "cuda" or bool(torch.utils._triton.has_triton())
