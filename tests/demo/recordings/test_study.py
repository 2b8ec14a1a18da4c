"""A recorded study is taken up by another load of the same data, whatever its ids, and by no other data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo.data.company_news import COMPANY_NEWS
from demo.data.offer import demo_spec
from demo.recordings import engine, inputs, study
from evaluation.models import Study
from evaluation.studies import launch_study, registration
from evaluation.studies.design import StudyRequest
from members.models import Member
from review.models import Dataset, DatasetVersion, Record, Task
from review.tasks.authoring import spec_hash
from tests.evaluation.studies.conftest import finish_all
from tests.review import factories
from tests.training import conftest as training
from training.inputs import samples
from training.inputs.samples import Sample
from training.models import Student, TrainingRun
from training.students import registration as registered

pytestmark = pytest.mark.django_db(transaction=True)
student = training.student
REQUEST = StudyRequest(kind="samples", sizes=(8, 12), seeds=(1, 2), epochs=1)
SHIPPED = [each for each in (*study.REQUESTS, study.TRANSFER) if study.kept(each).is_dir()]
of_each_shipped = pytest.mark.parametrize("request_", SHIPPED, ids=[each.kind for each in SHIPPED])
Load = Callable[..., DatasetVersion]


@pytest.fixture
def load(admin: Member) -> Load:
    """The same judged records as a version of a task, each time with ids of their own."""

    def make(slug: str, *, train: int = 12, about: str = "") -> DatasetVersion:
        version = training.freeze(factories.make_task(by=admin, slug=slug), admin, train=train, validation=4)
        Dataset.objects.filter(pk=version.dataset_id).update(slug=slug, name=slug)
        # As an import hashes them: alike where the facts are.
        for record in Record.objects.filter(task=version.dataset.task):
            facts = {**record.facts, **({"about": about} if about else {})}
            Record.objects.filter(pk=record.pk).update(content_hash=f"{record.facts['size']:064d}", facts=facts)
        return DatasetVersion.objects.get(pk=version.pk)

    return make


@pytest.fixture
def recorded(load: Load, student: Student, admin: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study of the task `there`, kept as a recording."""
    monkeypatch.setattr(engine, "KEPT", tmp_path / "kept")
    version = load("there")
    body = study.body_of(registration.plan_study(REQUEST, version=version, student=student))
    done = launch_study.launch(REQUEST, version=version, student=student, by=admin)
    finish_all(done, tmp_path)
    study.keep(done, body)
    about = {"inputs": inputs.fingerprint(body, tmp_path), "on": "1 May 2026", "seconds": 300, "machine": "two cores"}
    (study.kept() / "recording.json").write_text(json.dumps(about))
    return Study.objects.get(pk=done.pk)


@pytest.mark.slow
def test_another_load_of_the_same_data_comes_to_the_same_verdict_without_a_run(
    recorded: Study, load: Load, student: Student, admin: Member
) -> None:
    there = TrainingRun.objects.count()
    version = load("here")

    played = study.play(version, student, by=admin, request=REQUEST)

    assert played is not None
    here = Study.objects.get(pk=played.pk)
    assert TrainingRun.objects.count() == there
    assert here.verdict.body["sentence"] == recorded.verdict.body["sentence"]
    assert here.verdict.body["points"] == recorded.verdict.body["points"]
    assert (here.job.state, here.job.is_played_back, recorded.job.is_played_back) == ("succeeded", True, False)
    said = here.job.events.filter(kind="log").values_list("payload__message", flat=True)
    assert list(said) == ["Its cells were measured before, in 300 s on two cores."]
    scored = {record for cell in here.cells.all() for record in cell.measurement.scores["nll_per_byte"]}
    assert scored == set(here.record["scored_on"]["records"]) != set(recorded.record["scored_on"]["records"])


