from __future__ import annotations

import os
import shutil
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from jobs.models import Job
from jobs.rundir import identity
from jobs.rundir.attempt import ENGINE
from jobs.supervisor import prune_runs

LONG_AGO_S = 3 * prune_runs.UNKNOWN_FOR_S


@pytest.fixture
def runs_dir(settings, tmp_path: Path) -> Path:
    settings.RUNS_DIR = tmp_path
    settings.JOB_KEEP_RUNS_DAYS, settings.JOB_KEEP_FAILED_RUNS_DAYS = 7, 30
    return tmp_path


def directory_of(runs_dir: Path, name: object, *, age_s: float = 0) -> Path:
    attempt = runs_dir / str(name) / "1"
    attempt.mkdir(parents=True)
    (attempt / "events.jsonl").write_text("{}\n")
    os.utime(attempt.parent, (time.time() - age_s,) * 2)
    return attempt


def ended(launch, state: str, *, days_ago: float) -> Job:
    job = launch()
    Job.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now() - timedelta(days=days_ago))
    return job


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "days_ago", "goes"),
    [
        ("succeeded", 8, True),
        ("succeeded", 6, False),
        ("cancelled", 8, True),
        ("failed", 8, False),
        ("failed", 31, True),
        ("paused", 400, False),
    ],
)
def test_a_directory_goes_when_its_job_ended_long_ago(launch, runs_dir, state, days_ago, goes):
    attempt = directory_of(runs_dir, ended(launch, state, days_ago=days_ago).pk)

    assert prune_runs.prune() == int(goes)

    assert attempt.exists() is not goes


@pytest.mark.django_db
def test_a_directory_without_a_row_goes_after_a_day(runs_dir):
    old, fresh = directory_of(runs_dir, uuid4(), age_s=LONG_AGO_S), directory_of(runs_dir, uuid4())

    prune_runs.prune()

    assert not old.exists()
    assert fresh.exists()


@pytest.mark.django_db
def test_what_an_engine_works_in_stays(launch, runs_dir):
    attempt = directory_of(runs_dir, ended(launch, "succeeded", days_ago=9).pk)
    (attempt / ENGINE).write_text(identity.mark_of(os.getpid()).model_dump_json())

    assert prune_runs.prune() == 0

    assert attempt.exists()


@pytest.mark.django_db
def test_a_directory_that_another_worker_throws_away_meanwhile_is_passed_over(runs_dir, monkeypatch):
    for _ in range(2):
        directory_of(runs_dir, uuid4(), age_s=LONG_AGO_S)
    gone, left = prune_runs._run_folders(runs_dir)
    shutil.rmtree(gone)
    monkeypatch.setattr(prune_runs, "_run_folders", lambda root: [gone, left])

    assert prune_runs.prune() == 1

    assert not left.exists()


@pytest.mark.django_db
def test_other_folders_are_nobodys_business(runs_dir):
    (runs_dir / "notes").mkdir()

    prune_runs.prune()

    assert (runs_dir / "notes").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "host", "days_ago", "sentence"),
    [
        ("freeze", "elsewhere", 1, "This job writes no log."),
        ("counting", "elsewhere", 1, "The log is on the host elsewhere."),
        ("counting", "elsewhere", 8, "The log was deleted."),
        ("counting", "", 8, "The log was deleted."),
        ("counting", "", 1, "There is no log."),
    ],
)
def test_the_page_of_a_job_says_why_it_shows_no_log(runs_dir, launch, as_member, admin, kind, host, days_ago, sentence):
    job = ended(launch, "succeeded", days_ago=days_ago)
    Job.objects.filter(pk=job.pk).update(kind=kind, run_fence=1, host_id=host or identity.host_id())

    page = as_member(admin).get(f"/jobs/{job.pk}/").content.decode()

    assert f">{sentence}</p>" in page
