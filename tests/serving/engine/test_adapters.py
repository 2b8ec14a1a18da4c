from __future__ import annotations

import pytest
import torch
from peft import LoraConfig
from torch import nn

from serving.engine import multi_lora
from serving.engine.multi_lora import FOLD_AFTER, Adapter, AdapterStack

pytestmark = pytest.mark.engine
CPU = torch.device("cpu")


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 6, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.tanh(self.first(x)))


@pytest.fixture
def model() -> Two:
    torch.manual_seed(3)
    return Two()


def pair(inside: int, outside: int, rank: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(inside, rank), torch.randn(rank, outside)


def adapter(**pairs: tuple[torch.Tensor, torch.Tensor]) -> Adapter:
    return Adapter(pairs, 0, LoraConfig(target_modules=list(pairs)))


def put_two(model: Two) -> tuple[AdapterStack, int, int]:
    beside = AdapterStack(model)
    one = beside.put(adapter(first=pair(6, 8), second=pair(8, 6)))
    # The second leaves one layer as it is.
    two = beside.put(adapter(first=pair(6, 8, rank=3)))
    return beside, one, two


@torch.no_grad()
def test_the_adapter_that_all_ask_for_is_folded_and_says_the_same(model):
    beside, one, two = put_two(model)
    x = torch.randn(3, 4, 6)
    for slot in (one, two):
        beside.route.set([slot] * 3, CPU)
        plain = model(x)

        for _ in range(FOLD_AFTER):
            beside.route.set([slot] * 3, CPU)

        assert beside.route.folded == slot
        assert torch.allclose(model(x), plain, atol=1e-5)


@torch.no_grad()
def test_rows_that_differ_go_each_through_their_own_beside_a_folded_one(model):
    beside, one, two = put_two(model)
    x = torch.randn(3, 4, 6)
    alone = []
    for number, slot in enumerate((one, two, 0)):
        beside.route.set([slot], CPU)
        alone.append(model(x[number : number + 1]))
    for _ in range(FOLD_AFTER):
        beside.route.set([one] * 3, CPU)

    beside.route.set([one, two, 0], CPU)

    assert torch.allclose(model(x), torch.cat(alone), atol=1e-5)


@torch.no_grad()
def test_a_dropped_adapter_leaves_nothing_folded(model):
    x = torch.randn(2, 4, 6)
    before = model(x)
    beside, one, _ = put_two(model)
    for _ in range(FOLD_AFTER):
        beside.route.set([one] * 2, CPU)

    beside.drop(one)
    again = beside.put(adapter(second=pair(8, 6)))
    beside.route.set([0, 0], CPU)

    assert again == one
    assert beside.route.folded is None
    assert torch.allclose(model(x), before, atol=1e-6)


def test_a_large_base_is_not_doubled(model, monkeypatch):
    monkeypatch.setattr(multi_lora, "FOLD_BYTES", 100)
    beside, one, _ = put_two(model)

    for _ in range(3 * FOLD_AFTER):
        beside.route.set([one], CPU)

    assert beside.route.folded is None
