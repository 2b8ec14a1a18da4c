"""Give a run away: a directory that holds all its engine needs, for a cluster that reaches no database of ours.

The job is paused meanwhile. Resuming it here takes the run back, and results from elsewhere are then refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from django.db import transaction

from audit import trail
from jobs.contracts import SpecEnvelope
from jobs.kinds import registry
from jobs.lifecycle import control
from jobs.lifecycle.adopt import AT_REST
from jobs.lifecycle.transitions import append_event, lock_job
from jobs.models import Job
from jobs.rundir import write_spec
from jobs.rundir.durable import write_durably
from jobs.states import CLAIMABLE, JobState
from jobs.supervisor import run_dirs
from training.inputs import run_inputs as laying
from training.models import TrainingRun
from training.runs import checkpoint_upload
from training.runs.checkpoint_upload import CHECKPOINTS
from training.runs.portable.seal import Seal, seal
from training.students import model_folder, registration
from web.errors import Refusal

README = """# {run}

A training run of {student} to be done on any machine that has Python; no database is needed.

```
pip install "miniatures[training]"
miniatures run training.engine .
```

On several GPUs: `accelerate launch -m miniatures run training.engine .` Where Miniatures is a checkout and not
installed, run `python -m training.engine .` with that folder on `PYTHONPATH`.
{hub}
It continues from step {step}. Stop it with Ctrl-C or SIGTERM whenever you like; the same command continues from the
last checkpoint. `events.jsonl` shows how it goes, and `result.json` is there when it has ended.

Bring this directory back whole and take the result over where it came from:

```
miniatures manage adopt_run DIRECTORY
```

Change nothing in it: the spec, the rows and the student are sealed, and altered ones are refused.
"""


SEAL_FILE: Final = "export.json"
SEALED: Final = "sealed"
# By hand no lease is renewed, and without its file none grows stale.
LEASE_S: Final = 60.0


def export(run: TrainingRun, folder: Path) -> Seal:
    """Lay a self-contained run directory and bring the run's job to rest.

    Holds the rows, the spec, the student's files (of a hub student: its id and commit), the newest checkpoint of this
    host or in storage, and a README with the command. No secret is in it.

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
        job=str(job.pk),
        kind=job.kind,
        fence=job.fence,
        lease_s=LEASE_S,
        body=_body(run, folder),
        secret_refs=registry.KINDS[job.kind].secret_refs(job),
    )
    laid = [path for path in folder.rglob("*") if path.is_file()]
    write_spec(folder, spec)
    sealed = seal(folder, spec, run=str(run.pk), files=laid)
    step = _copy_checkpoint(run, folder)
    write_durably(folder / SEAL_FILE, sealed.model_dump_json(indent=1).encode())
    hub = f"\nSet `HF_TOKEN` for the gated student `{run.student.hub_id}`.\n" if spec.secret_refs else ""
    (folder / "README.md").write_text(README.format(run=run, student=run.student, step=step, hub=hub))
    with transaction.atomic():
        _note(job, sealed)
        trail.record("run_exported", by=None, about=run, task=run.task.slug, number=run.number)
    return sealed


def sealed_of(job: Job) -> Seal | None:
    """The newest export of a job; None when it was never given away."""
    event = job.events.filter(kind="log", payload__has_key=SEALED).order_by("-seq").first()
    return Seal.model_validate(event.payload[SEALED]) if event else None


def _at_rest(run: TrainingRun) -> Job:
    job = Job.objects.get(pk=run.job_id)
    if job.state in CLAIMABLE:
        job = control.pause(job, by=None)
    if job.state not in AT_REST:
        ended = job.state in (JobState.SUCCEEDED, JobState.CANCELLED)
        hint = "Launch another run." if ended else "Pause it first; it saves and stops."
        raise Refusal("job_state", f"{run} is {job.state} and cannot be given away.", hint=hint, status=409)
    return job


def _body(run: TrainingRun, folder: Path) -> dict[str, object]:
    body = laying.training_spec(run, folder)
    body["allowed_roots"] = []
    for role, model in (("student", run.student), ("teacher", run.teacher)):
        if model is not None and (source := registration.folder_of(model)):
            path = _copy_model(source.resolve(), folder, role)
            body[role] = {**body[role], "path": path}
    return body


def _copy_model(source: Path, folder: Path, role: str) -> str:
    target = folder / role / source.name
    target.mkdir(parents=True)
    for file in {file for pattern in model_folder.MODEL_FILES for file in source.glob(pattern)}:
        shutil.copyfile(file, target / file.name)
    return target.relative_to(folder).as_posix()


def _copy_checkpoint(run: TrainingRun, folder: Path) -> int:
    """Copy the newest checkpoints of any attempt on this host, and a newer one from storage; the engine verifies them.

    Returns:
        Step of the newest; 0 where there is none.
    """
    fetched = checkpoint_upload.fetch_newest(run, folder) or 0
    attempts = run_dirs.run_dir_of(run.job_id, 0).parent
    checkpoints = sorted(attempts.glob(f"*/{CHECKPOINTS}/step-*"), key=lambda path: (path.name, path.stat().st_mtime))
    own = {int(path.name.removeprefix("step-")): path for path in checkpoints[-2:]}
    for step, path in own.items():
        if step != fetched:
            shutil.copytree(path, folder / CHECKPOINTS / path.name)
    return max([*own, fetched])


def _note(job: Job, sealed: Seal) -> None:
    job = lock_job(job.pk)
    if job.state not in AT_REST or job.fence != sealed.fence:
        raise Refusal(
            "begun_since",
            "The run was set going while it was being exported.",
            status=409,
            hint="Pause it and export it again.",
        )
    message = "Exported to be trained elsewhere. Resuming it here takes it back; the export then counts no more."
    append_event(job, "log", {"level": "info", "message": message, SEALED: sealed.model_dump()})
