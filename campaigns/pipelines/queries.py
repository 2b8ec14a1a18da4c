"""Questions about the pipelines of campaigns: the stages of their arms, and which mails wait for a stage. Read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404

from campaigns.models import Arm, Campaign, Message, Pipeline, PipelineVersion, Stage, StageRoute, StageRun, Step
from campaigns.pipelines import inputs
from campaigns.pipelines.inputs import StageShape
from campaigns.states import MessageState, StageKind, StageState, StepWriter
from members.models import Member
from review.tasks.permissions import tasks_for

OPEN = (StageState.WAITING, StageState.ASKED)
# What is read with stages, and with their runs and routes, whose records may be routed.
ROUTER_OF_STAGE: Final = ("router__router", "router__miniature", "router__larger", "router__teacher")
STAGE_ROUTER: Final = tuple(f"stage__{name}" for name in ROUTER_OF_STAGE)


def stages_of(campaign: Campaign) -> dict[UUID, list[Stage]]:
    """Stages of each arm that has a pipeline, in their order."""
    arms = dict(Arm.objects.filter(campaign=campaign, pipeline__isnull=False).values_list("pk", "pipeline_id"))
    by_version: dict[UUID, list[Stage]] = defaultdict(list)
    rows = Stage.objects.filter(version__in=set(arms.values())).select_related("task_version__task", "teacher")
    for stage in rows.order_by("position"):
        by_version[stage.version_id].append(stage)
    return {arm: by_version[version] for arm, version in arms.items() if version is not None}


def visible(member: Member) -> QuerySet[Pipeline]:
    """Pipelines of the member's tasks, newest first."""
    rows = Pipeline.objects.filter(task__in=tasks_for(member)).select_related("task")
    return rows.order_by("-created_at", "-id")


def pipeline_or_404(member: Member, slug: str) -> Pipeline:
    """Return one pipeline by its slug.

    Raises:
        Http404: No such pipeline, or of a task the member may not see.
    """
    pipeline = visible(member).filter(slug=slug).first()
    if pipeline is None:
        raise Http404(f"There is no pipeline '{slug}' that you can see.")
    return pipeline


def versions_of(pipeline: Pipeline) -> QuerySet[PipelineVersion]:
    """Versions of a pipeline with their stages, the newest first."""
    stages = Stage.objects.select_related("task_version__task", "teacher", "router__router").order_by("position")
    rows = PipelineVersion.objects.filter(pipeline=pipeline).select_related("created_by")
    return rows.prefetch_related(Prefetch("stages", queryset=stages)).order_by("-number")


def stage_runs(message: Message) -> QuerySet[StageRun]:
    """Return the runs of the stages of a mail's pipeline, in their order."""
    runs = StageRun.objects.filter(message=message).select_related("stage__teacher", "stage__router__router")
    return runs.order_by("stage__position", "part")


def writing_stage(version: PipelineVersion) -> Stage:
    return Stage.objects.select_related("teacher").get(version=version, kind=StageKind.WRITE)


def routed_writing(campaign: Campaign) -> dict[tuple[UUID, UUID], Stage]:
    """Return, by arm and step, the stage whose router says who writes.

    Of a sequence that is its first mail: what a router promises was shown on mails that no other went before. Later ones are
    the teacher's.
    """
    first = campaign.steps.filter(number=1, writer=StepWriter.MODEL).values_list("pk", flat=True).first()
    if first is None:
        return {}
    stages = Stage.objects.filter(kind=StageKind.WRITE, router__isnull=False, version__arms__campaign=campaign)
    related = stages.select_related(*ROUTER_OF_STAGE, "task_version")
    by_version = {stage.version_id: stage for stage in related.distinct()}
    arms = Arm.objects.filter(campaign=campaign, pipeline__in=by_version).values_list("pk", "pipeline_id")
    return {(arm, first): by_version[version] for arm, version in arms if version is not None}


def prepared_arms(campaign: Campaign, step: Step) -> set[UUID]:
    """Arms whose mails of a step stages prepare before they are written, unless their reader got prepared words before."""
    if step.writer != StepWriter.MODEL:
        return set()
    return {arm for arm, stages in stages_of(campaign).items() if prepares(stages)}


def prepared_before(enrolments: Collection[UUID]) -> set[UUID]:
    """Enrolments that were sent words of a model: stages looked at these readers, and what they made is carried on."""
    sent = Message.objects.filter(enrolment__in=enrolments, state=MessageState.SENT, step__writer=StepWriter.MODEL)
    return set(sent.values_list("enrolment_id", flat=True))


def prepares(stages: Iterable[Stage]) -> bool:
    """Tell whether anything is done before the mail is written: a stage, or a record for the writer."""
    return any(is_before_writing(stage) or (stage.kind == StageKind.WRITE and stage.inputs) for stage in stages)


def is_before_writing(stage: Stage) -> bool:
    """Tell whether a stage prepares a mail."""
    return stage.kind not in (StageKind.WRITE, StageKind.CHECK)


def shape_of(stage: Stage) -> StageShape:
    """A stage as the checks of its inputs see it."""
    spec = stage.task_version.spec if stage.task_version is not None else None
    return StageShape(stage.name, StageKind(stage.kind), spec, stage.inputs)


def needs_record(version: PipelineVersion) -> bool:
    """Tell whether mails need a contact with a record: something is taken from it, or the writer has no other."""
    stages = list(version.stages.select_related("task_version").order_by("position"))
    own = any(source.startswith(f"{inputs.RECORD}.") for stage in stages for source in stage.inputs.values())
    own = own or any(str(stage.condition.get("field", "")).startswith(f"{inputs.RECORD}.") for stage in stages)
    write = next(stage for stage in stages if stage.kind == StageKind.WRITE)
    required = write.task_version.spec.input_schema if write.task_version is not None else ()
    return own or any(fact.required and fact.name not in write.inputs for fact in required)


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
    found: dict[UUID, list[StageRun]] = defaultdict(list)
    for run in StageRun.objects.filter(message__in=messages).order_by("message", "stage", "part"):
        found[run.message_id].append(run)
    return found


def awaits_checks() -> Exists:
    """Match mails that are written and have a check stage that has not said all it has to."""
    runs = StageRun.objects.filter(message=OuterRef(OuterRef("pk")), stage=OuterRef("pk"))
    checks = Stage.objects.filter(version=OuterRef("arm__pipeline"), kind=StageKind.CHECK)
    return Exists(checks.filter(~Exists(runs) | Exists(runs.filter(state__in=OPEN))))
