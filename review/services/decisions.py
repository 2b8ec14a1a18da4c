"""Recording verdicts: one short transaction that writes the decision, its gold and the card's state together.

Every write is conditional on what was seen before it; when another request got there first, the whole is looked at
again. Decisions are never changed: taking one back is a decision of its own. Knows no request and no page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from members.models import Member
from review import edits, judgement
from review.judgement import Judgement
from review.models import Assignment, Candidate, Decision
from review.schema import Fields
from review.selectors.pace import Pace
from review.services import golds, queue, sight
from review.services.sight import Sight
from review.states import AssignmentState, CandidateState, Verdict
from web.errors import Refusal

ATTEMPTS = 4


class _OvertakenError(Exception):
    """Another request changed the card between look and write."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a verdict.

    Attributes:
        decision: The decision, this one or, for a repeated request, the first.
        candidate_state: Where the draft stands now.
        is_replay: Whether the very same request was recorded before.
        hand: Cards put into the member's hand by this verdict, with candidate, record and task version.
        pace: What is left after it; None for a replay.
    """

    decision: Decision
    candidate_state: CandidateState
    is_replay: bool = False
    hand: list[Assignment] = field(default_factory=list)
    pace: Pace | None = None


def record(
    candidate_id: UUID,
    *,
    by: Member,
    id: UUID,
    verdict: str,
    if_match: str | None,
    fields: Fields | None = None,
    reasons: Sequence[str] = (),
    ratings: Mapping[str, bool] | None = None,
    seconds: float = 0.0,
    note: str = "",
    retracts: UUID | None = None,
    deck_size: int = 0,
) -> Outcome:
    """Record one verdict of one expert on one draft.

    A verdict on a card whose lease passed on to somebody else is stored as late and counts for nothing until a lead
    adopts it. A second opinion that contradicts a verdict that stands makes the draft disputed. An edit that changes
    nothing is recorded as an accept. A card judged out of the hand makes room: with `deck_size` the hand is
    filled up to that many cards in the same transaction.

    Args:
        candidate_id: The draft.
        by: The expert; reviewer or lead of the task, or admin.
        id: The client's UUID; the same id with the same body gives the first result again.
        verdict: accept, edit, reject or retract.
        if_match: The card's ETag, bare.
        fields: What an edit ends with.
        reasons: Codes of reasons, with a reject; at least one where the version names reasons.
        ratings: Requirements of the rubric, met or not.
        seconds: Time spent on the card.
        note: Free text for the lead.
        retracts: The own decision that a retract takes back.
        deck_size: How many cards the member should hold afterwards.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: Not a reviewer of the task.
        Refusal: 428 without `if_match`; 412 when it is stale, with the current state; 409 when the id came with
            another body, the card is in front of somebody else, or judged by this member already; 422 when the
            verdict does not fit the task version.
    """
    said = judgement.read(
        verdict, fields=fields, reasons=reasons, ratings=ratings, seconds=seconds, note=note, retracts=retracts
    )
    if if_match is None:
        raise Refusal(
            "if_match_missing",
            "A decision names the card it is about: If-Match is missing.",
            hint="Send the ETag you got with the card.",
            status=428,
        )
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _record(candidate_id, by=by, id=id, said=said, if_match=if_match, deck_size=deck_size)
        except (_OvertakenError, IntegrityError):
            # Of two writers of one id, one row or one card the other won; what it wrote is seen on the next look.
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _record(candidate_id: UUID, *, by: Member, id: UUID, said: Judgement, if_match: str, deck_size: int) -> Outcome:
    seen = sight.of(candidate_id, by=by, decision_id=id)
    body_hash = said.body_hash(candidate_id)
    if seen.decision_known:
        return _again(id, by=by, body_hash=body_hash, seen=seen)
    _check_etag(seen, by=by, if_match=if_match)
    if said.verdict is Verdict.RETRACT:
        return _take_back(seen, by=by, id=id, said=said, body_hash=body_hash)
    return _judge(seen, by=by, id=id, said=said, body_hash=body_hash, deck_size=deck_size)


def _again(id: UUID, *, by: Member, body_hash: str, seen: Sight) -> Outcome:
    first = Decision.objects.filter(pk=id, reviewer=by, body_hash=body_hash).first()
    if first is None:
        raise Refusal(
            "decision_id_reused",
            "This id belongs to another decision.",
            hint="Make a new UUID for each decision.",
            status=409,
        )
    hand = queue.renew(by, seen.card.task)
    return Outcome(first, CandidateState(seen.card.state), is_replay=True, hand=hand, pace=seen.pace)


def _check_etag(seen: Sight, *, by: Member, if_match: str) -> None:
    current = queue.etag_for(seen.card, by)
    if if_match != current:
        raise Refusal(
            "card_changed",
            "The card is not the one you were shown.",
            hint="Look at it as it is now and decide again.",
            status=412,
            state={"candidate": str(seen.card.pk), "state": seen.card.state, "etag": current},
        )


def _judge(seen: Sight, *, by: Member, id: UUID, said: Judgement, body_hash: str, deck_size: int) -> Outcome:
    is_late = _is_late(seen)
    verdict, fields = judgement.fit(said, seen.card.task_version.spec, seen.card.fields)
    edit = edits.columns(seen.card.task_version.spec, seen.card.record.facts, seen.card.fields, fields)
    if is_late:
        _move_assignment(seen, by=by, to=AssignmentState.DONE)
    else:
        _move_candidate(seen, to=CandidateState.DECIDED)
        _move_assignment(seen, by=by, to=AssignmentState.DONE)
    decision = Decision.objects.create(
        id=id, candidate=seen.card, task_id=seen.card.task_id, reviewer=by, verdict=verdict, fields=fields,
        before_hash=seen.card.fields_hash, body_hash=body_hash, reasons=list(said.reasons), is_late=is_late,
        ratings=dict(said.ratings), seconds=said.seconds, note=said.note,
        **edit,
    )  # fmt: skip
    state = CandidateState(seen.card.state) if is_late else _resolve(seen, decision)
    hand = _fill_hand(seen, by=by, deck_size=deck_size)
    pace = seen.pace if is_late else replace(seen.pace, left=max(0, seen.pace.left - (not seen.pace.is_more)))
    return Outcome(decision, state, hand=hand, pace=pace)


def _resolve(seen: Sight, decision: Decision) -> CandidateState:
    """Let a verdict count, unless it contradicts one that stands: then nothing counts until a lead rules."""
    if not seen.is_second:
        golds.write(decision)
        return CandidateState.DECIDED
    if golds.refresh(seen.card.pk) is not None:
        return CandidateState.DECIDED
    Candidate.objects.filter(pk=seen.card.pk).update(state=CandidateState.DISPUTED)
    return CandidateState.DISPUTED


def _is_late(seen: Sight) -> bool:
    """Whether the lease passed on.

    Raises:
        Refusal: 409 when the member judged the card before, or never had it and it is not free.
    """
    if seen.mine is AssignmentState.DONE:
        raise Refusal(
            "already_judged",
            "You have judged this card already.",
            hint="Take that decision back first, with Z or under My decisions.",
            status=409,
            state={"candidate": str(seen.card.pk), "state": seen.card.state},
        )
    if seen.counts:
        return False
    if seen.was_mine:
        return True
    raise queue.not_free(seen.card)


def _fill_hand(seen: Sight, *, by: Member, deck_size: int) -> list[Assignment]:
    if seen.mine is not AssignmentState.ACTIVE:
        # A program that judges drafts by id has no deck, and must not keep cards from people who do.
        return []
    missing = deck_size - (seen.in_hand - 1)
    fresh = queue.take(by, seen.card.task_id, count=missing)
    if len(fresh) < missing and queue.reclaim():
        fresh += queue.take(by, seen.card.task_id, count=missing - len(fresh))
    return fresh


def _take_back(seen: Sight, *, by: Member, id: UUID, said: Judgement, body_hash: str) -> Outcome:
    own = Decision.objects.filter(candidate=seen.card, reviewer=by)
    target = own.filter(pk=said.retracts).first() if said.retracts else None
    if target is None or target.verdict == Verdict.RETRACT:
        raise Http404("You have no such decision on this card to take back.")
    if Decision.objects.filter(retracts=target).exists():
        raise Refusal(
            "already_retracted", "This decision was taken back already.", hint="Judge the card anew.", status=409
        )
    _check_open(seen, is_late=target.is_late)
    decision = Decision.objects.create(
        id=id, candidate=seen.card, task_id=seen.card.task_id, reviewer=by, verdict=Verdict.RETRACT, fields=None,
        before_hash=seen.card.fields_hash, body_hash=body_hash, note=said.note, seconds=said.seconds, retracts=target,
        is_late=target.is_late,
    )  # fmt: skip
    if target.is_late:
        # It counted for nothing, so nothing comes back; the reviewer may be dealt the card again.
        _move_assignment(seen, by=by, to=AssignmentState.RELEASED)
        return Outcome(decision, CandidateState(seen.card.state), pace=seen.pace)
    golds.refresh(seen.card.pk)
    _move_candidate(seen, to=CandidateState.LEASED)
    # An edit that is taken back is not lost: it waits in the editor as unfinished.
    unfinished = target.fields if target.verdict == Verdict.EDIT else None
    _move_assignment(seen, by=by, to=AssignmentState.ACTIVE, unfinished=unfinished)
    back = queue.held_card(by, seen.card.pk)
    return Outcome(decision, CandidateState.LEASED, hand=[back], pace=replace(seen.pace, left=seen.pace.left + 1))


def _check_open(seen: Sight, *, is_late: bool) -> None:
    """Refuse to take a word back that a lead has ruled on, or while the card is in front of somebody else.

    The card is locked first, so that neither a ruling nor a deal comes in between.
    """
    state = Candidate.objects.select_for_update().values_list("state", flat=True).get(pk=seen.card.pk)
    if state != seen.card.state:
        raise _OvertakenError
    if golds.in_force(seen.card.pk) is not None:
        raise Refusal(
            "ruled",
            "A lead has ruled on this draft, so its decisions stay.",
            hint="Ask a lead to reopen it.",
            status=409,
        )
    if state == CandidateState.LEASED and not is_late:
        raise queue.not_free(seen.card)


def _move_candidate(seen: Sight, *, to: CandidateState) -> None:
    moved = Candidate.objects.filter(pk=seen.card.pk, state=seen.card.state).update(state=to)
    if not moved:
        raise _OvertakenError


def _move_assignment(seen: Sight, *, by: Member, to: AssignmentState, unfinished: Fields | None = None) -> None:
    """Move the member's assignment on from the state it was seen in; make it where there was none."""
    until = timezone.now() + timedelta(seconds=settings.CARD_LEASE_S)
    if seen.mine is None:
        Assignment.objects.create(
            candidate=seen.card, reviewer=by, task_id=seen.card.task_id, state=to, leased_until=until,
            etag=queue.etag_for(seen.card, by),
        )  # fmt: skip
        return
    mine = Assignment.objects.filter(candidate=seen.card, reviewer=by, state=seen.mine)
    if not mine.update(state=to, unfinished=unfinished, leased_until=until, updated_at=timezone.now()):
        raise _OvertakenError
