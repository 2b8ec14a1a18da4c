"""The raw arm of the human filter: drafts that nobody judged, one of a record,
as many records as the other arms have.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from evaluation.models import Study
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from evaluation.studies.kinds import KINDS, OF_GROUPS
from evaluation.studies.kinds.filter_ import RAW
from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Draft, Record, Task
from review.states import Split
from tests.evaluation.studies.conftest import finish_all
from tests.evaluation.studies.simulated import concluded
from tests.evaluation.studies.test_arms import LOSSES, cells
from tests.evaluation.studies.test_compared_arms import as_written, texts_of
from tests.review import factories
from tests.review.datasets import golds
from tests.training.miniatures import conclude
from training.inputs import run_inputs, samples
from training.inputs.samples import Sample
from training.models import Student, TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.states import SampleOf
from web.errors import Refusal

pytestmark = pytest.mark.django_db
JUDGED, VALIDATION, WAITING = 30, 4, 12


@pytest.fixture
def freeze(task: Task, admin: Member) -> Callable[..., DatasetVersion]:
    """Freeze one order: thirty training records judged, four for validation,
    and twelve with two drafts each that wait.
    """
    records = factories.make_records(factories.make_source(task), JUDGED + VALIDATION + WAITING)
    for place, record in enumerate(records):
        record.split = Split.VALIDATION if JUDGED <= place < JUDGED + VALIDATION else Split.TRAIN
    Record.objects.bulk_update(records, ["split"])
    golds.make_drafts(task, records)
    golds.make_drafts(task, records[JUDGED + VALIDATION :], variant=1)
    Draft.objects.update(job_id=uuid4())
    golds.decide_each(admin, task, ["accept", "edit", "reject"] * (JUDGED // 3) + ["accept"] * VALIDATION)

    def _freeze(unjudged: str = "take") -> DatasetVersion:
        filters = {"verdicts": ["accept", "edit", "reject"], "unjudged": unjudged}
        version = freezing.freeze(freezing.create(task, name=f"All {unjudged}", by=admin, filters=filters), by=admin)
        return golds.sealed(version)

    return _freeze


@pytest.fixture
def ask(student: Student, admin: Member) -> Callable[..., Study]:
    def _ask(version: DatasetVersion, **asked: Any) -> Study:
        wishes = StudyRequest(**{"kind": "filter", "seeds": (1, 2), "epochs": 1, "raw": True, **asked})
        return launch_study.launch(wishes, version=version, student=student, by=admin)

    return _ask


@pytest.mark.slow
def test_the_raw_arm_is_tuned_on_one_unjudged_draft_of_as_many_records(
    freeze: Callable[..., DatasetVersion], ask: Callable[..., Study], tmp_path: Path
) -> None:
    study = ask(freeze())

    raw, judged = texts_of(study, RAW, tmp_path), texts_of(study, "Accepted and edited", tmp_path)
    assert len(raw) == len(judged) == 10
    assert raw == as_written(list(raw))
    drafts = Draft.objects.filter(pk__in=list(raw))
    assert not drafts.filter(decisions__isnull=False).exists()
    assert drafts.values("record").distinct().count() == 10


def test_what_the_raw_arm_draws_hangs_on_its_seed(freeze: Callable[..., DatasetVersion]) -> None:
    version = freeze()

    drawn = [samples.rows_of(version, Sample(8, seed, of=SampleOf.RAW, one_each=True)) for seed in (1, 1, 2)]

    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.slow
def test_the_record_holds_the_hash_of_the_drafts_apart(
    freeze: Callable[..., DatasetVersion], ask: Callable[..., Study]
) -> None:
    version = freeze()

    study = ask(version)

    assert study.record["dataset_version"]["unjudged_sha256"] == version.manifest["unjudged"]["sha256"]
    rule = study.record["decision_rule"]
    assert rule["comparisons"][:2] == [["Accepted and edited", "Raw"], ["Accepted and edited", "Unfiltered"]]
    assert "as many raw drafts, which no one read" in rule["text"]
    plain = ask(version, raw=False).record
    assert "unjudged_sha256" not in plain["dataset_version"]
    assert plain["decision_rule"]["text"] == f"{KINDS['filter'].rule['text']} {OF_GROUPS}"


@pytest.mark.slow
def test_a_version_without_unjudged_drafts_has_no_raw_arm(
    freeze: Callable[..., DatasetVersion], ask: Callable[..., Study]
) -> None:
    version = freeze("leave_out")

    with pytest.raises(Refusal, match="was frozen without unjudged drafts") as refused:
        ask(version)

    assert (refused.value.code, list(refused.value.errors)) == ("no_unjudged_drafts", ["raw"])
    assert RAW not in {arm["name"] for arm in ask(version, raw=False).record["grid"]["arms"]}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_verdict_and_the_page_say_that_nobody_read_them(
    freeze: Callable[..., DatasetVersion],
    ask: Callable[..., Study],
    admin: Member,
    client: Client,
    tmp_path: Path,
) -> None:
    study = ask(freeze())

    finish_all(study, tmp_path, better={"Accepted and edited": 0.2})

    told = "The human filter helps: with accepted and edited texts the loss is"
    body = Study.objects.get(pk=study.pk).verdict.body
    assert body["sentence"].startswith(told)
    assert "than with as many raw drafts, which no one read (lost:" in body["sentence"]
    client.force_login(admin)
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert "than with as many raw drafts, which no one read" in page
    assert "Accepted and edited against Unfiltered" in page


def test_raw_and_unfiltered_drafts_are_asked_about_in_this_order() -> None:
    rule = {**KINDS["filter"].rule, "metric": "nll_per_byte", "draws": 500}
    rule["comparisons"] = [["Accepted and edited", RAW], *rule["comparisons"]]

    found = concluded("filter", cells({**LOSSES, RAW: 0.9}), rule)

    assert found["sentence"].startswith("The study does not show whether the human filter helps: ")
    assert not any(one["is_asked"] for one in found["comparisons"][1:])


@pytest.mark.slow
def test_it_is_asked_for_over_the_api(freeze: Callable[..., DatasetVersion], student: Student, admin: Member) -> None:
    api = APIClient()
    api.force_authenticate(admin)
    asked = {"kind": "filter", "student": student.slug, "raw": True}

    refused = api.post("/api/v1/studies/", {**asked, "dataset_version": str(freeze("leave_out").pk)}, format="json")
    started = api.post("/api/v1/studies/", {**asked, "dataset_version": str(freeze().pk)}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (422, "no_unjudged_drafts")
    assert started.status_code == 202
    arms_of = Study.objects.get(pk=started.json()["id"]).record["grid"]["arms"]
    assert next(arm for arm in arms_of if arm["name"] == RAW)["of"] == "raw"


def test_no_other_run_is_given_unjudged_drafts(
    freeze: Callable[..., DatasetVersion], student: Student, admin: Member, tmp_path: Path
) -> None:
    version = freeze()
    apart = {str(pk) for pk in version.unjudged_rows.values_list("draft", flat=True)}

    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    run_inputs.training_spec(run, tmp_path)

    for name in (run_inputs.TRAIN_FILE, run_inputs.VALIDATION_FILE):
        rows = [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        assert rows
        assert not apart & {row["id"] for row in rows}
    for of in SampleOf:
        ids = {row.id.partition(":")[0] for row in samples.rows_to_draw_from(version, of)}
        assert bool(apart & ids) == (of == SampleOf.RAW)


def test_what_was_tuned_on_them_is_put_to_no_work(
    freeze: Callable[..., DatasetVersion], student: Student, admin: Member, tmp_path: Path
) -> None:
    version = freeze()
    sample = Sample(8, 1, of=SampleOf.RAW, one_each=True)
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    TrainingRun.objects.filter(pk=run.pk).update(sample=samples.as_json(sample, samples.rows_of(version, sample)))
    run.refresh_from_db()
    miniature = conclude(run, tmp_path / "run")

    with pytest.raises(Refusal, match="tuned on unjudged drafts"):
        samples.require_filtered(miniature.run.sample, name="It")
