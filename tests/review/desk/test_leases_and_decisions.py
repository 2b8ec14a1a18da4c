"""Whose verdict counts: leases that passed on, cards that are free, and roles."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from members.models import Member
from review.desk import decisions, deck
from review.desk.deck import ReleasedCard
from review.models import Assignment, Draft, Gold, Task
from review.states import AssignmentState, Role, Verdict
from tests.review import factories
from tests.review.desk.verbs import judge, pass_on
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_a_lease_that_passed_on_makes_the_decision_late(card: Assignment, expert: Member, other: Member) -> None:
    theirs = pass_on(card, to=other)

    outcome = judge(card, by=expert)

    assert outcome.decision.is_late
    assert not Gold.objects.exists()
    assert Assignment.objects.get(pk=theirs.pk).state == AssignmentState.ACTIVE
    assert not judge(theirs, by=other).decision.is_late
    assert Gold.objects.get().decision.reviewer == other


def test_a_late_decision_changes_nothing_of_what_was_decided(card: Assignment, expert: Member, other: Member) -> None:
    judge(pass_on(card, to=other), by=other, verdict="reject")

    outcome = judge(card, by=expert)

    assert outcome.decision.is_late
    assert Gold.objects.get().verdict == Verdict.REJECT


def test_a_lease_that_ran_out_but_went_to_nobody_still_counts(card: Assignment, expert: Member) -> None:
    Assignment.objects.update(leased_until=timezone.now() - timedelta(hours=1))

    assert not judge(card, by=expert).decision.is_late


def test_a_card_that_was_left_and_is_still_free_counts(card: Assignment, expert: Member) -> None:
    deck.release(expert, [ReleasedCard(card.draft_id)])

    assert not judge(card, by=expert).decision.is_late


def test_a_free_card_can_be_judged_without_being_dealt(task: Task, expert: Member) -> None:
    draft = Draft.objects.first()

    outcome = decisions.record(
        draft.pk, by=expert, id=uuid4(), verdict="accept", if_match=deck.etag_for(draft, expert), deck_size=5
    )

    assert not outcome.decision.is_late
    assert outcome.deck == []


def test_a_card_in_front_of_another_is_refused(card: Assignment, other: Member) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=other, if_match=deck.etag_for(card.draft, other))

    assert (refused.value.status, refused.value.code) == (409, "card_not_free")


def test_roles_decide_who_may_judge(task: Task, card: Assignment, make_member) -> None:
    viewer, stranger = make_member("vera"), make_member("sam")
    factories.join(viewer, task, Role.VIEWER)

    with pytest.raises(PermissionDenied):
        judge(card, by=viewer)
    with pytest.raises(Http404):
        judge(card, by=stranger)
    with pytest.raises(Http404):
        decisions.record(uuid4(), by=stranger, id=uuid4(), verdict="accept", if_match="x")
