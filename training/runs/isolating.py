"""Order dense students of one expert a layer of a mixture, chosen by a version's texts, and register them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED
from members.models import Member
from review.models import DatasetVersion
from training.inputs import run_inputs, tuning_data
from training.models import Student
from training.states import StudentSource
from training.students import registration
from web.errors import Refusal

KIND: Final = "isolation"
MIXTURES: Final = ("mixtral", "qwen3_moe")
# The experts that the router uses most, and as a control those it uses least.
CHOICES: Final = ("most", "least")


def folders_of(mixture: Student, version: DatasetVersion) -> dict[str, Path]:
    """Folders that depend on the mixture and the texts alone, so that nothing is isolated twice."""
    stem = f"{mixture.slug}-{version.content_hash[:12]}"
    return {choice: Path(settings.STUDENT_ROOTS[0]).resolve() / f"{stem}-{choice}" for choice in CHOICES}


def isolated(mixture: Student, version: DatasetVersion) -> list[Student]:
    """Return the students taken from a mixture by a version's texts: most used, then least; empty for none."""
    paths = [str(folder) for folder in folders_of(mixture, version).values()]
    students = {student.path: student for student in Student.objects.filter(path__in=paths)}
    return [students[path] for path in paths] if len(students) == len(paths) else []


@transaction.atomic
def order(mixture: Student, *, version: DatasetVersion, by: Member) -> Job:
    """Order the isolation of a mixture's experts; one that is under way for the same texts is returned as it is.

    Raises:
        PermissionDenied: Not an admin.
        Refusal: The student is no mixture whose experts can be isolated, or the version is not frozen.
    """
    registration.require_admin(by)
    if mixture.model_type not in MIXTURES:
        message = f"'{mixture.slug}' has no experts that can be isolated."
        raise Refusal("no_mixture", message, hint="Choose a Mixtral, or a Qwen3 with experts.")
    if tuning_data.tuning_data_of(version) is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    if under_way := jobs_of(version).filter(spec__mixture=str(mixture.pk)).exclude(state__in=FINISHED).first():
        return under_way
    return control.launch(
        kind=KIND,
        title=f"Isolate experts of {mixture.name}",
        spec={"mixture": str(mixture.pk), "dataset_version": str(version.pk)},
        by=by,
        task_slug=version.dataset.task.slug,
        subject_url=reverse("training:students"),
    )


def jobs_of(version: DatasetVersion) -> QuerySet[Job]:
    """Return isolations by a version's texts, newest first."""
    return Job.objects.filter(kind=KIND, spec__dataset_version=str(version.pk)).order_by("-created_at")


def isolation_spec(job: Job, run_dir: Path) -> dict[str, Any]:
    """Body of the engine's spec; writes the version's training rows into the run directory.

    Raises:
        Refusal: The version's file is not what was frozen.
    """
    mixture, version = _named(job)
    run_inputs.copy_train_rows(version, run_dir / run_inputs.TRAIN_FILE)
    folder = registration.folder_of(mixture)
    pinned = {"path": str(folder)} if folder else {"hub_id": mixture.hub_id, "revision": mixture.revision}
    return {
        "student": {**pinned, "licence": mixture.licence},
        "texts_file": run_inputs.TRAIN_FILE,
        "allowed_roots": registration.allowed_roots(),
        **{choice: str(path) for choice, path in folders_of(mixture, version).items()},
    }


def secret_refs(job: Job) -> list[str]:
    return registration.secret_refs(_named(job)[0])


def conclude(job: Job, summary: dict[str, Any]) -> None:
    """Register the students that an isolation wrote; safe to repeat."""
    mixture, _ = _named(job)
    for choice in CHOICES:
        name = f"{mixture.name[:100]} experts used {choice}"
        facts = {**summary[choice], "licence": mixture.licence, "source": StudentSource.FOLDER}
        registration.keep_folder(Student(name=name, created_by=job.created_by, **facts))


def _named(job: Job) -> tuple[Student, DatasetVersion]:
    versions = DatasetVersion.objects.select_related("dataset__task")
    return Student.objects.get(pk=job.spec["mixture"]), versions.get(pk=job.spec["dataset_version"])
