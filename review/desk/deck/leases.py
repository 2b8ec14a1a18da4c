"""Leases on cards: given, ended, taken back when they ran out. Knows nothing of the order in which cards come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Value, When
from django.db.models.constants import OnConflict
from django.utils import timezone

from members.models import Member
from review.desk.comments import queries
from review.drafts.etags import etag_for
from review.models import Assignment, Draft, KnownAnswer
from review.states import AssignmentState, DraftState, Drawn
from web.db.compiled_query import CompiledInsert, CompiledUpdate
from web.errors import Refusal

RECLAIM_AT_MOST = 500
IS_KNOWN = Exists(KnownAnswer.objects.filter(draft=OuterRef("pk")))
# What can be leased; of those kept from the desk only known answers ever are.
FREE = (DraftState.PENDING, DraftState.KEPT, DraftState.MACHINE)
# How a card first came stays on record: a random one that was left and met again is still of the random slice.
LASTING = frozenset({Drawn.RANDOM.value, Drawn.SENT_BACK.value})


def lease(member: Member, cards: Sequence[Draft], drawn: Sequence[Drawn]) -> list[Assignment]:
    """Put locked cards into the member's deck. Runs inside the transaction that locked them.

    Args:
        cards: As `for_member` reads them, waiting or kept as known answers.
    """
    if not cards:
        return []
    # The state is what others look at once they have the lock: without it two would lease a card one after the other.
    if _LEASE(**{f"card_{number}": card.pk for number, card in enumerate(cards)}) != len(cards):
        raise RuntimeError("a card was taken between its lock and its lease")
    until = lease_end()
    rows = [_assignment(member, card, until, how) for card, how in zip(cards, drawn, strict=True)]
    if len(rows) == 1:
        return [_ASSIGN(rows[0])]
    return Assignment.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["draft", "reviewer"],
        update_fields=list(_UPDATED),
    )


def _leased(**cards: UUID) -> tuple[QuerySet[Draft], dict[str, Any]]:
    return Draft.objects.filter(pk__in=list(cards.values()), state__in=FREE), {"state": DraftState.LEASED}


_LEASE = CompiledUpdate(_leased)
_UPDATED = ("state", "leased_until", "etag", "drawn", "updated_at")
# Whoever had the card before gets the same row again.
_ASSIGN = CompiledInsert(
    Assignment,
    on_conflict=OnConflict.UPDATE,
    unique=("draft", "reviewer"),
    updated=_UPDATED,
)


def for_member(cards: QuerySet[Draft], member: Member | UUID) -> QuerySet[Draft]:
    """Cards under lock, with what this member left on each before; those locked by others are passed over."""
    mine = FilteredRelation("assignments", condition=Q(assignments__reviewer=member))
    return locking(
        cards.select_related("record", "task_version")
        .defer("messages", "parameters", "labelled_defects", "task_version__body")
        .annotate(
            mine=mine,
            my_unfinished=F("mine__unfinished"),
            my_note=F("mine__note"),
            my_drawn=F("mine__drawn"),
            has_comments=queries.has_visible_comments(OuterRef("pk"), member),
        )
    )


def locking(cards: QuerySet[Draft]) -> QuerySet[Draft]:
    """Lock rows, passing over those locked by others. SQLite has one writer at a time, and Django leaves it be."""
    return cards.select_for_update(skip_locked=True, of=("self",))


def wait_for(draft_id: UUID) -> None:
    """Lock one draft before its assignments, the order every writer keeps."""
    Draft.objects.select_for_update().filter(pk=draft_id).values_list("pk").first()


def reclaim() -> int:
    """Return cards of expired leases to the queue; costs one look at a partial index when there are none."""
    now = timezone.now()
    expired = Q(state=AssignmentState.ACTIVE, leased_until__lt=now)
    late = Assignment.objects.filter(expired).order_by("leased_until").values_list("draft_id", flat=True)
    ids = list(late[:RECLAIM_AT_MOST])
    if not ids:
        return 0
    # Drafts are locked before assignments everywhere, so that no two transactions wait for each other.
    locked = [card.pk for card in locking(Draft.objects.filter(pk__in=ids, state=DraftState.LEASED))]
    # A member who renews a deck holds its assignments and may reclaim in turn: one that is held is passed over.
    still_late = Assignment.objects.select_for_update(skip_locked=True).filter(expired, draft_id__in=locked)
    freed = Assignment.objects.filter(pk__in=list(still_late.values_list("pk", flat=True)))
    freed.update(state=AssignmentState.RELEASED, updated_at=now)
    return back_to_queue(locked)


def back_to_queue(ids: Iterable[UUID]) -> int:
    """Return leased cards without a holder to the queue; known answers go back to where they are kept."""
    held = Assignment.objects.filter(draft=OuterRef("pk"), state=AssignmentState.ACTIVE)
    cards = Draft.objects.filter(~Exists(held), pk__in=list(ids), state=DraftState.LEASED)
    return cards.update(
        state=Case(When(IS_KNOWN, then=Value(DraftState.KEPT.value)), default=Value(DraftState.PENDING.value))
    )


def lease_end() -> datetime:
    """Return the end of a lease given now."""
    return timezone.now() + timedelta(seconds=settings.CARD_LEASE_S)


def not_free(card: Draft) -> Refusal:
    """Why a card cannot be had, as a refusal with the state it is in."""
    words, hint = (
        "Another reviewer has this card open, or it was already judged.",
        "Take the next one, or look for it under My decisions.",
    )
    if card.state == DraftState.KEPT:
        words, hint = "This draft is kept from the desk.", "It can be judged once it is put on the desk."
    elif card.state == DraftState.PENDING:
        words, hint = (
            "This card waits for another reviewer.",
            "It was assigned or sent back to them; take the next one.",
        )
    return Refusal("card_not_free", words, hint=hint, status=409, state={"draft": str(card.pk), "state": card.state})


def _assignment(member: Member, card: Draft, until: datetime, how: Drawn) -> Assignment:
    card.state = DraftState.LEASED
    earlier = cast(Any, card)  # annotated with what this member left on the card before
    row = Assignment(
        draft=card,
        reviewer=member,
        task_id=card.task_id,
        state=AssignmentState.ACTIVE,
        leased_until=until,
        etag=etag_for(card, member),
        unfinished=earlier.my_unfinished,
        note=earlier.my_note or "",
        drawn=earlier.my_drawn if earlier.my_drawn in LASTING else how,
    )
    cast(Any, row).has_comments = earlier.has_comments
    return row
