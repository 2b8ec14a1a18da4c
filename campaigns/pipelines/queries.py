"""Questions about pipelines: those of a task, the stages of a campaign's arms, and the mails that wait. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from campaigns.models import Arm, Campaign, Message, Pipeline, PipelineVersion, Stage, StageRoute, StageRun, Step
from campaigns.pipelines import inputs
from campaigns.pipelines.inputs import StageShape
from campaigns.states import MessageState, StageKind, StageState, StepWriter
from members.models import Member
from review.models import Task
from review.tasks.permissions import tasks_for
from web.http.first_or_404 import first_or_404

OPEN = (StageState.WAITING, StageState.ASKED)
# What is read with stages, and with their runs.
_MODELS: Final = ("teacher", "router__router", "router__miniature", "router__larger", "router__teacher")
STAGE_RELATED: Final = ("task_version__task", *_MODELS)
RUN_RELATED: Final = tuple(f"stage__{name}" for name in STAGE_RELATED)


@dataclass(frozen=True)
class PipelineLine:
    """A pipeline as a row of the list: its newest version, that version's stages, and how many campaigns use any."""

    pipeline: Pipeline
    version: PipelineVersion
    stages: list[Stage]
    campaigns: int


def stages() -> QuerySet[Stage]:
    """Stages in their order, with their tasks, models and routers."""
    return Stage.objects.select_related(*STAGE_RELATED).order_by("position")


def stages_of(campaign: Campaign) -> dict[UUID, list[Stage]]:
    """Stages of each arm that has a pipeline, in their order."""
    arms = dict(Arm.objects.filter(campaign=campaign, pipeline__isnull=False).values_list("pk", "pipeline_id"))
    by_version: dict[UUID, list[Stage]] = defaultdict(list)
    for stage in stages().filter(version__in=set(arms.values())):
        by_version[stage.version_id].append(stage)
    return {arm: by_version[version] for arm, version in arms.items() if version is not None}


def visible(member: Member) -> QuerySet[Pipeline]:
    """Pipelines of the member's tasks, newest first."""
    rows = Pipeline.objects.filter(task__in=tasks_for(member)).select_related("task")
    return rows.order_by("-created_at", "-id")


def pipeline_or_404(member: Member, slug: str) -> Pipeline:
    """Return one pipeline by its slug, if the member may see its task."""
    return first_or_404(visible(member).filter(slug=slug), f"There is no pipeline '{slug}' that you can see.")


def versions_of(pipeline: Pipeline) -> QuerySet[PipelineVersion]:
    """Versions of a pipeline with their stages, the newest first."""
    rows = PipelineVersion.objects.filter(pipeline=pipeline)
    return rows.prefetch_related(Prefetch("stages", queryset=stages())).order_by("-number")


def newest_versions(task: Task) -> QuerySet[PipelineVersion]:
    """The newest version of each pipeline of a task, by name."""
    newest = PipelineVersion.objects.filter(pipeline=OuterRef("pipeline")).order_by("-number").values("pk")[:1]
    rows = PipelineVersion.objects.filter(pipeline__task=task, pk=Subquery(newest))
    return rows.select_related("pipeline").order_by("pipeline__name", "pk")


def offered(
    task: Task, campaign: Campaign | None = None, *, default: PipelineVersion | None = None
) -> list[PipelineVersion]:
    """Versions that an arm may have: the newest of each pipeline, the default, and those of the campaign's arms."""
    newest = list(newest_versions(task))
    kept = Q(pk=default.pk) if default is not None else Q(pk__in=[])
    if campaign is not None:
        kept |= Q(arms__campaign=campaign)
    earlier = PipelineVersion.objects.filter(kept).exclude(pk__in=[each.pk for each in newest])
    return [*newest, *earlier.select_related("pipeline").distinct().order_by("pipeline__name", "number")]


def lines(task: Task) -> list[PipelineLine]:
    """Pipelines of a task the member was let in to; three queries however many there are."""
    versions = newest_versions(task).prefetch_related(Prefetch("stages", queryset=stages()))
    used = Arm.objects.filter(pipeline__pipeline__task=task).order_by().values_list("pipeline__pipeline", "campaign")
    counts = Counter(pipeline for pipeline, _ in used.distinct())
    return [
        PipelineLine(version.pipeline, version, list(version.stages.all()), counts[version.pipeline_id])
        for version in versions
    ]


