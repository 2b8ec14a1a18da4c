"""An expert of a mixture against a dense student: both are tuned on the same texts, and neither wins by its size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.models import Measurement, Study
from evaluation.states import StudyKind
from evaluation.studies import launch_study, presentation
from evaluation.studies.design import StudyRequest
from evaluation.studies.kinds import KINDS
from evaluation.studies.kinds.experts import DENSE, ISOLATED, LEAST_USED
from evaluation.studies.task_names import StudyReader
from members.models import Member
from review.models import DatasetVersion
from tests.evaluation.studies.conftest import finish_all
from tests.evaluation.studies.simulated import concluded
from tests.evaluation.studies.test_arms import cells as finished
from tests.evaluation.studies.test_more_kinds import laid, rule_of
from tests.training.conftest import write_student
from training.models import Student
from training.students import registration
from web.errors import Refusal

RULE = {**KINDS[StudyKind.EXPERTS].rule, "metric": "nll_per_byte", "draws": 500}


def asks(**more: Any) -> StudyRequest:
    return StudyRequest(**{"kind": "experts", "sizes": (20,), "seeds": (1, 2), "epochs": 1, **more})


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_both_students_are_tuned_on_the_same_rows_and_a_verdict_is_told(
    version: DatasetVersion, student: Student, admin: Member, tmp_path: Path
) -> None:
    folder = write_student(tmp_path / "students" / "expert", rms_norm_eps=1e-5)
    expert = registration.register_folder(path=str(folder), by=admin, name="Expert", licence="Apache-2.0")

    study = launch_study.launch(asks(students=(student.slug,)), version=version, student=expert, by=admin)
    finish_all(study, tmp_path)

    assert study.student == expert
    plans = {arm: Measurement.objects.get(cells__arm=arm, cells__seed=1).plan for arm in (ISOLATED, DENSE)}
    assert {arm: plan["student"] for arm, plan in plans.items()} == {ISOLATED: str(expert.pk), DENSE: str(student.pk)}
    assert plans[ISOLATED]["sample"] == plans[DENSE]["sample"]
    body = Study.objects.get(pk=study.pk).verdict.body
    assert body["sentence"].startswith("The study does not show which is the better student")
    page = presentation.page(Study.objects.get(pk=study.pk), StudyReader(admin))
    assert "tiny models made from a config" in page["rule_note"]


@pytest.mark.django_db
def test_a_dense_student_of_another_size_and_none_at_all_are_refused(
    version: DatasetVersion, student: Student, admin: Member, tmp_path: Path
) -> None:
    folder = write_student(tmp_path / "students" / "wide", width=16)
    wide = registration.register_folder(path=str(folder), by=admin, name="Wide", licence="Apache-2.0")

    for others, words in (((wide.slug,), "so size would decide"), ((), "Name one dense student")):
        with pytest.raises(Refusal, match=words) as refused:
            launch_study.launch(asks(students=others), version=version, student=student, by=admin)
        assert "students" in refused.value.errors


@pytest.mark.parametrize(
    ("loss", "words"),
    [(0.8, "The isolated expert is the better student"), (1.2, "The dense student is the better one")],
)
def test_the_better_student_is_told(loss: float, words: str) -> None:
    assert concluded("experts", finished({ISOLATED: loss, DENSE: 1.0}), RULE)["sentence"].startswith(words)


def test_the_least_used_expert_is_compared_next_and_is_no_part_of_the_answer() -> None:
    made = laid("experts", students=("least", "dense", "expert"))

    assert {arm.name: arm.student for arm in made.arms} == {LEAST_USED: "least", DENSE: "dense", ISOLATED: "expert"}
    verdict = concluded("experts", finished({ISOLATED: 0.8, DENSE: 1.0, LEAST_USED: 0.7}), rule_of(made))
    assert verdict["sentence"].startswith("The isolated expert is the better student")
    assert verdict["findings"][0].startswith(f"{ISOLATED} against {LEAST_USED}: the loss is 14.2\u00a0% higher")
    assert "the router uses least, the control" in rule_of(made)["text"]
    assert rule_of(laid("experts", students=("dense", "expert")))["comparisons"] == [[ISOLATED, DENSE]]
