"""No act brings a recalled or erased draft back to the desk, and the recall's undo loses none."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from members.models import Member
from review.adjudication import rulings, sending_back
from review.adjudication.known_answers import manage
from review.adjudication.share_outs import share
from review.adjudication.share_outs.share import ShareRequest
from review.bulk import bulk_undo
from review.datasets import revocations
from review.datasets.recalls import preview, recall
from review.datasets.recalls.preview import Criteria
from review.desk import assignments, lead_queue
from review.desk import deck as desk_deck
from review.drafts.intake import put_on_desk
from review.models import DeskSettings, Draft, Recall, Task
from review.states import DraftState, Role
from tests.review import factories
from tests.review.bulk.acts import act, pending
from tests.review.desk.verbs import judge, take_back
from tests.review.rulings.verdicts import OTHER_WORDS, dispute, second_opinion
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin)


def recalled(task: Task, admin: Member) -> Recall:
    """Recall every draft of the desk."""
    chosen = Criteria.read({"teacher": Draft.objects.filter(task=task).values_list("teacher", flat=True)[0]})
    tag = preview.preview(task, chosen, by=admin).tag
    return recall.carry_out(task, chosen, by=admin, id=uuid4(), reason="A broken prompt.", tag=tag)


def states(task: Task) -> set[str]:
    return set(Draft.objects.filter(task=task).values_list("state", flat=True))


def test_the_undo_of_a_bulk_act_leaves_them_away_and_the_recalls_undo_brings_them(
    task: Task, admin: Member, expert: Member
) -> None:
    done = act(task, pending(task), by=expert)
    made = recalled(task, admin)

    bulk_undo.undo(done.pk, by=expert)

    assert states(task) == {DraftState.KEPT}
    recall.undo(made.pk, by=admin)
    assert states(task) == {DraftState.PENDING}


def test_the_undo_of_a_bulk_act_leaves_one_away_that_another_judged_too(
    task: Task, admin: Member, expert: Member, other: Member
) -> None:
    done = act(task, pending(task, 1), by=expert)
    first = done.decisions.get()
    second_opinion(first, lead=admin, by=other)
    Draft.objects.filter(pk=first.draft_id).update(verdicts_wanted=3)
    judge(desk_deck.hold(other, first.draft_id), by=other)
    recalled(task, admin)

    bulk_undo.undo(done.pk, by=expert)

    assert states(task) == {DraftState.KEPT}


def test_a_card_sent_back_stays_its_authors_when_a_ruling_on_it_is_lifted(
    task: Task, admin: Member, expert: Member, other: Member
) -> None:
    _, second = dispute(task, lead=admin, one=expert, other=other)
    tag = lead_queue.dispute_etag(second.draft_id)
    sending_back.send_back(second.draft_id, by=admin, if_match=tag, comment="Look again.", decisions=[second.pk])
    draft = Draft.objects.get(pk=second.draft_id)

    assert rulings.set_state(draft, DraftState.PENDING).for_reviewer == other


def test_a_lead_can_send_none_back_or_make_it_a_known_answer(task: Task, admin: Member, expert: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    outcome = judge(card, by=expert)
    recalled(task, admin)
    draft = Draft.objects.get(pk=card.draft_id)

    acts = lead_queue.ruling_on(admin, draft)
    assert acts is not None
    assert (acts["may_ask_again"], acts["may_be_known"]) == (False, False)
    with pytest.raises(Refusal, match="recalled"):
        rulings.ask_again(draft.pk, by=admin, if_match=acts["tag"])
    with pytest.raises(Refusal, match="recalled"):
        manage.add(draft.pk, by=admin, verdict="accept")
    with pytest.raises(Refusal, match="kept from the desk"):
        take_back(outcome, card, by=expert)
    draft.refresh_from_db()
    assert draft.state == DraftState.DECIDED


def test_a_ruling_that_is_lifted_puts_none_on_the_desk(task: Task, admin: Member, expert: Member) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    recalled(task, admin)
    draft = Draft.objects.get(pk=card.draft_id)

    assert rulings.set_state(draft, DraftState.PENDING).state == DraftState.KEPT


def test_a_dispute_that_a_lifted_ruling_opens_again_waits_for_no_lead_until_the_undo(
    task: Task, admin: Member, expert: Member, other: Member
) -> None:
    first, _ = dispute(task, lead=admin, one=expert, other=other)
    tag = lead_queue.dispute_etag(first.draft_id)
    rulings.settle(first.draft_id, by=admin, if_match=tag, decision=first.pk)
    made = recalled(task, admin)

    rulings.reopen(first.draft_id, by=admin, if_match=lead_queue.dispute_etag(first.draft_id))

    assert states(task) == {DraftState.KEPT}
    assert not lead_queue.anything_waits(task)
    recall.undo(made.pk, by=admin)
    assert Draft.objects.get(pk=first.draft_id).state == DraftState.DISPUTED
    assert lead_queue.anything_waits(task)


def test_a_dispute_that_a_bulk_acts_undo_ended_waits_for_a_reviewer_after_the_undo(
    task: Task, admin: Member, expert: Member, other: Member
) -> None:
    done = act(task, pending(task, 1), by=expert)
    first = done.decisions.get()
    second_opinion(first, lead=admin, by=other)
    Draft.objects.filter(pk=first.draft_id).update(verdicts_wanted=2)
    judge(desk_deck.hold(other, first.draft_id), by=other, verdict="edit", fields=OTHER_WORDS)
    assert lead_queue.anything_waits(task)
    made = recalled(task, admin)
    bulk_undo.undo(done.pk, by=expert)

    recall.undo(made.pk, by=admin)

    assert Draft.objects.get(pk=first.draft_id).state == DraftState.PENDING
    assert not lead_queue.anything_waits(task)


def test_a_known_answer_that_is_revoked_is_dealt_to_nobody(task: Task, admin: Member, expert: Member) -> None:
    DeskSettings.objects.update_or_create(task=task, defaults={"known_every": 1})
    known = manage.add(Draft.objects.filter(task=task)[0].pk, by=admin, verdict="accept").draft_id
    assert known in {card.draft_id for card in desk_deck.deal(expert, task, count=1)}

    revocations.revoke(known, by=admin, reason="Wrong.")

    assert known not in {card.draft_id for card in desk_deck.deal(expert, task, count=8)}


def test_a_card_that_was_recalled_during_a_share_out_is_everybodys_after_both(
    task: Task, admin: Member, expert: Member, other: Member
) -> None:
    request = ShareRequest(count=6, members=(expert, other), until=date.today() + timedelta(days=3))
    share.share_out(task, request, by=admin, id=uuid4())
    made = recalled(task, admin)

    share.end_due(date.today() + timedelta(days=9))
    recall.undo(made.pk, by=admin)

    assert not Draft.objects.filter(task=task, for_reviewer__isnull=False).exists()


def test_a_card_that_was_recalled_before_its_reviewer_left_is_everybodys(
    task: Task, admin: Member, expert: Member
) -> None:
    assignments.assign(task, to=expert, by=admin, count=3)
    made = recalled(task, admin)

    assignments.return_cards(expert)
    recall.undo(made.pk, by=admin)

    assert not Draft.objects.filter(for_reviewer=expert).exists()


def test_a_second_opinion_on_an_assigned_card_waits_for_somebody_else(
    task: Task, admin: Member, expert: Member, other: Member
) -> None:
    factories.join(admin, task, Role.LEAD)
    assignments.assign(task, to=expert, by=admin, count=1)
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    acts = lead_queue.ruling_on(admin, Draft.objects.get(pk=card.draft_id))
    assert acts is not None

    rulings.ask_again(card.draft_id, by=admin, if_match=acts["tag"])

    assert card.draft_id in {each.draft_id for each in desk_deck.deal(other, task, count=8)}


def test_a_recalled_draft_that_was_kept_from_the_desk_stays_there(task: Task, admin: Member) -> None:
    Draft.objects.filter(task=task).update(state=DraftState.KEPT)
    recalled(task, admin)

    moved = put_on_desk(Draft.objects.filter(task=task))

    assert (moved, states(task)) == (0, {DraftState.KEPT})


def test_the_undo_lets_it_be_put_there_after_all(task: Task, admin: Member) -> None:
    Draft.objects.filter(task=task).update(state=DraftState.KEPT)
    recall.undo(recalled(task, admin).pk, by=admin)

    moved = put_on_desk(Draft.objects.filter(task=task))

    assert (moved, states(task)) == (Draft.objects.count(), {DraftState.PENDING})
