"""Studies of the human filter and of students: each arm is given its own texts or student,
and what cannot be asked is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Measurement, Study
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Draft, Record, Task
from review.spec import prompting
from review.states import Split
from tests.evaluation.studies.conftest import finish_all
from tests.review import factories
from tests.review.datasets import golds
from tests.training.conftest import write_student
from training.inputs import run_inputs
from training.models import Student, TrainingRun
from training.students import registration
from web.errors import Refusal

pytestmark = pytest.mark.django_db
TRAIN, VALIDATION = 30, 4


@pytest.fixture
def judged(task: Task, admin: Member) -> DatasetVersion:
    """Thirty training records: ten drafts accepted, ten edited, ten rejected; all three verdicts frozen."""
    records = factories.make_records(factories.make_source(task), TRAIN + VALIDATION)
    for place, record in enumerate(records):
        record.split = Split.TRAIN if place < TRAIN else Split.VALIDATION
    Record.objects.bulk_update(records, ["split"])
    golds.make_drafts(task, records)
    each = [("accept", "edit", "reject")[place % 3] for place in range(TRAIN)] + ["accept"] * VALIDATION
    golds.decide_each(admin, task, each)
    chosen = {"verdicts": ["accept", "edit", "reject"]}
    return golds.sealed(freezing.freeze(freezing.create(task, name="All verdicts", by=admin, filters=chosen), by=admin))


@pytest.fixture
def ask(judged: DatasetVersion, student: Student, admin: Member) -> Callable[..., Study]:
    def _ask(**asked: Any) -> Study:
        wishes = StudyRequest(**{"kind": "filter", "seeds": (1, 2), "epochs": 1, **asked})
        return launch_study.launch(wishes, version=judged, student=student, by=admin)

    return _ask


def texts_of(study: Study, arm: str, folder: Path) -> dict[str, str]:
    """What the first cell of an arm is tuned on: completions by draft."""
    measurement = study.cells.filter(arm=arm).select_related("measurement")[0].measurement
    plan = measurement.plan
    run = TrainingRun(
        task=study.task,
        dataset_version=study.dataset_version,
        task_version=study.task.versions.order_by("-number")[0],
        student=study.student,
        recipe=plan["recipe"],
        sample=plan["sample"],
        purpose="study",
    )
    target = folder / arm
    target.mkdir()
    run_inputs._lay_sample(run, target / "train.jsonl")
    rows = [json.loads(line) for line in (target / "train.jsonl").read_text().splitlines()]
    assert all(set(row) == {"id", "prompt", "completion", "meta"} for row in rows)
    return {row["id"].removesuffix(":original"): row["completion"][0]["content"] for row in rows}


def as_written(ids: Sequence[str]) -> dict[str, str]:
    found = Draft.objects.filter(pk__in=ids).select_related("task_version")
    return {str(draft.pk): prompting.completion(draft.task_version.spec, draft.fields) for draft in found}


def states(ids: Sequence[str]) -> set[str]:
    return set(Draft.objects.filter(pk__in=ids).values_list("gold__verdict", flat=True))


@pytest.mark.slow
def test_each_arm_is_tuned_on_its_own_texts(ask: Callable[..., Study], tmp_path: Path) -> None:
    study = ask()

    found = {arm["name"]: texts_of(study, arm["name"], tmp_path) for arm in study.record["grid"]["arms"]}

    assert {name: len(texts) for name, texts in found.items()} == {
        "Accepted and edited": 10, "Accepted": 10, "Unfiltered": 10, "Longest": 10, "Everything written": 30,
    }  # fmt: skip
    assert states(list(found["Accepted and edited"])) == {"accept", "edit"}
    assert any("A better subject" in text for text in found["Accepted and edited"].values())
    assert states(list(found["Accepted"])) == {"accept"}
    assert states(list(found["Everything written"])) == {"accept", "edit", "reject"}
    for name in ("Unfiltered", "Longest", "Everything written"):
        assert found[name] == as_written(list(found[name]))
    longest = sorted(map(len, found["Everything written"].values()))[-10:]
    assert sorted(map(len, found["Longest"].values())) == longest


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_filter_study_runs_to_its_verdict(
    ask: Callable[..., Study], admin: Member, client: Client, tmp_path: Path
) -> None:
    study = ask()

    finish_all(study, tmp_path, loss=lambda size, seed: 0.5 + seed / 10_000)

    body = Study.objects.get(pk=study.pk).verdict.body
    assert body["sentence"].startswith("The study does not show whether the human filter helps")
    assert [one["against"] for one in body["comparisons"]] == [
        "Unfiltered",
        "Unfiltered",
        "Longest",
        "Everything written",
    ]
    client.force_login(admin)
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert "does not show whether the human filter helps" in page
    assert page.count("Everything written") >= 2
    assert "not tested" in page
    assert ">apart<" in page


def test_a_version_without_rejected_drafts_cannot_tell(
    version: DatasetVersion, student: Student, admin: Member
) -> None:
    with pytest.raises(Refusal, match="holds no rejected draft") as refused:
        launch_study.launch(StudyRequest(kind="filter"), version=version, student=student, by=admin)

    assert "dataset_version" in refused.value.errors
    assert not Study.objects.exists()


def test_students_are_compared_with_the_largest(
    ask: Callable[..., Study], student: Student, admin: Member, tmp_path: Path
) -> None:
    folder = write_student(tmp_path / "students" / "wide", width=16)
    wide = registration.register_folder(path=str(folder), by=admin, name="Wide", licence="Apache-2.0")

    study = ask(kind="students", students=(wide.slug,), seeds=(1, 2, 3))

    assert study.student == wide
    assert study.record["decision_rule"]["comparisons"] == [[student.slug, wide.slug]]
    plans = Measurement.objects.values_list("plan__student", flat=True)
    assert sorted(set(plans)) == sorted({str(student.pk), str(wide.pk)})


def test_two_seeds_are_too_few_to_name_the_smallest_student(
    ask: Callable[..., Study], student: Student, admin: Member, tmp_path: Path
) -> None:
    folder = write_student(tmp_path / "students" / "wide", width=16)
    wide = registration.register_folder(path=str(folder), by=admin, name="Wide", licence="Apache-2.0")

    with pytest.raises(Refusal, match="at least 3 different seeds"):
        ask(kind="students", students=(wide.slug,), seeds=(1, 2))


def test_one_student_alone_and_one_of_unknown_size_are_refused(ask: Callable[..., Study], student: Student) -> None:
    with pytest.raises(Refusal, match="two students or more"):
        ask(kind="students")

    Student.objects.filter(pk=student.pk).update(parameters=None)
    student.refresh_from_db()
    with pytest.raises(Refusal, match="has is not known"):
        ask(kind="students")
