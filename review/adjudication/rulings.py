"""Rulings of a lead: adopt or leave a late verdict, settle a dispute, ask again, reopen.

Every act locks the draft, compares the tag of what was said so far, and adds a row; nothing is changed or taken away.
Knows no request and no page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from audit import trail
from members.models import Member
from review.desk import deck, golds, lead_queue, verdict_fit
from review.desk.verdict_fit import SubmittedVerdict
from review.drafts.queries import is_in_use
from review.models import Decision, Draft, Ruling
from review.spec.schema import Fields
from review.states import DraftState, Role, RulingKind, Verdict
from review.tasks.permissions import require, tasks_for
from review.text import edits
from web.errors import Refusal
from web.http.first_or_404 import first_or_404


@contextmanager
def locked_draft(draft_id: UUID, *, by: Member) -> Iterator[Draft]:
    """The draft under lock, for a lead of its task; verdicts on it wait until the block ends.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead its task.
    """
    with transaction.atomic():
        visible_drafts = Draft.objects.filter(task__in=tasks_for(by), pk=draft_id)
        draft = first_or_404(
            visible_drafts.select_for_update(of=("self",)).select_related("task", "task_version"),
            "There is no such draft.",
        )
        require(by, draft.task, Role.LEAD)
        require(by, draft.task, Role.REVIEWER)
        yield draft


def check_tag(draft: Draft, if_match: str | None) -> None:
    """Refuse a lead who has not seen all that was said.

    Raises:
        Refusal: 428 without a tag; 412 when more was said since.
    """
    if if_match is None:
        raise Refusal(
            "if_match_missing",
            "The If-Match header is missing.",
            hint="Send the ETag you got with the draft's verdicts and rulings.",
            status=428,
        )
    current = lead_queue.dispute_etag(draft.pk)
    if if_match != current:
        raise Refusal(
            "said_since",
            "This draft has new verdicts or rulings since you loaded it.",
            hint="Reload the draft, then rule again.",
            status=412,
            state={"draft": str(draft.pk), "state": draft.state, "etag": current},
        )


def add_ruling(draft: Draft, kind: RulingKind, *, by: Member, decision: Decision | None, note: str) -> Ruling:
    """Add the row of a ruling, its note cut to what is kept."""
    words = note.strip()[: verdict_fit.LONGEST_NOTE]
    ruling = Ruling.objects.create(draft=draft, kind=kind, decision=decision, lead=by, note=words)
    trail.record("ruled", by=by, about=draft, kind=str(kind))
    return ruling


def set_state(draft: Draft, state: DraftState) -> Draft:
    """Write the state of a locked draft; one that is out of use is kept instead of waiting."""
    if state == DraftState.PENDING and not is_in_use(draft):
        state = DraftState.KEPT
    Draft.objects.filter(pk=draft.pk).update(state=state)
    draft.state = state
    return draft


def require_in_use(draft: Draft) -> None:
    """Refuse a draft that was recalled or erased."""
    if not is_in_use(draft):
        raise wrong_state("out_of_use", "This draft was recalled or erased.", draft)


def wrong_state(code: str, message: str, draft: Draft) -> Refusal:
    """A refusal of an act that the draft's state does not allow, with that state."""
    state: dict[str, Any] = {"draft": str(draft.pk), "state": draft.state}
    return Refusal(code, message, hint="Reload the draft.", status=409, state=state)


