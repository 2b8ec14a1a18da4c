"""Take a run back that was trained elsewhere: everything is verified first, then it ends as if it had run here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.db import transaction
from pydantic import ValidationError

from audit import trail
from jobs.contracts import EngineEvent, Result, SpecEnvelope
from jobs.lifecycle import adopt as lifecycle_adopt
from jobs.models import Job
from jobs.rundir.attempt import SPEC, BrokenResult, read_result, verify
from jobs.rundir.tail import BadLine, EventTail
from training.engine.contracts import TrainSummary
from training.models import Miniature, TrainingRun
from training.recipes.schema import Recipe
from training.runs import results
from training.runs.portable.export_run import sealed_of
from training.runs.portable.seal import differences
from training.students.model_folder import MODEL_FILES
from web.errors import Refusal


@dataclass(frozen=True)
class AdoptedRun:
    """A run taken back, and whether it was this call that did it."""

    miniature: Miniature
    is_new: bool


def adopt(run_dir: Path) -> AdoptedRun:
    """Verify a run directory and make its run a finished one, with its miniature.

    Called twice for the same directory it changes nothing the second time. Two at once: one does it, the other is
    refused or told that it is done.

    Args:
        run_dir: A directory that `export` laid and an engine has finished in.

    Raises:
        Refusal: It is no such directory, has not ended well, was altered (says what differs), belongs to a run that
            has gone on here, or to one that has another miniature.
    """
    run_dir = run_dir.expanduser().resolve()
    spec = _spec(run_dir)
    run = TrainingRun.objects.select_related("job", "task", "student").filter(job_id=_job_id(spec)).first()
    if run is None:
        raise Refusal(
            "unknown_run",
            f"No run here has the job {spec.job} that spec.json names.",
            hint="Adopt it where it was exported.",
            status=404,
        )
    result = _ended_well(run_dir)
    _require_unaltered(run_dir, spec, run.job, result)
    _require_of_recipe(result, Recipe.model_validate(run.recipe))
    if existing := Miniature.objects.filter(run=run).first():
        return _adopted_before(existing, result)
    collected = results.store_artefact(run.pk, result, run_dir)
    with transaction.atomic():
        lifecycle_adopt.adopt_result(
            run.job_id, fence=spec.fence, blocks=_events(run_dir), result=result, collected=collected
        )
        trail.record("run_adopted", by=None, about=run, task=run.task.slug, number=run.number)
    return AdoptedRun(Miniature.objects.get(run=run), is_new=True)


def _spec(run_dir: Path) -> SpecEnvelope:
    try:
        return SpecEnvelope.model_validate_json((run_dir / SPEC).read_bytes())
    except (OSError, ValidationError) as error:
        raise Refusal(
            "no_run_directory",
            f"{run_dir} holds no spec.json that can be read: {error}.",
            hint="Name the directory that export_run made.",
        ) from error


def _job_id(spec: SpecEnvelope) -> UUID:
    try:
        return UUID(spec.job)
    except ValueError as error:
        raise Refusal("unknown_run", f"spec.json names no job: '{spec.job}'.", status=404) from error


def _ended_well(run_dir: Path) -> Result:
    go_on = "Run `miniatures run training.engine` on the directory; it continues from the last checkpoint."
    try:
        result = read_result(run_dir)
        if result is not None and result.outcome == "succeeded":
            verify(run_dir, result)
    except BrokenResult as error:
        raise Refusal("altered", str(error), hint="Bring the directory back as the engine left it.") from error
    if result is None:
        raise Refusal("not_ended", "The run has not ended: there is no result.json.", hint=go_on, status=409)
    if result.outcome != "succeeded":
        why = f": {result.error.message}" if result.error else ""
        raise Refusal("not_succeeded", f"The run {result.outcome}{why}.", hint=go_on, status=409)
    return result


def _require_unaltered(run_dir: Path, spec: SpecEnvelope, job: Job, result: Result) -> None:
    sealed = sealed_of(job)
    if sealed is None:
        raise Refusal("not_exported", "This run was never exported from here.", status=409)
    alterations = differences(run_dir, spec, sealed)
    for ref in result.artefacts:
        if not any(PurePosixPath(ref.path).match(pattern) for pattern in MODEL_FILES):
            alterations.append(f"{ref.path} is not a file of a run")
    if alterations:
        raise Refusal(
            "altered",
            f"This is not what was exported: {'; '.join(alterations)}.",
            hint="Bring the directory back as it was given, or export the run again.",
        )


def _require_of_recipe(result: Result, recipe: Recipe) -> None:
    try:
        summary = TrainSummary.model_validate(result.summary)
    except ValidationError as error:
        raise Refusal("altered", f"result.json holds no summary of a run: {error.errors()[0]['msg']}.") from error
    if summary.method != recipe.method or not any(r.path.startswith(f"{summary.artefact}/") for r in result.artefacts):
        raise Refusal(
            "altered", f"result.json tells of {summary.method} and {summary.artefact}; the recipe of {recipe.method}."
        )


def _adopted_before(existing: Miniature, result: Result) -> AdoptedRun:
    if existing.manifest_sha256 == results.manifest(result.artefacts):
        return AdoptedRun(existing, is_new=False)
    raise Refusal(
        "other_miniature", f"This run has a miniature already, '{existing.slug}', and it is not this one.", status=409
    )


def _events(run_dir: Path) -> Iterator[Sequence[EngineEvent | BadLine]]:
    tail = EventTail(run_dir)
    while block := tail.read():
        yield block
