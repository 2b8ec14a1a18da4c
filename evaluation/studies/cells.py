"""Single cells: begin a run, score it, look at its jobs. Callers hold the study's job locked.

Rows are locked in one order everywhere: a study's job, a measurement, the jobs of its run and of its scoring.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from evaluation.models import Measurement, StudyCell
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED, JobState
from review.models import DatasetVersion
from training.inputs import samples
from training.models import Miniature, Student, TrainingRun
from training.recipes import identity
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.states import RunPurpose
from web.errors import Refusal

KIND = "study-cell"
# States in which a job has to be resumed before it can succeed.
AT_REST = (JobState.PAUSED, JobState.FAILED)


@transaction.atomic
def begin(measurement_id: UUID) -> None:
    """Start or resume a measurement, unless it is under way or done.

    Raises:
        Refusal: Its run cannot be launched now.
    """
    measurement = Measurement.objects.select_for_update(of=("self",)).get(pk=measurement_id)
    if measurement.is_done:
        return
    if measurement.plan.get("untuned"):
        _begin_scoring(measurement)
        return
    run_state = JobState(measurement.run.job.state) if measurement.run else None
    if run_state is None or run_state == JobState.CANCELLED:
        if measurement.run:
            # A run's job does not know its measurement; without that, what it cost would be lost.
            former = measurement.run.job
            Job.objects.filter(pk=former.pk).update(spec={**former.spec, "measurement": str(measurement.pk)})
        measurement.run, measurement.job = _launch_run(measurement), None
        measurement.save(update_fields=["run", "job"])
    elif run_state in AT_REST and measurement.run:
        control.resume(measurement.run.job, by=None)
    elif run_state == JobState.SUCCEEDED:
        _begin_scoring(measurement)


@transaction.atomic
def score(measurement_id: UUID) -> None:
    """Order the scoring of a finished run, once."""
    measurement = Measurement.objects.select_for_update(of=("self",)).get(pk=measurement_id)
    if not measurement.is_done and measurement.job is None:
        _begin_scoring(measurement)


def is_ready(cell: StudyCell) -> bool:
    """Return whether the run that a cell continues from has ended; one that ended badly is refused at the start."""
    before = _before(cell.measurement)
    if before is None or before.is_done or (before.run and before.run.job.state in FINISHED):
        return True
    return StudyCell.objects.filter(study=cell.study_id, measurement=before).exclude(problem="").exists()


def jobs_of(cell: StudyCell) -> list[Job]:
    """Return the jobs of a cell, its run's first."""
    measurement = cell.measurement
    return [job for job in (measurement.run.job if measurement.run else None, measurement.job) if job]


def former_jobs_of(measurements: Iterable[Measurement]) -> QuerySet[Job]:
    """Return the cancelled jobs of measurements that others took the place of; the last ones may be among them."""
    ids = [str(each.pk) for each in measurements]
    return Job.objects.filter(kind__in=(KIND, launch_run.KIND), state=JobState.CANCELLED, spec__measurement__in=ids)


def _before(measurement: Measurement) -> Measurement | None:
    after = measurement.plan.get("after")
    return Measurement.objects.select_related("run__job", "run__miniature").get(fingerprint=after) if after else None


def _starting_point(measurement: Measurement) -> Miniature | None:
    """Return the miniature to continue from; refuse if its run failed, or was measured elsewhere and left none here."""
    before = _before(measurement)
    if before is None:
        return None
    miniature: Miniature | None = getattr(before.run, "miniature", None)
    if miniature is None:
        raise Refusal(
            "nothing_to_go_on_from",
            "The SFT run that this cell starts from left no miniature here.",
            hint="Fix that cell, then resume the study.",
        )
    return miniature


def _begin_scoring(measurement: Measurement) -> None:
    if measurement.job is not None and measurement.job.state in AT_REST:
        control.resume(measurement.job, by=None)
    elif measurement.job is None or measurement.job.state == JobState.CANCELLED:
        measurement.job = _launch_scoring(measurement)
        measurement.save(update_fields=["job"])


def _launch_run(measurement: Measurement) -> TrainingRun:
    plan = measurement.plan
    run = launch_run.launch(
        RunRequest(
            dataset_version=DatasetVersion.objects.select_related("dataset__task").get(pk=plan["dataset_version"]),
            student=Student.objects.get(pk=plan["student"]),
            teacher=Student.objects.get(pk=plan["teacher"]) if "teacher" in plan else None,
            starts_from=_starting_point(measurement),
        ),
        recipe=plan["preset"],
        overrides=plan["overrides"],
        by=None,
        sample=samples.from_json(plan["sample"]),
        purpose=RunPurpose.STUDY,
    )
    if not identity.is_same_recipe(run.recipe, plan["recipe"]) or run.sample != plan["sample"]:
        raise Refusal(
            "plan_changed",
            f"The recipe '{plan['preset']}' or the rows are not what was registered.",
            hint="Register the study again: it will measure what holds now.",
        )
    return run


def _launch_scoring(measurement: Measurement) -> Job:
    run, plan = measurement.run, measurement.plan
    if run is not None:
        system, slug, url = run.name.lower(), run.task.slug, reverse("training:run", args=[run.pk])
    else:
        # Only the untuned student has no run.
        system = f"{Student.objects.get(pk=plan['student']).name} as it came"
        slug = DatasetVersion.objects.get(pk=plan["dataset_version"]).dataset.task.slug
        url = reverse("evaluation:studies", args=[slug])
    return control.launch(
        kind=KIND,
        title=f"Score {system} on validation records",
        spec={"measurement": str(measurement.pk)},
        by=None,
        task_slug=slug,
        subject_id=run.pk if run else measurement.pk,
        subject_url=url,
    )
