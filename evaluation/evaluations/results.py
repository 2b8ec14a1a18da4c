"""Keep what an evaluation found: outputs as rows, the report as its summary. Idempotent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from evaluation.engine.contracts import EvaluationReport
from evaluation.metrics.typed import judged_by
from evaluation.models import Evaluation, EvaluationOutput
from evaluation.states import SystemKind
from jobs.contracts import Result
from jobs.rundir.lines import storable

OUTPUTS = "outputs.jsonl"
CHUNK = 500


def store_outputs(evaluation_id: UUID, run_dir: Path, *, fence: int) -> dict[str, Any]:
    """Carry the outputs to storage; runs outside any transaction."""
    name = f"evaluations/{evaluation_id}/{fence}.{OUTPUTS}"
    if default_storage.exists(name):
        default_storage.delete(name)
    with (run_dir / OUTPUTS).open("rb") as handle:
        return {"outputs": default_storage.save(name, File(handle))}


@transaction.atomic
def keep_results(evaluation_id: UUID, result: Result, collected: dict[str, Any], *, kinds: dict[str, str]) -> None:
    """Write outputs and summary of an evaluation that succeeded; an earlier try's rows are replaced."""
    if result.outcome != "succeeded":
        return
    EvaluationOutput.objects.filter(evaluation_id=evaluation_id).delete()
    with default_storage.open(collected["outputs"], "rb") as lines:
        rows = [_row(evaluation_id, json.loads(line), kinds) for line in lines]
    EvaluationOutput.objects.bulk_create(rows, batch_size=CHUNK)
    summary = {name: result.summary[name] for name in EvaluationReport.model_fields if name in result.summary}
    run = Evaluation.objects.select_related("run__task_version", "run__dataset_version").get(pk=evaluation_id).run
    kept = {**summary, "kinds": kinds, "judged_by": judged_by(run.taught)}
    Evaluation.objects.filter(pk=evaluation_id).update(summary=kept)


def _row(evaluation_id: UUID, output: dict[str, Any], kinds: dict[str, str]) -> EvaluationOutput:
    # A student may write what PostgreSQL refuses: a zero byte, half a surrogate.
    output = storable(output)
    return EvaluationOutput(
        evaluation_id=evaluation_id,
        system=output["system"],
        kind=SystemKind(kinds[output["system"]]),
        record_id=UUID(output["record"]),
        text=output["text"],
        fields=output["fields"],
        error=output["error"][:300],
        marks=output["marks"],
        seconds=output["seconds"],
        cost_usd=output["cost_usd"],
        tokens=output["tokens"],
        scores=output["scores"],
    )
