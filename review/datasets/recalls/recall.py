"""Taking many drafts out of use in one act: every one of them is revoked, and the act says where each stood.

Knows drafts; what was made of them before is marked where it stands, and never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from audit import trail
from members.models import Member
from review.datasets.recalls import preview
from review.datasets.recalls.criteria import Criteria, matching
from review.datasets.revocations import LONGEST_REASON, ON_DESK
from review.models import Assignment, Draft, Recall, RecalledDraft, Revocation, Task
from review.states import AssignmentState, DraftState, Role
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
