"""Launch a run: everything that can be known to fail beforehand is refused here, with the way out.

What only the engine can know (rows longer than the student reads, a licence not accepted) it refuses itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from audit import trail
from jobs.lifecycle import control
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from training.inputs import samples, tuning_data
from training.inputs.samples import Sample
from training.models import TrainingRun
from training.recipes import presets
from training.runs import compose_recipe, device_needs, forecast, preflight, starting_point
from training.runs.run_request import RunRequest
from training.states import RunPurpose
from web.errors import Refusal

KIND, PART = "training", "training-part"


@transaction.atomic
def launch(
    request: RunRequest,
    *,
    recipe: str,
    by: Member | None,
    overrides: Mapping[str, Any] | None = None,
    sample: Sample | None = None,
    purpose: RunPurpose = RunPurpose.MINIATURE,
) -> TrainingRun:
    """Order a tuning run; the work itself is a job.

    Args:
        request: What to tune; its version has at least 8 training rows and 1 validation row.
        recipe: Name of a preset.
        by: A lead of the version's task; None when the product does it by itself.
        sample: Tune on so many of the training records only.
        purpose: What the run is for; a study's runs are left out of lists.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: The version is not frozen or too small, the recipe is out of range or known to fail on this student,
            the miniature to go on from or the teacher is missing or does not suit, a GPU is asked for where none is, or
            the disk is nearly full.
    """
    task, version, student, device = request.task, request.dataset_version, request.student, request.device
    if by is not None:
        require(by, task, Role.LEAD)
    composed = compose_recipe.compose(recipe, overrides, student)
    preflight.require_device(device)
    preflight.require_quantising(composed, device)
    starting_point.require_starting_point(composed, request)
    preflight.require_rows(version, composed.reads)
    if sample and composed.reads != sample.reads:
        raise Refusal(
            "sample_of_preferences",
            f"This sample is of other rows than a recipe for {composed.objective.upper()} reads.",
            hint="Launch it on the whole version.",
            status=400,
        )
    rows = samples.rows_of(version, sample) if sample else None
    guess = forecast.forecast(request, recipe=composed, rows=rows)
    needs = device_needs.needs_of(composed, device, needed_gib=guess.needed_gib or 0)
    preflight.require_disk(guess.disk_bytes, needs=needs)
    device_needs.require_devices(composed, device, needs=needs)
    # The task's row is the lock under which numbers are given.
    Task.objects.select_for_update().get(pk=task.pk)
    number = (TrainingRun.objects.filter(task=task).aggregate(top=Max("number"))["top"] or 0) + 1
    run = TrainingRun(
        task=task,
        number=number,
        dataset_version=version,
        task_version=tuning_data.newest_task_version(version),
        student=student,
        starts_from=request.starts_from,
        teacher=request.teacher,
        recipe_name=recipe,
        recipe=composed.model_dump(mode="json"),
        overrides=compose_recipe.changed_values(recipe, composed),
        device=device,
        purpose=purpose,
        sample=samples.as_json(sample, rows) if sample and rows else {},
        estimate=guess.as_json(),
        created_by=by,
    )
    run.job = control.launch(
        kind=KIND,
        title=f"Run {number}: {presets.PRESETS[recipe].label} on {student.name}",
        spec={"run": str(run.pk), "needs": asdict(needs)},
        by=by,
        task_slug=task.slug,
        subject_id=run.pk,
        subject_url=reverse("training:run", args=[run.pk]),
    )
    run.save()
    trail.record("run_launched", by=by, about=run, task=task.slug, number=number)
    return run
