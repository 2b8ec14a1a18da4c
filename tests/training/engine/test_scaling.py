"""What a run in fp16 tells of its loss scaling."""

from __future__ import annotations

import pytest
import torch
from accelerate import Accelerator
from accelerate.optimizer import AcceleratedOptimizer

from training.engine import optimization
from training.engine.data.sft_rows import TokenRow
from training.engine.report.curve import MetricReporter, StepResult
from training.engine.schedule import Schedule
from training.engine.state import TrainState
from training.recipes.schema import Recipe

pytestmark = pytest.mark.engine


def test_a_skipped_step_halves_the_scale_that_is_told():
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer, scaler = torch.optim.AdamW([weight]), torch.amp.GradScaler("cpu", init_scale=1024.0)
    before = optimization.scaling(scaler, skipped_steps=0)
    scaler.scale((weight * float("inf")).sum()).backward()

    scaler.step(optimizer)
    scaler.update()

    assert before == {"loss_scale": 1024.0, "skipped_steps": 0.0}
    assert optimization.scaling(scaler, skipped_steps=1) == {"loss_scale": 512.0, "skipped_steps": 1.0}
    assert torch.equal(weight.detach(), torch.ones(2))


@pytest.mark.parametrize("fused", [False, True])
def test_a_step_with_overflowed_gradients_is_told_as_skipped_by_every_kind_of_optimiser(fused):
    weight = torch.nn.Parameter(torch.ones(2, 2))
    Accelerator(cpu=True)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    optimizer = AcceleratedOptimizer(torch.optim.AdamW([weight], lr=0.1, fused=fused), scaler=scaler)

    def step(loss):
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer.optimizer)
        torch.nn.utils.clip_grad_norm_([weight], 1.0)
        was_skipped = optimization.change_weights(optimizer, scaler)
        optimizer.zero_grad()
        return was_skipped

    assert step((weight * float("inf")).sum())
    assert torch.equal(weight.detach(), torch.ones(2, 2))
    assert not step(weight.sum())
    assert (weight < 1).all()


def test_without_a_scaler_no_step_is_skipped():
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.ones(2)

    assert not optimization.change_weights(torch.optim.AdamW([weight]), None)


def test_other_formats_tell_of_no_scale():
    assert optimization.scaling(None, skipped_steps=0) == {}


def test_the_curve_tells_the_scale_as_it_stands_and_the_means_of_what_has_one():
    told = []
    schedule = Schedule([TokenRow(str(n), [1, 2, 3], 1) for n in range(200)], Recipe(batch_size=1, epochs=5))
    device, begun, seconds = torch.device("cpu"), TrainState(), TrainState(seconds=1.0)
    curve = MetricReporter(lambda kind, **payload: told.append((kind, payload)), schedule, device, begun)

    for step, scale in ((1, 1024.0), (2, 512.0)):
        seconds.step = step
        curve.add(
            seconds, StepResult(2.0, 1.0, 6, 4, {"loss_scale": scale, "skipped_steps": step - 1.0, "margin": step})
        )

    points = [payload for kind, payload in told if kind == "metric"]
    assert [(p["loss_scale"], p["skipped_steps"], p["margin"]) for p in points] == [(512.0, 1.0, 1.5)]
