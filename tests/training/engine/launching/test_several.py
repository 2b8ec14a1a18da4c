"""One run on two processes that talk by gloo: the same losses as one process, and clear ends."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from jobs.rundir.attempt import RESULT
from tests.training.engine.ranks import wait_for_step
from training.engine.distributed import launch

# Each process imports for itself, and beside other passes that takes minutes.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]
PATIENCE_S = 240
ADAPTER = "adapter/adapter_model.safetensors"
TWO = {"processes": 2, "strategy": "ddp"}


def losses(events, run_dir):
    return {e["step"]: e["loss"] for e in events(run_dir, "metric") if "loss" in e}


def pid_of(run_dir, rank):
    return json.loads((run_dir / launch.FOLDER / f"process-{rank}.json").read_text())["pid"]


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one_with_the_same_global_batch(
    student, lay_run, start, tune, result, events
):  # fmt: skip
    alone = lay_run("alone", student(), recipe={"accumulation": 4})
    together = lay_run("together", student(), recipe={"accumulation": 2, **TWO})

    tune(alone)
    status = start(together).wait(PATIENCE_S)

    assert status == 0, (together / "engine.log").read_text()[-3000:]
    one, two = result(alone)["summary"], result(together)["summary"]
    assert (one["processes"], two["processes"]) == (1, 2)
    assert losses(events, together) == pytest.approx(losses(events, alone), rel=1e-4)
    assert two["validation_loss"] == pytest.approx(one["validation_loss"], rel=1e-4)
    assert load_file(together / ADAPTER).keys() == load_file(alone / ADAPTER).keys()


@pytest.mark.slow
def test_a_killed_process_ends_the_run_clearly_and_a_stop_reaches_all(student, lay_run, start, tune, result, events):
    recipe = {"method": "full", "learning_rate": 1e-3, "epochs": 100, "checkpoint_every_steps": 3}
    alone = lay_run("alone", student(), recipe={**recipe, "epochs": 100, "accumulation": 2})
    cut = lay_run("cut", student(), recipe={**recipe, **TWO})
    lost = start(cut)
    wait_for_step(cut, 6)

    os.kill(pid_of(cut, 1), signal.SIGKILL)
    lost.wait(PATIENCE_S)

    assert (result(cut)["outcome"], result(cut)["error"]["code"]) == ("failed", "process_lost")
    assert is_gone(pid_of(cut, 0))

    resumed = lay_run("resumed", student(), recipe={**recipe, **TWO}, resume_from=cut)
    engine = start(resumed)
    wait_for_step(resumed, 12)
    engine.send_signal(signal.SIGTERM)
    status = engine.wait(PATIENCE_S)
    tune_until(alone, start, 12)

    assert (status, result(resumed)["outcome"]) == (0, "stopped")
    assert all(is_gone(pid_of(resumed, rank)) for rank in (0, 1))
    went_on = losses(events, resumed)
    assert min(went_on) >= 4
    same = {step: loss for step, loss in losses(events, alone).items() if step in went_on}
    assert len(same) >= 3
    assert {step: went_on[step] for step in same} == pytest.approx(same, rel=1e-3)


@pytest.mark.slow
def test_processes_end_with_their_launcher_even_when_it_is_killed(student, lay_run, start):
    run_dir = lay_run("run", student(), recipe={"epochs": 100, **TWO})
    engine = start(run_dir)
    wait_for_step(run_dir, 1)
    processes = [pid_of(run_dir, rank) for rank in (0, 1)]

    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()

    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and not all(map(is_gone, processes)):
        time.sleep(0.1)
    assert all(map(is_gone, processes))
    # They did not just come to the end of their run.
    assert not (run_dir / RESULT).exists()


def tune_until(run_dir, start, step):
    engine = start(run_dir)
    wait_for_step(run_dir, step)
    engine.send_signal(signal.SIGTERM)
    engine.wait(PATIENCE_S)
