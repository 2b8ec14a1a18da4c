"""An erased record leaves no text behind in the directories that engines worked in, whatever they did with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from evaluation.models import Evaluation, EvaluationOutput, Measurement
from generation.models import Research, ResearchedSite
from jobs.models import Job
from jobs.supervisor import prune_runs, run_dirs
from members.models import Member
from review.erasure.erase import erase_records
from review.models import Draft, Record, RevisionRequest, Task
from review.states import Split
from tests.review import factories
from tests.training.conftest import freeze, write_student
from training.models import TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "Harrow Bay Shipping rolls 40 coils a day"


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def run(task: Task, admin: Member, tmp_path: Path, settings: Any) -> TrainingRun:
    settings.STUDENT_ROOTS = [tmp_path / "students"]
    folder = write_student(tmp_path / "students" / "tiny")
    student = registration.register_folder(path=str(folder), by=admin, name="Tiny", licence="Apache-2.0")
    version = freeze(task, admin, train=10, validation=3)
    return launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)


@pytest.fixture
def record(run: TrainingRun) -> Record:
    """One of the records that the run is tuned on."""
    drafts = Draft.objects.filter(record__split=Split.TRAIN, record__task=run.task).select_related("record")
    return drafts.order_by("pk")[0].record


@pytest.fixture
def worked(settings: Any, tmp_path: Path) -> Callable[..., Path]:
    """A job's directory with a text in it; its job is in the state given."""
    settings.RUNS_DIR = tmp_path / "runs"

    def leave(job: Job, state: str = "succeeded") -> Path:
        Job.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now() if state != "paused" else None)
        folder = run_dirs.run_dir_of(job.pk, 1)
        folder.mkdir(parents=True)
        (folder / "events.jsonl").write_text(SECRET)
        return folder

    return leave


def job_of(kind: str) -> Job:
    return Job.objects.create(kind=kind, title=kind)


@pytest.mark.slow
def test_research_revisions_tuning_and_scoring_leave_no_text(
    record: Record, run: TrainingRun, admin: Member, worked: Callable[..., Path]
) -> None:
    draft = Draft.objects.get(record=record)
    research = Research.objects.create(task=run.task, job=job_of("research"), created_by=admin)
    ResearchedSite.objects.create(research=research, number=1, made_record=record, url="https://a.example")
    asked = RevisionRequest.objects.create(
        draft=draft, asked_by=admin, instruction="Name the bay.", job_id=job_of("generation").pk
    )
    evaluation = Evaluation.objects.create(
        task=run.task,
        run=run,
        dataset_version=run.dataset_version,
        task_version=run.task_version,
        job=job_of("evaluation"),
    )
    EvaluationOutput.objects.create(evaluation=evaluation, system="run 1", kind="lora", record=record, text=SECRET)
    measured = Measurement.objects.create(
        fingerprint="f", plan={"scored": [str(record.pk)]}, run=run, job=job_of("study-cell")
    )
    jobs = [research.job, Job.objects.get(pk=asked.job_id), run.job, evaluation.job, measured.job]
    folders = [worked(job) for job in jobs]
    unrelated = worked(job_of("research"))

    erase_records([record.pk])

    assert [folder for folder in folders if folder.exists()] == []
    assert unrelated.exists()
    asked.refresh_from_db()
    assert asked.instruction == ""


@pytest.mark.parametrize("scored_on", ["as it came", "tuned on another task", "passages of other records"])
def test_scoring_of_a_study_leaves_no_text_of_a_record_whatever_was_tuned(
    record: Record, run: TrainingRun, admin: Member, worked: Callable[..., Path], scored_on: str
) -> None:
    task = factories.make_task(by=admin, slug="elsewhere")
    elsewhere = factories.make_records(factories.make_source(task), 1)[0]
    erased, tuned, plan = {
        "as it came": (elsewhere, None, {"scored": [str(elsewhere.pk)], "untuned": True}),
        "tuned on another task": (elsewhere, run, {"scored": [str(record.pk), str(elsewhere.pk)]}),
        "passages of other records": (record, run, {"scored": [], "passages_sha256": "1"}),
    }[scored_on]
    measured = Measurement.objects.create(fingerprint="f", plan=plan, run=tuned, job=job_of("study-cell"))
    folder = worked(measured.job)

    erase_records([erased.pk])

    assert not folder.exists()


