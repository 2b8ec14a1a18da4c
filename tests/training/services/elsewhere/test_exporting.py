"""Runs given away: whole, without secrets, at rest here, and only where they may be."""

from __future__ import annotations

import json
import shutil

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Job, JobEvent
from jobs.states import JobState
from jobs.supervisor import run_dirs
from tests.training.services.test_checkpoint_upload import save
from training.runs import checkpoint_upload
from training.runs.portable import export_run
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.engine, pytest.mark.usefixtures("shared_version")]


def test_a_directory_holds_all_that_its_engine_needs(run, trainable, tmp_path, capsys):
    call_command("export_run", str(run.pk), str(tmp_path / "given"))

    given = tmp_path / "given"
    spec = json.loads((given / "spec.json").read_text())
    assert "files in" in capsys.readouterr().out
    assert spec["body"]["student"]["path"] == "student/tiny-llama"
    assert (given / "student/tiny-llama/model.safetensors").is_file()
    assert len((given / "train.jsonl").read_text().splitlines()) == 10
    assert "miniatures run training.engine ." in (given / "README.md").read_text()
    text = "".join(path.read_text() for path in (given / "spec.json", given / "export.json", given / "README.md"))
    assert str(tmp_path) not in text


def test_a_run_given_away_rests_here_and_says_so(run, tmp_path):
    export_run.export(run, tmp_path / "given")

    assert Job.objects.get(pk=run.job_id).state == JobState.PAUSED
    told = JobEvent.objects.filter(job=run.job, kind="log").get()
    assert "Exported" in told.payload["message"]
    assert "learning_rate" in json.dumps(told.payload)
    # Hashes only: prompts are made of people's facts.
    assert "messages" not in json.dumps(told.payload)


def test_the_newest_checkpoint_goes_along(run, tmp_path):
    for fence, step in ((1, 4), (2, 8)):
        checkpoint = run_dirs.run_dir_of(run.job_id, fence) / "checkpoints" / f"step-{step:08d}"
        checkpoint.mkdir(parents=True)
        (checkpoint / "manifest.json").write_text("{}")

    export_run.export(run, tmp_path / "given")

    assert sorted(path.name for path in (tmp_path / "given/checkpoints").iterdir()) == [
        "step-00000004",
        "step-00000008",
    ]
    assert "continues from step 8" in (tmp_path / "given/README.md").read_text()


def test_a_checkpoint_that_another_host_left_in_storage_goes_along(run, tmp_path, settings):
    settings.CHECKPOINTS_IN_STORAGE = True
    save(run, 8)
    checkpoint_upload.upload_newest(run.pk)
    there = run_dirs.run_dir_of(run.job_id, 0).parent
    shutil.rmtree(there)
    save(run, 4)

    export_run.export(run, tmp_path / "given")

    given = tmp_path / "given"
    assert (given / "checkpoints/step-00000008/weights.safetensors").read_bytes() == b"weights" * 8
    assert "continues from step 8" in (given / "README.md").read_text()


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.SUCCEEDED, JobState.CANCELLED])
def test_a_run_at_work_or_ended_is_not_given_away(run, tmp_path, state):
    Job.objects.filter(pk=run.job_id).update(state=state)

    with pytest.raises(Refusal) as caught:
        export_run.export(run, tmp_path / "given")

    assert caught.value.code == "job_state"
    assert not (tmp_path / "given").exists()


def test_a_folder_that_holds_something_is_left_alone(run, tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "mine").write_text("mine")

    with pytest.raises(CommandError, match="holds something"):
        call_command("export_run", str(run.pk), str(tmp_path / "given"))

    assert Job.objects.get(pk=run.job_id).state == JobState.QUEUED
