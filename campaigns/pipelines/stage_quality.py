"""Quality of the miniatures of a pipeline's stages, by the evaluations on their cards, and of sorting its replies.

Results of each route of a stage too: its share, cost, replies, and what the promise held. Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum, UUIDField
from django.urls import reverse

from campaigns.compose.threads import written_from
from campaigns.events.outcomes import human_events
from campaigns.models import Arm, Campaign, Message, Reply, Stage, StageRoute
from campaigns.planning.edit import MINIATURES
from campaigns.replies import word_sorter
from campaigns.replies.sorting import RULES
from campaigns.states import EventKind, MessageState, StageKind, StepWriter
from evaluation.evaluations import tables
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from generation.models import Teacher
from members.models import Member
from review.states import Split
from review.tasks.permissions import tasks_for
from serving.models import RouterVersion
from serving.routing import report
from serving.routing.report import PromiseStanding
from stats.intervals.shares import wilson
from training.models import Miniature
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.templatetags.figures import percent


@dataclass(frozen=True)
class StageQuality:
    """Newest evaluation of a miniature: metric, value with interval as pages write them, on how many records."""

    metric: str
    value: str
    interval: str
    n: int
    split: str
    url: str


def of_teachers(teachers: Iterable[Teacher], by: Member) -> dict[UUID, StageQuality]:
    """Quality by teacher, of miniatures evaluated on a whole split; the test split comes before validation.

    It leads to the miniatures of the member's own tasks alone.
    """
    keys = {teacher.pk: _miniature_key(teacher) for teacher in teachers}
    if not any(keys.values()):
        return {}
    miniatures = Miniature.objects.filter(pk__in=[key for key in keys.values() if key]).select_related("run")
    by_key = {miniature.pk: miniature for miniature in miniatures}
    finished = Evaluation.objects.filter(run__miniature__in=list(by_key), suite=None).exclude(summary={})
    newest: dict[UUID, Evaluation] = {}
    for evaluation in finished.defer("record_ids").order_by("-created_at", "-id"):
        kept = newest.get(evaluation.run_id)
        if kept is None or (kept.split != Split.TEST and evaluation.split == Split.TEST):
            newest[evaluation.run_id] = evaluation
    tasks = set(tasks_for(by).values_list("pk", flat=True))
    qualities = {}
    for teacher, key in keys.items():
        miniature = by_key.get(key) if key else None
        quality = _quality(miniature, newest.get(miniature.run_id)) if miniature else None
        if miniature is not None and quality is not None:
            qualities[teacher] = quality if miniature.task_id in tasks else replace(quality, url="")
    return qualities


def _miniature_key(teacher: Teacher) -> UUID | None:
    room, _, key = teacher.provided_by.partition(":")
    return uuid_or_none(key) if room == MINIATURES else None


def _quality(miniature: Miniature, evaluation: Evaluation | None) -> StageQuality | None:
    if evaluation is None:
        return None
    metric = tables.headline_metric(evaluation.summary)
    scored = evaluation.summary.get("systems", {}).get(tuned_name(miniature.run), {})
    cell = tables.cell(scored.get(metric.name), metric)
    if cell is None:
        return None
    url = reverse("training:miniature", args=[miniature.pk])
    return StageQuality(metric.label, cell["value"], cell["interval"], cell["n"], evaluation.split, url)


@dataclass(frozen=True)
class SortedReplies:
    """Replies to the mails of a pipeline, sorted after its last stage.

    Attributes:
        settled: Sorted without a person.
        sorters: Rules, models and members that said what replies mean, the most frequent first.
        quality: Of the shipped sorter, where it sorted any.
        seconds: Time of one reply, of the shipped sorter.
    """

    replies: int
    settled: int
    sorters: list[str]
    quality: StageQuality | None = None
    seconds: float | None = None

    @property
    def share(self) -> float | None:
        return self.settled / self.replies if self.replies else None


def sorted_replies(campaign: Campaign, arms: Sequence[Arm]) -> dict[UUID, SortedReplies]:
    """Sorted replies by the pipeline version of these arms; one query."""
    columns = ("message__arm__pipeline", "meant_by", "is_unsure")
    rows = Reply.objects.filter(message__campaign=campaign, message__arm__in=arms).order_by().values_list(*columns)
    sorters: dict[UUID, Counter[str]] = {arm.pipeline_id: Counter() for arm in arms if arm.pipeline_id is not None}
    settled: Counter[UUID] = Counter()
    for version, sorter, is_unsure, count in rows.annotate(count=Count("pk")):
        sorters[version][sorter] += count
        settled[version] += 0 if is_unsure else count
    return {version: _sorted(counts, settled[version]) for version, counts in sorters.items()}


def _sorted(counts: Counter[str], settled: int) -> SortedReplies:
    names = ["Rules" if name == RULES else name for name, _ in counts.most_common() if name]
    try:
        held_out = word_sorter.header(settings.REPLY_SORTER_DIR).held_out if word_sorter.NAME in counts else None
    except Refusal:
        held_out = None
    if held_out is None:
        return SortedReplies(counts.total(), settled, names)
    ends = wilson(held_out.right, held_out.replies)
    quality = StageQuality(
        "Meaning is right",
        percent(held_out.right / held_out.replies),
        f"{percent(ends.low)} to {percent(ends.high)}",
        held_out.replies,
        "another hand's",
        "",
    )
    return SortedReplies(counts.total(), settled, names, quality, held_out.seconds)


@dataclass(frozen=True)
class RouteFigures:
    """One route of a stage.

    Attributes:
        share: Of all that were sent.
        cost_usd: Of their answers, with what the router's first model wrote before.
        sent: Mails that went out with an answer of this route, of a stage that writes.
        replies: How many of these were answered by a person.
    """

    name: str
    records: int
    share: float | None
    cost_usd: Decimal
    sent: int = 0
    replies: int = 0

    @property
    def reply_rate(self) -> float | None:
        return self.replies / self.sent if self.sent else None


@dataclass(frozen=True)
class RoutedStage:
    """The routes of a stage in a campaign; the promise is the router's, over all that it routed anywhere."""

    version: RouterVersion
    routes: list[RouteFigures]
    promise: PromiseStanding


