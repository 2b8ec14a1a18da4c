"""The API of studies of drift says what their pages say."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.models import DriftStudy
from members.models import Member
from review.models import Task

pytestmark = pytest.mark.django_db
ALL = "/api/v1/drift-studies/"


@pytest.mark.slow
def test_the_api_registers_looks_and_tells_what_the_page_tells(
    task: Task, study: DriftStudy, lead: Member, api_as: Any
) -> None:
    api = api_as(lead)

    made = api.post(ALL, {"task": task.slug, "first_day": "2026-05-01", "points": 4}, format="json")
    of_it = f"{ALL}{made.json()['id']}/"
    look = api.post(f"{of_it}looks/")
    again = api.post(f"{of_it}looks/")
    told = api.get(of_it).json()
    listed = api.get(ALL, {"task": task.slug}).json()["results"]

    assert (made.status_code, made.json()["look_due"], made.json()["looks"]) == (201, 4, [])
    assert (look.status_code, look.json()["state"], look.json()["changed_in"]) == (201, "changed", "2026-07")
    assert (again.status_code, again.json()["code"]) == (409, "study_concluded")
    assert told["looks"] == [look.json()]
    assert (told["look_due"], told["verdict"]) == (0, look.json()["sentence"])
    # In the past year 66 of 600 were answered, in four months.
    assert (told["record"]["outlook"]["mails"], told["record"]["outlook"]["share"]) == (150, 0.11)
    assert {each["id"] for each in listed} == {made.json()["id"], str(study.pk)}


def test_a_wrong_body_is_told_by_its_fields(task: Task, lead: Member, api_as: Any) -> None:
    answer = api_as(lead).post(ALL, {"task": task.slug, "first_day": "2026-05-02"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_study")
    assert list(answer.json()["errors"]) == ["first_day"]


def test_a_repeated_key_registers_once(task: Task, lead: Member, api_as: Any) -> None:
    body = {"task": task.slug, "first_day": "2026-10-01", "mails": 100, "share": 0.1}

    answers = [api_as(lead).post(ALL, body, format="json", HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert DriftStudy.objects.count() == 1
