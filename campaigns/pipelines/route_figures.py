"""Results of each route of a stage: its share, cost and its mails' replies, and what the promise held. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum, UUIDField

from campaigns.compose.threads import written_from
from campaigns.events.outcomes import human_events
from campaigns.models import Campaign, Message, Stage, StageRoute
from campaigns.states import EventKind, MessageState, StageKind, StepWriter
from serving.models import RouterVersion
from serving.routing import report
from serving.routing.report import PromiseStanding


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


def of_stages(campaign: Campaign, stages: Sequence[Stage]) -> dict[UUID, RoutedStage]:
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
