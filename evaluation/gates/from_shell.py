"""Find a run's evaluation for a command of the shell, and wait until it ends. Polls rows; sleeps are its caller's."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from evaluation.evaluations import start_evaluation
from evaluation.gates import queries
from evaluation.models import Evaluation
from evaluation.suites import queries as suite_queries
from jobs.states import FINISHED, JobState
from review.models import Task
from training.models import TrainingRun
from web.db.keys import uuid_or_none
from web.errors import Refusal


def find_run(slug: str, run: str) -> TrainingRun:
    """A run by its task's slug, and its number in the task or its id.

    Raises:
        Refusal: 404, there is no such task or run.
    """
    task = Task.objects.filter(slug=slug).first()
    if task is None:
        raise Refusal(
            "no_such_task",
            f"There is no task '{slug}'.",
            hint="A task's slug is in the address of its pages.",
            status=404,
        )
    runs = TrainingRun.objects.filter(task=task).select_related("task", "job", "dataset_version", "task_version")
    key = uuid_or_none(run)
    training_run = runs.filter(pk=key).first() if key else None
    if training_run is None and run.isdecimal() and len(run) < 9:
        training_run = runs.filter(number=int(run)).first()
    if training_run is None:
        raise Refusal(
            "no_such_run", f"The task '{slug}' has no run '{run}'.", hint="Give its number or its id.", status=404
        )
    return training_run


def start(run: TrainingRun, *, suite: str) -> Evaluation:
    """Order an evaluation of a run, of a suite where one is named. Nobody answers for it but who reaches the shell.

    Raises:
        Refusal: What `start_evaluation.start` refuses, or there is no such suite.
    """
    return start_evaluation.start(run, by=None, suite=suite_queries.of_task(run.task, name=suite) if suite else None)


def newest(run: TrainingRun, *, suite: str) -> Evaluation | None:
    """The newest evaluation that is under way, else the newest that has scores and may give a verdict.

    Raises:
        Refusal: There is no such suite.
    """
    name = suite_queries.of_task(run.task, name=suite).name if suite else ""
    latest = queries.newest_of(run, suite=name)
    return latest if latest is not None and is_under_way(latest) else queries.newest_ended(run, suite=name)


def is_under_way(evaluation: Evaluation) -> bool:
    """Return whether an evaluation may still come to scores by itself."""
    if evaluation.is_done or evaluation.problem:
        return False
    return evaluation.job is None or JobState(evaluation.job.state) not in FINISHED


def wait(evaluation_id: UUID, *, is_over: Callable[[], bool], pause: Callable[[], None]) -> Evaluation:
    """Return an evaluation once it has ended, or as it is when time is over.

    Args:
        pause: Called between two looks.
    """
    while True:
        evaluation = Evaluation.objects.select_related(
            "task", "run", "job", "teacher_order__job", "suite__task_version", "task_version"
        ).get(pk=evaluation_id)
        if not is_under_way(evaluation) or is_over():
            return evaluation
        pause()
