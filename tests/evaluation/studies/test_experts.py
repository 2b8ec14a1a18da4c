"""An expert of a mixture against a dense student: both are tuned on the same texts, and neither wins by its size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.models import Measurement, Study
from evaluation.states import StudyKind
from evaluation.studies import launch_study, presentation
from evaluation.studies.design import DesignError, StudyRequest
from evaluation.studies.kinds import KINDS
from evaluation.studies.kinds.experts import DENSE, ISOLATED, LEAST_USED, MIXTURE
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


def test_the_whole_mixture_is_compared_last_and_may_be_of_any_size() -> None:
    students, families = ("whole", "least", "dense", "expert"), {"whole": "qwen3_moe", "dense": "qwen3"}
    made = laid("experts", students=students, families=families)

    arms = {arm.name: arm.student for arm in made.arms}
    assert arms == {MIXTURE: "whole", LEAST_USED: "least", DENSE: "dense", ISOLATED: "expert"}
    rule = rule_of(made)
    assert rule["comparisons"] == [[ISOLATED, DENSE], [ISOLATED, LEAST_USED], [MIXTURE, ISOLATED]]
    assert "the whole mixture, tuned in the same way, is compared with the isolated expert" in rule["text"]
    losses = {ISOLATED: 0.8, DENSE: 1.0, LEAST_USED: 0.9, MIXTURE: 0.6}
    findings = concluded("experts", finished(losses), rule)["findings"]
    assert findings[1].startswith(f"{MIXTURE} against {ISOLATED}: the loss is 25\u00a0% lower")
    assert findings[1].endswith("shown.")
    sizes = {"expert": 100, "dense": 120, "least": 100, "whole": 600}
    order = KINDS[StudyKind.EXPERTS].order_students
    assert order is not None
    asked = [Student(slug=slug, parameters=size, model_type=families.get(slug, "")) for slug, size in sizes.items()]
    assert [each.slug for each in order(asked)] == ["whole", "least", "dense", "expert"]


@pytest.mark.parametrize(
    "students",
    [
        ("whole", "expert"),
        ("whole", "other-whole", "dense", "expert"),
        ("dense", "whole"),
        ("dense", "expert", "whole"),
    ],
    ids=["no dense student", "two mixtures", "a mixture as the expert", "a mixture as the expert beside two"],
)
def test_a_mixture_is_neither_the_expert_nor_the_dense_student(students: tuple[str, ...]) -> None:
    with pytest.raises(DesignError, match="Name one dense student"):
        laid("experts", students=students, families={"whole": "mixtral", "other-whole": "mixtral"})
