"""The one undo of an act on many drafts: every decision of it that still stands is taken back.

What a lead ruled on stays. A draft that somebody else has judged meanwhile keeps that verdict. Taking back is a
decision of its own, as everywhere; its id follows from the one it takes back, so that an undo that was cut off goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit import trail
from members.models import Member
from review.bulk import planning
from review.bulk.bulk_verdict import SET_ASIDE
from review.desk import golds
from review.drafts.queries import in_use
from review.models import Assignment, BulkAct, Decision, Draft, Gold, Ruling
from review.states import BEHIND_THE_REST, JUDGED, AssignmentState, DraftState, Role, Verdict
from review.tasks.permissions import require, tasks_for
from web.http.first_or_404 import first_or_404

RULED = "a lead has ruled on them"
JUDGED_SINCE = "judged by others meanwhile; their verdict counts now"
MOVED = "no longer set aside"


@dataclass(frozen=True, slots=True)
class UndoResult:
    """Result of an undo.

    Attributes:
        count: Drafts whose verdict was taken back by this request.
        kept: How many are not as they were before the act, by why.
    """

    act: BulkAct
    count: int
    kept: Counter[str] = field(default_factory=Counter)


def undo(act_id: UUID, *, by: Member) -> UndoResult:
    """Take back all of an act that still stands; a second time nothing is left to take back.

    Raises:
        Http404: No such act in a task of this member.
        PermissionDenied: Somebody else's act: a verdict is taken back by who gave it.
    """
    act = first_or_404(
        BulkAct.objects.select_related("task", "by").filter(pk=act_id, task__in=tasks_for(by)), "There is no such act."
    )
    require(by, act.task, Role.REVIEWER)
    if act.by_id != by.pk:
        raise PermissionDenied("Only the member who made a bulk decision can undo it.")
    # First of all: an act that is still being carried out goes no further from here on.
    is_first = bool(BulkAct.objects.filter(pk=act.pk, undone_at__isnull=True).update(undone_at=timezone.now()))
    act.refresh_from_db()
    total, kept = 0, Counter[str]()
    for chunk in planning.chunks(_touched(act, is_first=is_first)):
        count, why = _undo_chunk(act, chunk)
        total, kept = total + count, kept + why
    if is_first:
        trail.record("bulk_act_undone", by=by, about=act, task=act.task.slug, count=total)
    return UndoResult(act, total, kept)


def _touched(act: BulkAct, *, is_first: bool) -> list[UUID]:
    if act.verdict == SET_ASIDE:
        # Whoever sets a card aside once more after an undo means it.
        return [UUID(place) for place in act.selection["places"]] if is_first else []
    return list(planning.standing(act).values_list("draft_id", flat=True))


@transaction.atomic
def _undo_chunk(act: BulkAct, ids: Sequence[UUID]) -> tuple[int, Counter[str]]:
    drafts = {draft.pk: draft for draft in _locked(ids)}
    if act.verdict == SET_ASIDE:
        return _bring_back(act, drafts)
    ruled = {draft_id for draft_id in _with_rulings(ids) if golds.in_force(draft_id) is not None}
    standing = [decision for decision in planning.standing(act).filter(draft__in=ids) if decision.draft_id not in ruled]
    _retract(standing, drafts)
    others = _judged_by_others([decision.draft_id for decision in standing])
    _restore(standing, drafts, others)
    kept = Counter({RULED: len(ruled), JUDGED_SINCE: len(others)})
    return len(standing), +kept


def _with_rulings(ids: Sequence[UUID]) -> set[UUID]:
    return set(Ruling.objects.filter(draft__in=ids).values_list("draft_id", flat=True))


def _locked(ids: Sequence[UUID]) -> list[Draft]:
    light = Draft.objects.only("pk", "state", "queue_position", "task_id", "fields_hash")
    return list(light.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)))


def _retract(standing: Sequence[Decision], drafts: dict[UUID, Draft]) -> None:
    Decision.objects.bulk_create(
        Decision(
            id=uuid5(decision.pk, "undo"),
            draft_id=decision.draft_id,
            task_id=decision.task_id,
            reviewer_id=decision.reviewer_id,
            verdict=Verdict.RETRACT,
            fields=None,
            before_hash=drafts[decision.draft_id].fields_hash,
            body_hash=decision.body_hash,
            bulk_id=decision.bulk_id,
            retracts=decision,
        )
        for decision in standing
    )


def _judged_by_others(ids: Sequence[UUID]) -> set[UUID]:
    decisions = Decision.objects.filter(draft__in=ids, is_late=False, retracted_by__isnull=True)
    return set(decisions.exclude(verdict=Verdict.RETRACT).values_list("draft_id", flat=True))


def _restore(standing: Sequence[Decision], drafts: dict[UUID, Draft], others: set[UUID]) -> None:
    """Put the drafts back on the desk as they were; those with another's verdict stand by that one."""
    reviewer_ids = {decision.reviewer_id for decision in standing}
    alone = [decision.draft_id for decision in standing if decision.draft_id not in others]
    Gold.objects.filter(draft__in=alone).delete()
    judged = Draft.objects.filter(pk__in=alone, state__in=JUDGED)
    judged.update(state=DraftState.PENDING)
    for draft_id in others:
        state = golds.resolve(draft_id)
        if drafts[draft_id].state != DraftState.LEASED:
            Draft.objects.filter(pk=draft_id).update(state=state)
    # What was recalled or erased meanwhile waits for nobody.
    Draft.objects.filter(~in_use(), pk__in=[*alone, *others], state=DraftState.PENDING).update(state=DraftState.KEPT)
    Assignment.objects.filter(
        draft__in=[decision.draft_id for decision in standing], reviewer__in=reviewer_ids, state=AssignmentState.DONE
    ).update(state=AssignmentState.RELEASED, updated_at=timezone.now())


def _bring_back(act: BulkAct, drafts: dict[UUID, Draft]) -> tuple[int, Counter[str]]:
    places = act.selection["places"]
    back = []
    for draft in drafts.values():
        if draft.state == DraftState.PENDING and draft.queue_position >= BEHIND_THE_REST:
            draft.queue_position = places[str(draft.pk)]
            back.append(draft)
    Draft.objects.bulk_update(back, ["queue_position"], batch_size=planning.CHUNK)
    mine = Assignment.objects.filter(draft__in=back, reviewer=act.by, state=AssignmentState.SET_ASIDE)
    mine.update(state=AssignmentState.RELEASED, note="", updated_at=timezone.now())
    return len(back), +Counter({MOVED: len(drafts) - len(back)})
