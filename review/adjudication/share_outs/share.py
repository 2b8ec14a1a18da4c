"""Sharing cards out, the undo of it, and the end of its period.

Cards in somebody's deck stay in their deck throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from audit import trail
from members.models import Member
from review.adjudication.share_outs import queries
from review.adjudication.share_outs.plan import ShareRequest, even_split, shareable
from review.models import Assignment, Draft, SharedCard, ShareOut, SharePart, Task
from review.states import OPEN, DraftState, Drawn, Role
from review.tasks.permissions import require
from web.db.chunks import chunked
from web.errors import Refusal

CHUNK = 500
ENDED_AT_ONCE = 20


@transaction.atomic
def share_out(task: Task, request: ShareRequest, *, by: Member, id: UUID) -> ShareOut:
    """Give the oldest waiting cards to several reviewers, card by card in turn, so that all get equally old ones.

    They come to their reviewer before all others and to nobody else. Cards that somebody takes at this moment are
    passed over. Asked again with the same id nothing more happens.

    Args:
        request: As `read_request` checked it.
        by: A lead of the task, or admin.
        id: Made by the client.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 when no card waits; 409 when the id is that of another share-out.
    """
    require(by, task, Role.LEAD)
    # Two leads take turns; decisions, which refer to the task, do not wait for them.
    Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    if made := ShareOut.objects.filter(pk=id).first():
        return _same(made, task, request)
    locked = shareable(task, request).select_for_update(skip_locked=True, of=("self",))
    ids = list(locked.values_list("pk", flat=True)[: request.count])
    if not ids:
        raise Refusal("no_cards", "No waiting card can be shared out.", hint="Cards in a reviewer's deck stay there.")
    made = ShareOut.objects.create(id=id, task=task, by=by, until=request.until, asked=request.count, count=len(ids))
    for place, (member, count) in enumerate(
        zip(request.members, even_split(len(ids), len(request.members)), strict=True)
    ):
        _give(SharePart.objects.create(share_out=made, member=member, count=count), ids[place :: len(request.members)])
    trail.record("cards_shared_out", by=by, about=made, task=task.slug, count=len(ids), members=len(request.members))
    return made


@transaction.atomic
def undo(share_id: UUID, *, by: Member) -> ShareOut:
    """Take a share-out back: what nobody judged yet waits for everybody again. Verdicts stay, and so do decks.

    Raises:
        Http404: No such share-out for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 409 when it has ended already.
    """
    made = queries.share_or_404(by, share_id)
    freed = _end(made, by=by)
    if freed is None:
        raise Refusal("already_ended", "This share-out has ended already.", status=409)
    trail.record("share_out_undone", by=by, about=made, task=made.task.slug, count=freed)
    made.refresh_from_db()
    return made


def end_due(today: date | None = None) -> int:
    """End the share-outs whose last day (UTC) is over, each in a transaction of its own; returns how many."""
    over = ShareOut.objects.filter(ended_at__isnull=True, until__lt=today or timezone.now().date())
    done = 0
    for made in over.select_related("task").order_by("until")[:ENDED_AT_ONCE]:
        with transaction.atomic():
            freed = _end(made, by=None)
            if freed is not None:
                trail.record("share_out_ended", by=None, about=made, task=made.task.slug, count=freed)
                done += 1
    return done


def _give(part: SharePart, ids: Sequence[UUID]) -> None:
    for chunk in chunked(ids, CHUNK):
        Draft.objects.filter(pk__in=chunk).update(for_reviewer=part.member_id)
    SharedCard.objects.bulk_create((SharedCard(part=part, draft_id=pk) for pk in ids), batch_size=CHUNK)


def _same(share_out: ShareOut, task: Task, request: ShareRequest) -> ShareOut:
    members = set(share_out.parts.values_list("member_id", flat=True))
    expected = (task.pk, request.count, request.until, {member.pk for member in request.members})
    if (share_out.task_id, share_out.asked, share_out.until, members) != expected:
        raise Refusal("id_taken", "This id was already used for another share-out.", hint="Make a new one.", status=409)
    return share_out


def _end(share_out: ShareOut, *, by: Member | None) -> int | None:
    """Give back what is not judged; None when another got there first."""
    mine = ShareOut.objects.filter(pk=share_out.pk, ended_at__isnull=True)
    if not mine.update(ended_at=timezone.now(), ended_by=by):
        return None
    freed = 0
    for chunk in chunked(list(_still_theirs(share_out)), CHUNK):
        # In one order everywhere, so that no two transactions wait for each other.
        held = Draft.objects.filter(pk__in=chunk, state__in=OPEN)
        locked = held.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
        # One in a deck stays there: it only goes to everybody should its reviewer leave it.
        freed += Draft.objects.filter(pk__in=list(locked)).update(for_reviewer=None)
    # A recalled card comes back one day.
    cards = SharedCard.objects.filter(part__share_out=share_out, part__member=OuterRef("for_reviewer"))
    kept = Draft.objects.filter(state=DraftState.KEPT, for_reviewer__isnull=False)
    kept.filter(Exists(cards.filter(draft=OuterRef("pk")))).update(for_reviewer=None)
    return freed


def _still_theirs(share_out: ShareOut) -> list[UUID]:
    cards = SharedCard.objects.filter(part__share_out=share_out, draft__state__in=OPEN)
    own = cards.filter(draft__for_reviewer=F("part__member"))
    sent_back = Assignment.objects.filter(
        draft=OuterRef("draft"), reviewer=OuterRef("part__member"), drawn=Drawn.SENT_BACK
    )
    again = SharedCard.objects.filter(draft=OuterRef("draft"), part__share_out__ended_at__isnull=True)
    free = own.filter(~Exists(sent_back), ~Exists(again.exclude(part__share_out=share_out)))
    return list(free.order_by("draft").values_list("draft_id", flat=True))
