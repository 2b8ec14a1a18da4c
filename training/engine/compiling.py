"""torch.compile of a model's layers where it pays. It does not know recipes, rows or losses.

Layers are compiled one by one, not the model as a whole: they share their code, so that what is compiled is one layer,
and adapters, hooks at the output layer and gradient checkpointing stay as they are (PyTorch's "regional compilation").
"""

from __future__ import annotations

import os
import shutil
from typing import Any, Final, Literal

import torch
from transformers.modeling_layers import GradientCheckpointingLayer

from training.engine.contracts import TrainError

# Compiling takes a minute or two and saves a tenth to a fifth of a step of a few tenths of a second.
WORTHWHILE_STEPS: Final = 1_000


def compile_layers(model: Any, choice: Literal["auto", "on", "off"], device: torch.device, steps: int) -> int:
    """Have the model's layers compiled when they are first used; returns how many, 0 where it would not pay.

    Args:
        model: A transformers model, PEFT around it or not; changed in place.
        choice: `auto` compiles on a GPU, for a run long enough to earn it back.
        device: Where it computes.
        steps: Optimiser steps of the run.

    Raises:
        TrainError: It is asked for, and this host has no compiler for the device.
    """
    if choice == "off" or (choice == "auto" and not _pays(device, steps)):
        return 0
    if not _has_compiler(device):
        raise TrainError("no_compiler", f"torch.compile needs a compiler for {device.type}, and this host has none",
                         "Install a C++ compiler (and Triton for a GPU), or set compile to 'off'.")  # fmt: skip
    layers = [layer for layer in model.modules() if isinstance(layer, GradientCheckpointingLayer)]
    for layer in layers:
        layer.compile(dynamic=True)
    return len(layers)


def choice(wanted: Literal["auto", "on", "off"], *, is_sharded: bool) -> Literal["auto", "on", "off"]:
    """What a recipe's choice means for its way of sharing a model out: sharded layers are compiled only when told to."""
    return "off" if is_sharded and wanted == "auto" else wanted


def _pays(device: torch.device, steps: int) -> bool:
    return device.type == "cuda" and steps > WORTHWHILE_STEPS and _has_compiler(device)


def _has_compiler(device: torch.device) -> bool:
    if shutil.which(os.environ.get("CXX", "g++")) is None and shutil.which("clang++") is None:
        return False
    return device.type != "cuda" or bool(torch.utils._triton.has_triton())
