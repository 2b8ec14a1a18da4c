"""Questions about the pipelines of a task, for pages. Every one takes the member."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from campaigns.models import Arm, Campaign, Pipeline, PipelineVersion, Stage
from review.models import Task


@dataclass(frozen=True)
class PipelineLine:
    """A pipeline as a row of the list: its newest version, that version's stages, and how many campaigns use any."""

    pipeline: Pipeline
    version: PipelineVersion
    stages: list[Stage]
    campaigns: int


def newest_versions(task: Task) -> QuerySet[PipelineVersion]:
    """The newest version of each pipeline of a task, by name."""
    newest = PipelineVersion.objects.filter(pipeline=OuterRef("pipeline")).order_by("-number").values("pk")[:1]
    rows = PipelineVersion.objects.filter(pipeline__task=task, pk=Subquery(newest))
    return rows.select_related("pipeline").order_by("pipeline__name", "pk")


def offered(
    task: Task, campaign: Campaign | None = None, *, default: PipelineVersion | None = None
) -> list[PipelineVersion]:
    """Versions that an arm may have: the newest of each pipeline, the default, and what the campaign's arms have already."""
    newest = list(newest_versions(task))
    kept = Q(pk=default.pk) if default is not None else Q(pk__in=[])
    if campaign is not None:
        kept |= Q(arms__campaign=campaign)
    earlier = PipelineVersion.objects.filter(kept).exclude(pk__in=[each.pk for each in newest])
    return [*newest, *earlier.select_related("pipeline").distinct().order_by("pipeline__name", "number")]


def lines(task: Task) -> list[PipelineLine]:
    """Pipelines of a task the member was let in to; three queries however many there are."""
    versions = list(newest_versions(task))
    stages = list(stages_with_models(versions))
    used = Arm.objects.filter(pipeline__pipeline__task=task).order_by()
    pairs = set(used.values_list("pipeline__pipeline_id", "campaign_id").distinct())
    return [
        PipelineLine(
            version.pipeline,
            version,
            [stage for stage in stages if stage.version_id == version.pk],
            sum(pipeline == version.pipeline_id for pipeline, _ in pairs),
        )
        for version in versions
    ]


def stages_with_models(versions: list[PipelineVersion]) -> QuerySet[Stage]:
    """Stages of some versions, in their order, with their tasks and models."""
    rows = Stage.objects.filter(version__in=versions).select_related("task_version__task", "teacher", "router__router")
    return rows.order_by("version", "position")
