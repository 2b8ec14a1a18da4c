"""Going on from a miniature: its weights under a fresh adapter, and one adapter over the student's own weights after.

Preferences are learnt on top of a tuned student, which is also their reference: the fresh adapter switched off must
give exactly that student. In fp32 its adapter is merged into the base, which is fastest; in half formats, where merging
would round small changes away, it stays beside the fresh one, frozen. Either way the run leaves one adapter over the
original base, the two stacked by rank, which is the same sum: it is served and carried on like any other.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import torch
from peft import LoraModel, PeftModel
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.engine.contracts import Start, TrainError
from training.engine.model import lora
from training.engine.model.lora import WEIGHTS, scale_of
from training.engine.model.merged_lora import ADAPTER

START_ADAPTER: Final = "before"
CONFIG: Final = "adapter_config.json"
# PEFT's names of the two factors: A is (rank, in), B is (out, rank).
FACTOR_A: Final = ".lora_A."
FACTOR_B: Final = ".lora_B."


def is_merged(*, weights: torch.dtype, is_full: bool, is_quantised: bool) -> bool:
    """Return whether a miniature's adapter is folded into the base before a run starts from it."""
    return is_full or (weights == torch.float32 and not is_quantised)


def load_beside(model: PeftModel, folder: Path) -> None:
    """Put a miniature's adapter beside the fresh one, frozen; both are added to the base.

    Args:
        model: A PEFT model with a fresh adapter.

    Raises:
        TrainError: It cannot be read, or is not whole on this student.
    """
    lora.load_onto(model, folder, name=START_ADAPTER)
    tuner = cast(LoraModel, model.base_model)
    tuner.set_adapter([ADAPTER, START_ADAPTER])
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(f".{ADAPTER}." in name)


def stack(target: Path, before: Path) -> None:
    """Make the adapter a run has written one that holds what it began with as well.

    Args:
        target: Folder of the run's adapter; changed in place.
        before: Folder of the adapter it began with.

    Raises:
        TrainError: The two are on different layers.
    """
    shutil.rmtree(target / START_ADAPTER, ignore_errors=True)
    upper, lower = load_file(target / WEIGHTS), load_file(before / WEIGHTS)
    if upper.keys() != lower.keys():
        raise TrainError(
            "other_layers",
            "the miniature this run began with has its adapter on other layers",
            "Begin with a miniature tuned by this release, or tune all weights.",
        )
    config, config_before = (json.loads((folder / CONFIG).read_text()) for folder in (target, before))
    experts = _experts(lower, int(config_before["r"]))
    stacked = {
        name: _stacked(name, (config_before, lower[name]), (config, upper[name]), experts[_module(name)])
        for name in upper
    }
    save_file(stacked, target / WEIGHTS, metadata={"format": "pt"})
    rank = int(config["r"]) + int(config_before["r"])
    # PEFT fuses matrices of some experts, with as many times the rank.
    patterns = {key: rank * int(value) // int(config["r"]) for key, value in (config.get("rank_pattern") or {}).items()}
    config |= {"r": rank, "lora_alpha": rank, "rank_pattern": patterns, "alpha_pattern": patterns}
    config |= {"use_rslora": False, "lora_dropout": 0.0}
    (target / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True))


def identity(start: Start | None, run_dir: Path) -> str:
    """Return what a checkpoint's start is known by: the hashes of its files; empty where there is none."""
    if start is None:
        return ""
    digest = hashlib.sha256(start.method.encode())
    for file in sorted((run_dir / start.path).rglob("*.safetensors")):
        with file.open("rb") as handle:
            digest.update(f"{file.name}:{hashlib.file_digest(handle, 'sha256').hexdigest()}".encode())
    return digest.hexdigest()


def _module(name: str) -> str:
    """Module of a factor: those of all parameters of one module lie inside each other."""
    return name.partition(".lora_")[0].replace(".base_layer", "")


def _experts(weights: Mapping[str, Tensor], rank: int) -> dict[str, int]:
    """Number of experts by module: 1 for a linear layer."""
    counts: dict[str, int] = {}
    for name, factor in weights.items():
        if FACTOR_A in name:
            module = _module(name)
            counts[module] = min(counts.get(module, len(factor)), len(factor) // rank)
    return counts


def _stacked(
    name: str, before: tuple[dict[str, Any], Tensor], after: tuple[dict[str, Any], Tensor], experts: int
) -> Tensor:
    """Stack both adapters' factors along their rank, each B already scaled.

    A is (experts, rank, in), B (out, rank, experts).
    """
    if FACTOR_A in name:
        downs = [part.unflatten(0, (experts, -1)) for _, part in (before, after)]
        return torch.cat(downs, dim=1).flatten(0, 1).contiguous()
    if FACTOR_B in name:
        ups = [_scaled(config, part.float().unflatten(1, (-1, experts))) for config, part in (before, after)]
        return torch.cat(ups, dim=1).flatten(1, 2).contiguous()
    raise TrainError("other_adapter", f"the adapter holds {name}, which is not a factor of LoRA")


def _scaled(config: Mapping[str, Any], up: Tensor) -> Tensor:
    """Scale B (out, rank, experts); where ranks are more than the adapter's, so is alpha."""
    times = up.shape[1] / int(config["r"])
    return up * scale_of(config) * (math.sqrt(times) if config.get("use_rslora") else 1.0)
