"""Recording verdicts: one short transaction that writes the decision, its gold and the card's state together.

Every write is conditional on what was seen before it; when another request got there first, the whole is looked at
again. Decisions are never changed: taking one back is a decision of its own. Knows no request and no page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from members.models import Member
from review.desk import context, verdict_fit
from review.desk import deck as desk_deck
from review.desk.context import DecisionContext
from review.desk.decisions import record_verdict
from review.desk.decisions.outcome import DecisionOutcome, OvertakenError
from review.desk.verdict_fit import SubmittedVerdict
from review.models import Decision
from review.spec.schema import Fields
from review.states import DraftState, Verdict
from web.errors import Refusal

__all__ = ["DecisionOutcome", "record"]

ATTEMPTS = 4


def record(
    draft_id: UUID,
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
    was_hidden: bool = False,
    deck_size: int = 0,
) -> DecisionOutcome:
    """Record one verdict of one expert on one draft.

    A verdict on a card whose lease passed on to somebody else is stored as late and counts for nothing until a lead
    adopts it. A draft drawn for overlap waits until as many reviewers have judged it as it takes, blind to each other;
    verdicts that then differ make it disputed, and so does a second opinion that contradicts the first. A card judged
    out of the deck makes room: with `deck_size` the deck is filled up to that many cards in the same transaction.

    Args:
        by: The expert; reviewer or lead of the task, or admin.
        id: The client's UUID; the same id with the same body gives the first result again.
        verdict: accept, edit, reject or retract.
        if_match: The card's ETag, bare.
        reasons: Codes of reasons, with a reject; at least one where the version names reasons.
        ratings: Requirements of the rubric, met or not.
        retracts: The own decision that a retract takes back.
        was_hidden: The card came without the teacher's values, so that the same ones picked are an accept.
        deck_size: How many cards the member should hold afterwards.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: Not a reviewer of the task.
        Refusal: 428 without `if_match`; 412 when it is stale, with the current state; 409 when the id came with
            another body, the card is in front of somebody else, or judged by this member already; 422 when the
            verdict does not fit the task version; 503 when others moved the card at each look.
    """
    verdict_given = verdict_fit.read(
        verdict,
        fields=fields,
        reasons=reasons,
        ratings=ratings,
        seconds=seconds,
        note=note,
        retracts=retracts,
        was_hidden=was_hidden,
    )
    if if_match is None:
        raise Refusal(
            "if_match_missing",
            "The If-Match header is missing.",
            hint="Send the ETag you got with the card.",
            status=428,
        )
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                if attempt > 1:
                    # A caller that was overtaken once looks again under the lock.
                    desk_deck.wait_for(draft_id)
                return _record(draft_id, by=by, id=id, submission=verdict_given, if_match=if_match, deck_size=deck_size)
        except OvertakenError:
            continue
        except IntegrityError:
            # Of two writers of one id or one row the other won, which is seen on the next look; a rule that is broken
            # at each look is a fault of ours, and no matter of trying again.
            if attempt == ATTEMPTS:
                raise
    raise Refusal(
        "card_contested",
        "Several verdicts on this card arrived at the same moment.",
        hint="Nothing was recorded. Try again.",
        status=503,
    )


def _record(
    draft_id: UUID, *, by: Member, id: UUID, submission: SubmittedVerdict, if_match: str, deck_size: int
) -> DecisionOutcome:
    decision_context = context.load(draft_id, by=by, decision_id=id)
    body_hash = submission.body_hash(draft_id)
    if decision_context.decision_known:
        return _again(id, by=by, body_hash=body_hash, decision_context=decision_context)
    _check_etag(decision_context, by=by, if_match=if_match)
    if submission.verdict is Verdict.RETRACT:
        return record_verdict.retract(decision_context, by=by, id=id, submission=submission, body_hash=body_hash)
    return record_verdict.judge(
        decision_context, by=by, id=id, submission=submission, body_hash=body_hash, deck_size=deck_size
    )


def _again(id: UUID, *, by: Member, body_hash: str, decision_context: DecisionContext) -> DecisionOutcome:
    first = Decision.objects.filter(pk=id, reviewer=by, body_hash=body_hash).first()
    if first is None:
        raise Refusal(
            "decision_id_reused",
            "This id was already used for another decision.",
            hint="Use a new UUID for each decision.",
            status=409,
        )
    deck = desk_deck.renew(by, decision_context.card.task)
    return DecisionOutcome(
        first, DraftState(decision_context.card.state), is_replay=True, deck=deck, pace=decision_context.pace
    )


def _check_etag(decision_context: DecisionContext, *, by: Member, if_match: str) -> None:
    current = desk_deck.etag_for(decision_context.card, by)
    if if_match != current:
        raise Refusal(
            "card_changed",
            "The card has changed since you loaded it.",
            hint="Reload the card, then decide again.",
            status=412,
            state={"draft": str(decision_context.card.pk), "state": decision_context.card.state, "etag": current},
        )
