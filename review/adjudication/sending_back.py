"""Sending verdicts back: their authors look again, each first in line for the draft, to confirm or change theirs.

What was sent back stays on record and counts for nothing. Knows no request and no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.http import Http404
from django.utils import timezone

from members.models import Member
from review.adjudication import rulings
from review.desk import golds
from review.models import Assignment, Comment, Decision, Draft, Mention, Ruling
from review.spec.schema import Fields
from review.states import AssignmentState, DraftState, Drawn, RulingKind, Verdict
from review.tasks.permissions import judging
from web.errors import Refusal


def send_back(
    draft_id: UUID, *, by: Member, if_match: str | None, comment: str, decisions: Sequence[UUID] = ()
) -> list[Ruling]:
    """Send verdicts on a disputed draft back to their authors, with a comment they see on the card.

    The draft waits until each of them has judged it anew, and then resolves by what all its reviewers say.

    Args:
        draft_id: A disputed draft.
        by: A lead of its task, or admin.
        if_match: Tag of what was said of the draft when the lead looked.
        comment: What to look at; kept as a comment on the draft that mentions the authors.
        decisions: Which of the verdicts that stand; all of them when none is named.

    Raises:
        Http404: No such draft, or no such verdict that stands on it.
        PermissionDenied: The member does not lead the task.
        Refusal: 422 without a comment; 428 without `if_match`; 412 when more was said since; 409 when the draft is not
            disputed.
    """
    words = comment.replace("\x00", "").strip()[:2000]
    if not words:
        raise Refusal(
            "no_comment",
            "The note is empty.",
            hint="Write one line to the reviewer.",
            errors={"comment": ["Write what the reviewer should look at."]},
        )
    with rulings.locked_draft(draft_id, by=by) as draft:
        rulings.check_tag(draft, if_match)
        if draft.state != DraftState.DISPUTED:
            raise rulings.wrong_state("not_disputed", "This draft is not disputed.", draft)
        rulings.require_in_use(draft)
        standing = _standing(draft)
        sent = [decision for decision in standing if not decisions or decision.pk in decisions]
        if not sent or not set(decisions) <= {decision.pk for decision in sent}:
            raise Http404("This draft has no such verdict in force.")
        added = [
            rulings.add_ruling(draft, RulingKind.SEND_BACK, by=by, decision=decision, note=words) for decision in sent
        ]
        _return(draft, sent, words, required=len(standing))
        _tell(draft, sent, words, by=by)
        return added


def _standing(draft: Draft) -> list[Decision]:
    decisions = Decision.objects.filter(draft=draft).select_related("reviewer")
    return golds.standing_decisions(decisions, sent_back=golds.sent_back_on(draft.pk))


def _return(draft: Draft, sent: Sequence[Decision], words: str, *, required: int) -> None:
    """Put the draft in front of its authors again, the first who still judges the task first; else of anybody."""
    authors = list(dict.fromkeys(decision.reviewer_id for decision in sent))
    for author in authors:
        Assignment.objects.update_or_create(
            draft=draft,
            reviewer_id=author,
            defaults={
                "task_id": draft.task_id,
                "state": AssignmentState.RELEASED,
                "drawn": Drawn.SENT_BACK,
                "note": words,
                "unfinished": _edit_of(author, sent),
                "leased_until": timezone.now(),
            },
        )
    staying = set(judging(draft.task_id).filter(pk__in=authors).values_list("pk", flat=True))
    draft.state = DraftState.PENDING
    draft.for_reviewer_id = next((author for author in authors if author in staying), None)
    draft.verdicts_wanted = max(draft.verdicts_wanted, required)
    draft.save(update_fields=["state", "for_reviewer", "verdicts_wanted"])


def _edit_of(author: UUID, sent: Sequence[Decision]) -> Fields | None:
    """The edit that was sent back waits in its author's editor."""
    edits = (
        decision.fields for decision in sent if decision.reviewer_id == author and decision.verdict == Verdict.EDIT
    )
    return next(edits, None)


def _tell(draft: Draft, sent: Sequence[Decision], words: str, *, by: Member) -> None:
    comment = Comment.objects.create(id=uuid4(), draft=draft, author=by, text=words)
    authors = dict.fromkeys(decision.reviewer_id for decision in sent)
    Mention.objects.bulk_create(Mention(comment=comment, member_id=author) for author in authors if author != by.pk)
