"""A reviewer's deck: dealing it, renewing it, and putting one certain card into it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet

from members.models import Member
from review.desk import queues
from review.desk.comments import queries
from review.desk.deck import leases
from review.desk.deck.draw import take
from review.models import Assignment, Draft, Task
from review.states import AssignmentState, DraftState, Drawn, Role
from review.tasks.permissions import require
from web.http.first_or_404 import first_or_404


def deal(member: Member, task: Task, *, count: int = 5) -> list[Assignment]:
    """Give the member a deck of up to `count` cards: those already held, with leases renewed, then further ones.

    Cards whose lease ran out come back into the queue first. Reviewers who deal at once never get the same card.

    Returns:
        Active assignments with draft, record and task version loaded, in the order they were dealt.

    Raises:
        PermissionDenied: The member is no reviewer of the task.
    """
    require(member, task, Role.REVIEWER)
    with transaction.atomic():
        held = renew(member, task)
        leases.reclaim()
        fresh = take(member, task.pk, count=count - len(held))
    return held + fresh


def deal_among(
    member: Member, task_id: UUID, drafts: QuerySet[Draft], *, count: int, but: UUID | None = None
) -> tuple[list[Assignment], list[Assignment]]:
    """Give the member a deck of some drafts of a task alone, such as those of one campaign, in the order of the queue.

    Other cards that the member holds stay held, and count for nothing here. How the task deals otherwise (random slice,
    known answers) does not apply: somebody asked for these.

    Args:
        member: Whose deck; the caller has checked that it is a reviewer's.
        count: How many of them the member should hold.
        but: A card that is not taken.

    Returns:
        Those held already, with leases renewed, and those taken now.
    """
    with transaction.atomic():
        mine = Assignment.objects.filter(
            reviewer=member, task=task_id, state=AssignmentState.ACTIVE, draft__in=drafts.values("pk")
        )
        mine.update(leased_until=leases.lease_end())
        held = list(_with_card(mine, member).order_by("draft__queue_position", "draft_id"))
        leases.reclaim()
        free = drafts.filter(~queues.judged_by(member), task=task_id, state=DraftState.PENDING)
        free = free.exclude(pk=but) if but is not None else free
        free = free.filter(Q(for_reviewer__isnull=True) | Q(for_reviewer=member)).order_by("queue_position", "id")
        taken = list(leases.for_member(free, member)[: max(0, count - len(held))])
        return held, leases.lease(member, taken, [Drawn.ASKED] * len(taken))


def renew(member: Member, task: Task) -> list[Assignment]:
    """Renew the leases of what the member holds; cards of a lease that ran out but was not reclaimed count as held."""
    until = leases.lease_end()
    mine = Assignment.objects.filter(reviewer=member, task=task, state=AssignmentState.ACTIVE)
    if not mine.update(leased_until=until):
        return []
    return list(_with_card(mine, member).order_by("created_at", "draft__queue_position", "draft_id"))


def held_card(member: Member, draft_id: UUID) -> Assignment:
    """The card as the member holds it, with draft, record and task version."""
    mine = Assignment.objects.filter(draft_id=draft_id, reviewer=member, state=AssignmentState.ACTIVE)
    return _with_card(mine, member).get()


def hold(member: Member, draft_id: UUID) -> Assignment:
    """Put one certain card into the member's deck, wherever it stands in the queue.

    Raises:
        Http404: No such draft, or not in a task of this member.
        Refusal: 409 when it is in front of another reviewer, waits for another, is judged, or kept from the desk.
    """
    draft = first_or_404(Draft.objects.select_related("task").filter(pk=draft_id), "There is no such draft.")
    require(member, draft.task, Role.REVIEWER)
    with transaction.atomic():
        # The caller may go on to move the draft in this transaction.
        leases.wait_for(draft_id)
        leases.reclaim()
        mine = Assignment.objects.filter(draft=draft, reviewer=member, state=AssignmentState.ACTIVE)
        if mine.update(leased_until=leases.lease_end()):
            return held_card(member, draft_id)
        is_known = queues.known_aside(member, draft.task).filter(pk=draft_id).exists()
        askable = (DraftState.KEPT,) if is_known else (DraftState.PENDING, DraftState.MACHINE)
        free = Draft.objects.filter(~queues.judged_by(member), pk=draft_id, state__in=askable)
        free = free.filter(Q(for_reviewer__isnull=True) | Q(for_reviewer=member))
        how = Drawn.KNOWN if is_known else Drawn.ASKED
        taken = leases.lease(member, list(leases.for_member(free, member)), [how])
    if not taken:
        raise leases.not_free(draft)
    return taken[0]


def _with_card(assignments: QuerySet[Assignment], member: Member) -> QuerySet[Assignment]:
    annotated = assignments.annotate(has_comments=queries.has_visible_comments(OuterRef("draft"), member))
    return annotated.select_related("draft__record", "draft__task_version").defer(
        "draft__messages", "draft__parameters", "draft__labelled_defects", "draft__task_version__body"
    )