def routes_of_stages(campaign: Campaign, stages: Sequence[Stage]) -> dict[UUID, RoutedStage]:
    """Routes by stage, of stages with a router; nothing is asked where none has one."""
    versions = {stage.pk: stage.router for stage in stages if stage.router is not None}
    if not versions:
        return {}
    counts, outcomes = _counted(campaign), _outcomes(campaign)
    return {pk: _of_stage(pk, version, counts, outcomes) for pk, version in versions.items()}


def _of_stage(
    stage: UUID,
    version: RouterVersion,
    counts: dict[tuple[UUID, int], tuple[int, Decimal]],
    outcomes: dict[tuple[UUID, int], tuple[int, int]],
) -> RoutedStage:
    lines = [(name, *counts.get((stage, place), (0, Decimal(0)))) for place, name in enumerate(version.names)]
    total = sum(records for _, records, _ in lines)
    routes = [
        RouteFigures(name, records, records / total if total else None, cost, *outcomes.get((stage, place), (0, 0)))
        for place, (name, records, cost) in enumerate(lines)
    ]
    return RoutedStage(version, routes, report.report(version).promise)


def _counted(campaign: Campaign) -> dict[tuple[UUID, int], tuple[int, Decimal]]:
    rows = StageRoute.objects.filter(campaign=campaign).order_by().values_list("stage", "routed__route")
    sums = rows.annotate(records=Count("pk"), cost=Sum("cost_usd"))
    return {(stage, place): (records, cost) for stage, place, records, cost in sums}


def _outcomes(campaign: Campaign) -> dict[tuple[UUID, int], tuple[int, int]]:
    sent = Message.objects.filter(
        campaign=campaign, state=MessageState.SENT, step__number=1, step__writer=StepWriter.MODEL
    )
    own = StageRoute.objects.filter(
        campaign=campaign,
        record=OuterRef("source"),
        stage__kind=StageKind.WRITE,
        stage__version=OuterRef("arm__pipeline"),
    )
    replied = Exists(human_events(campaign, EventKind.REPLIED).filter(message=OuterRef("pk")))
    rows = sent.annotate(source=written_from()).annotate(
        stage=Subquery(own.values("stage")[:1], output_field=UUIDField()),
        place=Subquery(own.values("routed__route")[:1]),
        is_answered=replied,
    )
    routed = rows.filter(stage__isnull=False).order_by().values_list("stage", "place")
    sums = routed.annotate(mails=Count("pk"), answered=Count("pk", filter=Q(is_answered=True)))
    return {(stage, place): (mails, answered) for stage, place, mails, answered in sums}
