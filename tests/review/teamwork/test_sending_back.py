"""Verdicts sent back to their authors: they count no more, the card comes to them first,
and what they say then holds.
"""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from members.models import Member
from review.adjudication import rulings, sending_back
from review.desk import assignments, golds
from review.desk import deck as desk_deck
from review.desk.comments import queries
from review.desk.lead_queue import dispute_etag
from review.models import Assignment, Comment, Decision, Draft, Gold, Membership, Task
from review.states import DraftState, Drawn, Role
from tests.review.desk.verbs import judge
from tests.review.rulings.verdicts import dispute
from web.errors import Refusal

pytestmark = pytest.mark.django_db

OTHER_WORDS = {"subject": "Cold loads", "body": "Hi,\n\nother words"}


@pytest.fixture
def differing(task: Task, lead: Member, expert: Member, other: Member) -> tuple[Decision, Decision]:
    """An accept of the one and an edit of the other, on a disputed draft."""
    return dispute(task, lead=lead, one=expert, other=other)


def send(first: Decision, *, by: Member, **more) -> None:
    body = {"if_match": dispute_etag(first.draft_id), "comment": "Look at the claim again.", **more}
    sending_back.send_back(first.draft_id, by=by, **body)


def test_a_verdict_sent_back_counts_no_more_and_its_author_has_the_card_first(
    task: Task, lead: Member, expert: Member, other: Member, differing
) -> None:
    first, second = differing

    send(first, by=lead, decisions=[second.pk])

    deck = desk_deck.deal(other, task, count=2)
    assert deck[0].draft_id == first.draft_id
    assert (deck[0].drawn, deck[0].note) == (Drawn.SENT_BACK, "Look at the claim again.")
    assert deck[0].unfinished == OTHER_WORDS
    assert not Gold.objects.exists()
    assert first.draft_id not in {card.draft_id for card in desk_deck.deal(expert, task, count=8)}


def test_saying_the_same_as_the_first_resolves_it(task: Task, lead: Member, other: Member, differing) -> None:
    first, second = differing
    send(first, by=lead, decisions=[second.pk])

    outcome = judge(desk_deck.deal(other, task, count=1)[0], by=other)

    assert outcome.draft_state == DraftState.DECIDED
    assert Gold.objects.get().decision_id == first.pk
    assert golds.rebuild() == 1
    assert Gold.objects.get().decision_id == first.pk


def test_confirming_it_leaves_the_draft_disputed(task: Task, lead: Member, other: Member, differing) -> None:
    first, second = differing
    send(first, by=lead, decisions=[second.pk])

    outcome = judge(desk_deck.deal(other, task, count=1)[0], by=other, verdict="edit", fields=OTHER_WORDS)

    assert outcome.draft_state == DraftState.DISPUTED
    assert Draft.objects.get(pk=first.draft_id).state == DraftState.DISPUTED


def test_both_sent_back_come_to_one_author_after_the_other(
    task: Task, lead: Member, expert: Member, other: Member, differing
) -> None:
    first, _ = differing
    send(first, by=lead)

    mine = desk_deck.deal(expert, task, count=1)[0]
    waiting = judge(mine, by=expert, verdict="reject").draft_state
    theirs = desk_deck.deal(other, task, count=1)[0]
    done = judge(theirs, by=other, verdict="reject").draft_state

    assert mine.draft_id == theirs.draft_id == first.draft_id
    assert (waiting, done) == (DraftState.PENDING, DraftState.DECIDED)
    assert Gold.objects.get().verdict == "reject"


@pytest.mark.parametrize("note", ["", "Which depot?"])
def test_the_leads_words_are_back_when_setting_aside_is_undone(
    task: Task, lead: Member, other: Member, differing, note: str
) -> None:
    send(differing[0], by=lead, decisions=[differing[1].pk])
    card = desk_deck.deal(other, task, count=1)[0]
    desk_deck.set_aside(card.draft_id, by=other, note=note)

    back = desk_deck.undo_set_aside(other, card.draft_id)

    assert (back.drawn, back.note) == (Drawn.SENT_BACK, "Look at the claim again.")


