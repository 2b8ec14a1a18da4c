"""The default pipeline of a task: the version that its next campaign begins with. Set, taken back, and read.

Each version's newest row counts. Of the versions that hold, the one promoted last is the default, so that taking it
back leaves the one before. Rows are only added, so the history stays. What keeps a
version from its launch is here too, as no such version is promoted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, When

from audit import trail
from campaigns.models import Experiment, Pipeline, PipelinePromotion, PipelineVersion
from campaigns.pipelines import queries, stage_checks
from campaigns.states import StageKind
from members.models import Member
from review.models import Task, TaskVersion
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from serving.routing import promise
from serving.states import Act
from web.errors import Refusal

RELATED: Final = ("version__pipeline", "experiment")


def held() -> QuerySet[PipelinePromotion]:
    """Promotions that hold, the newest first: the first of a task is its default."""
    later = PipelinePromotion.objects.filter(version=OuterRef("version"), pk__gt=OuterRef("pk"))
    return PipelinePromotion.objects.filter(~Exists(later), act=Act.PROMOTE).order_by("-id")


def default_of(task: Task) -> PipelineVersion | None:
    """The version that the task's next campaign begins with; None where no promotion holds."""
    row = held().filter(task=task).select_related(*RELATED).first()
    return row.version if row is not None else None


def history(pipeline: Pipeline) -> QuerySet[PipelinePromotion]:
    """All that was promoted and taken back of a pipeline, the newest first."""
    return PipelinePromotion.objects.filter(version__pipeline=pipeline).select_related(*RELATED).order_by("-id")


def with_default(pipelines: QuerySet[Pipeline]) -> QuerySet[Pipeline]:
    """Pipelines with `default_version`: the number of the one that is their task's default; None elsewhere."""
    newest = held().filter(task=OuterRef("task"))
    default = Case(
        When(pk=Subquery(newest.values("version__pipeline")[:1]), then=Subquery(newest.values("version__number")[:1]))
    )
    return pipelines.annotate(default_version=default)


@transaction.atomic
def promote(version: PipelineVersion, *, by: Member, experiment: Experiment | None = None) -> PipelinePromotion:
    """Make a version its task's default pipeline. Promoting the default again changes nothing.

    Args:
        experiment: The experiment that it won, if one says so.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `pipeline_cannot_run`: no campaign could be launched with it now.
    """
    task = version.pipeline.task
    permissions.require(by, task, Role.LEAD)
    _lock(task)
    current = held().filter(task=task).first()
    if current is not None and current.version_id == version.pk:
        return current
    if problem := next(problems_of(version, mails=latest_version(task)), None):
        raise Refusal("pipeline_cannot_run", problem.message, hint=problem.hint, status=409)
    row = PipelinePromotion.objects.create(task=task, version=version, act=Act.PROMOTE, experiment=experiment, by=by)
    _record("pipeline_promoted", version, by, **({"experiment": experiment.slug} if experiment else {}))
    return row


@transaction.atomic
def demote(version: PipelineVersion, *, by: Member) -> PipelinePromotion | None:
    """Take a version back; the default is then the one promoted before it, if any.

    Returns:
        The row of its history; None where its promotion does not hold.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    task = version.pipeline.task
    permissions.require(by, task, Role.LEAD)
    _lock(task)
    if not held().filter(version=version).exists():
        return None
    row = PipelinePromotion.objects.create(task=task, version=version, act=Act.DEMOTE, by=by)
    _record("pipeline_demoted", version, by)
    return row


def version_of(pipeline: Pipeline, number: int | None, *, act: Act = Act.PROMOTE) -> PipelineVersion:
    """Return the version of a pipeline that is to be promoted or taken back.

    Args:
        number: Its number; None means the newest, and to take back the one that was promoted last.

    Raises:
        Refusal: 409 `no_such_version`.
    """
    versions = PipelineVersion.objects.filter(pipeline=pipeline).select_related("pipeline__task")
    if number is not None:
        versions = versions.filter(number=number)
    elif act == Act.DEMOTE:
        versions = versions.filter(pk__in=held().filter(version__pipeline=pipeline).values("version")[:1])
    version = versions.order_by("-number").first()
    if version is None:
        problem = f"has no version {number}" if number is not None else "has no version that is promoted"
        raise Refusal("no_such_version", f"{pipeline.name} {problem}.", hint="Name one of its versions.", status=409)
    return version


def _record(act: str, version: PipelineVersion, by: Member, **more: str) -> None:
    pipeline = version.pipeline
    trail.record(act, by=by, about=pipeline, pipeline=pipeline.slug, version=version.number, **more)


def _lock(task: Task) -> None:
    # Acts on one task follow each other, so that "the newest" is one row for everybody.
    Task.objects.select_for_update(no_key=True).get(pk=task.pk)


class StageProblem(NamedTuple):
    """A code, what is wrong, and how to mend it."""

    code: str
    message: str
    hint: str


def problems_of(version: PipelineVersion, *, mails: TaskVersion, by: Member | None = None) -> Iterator[StageProblem]:
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
