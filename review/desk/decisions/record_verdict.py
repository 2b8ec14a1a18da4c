"""A verdict on a card: the decision, what it settles, and the next cards for the deck. One statement each where it can be."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from members.models import Member
from review.desk import deck as desk_deck
from review.desk import golds, verdict_fit
from review.desk.cards.values import all_values, has_hidden
from review.desk.context import DecisionContext
from review.desk.decisions.outcome import DecisionOutcome, move_assignment, move_draft
from review.desk.verdict_fit import SubmittedVerdict
from review.models import Assignment, Decision, Draft, Ruling
from review.states import AssignmentState, DraftState, RulingKind
from review.text import edits
from web.db.compiled_query import CompiledInsert
from web.errors import Refusal

_RECORD = CompiledInsert(Decision, on_conflict=None)


def judge(
    seen: DecisionContext, *, by: Member, id: UUID, said: SubmittedVerdict, body_hash: str, deck_size: int
) -> DecisionOutcome:
    """Record a verdict on the card as it was seen. Runs inside the caller's transaction.

    Raises:
        OvertakenError: Another request moved the card first; the caller looks again.
        Refusal: 409 when the card is not this member's to judge; 422 when the verdict does not fit.
    """
    is_late = _is_late(seen)
    spec = seen.card.task_version.spec
    was_hidden = said.was_hidden and has_hidden(spec, seen.card.pk, by.pk)
    verdict, fields = verdict_fit.fit(replace(said, was_hidden=was_hidden), spec, seen.card.fields)
    edit = edits.edit_columns(spec, seen.card.record.facts, seen.card.fields, fields)
    if not is_late:
        _claim(seen)
    move_assignment(seen, by=by, to=AssignmentState.DONE)
    decision = _RECORD(
        Decision(
            id=id,
            draft=seen.card,
            task_id=seen.card.task_id,
            reviewer=by,
            verdict=verdict,
            fields=fields,
            before_hash=seen.card.fields_hash,
            body_hash=body_hash,
            reasons=list(said.reasons),
            is_late=is_late,
            ratings=dict(said.ratings),
            seconds=said.seconds,
            note=said.note,
            teacher_hidden=was_hidden if all_values(spec) else None,
            **edit,
        )
    )
    state = DraftState(seen.card.state) if is_late else _resolve(seen, decision)
    deck = _fill_deck(seen, by=by, deck_size=deck_size)
    pace = seen.pace if is_late else replace(seen.pace, left=max(0, seen.pace.left - (not seen.pace.is_more)))
    return DecisionOutcome(decision, state, deck=deck, pace=pace)


def _claim(seen: DecisionContext) -> None:
    """Move the card on before anything is written of it, so that of two requests at once one is overtaken."""
    if seen.is_known:
        if seen.mine is AssignmentState.ACTIVE:
            move_draft(seen, to=DraftState.KEPT)
    elif seen.wanted > 1:
        # Its row is locked from here on: a concurrent verdict counts the verdicts after this one commits.
        move_draft(seen, to=DraftState.PENDING, verdicts_wanted=seen.wanted, for_reviewer=None)
        _check_first_word(seen)
    else:
        move_draft(seen, to=DraftState.DECIDED)


def _check_first_word(seen: DecisionContext) -> None:
    """Serialize reviewers on the row lock: a second concurrent request by the same reviewer sees the first verdict."""
    own = Decision.objects.filter(draft=seen.card, reviewer=seen.by)
    if golds.standing_decisions(own, sent_back=golds.sent_back_on(seen.card.pk)):
        raise _already_judged(seen)


def _resolve(seen: DecisionContext, decision: Decision) -> DraftState:
    """Let a verdict count when it settles the card: alone, as the last one wanted, or agreeing with one that stands."""
    if seen.is_known:
        # As any other card answers; that it was one is told on the reviewer's own page, later.
        return DraftState.DECIDED
    if seen.wanted == 1 and not seen.is_second:
        golds.write(decision)
        return DraftState.DECIDED
    state = golds.resolve(seen.card.pk)
    moves_to = Draft.objects.filter(pk=seen.card.pk)
    if state is DraftState.PENDING:
        if (asked := _sent_back_to(seen.card)) is not None:
            moves_to.update(for_reviewer=asked)
    else:
        moves_to.update(state=state)
    return state


def _sent_back_to(card: Draft) -> UUID | None:
    """The reviewer who is to look at their verdict again and has not yet, if a lead sent one back."""
    sent = Ruling.objects.filter(draft=card, kind=RulingKind.SEND_BACK).order_by("created_at", "id")
    authors = sent.values_list("decision__reviewer", flat=True)
    waiting = Assignment.objects.filter(draft=card, reviewer__in=authors).exclude(state=AssignmentState.DONE)
    return waiting.values_list("reviewer", flat=True).first()


def _already_judged(seen: DecisionContext) -> Refusal:
    return Refusal(
        "already_judged",
        "You have judged this card already.",
        hint="Take that decision back first, with Z or under My decisions.",
        status=409,
        state={"draft": str(seen.card.pk), "state": seen.card.state},
    )


def _is_late(seen: DecisionContext) -> bool:
    """Return whether the verdict is late: the member held the card, and it is now neither theirs nor free.

    Raises:
        Refusal: 409 when the member judged the card before, or never had it and it is not free.
    """
    if seen.mine is AssignmentState.DONE:
        raise _already_judged(seen)
    if seen.counts:
        return False
    if seen.was_mine:
        return True
    raise desk_deck.not_free(seen.card)


def _fill_deck(seen: DecisionContext, *, by: Member, deck_size: int) -> list[Assignment]:
    if seen.mine is not AssignmentState.ACTIVE:
        # A program that judges drafts by id has no deck, and must not keep cards from people who do.
        return []
    missing = deck_size - (seen.in_deck - 1)
    fresh = desk_deck.take(by, seen.card.task_id, count=missing, dealing=seen.dealing)
    if len(fresh) < missing and desk_deck.reclaim():
        fresh += desk_deck.take(by, seen.card.task_id, count=missing - len(fresh))
    return fresh
