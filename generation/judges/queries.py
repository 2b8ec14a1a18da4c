"""Questions about judges' verdicts: those on one subject, and one of them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q, QuerySet

from generation.models import JudgedPair, JudgedText, Judging
from generation.orders.queries import may_see_writers
from members.models import Member
from review.models import Record, Task
from review.spec.schema import Facts
from review.states import Role
from review.tasks.permissions import may, tasks_for
from web.http.first_or_404 import first_or_404
from web.ports import Port

LISTED = 50
# The facts that the systems of a subject were given of a record: a judge weighs their texts by no others.
facts_given: Port[[UUID], Callable[[Record], Facts]] = Port(lambda subject_id: lambda record: record.facts)


def of_task(member: Member, task: Task, *, subject_id: UUID | None = None) -> QuerySet[Judging]:
    """A task's orders for verdicts, newest first; of one order or evaluation alone where it is named."""
    rows = _visible(member).filter(task=task).order_by("-created_at", "-id")
    return rows.filter(subject_id=subject_id) if subject_id else rows


def get(member: Member, judging_id: UUID) -> Judging:
    """Return one order for verdicts by its id, or answer 404 where the member may not see its task."""
    return first_or_404(_visible(member).filter(pk=judging_id), "There are no such verdicts that you can see.")


def may_see_all(member: Member, judging: Judging) -> bool:
    """Tell whether a member may see what the judge says of waiting drafts: reviewers may not, it would sway them."""
    return may(member, judging.task, Role.LEAD)


def may_see_shares(member: Member, judging: Judging) -> bool:
    """Tell whether a member may see what share of texts passes: reviewers may not while one waits for an expert."""
    waiting = JudgedText.objects.filter(judging=judging, passes__isnull=False, draft__isnull=False, draft__gold=None)
    return may_see_all(member, judging) or not waiting.exists()


def texts(member: Member, judging: Judging, *, differing: bool = False) -> QuerySet[JudgedText]:
    """Texts that the judge has judged and the member may see; with `differing`, only those on which experts differ."""
    rows = JudgedText.objects.filter(judging=judging, passes__isnull=False).select_related("record")
    if not may_see_all(member, judging):
        rows = rows.filter(Q(draft__isnull=True) | Q(expert_passes__isnull=False, draft__gold__isnull=False))
    if not may_see_writers(member, judging.task):
        rows = rows.filter(draft__isnull=False)
    if differing:
        rows = rows.filter(Q(expert_passes=True, passes=False) | Q(expert_passes=False, passes=True))
    return rows.order_by("place")


def pairs(member: Member, judging: Judging) -> QuerySet[JudgedPair]:
    """Pairs that the judge has compared in both orders, as far as the member may see them."""
    rows = JudgedPair.objects.filter(judging=judging).exclude(as_is="").exclude(swapped="")
    if not may_see_writers(member, judging.task):
        rows = rows.none()
    return rows.select_related("record").order_by("place")


def _visible(member: Member) -> QuerySet[Judging]:
    rows = Judging.objects.filter(task__in=tasks_for(member))
    return rows.select_related("task", "order__job", "order__teacher", "order__task_version", "created_by")
