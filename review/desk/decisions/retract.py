"""Taking one's own verdict back: a decision of its own, and the card in one's deck again."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import Http404

from members.models import Member
from review.desk import deck, golds
from review.desk.context import DecisionContext
from review.desk.decisions.outcome import DecisionOutcome, OvertakenError, move_assignment, move_draft
from review.desk.verdict_fit import SubmittedVerdict
from review.drafts.queries import is_in_use
from review.models import Decision, Draft
from review.spec.schema import Fields
from review.states import AssignmentState, DraftState, Verdict
from web.errors import Refusal


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
