"""Outcome of a verdict, and the row updates it makes. Each update requires the state that was read before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from members.models import Member
from review.desk import deck as desk_deck
from review.desk.context import DecisionContext
from review.desk.pace import Pace
from review.models import Assignment, Decision, Draft
from review.spec.schema import Fields
from review.states import AssignmentState, DraftState
from web.db.compiled_query import CompiledUpdate


class OvertakenError(Exception):
    """Another request changed the card between look and write."""


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """Result of recording a verdict.

    Attributes:
        decision: The decision, this one or, for a repeated request, the first.
        is_replay: Whether the very same request was recorded before.
        deck: Cards put into the member's deck by this verdict, with draft, record and task version.
        pace: What is left after it; None for a replay.
    """

    decision: Decision
    draft_state: DraftState
    is_replay: bool = False
    deck: list[Assignment] = field(default_factory=list)
    pace: Pace | None = None


def move_draft(context: DecisionContext, *, to: DraftState, **values: Any) -> None:
    """Move the card on from the state it was seen in; its row stays locked until the transaction ends.

    Raises:
        OvertakenError: Another request moved it first.
    """
    if not _MOVE_DRAFT(pk=context.card.pk, from_state=str(context.card.state), to=to.value, **values):
        raise OvertakenError


def _moved_draft(*, pk: UUID, from_state: str, to: str, **values: Any) -> tuple[QuerySet[Draft], dict[str, Any]]:
    return Draft.objects.filter(pk=pk, state=from_state), {"state": to, **values}


_MOVE_DRAFT = CompiledUpdate(_moved_draft)


def move_assignment(
    context: DecisionContext, *, by: Member, to: AssignmentState, unfinished: Fields | None = None
) -> None:
    """Move the member's assignment on from the state it was seen in; make it where there was none.

    Raises:
        OvertakenError: Another request moved it first.
    """
    until = timezone.now() + timedelta(seconds=settings.CARD_LEASE_S)
    if context.mine is None:
        Assignment.objects.create(
            draft=context.card,
            reviewer=by,
            task_id=context.card.task_id,
            state=to,
            leased_until=until,
            etag=desk_deck.etag_for(context.card, by),
        )
        return
    row: dict[str, Any] = {"draft": context.card.pk, "reviewer": by.pk, "from_state": context.mine.value}
    row |= {"to": to.value, "until": until, "now": timezone.now()}
    if unfinished is None:
        moved = _MOVE_ASSIGNMENT(**row)
    else:
        mine, columns = _moved_assignment(**row)
        moved = mine.update(**{**columns, "unfinished": unfinished})
    if not moved:
        raise OvertakenError


def _moved_assignment(
    *, draft: UUID, reviewer: UUID, from_state: str, to: str, until: datetime, now: datetime
) -> tuple[QuerySet[Assignment], dict[str, Any]]:
    mine = Assignment.objects.filter(draft=draft, reviewer=reviewer, state=from_state)
    return mine, {"state": to, "unfinished": None, "leased_until": until, "updated_at": now}


_MOVE_ASSIGNMENT = CompiledUpdate(_moved_assignment)
