"""Going on from a miniature: its weights under a fresh adapter, and one adapter over the student's own weights after.

Preferences are learnt on top of a tuned student, which is also their reference: the fresh adapter switched off must give
exactly that student. In fp32 its adapter is merged into the base, which is fastest; in half formats, where merging would
round small changes away, it stays beside the fresh one, frozen. Either way the run leaves one adapter over the original
base, the two stacked by rank, which is the same sum: it is served and carried on like any other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Final, cast

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
    scales = (scale_of(config_before), scale_of(config))
    stacked = {name: _stacked(name, (lower[name], upper[name]), scales) for name in upper}
    save_file(stacked, target / WEIGHTS, metadata={"format": "pt"})
    rank = int(config["r"]) + int(config_before["r"])
    config |= {"r": rank, "lora_alpha": rank, "use_rslora": False, "lora_dropout": 0.0}
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


def _stacked(name: str, parts: tuple[Tensor, Tensor], scales: tuple[float, float]) -> Tensor:
    """Stack both adapters' factors: A one above the other, B side by side, each B already scaled."""
    if FACTOR_A in name:
        return torch.cat(parts).contiguous()
    if FACTOR_B in name:
        scaled = [part.float() * scale for part, scale in zip(parts, scales, strict=True)]
        return torch.cat(scaled, dim=1).contiguous()
    raise TrainError("other_adapter", f"the adapter holds {name}, which is not a factor of LoRA")
