"""Sweeps of preferences go on from one miniature, sweeps of distillation learn from one teacher; others begin alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from review.models import DatasetVersion, Task
from tests.training.conftest import write_student
from tests.training.miniatures import conclude
from tests.training.preferences import freeze_edits
from tests.training.sweeping import finish_all, look, order, runs_of
from training.models import Miniature, Student, Sweep, TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration
from training.sweeps import launch_sweep, plan
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
RATES = (1e-5, 5e-5)


@pytest.fixture
def version(task: Task, admin: Member) -> DatasetVersion:
    return freeze_edits(task, admin, train=10, validation=3)


@pytest.fixture
def begun(version: DatasetVersion, student: Student, admin: Member, tmp_path: Path) -> Miniature:
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    return conclude(run, tmp_path / "begun")


@pytest.fixture
def teacher(student: Student, admin: Member, tmp_path: Path) -> Student:
    folder = write_student(tmp_path / "students" / "wise", width=16)
    return registration.register_folder(path=str(folder), by=admin, name="Wise", licence="Apache-2.0")


@pytest.fixture
def sweep_of(version: DatasetVersion, student: Student, admin: Member) -> Callable[..., Sweep]:
    def launch(recipe: str, *, starts_from: Any = None, teacher: Any = None, **axes: Any) -> Sweep:
        wishes = order(recipe=recipe, **{"learning_rate": RATES, "epochs": (1,), **axes})
        return launch_sweep.launch(
            wishes,
            RunRequest(dataset_version=version, student=student, starts_from=starts_from, teacher=teacher),
            by=admin,
        )

    return launch


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("recipe", ["dpo", "kto"])
def test_every_run_of_a_sweep_of_preferences_goes_on_from_the_miniature(
    recipe: str, sweep_of: Callable[..., Sweep], begun: Miniature, tmp_path: Path
) -> None:
    sweep = sweep_of(recipe, starts_from=begun)

    job = finish_all(sweep, tmp_path)

    made = TrainingRun.objects.filter(sweep_cells__sweep=sweep)
    assert (job.result["done"], job.result["failed"]) == (2, 0)
    assert {run.starts_from_id for run in made} == {begun.pk}
    assert {run.objective for run in made} == {recipe}
    assert sorted(run.recipe["learning_rate"] for run in made) == list(RATES)


def test_a_distilled_run_of_a_sweep_learns_from_its_teacher(sweep_of: Callable[..., Sweep], teacher: Student) -> None:
    sweep = sweep_of("distil", teacher=teacher)

    look(sweep)

    assert [run.teacher_id for run in runs_of(sweep)] == [teacher.pk]


@pytest.mark.parametrize(
    ("recipe", "with_start", "axes", "code"),
    [
        ("dpo", False, {}, "no_beginning"),
        ("demo", True, {}, "needless_beginning"),
        ("distil", False, {}, "no_teacher"),
        ("dpo", True, {"share": (0.5, 1.0)}, "bad_sweep"),
    ],
)
def test_a_beginning_that_does_not_suit_is_refused_before_anything_is_launched(
    recipe: str, with_start: bool, axes: Any, code: str, sweep_of: Callable[..., Sweep], begun: Miniature
) -> None:
    with pytest.raises(Refusal) as refused:
        sweep_of(recipe, starts_from=begun if with_start else None, **axes)

    assert refused.value.code == code
    assert refused.value.errors
    assert not Sweep.objects.exists()


@pytest.mark.slow
def test_what_was_measured_from_another_miniature_is_measured_again(
    sweep_of: Callable[..., Sweep],
    begun: Miniature,
    version: DatasetVersion,
    student: Student,
    admin: Member,
    tmp_path: Path,
) -> None:
    finish_all(sweep_of("dpo", starts_from=begun), tmp_path)
    other = conclude(
        launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin),
        tmp_path / "other",
    )
    Miniature.objects.filter(pk=other.pk).update(manifest_sha256="f" * 64)
    other.refresh_from_db()
    asked = order(recipe="dpo", learning_rate=RATES, epochs=(1,))

    again, anew = (
        plan.plan_sweep(asked, RunRequest(dataset_version=version, student=student, starts_from=start))
        for start in (begun, other)
    )

    assert (len(again.new), len(anew.new)) == (0, 2)


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

    assert (refused.status_code, "goes on from a miniature" in refused.content.decode()) == (400, True)
    assert "<dt>Runs</dt>" in foretold
    assert unknown.status_code == 200
    shown = client.get(launched.url).content.decode()
    assert begun.name in shown
    assert f"starts_from={begun.pk}" in shown
