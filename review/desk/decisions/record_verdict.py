"""A verdict on a card and its retraction: the decision, what it settles, and the next cards for the deck.

One statement each where it can be.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import Http404

from members.models import Member
from review.desk import deck, golds, verdict_fit
from review.desk import deck as desk_deck
from review.desk.cards.values import all_values, has_hidden
from review.desk.context import DecisionContext
from review.desk.decisions.outcome import DecisionOutcome, OvertakenError, move_assignment, move_draft
from review.desk.verdict_fit import SubmittedVerdict
from review.drafts.queries import is_in_use
from review.models import Assignment, Decision, Draft, Ruling
from review.spec.schema import Fields
from review.states import AssignmentState, DraftState, RulingKind, Verdict
from review.tasks.permissions import judging
from review.text import edits
from web.db.compiled_query import CompiledInsert
from web.errors import Refusal

_RECORD = CompiledInsert(Decision, on_conflict=None)


def judge(
    context: DecisionContext, *, by: Member, id: UUID, submission: SubmittedVerdict, body_hash: str, deck_size: int
) -> DecisionOutcome:
    """Record a verdict on the card as it was seen. Runs inside the caller's transaction.

    Raises:
        OvertakenError: Another request moved the card first; the caller looks again.
        Refusal: 409 when the card is not this member's to judge; 422 when the verdict does not fit.
    """
    is_late = _is_late(context)
    spec = context.card.task_version.spec
    was_hidden = submission.was_hidden and has_hidden(spec, context.card.pk, by.pk)
    verdict, fields = verdict_fit.fit(replace(submission, was_hidden=was_hidden), spec, context.card.fields)
    edit = edits.edit_columns(spec, context.card.record.facts, context.card.fields, fields)
    if not is_late:
        _claim(context)
    move_assignment(context, by=by, to=AssignmentState.DONE)
    decision = _RECORD(
        Decision(
            id=id,
            draft=context.card,
            task_id=context.card.task_id,
            reviewer=by,
            verdict=verdict,
            fields=fields,
            before_hash=context.card.fields_hash,
            body_hash=body_hash,
            reasons=list(submission.reasons),
            is_late=is_late,
            ratings=dict(submission.ratings),
            seconds=submission.seconds,
            note=submission.note,
            teacher_hidden=was_hidden if all_values(spec) else None,
            **edit,
        )
    )
    state = DraftState(context.card.state) if is_late else _resolve(context, decision)
    deck = _fill_deck(context, by=by, deck_size=deck_size)
    pace = (
        context.pace if is_late else replace(context.pace, left=max(0, context.pace.left - (not context.pace.is_more)))
    )
    return DecisionOutcome(decision, state, deck=deck, pace=pace)


def _claim(context: DecisionContext) -> None:
    """Move the card on before anything is written of it, so that of two requests at once one is overtaken."""
    if context.is_known:
        if context.mine is AssignmentState.ACTIVE:
            move_draft(context, to=DraftState.KEPT)
    elif context.wanted > 1:
        # Its row is locked from here on: a concurrent verdict counts the verdicts after this one commits.
        move_draft(context, to=DraftState.PENDING, verdicts_wanted=context.wanted, for_reviewer=None)
        _check_first_word(context)
    else:
        move_draft(context, to=DraftState.DECIDED, for_reviewer=None)


def _check_first_word(context: DecisionContext) -> None:
    """Serialize reviewers on the row lock: a second concurrent request by the same reviewer sees the first verdict."""
    own = Decision.objects.filter(draft=context.card, reviewer=context.by)
    if golds.standing_decisions(own, sent_back=golds.sent_back_on(context.card.pk)):
        raise _already_judged(context)


def _resolve(context: DecisionContext, decision: Decision) -> DraftState:
    """Let a verdict count when it settles the card: alone, as the last one wanted, or agreeing with one that stands."""
    if context.is_known:
        # As any other card answers; that it was one is told on the reviewer's own page, later.
        return DraftState.DECIDED
    if context.wanted == 1 and not context.is_second:
        golds.write(decision)
        return DraftState.DECIDED
    state = golds.resolve(context.card.pk)
    moves_to = Draft.objects.filter(pk=context.card.pk)
    if state is DraftState.PENDING:
        if (author_id := _sent_back_to(context.card)) is not None:
            moves_to.update(for_reviewer=author_id)
    else:
        moves_to.update(state=state)
    return state


def _sent_back_to(card: Draft) -> UUID | None:
    """The reviewer who is to look at their verdict again, has not yet and still may, if a lead sent one back."""
    sent = Ruling.objects.filter(draft=card, kind=RulingKind.SEND_BACK).order_by("created_at", "id")
    authors = sent.values_list("decision__reviewer", flat=True)
    waiting = Assignment.objects.filter(draft=card, reviewer__in=authors).exclude(state=AssignmentState.DONE)
    return waiting.filter(reviewer__in=judging(card.task_id)).values_list("reviewer", flat=True).first()


def _already_judged(context: DecisionContext) -> Refusal:
    return Refusal(
        "already_judged",
        "You have judged this card already.",
        hint="Take that decision back first, with Z or under My decisions.",
        status=409,
        state={"draft": str(context.card.pk), "state": context.card.state},
    )


def _is_late(context: DecisionContext) -> bool:
    """Return whether the verdict is late: the member held the card, and it is now neither theirs nor free.

    Raises:
        Refusal: 409 when the member judged the card before, or never had it and it is not free.
    """
    if context.mine is AssignmentState.DONE:
        raise _already_judged(context)
    if context.counts:
        return False
    if context.was_mine:
        return True
    raise desk_deck.not_free(context.card)


def _fill_deck(context: DecisionContext, *, by: Member, deck_size: int) -> list[Assignment]:
    if context.mine is not AssignmentState.ACTIVE:
        # A program that judges drafts by id has no deck, and must not keep cards from people who do.
        return []
    missing = deck_size - (context.in_deck - 1)
    fresh = desk_deck.take(by, context.card.task_id, count=missing, dealing=context.dealing)
    if len(fresh) < missing and desk_deck.reclaim():
        fresh += desk_deck.take(by, context.card.task_id, count=missing - len(fresh))
    return fresh


def retract(
    context: DecisionContext, *, by: Member, id: UUID, submission: SubmittedVerdict, body_hash: str
) -> DecisionOutcome:
    """Record a retract: the verdict counts no more, and the card comes back into its author's deck.

    A card that another reviewer judges blind meanwhile stays with them, and comes back later.

    Raises:
        OvertakenError: Another request moved the card first; the caller looks again.
        Http404: The member has no such decision on the card.
        Refusal: 409 when it was taken back already, a lead ruled on the draft, or somebody else holds it.
    """
    own = Decision.objects.filter(draft=context.card, reviewer=by)
    target = own.filter(pk=submission.retracts).first() if submission.retracts else None
    if target is None or target.verdict == Verdict.RETRACT:
        raise Http404("You have no decision on this card to take back.")
    if Decision.objects.filter(retracts=target).exists():
        raise Refusal(
            "already_retracted", "This decision was taken back already.", hint="Judge the card again.", status=409
        )
    _check_open(context, is_late=target.is_late)
    decision = Decision.objects.create(
        id=id,
        draft=context.card,
        task_id=context.card.task_id,
        reviewer=by,
        verdict=Verdict.RETRACT,
        fields=None,
        before_hash=context.card.fields_hash,
        body_hash=body_hash,
        note=submission.note,
        seconds=submission.seconds,
        retracts=target,
        is_late=target.is_late,
    )
    if target.is_late:
        # It counted for nothing, so nothing comes back; the reviewer may be dealt the card again.
        move_assignment(context, by=by, to=AssignmentState.RELEASED)
        return DecisionOutcome(decision, DraftState(context.card.state), pace=context.pace)
    golds.refresh(context.card.pk)
    if context.card.state == DraftState.LEASED:
        move_assignment(context, by=by, to=AssignmentState.RELEASED, unfinished=_unfinished(target))
        return DecisionOutcome(decision, DraftState(context.card.state), pace=context.pace)
    move_draft(context, to=DraftState.LEASED, for_reviewer=None)
    move_assignment(context, by=by, to=AssignmentState.ACTIVE, unfinished=_unfinished(target))
    back = deck.held_card(by, context.card.pk)
    return DecisionOutcome(
        decision, DraftState.LEASED, deck=[back], pace=replace(context.pace, left=context.pace.left + 1)
    )


def _unfinished(target: Decision) -> Fields | None:
    """An edit that is taken back is not lost: it waits in the editor."""
    return target.fields if target.verdict == Verdict.EDIT else None


def _check_open(context: DecisionContext, *, is_late: bool) -> None:
    """Refuse to retract a decision that a lead has ruled on, or while the card is in another reviewer's deck.

    The card is locked first, so that neither a ruling nor a deal comes in between.
    """
    state = Draft.objects.select_for_update().values_list("state", flat=True).get(pk=context.card.pk)
    if state != context.card.state:
        raise OvertakenError
    if not is_in_use(context.card):
        raise Refusal("out_of_use", "This draft is kept from the desk.", status=409)
    if golds.in_force(context.card.pk) is not None:
        raise Refusal(
            "ruled",
            "A lead has ruled on this draft, so its decisions stay.",
            hint="Ask a lead to reopen it.",
            status=409,
        )
    if state == DraftState.LEASED and not is_late and context.card.verdicts_wanted == 1 and not context.is_known:
        raise deck.not_free(context.card)