@pytest.mark.slow
def test_a_transfer_of_the_same_data_comes_to_the_same_verdict_without_a_run(
    load: Load, student: Student, admin: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "KEPT", tmp_path / "kept")
    request = StudyRequest(kind="transfer", sizes=(8,), seeds=(1, 2), epochs=1)
    first, others = load("mails"), [load("news", about="news")]
    laid = registration.plan_study(request, version=first, student=student, others=others)
    done = launch_study.launch(request, version=first, student=student, by=admin, others=others)
    finish_all(done, tmp_path)
    body = study.body_of(laid)
    study.keep(done, body, request)
    about = {"inputs": inputs.fingerprint(body, tmp_path), "on": "1 May 2026", "seconds": 300, "machine": "two cores"}
    (study.kept(request) / "recording.json").write_text(json.dumps(about))
    for slug in ("mails", "news"):
        Task.objects.filter(slug=slug).update(slug=f"{slug}-there")
        Dataset.objects.filter(slug=slug).update(slug=f"{slug}-there")
    runs = TrainingRun.objects.count()

    version, others = load("mails"), [load("news", about="news")]
    played = study.play(version, student, by=admin, request=request, others=others)

    assert played is not None
    assert TrainingRun.objects.count() == runs
    here, there = (Study.objects.get(pk=each.pk).verdict.body for each in (played, done))
    assert [here[name] for name in ("sentence", "findings", "matrix")] == [
        there[name] for name in ("sentence", "findings", "matrix")
    ]
    others = [load("few", train=11, about="news")]
    assert study.play(version, student, by=admin, request=request, others=others) is None


@pytest.mark.slow
def test_the_page_says_that_it_was_recorded(
    recorded: Study, load: Load, student: Student, admin: Member, as_member: Any
) -> None:
    played = study.play(load("here"), student, by=admin, request=REQUEST)
    assert played is not None
    page = as_member(admin).get

    assert "Recorded: the product measured these cells" in page(f"/studies/{played.pk}/").content.decode()
    assert "Recorded" not in page(f"/studies/{recorded.pk}/").content.decode()


@pytest.mark.slow
def test_other_data_gets_no_recorded_study(recorded: Study, load: Load, student: Student, admin: Member) -> None:
    assert study.play(load("here", train=13), student, by=admin, request=REQUEST) is None
    assert list(Study.objects.all()) == [recorded]


@pytest.mark.slow
def test_samples_are_of_the_same_records_in_every_load(load: Load) -> None:
    drawn = []
    for slug in ("here", "there"):
        version = load(slug)
        rows = samples.rows_of(version, Sample(records=8, seed=1))
        of = Record.objects.in_bulk([row.record for row in rows])
        drawn.append(sorted(record.title for record in of.values()))

    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 8


@pytest.mark.slow
def test_without_a_recording_there_is_no_study(
    load: Load, student: Student, admin: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "KEPT", tmp_path)

    assert study.play(load("here"), student, by=admin, request=REQUEST) is None
    assert not Study.objects.exists()


def test_the_studies_that_are_shipped_begin_with_the_samples() -> None:
    assert study.SAMPLES in SHIPPED


@of_each_shipped
def test_a_study_that_is_shipped_is_whole(request_: StudyRequest) -> None:
    text = (study.kept(request_) / study.CELLS).read_text()
    cells = json.loads(text)
    records = {frozenset(cell["scores"]["nll_per_byte"]) for cell in cells}

    assert set(json.loads((study.kept(request_) / "recording.json").read_text())) == {
        "inputs", "rules", "on", "seconds", "machine", "load",
    }  # fmt: skip
    tuned = [cell for cell in cells if cell["records"]]
    assert {(cell["records"], cell["seed"]) for cell in tuned} == {
        (size, seed) for size in request_.sizes for seed in request_.seeds
    }
    assert len(tuned) == len(cells) - (request_ == study.TRANSFER)
    assert len(records) == 1
    assert all(set(study.RUN_FIGURES) == set(cell["scores"]["run"]) for cell in tuned)
    assert not inputs.UUID.search(text)


@pytest.mark.slow
@of_each_shipped
def test_a_study_that_is_shipped_hangs_on_what_would_be_registered_today(load: Load, request_: StudyRequest) -> None:
    version = load("here", train=max(request_.sizes))
    others = [load("news", train=max(request_.sizes))] if request_ == study.TRANSFER else []
    student = registered.register_shipped("demo")
    laid = registration.plan_study(request_, version=version, student=student, others=others)
    specs = {"task": spec_hash(demo_spec()), **({"others": [spec_hash(COMPANY_NEWS.spec)]} if others else {})}

    today = study.rules_of({**study.body_of(laid), **specs})

    kept = json.loads((study.kept(request_) / "recording.json").read_text())
    assert kept["rules"] == today, "Record the study anew: python -m demo.recordings.record study"
