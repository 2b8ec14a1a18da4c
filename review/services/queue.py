"""Who holds which card: dealing, leases, leaving, setting aside.

A card is in front of one reviewer at a time: the partial unique index on active assignments guards it, and cards are
taken under row locks that skip what others hold. It does not know what a verdict is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from members.models import Member
from review import etags
from review.models import Assignment, Candidate, Task
from review.permissions import require
from review.schema import Fields
from review.states import BEHIND_THE_REST, AssignmentState, CandidateState, Role
from web.errors import Refusal

RECLAIM_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Leaving:
    """A card its reviewer walks away from.

    Attributes:
        candidate_id: The draft.
        unfinished: Fields as far as they were edited, or nothing.
        seen_until: The lease as the page knew it. A lease renewed since belongs to a newer page and stays.
    """

    candidate_id: UUID
    unfinished: Fields | None = None
    seen_until: datetime | None = None


def deal(member: Member, task: Task, *, count: int = 5) -> list[Assignment]:
    """Give the member a hand of up to `count` cards: those already held, with leases renewed, then further ones.

    Cards whose lease ran out come back into the queue first. Reviewers who deal at once never get the same card.

    Returns:
        Active assignments with candidate, record and task version loaded, in the order they were dealt.

    Raises:
        PermissionDenied: The member is no reviewer of the task.
    """
    require(member, task, Role.REVIEWER)
    with transaction.atomic():
        held = renew(member, task)
        reclaim()
        fresh = take(member, task.pk, count=count - len(held))
    return held + fresh


def renew(member: Member, task: Task) -> list[Assignment]:
    """Renew the leases of what the member holds; cards of a lease that ran out but was not reclaimed count as held."""
    until = _lease_end()
    mine = Assignment.objects.filter(reviewer=member, task=task, state=AssignmentState.ACTIVE)
    if not mine.update(leased_until=until):
        return []
    return list(_with_card(mine).order_by("created_at", "candidate__queue_position", "candidate_id"))


def held_card(member: Member, candidate_id: UUID) -> Assignment:
    """The card as the member holds it, with candidate, record and task version."""
    mine = Assignment.objects.filter(candidate_id=candidate_id, reviewer=member, state=AssignmentState.ACTIVE)
    return _with_card(mine).get()


def _with_card(assignments: QuerySet[Assignment]) -> QuerySet[Assignment]:
    return assignments.select_related("candidate__record", "candidate__task_version").defer(
        "candidate__messages", "candidate__parameters", "candidate__labelled_defects"
    )


def take(member: Member, task_id: UUID, *, count: int, but: UUID | None = None) -> list[Assignment]:
    """Lease up to `count` pending cards in queue order. Runs inside the caller's transaction.

    Cards on which the member has a standing verdict are passed over, and so is the card `but`.
    """
    if count <= 0:
        return []
    free = _free_cards(member).filter(task_id=task_id).order_by("queue_position", "id")
    cards = [card for card in free[: count + 1] if card.pk != but][:count] if but else list(free[:count])
    return _lease(member, cards)


def hold(member: Member, candidate_id: UUID) -> Assignment:
    """Put one certain card into the member's hand, wherever it stands in the queue.

    Raises:
        Http404: No such draft, or not in a task of this member.
        Refusal: 409 when it is in front of another reviewer, judged, or kept from the desk.
    """
    candidate = Candidate.objects.select_related("task").filter(pk=candidate_id).first()
    if candidate is None:
        raise Http404("There is no such draft.")
    require(member, candidate.task, Role.REVIEWER)
    with transaction.atomic():
        reclaim()
        mine = Assignment.objects.filter(candidate=candidate, reviewer=member, state=AssignmentState.ACTIVE)
        if mine.update(leased_until=_lease_end()):
            return held_card(member, candidate_id)
        taken = _lease(member, list(_free_cards(member).filter(pk=candidate_id)))
    if not taken:
        raise not_free(candidate)
    return taken[0]


def not_free(card: Candidate) -> Refusal:
    """Why a card cannot be had, as a refusal with the state it is in."""
    is_kept = card.state == CandidateState.KEPT
    return Refusal(
        "card_not_free",
        "This draft is kept from the desk." if is_kept else "This card is in front of another reviewer, or judged already.",
        hint="Nobody judges it before it is put there." if is_kept
        else "Take the next one, or look for it under My decisions.",
        status=409,
        state={"candidate": str(card.pk), "state": card.state},
    )  # fmt: skip


def reclaim() -> int:
    """Return cards of expired leases to the queue; costs one look at a partial index when there are none."""
    now = timezone.now()
    expired = Q(state=AssignmentState.ACTIVE, leased_until__lt=now)
    late = Assignment.objects.filter(expired).order_by("leased_until").values_list("candidate_id", flat=True)
    ids = list(late[:RECLAIM_AT_MOST])
    if not ids:
        return 0
    # Candidates are locked before assignments everywhere, so that no two transactions wait for each other.
    locked = [card.pk for card in _locking(Candidate.objects.filter(pk__in=ids, state=CandidateState.LEASED))]
    freed = Assignment.objects.filter(expired, candidate_id__in=locked)
    freed.update(state=AssignmentState.RELEASED, updated_at=now)
    return _back_to_queue(locked)


def release(member: Member, cards: Sequence[Leaving]) -> int:
    """Return cards to the queue at once and keep their unfinished edits for this member.

    Cards the member no longer holds are passed over, so a late or repeated call does no harm.

    Returns:
        How many cards went back.
    """
    now = timezone.now()
    freed: list[UUID] = []
    with transaction.atomic():
        for card in sorted(cards, key=lambda leaving: leaving.candidate_id):
            mine = Assignment.objects.filter(
                candidate_id=card.candidate_id, reviewer=member, state=AssignmentState.ACTIVE
            )
            if card.seen_until is not None:
                # Browsers and databases round clocks differently; a real renewal moves the lease by far more.
                mine = mine.filter(leased_until__lte=card.seen_until + timedelta(milliseconds=5))
            _wait_for(card.candidate_id)
            if mine.update(state=AssignmentState.RELEASED, unfinished=card.unfinished, updated_at=now):
                freed.append(card.candidate_id)
        _back_to_queue(freed)
    return len(freed)


def set_aside(
    candidate_id: UUID, *, by: Member, note: str = "", unfinished: Fields | None = None, deck_size: int = 0
) -> list[Assignment]:
    """Put a card behind the rest of the queue, with a note. It is no decision.

    Returns:
        Cards that fill the member's hand up to `deck_size`; never the one just set aside.

    Raises:
        Refusal: 409 when the member does not hold the card.
    """
    now = timezone.now()
    with transaction.atomic():
        _wait_for(candidate_id)
        mine = Assignment.objects.filter(candidate_id=candidate_id, reviewer=by)
        held = mine.filter(state=AssignmentState.ACTIVE).update(
            state=AssignmentState.SET_ASIDE, note=note.strip()[:2000], unfinished=unfinished, updated_at=now
        )
        if not held:
            raise Refusal(
                "card_not_held",
                "This card is no longer in your hand.",
                hint="Its lease ran out or it was judged; take the next card.",
                status=409,
            )
        Candidate.objects.filter(pk=candidate_id).update(
            state=CandidateState.PENDING, queue_position=BEHIND_THE_REST + int(time.time() * 1000)
        )
        task_id = mine.values_list("task_id", flat=True).get()
        in_hand = Assignment.objects.filter(reviewer=by, task_id=task_id, state=AssignmentState.ACTIVE).count()
        return take(by, task_id, count=deck_size - in_hand, but=candidate_id)


def _free_cards(member: Member) -> QuerySet[Candidate]:
    judged = Assignment.objects.filter(candidate=OuterRef("pk"), reviewer=member, state=AssignmentState.DONE)
    mine = FilteredRelation("assignments", condition=Q(assignments__reviewer=member))
    free = Candidate.objects.filter(~Exists(judged), state=CandidateState.PENDING)
    return _locking(
        free.select_related("record", "task_version")
        .defer("messages", "parameters", "labelled_defects")
        .annotate(mine=mine, my_unfinished=F("mine__unfinished"), my_note=F("mine__note"))
    )


def _locking(cards: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """Lock rows, passing over those locked by others. SQLite has one writer at a time, and Django leaves it be."""
    return cards.select_for_update(skip_locked=True, of=("self",))


def _wait_for(candidate_id: UUID) -> None:
    """Lock one candidate before its assignments, the order every writer keeps."""
    Candidate.objects.select_for_update().filter(pk=candidate_id).values_list("pk").first()


def _lease(member: Member, cards: Sequence[Candidate]) -> list[Assignment]:
    if not cards:
        return []
    ids = [card.pk for card in cards]
    taken = Candidate.objects.filter(pk__in=ids, state=CandidateState.PENDING).update(state=CandidateState.LEASED)
    if taken != len(ids):
        raise RuntimeError("a card was taken between its lock and its lease")
    until = _lease_end()
    rows = [_assignment(member, card, until) for card in cards]
    return Assignment.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["candidate", "reviewer"],
        update_fields=["state", "leased_until", "etag", "updated_at"],
    )


def _assignment(member: Member, card: Candidate, until: datetime) -> Assignment:
    card.state = CandidateState.LEASED
    earlier = cast(Any, card)  # annotated with what this member left on the card before
    return Assignment(
        candidate=card, reviewer=member, task_id=card.task_id, state=AssignmentState.ACTIVE, leased_until=until,
        etag=etag_for(card, member), unfinished=earlier.my_unfinished, note=earlier.my_note or "",
    )  # fmt: skip


def etag_for(card: Candidate, member: Member) -> str:
    """The ETag of this card in front of this member."""
    return etags.of_card(
        candidate_id=card.pk, reviewer_id=member.pk, version_id=card.task_version_id, fields_hash=card.fields_hash
    )


def _back_to_queue(ids: Iterable[UUID]) -> int:
    held = Assignment.objects.filter(candidate=OuterRef("pk"), state=AssignmentState.ACTIVE)
    cards = Candidate.objects.filter(~Exists(held), pk__in=list(ids), state=CandidateState.LEASED)
    return cards.update(state=CandidateState.PENDING)


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.CARD_LEASE_S)
