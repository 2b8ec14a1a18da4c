"""Drafts whose right verdict is known: made from any draft of the desk, and taken out of use again.

One with a known answer leaves the queue and the golds and is dealt among the others. What reviewers say of it measures
them and makes no gold. Knows no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.utils import timezone

from members.models import Member
from review.adjudication import rulings
from review.desk import golds
from review.desk.verdict_fit import LONGEST_NOTE
from review.models import Assignment, Decision, Draft, Gold, KnownAnswer
from review.spec.task_spec import TaskSpec
from review.states import AssignmentState, DraftState, Drawn, Verdict
from review.tasks.permissions import tasks_for
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

VERDICTS = (Verdict.ACCEPT, Verdict.EDIT, Verdict.REJECT)
TAKEABLE = (DraftState.PENDING, DraftState.DECIDED, DraftState.DISPUTED)


def add(draft_id: UUID, *, by: Member, verdict: str, reasons: Sequence[str] = (), note: str = "") -> KnownAnswer:
    """Say what the right verdict on a draft is, and mix it in among the others from now on.

    Reviewers who judged the draft before are not dealt it. Its gold, if it had one, counts no more.

    Args:
        draft_id: A draft that waits, is judged or disputed.
        by: A lead of its task, or admin.
        verdict: accept, edit or reject.
        reasons: Codes of reasons, with a reject.
        note: Why, shown to reviewers on their own page after they judged it.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 422 for a verdict or reason there is none of; 409 when the draft is in front of a reviewer, kept from
            the desk, erased, or has a known answer already.
    """
    with rulings.locked_draft(draft_id, by=by) as draft:
        _check_verdict(verdict, reasons, draft.task_version.spec)
        if KnownAnswer.objects.filter(draft=draft).exists():
            raise rulings.wrong_state("already_known", "This draft has a known answer already.", draft)
        if draft.state not in TAKEABLE or draft.erased_at is not None:
            words = "A reviewer has this draft open, or it is kept from the desk."
            raise rulings.wrong_state("draft_not_free", words, draft)
        rulings.require_in_use(draft)
        Gold.objects.filter(draft=draft).delete()
        rulings.set_state(draft, DraftState.KEPT)
        return KnownAnswer.objects.create(
            id=uuid4(),
            draft=draft,
            task_id=draft.task_id,
            verdict=verdict,
            reasons=list(reasons),
            note=note.replace("\x00", "").strip()[:LONGEST_NOTE],
            created_by=by,
        )


def retire(known_id: UUID, *, by: Member) -> KnownAnswer | None:
    """Retire a known answer. One that was never dealt goes back where its draft stood; else its results stay on record.

    Returns:
        The known answer as it is kept, or None when its draft went back.

    Raises:
        Http404: No such known answer for this member.
        PermissionDenied: The member does not lead the task.
    """
    row = first_or_404(
        KnownAnswer.objects.filter(pk=known_id, task__in=tasks_for(by)), "There is no such known answer."
    )
    with rulings.locked_draft(row.draft_id, by=by) as draft:
        # Under the lock of the draft: another lead may have taken it out meanwhile.
        known_answer = KnownAnswer.objects.filter(pk=known_id).first()
        if known_answer is None:
            return None
        held = Assignment.objects.filter(draft=draft, state=AssignmentState.ACTIVE)
        held.update(state=AssignmentState.RELEASED, updated_at=timezone.now())
        if _was_met(draft):
            KnownAnswer.objects.filter(pk=known_id, retired_at__isnull=True).update(retired_at=timezone.now())
            rulings.set_state(draft, DraftState.KEPT)
            known_answer.refresh_from_db()
            return known_answer
        known_answer.delete()
        rulings.set_state(draft, golds.resolve(draft.pk))
        return None


def _was_met(draft: Draft) -> bool:
    met = Assignment.objects.filter(draft=draft, drawn=Drawn.KNOWN).values("reviewer")
    return Decision.objects.filter(draft=draft, reviewer__in=met).exists()


def _check_verdict(verdict: str, reasons: Sequence[str], spec: TaskSpec) -> None:
    if verdict not in VERDICTS:
        words = f"'{verdict}' is not a verdict; choose accept, edit or reject."
        raise Refusal("unknown_verdict", words, errors={"verdict": [words]})
    codes = {reason.code for reason in spec.reasons}
    strange = sorted(set(reasons) - codes)
    if strange or (reasons and verdict != Verdict.REJECT):
        words = f"There is no reason '{strange[0]}'." if strange else "Only a reject takes reasons."
        raise Refusal("unknown_reason", words, errors={"reasons": [words]})
