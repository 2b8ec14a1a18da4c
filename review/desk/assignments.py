"""Giving waiting cards to one reviewer, and taking them back.

A card assigned comes before all others, to them alone. Cards of a member who leaves return to the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from members.models import Member
from review.desk import deck, queues
from review.desk.deck import ReleasedCard
from review.models import Assignment, Draft, SharedCard, Task
from review.states import AssignmentState, DraftState, Role
from review.tasks.permissions import may, require
from web.db.chunks import chunked
from web.errors import Refusal

AT_MOST = 5000


@transaction.atomic
def assign(task: Task, *, to: Member, by: Member, count: int, source: str = "", teacher: str = "") -> int:
    """Give up to `count` fresh cards to one reviewer, in queue order; cards of the random slice stay with everybody.

    Cards that somebody takes at this moment are passed over. Cards the reviewer judged already are not given.

    Args:
        to: A reviewer or lead of it.
        by: Its lead, or admin.
        count: How many at most, 1 to 5,000.
        source: Only records of this import, by slug.

    Returns:
        How many were given.

    Raises:
        PermissionDenied: `by` does not lead the task.
        Refusal: 422 when the count does not fit, or the member is no reviewer of the task.
    """
    require(by, task, Role.LEAD)
    if not 1 <= count <= AT_MOST:
        words = f"Between 1 and {AT_MOST:,} cards are given at once."
        raise Refusal("count_invalid", words, errors={"count": [words]})
    if not to.is_active or not may(to, task, Role.REVIEWER):
        words = f"{to.name} is not a reviewer of {task.name}."
        raise Refusal("no_reviewer", words, hint="Make them a reviewer on the task's page.", errors={"member": [words]})
    waiting = queues.in_order(task).filter(~queues.judged_by(to), queues.NOT_ASIDE)
    if source:
        waiting = waiting.filter(record__source__slug=source)
    if teacher:
        waiting = waiting.filter(teacher=teacher)
    locked = waiting.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
    return _move(list(locked[:count]), to)


@transaction.atomic
def take_back(task: Task, *, member: Member, by: Member) -> int:
    """Let the cards that were assigned to one reviewer wait for everybody; those in their deck stay there.

    Cards of a share-out that lasts stay theirs: they are taken back with it.

    Returns:
        How many.

    Raises:
        PermissionDenied: `by` does not lead the task.
    """
    require(by, task, Role.LEAD)
    return _move(list(queues.assigned(member, task).filter(~shared()).values_list("pk", flat=True)[:AT_MOST]), None)


def shared() -> Exists:
    """For a question about drafts: whether each waits for its reviewer by a share-out that lasts."""
    mine = SharedCard.objects.filter(draft=OuterRef("pk"), part__member=OuterRef("for_reviewer"))
    return Exists(mine.filter(part__share_out__ended_at__isnull=True))


def _move(ids: Sequence[UUID], to: Member | None) -> int:
    moved = 0
    for chunk in chunked(ids, 500):
        moved += Draft.objects.filter(pk__in=chunk, state=DraftState.PENDING).update(for_reviewer=to)
    return moved


def return_cards(member: Member) -> None:
    """Return every card the member holds, and every one kept for them alone. Runs inside the caller's transaction."""
    _return(member, Q())


def return_cards_of_task(member: Member, task: Task) -> None:
    """Return the cards of one task that the member holds or that are kept for them, as `return_cards` does."""
    _return(member, Q(task=task))


def _return(member: Member, which: Q) -> None:
    held = Assignment.objects.filter(which, reviewer=member, state=AssignmentState.ACTIVE)
    deck.release(member, [ReleasedCard(*row) for row in held.values_list("draft_id", "unfinished")])
    # A recalled card comes back one day.
    waiting = Q(state__in=(DraftState.PENDING, DraftState.KEPT))
    Draft.objects.filter(which, waiting, for_reviewer=member).update(for_reviewer=None)
