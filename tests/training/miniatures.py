"""A miniature without an engine: its run ended as an engine would have ended it, its files are in storage."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.utils import timezone

from jobs.contracts import ArtefactRef, Result
from jobs.models import Job, JobEvent
from training.models import Miniature, TrainingRun
from training.runs import results

SUMMARY: dict[str, Any] = {
    "method": "lora", "artefact": "adapter", "rank": 16, "steps": 8, "epochs": 4.0, "rows": 10, "train_loss": 0.5,
    "validation_loss": 0.61, "validation_loss_before": 2.5, "best_step": 8, "trainable_parameters": 2304,
    "total_parameters": 3072, "tokens": 4000, "supervised_tokens": 900, "seconds": 8.0, "tokens_per_s": 500.0,
    "peak_memory_gib": 0.4, "device": "cpu", "dtype": "fp32", "resumed_from_step": None,
}  # fmt: skip
FILES = {"adapter/adapter_config.json": b'{"r": 16}', "adapter/adapter_model.safetensors": b"\x00" * 2048}


def result_of(run_dir: Path) -> Result:
    """A result whose artefacts lie in the directory."""
    refs = []
    for path, content in FILES.items():
        (run_dir / path).parent.mkdir(parents=True, exist_ok=True)
        (run_dir / path).write_bytes(content)
        refs.append(ArtefactRef(path=path, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content)))
    return Result(outcome="succeeded", summary=SUMMARY, artefacts=refs)


def conclude(run: TrainingRun, run_dir: Path) -> Miniature:
    """End a run well."""
    result = result_of(run_dir)
    results.conclude_run(run.pk, result, results.store_artefact(run.pk, result, run_dir))
    Job.objects.filter(pk=run.job_id).update(state="succeeded", finished_at=timezone.now())
    run.refresh_from_db()
    return Miniature.objects.get(run=run)


def report(run: TrainingRun, kind: str, *, fence: int = 1, **payload: Any) -> None:
    """An event of the run's engine, as ingestion would have stored it."""
    job = Job.objects.get(pk=run.job_id)
    job.last_seq += 1
    job.save(update_fields=["last_seq"])
    JobEvent.objects.create(
        job=job, seq=job.last_seq, fence=fence, engine_seq=job.last_seq, ts=timezone.now(), kind=kind, payload=payload
    )
