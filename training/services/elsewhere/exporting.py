"""Give a run away: a directory that holds all its engine needs, for a cluster that reaches no database of ours.

The job rests meanwhile. Whoever resumes it here takes the run back, and what comes from elsewhere is then refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from django.db import transaction

from audit.services import trail
from jobs import ports, rundirs
from jobs.contracts import SpecEnvelope
from jobs.models import Job
from jobs.rundir import lay
from jobs.rundir.durable import write_durably
from jobs.services import lifecycle
from jobs.services.adoption import AT_REST
from jobs.services.moves import locked, tell
from jobs.states import CLAIMABLE, JobState
from training import student_folder
from training.models import TrainingRun
from training.services import lay as laying
from training.services import students
from training.services.elsewhere.readme import README
from training.services.elsewhere.seal import Seal, seal
from web.errors import Refusal

SEAL_FILE: Final = "export.json"
SEALED: Final = "sealed"
CHECKPOINTS: Final = "checkpoints"
# By hand nobody renews a lease, and without its file none grows stale.
LEASE_S: Final = 60.0


def export(run: TrainingRun, folder: Path) -> Seal:
    """Lay a self-contained run directory and bring the run's job to rest.

    Holds the rows, the spec, the student's files (of a hub student: its id and commit), the newest checkpoint where
    this host has one, and a README with the command. No secret is in it.

    Args:
        run: A run that is queued, waiting, paused or failed.
        folder: Where to; must not exist, or be empty.

    Raises:
        Refusal: The run is at work or has ended, the folder holds something, or stored files are not what they were.
    """
    folder = folder.expanduser().resolve()
    if folder.exists() and any(folder.iterdir()):
        raise Refusal("folder_not_empty", f"{folder} holds something already.", hint="Name a folder that is new.")
    job = _at_rest(run)
    folder.mkdir(parents=True, exist_ok=True)
    spec = SpecEnvelope(
        job=str(job.pk), kind=job.kind, fence=job.fence, lease_s=LEASE_S,
        body=_body(run, folder), secret_refs=ports.KINDS[job.kind].secret_refs(job),
    )  # fmt: skip
    laid = [path for path in folder.rglob("*") if path.is_file()]
    lay(folder, spec)
    sealed = seal(folder, spec, run=str(run.pk), files=laid)
    step = _carry_checkpoint(job, folder)
    write_durably(folder / SEAL_FILE, sealed.model_dump_json(indent=1).encode())
    hub = f"\nSet `HF_TOKEN` for the gated student `{run.student.hub_id}`.\n" if spec.secret_refs else ""
    (folder / "README.md").write_text(README.format(run=run, student=run.student, step=step or 0, hub=hub))
    with transaction.atomic():
        _note(job, sealed)
        trail.record("run_exported", by=None, about=run, task=run.task.slug, number=run.number)
    return sealed


def sealed_of(job: Job) -> Seal | None:
    """The newest export of a job; None when it was never given away."""
    told = job.events.filter(kind="log", payload__has_key=SEALED).order_by("-seq").first()
    return Seal.model_validate(told.payload[SEALED]) if told else None


def _at_rest(run: TrainingRun) -> Job:
    job = Job.objects.get(pk=run.job_id)
    if job.state in CLAIMABLE:
        job = lifecycle.pause(job, by=None)
    if job.state not in AT_REST:
        ended = job.state in (JobState.SUCCEEDED, JobState.CANCELLED)
        hint = "Launch another run." if ended else "Pause it first; it saves and stops."
        raise Refusal("job_state", f"{run} is {job.state} and cannot be given away.", hint=hint, status=409)
    return job


def _body(run: TrainingRun, folder: Path) -> dict[str, object]:
    body = laying.training_spec(run, folder)
    body["allowed_roots"] = []
    for role, model in (("student", run.student), ("teacher", run.teacher)):
        if model is not None and (source := students.folder_of(model)):
            path = _carry_model(source.resolve(), folder, role)
            body[role] = {**body[role], "path": path}
    return body


def _carry_model(source: Path, folder: Path, role: str) -> str:
    """Copy a model's files; returns where they lie, below the folder."""
    target = folder / role / source.name
    target.mkdir(parents=True)
    for file in {file for pattern in student_folder.PARTS for file in source.glob(pattern)}:
        shutil.copyfile(file, target / file.name)
    return target.relative_to(folder).as_posix()


def _carry_checkpoint(job: Job, folder: Path) -> int | None:
    """Copy the newest checkpoint of any attempt on this host; its engine verifies it. Returns its step."""
    attempts = rundirs.of(job.pk, job.fence).parent
    found = sorted(attempts.glob(f"*/{CHECKPOINTS}/step-*"), key=lambda path: (path.name, path.stat().st_mtime))
    for checkpoint in found[-2:]:
        shutil.copytree(checkpoint, folder / CHECKPOINTS / checkpoint.name, dirs_exist_ok=True)
    return int(found[-1].name.removeprefix("step-")) if found else None


def _note(job: Job, sealed: Seal) -> None:
    job = locked(job.pk)
    if job.state not in AT_REST or job.fence != sealed.fence:
        raise Refusal("begun_since", "The run was set going while it was being exported.", status=409,
                      hint="Pause it and export it again.")  # fmt: skip
    message = "Exported to be trained elsewhere. Resuming it here takes it back; the export then counts no more."
    tell(job, "log", {"level": "info", "message": message, SEALED: sealed.model_dump()})
