"""Registering: all is fixed and hashed beforehand, what cannot be run launches nothing, and the row never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from evaluation.models import Measurement, Study, StudyCell
from evaluation.studies import launch_study, registration
from evaluation.studies.design import StudyRequest
from jobs.models import Job
from members.models import Member
from review.models import DatasetVersion, Draft, Record
from review.states import Split
from training.models import Student, TrainingRun
from training.runs.estimate import START_S
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def test_everything_is_fixed_before_the_first_run(register: Callable[..., Study], admin: Member) -> None:
    study = register(question="How many mails?")

    record = study.record
    assert record["question"] == "How many mails?"
    assert record["registered_by"] == admin.username
    assert record["grid"]["sizes"] == [10, 20]
    assert record["decision_rule"]["tolerance"] == 0.05
    assert record["decision_rule"]["order"] == "largest_first"
    assert 0 < record["outlook"]["power"] < 1
    assert record["scored_on"]["split"] == "validation"
    assert len(record["cells"]) == study.cells.count() == 4
    assert {cell["fingerprint"] for cell in record["cells"]} == set(
        Measurement.objects.values_list("fingerprint", flat=True)
    )
    assert not TrainingRun.objects.exists()


def test_the_hash_is_what_sha256_says_of_the_record(register: Callable[..., Study]) -> None:
    study = register()

    assert hashlib.sha256(study.record_text.encode()).hexdigest() == study.record_sha256
    assert json.loads(study.record_text)["format"] == "miniatures.study/1"


@pytest.mark.parametrize("change", [{"question": "Another?"}, {"record_text": "{}"}, {"record_sha256": "0" * 64}])
def test_a_registered_study_refuses_every_change(register: Callable[..., Study], change: dict[str, Any]) -> None:
    study = register()

    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(**change)


def test_cells_are_scored_on_validation_records_alone(register: Callable[..., Study]) -> None:
    study = register()

    splits = Record.objects.filter(pk__in=study.record["scored_on"]["records"]).values_list("split", flat=True)
    assert set(splits) == {Split.VALIDATION}


def test_cells_are_not_scored_on_records_that_have_a_follow_up_alone(register: Callable[..., Study]) -> None:
    told = Draft.objects.filter(record__split=Split.VALIDATION).order_by("queue_position")[0]
    Draft.objects.filter(pk=told.pk).update(thread=[{"subject": "One", "body": "The mail before."}])

    study = register()

    assert len(study.record["scored_on"]["records"]) == 3
    assert str(told.record_id) not in study.record["scored_on"]["records"]


def test_a_larger_sample_of_a_seed_holds_the_smaller(register: Callable[..., Study]) -> None:
    study = register()

    plans = {(cell.records, cell.seed): cell.measurement.plan for cell in study.cells.select_related("measurement")}

    assert plans[10, 1]["sample"]["rows_sha256"] != plans[10, 2]["sample"]["rows_sha256"]
    assert (plans[10, 1]["sample"]["rows"], plans[20, 1]["sample"]["rows"]) == (10, 20)
    assert plans[10, 1]["overrides"]["epochs"] == 1


def test_two_studies_share_the_cells_they_have_in_common(register: Callable[..., Study]) -> None:
    register()

    register(sizes=(10, 15))

    assert StudyCell.objects.count() == 8
    assert Measurement.objects.count() == 6


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"sizes": (20, 10)}, "sizes", "must increase"),
        ({"sizes": (10, 400)}, "sizes", "holds 20"),
        ({"seeds": (1,)}, "seeds", "at least 2"),
        ({"recipes": {"lora": "magic"}}, "recipe", "no recipe 'magic'"),
    ],
)
def test_a_grid_that_cannot_be_launches_nothing(
    register: Callable[..., Study], asked: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        register(**asked)

    assert words in str(refused.value.errors[field])
    assert not Study.objects.exists()
    assert not Job.objects.filter(kind="study").exists()
    assert not Measurement.objects.exists()


def test_a_size_with_too_few_rows_is_refused(register: Callable[..., Study]) -> None:
    with pytest.raises(Refusal, match="4 records give 4 training rows; a run takes at least 8"):
        register(sizes=(4, 20))


def test_without_validation_records_it_is_refused(register: Callable[..., Study], monkeypatch: Any) -> None:
    monkeypatch.setattr("evaluation.studies.queries.validation_records", lambda version, limit: [])

    with pytest.raises(Refusal, match="no validation record"):
        register()


def test_only_a_lead_may_register_one(version: DatasetVersion, student: Student, viewer: Member) -> None:
    with pytest.raises(PermissionDenied):
        launch_study.launch(StudyRequest(kind="samples", sizes=(10, 20)), version=version, student=student, by=viewer)


@pytest.mark.slow
def test_its_cost_is_told_beforehand_and_reused_cells_cost_nothing(
    register: Callable[..., Study], version: DatasetVersion, student: Student
) -> None:
    wishes = StudyRequest(kind="samples", sizes=(10, 20), seeds=(1, 2), epochs=1)
    before = registration.plan_study(wishes, version=version, student=student)
    register()
    Measurement.objects.update(scores={"nll_per_byte": {"r": 1.0}})

    after = registration.plan_study(wishes, version=version, student=student)

    assert before.seconds is not None
    assert before.seconds > 4 * (START_S + registration.SCORING_S)
    assert after.seconds == 0
    assert len(after.reused) == 4
