"""Checkpoints in storage: carried whole, verified on the way back, and dropped when nobody needs them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.test import TestCase
from django.utils import timezone

from jobs.contracts import Result
from jobs.kinds.base import JobKind
from jobs.kinds.registry import KINDS
from jobs.lifecycle import control
from jobs.models import Job
from jobs.supervisor import run_dirs
from miniatures_site.settings.stores import storage
from tests.waiting import wait_until
from training.models import Checkpoint
from training.runs import checkpoint_upload
from training.runs.checkpoint_upload import ReportedCheckpoint
from web.disk.stored_names import stored_names

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(launch, settings):
    settings.CHECKPOINTS_IN_STORAGE = True
    return launch()


def save(run, step, *, fence=1, content=b"weights"):
    """A checkpoint as an engine leaves it."""
    path = f"checkpoints/step-{step:08d}"
    folder = run_dirs.run_dir_of(run.job_id, fence) / path
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(content * step)
    digest = hashlib.sha256(content * step).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({"fingerprint": "f", "files": {"weights.safetensors": digest}}))
    checkpoint_upload.record_checkpoints(run, [ReportedCheckpoint(step, path, timezone.now())], fence=fence)
    return folder


def stored_steps(run):
    return list(Checkpoint.objects.filter(run=run).exclude(stored=[]).values_list("step", flat=True).order_by("step"))


def stored_files(run):
    return list(stored_names(default_storage, f"checkpoints/{run.pk}/"))


def test_the_newest_checkpoint_is_carried_and_comes_back_on_another_host(run, tmp_path):
    save(run, 4)
    folder = save(run, 8)

    carried = checkpoint_upload.upload_newest(run.pk)

    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    # The host is gone with all it had.
    shutil.rmtree(run_dirs.run_dir_of(run.job_id, 1).parent)
    step = checkpoint_upload.fetch_newest(run, tmp_path / "fresh")
    assert (carried.step, step) == (8, 8)
    assert {path.name: path.read_bytes() for path in (tmp_path / "fresh/checkpoints/step-00000008").iterdir()} == kept


def test_a_run_has_come_as_far_as_its_newest_checkpoint(run):
    kind = KINDS[run.job.kind]
    run.job.progress = {"done": 40}
    before = kind.reached(run.job)

    save(run, 4)
    save(run, 8)

    assert (before, kind.reached(run.job)) == (0, 8)


def test_what_was_carried_is_not_carried_again_and_older_ones_go(run):
    for step in (1, 2, 3):
        save(run, step)
        assert checkpoint_upload.upload_newest(run.pk).step == step

    assert checkpoint_upload.upload_newest(run.pk) is None
    assert stored_steps(run) == [2, 3]
    assert not default_storage.exists(f"checkpoints/{run.pk}/1/00000001/weights.safetensors")


def test_a_checkpoint_damaged_in_storage_gives_way_to_the_one_before(run, tmp_path):
    for step in (1, 2):
        save(run, step)
        checkpoint_upload.upload_newest(run.pk)
    damaged = default_storage.path(f"checkpoints/{run.pk}/1/00000002/weights.safetensors")
    Path(damaged).write_bytes(b"changed!")
    shutil.rmtree(run_dirs.run_dir_of(run.job_id, 1).parent)

    step = checkpoint_upload.fetch_newest(run, tmp_path / "fresh")

    assert step == 1
    assert [path.name for path in (tmp_path / "fresh/checkpoints").iterdir()] == ["step-00000001"]


def test_what_lies_here_already_is_not_fetched(run, tmp_path):
    save(run, 5)
    checkpoint_upload.upload_newest(run.pk)

    assert checkpoint_upload.fetch_newest(run, tmp_path / "fresh") is None
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize("spoil", [lambda folder: (folder / "weights.safetensors").write_bytes(b"half"),
                                   lambda folder: (folder / "manifest.json").unlink()],
                         ids=["changed", "unfinished"])  # fmt: skip
def test_a_damaged_checkpoint_here_keeps_none_from_storage_away(run, tmp_path, spoil):
    save(run, 4)
    folder = save(run, 8)
    checkpoint_upload.upload_newest(run.pk)
    spoil(folder)

    assert checkpoint_upload.fetch_newest(run, tmp_path / "fresh") == 8


def test_a_checkpoint_its_engine_has_pruned_is_passed_over(run):
    save(run, 1)
    shutil.rmtree(save(run, 2))

    assert checkpoint_upload.upload_newest(run.pk).step == 1


def test_an_attempt_begun_since_does_not_count_as_carried(run):
    save(run, 3)
    checkpoint_upload.upload_newest(run.pk)
    save(run, 3, fence=2, content=b"others!")

    again = checkpoint_upload.upload_newest(run.pk)

    assert (again.fence, stored_steps(run)) == (2, [3])
    assert default_storage.open(f"{again.storage_prefix}/weights.safetensors").read() == b"others!" * 3


def test_a_run_that_has_ended_leaves_none_in_storage(run, django_capture_on_commit_callbacks):
    save(run, 1)
    checkpoint_upload.upload_newest(run.pk)
    kind = KINDS["training"]
    assert isinstance(kind, JobKind)

    with django_capture_on_commit_callbacks(execute=True):
        kind.on_finished(Job.objects.get(pk=run.job_id), Result(outcome="stopped"), {})

    assert stored_steps(run) == []
    assert not default_storage.exists(f"checkpoints/{run.pk}/1/00000001/manifest.json")


def test_files_of_an_attempt_that_another_took_over_go_with_the_run(run):
    save(run, 3)
    checkpoint_upload.upload_newest(run.pk)
    save(run, 3, fence=2)

    checkpoint_upload.delete_uploaded(run.pk)

    assert stored_files(run) == []


class CancelledMeanwhile(FileSystemStorage):
    """Storage that is slower than a person who cancels all that is going on."""

    def save(self, name, content, max_length=None):
        for job in Job.objects.exclude(state="cancelled"):
            with TestCase.captureOnCommitCallbacks(execute=True):
                control.cancel(job, by=None)
        return super().save(name, content, max_length)


def test_a_run_that_ends_during_an_upload_leaves_none_in_storage(run, settings, tmp_path):
    save(run, 1)
    place = {"BACKEND": f"{__name__}.CancelledMeanwhile", "OPTIONS": {"location": str(tmp_path / "slow")}}
    settings.STORAGES = {**settings.STORAGES, "default": place}

    checkpoint_upload.upload_newest(run.pk)

    assert (stored_steps(run), stored_files(run)) == ([], [])


def test_a_run_that_was_cancelled_is_not_uploaded(run):
    save(run, 1)
    control.cancel(run.job, by=None)

    assert checkpoint_upload.upload_newest(run.pk) is None
    assert stored_files(run) == []


def test_in_a_folder_of_one_host_nothing_is_carried_unless_asked_for(launch, settings):
    settings.CHECKPOINTS_IN_STORAGE = None

    assert not checkpoint_upload.is_wanted()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_carries_to_s3_in_its_own_time(run, settings, monkeypatch, tmp_path):
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = "http://{}:{}".format(*server.get_host_and_port())
        bucket = f"runs-{os.urandom(4).hex()}"
        boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
        url = f"s3://{bucket}/here?endpoint_url={endpoint}&region_name=us-east-1"
        settings.STORAGES = {**settings.STORAGES, "default": storage(url, tmp_path)}
        settings.CHECKPOINTS_IN_STORAGE = None
        assert checkpoint_upload.is_wanted()

        save(run, 6)

        wait_until(lambda: stored_steps(run))
        shutil.rmtree(run_dirs.run_dir_of(run.job_id, 1).parent)
        assert checkpoint_upload.fetch_newest(run, tmp_path / "fresh") == 6
        assert (tmp_path / "fresh/checkpoints/step-00000006/weights.safetensors").read_bytes() == b"weights" * 6
    finally:
        server.stop()