def adopt(decision_id: UUID, *, by: Member, if_match: str | None, note: str = "") -> Ruling:
    """Let a late decision count after all, instead of any that stands.

    Args:
        decision_id: A late decision that nobody ruled on and its author did not take back.
        by: A lead of its task, or admin.
        if_match: Tag of what was said of the draft when the lead looked.

    Raises:
        Http404: No such decision for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 428 without `if_match`; 412 when more was said since; 409 when the decision is not late, taken back or
            ruled on, or the draft is in front of somebody now.
    """
    with _draft_of(decision_id, by=by) as (draft, decision):
        _check_open_late(decision)
        check_tag(draft, if_match)
        deck.reclaim()
        draft.refresh_from_db(fields=["state"])
        if draft.state == DraftState.LEASED:
            raise deck.not_free(draft)
        ruling = add_ruling(draft, RulingKind.ADOPT, by=by, decision=decision, note=note)
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
        return add_ruling(draft, RulingKind.LEAVE, by=by, decision=decision, note=note)


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
        reasons: Codes of reasons, with a reject.
        ratings: Requirements of the rubric, met or not.

    Raises:
        Http404: No such draft, or no such verdict on it.
        PermissionDenied: The member does not lead the task.
        Refusal: 428 without `if_match`; 412 when more was said since; 409 when the draft is not disputed; 422 when a
            verdict of the lead's own does not fit the task version.
    """
    with locked_draft(draft_id, by=by) as draft:
        check_tag(draft, if_match)
        if draft.state != DraftState.DISPUTED:
            raise wrong_state("not_disputed", "This draft is not disputed.", draft)
        if decision is None:
            own = verdict_fit.read(verdict, fields=fields, reasons=reasons, ratings=ratings, note=note)
            chosen = _own_verdict(draft, own, by=by)
        else:
            chosen = _verdict_on(draft, decision)
        ruling = add_ruling(draft, RulingKind.SETTLE, by=by, decision=chosen, note=note)
        _resolve(draft)
        return ruling


def reopen(draft_id: UUID, *, by: Member, if_match: str | None, note: str = "") -> Ruling:
    """Take the ruling on a draft out of force: what the verdicts themselves say holds again.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 428 without `if_match`; 412 when more was said since; 409 when no ruling is in force.
    """
    with locked_draft(draft_id, by=by) as draft:
        check_tag(draft, if_match)
        if golds.in_force(draft.pk) is None:
            raise wrong_state("not_ruled", "No ruling is in force on this draft.", draft)
        ruling = add_ruling(draft, RulingKind.REOPEN, by=by, decision=None, note=note)
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
    with locked_draft(draft_id, by=by) as draft:
        check_tag(draft, if_match)
        if draft.state != DraftState.DECIDED or golds.in_force(draft.pk) is not None:
            raise wrong_state(
                "not_judged", "Only a judged draft without a ruling can be sent back for another verdict.", draft
            )
        require_in_use(draft)
        draft.state, draft.for_reviewer = DraftState.PENDING, None
        draft.save(update_fields=["state", "for_reviewer"])
        return draft


@contextmanager
def _draft_of(decision_id: UUID, *, by: Member) -> Iterator[tuple[Draft, Decision]]:
    decision = first_or_404(Decision.objects.filter(pk=decision_id), "There is no such decision.")
    with locked_draft(decision.draft_id, by=by) as draft:
        yield draft, decision


def _check_open_late(decision: Decision) -> None:
    if not decision.is_late or decision.verdict == Verdict.RETRACT:
        raise Refusal("not_late", "This decision is not late; it counts without a lead.", status=409)
    if Decision.objects.filter(retracts=decision).exists():
        raise Refusal("already_retracted", "Its author has taken this decision back.", status=409)
    ruling = decision.rulings.select_related("lead").first()
    if ruling is not None:
        words = f"{ruling.lead.name} has ruled on this decision already: {ruling.get_kind_display().lower()}."
        raise Refusal("already_ruled", words, hint="Reload the draft.", status=409)


def _verdict_on(draft: Draft, decision_id: UUID) -> Decision:
    return first_or_404(lead_queue.verdicts(draft).filter(pk=decision_id), "There is no such verdict on this draft.")


def _own_verdict(draft: Draft, own: SubmittedVerdict, *, by: Member) -> Decision:
    verdict, fields = verdict_fit.fit(own, draft.task_version.spec, draft.fields)
    if verdict is Verdict.RETRACT:
        raise Refusal("invalid_decision", "A draft is settled by accept, edit or reject.")
    return Decision.objects.create(
        id=uuid4(),
        draft=draft,
        task_id=draft.task_id,
        reviewer=by,
        verdict=verdict,
        fields=fields,
        before_hash=draft.fields_hash,
        body_hash=own.body_hash(draft.pk),
        reasons=list(own.reasons),
        ratings=dict(own.ratings),
        note=own.note,
        **edits.edit_columns(draft.task_version.spec, draft.record.facts, draft.fields, fields),
    )


def _resolve(draft: Draft) -> None:
    set_state(draft, golds.resolve(draft.pk))
