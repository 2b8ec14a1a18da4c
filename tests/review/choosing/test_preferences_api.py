"""Choosing over HTTP: blind, idempotent, by role."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from members.models import Member
from review.models import Record, Task

pytestmark = pytest.mark.django_db
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
