"""Device and number formats that a run computes in."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.utils import AutocastKwargs

from training.engine.contracts import TrainError
from training.recipes.schema import Method, Precision, Quantisation

Autocast = Literal["no", "bf16", "fp16"]


@dataclass(frozen=True)
class Placement:
    """Device, dtype the base weights are held in, and the autocast the forward pass runs under."""

    device: torch.device
    weights: torch.dtype
    autocast: Autocast

    @property
    def dtype_name(self) -> str:
        return "fp32" if self.autocast == "no" else self.autocast


def place(
    device_choice: Literal["auto", "cpu", "cuda"],
    precision: Precision,
    method: Method,
    quantise: Quantisation = "none",
    *,
    processes: int = 1,
) -> Placement:
    """Choose the device and the formats. Several processes want a GPU each, or share the CPU.

    Weights that are tuned stay in fp32 under autocast (mixed precision, "Trained Miniatures"); a base frozen by LoRA is
    held in the half format itself, which halves its memory.

    Raises:
        TrainError: A GPU asked for where none is, or a format this device or this installation does not have.
    """
    if device_choice == "cuda" and not torch.cuda.is_available():
        raise TrainError(
            "no_gpu",
            "this run asks for a GPU, and this host has none that torch can use",
            "Choose the device 'auto' or 'cpu', or run a worker on a GPU host.",
        )
    device = torch.device("cuda" if device_choice != "cpu" and torch.cuda.is_available() else "cpu")
    if device.type == "cuda" and torch.cuda.device_count() < processes:
        message = f"this run takes {processes} GPUs, and this host has {torch.cuda.device_count()}"
        raise TrainError("too_few_gpus", message, "Lower processes, or run a worker on a host with as many.")
    if quantise != "none":
        _require_four_bits(device)
    autocast = _autocast(device, precision)
    half = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(autocast, torch.float32)
    return Placement(device, half if method == "lora" else torch.float32, autocast)


def accelerator(placement: Placement) -> Accelerator:
    """Build what lowers precision and joins processes, on a run's device.

    Autocast keeps no copies of weights: a pass uses each weight once, and where activations are recomputed copies of
    all layers (2 bytes a weight) would stand until the pass ends, for nothing.
    """
    handlers = [AutocastKwargs(cache_enabled=False)] if placement.autocast != "no" else []
    return Accelerator(cpu=placement.device.type == "cpu", mixed_precision=placement.autocast, kwargs_handlers=handlers)


def _require_four_bits(device: torch.device) -> None:
    if device.type != "cuda":
        raise TrainError(
            "qlora_needs_gpu",
            "a base in 4 bits (QLoRA) needs an NVIDIA GPU; this run is on a CPU",
            "Choose quantise 'none', or run a worker on a GPU host.",
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise TrainError(
            "no_bitsandbytes",
            "a base in 4 bits (QLoRA) needs the package bitsandbytes, which is not here",
            'Install it on this host: pip install "miniatures[qlora]".',
        )


def _autocast(device: torch.device, precision: Precision) -> Autocast:
    if device.type == "cpu":
        if precision == "fp16":
            raise TrainError(
                "fp16_on_cpu",
                "fp16 training needs a GPU; this run is on a CPU",
                "Choose the precision 'auto' or 'fp32'.",
            )
        return "bf16" if precision == "bf16" else "no"
    if precision == "auto":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    if precision == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise TrainError("no_bf16", "this GPU has no bf16", "Choose the precision 'fp16', 'fp32' or 'auto'.")
    return "no" if precision == "fp32" else precision
