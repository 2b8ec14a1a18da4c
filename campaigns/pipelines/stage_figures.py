"""Progress of a campaign's mails in each stage of its pipelines, and its cost: the drawing on its page.

A campaign without a pipeline is asked nothing. Money and tokens are those of the calls that were made, so an answer
that several mails share is counted once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from campaigns.models import Arm, Campaign, Message, PipelineVersion, Stage, StageOrder, StageRun, WriteOrder
from campaigns.overview.figures import ArmFigures
from campaigns.pipelines import queries, stage_quality
from campaigns.pipelines.stage_quality import RoutedStage, SortedReplies, StageQuality
from campaigns.states import AT_A_STAGE, MessageState, StageKind, StageState, StepWriter
from generation.models import Call, Order
from generation.money.daily_sums import CallSums, sums_by_order
from generation.money.figures import millionths, per_thousand, time_usd
from generation.teachers import queries as teachers_queries
from generation.teachers.queries import TeacherLine
from members.models import Member
from training.costs.run_cost import price_of


@dataclass(frozen=True)
class LargeModel:
    """Cost of the same tokens at the list price of the dearest connected teacher."""

    name: str
    cost_usd: Decimal


@dataclass(frozen=True)
class StageFigures:
    """One stage of the drawing.

    Attributes:
        passed: Mails that it let go on.
        seconds: Median of an answer; None before the first, and of rules.
        usd_per_thousand: Cost of 1,000 answers: as billed, else a miniature's measured seconds on its host. None where
            neither is known.
        quality: The miniature's own evaluation; None where none is measured.
        large: None where no call was made, or no teacher with a price is connected.
        routed: What each route of its router did; None where no router decides.
    """

    stage: Stage
    came_in: int = 0
    passed: int = 0
    under_way: int = 0
    cost_usd: Decimal = Decimal(0)
    usd_per_thousand: Decimal | None = None
    seconds: float | None = None
    quality: StageQuality | None = None
    large: LargeModel | None = None
    routed: RoutedStage | None = None

    @property
    def share(self) -> float | None:
        done = self.came_in - self.under_way
        return self.passed / done if done else None


@dataclass(frozen=True)
class Drawing:
    """A pipeline as it worked for a campaign: its version, its arms, its stages, and the sorting of replies.

    Attributes:
        host_usd_per_hour: Price of the host that miniatures answer on; None where none is known.
    """

    version: PipelineVersion
    arms: list[str]
    stages: list[StageFigures]
    sorting: SortedReplies
    host_usd_per_hour: Decimal | None

    @property
    def sorting_usd_per_thousand(self) -> Decimal | None:
        return _usd_per_thousand(self.sorting.seconds, self.host_usd_per_hour)

    @property
    def cost_usd(self) -> Decimal:
        return sum((stage.cost_usd for stage in self.stages), Decimal(0))


def drawings(campaign: Campaign, arms: Sequence[ArmFigures], by: Member) -> list[Drawing]:
    """Each pipeline of a campaign's arms; empty, and nothing asked, where no arm has one."""
    with_one = [line.arm for line in arms if line.arm.pipeline_id is not None]
    if not with_one:
        return []
    rows = queries.stages().filter(version__in={arm.pipeline_id for arm in with_one})
    stages = list(rows.select_related("version__pipeline", *queries.STAGE_RELATED))
    writers = {stage.version_id: stage.pk for stage in stages if stage.kind == StageKind.WRITE}
    mails = Message.objects.filter(campaign=campaign, arm__in=with_one, step__writer=StepWriter.MODEL).order_by()
    counted = _mails(campaign) | _written(mails, writers)
    seconds = _medians(campaign) | _medians_of_writing(mails, writers)
    calls = _calls(campaign, with_one, writers)
    alone = [stage.teacher for stage in stages if stage.teacher is not None and stage.router is None]
    qualities = stage_quality.of_teachers(alone, by)
    lines = teachers_queries.lines(by) if any(calls.values()) else []
    routed = stage_quality.routes_of_stages(campaign, stages)
    host = price_of()
    made = [_figures(stage, counted, seconds, calls, qualities, lines, routed, host) for stage in stages]
    drawn = []
    for version, sorting in stage_quality.sorted_replies(campaign, with_one).items():
        own = [figures for figures in made if figures.stage.version_id == version]
        names = [arm.name for arm in with_one if arm.pipeline_id == version]
        drawn.append(Drawing(own[0].stage.version, names, own, sorting, host))
    return drawn


def _figures(
    stage: Stage,
    counts: dict[UUID, tuple[int, int, int]],
    seconds: dict[UUID, float],
    calls: dict[UUID, CallSums],
    qualities: dict[UUID, StageQuality],
    lines: Sequence[TeacherLine],
    routed: dict[UUID, RoutedStage],
    host: Decimal | None,
) -> StageFigures:
    came_in, passed, under_way = counts.get(stage.pk, (0, 0, 0))
    made = calls.get(stage.pk)
    usd = per_thousand(made.cost_usd, made.answers) if made and made.cost_usd else None
    if usd is None and stage.teacher is not None and stage.teacher.provided_by:
        usd = _usd_per_thousand(seconds.get(stage.pk), host)
    return StageFigures(
        stage,
        came_in,
        passed,
        under_way,
        made.cost_usd if made else Decimal(0),
        usd,
        seconds.get(stage.pk),
        qualities.get(stage.teacher_id) if stage.teacher_id and stage.router is None else None,
        _large(made, lines) if made else None,
        routed.get(stage.pk),
    )


