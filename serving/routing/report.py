"""Report on a router: share and cost of each route, and whether the audit still bears its promise out. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Avg, Count, OuterRef, QuerySet, Subquery

from members.models import Member
from review.models import Task
from review.tasks.permissions import tasks_for
from serving.models import Routed, RouteOutcome, Router, RouterVersion
from stats import loss_sequence, paired_loss
from stats.intervals.shares import ShareInterval
from training.models import Miniature
from web.http.first_or_404 import first_or_404


@dataclass(frozen=True, slots=True)
class RouteLine:
    """One model: expected by the evidence, and what came.

    Attributes:
        threshold: From which value on it is asked; None of the teacher.
        expected_share: Of the pairs.
        expected_cost_usd: Mean over the drafts of the pairs.
        routed: How many requests went there.
        share: Of all that were routed; None where none was.
        cost_usd: Mean over those whose cost is known; None where none is.
    """

    name: str
    threshold: float | None
    expected_share: float
    expected_cost_usd: float
    routed: int
    share: float | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class PromiseStanding:
    """Standing of the promise by the audit.

    Attributes:
        audited: How many pairs were judged since.
        unjudged: Drawn for the audit and not judged yet; those that ended without verdicts wait for none.
        loss: Of all requests, by which share worse than the teacher; None before a pair was judged.
        interval: Of the same, right at 95 % at all looks together.
        is_broken: Whether even the lower end of the interval is above the margin.
    """

    audited: int
    unjudged: int
    loss: float | None
    interval: ShareInterval | None
    is_broken: bool


@dataclass(frozen=True, slots=True)
class RouterReport:
    version: RouterVersion
    routed: int
    lines: list[RouteLine]
    promise: PromiseStanding


def names(routers: Sequence[Router]) -> dict[UUID, str]:
    """Return by router what to give as `model` over /v1: its slug, or its id where a task or miniature has the slug."""
    slugs = [each.slug for each in routers]
    owners = (Task.objects.all(), Miniature.objects.all())
    taken = {slug for rows in owners for slug in rows.filter(slug__in=slugs).values_list("slug", flat=True)}
    return {each.pk: str(each.pk) if each.slug in taken else each.slug for each in routers}


def routers_of(task: Task) -> QuerySet[Router]:
    """Routers of a task, the newest first."""
    return Router.objects.filter(task=task).select_related("task", "created_by")


def visible(member: Member) -> QuerySet[Router]:
    """Routers of the tasks a member may see, the newest first."""
    return Router.objects.filter(task__in=tasks_for(member)).select_related("task", "created_by")


def with_newest(routers: Sequence[Router]) -> list[tuple[Router, RouterVersion | None]]:
    """Routers beside their newest versions, None where thresholds were never set; one query for all."""
    newest = RouterVersion.objects.filter(router=OuterRef("router")).order_by("-number").values("number")[:1]
    rows = RouterVersion.objects.filter(router__in=routers, number=Subquery(newest))
    versions = {each.router_id: each for each in rows.select_related("miniature", "larger", "teacher")}
    return [(router, versions.get(router.pk)) for router in routers]


def router_or_404(member: Member, router_id: UUID) -> Router:
    """A router, if the member may see its task."""
    return first_or_404(visible(member).filter(pk=router_id), "There is no router with this id that you can see.")


def routed_or_404(router: Router, routed_id: UUID) -> Routed:
    return first_or_404(
        Routed.objects.filter(version__router=router, pk=routed_id), "This router has no routed request with this id."
    )


def report(version: RouterVersion) -> RouterReport:
    """Return what a version did; three queries."""
    rows = Routed.objects.filter(version=version).order_by()
    counted = {
        place: (n, cost)
        for place, n, cost in rows.values_list("route").annotate(n=Count("pk"), cost=Avg("outcome__cost_usd"))
    }
    total = sum(n for n, _ in counted.values())
    thresholds = [*version.thresholds, *[None] * len(version.names)]
    lines = [
        _line(name, thresholds[place], version.expected[place], counted.get(place, (0, None)), total)
        for place, name in enumerate(version.names)
    ]
    cheaper = sum(line.routed for line in lines[:-1])
    return RouterReport(version, total, lines, _promise(version, total, cheaper))


def _line(
    name: str,
    threshold: float | None,
    expected: dict[str, float],
    counted: tuple[int, object],
    total: int,
) -> RouteLine:
    routed, cost = counted
    share = routed / total if total else None
    mean = None if cost is None else float(str(cost))
    return RouteLine(name, threshold, expected["share"], expected["cost_usd"], routed, share, mean)


def _promise(version: RouterVersion, total: int, cheaper: int) -> PromiseStanding:
    """Weight the audit by its share: requests that went to the teacher lose nothing."""
    verdicts = list(
        RouteOutcome.objects.filter(routed__version=version, routed__is_audit=True, route_passes__isnull=False)
        .order_by()
        .values_list("route_passes", "teacher_passes")
    )
    waiting = Routed.objects.filter(version=version, is_audit=True, outcome__isnull=True).count()
    if not verdicts:
        return PromiseStanding(0, waiting, None, None, is_broken=False)
    part = cheaper / total
    counts = paired_loss.count([bool(teacher) - bool(route) for route, teacher in verdicts])
    low, high = loss_sequence.interval(counts)
    interval = ShareInterval(low * part, high * part)
    return PromiseStanding(counts.of, waiting, counts.loss * part, interval, interval.low > version.margin)
