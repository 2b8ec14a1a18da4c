"""A system made ready: its base loaded, what was tuned put on it; and its answers read as the task's fields."""

from __future__ import annotations

from typing import Any, Literal

from evaluation.engine.contracts import System
from jobs.rundir import RunDir
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from training.engine.contracts import HUB_TOKEN, StudentRef
from training.engine.model import generate, loading
from training.engine.model.loading import LoadedStudent
from training.engine.model.placement import Placement, place


def load(
    run: RunDir, system: System, *, device: Literal["auto", "cpu", "cuda"], allowed_roots: list[str]
) -> tuple[LoadedStudent, Placement]:
    """Load a system onto its device.

    Raises:
        TrainError: It cannot be loaded.
    """
    placement = place(device, "auto", "lora")
    if system.method == "full":
        tuned = StudentRef(path=str(run.path / str(system.tuned)), ways=system.student.ways)
        student = loading.load(tuned, dtype=placement.weights)
    else:
        token = run.secrets().get(HUB_TOKEN)
        student = loading.load(system.student, dtype=placement.weights, token=token, allowed_roots=allowed_roots)
    if system.method == "lora":
        student = loading.load_tuned(student, run.path / str(system.tuned))
    student.model.to(placement.device)
    return student, placement


def parsed(task: TaskSpec, answer: generate.GeneratedText) -> tuple[dict[str, Any] | None, str]:
    """An answer as the task's fields, or None and why not."""
    if not answer.ended:
        return None, answer.unfinished
    try:
        return prompting.parse(task, answer.text), ""
    except prompting.CompletionError as error:
        return None, f"The text is not of the task's shape: {error}."