def _usd_per_thousand(seconds: float | None, host: Decimal | None) -> Decimal | None:
    return per_thousand(time_usd(seconds, host)) if seconds and host else None


def _mails(campaign: Campaign) -> dict[UUID, tuple[int, int, int]]:
    """Mails that came in, that went on and that wait, by stage.

    A claim that stands lets its mail go on, once no other of its claims waits.
    """
    runs = StageRun.objects.filter(message__campaign=campaign).order_by().values_list("stage_id")
    is_open = Q(state__in=(StageState.WAITING, StageState.ASKED), message__state__in=AT_A_STAGE)
    waits = Exists(StageRun.objects.filter(is_open, message=OuterRef("message"), stage=OuterRef("stage")))
    rows = runs.annotate(
        came_in=Count("message", distinct=True),
        passed=Count("message", distinct=True, filter=Q(~waits, state=StageState.PASSED)),
        under_way=Count("message", distinct=True, filter=is_open),
    )
    return {stage: (came_in, passed, under_way) for stage, came_in, passed, under_way in rows}


def _written(mails: QuerySet[Message], writers: Mapping[UUID, UUID]) -> dict[UUID, tuple[int, int, int]]:
    """Mails that came in, went on and wait at writing stages: those that no stage before has ended."""
    ended = StageRun.objects.filter(message=OuterRef("pk"), state=StageState.FAILED)
    has_draft, waits = Q(draft__isnull=False), Q(state__in=(MessageState.PLANNED, MessageState.WRITING))
    failed = Q(state=MessageState.FAILED) & Q(~Exists(ended))
    rows = mails.values_list("arm__pipeline").annotate(
        came_in=Count("pk", filter=has_draft | waits | failed),
        passed=Count("pk", filter=has_draft),
        under_way=Count("pk", filter=waits & ~has_draft),
    )
    return {writers[version]: (came_in, passed, under_way) for version, came_in, passed, under_way in rows}


def _medians(campaign: Campaign) -> dict[UUID, float]:
    runs = StageRun.objects.filter(message__campaign=campaign, seconds__isnull=False, draft__isnull=False)
    return _middles(runs.annotate(of=F("stage_id"), took=F("seconds")))


def _medians_of_writing(mails: QuerySet[Message], writers: Mapping[UUID, UUID]) -> dict[UUID, float]:
    written = mails.filter(draft__isnull=False)
    by_version = _middles(written.annotate(of=F("arm__pipeline_id"), took=F("draft__latency_s")))
    return {writers[version]: seconds for version, seconds in by_version.items()}


def _middles(rows: QuerySet[Any]) -> dict[UUID, float]:
    """Median of `took` by `of`, found by the database: only the one or two values in the middle are read."""
    ordered = rows.order_by().annotate(
        place=Window(RowNumber(), partition_by=F("of"), order_by=F("took").asc()),
        many=Window(Count("pk"), partition_by=F("of")),
    )
    middle = ordered.filter(place__gte=F("many") / 2.0, place__lte=F("many") / 2.0 + 1)
    middles: dict[UUID, list[float]] = defaultdict(list)
    for of, took in middle.values_list("of", "took"):
        middles[of].append(took)
    return {of: sum(values) / len(values) for of, values in middles.items()}


def _calls(campaign: Campaign, arms: Sequence[Arm], writers: Mapping[UUID, UUID]) -> dict[UUID, CallSums]:
    stage_of: dict[UUID, UUID] = dict(StageOrder.objects.filter(campaign=campaign).values_list("order_id", "stage_id"))
    own = WriteOrder.objects.filter(campaign=campaign, arm__in=arms).values_list("order_id", "arm__pipeline")
    stage_of |= {order: writers[version] for order, version in own if version is not None}
    again = Order.objects.filter(repeats__in=stage_of).values_list("pk", "repeats_id")
    stage_of |= {pk: stage_of[repeats] for pk, repeats in again if repeats is not None}
    sums: dict[UUID, CallSums] = defaultdict(CallSums)
    for order, made in sums_by_order(Call.objects.filter(order__in=stage_of)).items():
        sums[stage_of[order]] += made
    return dict(sums)


def _large(calls: CallSums, lines: Sequence[TeacherLine]) -> LargeModel | None:
    """The dearest connected teacher by these tokens; miniatures and local models are none."""
    if not calls.input_tokens + calls.output_tokens:
        return None
    tokens = calls.input_tokens, calls.output_tokens
    costs = [
        LargeModel(line.teacher.name, millionths(line.price.token_prices.cost_usd(*tokens)))
        for line in lines
        if line.can_be_asked and line.price is not None and not teachers_queries.is_free(line.teacher)
    ]
    return max(costs, key=lambda model: model.cost_usd, default=None)
