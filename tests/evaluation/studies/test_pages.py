"""Pages and endpoints of studies: who may see and start them, what they show before, meanwhile and after."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from evaluation.models import Study
from members.models import Member
from review.models import DatasetVersion
from training.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


@pytest.fixture
def form(version: DatasetVersion, student: Student) -> dict[str, str]:
    return {
        "kind": "samples", "preset": "small", "dataset_version": str(version.pk), "student": student.slug,
        "metric": "nll_per_byte", "sizes": "10, 20", "seeds": "1 2", "epochs": "1", "question": "How <b>many</b>?",
    }  # fmt: skip


@pytest.mark.slow
def test_the_form_registers_a_study_and_leads_to_its_page(page: Callable[..., Any], form: dict[str, str]) -> None:
    answer = page("/tasks/{task}/studies/", post=True, **form)

    study = Study.objects.get()
    assert answer["Location"] == f"/studies/{study.pk}/"
    shown = page(answer["Location"]).content.decode()
    assert "How &lt;b&gt;many&lt;/b&gt;?" in shown
    assert study.record_sha256 in shown
    assert f'data-job="{study.job_id}"' in shown
    assert "not begun" in shown


def test_cost_rule_and_grid_are_shown_before_the_launch(page: Callable[..., Any], form: dict[str, str]) -> None:
    part = page("/tasks/{task}/studies/estimate/", **form).content.decode()

    assert "<html" not in part
    assert "10, 20 training records" in part
    assert "about 1 min" in part
    assert "the test split is not used" in part
    assert "95 % interval that ends below 1.05" in part
    assert "What it can show:" in part
    assert "From 4 records and 2 seeds, where runs differ by 2.0 %" in part
    assert "assumed, for no study of this task with this metric has ended" in part
    assert not Study.objects.exists()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizes": "20, 10"}, "must increase"),
        ({"sizes": "10, twenty"}, "whole numbers"),
        ({"epochs": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_study_that_cannot_be_run_is_refused_beside_the_form_and_in_the_estimate(
    page: Callable[..., Any], form: dict[str, str], change: dict[str, str], words: str
) -> None:
    told = page("/tasks/{task}/studies/estimate/", **{**form, **change}).content.decode()
    answer = page("/tasks/{task}/studies/", post=True, **{**form, **change}).content.decode()

    assert words in told
    assert words in answer
    assert not Study.objects.exists()


@pytest.mark.slow
def test_the_list_asks_the_database_the_same_however_many_there_are(
    page: Callable[..., Any], register: Callable[..., Study], django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        register()

    with django_assert_max_num_queries(16):
        page("/tasks/{task}/studies/")


@pytest.mark.slow
def test_the_api_registers_once_per_key_and_tells_all(
    admin: Member, api_as: Callable[..., APIClient], version: DatasetVersion, student: Student
) -> None:
    client, key = api_as(admin), str(uuid4())
    body = {"kind": "samples", "dataset_version": str(version.pk), "student": student.slug, "sizes": [10, 20]}

    first = client.post("/api/v1/studies/", body, format="json", HTTP_IDEMPOTENCY_KEY=key)
    again = client.post("/api/v1/studies/", body, format="json", HTTP_IDEMPOTENCY_KEY=key)

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    told = client.get(f"/api/v1/studies/{first.json()['id']}/").json()
    assert told["job"]["id"] == first.json()["job"]
    assert told["record"]["grid"]["sizes"] == [10, 20]
    assert [cell["state"] for cell in told["cells"]] == ["open"] * 4
    record = client.get(f"/api/v1/studies/{told['id']}/record.json")
    assert hashlib.sha256(record.content).hexdigest() == told["record_sha256"]
    assert json.loads(record.content) == told["record"]
    assert client.get(f"/api/v1/studies/{told['id']}/cells.csv").content.startswith(b"position,arm")
    assert len(client.get("/api/v1/studies/").json()["results"]) == 1


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"student": "nobody"}, 400),
        ({"sizes": [20, 10]}, 400),
        ({"sizes": [2, 20]}, 422),
        ({"dataset_version": str(uuid4())}, 404),
    ],
)
def test_the_api_refuses_what_cannot_be_run(
    admin: Member, api_as: Callable[..., APIClient], version: DatasetVersion, student: Student, change: dict[str, Any],
    status: int,
) -> None:  # fmt: skip
    body = {"kind": "samples", "dataset_version": str(version.pk), "student": student.slug, "sizes": [10, 20], **change}

    answer = api_as(admin).post("/api/v1/studies/", body, format="json")

    assert answer.status_code == status, answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert not Study.objects.exists()
