"""Pages and endpoints of studies: who may see and start them, what they show before, meanwhile and after."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from evaluation.models import Study
from members.models import Member
from review.db import immutability
from review.models import DatasetVersion
from tests.evaluation.studies.conftest import end, finish_all, look
from training.models import Student, TrainingRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def form(version: DatasetVersion, student: Student) -> dict[str, str]:
    return {
        "kind": "samples", "preset": "small", "dataset_version": str(version.pk), "student": student.slug,
        "metric": "nll_per_byte", "sizes": "10, 20", "seeds": "1 2", "epochs": "1", "question": "How <b>many</b>?",
    }  # fmt: skip


@pytest.fixture
def page(admin: Member, as_member: Callable[[Member], Client], version: DatasetVersion) -> Callable[..., Any]:
    client, task = as_member(admin), version.dataset.task

    def _page(path: str, **data: Any) -> Any:
        send = client.post if data.pop("post", False) else client.get
        return send(path.format(task=task.slug), data)

    return _page


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
        ({"seeds": "1"}, "at least 2 different seeds"),
        ({"sizes": "4, 20"}, "at least 8"),
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
def test_the_verdict_comes_first_and_the_files_hold_it_all(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    study = register()
    finish_all(study, tmp_path)

    shown = page(f"/studies/{study.pk}/").content.decode()
    rows = list(csv.DictReader(io.StringIO(page(f"/studies/{study.pk}/cells.csv").content.decode())))
    record = page(f"/studies/{study.pk}/record.json")

    assert "10 records are enough" in shown
    assert 'data-chart="lines"' in shown
    assert "Gives no curve over the number of samples" in shown
    assert [(row["records"], row["seed"], row["state"]) for row in rows] == [
        ("10", "1", "done"), ("10", "2", "done"), ("20", "1", "done"), ("20", "2", "done"),
    ]  # fmt: skip
    assert hashlib.sha256(record.content).hexdigest() == study.record_sha256
    assert record["ETag"] == f'"{study.record_sha256}"'


@pytest.mark.slow
def test_lora_against_full_shows_costs_beside_the_papers(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    study = register(kind="methods", sizes=(20,), recipes={"lora": "demo", "full": "demo-full"})
    finish_all(study, tmp_path)

    shown = page(f"/studies/{study.pk}/").content.decode()

    assert '<p class="verdict">LoRA is as good as full fine-tuning: its loss is' in shown
    assert "Full ÷ LoRA, reported" in shown
    assert "3 to 5" in shown


@pytest.mark.slow
def test_a_failed_cell_shows_its_reason_as_text(page: Callable[..., Any], register: Callable[..., Study]) -> None:
    study = register()
    look(study)
    run = TrainingRun.objects.order_by("number").first()
    assert run is not None
    end(run.job, "failed", error={"code": "x", "message": "<script>alert(1)</script>", "hint": ""})
    look(study)

    part = page(f"/studies/{study.pk}/progress/").content.decode()

    assert "<html" not in part
    assert "&lt;script&gt;alert(1)" in part
    assert "is-failed" in part


@pytest.mark.slow
def test_the_list_teaches_when_empty_and_shows_verdicts(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    empty = page("/tasks/{task}/studies/").content.decode()
    finish_all(register(), tmp_path)

    assert "No study yet" in empty
    assert "10 records are enough" in page("/tasks/{task}/studies/").content.decode()


@pytest.mark.slow
def test_the_list_asks_the_database_the_same_however_many_there_are(
    page: Callable[..., Any], register: Callable[..., Study], django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        register()

    with django_assert_max_num_queries(16):
        page("/tasks/{task}/studies/")


@pytest.mark.parametrize("path", ["", "progress/", "cells.csv", "record.json"])
def test_a_member_of_another_task_finds_nothing(
    register: Callable[..., Study], reviewer: Member, as_member: Callable[[Member], Client], path: str
) -> None:
    assert as_member(reviewer).get(f"/studies/{register().pk}/{path}").status_code == 404


def test_a_viewer_sees_but_may_not_register(
    register: Callable[..., Study], viewer: Member, as_member: Callable[[Member], Client], form: dict[str, str]
) -> None:
    study, client = register(), as_member(viewer)

    seen = client.get(f"/tasks/{study.task.slug}/studies/")
    answer = client.post(f"/tasks/{study.task.slug}/studies/", form)

    assert "New study" not in seen.content.decode()
    assert answer.status_code == 403
    assert Study.objects.count() == 1


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
        ({"kind": "weather"}, 400),
        ({"sizes": [20, 10]}, 400),
        ({"sizes": ["x"]}, 400),
        ({"seeds": [1]}, 400),
        ({"sizes": [2, 20]}, 422),
        ({"dataset_version": str(uuid4())}, 404),
        ({"recipes": {"lora": "paper-full-of-hope"}}, 400),
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


def test_anonymous_readers_and_wrong_verbs_are_turned_away(
    register: Callable[..., Study], viewer: Member, reviewer: Member, api_as: Callable[..., APIClient]
) -> None:
    address = f"/api/v1/studies/{register().pk}/"

    assert APIClient().get(address).status_code == 401
    assert api_as(reviewer).get(address).status_code == 404
    assert api_as(viewer, scopes=("read",)).get(address).status_code == 200
    assert api_as(viewer, scopes=("read",)).post("/api/v1/studies/", {}, format="json").status_code == 403
    assert api_as(reviewer).delete(address).status_code == 405


@pytest.mark.slow
def test_cells_that_were_recorded_elsewhere_are_marked_and_left_out_of_costs(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    first = register()
    finish_all(first, tmp_path)
    figures = {"seconds": 9_999.0, "peak_memory_gib": 9.0, "trainable_parameters": 10, "artefact_bytes": 10}
    for cell in first.cells.filter(records=10):
        found = cell.measurement
        found.scores, found.run = {**found.scores, "run": figures}, None
        with immutability.disabled():
            found.save()

    mixed = register(seeds=(1, 2, 3))
    finish_all(mixed, tmp_path)
    shown = page(f"/studies/{mixed.pk}/").content.decode()

    points = {point["records"]: point for point in Study.objects.get(pk=mixed.pk).verdict.body["points"]}
    assert shown.count("recorded</span>") == 2
    assert "2 cells of this study were recorded on another machine" in shown
    assert all(point["seconds"] is not None and point["seconds"] < 9_000 for point in points.values())