def test_the_leads_words_stay_on_a_card_set_aside_without_a_note(
    task: Task, lead: Member, other: Member, differing
) -> None:
    send(differing[0], by=lead, decisions=[differing[1].pk])
    card = desk_deck.deal(other, task, count=1)[0]

    desk_deck.set_aside(card.draft_id, by=other)

    assert Assignment.objects.get(draft=card.draft, reviewer=other).note == "Look at the claim again."
    last = desk_deck.deal(other, task, count=8)[-1]
    assert (last.draft_id, last.drawn, last.note) == (card.draft_id, Drawn.SENT_BACK, "Look at the claim again.")


def test_nobody_else_can_hold_a_card_that_was_sent_back(task: Task, lead: Member, third: Member, differing) -> None:
    first, _ = differing
    send(first, by=lead)

    with pytest.raises(Refusal) as refused:
        desk_deck.hold(third, first.draft_id)

    assert refused.value.code == "card_not_free"


def test_the_comment_names_the_author_and_is_read_while_the_card_is_blind(
    task: Task, lead: Member, expert: Member, other: Member, differing
) -> None:
    first, second = differing
    send(first, by=lead, decisions=[second.pk])

    assert queries.unread_count(other) == 1
    assert queries.unread_count(expert) == 0
    draft = Draft.objects.get(pk=first.draft_id)
    assert [one.text for one in queries.on_draft(other, draft)] == ["Look at the claim again."]


def test_a_lead_can_still_settle_it_after_the_second_look(task: Task, lead: Member, other: Member, differing) -> None:
    first, second = differing
    send(first, by=lead, decisions=[second.pk])
    judge(desk_deck.deal(other, task, count=1)[0], by=other, verdict="reject")

    rulings.settle(first.draft_id, by=lead, if_match=dispute_etag(first.draft_id), decision=first.pk)

    assert Gold.objects.get().decision_id == first.pk
    assert golds.rebuild() == 1


def leave(member: Member, task: Task, how: str) -> None:
    """Let a member judge the task no more."""
    if how == "deactivated":
        Member.objects.filter(pk=member.pk).update(is_active=False)
    else:
        Membership.objects.filter(member=member, task=task).update(role=Role.VIEWER)
    assignments.return_cards_of_task(member, task)


@pytest.mark.parametrize("how", ["deactivated", "a viewer now"])
def test_a_card_sent_back_to_somebody_who_left_waits_for_anybody(
    task: Task, lead: Member, other: Member, third: Member, differing, how: str
) -> None:
    first, second = differing
    leave(other, task, how)

    send(first, by=lead, decisions=[second.pk])

    assert Draft.objects.get(pk=first.draft_id).for_reviewer is None
    assert judge(desk_deck.hold(third, first.draft_id), by=third).draft_state == DraftState.DECIDED


@pytest.mark.parametrize("leaves_first", [True, False])
def test_who_stays_has_the_card_and_after_them_anybody(
    task: Task, lead: Member, expert: Member, other: Member, third: Member, differing, leaves_first: bool
) -> None:
    gone, stays = (expert, other) if leaves_first else (other, expert)
    leave(gone, task, "deactivated")
    send(differing[0], by=lead)

    judge(desk_deck.deal(stays, task, count=1)[0], by=stays)

    draft = Draft.objects.get(pk=differing[0].draft_id)
    assert (draft.state, draft.for_reviewer) == (DraftState.PENDING, None)
    assert desk_deck.deal(third, task, count=1)[0].draft_id == draft.pk


@pytest.mark.parametrize(("more", "code"), [({"comment": " "}, "no_comment"), ({"if_match": None}, "if_match_missing"),
    ({"if_match": "old"}, "said_since")])  # fmt: skip
def test_it_is_refused_without_words_or_with_an_old_tag(task: Task, lead: Member, differing, more, code) -> None:
    first, _ = differing

    with pytest.raises(Refusal) as refused:
        send(first, by=lead, **more)

    assert refused.value.code == code
    assert not Comment.objects.exists()


def test_only_verdicts_on_a_disputed_draft_go_back_and_only_by_its_lead(
    task: Task, lead: Member, expert: Member, other: Member, differing
) -> None:
    first, _ = differing
    judged = judge(desk_deck.deal(expert, task, count=1)[0], by=expert).decision

    with pytest.raises(Refusal) as refused:
        send(judged, by=lead)
    with pytest.raises(Http404):
        send(first, by=lead, decisions=[judged.pk])
    with pytest.raises(PermissionDenied):
        send(first, by=other)

    assert refused.value.code == "not_disputed"
    assert Assignment.objects.filter(drawn=Drawn.SENT_BACK).count() == 0
