"""The paper's contradictions stand beside what finished studies of such students measured,
and nowhere beside a typed figure.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import formats, timezone

from evaluation.models import Study
from evaluation.studies import contradictions, launch_study
from evaluation.studies.design import StudyRequest
from members.models import Member
from review.db import immutability
from review.models import DatasetVersion, Task
from tests.evaluation.studies.conftest import finish_all
from tests.review import factories
from tests.training.conftest import write_student
from training.models import Student
from training.students import registration

pytestmark = pytest.mark.django_db(transaction=True)
FALL, SWEET_SPOT, BELOW_3B = range(3)


@pytest.fixture
def students(admin: Member, tmp_path: Path, settings: Any) -> Callable[..., list[Student]]:
    """Registers students that are said to have so many billions of parameters."""
    settings.STUDENT_ROOTS = [tmp_path / "students"]

    def register(**billions: float) -> list[Student]:
        made = []
        for place, (name, size) in enumerate(billions.items(), start=1):
            folder = write_student(tmp_path / "students" / name, width=8 * place)
            student = registration.register_folder(path=str(folder), by=admin, name=name.title(), licence="Apache-2.0")
            Student.objects.filter(pk=student.pk).update(parameters=round(size * 1e9))
            student.refresh_from_db()
            made.append(student)
        return made

    return register


@pytest.fixture
def other_task(admin: Member) -> Task:
    return factories.make_task(by=admin, slug="rivals")


@pytest.fixture
def run(version: DatasetVersion, admin: Member, tmp_path: Path) -> Callable[..., Study]:
    """Carries a study of these students to its end; losses are 0.5, less what an arm is better by."""

    def carry(made: list[Student], kind: str = "students", **better: float) -> Study:
        others = tuple(each.slug for each in made[1:])
        recipes = {"lora": "demo", "full": "demo-full"}
        wishes = StudyRequest(kind=kind, students=others, sizes=(20,), seeds=(1, 2, 3), epochs=1, recipes=recipes)
        study = launch_study.launch(wishes, version=version, student=made[0], by=admin)
        arms = {
            cell.arm: better.get(cell.arm.split(",")[0], 0.0) + (0.05 if cell.arm.endswith("full") else 0.0)
            for cell in study.cells.all()
        }
        finish_all(study, tmp_path, better=arms)
        return Study.objects.get(pk=study.pk)

    return carry


def measured(task: Task) -> list[Any]:
    return [one["measured"] for one in contradictions.of_task(task)]


def test_nothing_is_measured_where_no_study_has_students_of_these_sizes(
    students: Callable[..., list[Student]], run: Callable[..., Study], task: Task, client: Client, admin: Member
) -> None:
    assert measured(task) == [None, None, None]

    study = run(students(small=0.001, large=0.003))

    assert measured(task) == [None, None, None]
    client.force_login(admin)
    for page in (f"/studies/{study.pk}/", f"/tasks/{task.slug}/studies/paper/"):
        shown = client.get(page).content.decode()
        assert shown.count("not measured: no finished study has students of these sizes") == 3
    assert "falls by 3 to 5 % from 12B to 4B; the table has 5.9 and 5.1 %, a fall of 13.6 %" in shown


@pytest.mark.slow
def test_a_finished_study_gives_the_figure_its_interval_its_date_and_itself(
    students: Callable[..., list[Student]], run: Callable[..., Study], task: Task, client: Client, admin: Member
) -> None:
    study = run(students(one=1.2, four=4.3, twelve=12.2), four=0.1, twelve=0.11)

    found = measured(task)

    (fall,) = found[FALL]["comparisons"]
    registered = next(one for one in study.verdict.body["comparisons"] if one["arm"] == "four")
    assert {name: fall[name] for name in ("arm", "against", "lost", "low", "high")} == {
        name: registered[name] for name in ("arm", "against", "lost", "low", "high")
    }
    assert fall["low"] < fall["lost"] < fall["high"]
    assert found[SWEET_SPOT]["comparisons"] == [fall]
    assert [(one["arm"], one["against"]) for one in found[BELOW_3B]["comparisons"]] == [("one", "twelve")]
    assert {each["study"] for each in found} == {str(study.pk)}
    client.force_login(admin)
    over_api = client.get(f"/api/v1/studies/{study.pk}/").json()["contradictions"]
    assert over_api == client.get(f"/api/v1/tasks/{task.slug}/paper/").json()["contradictions"]
    assert over_api[FALL]["measured"]["comparisons"] == [fall]
    assert over_api[FALL]["measured"]["ended_at"].startswith(f"{study.verdict.written_at:%Y-%m-%dT%H:%M}")
    for page in (f"/studies/{study.pk}/", f"/tasks/{task.slug}/studies/paper/"):
        shown = client.get(page).content.decode()
        assert fall["sentence"] in shown
        assert "; shown to be less than 5" in shown
        assert formats.date_format(timezone.localtime(study.verdict.written_at), "j M Y") in shown


@pytest.mark.slow
def test_a_pair_that_no_order_was_registered_for_is_compared_from_the_cells(
    students: Callable[..., list[Student]], run: Callable[..., Study], task: Task
) -> None:
    run(students(four=4.3, twelve=12.2, thirty=30.0), twelve=0.1, thirty=0.2)

    (fall,) = measured(task)[FALL]["comparisons"]

    assert (fall["arm"], fall["against"]) == ("four", "twelve")
    # Losses are 0.5 and 0.4 with 0.015 more for the mean over four records.
    assert fall["lost"] == pytest.approx(0.1 / 0.415, rel=0.01)
    assert fall["sentence"].endswith("; not shown to be less than 5\N{NO-BREAK SPACE}%.")


@pytest.mark.slow
def test_a_pair_after_one_that_was_not_shown_is_shown_nowhere(
    students: Callable[..., list[Student]], run: Callable[..., Study], task: Task
) -> None:
    study = run(students(four=4.3, eleven=11.0, twelve=12.2), four=0.1, twelve=0.1)

    (fall,) = measured(task)[FALL]["comparisons"]

    registered = study.verdict.body["comparisons"]
    assert [(one["arm"], one["is_asked"], one["is_shown"]) for one in registered] == [
        ("eleven", True, False),
        ("four", False, False),
    ]
    assert fall["sentence"].endswith("; not shown to be less than 5\N{NO-BREAK SPACE}%.")


@pytest.mark.slow
def test_of_both_methods_the_arms_tuned_by_lora_are_compared(
    students: Callable[..., list[Student]], run: Callable[..., Study], task: Task
) -> None:
    run(students(four=4.3, twelve=12.2), kind="methods", twelve=0.1)

    (fall,) = measured(task)[FALL]["comparisons"]

    assert (fall["arm"], fall["against"]) == ("four, LoRA", "twelve, LoRA")


@pytest.mark.slow
def test_a_student_whose_seeds_lie_far_apart_is_unstable_there_too(
    students: Callable[..., list[Student]], run: Callable[..., Study], task: Task
) -> None:
    study = run(students(four=4.3, twelve=12.2, thirty=30.0))
    for cell in study.cells.filter(arm="four").select_related("measurement"):
        scores = cell.measurement.scores["nll_per_byte"]
        cell.measurement.scores["nll_per_byte"] = {record: loss * cell.seed for record, loss in scores.items()}
        with immutability.disabled():
            cell.measurement.save()

    (fall,) = measured(task)[FALL]["comparisons"]

    assert fall["sentence"].startswith("four against twelve: undecided, four is unstable: its seeds differ by")


@pytest.mark.slow
def test_studies_of_other_tasks_and_of_other_kinds_tell_nothing(
    students: Callable[..., list[Student]], run: Callable[..., Study], register: Callable[..., Study], task: Task,
    other_task: Task, client: Client, admin: Member,
) -> None:  # fmt: skip
    run(students(four=4.3, twelve=12.2))
    samples = register()

    assert measured(other_task) == [None, None, None]
    client.force_login(admin)
    assert client.get(f"/api/v1/studies/{samples.pk}/").json()["contradictions"] == []
