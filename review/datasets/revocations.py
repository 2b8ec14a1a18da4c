"""Taking a sample out of use, for good. What was frozen or trained with it before is marked, and never changed.

Knows drafts; does not know versions, runs or miniatures: they ask whether they hold what was revoked.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from audit import trail
from members.models import Member
from review.models import Assignment, Draft, Revocation
from review.states import OPEN, AssignmentState, DraftState, Role
from review.tasks.permissions import require, tasks_for
from web.errors import Refusal
from web.http.first_or_404 import first_or_404
from webhooks.deliveries import publish

LONGEST_REASON = 500
# Drafts that leave the desk once they are out of use.
ON_DESK = (*OPEN, DraftState.DISPUTED, DraftState.MACHINE)


@transaction.atomic
def revoke(draft_id: UUID, *, by: Member, reason: str) -> Revocation:
    """Take a draft and everything said of it out of use.

    It is dealt to nobody any more and stands in no later dataset version. There is no way back: judge another draft of
    the same record instead. The draft is locked meanwhile, so that of two leads one is told that it was done.

    Args:
        by: A lead of its task, or admin.
        reason: Why; shown wherever the sample was used.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 422 without a reason; 409 when it was revoked before.
    """
    visible_drafts = Draft.objects.filter(task__in=tasks_for(by), pk=draft_id)
    draft = first_or_404(
        visible_drafts.select_for_update(of=("self",)).select_related("task"), "There is no such draft."
    )
    require(by, draft.task, Role.LEAD)
    words = reason.strip()[:LONGEST_REASON]
    if not words:
        raise Refusal(
            "no_reason",
            "A revocation needs a reason.",
            hint="Write one line; it is shown wherever the sample was used.",
            errors={"reason": ["Enter a reason."]},
        )
    if Revocation.objects.filter(draft=draft).exists():
        raise Refusal("already_revoked", "This sample is already revoked.", status=409)
    revoked = Revocation.objects.create(id=uuid4(), draft=draft, by=by, reason=words)
    if draft.state in ON_DESK:
        _leave_the_desk(draft)
    trail.record("sample_revoked", by=by, about=draft, task=draft.task.slug)
    data = {"draft": str(draft.pk), "task": draft.task.slug, "api": f"/api/v1/drafts/{draft.pk}/"}
    publish.publish("sample.revoked", key=str(revoked.pk), task_slug=draft.task.slug, data=data)
    return revoked


def _leave_the_desk(draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).update(state=DraftState.KEPT)
    held = Assignment.objects.filter(draft=draft, state=AssignmentState.ACTIVE)
    held.update(state=AssignmentState.RELEASED, updated_at=timezone.now())
