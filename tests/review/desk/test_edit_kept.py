"""What a decision keeps of its edit: size and kind, for experts and for leads who settle."""

from __future__ import annotations

import pytest

from members.models import Member
from review.adjudication import rulings
from review.desk import lead_queue as said
from review.models import Assignment, Decision, Task
from review.states import DraftState
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db


def test_an_edit_is_kept_with_its_size_and_kind(card: Assignment, expert: Member) -> None:
    fields = dict(card.draft.fields)
    fields["body"] = fields["body"].replace("Best regards", "Kind regards")

    outcome = judge(card, by=expert, verdict="edit", fields=fields)

    decision = Decision.objects.get(pk=outcome.decision.pk)
    assert 0 < decision.edit_size < 0.05
    assert decision.edit_kinds == ["tone"]


def test_an_accept_a_reject_and_an_edit_that_changes_nothing_have_neither(
    task: Task, expert: Member, card: Assignment
) -> None:
    judge(card, by=expert, verdict="edit", fields=dict(card.draft.fields), deck_size=3)
    deck = list(Assignment.objects.filter(reviewer=expert, state="active").select_related("draft"))
    judge(deck[0], by=expert)
    judge(deck[1], by=expert, verdict="reject")

    assert set(Decision.objects.values_list("edit_size", flat=True)) == {None}
    assert all(kinds == [] for kinds in Decision.objects.values_list("edit_kinds", flat=True))


def test_a_lead_who_settles_by_an_edit_of_their_own_keeps_it_too(
    card: Assignment, expert: Member, admin: Member
) -> None:
    judge(card, by=expert)
    draft = card.draft
    type(draft).objects.filter(pk=draft.pk).update(state=DraftState.DISPUTED)
    fields = {**draft.fields, "subject": "Forty claims"}

    ruling = rulings.settle(draft.pk, by=admin, if_match=said.dispute_etag(draft.pk), verdict="edit", fields=fields)

    assert ruling.decision is not None
    assert ruling.decision.edit_size > 0
    assert "tone" in ruling.decision.edit_kinds
