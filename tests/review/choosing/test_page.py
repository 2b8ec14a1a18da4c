"""Choosing over HTTP: the page, a part for htmx, and the API; nothing in them tells who wrote a draft."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from review.desk import deck
from review.models import Draft, Preference, Record, Task
from review.states import DraftState

pytestmark = pytest.mark.django_db
ADDRESS = "/tasks/outreach/review/choose/"


@pytest.fixture
def page(as_member: Callable[[Member], Client], expert: Member) -> Client:
    return as_member(expert)


def form_of(html: str) -> dict[str, Any]:
    return {
        "id": re.search(r'name="id" value="([^"]+)"', html)[1],
        "record": re.search(r'name="record" value="([^"]+)"', html)[1],
        "shown": re.findall(r'name="shown" value="([^"]+)"', html),
    }


def test_the_page_shows_all_drafts_and_no_teacher(page: Client, records: list[Record]) -> None:
    html = page.get(ADDRESS).content.decode()

    assert html.count("Variant") == 3
    for word in ("canary", "0.0031", "openai", "anthropic", "offline-1"):
        assert word not in html


def test_choosing_by_the_form_goes_on_to_the_next_record(page: Client, records: list[Record], expert: Member) -> None:
    form = form_of(page.get(ADDRESS).content.decode())

    answer = page.post(ADDRESS, {**form, "best": form["shown"][1], "seconds": "3.5"}, follow=True)

    preference = Preference.objects.get()
    assert (str(preference.chosen_id), preference.shown, preference.seconds) == (form["shown"][1], form["shown"], 3.5)
    html = answer.content.decode()
    assert "Draft 2 chosen." in html
    assert form_of(html)["record"] != form["record"]


def test_undo_shows_the_same_record_again(page: Client, records: list[Record]) -> None:
    form = form_of(page.get(ADDRESS).content.decode())
    after = form_of(page.post(ADDRESS, {**form, "best": form["shown"][0]}, follow=True).content.decode())

    html = page.post(ADDRESS, {"id": after["id"], "do": "undo"}, follow=True).content.decode()

    assert form_of(html)["record"] == form["record"]
    assert not Draft.objects.filter(state=DraftState.KEPT).exists()


def test_then_edit_leads_to_the_desk_with_the_chosen_card(page: Client, records: list[Record]) -> None:
    form = form_of(page.get(ADDRESS).content.decode())

    answer = page.post(ADDRESS, {**form, "best": form["shown"][2], "then": "edit"})

    assert answer["Location"] == f"/tasks/outreach/review/?card={form['shown'][2]}&edit=1"


def test_htmx_gets_the_part_alone(page: Client, records: list[Record]) -> None:
    form = form_of(page.get(ADDRESS).content.decode())

    answer = page.post(ADDRESS, {**form, "best": form["shown"][0]}, headers={"HX-Request": "true"})

    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="lineup"')
    assert "<html" not in html


def test_a_draft_that_moved_is_said_beside_the_form(page: Client, records: list[Record], other: Member) -> None:
    form = form_of(page.get(ADDRESS).content.decode())
    deck.hold(other, form["shown"][0])

    answer = page.post(ADDRESS, {**form, "best": form["shown"][1], "note": "Both are late."})

    assert answer.status_code == 409
    assert 'value="Both are late."' in answer.content.decode()
    assert "Another reviewer now has" in answer.content.decode()
    assert not Preference.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_note_stays_when_enter_in_it_chose_nothing(
    page: Client, records: list[Record], headers: dict[str, str]
) -> None:
    form = form_of(page.get(ADDRESS).content.decode())

    answer = page.post(ADDRESS, {**form, "note": "Both name the depot."}, headers=headers)

    assert "Nothing was chosen." in answer.content.decode()
    assert 'value="Both name the depot."' in answer.content.decode()


def test_without_sets_the_page_says_how_to_get_some(page: Client, task: Task) -> None:
    assert "No drafts to compare" in page.get(ADDRESS).content.decode()


NEXT, PREFERENCES = "/api/v1/desk/outreach/preferences/next/", "/api/v1/tasks/outreach/preferences/"


def body_of(client: APIClient, best: int | None = 0) -> dict[str, object]:
    lineup = client.get(NEXT).json()["lineup"]
    shown = [draft["id"] for draft in lineup["drafts"]]
    chosen = None if best is None else shown[best]
    return {"id": str(uuid4()), "record": lineup["record"]["id"], "shown": shown, "chosen": chosen, "seconds": 2.5}


def test_a_program_chooses_until_nothing_is_left(
    api_as: Callable[..., APIClient], expert: Member, records: list[Record]
) -> None:
    client = api_as(expert, scopes=("review",))
    for _ in records:
        assert client.post(PREFERENCES, body_of(client), format="json").status_code == 201

    assert client.get(NEXT).json() == {"lineup": None}
    assert len(client.get(PREFERENCES).json()["results"]) == 3


def test_the_same_body_answers_200_and_another_409(
    api_as: Callable[..., APIClient], expert: Member, records: list[Record]
) -> None:
    client = api_as(expert, scopes=("review",))
    body = body_of(client)
    first = client.post(PREFERENCES, body, format="json")

    again = client.post(PREFERENCES, body, format="json")
    changed = client.post(PREFERENCES, {**body, "chosen": None}, format="json")

    assert (first.status_code, again.status_code, changed.status_code) == (201, 200, 409)
    assert again.json() == first.json()
    assert changed.json()["code"] == "preference_id_reused"


def test_a_preference_is_taken_back(api_as: Callable[..., APIClient], expert: Member, records: list[Record]) -> None:
    client = api_as(expert, scopes=("review",))
    made = client.post(PREFERENCES, body_of(client), format="json").json()

    answer = client.post(PREFERENCES, {"id": str(uuid4()), "retracts": made["id"]}, format="json")

    assert answer.status_code == 201
    assert answer.json()["retracts"] == made["id"]
    assert client.get(PREFERENCES).json()["results"][0]["is_retracted"]


def test_a_body_without_record_or_preference_says_what_is_wanted(
    api_as: Callable[..., APIClient], expert: Member, task: Task
) -> None:
    answer = api_as(expert).post(PREFERENCES, {"id": str(uuid4())}, format="json")

    assert answer.status_code == 400
    assert "Name the record" in str(answer.json())


def test_reviewers_read_their_own_preferences_and_leads_all(
    api_as: Callable[..., APIClient], expert: Member, other: Member, admin: Member, records: list[Record]
) -> None:
    client = api_as(expert)
    client.post(PREFERENCES, body_of(client, None), format="json")

    assert api_as(other).get(PREFERENCES).json()["results"] == []
    assert [preference["reviewer"] for preference in api_as(admin).get(PREFERENCES).json()["results"]] == ["rob"]
