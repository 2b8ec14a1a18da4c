"""Cards given to one reviewer come to them first and to nobody else, until they are taken back."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from members.models import Member
from review.desk import assignments, pace
from review.desk import deck as desk_deck
from review.models import Draft, Task
from review.states import Drawn
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_assigned_cards_come_to_their_reviewer_first_and_to_nobody_else(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    given = assignments.assign(task, to=other, by=lead, count=3)

    mine, theirs = desk_deck.deal(expert, task, count=8), desk_deck.deal(other, task, count=8)

    assert given == 3
    assert len(mine) == 5
    assert [card.drawn for card in theirs] == [Drawn.ASSIGNED] * 3


def test_what_is_left_counts_ones_own_and_the_common_cards(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    assignments.assign(task, to=other, by=lead, count=3)

    assert pace.pace_of(expert, task, since=timezone.now()).left == 5
    assert pace.pace_of(other, task, since=timezone.now()).left == 8


def test_cards_are_given_by_source_and_teacher(task: Task, lead: Member, other: Member) -> None:
    source = factories.make_source(task, name="More")
    wanted = factories.make_drafts(task, factories.make_records(source, 2), teacher="gpt")

    by_source = assignments.assign(task, to=other, by=lead, count=5, source=source.slug, teacher="nobody")
    by_both = assignments.assign(task, to=other, by=lead, count=5, source=source.slug, teacher="gpt")

    assert (by_source, by_both) == (0, 2)
    assert set(Draft.objects.filter(for_reviewer=other)) == set(wanted)


def test_taken_back_they_wait_for_everybody_but_those_in_deck_stay(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    assignments.assign(task, to=other, by=lead, count=3)
    desk_deck.deal(other, task, count=1)

    freed = assignments.take_back(task, member=other, by=lead)

    assert freed == 2
    assert len(desk_deck.deal(expert, task, count=8)) == 7


def test_a_member_who_leaves_leaves_no_card_behind(task: Task, lead: Member, expert: Member, other: Member) -> None:
    assignments.assign(task, to=other, by=lead, count=3)

    assignments.return_cards(other)

    assert not Draft.objects.filter(for_reviewer=other).exists()
    assert len(desk_deck.deal(expert, task, count=8)) == 8


def test_a_card_set_aside_by_its_reviewer_comes_back_to_them_last(task: Task, lead: Member, other: Member) -> None:
    assignments.assign(task, to=other, by=lead, count=1)
    card = desk_deck.deal(other, task, count=1)[0]

    desk_deck.set_aside(card.draft_id, by=other)

    deck = desk_deck.deal(other, task, count=8)
    assert len(deck) == 8
    assert deck[-1].draft_id == card.draft_id


def test_an_assigned_card_that_is_judged_is_nobodys_any_more(task: Task, lead: Member, other: Member, deals) -> None:
    deals(overlap_share=1.0)
    assignments.assign(task, to=other, by=lead, count=1)
    card = desk_deck.deal(other, task, count=1)[0]

    judge(card, by=other)

    assert Draft.objects.get(pk=card.draft_id).for_reviewer is None


def test_cards_go_to_reviewers_only_and_in_sensible_numbers(
    task: Task, lead: Member, other: Member, make_member
) -> None:
    stranger = make_member("stella")

    with pytest.raises(Refusal) as no_reviewer:
        assignments.assign(task, to=stranger, by=lead, count=1)
    with pytest.raises(Refusal) as count:
        assignments.assign(task, to=other, by=lead, count=0)
    with pytest.raises(PermissionDenied):
        assignments.assign(task, to=other, by=other, count=1)

    assert (no_reviewer.value.code, count.value.code) == ("no_reviewer", "count_invalid")
