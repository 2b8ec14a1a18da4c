"""What other rooms keep of a person's facts: evaluations, and runs that learn or score at this moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from campaigns.privacy import export_and_erase, person_traces
from evaluation.evaluations import start_evaluation
from evaluation.models import EvaluationOutput
from generation.models import Order, Teacher
from jobs.models import Job, JobEvent
from jobs.states import JobState
from members.models import Member
from review.datasets import freezing, write_version
from review.models import ClaimOrigin, DatasetVersion, Record, Task
from review.sources.imports.record_import import title_of
from review.states import Split
from tests.campaigns.factories import make_contact
from tests.evaluation.conftest import finish, launch, miniature, student, task, version
from tests.review import factories
from tests.training.conftest import freeze
from training.inputs import tuning_data
from training.miniatures import writing, written_text
from training.models import Miniature, TrainingRun
from web.errors import Refusal

__all__ = ["finish", "launch", "miniature", "student", "task", "version"]
pytestmark = pytest.mark.django_db
ADA = "ada@acme.example"


def end_all_jobs() -> None:
    Job.objects.update(state=JobState.SUCCEEDED)


def erase_once_jobs_have_ended(capture_on_commit_callbacks: Callable[..., Any], *, waits_for: str) -> None:
    with pytest.raises(Refusal, match=waits_for):
        export_and_erase.erase(ADA)
    end_all_jobs()
    with capture_on_commit_callbacks(execute=True):
        export_and_erase.erase(ADA)


@pytest.mark.slow
def test_outputs_of_an_evaluation_are_emptied_in_rows_and_in_the_store(
    task: Task,
    miniature: Miniature,
    finish: Any,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    settings.RUNS_DIR = tmp_path / "runs"
    end_all_jobs()
    evaluation = finish(start_evaluation.start(miniature.run, by=None), {"mini": ("teacher", 0.5)})
    end_all_jobs()
    record = Record.objects.filter(pk__in=evaluation.record_ids)[0]
    make_contact(task, ADA, record=record)
    run = settings.RUNS_DIR / str(miniature.run.job_id) / "1"
    run.mkdir(parents=True)
    scores = list(EvaluationOutput.objects.order_by("pk").values("record", "scores", "seconds"))

    with django_capture_on_commit_callbacks(execute=True):
        export_and_erase.erase(ADA)

    mine = EvaluationOutput.objects.filter(record=record)
    assert list(mine.values_list("text", "fields", "marks")) == [("", None, [])]
    assert EvaluationOutput.objects.exclude(record=record).exclude(text="").exists()
    assert list(EvaluationOutput.objects.order_by("pk").values("record", "scores", "seconds")) == scores
    stored = default_storage.open(f"evaluations/{evaluation.pk}/1.outputs.jsonl").read().decode()
    assert str(record.pk) not in stored
    assert stored.count("\n") == len(evaluation.record_ids) - 1


@pytest.mark.slow
def test_a_run_directory_and_shared_tokens_go_with_rows_they_were_made_from(
    task: Task,
    miniature: Miniature,
    version: DatasetVersion,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    settings.RUNS_DIR = tmp_path / "runs"
    end_all_jobs()
    folder = settings.RUNS_DIR / str(miniature.run.job_id)
    (folder / "1").mkdir(parents=True)
    settings.TOKEN_CACHE_DIR = tmp_path / "tokens"
    settings.TOKEN_CACHE_DIR.mkdir()
    (settings.TOKEN_CACHE_DIR / "of-its-rows.tokens").write_bytes(b"tokens")
    make_contact(task, ADA, record=Record.objects.filter(split=Split.TRAIN)[0])

    with django_capture_on_commit_callbacks(execute=True):
        export_and_erase.erase(ADA)

    assert not folder.exists()
    assert not settings.TOKEN_CACHE_DIR.exists()


@pytest.mark.slow
def test_a_run_that_samples_the_person_alone_is_waited_for_and_loses_its_directory(
    task: Task,
    version: DatasetVersion,
    launch: Callable[..., TrainingRun],
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    settings.RUNS_DIR = tmp_path / "runs"
    stranger = factories.make_records(factories.make_source(task, name="Later"), 1, split=Split.VALIDATION)[0]
    Record.objects.filter(pk=stranger.pk).update(created_at=version.created_at - timedelta(days=1))
    run = launch()
    Job.objects.exclude(pk=run.job_id).update(state=JobState.SUCCEEDED)
    folder = settings.RUNS_DIR / str(run.job_id)
    (folder / "1").mkdir(parents=True)
    make_contact(task, ADA, record=stranger)

    erase_once_jobs_have_ended(django_capture_on_commit_callbacks, waits_for="cannot be erased yet")

    assert not folder.exists()


@pytest.mark.parametrize("title", ["Aarhus Works (AW)", ""])
def test_samples_of_a_run_go_where_records_share_a_title_or_have_none(task: Task, title: str) -> None:
    records = factories.make_records(factories.make_source(task), 2, split=Split.VALIDATION)
    Record.objects.filter(pk__in=[record.pk for record in records]).update(title=title)
    run = TrainingRun(task=task, task_version=task.versions.get(), dataset_version=DatasetVersion())
    job = Job.objects.create(kind="training", title="Run 1", state=JobState.SUCCEEDED, task_slug=task.slug)
    told = [prompt["id"] for prompt in tuning_data.sample_prompts(run)]
    for seq, name in enumerate([*told, "Lund Works"]):
        payload = {"step": 5, "id": name, "text": f"Dear {name}"}
        JobEvent.objects.create(job=job, seq=seq, fence=1, ts=timezone.now(), kind="sample", payload=payload)

    for record in Record.objects.filter(pk__in=[record.pk for record in records]):
        person_traces.erase_texts([record])

    texts = [payload["text"] for payload in job.events.order_by("seq").values_list("payload", flat=True)]
    assert texts == ["", "", "Dear Lund Works"]


@pytest.mark.slow
def test_a_run_that_learns_now_holds_the_erasure_up(
    task: Task, version: DatasetVersion, launch: Callable[..., TrainingRun], admin: Member
) -> None:
    end_all_jobs()
    record = Record.objects.filter(split=Split.TRAIN)[0]
    make_contact(task, ADA, record=record)
    run = launch()

    busy = person_traces.unfinished_jobs([record.pk])
    with pytest.raises(Refusal, match="cannot be erased yet"):
        export_and_erase.erase(ADA)

    assert busy == [f"the job '{run.job.title}' is queued"]
    assert person_traces.unfinished_jobs([]) == []


def test_records_made_of_the_persons_step_by_step_are_waited_for_and_go_with_them(task: Task, admin: Member) -> None:
    tasks = [task, *(factories.make_task(by=admin, slug=slug) for slug in ("claims", "judgements"))]
    own, claim, judged = (factories.make_records(factories.make_source(each), 1)[0] for each in tasks)
    ClaimOrigin.objects.create(claim=claim, record=own)
    ClaimOrigin.objects.create(claim=judged, record=claim)
    make_contact(task, ADA, record=own)
    job = Job.objects.create(kind="generation", title="Judge", task_slug="judgements")
    Order.objects.create(
        job=job, task=judged.task, task_version=judged.task.versions.get(), teacher=Teacher.objects.get(slug="offline"),
        teacher_spec={}, count=1, record_ids=[str(judged.pk)],
    )  # fmt: skip
    seen = JobEvent.objects.create(
        job=job, seq=1, fence=1, ts=timezone.now(), kind="sample", payload={"id": judged.title, "text": "Dear Ada"}
    )

    with pytest.raises(Refusal, match="the job 'Judge' is queued"):
        export_and_erase.erase(ADA)
    end_all_jobs()
    export_and_erase.erase(ADA)

    seen.refresh_from_db()
    assert seen.payload["text"] == ""
    assert not Record.objects.filter(pk__in=[own.pk, claim.pk, judged.pk], erased_at__isnull=True).exists()


def test_a_freeze_under_way_holds_it_up_too(task: Task, version: DatasetVersion, admin: Member) -> None:
    end_all_jobs()
    record = Record.objects.filter(split=Split.TRAIN)[0]
    freezing.freeze(version.dataset, by=admin, filters={"bulk": "all"})

    assert len(person_traces.unfinished_jobs([record.pk])) == 1


@pytest.mark.slow
def test_files_of_a_freeze_that_failed_go_and_those_of_one_under_way_elsewhere_stay(
    task: Task, version: DatasetVersion, admin: Member
) -> None:
    make_contact(task, ADA, record=Record.objects.filter(split=Split.TRAIN)[0])
    other = freeze(factories.make_task(by=admin, slug="other"), admin, train=11, validation=3)
    failed = freezing.freeze(version.dataset, by=admin, filters={"bulk": "all"})
    write_version.write(failed.pk, report=lambda done, total: None)
    Job.objects.update(state=JobState.FAILED)
    elsewhere = freezing.freeze(other.dataset, by=admin, filters={"bulk": "all"})
    write_version.write(elsewhere.pk, report=lambda done, total: None)

    export_and_erase.erase(ADA)

    assert default_storage.listdir(f"datasets/{failed.pk}")[1] == []
    assert default_storage.listdir(f"datasets/{elsewhere.pk}")[1] != []


@pytest.mark.slow
def test_a_text_written_on_the_spot_for_the_person_is_waited_for_and_emptied(
    task: Task, miniature: Miniature, admin: Member
) -> None:
    end_all_jobs()
    own, other = Record.objects.filter(split=Split.VALIDATION).order_by("created_at", "pk")[:2]
    make_contact(task, ADA, record=own)
    mine, theirs = (
        writing.request_text(miniature, record=written_text.facts_as_text(each.facts), by=admin)
        for each in (own, other)
    )
    Job.objects.filter(pk=theirs.pk).update(state=JobState.SUCCEEDED)
    spec = Job.objects.get(pk=theirs.pk).spec

    with pytest.raises(Refusal, match=f"the job 'Write for {own.title}' is queued"):
        export_and_erase.erase(ADA)
    Job.objects.filter(pk=mine.pk).update(state=JobState.SUCCEEDED, result={"outputs": [{"text": f"Hi {own.title}"}]})
    export_and_erase.erase(ADA)

    mine.refresh_from_db()
    assert (mine.title, mine.spec["records"], mine.result) == ("Write a text", [{}], None)
    assert Job.objects.get(pk=theirs.pk).spec == spec


@pytest.mark.parametrize(
    ("name", "value"), [("company", "Lund\r\n  Works"), ("company", "Lund Works " * 30), ("size", 4711)]
)
def test_a_text_is_known_by_the_fact_that_titles_the_record_however_it_is_written(
    task: Task, miniature: Miniature, admin: Member, name: str, value: object
) -> None:
    own = Record.objects.filter(split=Split.VALIDATION)[0]
    Record.objects.filter(pk=own.pk).update(facts=own.facts | {name: value}, title=title_of(value))
    own.refresh_from_db()
    typed = written_text.facts_as_text(own.facts) | {"role": "Buyer"}

    mine = writing.request_text(miniature, record=typed, by=admin)

    assert writing.writings_about([own]) == [mine]


def test_texts_for_records_of_the_same_title_stay(task: Task, miniature: Miniature, admin: Member) -> None:
    own, other = Record.objects.filter(split=Split.VALIDATION).order_by("created_at", "pk")[:2]
    for record in (own, other):
        record.facts, record.title = record.facts | {"company": "(none)"}, "(none)"
        record.save(update_fields=["facts", "title"])
    mine, _ = (
        writing.request_text(miniature, record=written_text.facts_as_text(each.facts), by=admin)
        for each in (own, other)
    )

    assert writing.writings_about([own]) == [mine]


def test_a_push_of_rows_of_the_person_is_waited_for_and_loses_its_directory(
    task: Task,
    version: DatasetVersion,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    settings.RUNS_DIR = tmp_path / "runs"
    end_all_jobs()
    make_contact(task, ADA, record=Record.objects.filter(split=Split.TRAIN)[0])
    job = Job.objects.create(kind="push", title="Send Gold v1", subject_id=version.pk)
    folder = settings.RUNS_DIR / str(job.pk)
    (folder / "1").mkdir(parents=True)

    erase_once_jobs_have_ended(django_capture_on_commit_callbacks, waits_for="the job 'Send Gold v1' is queued")

    assert not folder.exists()
