"""Experts behind a router: each is tuned on its segment's golds and scored on the records routed to it;
what cannot be asked is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Study
from evaluation.studies import launch_study
from evaluation.studies.design import StudyInputs, StudyRequest
from evaluation.studies.kinds import router
from evaluation.studies.kinds.router import LARGER
from members.models import Member
from review.models import DatasetVersion, Record, Task
from review.states import Split
from tests.evaluation.studies.conftest import finish_all
from tests.review import factories
from tests.review.datasets import golds
from tests.training.conftest import write_student
from training.inputs import samples
from training.models import Student
from training.students import registration
from web.errors import Refusal

TRAIN = 40


@pytest.fixture
def routed(task: Task, admin: Member) -> DatasetVersion:
    """Forty training records of three triggers, two of them rare, and eight for validation."""
    from tests.evaluation.studies.whole import frozen

    says = ["hired"] * 20 + ["moved"] * 16 + ["merged"] * 4 + ["hired", "moved"] * 4
    records = factories.make_records(factories.make_source(task), len(says))
    for place, record in enumerate(records):
        record.facts["trigger"] = says[place]
        record.split = Split.TRAIN if place < TRAIN else Split.VALIDATION
    Record.objects.bulk_update(records, ["facts", "split"])
    golds.make_drafts(task, records)
    golds.accept_all(admin, task, count=len(records))
    return frozen(task, admin, "Routed")


@pytest.fixture
def larger(admin: Member, student: Student, tmp_path: Path) -> Student:
    folder = write_student(tmp_path / "students" / "wide", width=16)
    return registration.register_folder(path=str(folder), by=admin, name="Wide", licence="Apache-2.0")


@pytest.fixture
def ask(routed: DatasetVersion, student: Student, larger: Student, admin: Member) -> Callable[..., Study]:
    def _ask(**asked: Any) -> Study:
        wishes = {"kind": "router", "segment": "trigger", "students": (larger.slug,), "epochs": 1, **asked}
        return launch_study.launch(StudyRequest(**wishes), version=routed, student=student, by=admin)

    return _ask


def given(**counts: int) -> StudyInputs:
    trained = {f"{value}{place}": value for value, count in counts.items() for place in range(count)}
    return StudyInputs({}, ("small", "large"), trained_segments=trained, scored_segments={"v1": "a", "v2": "b"})


def test_rare_segments_and_those_without_a_validation_record_go_to_the_most_common_ones_expert() -> None:
    assert router.segments_of(given(a=12, b=30, c=40, d=3), size=85) == {"b": ("b", "c", "d"), "a": ("a",)}
    assert router.segments_of(given(a=12, b=30), size=21) == {"b": ("b", "a")}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_experts_share_the_larger_students_golds_and_each_answers_its_own_records(
    ask: Callable[..., Study], student: Student, larger: Student, tmp_path: Path, admin: Member, client: Client
) -> None:
    study = ask()

    finish_all(study, tmp_path)

    by_arm = {cell.arm: cell for cell in study.cells.filter(seed=1).select_related("measurement", "study")}
    assert set(by_arm) == {"Expert: hired", "Expert: moved", LARGER}
    assert {arm: cell.records for arm, cell in by_arm.items()} == {"Expert: hired": 24, "Expert: moved": 16, LARGER: 40}
    plans = {arm: cell.measurement.plan for arm, cell in by_arm.items()}
    assert {arm: plan["student"] for arm, plan in plans.items()} == {
        "Expert: hired": str(student.pk), "Expert: moved": str(student.pk), LARGER: str(larger.pk)
    }  # fmt: skip
    rows = {arm: ids_of(study.dataset_version, plan) for arm, plan in plans.items()}
    assert rows["Expert: hired"] | rows["Expert: moved"] == rows[LARGER]
    assert not rows["Expert: hired"] & rows["Expert: moved"]
    scored = [set(plans[arm]["scored"]) for arm in ("Expert: hired", "Expert: moved")]
    assert [len(each) for each in scored] == [4, 4]
    assert scored[0] | scored[1] == set(plans[LARGER]["scored"])
    told(study, client, admin)


def ids_of(version: DatasetVersion, plan: dict[str, Any]) -> set[str]:
    return {row.id for row in samples.rows_of(version, samples.from_json(plan["sample"]))}


def told(study: Study, client: Client, admin: Member) -> None:
    """The page has the sentence, each segment and what each side takes."""
    body = Study.objects.get(pk=study.pk).verdict.body
    assert "2 experts, picked by 'trigger'" in body["sentence"]
    figures = {figure["name"]: figure for figure in body["figures"]}
    assert figures["parameters_at_work"]["larger"] > figures["parameters_at_work"]["routed"] > 0
    assert figures["parameters_held"]["routed"] > figures["parameters_at_work"]["routed"]
    assert figures["seconds_per_thousand"]["routed"] == pytest.approx(200)
    client.force_login(admin)
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert "By segment" in page
    assert "US dollars for 1,000 outputs" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"segment": ""}, "segment", "Name the fact"),
        ({"segment": "company"}, "segment", "cannot be routed by 'company'"),
        ({"segment": "size"}, "segment", "fewer than two segments"),
        ({"students": ()}, "students", "Name one student beside"),
        ({"seeds": (1, 2)}, "seeds", "at least 3"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(
    ask: Callable[..., Study], asked: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        ask(**asked)

    assert words in refused.value.errors[field][0]


@pytest.mark.slow
@pytest.mark.django_db
def test_the_estimate_tells_grid_and_rule_before_anything_is_launched(
    routed: DatasetVersion, student: Student, larger: Student, client: Client, admin: Member
) -> None:
    client.force_login(admin)
    asked = {"kind": "router", "preset": "small", "dataset_version": routed.pk, "student": student.slug}
    asked |= {"students": larger.slug, "metric": "nll_per_byte", "segment": "trigger"}

    page = client.get(reverse("evaluation:study-estimate", args=[routed.dataset.task.slug]), asked).content.decode()

    assert "A router with its experts, if it truly loses nothing" in page
    assert not Study.objects.exists()
