"""One look at everything a verdict depends on: the card, whose it is, the member's role, the queue.

A single query, because it stands on the way of every decision. It writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from members.models import Member
from review.desk import pace, queues
from review.desk.queues import DealPlan
from review.models import Decision, Draft, KnownAnswer, Membership
from review.states import AssignmentState, DraftState, Role, Verdict
from review.tasks.permissions import NO_PERSON, RANK
from web.db.compiled_query import CompiledQuery


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """State of the card, the member and the queue that a verdict depends on.

    Attributes:
        card: The draft with task and task version loaded.
        mine: State of the member's own assignment on it, if there ever was one.
        decision_known: Whether a decision with the client's id exists already.
        is_second: Whether another verdict on the card stands already, so that the two must be compared.
        is_known: Whether the card has a known answer: it measures its reader and makes no gold.
        in_deck: How many cards of the task the member holds.
        pace: What was left before this verdict.
        dealing: How the task deals the next card.
    """

    card: Draft
    mine: AssignmentState | None
    decision_known: bool
    is_second: bool
    is_known: bool
    in_deck: int
    pace: pace.Pace
    dealing: DealPlan
    by: Member

    @property
    def counts(self) -> bool:
        """Return whether a verdict given now counts: the card is in this member's deck, or free for them to take."""
        if self.is_known:
            # It measures its reader alone: earlier readers' verdicts contest nothing.
            return self.was_mine
        if self.card.state == DraftState.LEASED:
            return self.mine is AssignmentState.ACTIVE
        return self.card.state == DraftState.PENDING and self.card.for_reviewer_id in (None, self.by.pk)

    @property
    def wanted(self) -> int:
        """Return the number of verdicts the card takes: drawn for overlap at the first one, and fixed from then on."""
        card, dealing = self.card, self.dealing
        if card.verdicts_wanted > 1 or self.is_second or self.is_known:
            return card.verdicts_wanted
        return queues.verdicts_wanted(
            card.task.seed, card.pk, share=dealing.overlap_share, reviewers=dealing.overlap_reviewers
        )

    @property
    def was_mine(self) -> bool:
        return self.mine not in (None, AssignmentState.DONE)


def load(draft_id: UUID, *, by: Member, decision_id: UUID) -> DecisionContext:
    """Look at a card on behalf of a member who wants to judge it.

    Raises:
        Http404: No such draft, or in a task this member does not see.
        PermissionDenied: The member sees the task, but is no reviewer of it.
    """
    long_queue = pace.long_queue_of(by.pk)
    card = next(iter(_SEEN(long_queue is None, draft_id=draft_id, by=by.pk, decision_id=decision_id)), None)
    if card and long_queue not in (None, card.task_id):
        card = next(iter(_SEEN(True, draft_id=draft_id, by=by.pk, decision_id=decision_id)), None)
    if card is None:
        raise Http404("There is no such draft.")
    row = cast(Any, card)
    if long_queue != card.task_id:
        pace.keep_long_queue(by.pk, card.task_id, row.pending)
    _require_reviewer(by, row.my_role, card.task.name)
    return DecisionContext(
        card=card,
        mine=AssignmentState(row.my_state) if row.my_state else None,
        decision_known=row.decision_known,
        is_second=row.is_second,
        is_known=row.is_known,
        in_deck=row.in_deck,
        dealing=queues.read(card, card.task),
        by=by,
        pace=pace.from_counts(pending=row.pending, in_deck=row.in_deck, pace_s=row.pace_s),
    )


def _seen(is_counted: bool, *, draft_id: UUID, by: UUID, decision_id: UUID) -> QuerySet[Draft]:
    role = Membership.objects.filter(task=OuterRef("task_id"), member=by).values("role")[:1]
    return (
        Draft.objects.select_related("task__desk_settings", "task_version", "record")
        .defer("messages", "parameters", "labelled_defects", "marks", "task_version__body")
        .annotate(
            mine=FilteredRelation("assignments", condition=Q(assignments__reviewer=by)),
            my_state=F("mine__state"),
            my_role=Subquery(role),
            is_second=Exists(_standing(OuterRef("pk"))),
            is_known=Exists(KnownAnswer.objects.filter(draft=OuterRef("pk"))),
            decision_known=Exists(Decision.objects.filter(pk=decision_id)),
            **queues.expressions(by, OuterRef("task_id")),
            **pace.expressions(by, OuterRef("task_id"), is_counted=is_counted),
        )
        .filter(pk=draft_id, task__archived_at__isnull=True)
        .order_by()
    )


_SEEN = CompiledQuery(_seen)


def _standing(draft: OuterRef) -> QuerySet[Decision]:
    decisions = Decision.objects.filter(draft=draft, is_late=False, retracted_by__isnull=True)
    return decisions.exclude(verdict=Verdict.RETRACT).order_by()


def _require_reviewer(member: Member, role: str | None, task_name: str) -> None:
    if member.is_admin:
        return
    if role is None:
        raise Http404("There is no such draft.")
    if member.is_service:
        raise PermissionDenied(NO_PERSON)
    if RANK[role] < RANK[Role.REVIEWER.value]:
        raise PermissionDenied(f"This needs the role reviewer in the task '{task_name}'.")
