"""Runs of sweeps that go on from a miniature or learn from a teacher, carried without engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
from training.sweeps import plan

pytestmark = pytest.mark.django_db(transaction=True)

AXES: dict[str, Any] = {"learning_rate": (1e-5, 5e-5), "epochs": (1,)}


@pytest.fixture
def version(task: Task, admin: Member) -> DatasetVersion:
    return freeze_edits(task, admin, train=10, validation=3)


@pytest.fixture
def teacher(student: Student, admin: Member, tmp_path: Path) -> Student:
    folder = write_student(tmp_path / "students" / "wise", width=16)
    return registration.register_folder(path=str(folder), by=admin, name="Wise", licence="Apache-2.0")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("recipe", ["dpo", "kto"])
def test_every_run_of_a_sweep_of_preferences_goes_on_from_the_miniature(
    recipe: str, sweep_of: Callable[..., Sweep], begun: Miniature, tmp_path: Path
) -> None:
    sweep = sweep_of(recipe=recipe, starts_from=begun, **AXES)

    job = finish_all(sweep, tmp_path)

    made = TrainingRun.objects.filter(sweep_cells__sweep=sweep)
    assert (job.result["done"], job.result["failed"]) == (2, 0)
    assert {run.starts_from_id for run in made} == {begun.pk}
    assert {run.objective for run in made} == {recipe}
    assert sorted(run.recipe["learning_rate"] for run in made) == [1e-5, 5e-5]


def test_a_distilled_run_of_a_sweep_learns_from_its_teacher(sweep_of: Callable[..., Sweep], teacher: Student) -> None:
    sweep = sweep_of(recipe="distil", teacher=teacher, **AXES)

    look(sweep)

    assert [run.teacher_id for run in runs_of(sweep)] == [teacher.pk]


@pytest.mark.slow
def test_what_was_measured_from_another_miniature_is_measured_again(
    sweep_of: Callable[..., Sweep],
    begun: Miniature,
    version: DatasetVersion,
    student: Student,
    admin: Member,
    tmp_path: Path,
) -> None:
    finish_all(sweep_of(recipe="dpo", starts_from=begun, **AXES), tmp_path)
    other = conclude(
        launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin),
        tmp_path / "other",
    )
    Miniature.objects.filter(pk=other.pk).update(manifest_sha256="f" * 64)
    other.refresh_from_db()
    asked = order(recipe="dpo", **AXES)

    again, anew = (
        plan.plan_sweep(asked, RunRequest(dataset_version=version, student=student, starts_from=start))
        for start in (begun, other)
    )

    assert (len(again.new), len(anew.new)) == (0, 2)
