"""Sweeps of preferences go on from one miniature, sweeps of distillation learn from one teacher; others begin alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from review.models import DatasetVersion, Task
from tests.training.preferences import freeze_edits
from training.models import Miniature, Student, Sweep
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
RATES = (1e-5, 5e-5)


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze_edits(shared_task, shared_admin, train=10, validation=3)


@pytest.mark.parametrize(
    ("recipe", "with_start", "axes", "code"),
    [
        ("dpo", False, {}, "no_beginning"),
        ("dpo", True, {"share": (0.5, 1.0)}, "bad_sweep"),
    ],
)
def test_a_beginning_that_does_not_suit_is_refused_before_anything_is_launched(
    recipe: str, with_start: bool, axes: Any, code: str, sweep_of: Callable[..., Sweep], begun: Miniature
) -> None:
    with pytest.raises(Refusal) as refused:
        sweep_of(recipe=recipe, epochs=(1,), starts_from=begun if with_start else None, **axes)

    assert refused.value.code == code
    assert refused.value.errors
    assert not Sweep.objects.exists()


def test_the_api_takes_a_miniature_by_slug_and_tells_it(
    api_as: Callable[..., APIClient], admin: Member, version: DatasetVersion, student: Student, begun: Miniature
) -> None:
    body = {
        "dataset_version": str(version.pk), "student": student.slug, "recipe": "dpo", "starts_from": begun.slug,
        "learning_rate": list(RATES), "max_hours": 5,
    }  # fmt: skip
    api = api_as(admin)

    estimate = api.post("/api/v1/sweeps/estimate/", body, format="json")
    started = api.post("/api/v1/sweeps/", body, format="json")
    without = api.post("/api/v1/sweeps/", {**body, "starts_from": None}, format="json")

    assert (estimate.status_code, estimate.json()["runs"]) == (200, 2)
    assert started.status_code == 202
    told = api.get(f"/api/v1/sweeps/{started.json()['id']}/").json()
    assert (told["starts_from"], told["teacher"]) == (str(begun.pk), None)
    assert (without.status_code, without.json()["code"]) == (400, "no_beginning")


@pytest.mark.slow
def test_the_page_takes_shows_and_repeats_a_beginning(
    as_member: Callable[[Member], Client],
    admin: Member,
    task: Task,
    version: DatasetVersion,
    student: Student,
    begun: Miniature,
) -> None:
    client, page = as_member(admin), f"/tasks/{task.slug}/sweeps/"
    form = {
        "dataset_version": str(version.pk), "student": student.slug, "recipe": "dpo", "device": "auto",
        "learning_rate": "1e-5 5e-5", "max_hours": "5", "at_once": "1",
    }  # fmt: skip

    refused = client.post(page, form)
    foretold = client.get(f"{page}estimate/", {**form, "starts_from": str(begun.pk)}).content.decode()
    unknown = client.get(f"{page}estimate/", {**form, "starts_from": str(begun.pk), "teacher": "nobody"})
    launched = client.post(page, {**form, "starts_from": str(begun.pk)})

    assert (refused.status_code, "starts from a miniature" in refused.content.decode()) == (400, True)
    assert "<dt>Runs</dt>" in foretold
    assert unknown.status_code == 200
    shown = client.get(launched.url).content.decode()
    assert begun.name in shown
    assert f"starts_from={begun.pk}" in shown
