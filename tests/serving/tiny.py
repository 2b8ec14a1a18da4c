"""Tiny miniatures for the serving engine: a base made from a config, two adapters and whole weights beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from review.spec.schema import Label, OutputField
from review.spec.starters import STARTERS
from serving.engine.contracts import ModelEntry
from tests.training.engine.conftest import make_model, make_tokenizer
from training.engine.contracts import StudentRef
from training.engine.model import lora

torch.set_num_threads(1)
TASK = STARTERS["outreach"].spec
CHOICE = OutputField(name="label", type="choice", labels=(Label(name="refund"), Label(name="not a refund")))
LABEL_TASK = TASK.model_copy(update={"output_schema": (CHOICE,)})


def make_base(folder: Path, family: str = "qwen") -> Path:
    """A student's folder."""
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    make_model(family, len(tokenizer)).save_pretrained(folder)
    return folder


def make_adapter(folder: Path, *, family: str = "qwen", seed: int, rank: int = 4) -> Path:
    """An adapter whose answers differ from the base's."""
    model = lora.attach(make_model(family, len(make_tokenizer())), rank=rank, alpha=8, dropout=0.0, seed=seed)
    model.save_pretrained(folder)
    weights = load_file(folder / "adapter_model.safetensors")
    dice = torch.Generator().manual_seed(seed)
    for name, tensor in weights.items():
        if "lora_B" in name:
            weights[name] = torch.randn(tensor.shape, generator=dice) * 0.1
    save_file(weights, folder / "adapter_model.safetensors")
    return folder


def adapter_entry(name: str, folder: Path, base: Path) -> ModelEntry:
    return ModelEntry(
        name=name, folder=str(folder), method="lora", base=StudentRef(path=str(base)), task=TASK, manifest_sha256=name
    )


def full_entry(name: str, folder: Path) -> ModelEntry:
    return ModelEntry(name=name, folder=str(folder), method="full", task=TASK, manifest_sha256=name)


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]
