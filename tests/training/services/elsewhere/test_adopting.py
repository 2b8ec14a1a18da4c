"""Runs taken back: verified to the byte, once, and not when they have gone on here."""

from __future__ import annotations

import json
import shutil

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from safetensors.torch import load_file, save_file

from audit.models import AuditRow
from jobs.lifecycle import control
from jobs.models import Job, JobEvent
from jobs.states import JobState
from training.miniatures import zip_stream
from training.models import Miniature, TrainingRun
from training.runs.portable import adopt_run, export_run
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.engine, pytest.mark.usefixtures("shared_version")]


@pytest.mark.slow
def test_a_run_trained_elsewhere_ends_here_with_its_miniature_events_and_figures(run, trained, capsys):
    call_command("adopt_run", str(trained))

    run.refresh_from_db()
    result = json.loads((trained / "result.json").read_text())
    miniature = Miniature.objects.get(run=run)
    assert miniature.slug in capsys.readouterr().out
    assert run.summary == result["summary"]
    assert run.job.state == JobState.SUCCEEDED
    stored = f"{miniature.storage_prefix}/adapter_model.safetensors"
    assert default_storage.open(stored).read() == (trained / "adapter" / "adapter_model.safetensors").read_bytes()
    steps = [
        event.payload["step"]
        for event in JobEvent.objects.filter(job=run.job, kind="metric")
        if "loss" in event.payload
    ]
    assert steps == list(range(1, result["summary"]["steps"] + 1))
    assert zip_stream.manifest(miniature, {})["lineage"]["run"]["id"] == str(run.pk)
    assert AuditRow.objects.filter(act="run_adopted", subject_id=str(run.pk)).count() == 1


@pytest.mark.slow
def test_adopting_twice_is_adopting_once(run, trained):
    first = adopt_run.adopt(trained)
    events = JobEvent.objects.count()

    again = adopt_run.adopt(trained)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.miniature == first.miniature
    assert JobEvent.objects.count() == events


@pytest.mark.slow
def test_a_cut_off_run_goes_on_from_its_checkpoint_and_is_adopted(run, train, tmp_path):
    given = tmp_path / "given"
    export_run.export(run, given)
    train(given)
    # As if it had been cut off before its last checkpoint.
    (given / "result.json").unlink()
    shutil.rmtree(given / "adapter")
    shutil.rmtree(max((given / "checkpoints").iterdir()))

    with pytest.raises(Refusal) as early:
        adopt_run.adopt(given)
    train(given)

    assert early.value.code == "not_ended"
    summary = adopt_run.adopt(given).miniature.run.summary
    assert 0 < summary["resumed_from_step"] < summary["steps"]


def test_what_was_altered_is_refused_and_named(run, trained):
    def refused() -> str:
        with pytest.raises(Refusal) as caught:
            adopt_run.adopt(trained)
        assert caught.value.code == "altered"
        return caught.value.message

    def changed(path, change):
        kept = path.read_bytes()
        change(path)
        said = refused()
        path.write_bytes(kept)
        return said

    def other_rate(path):
        spec = json.loads(path.read_text())
        spec["body"]["recipe"]["learning_rate"] = 0.05
        path.write_text(json.dumps(spec))

    def other_weights(path):
        save_file({name: value + 1 for name, value in load_file(path).items()}, path)

    assert "spec.body.recipe.learning_rate was changed" in changed(trained / "spec.json", other_rate)
    assert "train.jsonl was changed" in changed(trained / "train.jsonl", lambda p: p.write_text(""))
    assert "validation.jsonl is missing" in changed(trained / "validation.jsonl", lambda p: p.unlink())
    student = trained / "student" / "tiny-llama" / "model.safetensors"
    assert f"{student.relative_to(trained)} was changed" in changed(student, other_weights)
    assert "adapter_model.safetensors" in changed(trained / "adapter" / "adapter_model.safetensors", other_weights)
    assert "holds no summary" in changed(
        trained / "result.json", lambda p: p.write_text(json.dumps({**json.loads(p.read_text()), "summary": {}}))
    )
    assert not Miniature.objects.exists()
    assert Job.objects.get(pk=run.job_id).state == JobState.PAUSED
    assert adopt_run.adopt(trained).is_new


def test_a_run_that_was_resumed_here_is_not_taken_from_elsewhere(run, trained, admin):
    control.resume(Job.objects.get(pk=run.job_id), by=admin)

    with pytest.raises(Refusal) as caught:
        adopt_run.adopt(trained)

    assert caught.value.code == "begun_since"
    assert not Miniature.objects.exists()
    assert TrainingRun.objects.get(pk=run.pk).summary == {}


def test_a_directory_of_somebody_elses_run_is_refused(trained):
    spec = json.loads((trained / "spec.json").read_text())
    (trained / "spec.json").write_text(json.dumps({**spec, "job": "0b6c6ba0-70c3-4b45-b6a8-0c5f3a1d5b11"}))

    with pytest.raises(CommandError, match="No run here"):
        call_command("adopt_run", str(trained))
