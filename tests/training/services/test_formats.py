"""Miniatures in other formats: ordered once, written by a real engine, downloadable with their hashes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.urls import reverse

from jobs.contracts import SpecEnvelope
from jobs.kinds.base import JobKind
from jobs.kinds.registry import KINDS
from jobs.models import Job
from jobs.rundir import write_spec
from jobs.rundir.attempt import read_result, verify
from jobs.states import JobState
from serving.cards import verify_miniature
from tests.nursery import nursery
from tests.training.engine.conftest import make_model, make_tokenizer
from tests.training.miniatures import conclude
from training.exports import formats
from training.models import MiniatureExport
from training.students import registration
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def miniature(launch, tmp_path):
    return conclude(launch(), tmp_path / "run")


def test_a_format_is_ordered_once_however_often_it_is_asked_for(miniature, lead):
    first = formats.request_export(miniature, format="gguf-f16", by=lead)

    again = formats.request_export(miniature, format="gguf-f16", by=lead)

    assert first == again
    assert Job.objects.filter(kind="export").count() == 1
    under_way = [offer.format for offer in formats.export_options(miniature) if offer.is_on_its_way]
    assert under_way == ["gguf-f16"]


def test_an_export_that_failed_may_be_ordered_again(miniature, lead):
    first = formats.request_export(miniature, format="merged", by=lead)
    Job.objects.filter(pk=first.job_id).update(state=JobState.FAILED)

    again = formats.request_export(miniature, format="merged", by=lead)

    assert (again.pk, again.job_id != first.job_id) == (first.pk, True)
    assert MiniatureExport.objects.get().job.state == JobState.QUEUED


def test_whole_weights_have_nothing_to_merge(miniature, lead):
    miniature.method = "full"
    miniature.save()

    with pytest.raises(Refusal) as caught:
        formats.request_export(miniature, format="merged", by=lead)

    assert caught.value.code == "merged_already"
    assert [offer.format for offer in formats.export_options(miniature)] == [
        "gguf-f16", "gguf-q8", "gguf-q5", "gguf-q4",
    ]  # fmt: skip


def test_gguf_of_an_encoder_decoder_is_neither_offered_nor_written(miniature, lead):
    miniature.student.model_type = "t5"
    miniature.student.save()

    for name in ("gguf-f16", "gguf-q8"):
        with pytest.raises(Refusal, match="encoder–decoders") as caught:
            formats.request_export(miniature, format=name, by=lead)
        assert caught.value.code == "gguf_encoder_decoder"
        assert "merged" in caught.value.hint

    assert [offer.format for offer in formats.export_options(miniature)] == ["merged"]


def test_who_only_reads_a_task_has_nothing_written(miniature, viewer):
    with pytest.raises(PermissionDenied):
        formats.request_export(miniature, format="merged", by=viewer)


@pytest.mark.slow
def test_the_page_offers_formats_and_orders_them_without_scripts(miniature, lead, client):
    client.force_login(lead)
    address = reverse("training:miniature-exports", args=[miniature.pk])

    before = client.get(address).content.decode()
    answer = client.post(address, {"format": "gguf-q8"}, follow=True)

    assert before.count("Make it") == 5
    assert answer.content.decode().count("Make it") == 4
    assert "queued" in answer.content.decode()
    assert client.post(address, {"format": "onnx"}).status_code == 400
    assert client.get(reverse("training:miniature-export", args=[miniature.pk, "gguf-q8"])).status_code == 404


def carry(job: Job, run_dir: Path) -> None:
    """Do a job as a supervisor does, with its engine in a process of its own."""
    kind = KINDS[job.kind]
    assert isinstance(kind, JobKind)
    run_dir.mkdir()
    body = kind.build_spec(job, run_dir)
    write_spec(run_dir, SpecEnvelope(job=str(job.pk), kind=job.kind, fence=1, lease_s=60, body=body))
    nursery().start(str(kind.engine_module), run_dir, log=run_dir / "engine.log").wait(240)
    result = read_result(run_dir)
    assert result is not None
    assert result.error is None
    verify(run_dir, result)
    kind.on_finished(job, result, kind.collect(job, result, run_dir))
    Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)


@pytest.fixture
def tuned(version, launch, admin, tmp_path, settings, monkeypatch):
    """A miniature whose adapter really is one, on a student that loads."""
    import torch

    from training.engine.model import lora

    settings.STUDENT_ROOTS = [tmp_path / "students"]
    folder = tmp_path / "students" / "tiny-llama"
    tokenizer = make_tokenizer()
    model = make_model("llama", len(tokenizer))
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    student = registration.register_folder(path=str(folder), by=admin, name="Tiny llama", licence="Apache-2.0")
    adapted = lora.attach(model, rank=4, alpha=8, dropout=0.0, seed=1)
    for name, parameter in lora.tuned_parameters(adapted).items():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    adapted.save_pretrained(tmp_path / "adapter")
    tokenizer.save_pretrained(tmp_path / "adapter")
    files = {f"adapter/{f.name}": f.read_bytes() for f in (tmp_path / "adapter").iterdir() if f.name != "README.md"}
    monkeypatch.setattr("tests.training.miniatures.FILES", files)
    return conclude(launch(student=student), tmp_path / "run"), adapted


def body_of(response) -> bytes:
    async def gather() -> bytes:
        return b"".join([block async for block in response.streaming_content])

    return async_to_sync(gather)()


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_merged_weights_answer_as_student_and_adapter_together(tuned, lead, client, tmp_path):
    import torch
    from transformers import AutoModelForCausalLM

    miniature, adapted = tuned
    export = formats.request_export(miniature, format="merged", by=lead)

    carry(export.job, tmp_path / "job")

    client.force_login(lead)
    sent = client.get(reverse("training:miniature-export", args=[miniature.pk, "merged"]))
    content = body_of(sent)
    archive = zipfile.ZipFile(io.BytesIO(content))
    archive.extractall(tmp_path / "out")
    folder = tmp_path / "out" / miniature.slug
    manifest = json.loads((folder / "miniature.json").read_text())
    assert {file["path"]: file["sha256"] for file in manifest["export"]["files"]} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and path.name not in ("README.md", "miniature.json")
    }
    (tmp_path / "merged.zip").write_bytes(content)
    assert verify_miniature.verify(tmp_path / "merged.zip")[0] == f"{len(archive.namelist())} files hold."
    ids = torch.randint(5, 300, (1, 30))
    with torch.no_grad():
        merged, together = AutoModelForCausalLM.from_pretrained(folder)(ids).logits, adapted(ids).logits
        with adapted.disable_adapter():
            base = adapted(ids).logits
    assert torch.allclose(merged, together, atol=1e-4)
    assert not torch.allclose(merged, base, atol=1e-1)


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_a_gguf_file_is_written_downloaded_and_told_of(tuned, lead, client, tmp_path):
    miniature, _ = tuned
    export = formats.request_export(miniature, format="gguf-f16", by=lead)

    carry(export.job, tmp_path / "job")

    client.force_login(lead)
    page = client.get(reverse("training:miniature-exports", args=[miniature.pk])).content.decode()
    sent = client.get(reverse("training:miniature-export", args=[miniature.pk, "gguf-f16"]))
    archive = zipfile.ZipFile(io.BytesIO(body_of(sent)))
    export = client.get(reverse("api-miniature-exports", args=[miniature.pk])).json()["results"][1]
    names = [f"{miniature.slug}.F16.gguf", "Modelfile"]
    by_name = {file["path"]: file for file in export["files"]}
    assert sorted(by_name) == sorted(names)
    gguf, modelfile = (archive.read(f"{miniature.slug}/{name}") for name in names)
    assert gguf[:4] == b"GGUF"
    assert f"FROM ./{names[0]}" in modelfile.decode()
    for name, content in zip(names, (gguf, modelfile), strict=True):
        assert hashlib.sha256(content).hexdigest() == by_name[name]["sha256"]
        assert by_name[name]["sha256"] in page
    assert (export["state"], export["is_ready"]) == ("succeeded", True)


@pytest.mark.engine
def test_an_adapter_whose_weights_were_changed_in_storage_is_not_exported(tuned, lead, tmp_path):
    from safetensors.torch import load_file, save_file

    miniature, _ = tuned
    stored = default_storage.path(f"{miniature.storage_prefix}/adapter_model.safetensors")
    save_file({name: value + 1 for name, value in load_file(stored).items()}, stored)
    export = formats.request_export(miniature, format="merged", by=lead)

    with pytest.raises(Refusal) as caught:
        KINDS["export"].build_spec(export.job, tmp_path / "job")

    assert caught.value.code == "artefact_damaged"
