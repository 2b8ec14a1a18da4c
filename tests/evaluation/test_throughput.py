"""What one GPU writes an hour is taken from an evaluation that ran on one, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.evaluations import run_inputs, speeds, start_evaluation
from evaluation.models import Evaluation
from members.models import Member
from tests.training.miniatures import conclude
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


def test_capacity_is_what_an_evaluation_on_a_gpu_measured(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path, finish: Any
) -> None:
    run = conclude(launch(), tmp_path / "one").run
    evaluation = start_evaluation.start(run, by=admin)
    finish(evaluation, {run_inputs.tuned_name(run): ("lora", 0.8)})
    seconds = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 40}
    summary = {
        "kinds": {"base": "base", "tuned": "lora"},
        "systems": {"base": {"seconds": seconds}, "tuned": {"seconds": seconds}},
    }

    def told(**devices: str) -> Any:
        Evaluation.objects.filter(pk=evaluation.pk).update(summary={**summary, "devices": devices})
        return speeds.of_gpu(run.task)

    assert told(base="cuda", tuned="cpu") is None
    assert told() is None
    found = told(base="cuda", tuned="cuda")
    assert found
    assert (found.system, found.outputs_per_hour) == ("tuned", pytest.approx(7200))
