"""Asking over HTTP: the API, the form without scripts, and what the desk shows of a revision."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from generation.models import Teacher
from members.models import Member
from review.desk import deck
from review.models import Assignment, Draft, RevisionRequest
from review.states import AssignmentState, DraftState
from tests.generation.test_revisions import ask, carry_out, draft, expert, other

__all__ = ["draft", "expert", "other"]
pytestmark = pytest.mark.django_db


def body(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "instruction": "shorter", **more}


@pytest.mark.slow
def test_the_api_tells_who_can_be_asked_and_asks(
    api_as: Callable[..., APIClient], draft: Draft, expert: Member
) -> None:
    client = api_as(expert, scopes=("review",))
    address = f"/api/v1/drafts/{draft.pk}"

    writers = client.get(f"{address}/writers/").json()
    asking = client.post(f"{address}/revisions/", body(teacher="offline"), format="json")

    assert writers["writers"][0] == {
        "teacher": "offline",
        "name": "Offline teacher",
        "price": "free",
        "is_author": True,
    }
    assert asking.status_code == 202
    told = asking.json()
    assert (told["draft"], told["state"]) == (str(draft.pk), "asked")
    assert str(draft.pk) not in {card["id"] for card in told["next"]}
    assert client.get("/api/v1/desk/outreach/revisions/").json()["results"][0]["id"] == told["id"]
    assert client.get(f"/api/v1/revisions/{told['id']}/").json()["job"] == told["job"]


@pytest.mark.slow
def test_the_same_body_answers_200(api_as: Callable[..., APIClient], draft: Draft, expert: Member) -> None:
    client, said = api_as(expert, scopes=("review",)), body()
    address = f"/api/v1/drafts/{draft.pk}/revisions/"

    statuses = [client.post(address, said, format="json").status_code for _ in range(2)]

    assert statuses == [202, 200]
    assert RevisionRequest.objects.count() == 1


def test_others_see_neither_the_request_nor_the_way_to_ask(
    api_as: Callable[..., APIClient], draft: Draft, expert: Member, other: Member, viewer: Member, stranger: Member
) -> None:
    request = ask(draft, by=expert).request
    address = f"/api/v1/drafts/{draft.pk}"

    assert api_as(other).get(f"/api/v1/revisions/{request.pk}/").status_code == 404
    assert api_as(other).post(f"/api/v1/revisions/{request.pk}/restore/").status_code == 404
    assert api_as(viewer).get(f"{address}/writers/").status_code == 403
    assert api_as(viewer).post(f"{address}/revisions/", body(), format="json").status_code == 403
    assert api_as(viewer).get("/api/v1/desk/outreach/revisions/").status_code == 403
    assert api_as(stranger).post(f"{address}/revisions/", body(), format="json").status_code == 404


@pytest.mark.slow
def test_the_form_asks_without_scripts(as_member: Callable[[Member], Client], draft: Draft, expert: Member) -> None:
    page = as_member(expert)
    html = page.get(f"/review/drafts/{draft.pk}/ask/").content.decode()
    id = re.search(r'name="id" value="([^"]+)"', html)[1]

    answer = page.post(f"/review/drafts/{draft.pk}/ask/", {"id": id, "instruction": "warmer", "teacher": "offline"})

    assert "The author of this draft (free)" in html
    assert answer.status_code == 302
    assert Assignment.objects.get(draft=draft, reviewer=expert).state == AssignmentState.SET_ASIDE


def test_a_form_sent_twice_asks_once(as_member: Callable[[Member], Client], draft: Draft, expert: Member) -> None:
    form = {"id": str(uuid4()), "instruction": "warmer", "teacher": "offline"}

    answers = [as_member(expert).post(f"/review/drafts/{draft.pk}/ask/", form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert str(RevisionRequest.objects.get().pk) == form["id"]


def test_the_form_says_what_is_wrong_and_keeps_the_words(
    as_member: Callable[[Member], Client], draft: Draft, expert: Member, other: Member
) -> None:
    deck.hold(other, draft.pk)

    answer = as_member(expert).post(f"/review/drafts/{draft.pk}/ask/", {"instruction": "warmer, please"})

    assert answer.status_code == 409
    assert "warmer, please" in answer.content.decode()


def test_without_a_teacher_the_form_says_so_and_that_nothing_was_spent(
    as_member: Callable[[Member], Client], draft: Draft, expert: Member
) -> None:
    Teacher.objects.update(is_active=False)

    html = as_member(expert).get(f"/review/drafts/{draft.pk}/ask/").content.decode()

    assert "No teacher is available" in html
    assert "Nothing was spent" in html


@pytest.mark.slow
def test_the_desk_shows_what_changed_and_brings_the_first_draft_back(
    as_member: Callable[[Member], Client], draft: Draft, expert: Member, tmp_path: Path
) -> None:
    request = ask(draft, by=expert, instruction="make it warmer").request
    made = carry_out(request, tmp_path)
    page = as_member(expert)

    html = page.get(f"/tasks/outreach/review/?card={made.pk}").content.decode()
    answer = page.post(f"/review/revisions/{request.pk}/restore/")

    assert "Request: <bdi>make it warmer</bdi>" in html
    assert "<ins>" in html
    assert answer["Location"] == f"/tasks/outreach/review/?card={draft.pk}"
    assert Draft.objects.get(pk=draft.pk).state == DraftState.PENDING
