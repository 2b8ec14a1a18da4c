"""What a run in fp16 tells of its loss scaling."""

from __future__ import annotations

import pytest
import torch

from training.engine import optim

pytestmark = pytest.mark.engine


def test_a_skipped_step_halves_the_scale_that_is_told():
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer, scaler = torch.optim.AdamW([weight]), torch.amp.GradScaler("cpu", init_scale=1024.0)
    before = optim.scaling(scaler, skipped_steps=0)
    scaler.scale((weight * float("inf")).sum()).backward()

    scaler.step(optimizer)
    scaler.update()

    assert before == {"loss_scale": 1024.0, "skipped_steps": 0.0}
    assert optim.scaling(scaler, skipped_steps=1) == {"loss_scale": 512.0, "skipped_steps": 1.0}
    assert torch.equal(weight.detach(), torch.ones(2))


def test_other_formats_tell_of_no_scale():
    assert optim.scaling(None, skipped_steps=0) == {}
