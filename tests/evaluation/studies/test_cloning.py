"""Imitation against logits: both arms see the same rows by the same recipe, and what cannot be compared is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.models import Measurement, Study
from evaluation.states import StudyKind
from evaluation.studies import cells, launch_study
from evaluation.studies.design import StudyRequest
from evaluation.studies.kinds import KINDS
from evaluation.studies.kinds.cloning import ANSWER_ALONE, IMITATES, LOGITS
from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Record
from review.spec.schema import InputField, Label, OutputField
from review.spec.task_spec import TaskSpec
from review.states import Split
from tests.evaluation.studies.conftest import finish_all
from tests.evaluation.studies.simulated import concluded
from tests.evaluation.studies.test_arms import cells as finished
from tests.review import factories
from tests.review.datasets import golds
from tests.training.conftest import write_student
from training.models import Student, TrainingRun
from training.students import registration
from web.errors import Refusal

pytestmark = pytest.mark.django_db
RULE = {**KINDS[StudyKind.CLONING].rule, "metric": "answers_right", "draws": 500}
SPEC = TaskSpec(
    instruction="Qualify.",
    input_schema=(InputField(name="company", role="group", required=True),),
    output_schema=(
        OutputField(name="steps", role="reasoning", required=False),
        OutputField(name="lead", type="choice", labels=(Label(name="yes"), Label(name="no"))),
    ),
    teacher_template="{{instruction}}\n{{facts}}",
    student_template="{{facts}}",
)


@pytest.fixture
def teacher(admin: Member, student: Student, tmp_path: Path) -> Student:
    folder = write_student(tmp_path / "students" / "wide", width=16)
    return registration.register_folder(path=str(folder), by=admin, name="Wide", licence="Apache-2.0")


@pytest.fixture
def frozen(admin: Member) -> Callable[[str], DatasetVersion]:
    """Freezes versions of one task of labels with reasoning: *keep* or *drop* it."""
    task = factories.make_task(by=admin, spec=SPEC, slug="leads")
    records = factories.make_records(factories.make_source(task), 24)
    for place, record in enumerate(records):
        record.split = Split.TRAIN if place < 20 else Split.VALIDATION
    Record.objects.bulk_update(records, ["split"])
    factories.make_drafts(task, records, fields=[{"steps": "It is one. So: yes.", "lead": "yes"}] * 24)
    golds.accept_all(admin, task, count=24)

    def freeze(reasoning: str) -> DatasetVersion:
        made = freezing.create(task, name=f"Leads {reasoning}", by=admin, filters={"reasoning": reasoning})
        return golds.sealed(freezing.freeze(made, by=admin))

    return freeze


def asks(**more: Any) -> StudyRequest:
    return StudyRequest(**{"kind": "cloning", "sizes": (20,), "seeds": (1, 2), "epochs": 1, **more})


def test_logits_are_learnt_from_the_same_rows_by_the_same_recipe(
    version: DatasetVersion, student: Student, teacher: Student, admin: Member
) -> None:
    launch_study.launch(asks(teacher=teacher.slug), version=version, student=student, by=admin)

    texts = Measurement.objects.get(cells__arm=IMITATES, cells__seed=1)
    logits = Measurement.objects.get(cells__arm=LOGITS, cells__seed=1)
    assert texts.plan["sample"] == logits.plan["sample"]
    differ = {name for name, value in texts.plan["recipe"].items() if logits.plan["recipe"][name] != value}
    assert differ == {"objective"}
    assert logits.plan["teacher"] == str(teacher.pk)
    assert not {"teacher", "values"} & set(texts.plan)
    cells.begin(logits.pk)
    run = TrainingRun.objects.get(measurement=logits)
    assert (run.teacher, run.recipe["objective"]) == (teacher, "distil")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_runs_to_its_verdict(
    version: DatasetVersion, student: Student, teacher: Student, admin: Member, tmp_path: Path
) -> None:
    study = launch_study.launch(asks(teacher=teacher.slug), version=version, student=student, by=admin)

    finish_all(study, tmp_path)

    body = Study.objects.get(pk=study.pk).verdict.body
    assert body["sentence"].startswith("The study does not show whether logits teach better")
    assert [one["arm"] for one in body["comparisons"]] == [LOGITS]
    assert "are shown to teach better" in study.record["outlook"]["sentence"]


@pytest.mark.slow
def test_the_answers_alone_are_tuned_on_a_version_without_the_reasoning(
    frozen: Callable[[str], DatasetVersion], student: Student, teacher: Student, admin: Member
) -> None:
    whole, alone = frozen("keep"), frozen("drop")
    wishes = asks(teacher=teacher.slug, answers_version=str(alone.pk), metric="answers_right")

    study = launch_study.launch(wishes, version=whole, student=student, by=admin)

    of_arm = {cell.arm: cell.measurement.plan for cell in study.cells.select_related("measurement")}
    assert {arm: plan["dataset_version"] for arm, plan in of_arm.items()} == {
        LOGITS: str(whole.pk), IMITATES: str(whole.pk), ANSWER_ALONE: str(alone.pk),
    }  # fmt: skip
    assert all(plan["values"] and plan["written_records"] >= len(plan["scored"]) == 4 for plan in of_arm.values())
    assert len(study.record["decision_rule"]["comparisons"]) == 2


def test_what_cannot_be_compared_is_refused(
    frozen: Callable[[str], DatasetVersion], version: DatasetVersion, student: Student, teacher: Student, admin: Member
) -> None:
    whole, alone = frozen("keep"), frozen("drop")
    by_field = {
        "teacher": (asks(), whole),
        "metric": (asks(teacher=teacher.slug, answers_version=str(alone.pk)), whole),
        "answers_version": (
            asks(teacher=teacher.slug, answers_version=str(whole.pk), metric="answers_right"),
            whole,
        ),
    }
    cases = [
        *by_field.items(),
        ("teacher", (asks(teacher=student.slug), whole)),
        ("metric", (asks(teacher=teacher.slug, metric="answers_right"), version)),
    ]

    for field, (wishes, chosen) in cases:
        with pytest.raises(Refusal) as refused:
            launch_study.launch(wishes, version=chosen, student=student, by=admin)
        assert field in refused.value.errors
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("logits", "words"),
    [(0.1, "Logits teach better: with the teacher's logits the share that is right is"), (0.6, "Texts teach better"),
        (0.3, "does not show")],
)  # fmt: skip
def test_the_better_one_is_told(logits: float, words: str) -> None:
    rule = {**RULE, "metric": "nll_per_byte"} if logits != 0.1 else RULE
    losses = {LOGITS: logits, IMITATES: 0.3, ANSWER_ALONE: 0.5}
    if rule is RULE:
        losses = {name: 1 - loss for name, loss in losses.items()}

    found = concluded("cloning", finished(losses), rule)

    assert words in found["sentence"]


def test_answers_alone_are_asked_about_only_where_logits_are_shown() -> None:
    found = concluded(
        "cloning", finished({LOGITS: 0.3, IMITATES: 0.3, ANSWER_ALONE: 0.5}), {**RULE, "metric": "nll_per_byte"}
    )

    assert [one["is_asked"] for one in found["comparisons"]] == [True, False]
