"""Wishes for a revision that are refused, before anything is written or paid."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from generation.calls import uncertain
from generation.models import Order, PriceEntry, Teacher
from generation.states import Purpose
from members.models import Member
from review import ports
from review.desk import deck
from review.desk.revisions import revision_requests
from review.models import Draft, RevisionRequest
from tests.generation.test_revisions import ask, draft, expert, order_of, other
from web.errors import Refusal

__all__ = ["draft", "expert", "other"]
pytestmark = pytest.mark.django_db


def test_a_second_wish_waits_for_the_first(draft: Draft, expert: Member) -> None:
    ask(draft, by=expert)

    with pytest.raises(Refusal) as refused:
        ask(draft, by=expert, instruction="warmer")

    assert refused.value.code == "already_asked"
    assert Order.objects.filter(purpose=Purpose.REVISION).count() == 1


def test_a_draft_in_front_of_somebody_else_is_theirs(draft: Draft, expert: Member, other: Member) -> None:
    deck.hold(other, draft.pk)

    with pytest.raises(Refusal) as refused:
        ask(draft, by=expert)

    assert (refused.value.status, refused.value.code) == (409, "card_not_free")
    assert not RevisionRequest.objects.exists()


@pytest.mark.parametrize("instruction", ["", "  \n ", "x" * 501])
def test_an_instruction_is_neither_empty_nor_endless(draft: Draft, expert: Member, instruction: str) -> None:
    with pytest.raises(Refusal) as refused:
        ask(draft, by=expert, instruction=instruction)

    assert list(refused.value.errors) == ["instruction"]


def test_viewers_may_not_ask_and_strangers_do_not_see(draft: Draft, viewer: Member, stranger: Member) -> None:
    with pytest.raises(PermissionDenied):
        ask(draft, by=viewer)
    with pytest.raises(Http404):
        ask(draft, by=stranger)


def test_without_a_teacher_it_is_refused_before_anything_is_written(
    draft: Draft, expert: Member, offline: Teacher
) -> None:
    Teacher.objects.update(is_active=False)

    with pytest.raises(Refusal) as refused:
        ask(draft, by=expert)

    assert refused.value.code == "no_teacher"
    assert not RevisionRequest.objects.exists()
    assert not Order.objects.filter(purpose=Purpose.REVISION).exists()


def test_without_its_key_a_teacher_is_refused_by_name(
    draft: Draft, expert: Member, paid: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")

    with pytest.raises(Refusal) as refused:
        ask(draft, by=expert, writer="gpt-4o")

    assert "OPENAI_API_KEY" in refused.value.message
    assert not RevisionRequest.objects.exists()


def test_a_teacher_too_dear_for_one_key_press_is_refused(draft: Draft, expert: Member, paid: Teacher) -> None:
    PriceEntry.objects.filter(provider="openai", model="gpt-4o").update(output_usd_per_million=5000)
    told = revision_requests.conversation(draft, "shorter")

    with pytest.raises(Refusal) as refused:
        ask(draft, by=expert, writer="gpt-4o")

    assert refused.value.code == "revision_too_dear"
    assert "gpt-4o" not in {writer.slug for writer in ports.reviser().writers(draft, told, by=expert)}


def test_a_revision_of_unknown_fate_is_asked_for_on_the_draft(draft: Draft, expert: Member, lead: Member) -> None:
    order = order_of(ask(draft, by=expert).request)

    with pytest.raises(Refusal, match="Request a revision on its draft"):
        uncertain.ask_again(order, call_ids=None, by=lead)
