"""A lost GPU and a clock that jumps: each run ends in a clear state, and goes on to where the undisturbed one ends."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from jobs.rundir import lease
from tests.nursery import nursery
from training.engine.distributed import device_loss

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.stress]
IN_FULL = os.environ.get("STRESS") == "1"
RECIPE = {"epochs": 2, "dropout": 0.05, "checkpoint_every_steps": 3}
STEPS = 16
LOST_AT = range(1, STEPS + 1) if IN_FULL else (8,)


def suffer(run_dir: Path, mishap: str, step: int) -> int:
    program = "tests.training.engine.mishaps"
    return nursery().start(program, mishap, step, run_dir, log=run_dir / "engine.log").wait(240)


def assert_same_end(one: Path, other: Path, result: Any) -> None:
    ends = [load_file(run_dir / "adapter" / "adapter_model.safetensors") for run_dir in (one, other)]
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    kept = ("train_loss", "validation_loss", "best_step", "tokens")
    assert [result(one)["summary"][name] for name in kept] == [result(other)["summary"][name] for name in kept]


@pytest.mark.parametrize("step", LOST_AT)
def test_a_run_whose_gpu_is_lost_says_so_and_goes_on_from_its_checkpoint(student, lay_run, tune, result, step):
    straight, lost = (lay_run(name, student(), recipe=RECIPE) for name in ("straight", "lost"))
    tune(straight)

    status = suffer(lost, "device-lost", step)
    ended = result(lost)
    again = lay_run("again", student(), recipe=RECIPE, resume_from=lost)
    tune(again)

    saved = 3 * ((step - 1) // 3)
    assert (status, ended["outcome"], ended["error"]["code"]) == (1, "failed", "device_lost")
    assert "unspecified launch failure" in ended["error"]["message"]
    assert "nvidia-smi" in ended["error"]["hint"]
    assert result(again)["summary"]["resumed_from_step"] == (saved or None)
    assert_same_end(straight, again, result)


def test_a_clock_that_jumps_changes_nothing_but_the_times_of_events(student, lay_run, tune, result, events):
    straight, jumped = (lay_run(name, student(), recipe=RECIPE) for name in ("straight", "jumped"))
    tune(straight)
    lease.touch(jumped)

    status = suffer(jumped, "clock-jumps", 5)

    assert (status, result(jumped)["outcome"]) == (0, "succeeded")
    assert_same_end(straight, jumped, result)
    told = [json.loads(line)["ts"] for line in (jumped / "events.jsonl").read_text().splitlines()]
    assert max(told) - min(told) > 86_400
    summary = result(jumped)["summary"]
    assert 0 < summary["seconds"] < 60
    assert all(event["tokens_per_s"] > 0 for event in events(jumped, "metric") if "tokens_per_s" in event)
    left = [event["eta_s"] for event in events(jumped, "progress") if event.get("eta_s") is not None]
    assert all(0 <= seconds < 3600 for seconds in left)


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("NCCL error in: ProcessGroupNCCL.cpp:1, unhandled cuda error"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"), True),
        (RuntimeError("CUDA error: out of memory"), False),
        (torch.OutOfMemoryError("CUDA out of memory."), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"), False),
        (ValueError("CUDA error"), False),
    ],
)
def test_a_lost_device_is_told_from_other_errors(error: BaseException, is_lost: bool) -> None:
    assert device_loss.is_device_lost(error) is is_lost
