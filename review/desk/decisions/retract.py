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
from review.models import Decision, Draft
from review.spec.schema import Fields
from review.states import AssignmentState, DraftState, Verdict
from web.errors import Refusal


def retract(seen: DecisionContext, *, by: Member, id: UUID, said: SubmittedVerdict, body_hash: str) -> DecisionOutcome:
    """Record a retract: the verdict counts no more, and the card comes back into its author's deck.

    A card that another reviewer judges blind meanwhile stays with them, and comes back later.

    Raises:
        OvertakenError: Another request moved the card first; the caller looks again.
        Http404: The member has no such decision on the card.
        Refusal: 409 when it was taken back already, a lead ruled on the draft, or somebody else holds it.
    """
    own = Decision.objects.filter(draft=seen.card, reviewer=by)
    target = own.filter(pk=said.retracts).first() if said.retracts else None
    if target is None or target.verdict == Verdict.RETRACT:
        raise Http404("You have no decision on this card to take back.")
    if Decision.objects.filter(retracts=target).exists():
        raise Refusal(
            "already_retracted", "This decision was taken back already.", hint="Judge the card again.", status=409
        )
    _check_open(seen, is_late=target.is_late)
    decision = Decision.objects.create(
        id=id,
        draft=seen.card,
        task_id=seen.card.task_id,
        reviewer=by,
        verdict=Verdict.RETRACT,
        fields=None,
        before_hash=seen.card.fields_hash,
        body_hash=body_hash,
        note=said.note,
        seconds=said.seconds,
        retracts=target,
        is_late=target.is_late,
    )
    if target.is_late:
        # It counted for nothing, so nothing comes back; the reviewer may be dealt the card again.
        move_assignment(seen, by=by, to=AssignmentState.RELEASED)
        return DecisionOutcome(decision, DraftState(seen.card.state), pace=seen.pace)
    golds.refresh(seen.card.pk)
    if _is_with_another(seen):
        move_assignment(seen, by=by, to=AssignmentState.RELEASED, unfinished=_unfinished(target))
        return DecisionOutcome(decision, DraftState(seen.card.state), pace=seen.pace)
    move_draft(seen, to=DraftState.LEASED, for_reviewer=None)
    move_assignment(seen, by=by, to=AssignmentState.ACTIVE, unfinished=_unfinished(target))
    back = deck.held_card(by, seen.card.pk)
    return DecisionOutcome(decision, DraftState.LEASED, deck=[back], pace=replace(seen.pace, left=seen.pace.left + 1))


def _is_with_another(seen: DecisionContext) -> bool:
    return seen.card.state == DraftState.LEASED


def _unfinished(target: Decision) -> Fields | None:
    """An edit that is taken back is not lost: it waits in the editor."""
    return target.fields if target.verdict == Verdict.EDIT else None


def _check_open(seen: DecisionContext, *, is_late: bool) -> None:
    """Refuse to retract a decision that a lead has ruled on, or while the card is in another reviewer's deck.

    The card is locked first, so that neither a ruling nor a deal comes in between.
    """
    state = Draft.objects.select_for_update().values_list("state", flat=True).get(pk=seen.card.pk)
    if state != seen.card.state:
        raise OvertakenError
    if golds.in_force(seen.card.pk) is not None:
        raise Refusal(
            "ruled",
            "A lead has ruled on this draft, so its decisions stay.",
            hint="Ask a lead to reopen it.",
            status=409,
        )
    if state == DraftState.LEASED and not is_late and seen.card.verdicts_wanted == 1 and not seen.is_known:
        raise deck.not_free(seen.card)