def stage_runs(message: Message) -> QuerySet[StageRun]:
    """Return the runs of the stages of a mail's pipeline, in their order."""
    return StageRun.objects.filter(message=message).select_related("stage__teacher").order_by("stage__position", "part")


def writing_stage(version: PipelineVersion) -> Stage:
    return Stage.objects.select_related("teacher").get(version=version, kind=StageKind.WRITE)


def routed_writing(campaign: Campaign) -> dict[tuple[UUID, UUID], Stage]:
    """Return, by arm and step, the stage whose router says who writes.

    Of a sequence that is its first mail: what a router promises was shown on mails that no other went before. Later
    ones are the teacher's.
    """
    first = campaign.steps.filter(number=1, writer=StepWriter.MODEL).values_list("pk", flat=True).first()
    if first is None:
        return {}
    routed = stages().filter(kind=StageKind.WRITE, router__isnull=False, version__arms__campaign=campaign)
    by_version = {stage.version_id: stage for stage in routed.distinct()}
    arms = Arm.objects.filter(campaign=campaign, pipeline__in=by_version).values_list("pk", "pipeline_id")
    return {(arm, first): by_version[version] for arm, version in arms if version is not None}


def prepared_arms(campaign: Campaign, step: Step) -> set[UUID]:
    """Arms whose mails of a step are prepared by stages, but for readers among `prepared_before`."""
    if step.writer != StepWriter.MODEL:
        return set()
    return {arm for arm, own in stages_of(campaign).items() if any(map(_prepares, own))}


def prepared_before(enrolments: Collection[UUID]) -> set[UUID]:
    """Enrolments that were sent words of a model: stages looked at these readers, and what they made is carried on."""
    sent = Message.objects.filter(enrolment__in=enrolments, state=MessageState.SENT, step__writer=StepWriter.MODEL)
    return set(sent.values_list("enrolment_id", flat=True))


def _prepares(stage: Stage) -> bool:
    """Tell whether a stage does anything before the mail is written: an answer, or a record for the writer."""
    return bool(stage.inputs) if stage.kind == StageKind.WRITE else stage.kind != StageKind.CHECK


def shape_of(stage: Stage) -> StageShape:
    """A stage as the checks of its inputs see it."""
    spec = stage.task_version.spec if stage.task_version is not None else None
    return StageShape(stage.name, StageKind(stage.kind), spec, stage.inputs, stage.condition)


def needs_record(version: PipelineVersion) -> bool:
    """Tell whether mails need a contact with a record: something is taken from it, or the writer has no other."""
    own = list(version.stages.select_related("task_version").order_by("position"))
    sources = [source for stage in own for source in (*stage.inputs.values(), stage.condition.get("field", ""))]
    write = next(stage for stage in own if stage.kind == StageKind.WRITE)
    required = write.task_version.spec.input_schema if write.task_version is not None else ()
    return (
        not write.inputs
        or any(str(source).startswith(f"{inputs.RECORD}.") for source in sources)
        or any(fact.required and fact.name not in write.inputs for fact in required)
    )


def ready(campaign: Campaign) -> QuerySet[Message]:
    """Mails that are being prepared and wait for no answer: their next stage can begin."""
    open_runs = StageRun.objects.filter(message=OuterRef("pk"), state__in=OPEN)
    return Message.objects.filter(~Exists(open_runs), campaign=campaign, state=MessageState.PREPARING)


def of_audits(campaign: Campaign) -> Exists:
    """Match calls by the teacher who writes beside the router's choice for an audit: no mail rests on them."""
    audited = StageRoute.objects.filter(campaign=campaign, routed__is_audit=True, record=OuterRef("record_id"))
    return Exists(audited.filter(stage__teacher=OuterRef("order__teacher")))


def runs_of(messages: Collection[UUID]) -> dict[UUID, list[StageRun]]:
    """Return the stage runs of these mails, by mail."""
    runs: dict[UUID, list[StageRun]] = defaultdict(list)
    for run in StageRun.objects.filter(message__in=messages).order_by("message", "stage", "part"):
        runs[run.message_id].append(run)
    return runs


def awaits_checks() -> Exists:
    """Match mails that are written and have a check stage that has not said all it has to."""
    runs = StageRun.objects.filter(message=OuterRef(OuterRef("pk")), stage=OuterRef("pk"))
    checks = Stage.objects.filter(version=OuterRef("arm__pipeline"), kind=StageKind.CHECK)
    return Exists(checks.filter(~Exists(runs) | Exists(runs.filter(state__in=OPEN))))
