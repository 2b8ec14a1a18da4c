"""Adapters on students with experts: how far they reach, and what one that stands on another comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.serving.architectures import ARCHITECTURES, make_student
from training.engine.model import lora, start_adapter

pytestmark = pytest.mark.engine
WITH_EXPERTS = ("Qwen 3 MoE", "gpt-oss", "Granite 3 MoE", "Llama 4")


@pytest.fixture
def fresh(tmp_path: Path) -> Any:
    """Read a student of an architecture anew."""

    def make(name: str) -> Any:
        folder = tmp_path / "student"
        return AutoModelForCausalLM.from_pretrained(
            folder if folder.exists() else make_student(folder, ARCHITECTURES[name])
        )

    return make


def attached(model: Any, *, rank: int, seed: int, **options: Any) -> Any:
    adapted = lora.attach(model, rank=rank, alpha=9, dropout=0.05, seed=seed, **options)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return adapted


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("name", WITH_EXPERTS)
def test_adapters_reach_experts_too(fresh: Any, name: str) -> None:
    adapted = attached(fresh(name), rank=2, seed=1)

    assert lora.reach(adapted) > 0.95
    assert any("experts" in tuned for tuned in lora.tuned_parameters(adapted))


def test_adapters_on_attention_alone_are_told_to_reach_little(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lora, "experts_of", lambda _: [])

    adapted = attached(fresh("gpt-oss"), rank=2, seed=1)

    assert lora.reach(adapted) < 0.3


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("rslora", [True, False])
@pytest.mark.parametrize("name", WITH_EXPERTS)
def test_an_adapter_stacked_on_another_is_the_sum_of_both(fresh: Any, name: str, rslora: bool, tmp_path: Path) -> None:
    changes = []
    for adapter, rank in (("before", 4), ("after", 3)):
        attached(fresh(name), rank=rank, seed=rank, rslora=rslora).save_pretrained(tmp_path / adapter)
        changes.append(change(fresh(name), tmp_path / adapter))

    start_adapter.stack(tmp_path / "after", tmp_path / "before")

    both = change(fresh(name), tmp_path / "after")
    assert any("experts" in weight and bool(value.any()) for weight, value in both.items())
    for weight, value in both.items():
        torch.testing.assert_close(value, changes[0][weight] + changes[1][weight], atol=1e-4, rtol=1e-4)


def change(model: Any, adapter: Path) -> dict[str, torch.Tensor]:
    """The change an adapter makes to every weight."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    merged: Any = lora.load(model, adapter)
    return {name: value - before[name] for name, value in merged.merge_and_unload().state_dict().items()}
