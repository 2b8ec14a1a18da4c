"""Formats that a miniature can be had in: its own files, and each format it was or can be written in."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.models import Job
from jobs.states import ENDED_BADLY, JobState
from training.models import Miniature, MiniatureExport
from training.recipes.schema import ENCODER_DECODERS
from training.states import ExportFormat, Method
from web.http.first_or_404 import first_or_404

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
