"""How precision is lowered for a run."""

from __future__ import annotations

import pytest
import torch
from accelerate.state import AcceleratorState
from torch import nn

from training.engine.model.placement import accelerator, place

pytestmark = pytest.mark.engine


@pytest.fixture
def another_precision():
    """accelerate keeps one precision for the life of a process: this test's goes when it ends."""
    before = dict(AcceleratorState._shared_state)
    AcceleratorState._reset_state()
    yield
    AcceleratorState._reset_state()
    AcceleratorState._shared_state.update(before)


class Seeing(nn.Module):
    """A layer that says what its pass is computed with."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.seen = None

    def forward(self, x):
        y = self.layer(x)
        self.seen = (y.dtype, torch.is_autocast_cache_enabled())
        return y


def test_a_pass_in_bf16_keeps_no_copies_of_weights_it_is_done_with(another_precision):
    placement = place("cpu", "bf16", "full")
    model = Seeing()

    prepared = accelerator(placement).prepare_model(model)
    prepared(torch.ones(1, 4))

    assert placement.weights == model.layer.weight.dtype == torch.float32
    assert model.seen == (torch.bfloat16, False)
