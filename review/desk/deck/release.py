"""Walking away from cards: returning them to the queue, or setting them aside behind the rest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.utils import timezone

from members.models import Member
from review.desk.deck import leases
from review.desk.deck.deal import hold, take
from review.models import Assignment, Draft, Ruling
from review.spec.schema import Fields
from review.states import (
    BEHIND_THE_REST,
    FIRST_IN_QUEUE,
    RANDOM_SLICE_BELOW,
    AssignmentState,
    DraftState,
    Drawn,
    RulingKind,
)
from web.errors import Refusal

_IN_THE_SLICE, _BESIDE_IT = Q(random_key__lt=RANDOM_SLICE_BELOW), Q(random_key__lt=2 * RANDOM_SLICE_BELOW)
# Out of the random slice, so that the card is not drawn again at once; that it was drawn stays with its assignment.
_BESIDE_THE_SLICE = Case(
    When(_IN_THE_SLICE, then=F("random_key") + RANDOM_SLICE_BELOW),
    default=F("random_key"),
    output_field=BigIntegerField(),
)
_IN_THE_SLICE_AGAIN = Case(
    When(~_IN_THE_SLICE & _BESIDE_IT, then=F("random_key") - RANDOM_SLICE_BELOW),
    default=F("random_key"),
    output_field=BigIntegerField(),
)


@dataclass(frozen=True, slots=True)
class ReleasedCard:
    """A card its reviewer walks away from.

    Attributes:
        unfinished: Fields as far as they were edited, or None to forget them; by default what is kept stays.
        seen_until: The lease as the page knew it. A lease renewed since belongs to a newer page and stays.
    """

    draft_id: UUID
    unfinished: Fields | EllipsisType | None = ...
    seen_until: datetime | None = None


def release(member: Member, cards: Sequence[ReleasedCard]) -> int:
    """Return cards to the queue at once and keep their unfinished edits for this member.

    Cards the member no longer holds are passed over, so a late or repeated call does no harm.

    Returns:
        How many cards went back.
    """
    now = timezone.now()
    freed: list[UUID] = []
    with transaction.atomic():
        for card in sorted(cards, key=lambda leaving: leaving.draft_id):
            mine = Assignment.objects.filter(draft_id=card.draft_id, reviewer=member, state=AssignmentState.ACTIVE)
            if card.seen_until is not None:
                # Browsers and databases round clocks differently; a real renewal moves the lease by far more.
                mine = mine.filter(leased_until__lte=card.seen_until + timedelta(milliseconds=5))
            leases.wait_for(card.draft_id)
            edit: dict[str, Any] = {} if card.unfinished is ... else {"unfinished": card.unfinished}
            if mine.update(state=AssignmentState.RELEASED, updated_at=now, **edit):
                freed.append(card.draft_id)
        leases.back_to_queue(freed)
    return len(freed)


def set_aside(
    draft_id: UUID, *, by: Member, note: str = "", unfinished: Fields | None = None, deck_size: int = 0
) -> list[Assignment]:
    """Put a card behind the rest of the queue. It is no decision, and asked for again it stays as it is.

    Args:
        note: Stands on the card from now on; without one, what stands there stays, such as a lead's words.

    Returns:
        Cards that fill the member's deck up to `deck_size`; never the one just set aside.

    Raises:
        Refusal: 409 when the member does not hold the card.
    """
    with transaction.atomic():
        leases.wait_for(draft_id)
        mine, kept_note = Assignment.objects.filter(draft_id=draft_id, reviewer=by), note.strip()[:2000]
        words: dict[str, Any] = {}
        if kept_note:
            # From now on the note is the reviewer's own, not the one with which a lead sent the card back.
            drawn = Case(When(drawn=Drawn.SENT_BACK, then=Value(Drawn.ASSIGNED.value)), default=F("drawn"))
            words = {"note": kept_note, "drawn": drawn}
        held = mine.filter(state=AssignmentState.ACTIVE).update(
            state=AssignmentState.SET_ASIDE, unfinished=unfinished, updated_at=timezone.now(), **words
        )
        if held:
            _put_behind(draft_id)
        # An answer may be lost on its way, and the page then asks again.
        elif not mine.filter(state=AssignmentState.SET_ASIDE, **{"note": kept_note} if kept_note else {}).exists():
            raise Refusal(
                "card_not_held",
                "This card is no longer in your deck.",
                hint="Its lease ran out or it was judged; take the next card.",
                status=409,
            )
        task_id = mine.values_list("task_id", flat=True).get()
        in_deck = Assignment.objects.filter(reviewer=by, task_id=task_id, state=AssignmentState.ACTIVE).count()
        return take(by, task_id, count=deck_size - in_deck, but=draft_id)


def undo_set_aside(member: Member, draft_id: UUID) -> Assignment:
    """Put one certain card into the member's deck as `hold` does; one they had set aside is as it was before.

    It stands first in the queue, in the random slice if it was drawn from there, and with the words of a lead who sent
    it back.

    Raises:
        Http404, Refusal: As `hold` does.
    """
    with transaction.atomic():
        leases.wait_for(draft_id)
        mine = Assignment.objects.filter(draft=draft_id, reviewer=member)
        drawn = mine.filter(state=AssignmentState.SET_ASIDE).values_list("drawn", flat=True).first()
        card = hold(member, draft_id)
        if drawn:
            mine.update(**{"drawn": drawn, **words_of_lead(draft_id, member.pk)})
            card.drawn, card.note = mine.values_list("drawn", "note").get()
            key = _IN_THE_SLICE_AGAIN if card.drawn == Drawn.RANDOM else F("random_key")
            Draft.objects.filter(pk=draft_id).update(queue_position=FIRST_IN_QUEUE, random_key=key)
        return card


def words_of_lead(draft_id: UUID, member_id: UUID) -> dict[str, str]:
    """Columns of an assignment that hold a lead's words on the member's verdict sent back last; none without one."""
    sent = Ruling.objects.filter(draft=draft_id, kind=RulingKind.SEND_BACK, decision__reviewer=member_id)
    note = sent.order_by("created_at", "id").values_list("note", flat=True).last()
    return {"note": note, "drawn": Drawn.SENT_BACK.value} if note else {}


def _put_behind(draft_id: UUID) -> None:
    card = Draft.objects.filter(pk=draft_id, state=DraftState.LEASED)
    # A card with a known answer is in no queue, and this member does not meet it again.
    if not card.filter(leases.IS_KNOWN).update(state=DraftState.KEPT):
        place = BEHIND_THE_REST + int(time.time() * 1000)
        card.update(state=DraftState.PENDING, queue_position=place, random_key=_BESIDE_THE_SLICE)
