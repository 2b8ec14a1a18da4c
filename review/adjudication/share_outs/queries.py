"""Questions about share-outs: which there were, and how far each reviewer got with theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from members.models import Member
from review.models import Assignment, SharedCard, ShareOut, SharePart, Task
from review.states import OPEN, AssignmentState, Role
from review.tasks.permissions import require, tasks_for
from web.http.first_or_404 import first_or_404


@dataclass(frozen=True, slots=True)
class PartProgress:
    """Progress of one reviewer in a share-out.

    Attributes:
        judged: How many of their cards they judged, then or later.
        waiting: How many still wait for them alone.
    """

    member: Member
    count: int
    judged: int
    waiting: int


@dataclass(frozen=True, slots=True)
class ShareProgress:
    share: ShareOut
    parts: tuple[PartProgress, ...]


def of_task(task: Task) -> QuerySet[ShareOut]:
    """Share-outs of a task, the newest first."""
    return _with_parts().filter(task=task).order_by("-created_at", "-id")


def share_or_404(member: Member, share_id: UUID) -> ShareOut:
    """One share-out, for a lead of its task.

    Raises:
        Http404: No such share-out for this member.
        PermissionDenied: The member does not lead the task.
    """
    made = first_or_404(_with_parts().filter(pk=share_id, task__in=tasks_for(member)), "There is no such share-out.")
    require(member, made.task, Role.LEAD)
    return made


def progress_of(shares: Sequence[ShareOut]) -> list[ShareProgress]:
    """The same with how far each reviewer got; one query for all of them."""
    figures = part_figures(part for share in shares for part in share.parts.all()) if shares else {}
    return [
        ShareProgress(
            share,
            tuple(PartProgress(part.member, part.count, *figures.get(part.pk, (0, 0))) for part in share.parts.all()),
        )
        for share in shares
    ]


def parts_of(member: Member, task: Task) -> list[tuple[ShareOut, PartProgress]]:
    """Return a reviewer's parts of share-outs that have not ended, the first to end first."""
    held = SharePart.objects.filter(member=member, share_out__task=task, share_out__ended_at__isnull=True)
    parts = list(held.select_related("share_out").order_by("share_out__until", "pk"))
    figures = part_figures(parts) if parts else {}
    return [(part.share_out, PartProgress(member, part.count, *figures.get(part.pk, (0, 0)))) for part in parts]


def part_figures(parts: Iterable[SharePart]) -> dict[int, tuple[int, int]]:
    """Cards judged by their reviewer and cards that wait for them, by part."""
    done = Assignment.objects.filter(
        draft=OuterRef("draft"), reviewer=OuterRef("part__member"), state=AssignmentState.DONE
    )
    waits = Q(draft__state__in=OPEN, draft__for_reviewer=F("part__member"))
    cards = SharedCard.objects.filter(part__in=[part.pk for part in parts]).annotate(is_judged=Exists(done))
    rows = (
        cards.order_by()
        .values("part")
        .annotate(judged=Count("pk", filter=Q(is_judged=True)), waiting=Count("pk", filter=waits))
    )
    return {row["part"]: (row["judged"], row["waiting"]) for row in rows}


def _with_parts() -> QuerySet[ShareOut]:
    return ShareOut.objects.select_related("by", "ended_by", "task").prefetch_related("parts__member")
