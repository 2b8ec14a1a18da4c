"""Speed and time left as a run tells them: of its own steps, on the machine that takes them."""

from __future__ import annotations

import time

import pytest
import torch

from training.engine.data.sft_rows import TokenRow
from training.engine.report.curve import MetricReporter, StepResult
from training.engine.schedule import Schedule
from training.engine.state import TrainState
from training.recipes.schema import Recipe

pytestmark = pytest.mark.engine
STEPS = 10


def steps_from(state, count):
    """Events of so many steps of 6 tokens and 0.01 s each; between two of them the run validates for longer."""
    told = []
    schedule = Schedule([TokenRow(str(n), [1, 2, 3], 1) for n in range(STEPS)], Recipe(batch_size=1, epochs=1))
    curve = MetricReporter(lambda kind, **payload: told.append((kind, payload)), schedule, torch.device("cpu"), state)
    for _ in range(count):
        time.sleep(0.05)
        state.step += 1
        state.seconds += 0.01
        curve.add(state, StepResult(2.0, 1.0, 6, 4))
    return told


def test_the_speed_of_a_step_leaves_out_validations_samples_and_checkpoints():
    told = steps_from(TrainState(), 2)

    assert [payload["tokens_per_s"] for kind, payload in told if kind == "metric"] == [pytest.approx(600)] * 2


def test_the_time_left_of_a_resumed_run_is_by_the_steps_of_the_machine_it_is_on(monkeypatch):
    monkeypatch.setattr("training.engine.report.curve.PROGRESS_EVERY_S", 0.0)

    told = steps_from(TrainState(step=4, seconds=4000.0), 1)

    [progress] = [payload for kind, payload in told if kind == "progress"]
    assert (progress["rate_per_s"], progress["eta_s"]) == (pytest.approx(100), pytest.approx(0.05))
