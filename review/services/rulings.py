"""What a lead may say where verdicts alone do not settle a draft: adopt or leave a late one, settle, ask again, reopen.

Every act locks the draft, compares the tag of what was said so far, and adds a row; nothing is changed or taken away.
Knows no request and no page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.http import Http404

from members.models import Member
from review import edits, submitted_verdict
from review.models import Decision, Draft, Ruling
from review.schema import Fields
from review.selectors import rulings as said
from review.services import golds, queue, ruling_rows
from review.states import DraftState, RulingKind, Verdict
from review.submitted_verdict import SubmittedVerdict
from web.errors import Refusal


def adopt(decision_id: UUID, *, by: Member, if_match: str | None, note: str = "") -> Ruling:
    """Let a late decision count after all, instead of any that stands.

    Args:
        decision_id: A late decision that nobody ruled on and its author did not take back.
        by: A lead of its task, or admin.
        if_match: Tag of what was said of the draft when the lead looked.
        note: Free text for the record.

    Raises:
        Http404: No such decision for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 428 without `if_match`; 412 when more was said since; 409 when the decision is not late, taken back or
            ruled on, or the draft is in front of somebody now.
    """
    with _draft_of(decision_id, by=by) as (draft, decision):
        _check_open_late(decision)
        ruling_rows.check_tag(draft, if_match)
        queue.reclaim()
        draft.refresh_from_db(fields=["state"])
        if draft.state == DraftState.LEASED:
            raise queue.not_free(draft)
        ruling = ruling_rows.rule(draft, RulingKind.ADOPT, by=by, decision=decision, note=note)
        _resolve(draft)
        return ruling


def leave(decision_id: UUID, *, by: Member, note: str = "") -> Ruling:
    """Leave a late decision without effect, for good; it stays on record.

    Raises:
        Http404: No such decision for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 409 when the decision is not late, taken back or ruled on.
    """
    with _draft_of(decision_id, by=by) as (draft, decision):
        _check_open_late(decision)
        return ruling_rows.rule(draft, RulingKind.LEAVE, by=by, decision=decision, note=note)


def settle(
    draft_id: UUID,
    *,
    by: Member,
    if_match: str | None,
    decision: UUID | None = None,
    verdict: str = "",
    fields: Fields | None = None,
    reasons: Sequence[str] = (),
    ratings: Mapping[str, bool] | None = None,
    note: str = "",
) -> Ruling:
    """Settle a disputed draft: on one of the verdicts given, or on a verdict of the lead's own.

    Args:
        draft_id: A disputed draft.
        by: A lead of its task, or admin.
        if_match: Tag of what was said of the draft when the lead looked.
        decision: The verdict that shall count; else `verdict` and its parts make one of the lead's own.
        verdict: accept, edit or reject.
        fields: What an edit ends with.
        reasons: Codes of reasons, with a reject.
        ratings: Requirements of the rubric, met or not.
        note: Free text for the record.

    Raises:
        Http404: No such draft, or no such verdict on it.
        PermissionDenied: The member does not lead the task.
        Refusal: 428 without `if_match`; 412 when more was said since; 409 when the draft is not disputed; 422 when a
            verdict of the lead's own does not fit the task version.
    """
    with ruling_rows.locked(draft_id, by=by) as draft:
        ruling_rows.check_tag(draft, if_match)
        if draft.state != DraftState.DISPUTED:
            raise ruling_rows.not_so("not_disputed", "This draft is not disputed.", draft)
        if decision is None:
            own = submitted_verdict.read(verdict, fields=fields, reasons=reasons, ratings=ratings, note=note)
            chosen = _own_verdict(draft, own, by=by)
        else:
            chosen = _verdict_on(draft, decision)
        ruling = ruling_rows.rule(draft, RulingKind.SETTLE, by=by, decision=chosen, note=note)
        _resolve(draft)
        return ruling


def reopen(draft_id: UUID, *, by: Member, if_match: str | None, note: str = "") -> Ruling:
    """Take the ruling on a draft out of force: what the verdicts themselves say holds again.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 428 without `if_match`; 412 when more was said since; 409 when no ruling is in force.
    """
    with ruling_rows.locked(draft_id, by=by) as draft:
        ruling_rows.check_tag(draft, if_match)
        if golds.in_force(draft.pk) is None:
            raise ruling_rows.not_so("not_ruled", "No ruling is in force on this draft.", draft)
        ruling = ruling_rows.rule(draft, RulingKind.REOPEN, by=by, decision=None, note=note)
        _resolve(draft)
        return ruling


def ask_again(draft_id: UUID, *, by: Member, if_match: str | None) -> Draft:
    """Put a judged draft back on the desk for a second opinion, in front of those who have not judged it.

    The verdict that stands goes on to count until a second one contradicts it.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 428 without `if_match`; 412 when more was said since; 409 when it is not judged, or ruled on.
    """
    with ruling_rows.locked(draft_id, by=by) as draft:
        ruling_rows.check_tag(draft, if_match)
        if draft.state != DraftState.DECIDED or golds.in_force(draft.pk) is not None:
            raise ruling_rows.not_so(
                "not_judged", "Only a judged draft that no lead has ruled on is asked about again.", draft
            )
        return ruling_rows.moved(draft, DraftState.PENDING)


@contextmanager
def _draft_of(decision_id: UUID, *, by: Member) -> Iterator[tuple[Draft, Decision]]:
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise Http404("There is no such decision.")
    with ruling_rows.locked(decision.draft_id, by=by) as draft:
        yield draft, decision


def _check_open_late(decision: Decision) -> None:
    if not decision.is_late or decision.verdict == Verdict.RETRACT:
        raise Refusal("not_late", "This decision is not late: it needs no lead to count.", status=409)
    if Decision.objects.filter(retracts=decision).exists():
        raise Refusal("already_retracted", "Its author has taken this decision back.", status=409)
    ruling = decision.rulings.select_related("lead").first()
    if ruling is not None:
        words = f"{ruling.lead.name} has ruled on this decision already: {ruling.get_kind_display().lower()}."
        raise Refusal("already_ruled", words, hint="Look at the draft as it is now.", status=409)


def _verdict_on(draft: Draft, decision_id: UUID) -> Decision:
    chosen = said.verdicts(draft).filter(pk=decision_id).first()
    if chosen is None:
        raise Http404("There is no such verdict on this draft.")
    return chosen


def _own_verdict(draft: Draft, own: SubmittedVerdict, *, by: Member) -> Decision:
    verdict, fields = submitted_verdict.fit(own, draft.task_version.spec, draft.fields)
    if verdict is Verdict.RETRACT:
        raise Refusal("invalid_decision", "A draft is settled by accept, edit or reject.")
    return Decision.objects.create(
        id=uuid4(), draft=draft, task_id=draft.task_id, reviewer=by, verdict=verdict, fields=fields,
        before_hash=draft.fields_hash, body_hash=own.body_hash(draft.pk), reasons=list(own.reasons),
        ratings=dict(own.ratings), note=own.note,
        **edits.columns(draft.task_version.spec, draft.record.facts, draft.fields, fields),
    )  # fmt: skip


def _resolve(draft: Draft) -> None:
    """Recompute what counts, and with it where the draft stands."""
    ruling_rows.moved(draft, golds.resolve(draft.pk))
