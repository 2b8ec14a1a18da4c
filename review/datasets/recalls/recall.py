"""Recalls: every draft chosen is revoked in one act that keeps its former state, and the undo brings them back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from audit import trail
from members.models import Member
from review import ports
from review.datasets.recalls import preview, queries
from review.datasets.recalls.preview import Criteria, matching
from review.datasets.revocations import LONGEST_REASON, ON_DESK
from review.desk import golds
from review.models import (
    Assignment,
    Decision,
    Draft,
    Gold,
    Recall,
    RecalledDraft,
    RecallUndo,
    Revocation,
    Ruling,
    Task,
)
from review.states import JUDGED, OPEN, AssignmentState, DraftState, Drawn, RecallReturn, Role, RulingKind
from review.tasks.permissions import require
from web.db.chunks import chunked
from web.errors import Refusal
from webhooks.deliveries import publish

CHUNK = 500


@transaction.atomic
def carry_out(task: Task, criteria: Criteria, *, by: Member, id: UUID, reason: str, tag: str | None) -> Recall:
    """Take out of use what a preview showed.

    The drafts leave the desk and every later dataset version until the recall is undone. All of it is one transaction
    under the task's row: of two leads at once the second is told. Asked again with the same id nothing more happens.

    Args:
        by: A lead of the task, or admin.
        id: Made by the client.
        reason: Why; shown wherever one of them was used.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 without a reason or a draft; 428 without a tag; 412 when other drafts meet the criteria now; 409
            when the id is another recall's; 413 when they are too many.
    """
    require(by, task, Role.LEAD)
    words = reason.replace("\x00", "").strip()[:LONGEST_REASON]
    _check_said(words, tag)
    Task.objects.select_for_update().get(pk=task.pk)
    if made := Recall.objects.filter(pk=id).first():
        return _same(made, task, criteria)
    ids = preview.chosen_ids(matching(task, criteria, by=by))
    if preview.tag_of(criteria, ids) != tag:
        raise Refusal(
            "other_drafts",
            "The matching drafts have changed since the preview.",
            hint="Preview again.",
            status=412,
        )
    if not ids:
        raise Refusal("no_drafts", "No draft in use matches these filters.", hint="Change the filters.")
    recall = Recall.objects.create(id=id, task=task, by=by, criteria=criteria.as_json(), reason=words, count=len(ids))
    for chunk in chunked(ids, CHUNK):
        _take(recall, chunk)
    trail.record("drafts_recalled", by=by, about=recall, task=task.slug, count=len(ids))
    data = {"recall": str(recall.pk), "task": task.slug, "count": len(ids), "api": f"/api/v1/recalls/{recall.pk}/"}
    publish.publish("drafts.recalled", key=str(recall.pk), task_slug=task.slug, data=data)
    return recall


def _check_said(reason: str, tag: str | None) -> None:
    if not reason:
        raise Refusal(
            "no_reason",
            "A recall needs a reason.",
            hint="Write one line; it is shown wherever the drafts were used.",
            errors={"reason": ["Enter a reason."]},
        )
    if not tag:
        raise Refusal("no_tag", "A recall must name its preview.", hint="Send the preview's tag.", status=428)


def _same(recall: Recall, task: Task, criteria: Criteria) -> Recall:
    if recall.task_id != task.pk or recall.criteria != criteria.as_json():
        raise Refusal("id_taken", "This id was already used for another recall.", hint="Make a new one.", status=409)
    return recall


def _take(recall: Recall, ids: Sequence[UUID]) -> None:
    locked = Draft.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").only("pk", "state")
    drafts = list(locked)
    RecalledDraft.objects.bulk_create(
        RecalledDraft(recall=recall, draft_id=draft.pk, state_before=draft.state) for draft in drafts
    )
    Revocation.objects.bulk_create(
        Revocation(id=uuid4(), draft_id=draft.pk, by_id=recall.by_id, reason=recall.reason, recall=recall)
        for draft in drafts
    )
    leaving = [draft.pk for draft in drafts if draft.state in ON_DESK]
    Draft.objects.filter(pk__in=leaving).update(state=DraftState.KEPT)
    held = Assignment.objects.filter(draft__in=leaving, state=AssignmentState.ACTIVE)
    held.update(state=AssignmentState.RELEASED, updated_at=timezone.now())


@transaction.atomic
def undo(recall_id: UUID, *, by: Member, kind: RecallReturn = RecallReturn.AS_BEFORE) -> RecallUndo:
    """Bring the drafts of a recall back into use.

    `as_before` restores what counted and what waited. `judge_anew` sends every verdict on them back: none counts until
    somebody judges the draft again; what was said stays on record. Drafts erased meanwhile stay out of use.

    Args:
        by: A lead of its task, or admin.

    Raises:
        Http404: No such recall for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 409 when it was undone before.
    """
    recall = queries.recall_or_404(by, recall_id)
    Task.objects.select_for_update().get(pk=recall.task_id)
    if RecallUndo.objects.filter(recall=recall).exists():
        raise Refusal("already_undone", "This recall is already undone.", status=409)
    made = RecallUndo.objects.create(recall=recall, by=by, kind=kind, count=recall.count)
    rows = RecalledDraft.objects.filter(recall=recall).order_by("draft")
    for chunk in chunked(rows.values_list("draft_id", "state_before"), CHUNK):
        before = dict(chunk)
        _bring_back(recall, before, by=by, kind=kind)
    trail.record("recall_undone", by=by, about=recall, task=recall.task.slug, kind=str(kind), count=recall.count)
    return made


def _bring_back(recall: Recall, before: dict[UUID, str], *, by: Member, kind: RecallReturn) -> None:
    locked = Draft.objects.select_for_update(of=("self",)).filter(pk__in=list(before)).order_by("pk")
    drafts = list(locked.only("pk", "state", "erased_at"))
    # Its row may go now that the undo is written: a trigger asks for that.
    Revocation.objects.filter(recall=recall, draft__in=list(before)).delete()
    usable = [draft for draft in drafts if draft.erased_at is None]
    # What a judge accepted nobody has judged: anew is for the first time.
    as_before = DraftState.MACHINE if kind == RecallReturn.AS_BEFORE else DraftState.PENDING
    returns = {**dict.fromkeys(OPEN, DraftState.PENDING), DraftState.MACHINE: as_before}
    kept = [draft.pk for draft in usable if draft.state == DraftState.KEPT]
    for state, target in returns.items():
        Draft.objects.filter(pk__in=[pk for pk in kept if before[pk] == state]).update(state=target)
    # Verdicts may have been taken back, and rulings lifted, meanwhile.
    for draft_id in [pk for pk in kept if before[pk] in JUDGED]:
        Draft.objects.filter(pk=draft_id).update(state=golds.resolve(draft_id))
    never_judged = {draft.pk for draft in usable if before[draft.pk] == DraftState.KEPT}
    ports.left_kept(sorted(never_judged), recall.created_at)
    if kind == RecallReturn.JUDGE_ANEW:
        _send_back([draft.pk for draft in usable if draft.pk not in never_judged], recall.reason, by=by)


def _send_back(ids: Sequence[UUID], note: str, *, by: Member) -> None:
    """Have the verdicts on these drafts count for nothing, and put the drafts in front of any reviewer again."""
    decisions = Decision.objects.filter(draft__in=ids).order_by("draft", "created_at")
    ruled = set(Ruling.objects.filter(draft__in=ids).values_list("draft_id", flat=True))
    judged, rulings = [], []
    for draft_id, draft_decisions in groupby(decisions, key=lambda decision: decision.draft_id):
        sent = golds.sent_back_on(draft_id) if draft_id in ruled else set()
        standing = golds.standing_decisions(draft_decisions, sent_back=sent)
        if draft_id in ruled and golds.in_force(draft_id) is not None:
            rulings.append(Ruling(id=uuid4(), draft_id=draft_id, kind=RulingKind.REOPEN, lead=by, note=note))
        rulings += [
            Ruling(id=uuid4(), draft_id=draft_id, kind=RulingKind.SEND_BACK, decision=decision, lead=by, note=note)
            for decision in standing
        ]
        if standing or draft_id in ruled:
            judged.append(draft_id)
    Ruling.objects.bulk_create(rulings)
    Gold.objects.filter(draft__in=judged).delete()
    Draft.objects.filter(pk__in=judged).update(state=DraftState.PENDING, for_reviewer=None)
    Assignment.objects.filter(draft__in=judged, state=AssignmentState.DONE).update(
        state=AssignmentState.RELEASED, drawn=Drawn.SENT_BACK, note=note, updated_at=timezone.now()
    )
