"""Miniatures in formats of other programs: ordered, written by an engine, stored under the hash of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from audit import trail
from jobs.contracts import Result
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import ENDED_BADLY, JobState
from members.models import Member
from review.sources.judge_records import queries as judge_tasks
from review.states import Role
from review.tasks.permissions import require
from training.inputs import run_inputs, samples
from training.models import Miniature, MiniatureExport
from training.recipes.schema import ENCODER_DECODERS
from training.runs import results
from training.states import ExportFormat, Method
from training.students import registration
from web.errors import Refusal, unknown
from web.http.first_or_404 import first_or_404

KIND: Final = "export"
ARTEFACT, FOLDER = "artefact", "export/"


@transaction.atomic
def request_export(miniature: Miniature, *, format: str, by: Member) -> MiniatureExport:
    """Have a miniature written in a format. One that is there, or on its way, is not made twice.

    Args:
        format: One of `ExportFormat`.

    Raises:
        PermissionDenied: The member does not lead the task, or reviews the drafts that the miniature judges.
        Refusal: 400 for an unknown format; 409 of one tuned on unfiltered texts for a study; 422 for one that says
            nothing new.
    """
    require(by, miniature.task, Role.LEAD)
    judge_tasks.require_may_ask(by, miniature.task)
    samples.require_filtered(miniature.run.sample, name=miniature.name)
    _require_format(miniature, format)
    # The miniature's row is the lock under which a second order finds the first.
    miniature = Miniature.objects.select_for_update(of=("self",)).select_related("task").get(pk=miniature.pk)
    export = MiniatureExport.objects.select_related("job").filter(miniature=miniature, format=format).first()
    if export is not None and export.job.state not in ENDED_BADLY:
        return export
    job = control.launch(
        kind=KIND,
        title=f"Export {miniature.name} as {ExportFormat(format).label}",
        spec={"miniature": str(miniature.pk), "format": format},
        by=by,
        task_slug=miniature.task.slug,
        subject_id=miniature.pk,
        subject_url=reverse("training:miniature", args=[miniature.pk]),
    )
    trail.record("miniature_exported", by=by, about=miniature, task=miniature.task.slug, format=format)
    if export is None:
        return MiniatureExport.objects.create(miniature=miniature, format=format, job=job, created_by=by)
    export.job, export.created_by = job, by
    export.save(update_fields=["job", "created_by"])
    return export


def export_spec(miniature: Miniature, format: str, run_dir: Path) -> dict[str, Any]:
    """Body of the exporting engine's spec; lays the miniature's files into the run directory.

    Raises:
        Refusal: A stored file or the base student is not what it was.
    """
    run_inputs.miniature_files(miniature, run_dir / ARTEFACT)
    return {
        "ways": run_inputs.template_settings(miniature.run),
        "student": run_inputs.student_ref(miniature.student, miniature.run)
        if miniature.method == Method.LORA
        else None,
        "artefact": ARTEFACT,
        "method": miniature.method,
        "format": format,
        "name": miniature.slug.lower().replace("_", "-"),
        "title": miniature.name,
        "licence": miniature.student.licence,
        "allowed_roots": registration.allowed_roots(),
        # Said only where it is so: what was recorded is known by the whole body.
        **({"converter": settings.LLAMA_CONVERTER} if settings.LLAMA_CONVERTER else {}),
    }


def store_export(job_id: UUID, result: Result, run_dir: Path) -> dict[str, Any]:
    """Carry the written files to storage; runs outside any transaction, and may be repeated.

    Returns:
        The prefix, each file's path below it, hash and size, and the hash of the whole.
    """
    manifest = results.manifest(result.artefacts)
    prefix = f"exports/{job_id}/{manifest[:16]}"
    files = []
    for ref in result.artefacts:
        name = ref.path.removeprefix(FOLDER)
        results.store_file(run_dir / ref.path, f"{prefix}/{name}", ref.bytes)
        files.append({"path": name, "sha256": ref.sha256, "bytes": ref.bytes})
    return {"prefix": prefix, "files": files, "manifest": manifest}


def conclude_export(job_id: UUID, result: Result, collected: dict[str, Any]) -> None:
    """Write down where an export that succeeded lies. A second call changes nothing."""
    if result.outcome != "succeeded":
        return
    MiniatureExport.objects.filter(job_id=job_id).update(
        storage_prefix=collected["prefix"],
        files=collected["files"],
        manifest_sha256=collected["manifest"],
        bytes=sum(file["bytes"] for file in collected["files"]),
        summary=result.summary,
    )


def _require_format(miniature: Miniature, format: str) -> None:
    if format not in ExportFormat.values:
        raise unknown("format", format, ExportFormat.values)
    if format != ExportFormat.MERGED and miniature.student.model_type in ENCODER_DECODERS:
        message = f"GGUF is not written for encoder–decoders such as {miniature.student.name}."
        raise Refusal(
            "gguf_encoder_decoder", message, hint="Export it as merged safetensors.", errors={"format": [message]}
        )
    if miniature.run.is_classifier:
        message = f"{miniature.name} is a classifier; llama.cpp and others have no words for its heads."
        raise Refusal(
            "classifier_export",
            message,
            hint="Download its weights: transformers reads the encoder, heads.safetensors the layers on it.",
            errors={"format": [message]},
        )
    if format == ExportFormat.MERGED and miniature.method == Method.FULL:
        message = f"{miniature.name} holds whole weights already; there is no adapter to merge."
        raise Refusal("merged_already", message, hint="Download its weights.", errors={"format": [message]})


USES = {
    ExportFormat.MERGED: "One model that transformers, vLLM and others load without PEFT.",
    ExportFormat.GGUF_F16: "For llama.cpp, Ollama and LM Studio; matrices in 16 bits.",
    ExportFormat.GGUF_Q8: "For llama.cpp, Ollama and LM Studio; half the size, hardly less exact.",
    ExportFormat.GGUF_Q5: "Q5_K_M, a third of the size; by llama.cpp's llama-quantize, on a host that has it.",
    ExportFormat.GGUF_Q4: "Q4_K_M, less than a third; by llama.cpp's llama-quantize. Evaluate the file that you serve.",
}


@dataclass(frozen=True)
class ExportOption:
    """One format: what it is for, and how far it is."""

    format: str
    label: str
    use: str
    export: MiniatureExport | None

    @property
    def job(self) -> Job | None:
        return self.export.job if self.export else None

    @property
    def is_ready(self) -> bool:
        return self.export is not None and bool(self.export.files)

    @property
    def is_on_its_way(self) -> bool:
        return self.job is not None and self.job.state not in ENDED_BADLY | {JobState.SUCCEEDED}


def export_options(miniature: Miniature) -> list[ExportOption]:
    """Every format this miniature can be written in.

    Whole weights have nothing to merge, an encoder–decoder has no GGUF, and a classifier has none at all.
    """
    if miniature.run.is_classifier:
        return []
    made = {export.format: export for export in miniature.exports.select_related("job")}
    formats = [ExportFormat.MERGED] if miniature.method == Method.LORA else []
    if miniature.student.model_type not in ENCODER_DECODERS:
        formats += [form for form in ExportFormat if form != ExportFormat.MERGED]
    return [ExportOption(form.value, form.label, USES[form], made.get(form.value)) for form in formats]


def ready_or_404(miniature: Miniature, format: str) -> MiniatureExport:
    """A written export; 404 while it is not ordered or not ready."""
    return first_or_404(
        miniature.exports.filter(format=format).exclude(files=[]), "This miniature has not been written in this format."
    )
