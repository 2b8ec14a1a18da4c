"""Problems that keep a campaign with a pipeline from its launch: tasks the launcher does not lead, models, inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from campaigns.models import PipelineVersion
from campaigns.pipelines import queries, stage_checks
from campaigns.states import StageKind
from members.models import Member
from review.models import Task, TaskVersion
from review.states import Role
from review.tasks import permissions
from serving.routing import promise


class StageProblem(NamedTuple):
    """A code, what is wrong, and how to mend it."""

    code: str
    message: str
    hint: str


def of_version(version: PipelineVersion, *, mails: TaskVersion, by: Member | None = None) -> Iterator[StageProblem]:
    """Everything that is wrong with a version of a pipeline now.

    Args:
        mails: The version of the mails' task that its writing stage would ask.
        by: Who would launch it; None checks no roles.
    """
    stages = list(queries.stages().filter(version=version))
    for stage in stages:
        where = f"The stage '{stage.name}' of {version}"
        if stage.router is not None and stage.task_version is not None:
            task_version = mails if stage.kind == StageKind.WRITE else stage.task_version
            for problem in promise.problems(stage.router, task_version):
                yield StageProblem(problem.code, f"{where}: {problem.message}", problem.hint)
        elif stage.teacher is not None and not stage.teacher.is_active:
            yield StageProblem(
                "stage_teacher_off",
                f"{where} asks {stage.teacher.name}, which is out of use.",
                "Save a version with another model, and choose it.",
            )
        task: Task | None = stage.task_version.task if stage.task_version is not None else None
        if by is not None and task is not None and not permissions.may(by, task, Role.LEAD):
            yield StageProblem(
                "stage_task_not_led",
                f"{where} asks the task {task.name}, which you do not lead.",
                "Ask a lead of that task to launch it.",
            )
    shapes = [queries.shape_of(stage) for stage in stages]
    shapes = [replace(shape, spec=mails.spec) if shape.kind == StageKind.WRITE else shape for shape in shapes]
    for at, place, message in stage_checks.problems(mails.spec, shapes):
        yield StageProblem(
            "stage_outdated",
            f"The stage '{shapes[at].name}' of {version}, {place}: {message}",
            "The task has changed since: save the pipeline's next version.",
        )