@pytest.mark.slow
def test_a_gold_that_baselines_were_given_goes_with_its_record(
    record: Record, run: TrainingRun, worked: Callable[..., Path]
) -> None:
    tested = Record.objects.filter(task=run.task, split=Split.VALIDATION)[0]
    evaluation = Evaluation.objects.create(
        task=run.task,
        run=run,
        dataset_version=run.dataset_version,
        task_version=run.task_version,
        job=job_of("evaluation"),
    )
    systems = {"nearest gold": "baseline", "tiny (with examples)": "baseline", "run 1": "lora"}
    for system, kind in systems.items():
        EvaluationOutput.objects.create(evaluation=evaluation, system=system, kind=kind, record=tested, text=SECRET)
    lines = "".join(json.dumps({"system": system, "record": str(tested.pk)}) + "\n" for system in systems)
    stored = default_storage.save(f"evaluations/{evaluation.pk}/1.outputs.jsonl", ContentFile(lines.encode()))
    folder = worked(evaluation.job)

    erase_records([record.pk])

    assert list(EvaluationOutput.objects.values_list("system", flat=True)) == ["run 1"]
    with default_storage.open(stored) as file:
        assert [json.loads(line)["system"] for line in file.read().splitlines()] == ["run 1"]
    assert not folder.exists()


@pytest.mark.slow
def test_what_was_written_for_an_erased_record_goes_and_its_scores_stay(run: TrainingRun) -> None:
    tested, other = Record.objects.filter(task=run.task, split=Split.VALIDATION)[:2]
    made = Evaluation.objects.create(
        task=run.task, run=run, dataset_version=run.dataset_version, task_version=run.task_version
    )
    written = {"system": "run 1", "kind": "lora", "text": SECRET, "fields": {"body": SECRET}, "scores": {"exact": 1.0}}
    for record in (tested, other):
        EvaluationOutput.objects.create(evaluation=made, record=record, **written)
    lines = "".join(json.dumps({"system": "run 1", "record": str(each.pk)}) + "\n" for each in (tested, other))
    stored = default_storage.save(f"evaluations/{made.pk}/1.outputs.jsonl", ContentFile(lines.encode()))

    erase_records([tested.pk])

    rows = {row.record_id: (row.text, row.fields, row.scores) for row in EvaluationOutput.objects.all()}
    assert rows == {
        tested.pk: ("", None, {"exact": 1.0}), other.pk: (SECRET, {"body": SECRET}, {"exact": 1.0})
    }  # fmt: skip
    with default_storage.open(stored) as file:
        assert [json.loads(line)["record"] for line in file.read().splitlines()] == [str(other.pk)]


def test_work_that_has_not_ended_keeps_its_directory_until_it_has(
    record: Record, run: TrainingRun, worked: Callable[..., Path]
) -> None:
    folder = worked(run.job, "paused")

    erase_records([record.pk])

    assert folder.exists()
    Job.objects.filter(pk=run.job_id).update(state="cancelled", finished_at=timezone.now())
    assert prune_runs.prune() == 1
    assert not folder.exists()


@pytest.mark.slow
def test_another_host_throws_its_directories_away_when_it_next_looks(
    record: Record, run: TrainingRun, worked: Callable[..., Path], settings: Any, tmp_path: Path
) -> None:
    worked(run.job)
    here, settings.RUNS_DIR = settings.RUNS_DIR, tmp_path / "elsewhere"
    there = worked(run.job)
    settings.RUNS_DIR = here
    erase_records([record.pk])
    settings.RUNS_DIR = tmp_path / "elsewhere"
    kept = there.exists()

    pruned = prune_runs.prune()

    assert (kept, pruned, there.exists()) == (True, 1, False)


@pytest.mark.slow
def test_another_host_empties_its_shared_tokens_once_after_each_erasure(
    record: Record, run: TrainingRun, worked: Callable[..., Path], settings: Any, tmp_path: Path
) -> None:
    worked(run.job)
    tokens = tmp_path / "elsewhere" / "tokens" / "of-its-rows.tokens"

    def left_there() -> bool:
        settings.TOKEN_CACHE_DIR = tokens.parent
        tokens.parent.mkdir(parents=True, exist_ok=True)
        tokens.write_bytes(b"tokens")
        prune_runs.prune()
        settings.TOKEN_CACHE_DIR = tmp_path / "here"
        return tokens.exists()

    before = left_there()
    erase_records([record.pk])
    after, later = left_there(), left_there()
    erase_records([Draft.objects.exclude(record=record).filter(record__split=Split.TRAIN)[0].record_id])
    again = left_there()

    assert (before, after, later, again) == (True, False, True, False)


@pytest.mark.slow
def test_an_erasure_that_is_taken_back_throws_nothing_away(
    record: Record, run: TrainingRun, worked: Callable[..., Path]
) -> None:
    folder = worked(run.job)

    with transaction.atomic():
        erase_records([record.pk])
        transaction.set_rollback(True)

    assert folder.exists()
    assert prune_runs.prune() == 0
