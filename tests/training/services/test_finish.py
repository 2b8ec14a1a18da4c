"""What a run leaves: taken over once, found again byte for byte, refused when it has changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage

from jobs.contracts import Result
from review.models import Record, Task
from review.states import Split
from serving.models import Router
from tests.review import factories
from tests.training.miniatures import FILES, conclude, result_of
from training.engine.model.no_repeat_ngram import NO_REPEAT_NGRAM
from training.inputs import run_inputs
from training.models import Checkpoint, Miniature, Student
from training.runs import checkpoint_upload, results
from training.students import registration
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def test_taking_an_end_twice_makes_one_miniature(launch, tmp_path):
    run = launch()
    result = result_of(tmp_path)

    for _ in range(2):
        results.conclude_run(run.pk, result, results.store_artefact(run.pk, result, tmp_path))

    miniature = Miniature.objects.get(run=run)
    run.refresh_from_db()
    assert run.summary["validation_loss"] == 0.61
    assert miniature.bytes == sum(map(len, FILES.values()))
    assert len(default_storage.listdir(miniature.storage_prefix)[1]) == 2


def test_a_miniature_of_long_names_keeps_its_task_and_the_number_of_its_run(launch, tmp_path):
    run = launch()
    Task.objects.filter(pk=run.task_id).update(name="T" * 120)
    Student.objects.filter(pk=run.student_id).update(name="S" * 120)

    miniature = conclude(run, tmp_path)

    miniature.clean_fields()
    assert miniature.name.startswith(f"{'T' * 120} · S") and miniature.name.endswith(f" · LoRA, run {run.number}")


def test_a_miniature_takes_the_name_of_no_task_or_router(launch, admin, tmp_path):
    run = launch()
    slug = f"{run.task.slug}-run-{run.number}-{run.method}"
    factories.make_task(by=admin, slug=slug)
    Router.objects.create(task=run.task, slug=f"{slug}-2", name="Thrifty")

    assert conclude(run, tmp_path).slug == f"{slug}-3"


def test_a_run_that_failed_or_was_stopped_leaves_nothing(launch):
    run = launch()

    for outcome in ("failed", "stopped"):
        results.conclude_run(run.pk, Result(outcome=outcome), {})

    run.refresh_from_db()
    assert run.summary == {}
    assert not Miniature.objects.exists()


def test_a_miniature_is_laid_out_as_it_was_written(miniature, tmp_path):
    folder = run_inputs.miniature_files(miniature, tmp_path / "copy")

    for path, content in FILES.items():
        assert (folder / path.removeprefix("adapter/")).read_bytes() == content


def test_a_stored_file_that_changed_or_vanished_is_refused(miniature, tmp_path):
    name = f"{miniature.storage_prefix}/adapter_model.safetensors"
    with default_storage.open(name, "wb") as handle:
        handle.write(b"other")

    with pytest.raises(Refusal) as changed:
        run_inputs.miniature_files(miniature, tmp_path / "a")
    default_storage.delete(name)
    with pytest.raises(Refusal) as gone:
        run_inputs.miniature_files(miniature, tmp_path / "b")

    assert (changed.value.code, gone.value.code) == ("artefact_damaged", "artefact_missing")


def test_a_student_whose_files_changed_since_is_refused(student, launch):
    run = launch()
    (registration.folder_of(student) / "tokenizer.json").write_text('{"other": 1}')

    with pytest.raises(Refusal) as caught:
        run_inputs.student_ref(student, run)

    assert caught.value.code == "student_changed"


def test_the_spec_of_a_run_lays_its_rows_and_samples_validation_records_only(launch, tmp_path):
    run = launch()

    body = run_inputs.training_spec(run, tmp_path)

    assert len((tmp_path / body["train_file"]).read_text().splitlines()) == 10
    assert len((tmp_path / body["validation_file"]).read_text().splitlines()) == 3
    assert [prompt["id"] for prompt in body["sample_prompts"]] == ["Aarhus Works 10", "Lund Works 11", "Graz Works 12"]
    assert body["sample_prompts"][0]["messages"][-1]["content"].count("Aarhus Works 10") == 1
    assert body["sample_no_repeat_ngram"] == NO_REPEAT_NGRAM


def test_samples_for_records_of_one_title_are_told_apart(launch, tmp_path):
    run = launch()
    Record.objects.filter(task=run.task, split=Split.VALIDATION).update(title="Aarhus Works")

    prompts = run_inputs.training_spec(run, tmp_path)["sample_prompts"]

    assert [prompt["id"] for prompt in prompts] == ["Aarhus Works", "Aarhus Works (2)", "Aarhus Works (3)"]


def test_the_spec_is_what_the_engine_reads(launch, tmp_path):
    from training.engine.contracts import TrainSpec

    run = launch()

    spec = TrainSpec.model_validate(run_inputs.training_spec(run, tmp_path))

    assert spec.recipe.model_dump(mode="json") == run.recipe
    assert spec.student.path is not None


def test_a_step_saved_by_two_attempts_is_one_checkpoint_of_the_later(launch):
    run = launch()
    now = datetime.now(UTC)

    checkpoint_upload.record_checkpoints(
        run, [checkpoint_upload.ReportedCheckpoint(4, "checkpoints/step-00000004", now)], fence=1
    )
    checkpoint_upload.record_checkpoints(
        run, [checkpoint_upload.ReportedCheckpoint(4, "checkpoints/step-00000004", now)], fence=2
    )

    saved = Checkpoint.objects.get(run=run)
    assert (saved.step, saved.fence) == (4, 2)
