"""The next drafts of one record to choose the best of. Reads only; it puts nothing into anybody's deck.

Blind: what it gives for a page or a program says nothing of who wrote a draft, with which model, or what it cost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from members.models import Member
from review.desk.cards import assembly
from review.desk.cards.assembly import Card
from review.desk.destinations import FOR_A_CAMPAIGN
from review.desk.preferences import queries as preferences_queries
from review.drafts.etags import etag_for
from review.drafts.waiting_marks import with_marks
from review.models import Assignment, Decision, Draft, Record, Task, TaskVersion
from review.states import AssignmentState, DraftState

FEWEST, MOST = 2, 8
# A page looks at so many waiting drafts from either end of the queue for one with a sibling, and no further.
LOOK_AT = 4_000
# Among so many records one is picked by reviewer, so that two who choose at once rarely meet.
AMONG = 12


@dataclass(frozen=True, slots=True)
class Lineup:
    """Drafts of one record side by side, in an order of this reviewer's own.

    Attributes:
        drafts: Two to eight of one task version, with their task version loaded.
    """

    record: Record
    drafts: Sequence[Draft]

    @property
    def version(self) -> TaskVersion:
        return self.drafts[0].task_version

    def cards(self, member: Member) -> list[Card]:
        return [assembly.card_to_read(draft, etag=etag_for(draft, member)) for draft in self.drafts]


def next_lineup(member: Member, task: Task) -> Lineup | None:
    """The next drafts this member may choose among; None when none are found near either end of the queue."""
    for near in (_oldest(task), _newest(task)):
        record_ids = near.filter(*_offered(member, task)).values_list("record_id", flat=True)[: AMONG * MOST]
        records = list(dict.fromkeys(record_ids))[:AMONG]
        for record_id in sorted(records, key=lambda record_id: _rank(task, member, record_id)):
            if lineup := lineup_of_record(member, task, record_id):
                return lineup
    return None


def lineup_of_record(member: Member, task: Task, record_id: UUID) -> Lineup | None:
    """The drafts of one record that this member may choose among; None when fewer than two that differ are free."""
    free = list(
        _free(member, task)
        .filter(record_id=record_id, record__erased_at__isnull=True)
        .select_related("record", "task_version", "task")
        .defer("messages", "parameters", "labelled_defects")
        .order_by("-task_version__number", "queue_position", "id")
    )
    of_newest = (draft for draft in free if draft.task_version_id == free[0].task_version_id)
    newest = _each_text_once(of_newest)[:MOST]
    if len(newest) < FEWEST:
        return None
    newest.sort(key=lambda draft: _rank(task, member, draft.record_id, draft.pk))
    return Lineup(newest[0].record, list(map(with_marks, newest)))


def _each_text_once(drafts: Iterable[Draft]) -> list[Draft]:
    """Keep the first of drafts with equal texts, since they leave nothing to choose; the others wait in the queue."""
    by_text: dict[str, Draft] = {}
    for draft in drafts:
        by_text.setdefault(draft.fields_hash, draft)
    return list(by_text.values())


def _free(member: Member, task: Task) -> QuerySet[Draft]:
    """Return drafts that wait, are assigned to no other reviewer, and have no verdict.

    None of a campaign's: a mail waits for the verdict on each of these, and those not chosen would leave the desk.
    """
    decisions = Decision.objects.filter(draft=OuterRef("pk"))
    return Draft.objects.filter(
        Q(for_reviewer__isnull=True) | Q(for_reviewer=member),
        ~Q(origin=FOR_A_CAMPAIGN),
        ~Exists(decisions),
        Q(state=DraftState.PENDING) | Exists(_in_deck(member)),
        task=task,
        erased_at__isnull=True,
    )


def _in_deck(member: Member) -> QuerySet[Assignment]:
    return Assignment.objects.filter(draft=OuterRef("pk"), reviewer=member, state=AssignmentState.ACTIVE)


def _offered(member: Member, task: Task) -> tuple[Any, ...]:
    """Conditions on a waiting draft: a sibling of its version says something else; the member has not chosen since."""
    sibling = Draft.objects.filter(
        ~Q(fields_hash=OuterRef("fields_hash")),
        ~Q(origin=FOR_A_CAMPAIGN),
        record=OuterRef("record"),
        task_version=OuterRef("task_version"),
        state=DraftState.PENDING,
        erased_at__isnull=True,
    )
    mine = preferences_queries.standing(task).filter(
        record=OuterRef("record"), reviewer=member, created_at__gte=OuterRef("created_at")
    )
    return ~Q(origin=FOR_A_CAMPAIGN), Exists(sibling), ~Exists(mine.order_by())


def _oldest(task: Task) -> QuerySet[Draft]:
    queue = Draft.objects.filter(task=task, state=DraftState.PENDING).order_by("queue_position", "id")
    return Draft.objects.filter(pk__in=queue.values("pk")[:LOOK_AT]).order_by("queue_position", "id")


def _newest(task: Task) -> QuerySet[Draft]:
    """Return the pending drafts among the newest `LOOK_AT`. The query matches the partial index of newest drafts."""
    came = Draft.objects.filter(~Q(state=DraftState.KEPT), task=task).order_by("-created_at", "-id")
    last = Draft.objects.filter(pk__in=came.values("pk")[:LOOK_AT], state=DraftState.PENDING)
    return last.order_by("-created_at", "-id")


def _rank(task: Task, member: Member, *ids: UUID) -> str:
    """A place in an order that differs by reviewer and says nothing of the drafts."""
    words = ":".join([task.seed, str(member.pk), *map(str, ids)])
    return hashlib.sha256(words.encode()).hexdigest()
