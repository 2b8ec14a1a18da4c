"""A run from its order to its miniature on real rows, with the real engine under the supervisor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connections

from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import JobState
from jobs.supervisor import run_job
from members.models import Member
from review.models import DatasetVersion
from tests.training.conftest import freeze
from tests.training.preferences import freeze_edits
from tests.waiting import wait_until
from training.miniatures import writing
from training.models import Checkpoint, Miniature, Student, TrainingRun
from training.runs import launch_run
from training.runs import queries as run_selectors
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
SMALL = {"epochs": 2, "batch_size": 4, "learning_rate": 5e-3, "rank": 4, "max_length": 1024, "eval_every_steps": 0}


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a hundred thousand parameters, with a tokenizer."""
    from tests.training.engine.conftest import make_model, make_tokenizer

    folder = tmp_path_factory.mktemp("students") / "tiny-llama"
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    model = make_model("llama", len(tokenizer))
    model.config.max_position_embeddings = 2048
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def tiny(model_folder: Path, admin: Member, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Student:
    settings.STUDENT_ROOTS = [model_folder.parent]
    settings.JOB_ENGINE_NICE = 0
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return registration.register_folder(path=str(model_folder), by=admin)


@pytest.fixture
def small_version(task: Any, admin: Member) -> DatasetVersion:
    return freeze(task, admin, train=8, validation=2, test=1)


@pytest.fixture
def carrying() -> Iterator[Callable[[Job], threading.Thread]]:
    threads: list[threading.Thread] = []

    def start(job: Job) -> threading.Thread:
        def target() -> None:
            try:
                run_job(job.pk, worker="worker-1")
            finally:
                connections.close_all()

        threads.append(threading.Thread(target=target))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(60)


def ended(job: Job) -> Job:
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED, (job.state, job.error)
    return job


@pytest.mark.slow
def test_a_run_becomes_a_miniature_that_writes(tiny, small_version, admin):
    run = launch_run.launch(
        RunRequest(dataset_version=small_version, student=tiny), recipe="demo", by=admin, overrides=SMALL
    )

    run_job(run.job_id, worker="worker-1")

    ended(run.job)
    run.refresh_from_db()
    assert run.summary["steps"] == 4
    assert run.summary["trainable_parameters"] == run.estimate["trainable_parameters"]
    metrics = run_selectors.metrics(run)
    assert [row["step"] for row in metrics if "loss" in row] == [1, 2, 3, 4]
    assert {sample["id"] for sample in run_selectors.samples(run)} == {"Cork Works 8", "Split Works 9"}
    saved = Checkpoint.objects.get(run=run, step=4)
    assert len(saved.manifest_sha256) == 64
    miniature = Miniature.objects.get(run=run)
    names = {file["path"] for file in miniature.files}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json"} <= names
    assert all(default_storage.exists(f"{miniature.storage_prefix}/{name}") for name in names)

    job = writing.request_text(miniature, record={"company": "Lund Works", "sector": "glass"}, by=admin)
    run_job(job.pk, worker="worker-1")

    output = writing.first_output(ended(job))
    assert output["completion_tokens"] > 0
    assert output["fields"] is None or set(output["fields"]) == {"subject", "body"}


@pytest.mark.slow
def test_preferences_lead_from_a_miniature_to_one_that_writes_too(tiny, task, admin, forked):
    version = freeze_edits(task, admin, train=8, validation=2)
    first = launch_run.launch(
        RunRequest(dataset_version=version, student=tiny), recipe="demo", by=admin, overrides=SMALL
    )
    run_job(first.job_id, worker="worker-1")
    ended(first.job)

    run = launch_run.launch(
        RunRequest(dataset_version=version, student=tiny, starts_from=Miniature.objects.get(run=first)),
        recipe="dpo",
        by=admin,
        overrides={**SMALL, "accumulation": 1, "epochs": 3},
    )
    run_job(run.job_id, worker="worker-1")

    ended(run.job)
    run.refresh_from_db()
    assert run.summary["objective"] == "dpo"
    assert run.summary["measures"]["reward_margin"] > 0
    validated = [row for row in run_selectors.metrics(run) if "val_drift" in row]
    assert validated[0]["val_drift"] < 1e-6 < validated[-1]["val_drift"]
    miniature = Miniature.objects.get(run=run)
    job = writing.request_text(miniature, record={"company": "Lund Works", "sector": "glass"}, by=admin)
    run_job(job.pk, worker="worker-1")
    assert writing.first_output(ended(job))["completion_tokens"] > 0


@pytest.mark.slow
def test_a_run_stopped_halfway_goes_on_from_its_checkpoint(tiny, small_version, admin, carrying, forked):
    overrides = {**SMALL, "epochs": 40, "checkpoint_every_steps": 2, "sample_every_steps": 1000}
    run = launch_run.launch(
        RunRequest(dataset_version=small_version, student=tiny), recipe="demo", by=admin, overrides=overrides
    )
    first = carrying(run.job)
    wait_until(lambda: Checkpoint.objects.filter(run=run).exists(), within_s=200)

    control.pause(run.job, by=admin)
    first.join(100)
    run.job.refresh_from_db()
    assert run.job.state == JobState.PAUSED, run.job.error
    stopped_at = Checkpoint.objects.filter(run=run).order_by("-step").first().step
    control.resume(run.job, by=admin)
    run_job(run.job_id, worker="worker-1")

    ended(run.job)
    run.refresh_from_db()
    assert 0 < stopped_at < 80
    assert run.summary["resumed_from_step"] == stopped_at
    assert run.summary["steps"] == 80
    assert [row["step"] for row in run_selectors.metrics(run) if "loss" in row] == list(range(1, 81))
    assert Miniature.objects.filter(run=run).count() == 1
    assert TrainingRun.objects.count() == 1
