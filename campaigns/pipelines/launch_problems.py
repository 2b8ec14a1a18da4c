"""Problems that keep a campaign with a pipeline from its launch: tasks the launcher does not lead, models, inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from campaigns.models import Arm, Campaign, PipelineVersion, Stage
from campaigns.pipelines import queries, stage_checks
from campaigns.pipelines.inputs import StageShape
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


def of_arm(campaign: Campaign, arm: Arm, *, by: Member | None) -> Iterator[StageProblem]:
    """Everything that is wrong with an arm's pipeline now; nothing for an arm without one.

    Args:
        by: Who would launch it; None checks no roles.
    """
    if arm.pipeline is not None:
        yield from of_version(arm.pipeline, mails=campaign.task_version, by=by)


def of_version(version: PipelineVersion, *, mails: TaskVersion, by: Member | None = None) -> Iterator[StageProblem]:
    """Everything that is wrong with a version of a pipeline now.

    Args:
        mails: The version of the mails' task that its writing stage would ask.
        by: As for `of_arm`.
    """
    rows = version.stages.select_related("task_version__task", "teacher", *queries.ROUTER_OF_STAGE)
    stages = list(rows.order_by("position"))
    for stage in stages:
        where = f"The stage '{stage.name}' of {version}"
        if stage.router is not None and stage.task_version is not None:
            asked = mails if stage.kind == StageKind.WRITE else stage.task_version
            for problem in promise.problems(stage.router, asked):
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
    yield from _inputs(mails, version, stages)


def _inputs(mails: TaskVersion, version: PipelineVersion, stages: list[Stage]) -> Iterator[StageProblem]:
    spec = mails.spec
    earlier: list[StageShape] = []
    for stage in stages:
        shape = queries.shape_of(stage)
        if stage.kind == StageKind.WRITE:
            shape = StageShape(shape.name, shape.kind, spec, shape.inputs)
        for place, message in stage_checks.problems(spec, shape, earlier, stage.condition):
            yield StageProblem(
                "stage_outdated",
                f"The stage '{stage.name}' of {version}, {place}: {message}",
                "The task has changed since: save the pipeline's next version.",
            )
        earlier.append(shape)
