"""The queues of a desk, each with a partial index of its own, and how a task deals from them.

A draft waits in exactly one: in the order of the queue, in the random slice, for further verdicts of an overlap, or for
one reviewer. Drafts with a known answer stand outside and are dealt among the others. It takes no card and writes
nothing.

An overlap is drawn by the task's secret seed and the draft's id: the same every time, and of no cost to an import.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, OuterRef, Q, QuerySet

from members.models import Member
from review.models import Assignment, DeskSettings, Draft, Revocation, Task
from review.models.desk import FOR_ANYBODY
from review.states import BEHIND_THE_REST, RANDOM_SLICE_BELOW, AssignmentState, DraftState

# A task, its id, or the reference to it of a question within another.
TaskRef = Task | UUID | OuterRef
NOT_ASIDE = Q(queue_position__lt=BEHIND_THE_REST)
# Of cards that wait for further verdicts so many are looked at: where all of them are one's own, others clear them
# first.
LOOK_AHEAD = 200
NOT_WAITING = tuple(state for state in DraftState if state is not DraftState.PENDING)


@dataclass(frozen=True, slots=True)
class DealPlan:
    """Shares and queues by which a task deals to one member at this moment.

    Attributes:
        random_share: Share of cards drawn from the random slice.
        overlap_share: Share of drafts that `overlap_reviewers` reviewers judge.
        known_every: One card in so many has a known answer; 0 for none.
        has_assigned: Whether a card waits for this member in particular.
        has_overlap: Whether a card waits for further verdicts; they may be such that this member gave one.
        has_slice: Whether the random slice holds a card.
    """

    task_id: UUID
    random_share: float
    overlap_share: float
    overlap_reviewers: int
    known_every: int
    has_assigned: bool
    has_overlap: bool
    has_slice: bool


def in_order(task: TaskRef) -> QuerySet[Draft]:
    """Fresh drafts outside the random slice, and what was set aside behind them."""
    fresh = Draft.objects.filter(FOR_ANYBODY, task=task, verdicts_wanted=1, random_key__gte=RANDOM_SLICE_BELOW)
    return fresh.order_by("queue_position", "id")


def random_slice(task: TaskRef) -> QuerySet[Draft]:
    """Return fresh drafts of the random slice, in a random order."""
    fresh = Draft.objects.filter(FOR_ANYBODY, task=task, verdicts_wanted=1, random_key__lt=RANDOM_SLICE_BELOW)
    return fresh.order_by("random_key")


def overlap(task: TaskRef) -> QuerySet[Draft]:
    """Drafts that wait for further reviewers, those that wait longest first."""
    return Draft.objects.filter(FOR_ANYBODY, task=task, verdicts_wanted__gt=1).order_by("queue_position", "id")


def assigned(member: Member | UUID, task: TaskRef) -> QuerySet[Draft]:
    """Drafts that wait for this member in particular."""
    waiting = Draft.objects.filter(task=task, state=DraftState.PENDING, for_reviewer=member)
    return waiting.order_by("queue_position", "id")


def known_answers(member: Member | UUID, task: TaskRef) -> QuerySet[Draft]:
    """Return free drafts with a known answer that this member has neither judged nor set aside."""
    over = _left_as(member, AssignmentState.DONE, AssignmentState.SET_ASIDE)
    return _known(task).filter(~over).order_by("random_key")


def known_aside(member: Member, task: Task) -> QuerySet[Draft]:
    """Return free drafts with a known answer that this member has set aside."""
    return _known(task).filter(_left_as(member, AssignmentState.SET_ASIDE))


def _known(task: TaskRef) -> QuerySet[Draft]:
    known = Draft.objects.filter(known_answer__task=task, known_answer__retired_at__isnull=True, state=DraftState.KEPT)
    return known.filter(~Exists(Revocation.objects.filter(draft=OuterRef("pk"))))


def _left_as(member: Member | UUID, *states: AssignmentState) -> Exists:
    return Exists(Assignment.objects.filter(draft=OuterRef("pk"), reviewer=member, state__in=states))


def judged_by(member: Member | UUID) -> Exists:
    """For a question about drafts: whether the member has a standing verdict on each."""
    done = Assignment.objects.filter(draft=OuterRef("pk"), reviewer=member, state=AssignmentState.DONE)
    return Exists(done)


def overlap_for(member: Member | UUID, task: TaskRef) -> QuerySet[Draft]:
    """Return drafts that wait for further reviewers and that this member can judge; looks at `LOOK_AHEAD` at most."""
    # The front is a question within this question: what it refers to stands one further out.
    front = overlap(OuterRef(task) if isinstance(task, OuterRef) else task).values("pk")[:LOOK_AHEAD]
    # The state is asked for beside the front as well: a row that changed while its lock was waited for is looked at
    # again. Asked for by what it is not, so that no database reads all that waits instead of the front.
    drafts = Draft.objects.filter(~judged_by(member), pk__in=front).exclude(state__in=NOT_WAITING)
    return drafts.order_by("queue_position", "id")


def open_to(member: Member | UUID, task: TaskRef) -> list[QuerySet[Draft]]:
    """All that this member can still judge, as disjoint questions that each have their index."""
    return [in_order(task), random_slice(task), overlap_for(member, task), assigned(member, task)]


def expressions(member: Member | UUID, task: TaskRef) -> dict[str, Any]:
    """Annotations for a question that has the task at hand: what `read` makes a `Dealing` of."""
    return {
        "has_assigned": Exists(assigned(member, task).filter(NOT_ASIDE).order_by()),
        "has_overlap": Exists(overlap(task).filter(NOT_ASIDE).order_by()),
        "has_slice": Exists(random_slice(task).order_by()),
    }


def read(annotated: object, task: Task) -> DealPlan:
    """Put the annotations of `expressions` together with the task's settings, loaded beside it."""
    row = cast(Any, annotated)
    desk = settings_of(task)
    return DealPlan(
        task_id=task.pk,
        random_share=desk.random_share,
        overlap_share=desk.overlap_share,
        overlap_reviewers=desk.overlap_reviewers,
        known_every=desk.known_every,
        has_assigned=row.has_assigned,
        has_overlap=row.has_overlap,
        has_slice=row.has_slice,
    )


def deal_plan(member: Member | UUID, task_id: UUID) -> DealPlan:
    """Return the plan by which a task deals to a member now; one query."""
    task = Task.objects.select_related("desk_settings").annotate(**expressions(member, OuterRef("pk"))).get(pk=task_id)
    return read(task, task)


def settings_of(task: Task) -> DeskSettings:
    """The task's settings of the desk, or the defaults, unsaved."""
    try:
        return task.desk_settings
    except ObjectDoesNotExist:
        return DeskSettings(task=task)


_RANGE = 2**64


def is_drawn(seed: str, draft_id: UUID, share: float) -> bool:
    """Return whether a draft is in the `share` (0 to 1) that several reviewers judge.

    A larger share contains every smaller one.
    """
    if share <= 0:
        return False
    digest = hmac.new(seed.encode(), b"overlap" + draft_id.bytes, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") < share * _RANGE


def verdicts_wanted(seed: str, draft_id: UUID, *, share: float, reviewers: int) -> int:
    """Return the number of verdicts a draft takes before it resolves."""
    return max(1, reviewers) if is_drawn(seed, draft_id, share) else 1
