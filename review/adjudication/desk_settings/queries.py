"""Queries of the desk settings page: the settings, drafts that wait for further reviewers, and assigned cards."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from members.models import Member
from review.adjudication.known_answers import queries
from review.desk import assignments, queues
from review.models import Draft, Membership, Task
from review.states import DraftState, QueueOrdering, Role
from review.tasks.permissions import require

COUNT_UP_TO = 1000
ORDER_WORDS = {
    QueueOrdering.OLDEST: "In the order they were added.",
    QueueOrdering.UNCERTAIN: "Those whose acceptance is hardest to predict come first (uncertainty sampling).",
    QueueOrdering.DIVERSE: "Those that differ most from each other come first (diversity sampling).",
    QueueOrdering.LIKELY: (
        "Drafts that a judge (or else the checks) finds good mostly come first: fewer verdicts per approved example."
    ),
    QueueOrdering.UNLIKELY: (
        "Those that they find wrong mostly come first: edits teach most where a judge accepts the others."
    ),
}


def page(member: Member, task: Task) -> dict[str, Any]:
    """All that the settings page of a desk shows its lead.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    require(member, task, Role.LEAD)
    held = queues.settings_of(Task.objects.select_related("desk_settings").get(pk=task.pk))
    return {
        "desk": held,
        "orders": [(order.value, order.label, ORDER_WORDS[order]) for order in QueueOrdering],
        "waits_for_others": waiting_for_others(task),
        "known": queries.known_answers_of(task),
        "assigned": assigned(task),
        "reviewers": reviewers(task),
        "sources": list(task.sources.order_by("name").values_list("slug", "name")),
        "teachers": teachers(task),
    }


def waiting_for_others(task: Task) -> int:
    """Return the number of drafts that wait for a further reviewer, at most `COUNT_UP_TO`."""
    return queues.overlap(task).order_by()[:COUNT_UP_TO].count()


def assigned(task: Task) -> list[dict[str, Any]]:
    """Members for whom cards were assigned that wait, with how many; shared out ones are told with their share-out."""
    waiting = Draft.objects.filter(
        ~assignments.shared(), task=task, state=DraftState.PENDING, for_reviewer__isnull=False
    )
    rows = waiting.order_by().values("for_reviewer").annotate(cards=Count("pk"))
    names = {member.pk: member for member in Member.objects.filter(pk__in=[row["for_reviewer"] for row in rows])}
    lines = [{"member": names[row["for_reviewer"]], "cards": row["cards"]} for row in rows]
    return sorted(lines, key=lambda line: line["member"].username)


def reviewers(task: Task) -> list[Member]:
    """Members who judge drafts of the task, by name."""
    judging = {"role__in": [Role.REVIEWER, Role.LEAD], "member__is_active": True, "member__is_service": False}
    held = Membership.objects.filter(task=task, **judging)
    return [membership.member for membership in held.select_related("member").order_by("member__username")]


def teachers(task: Task) -> list[str]:
    """Teachers whose drafts the front of the queue holds; looks at as many as can be given at once."""
    front = queues.in_order(task).values_list("teacher", flat=True)[:5000]
    return sorted({name for name in front if name})
