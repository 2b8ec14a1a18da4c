"""Worker for the demo's jobs in this process, with the playback engine where there is a recording."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from demo.recordings.engine import recording_of
from jobs.kinds import registry
from jobs.models import PLAYED_BACK, RECORDED_S, Job
from jobs.states import CLAIMABLE
from jobs.supervisor.run_job import run_job
from review.models import Task

ENGINE = "demo.recordings.engine"
Then = Callable[[Job], None]


def nothing(job: Job) -> None:
    """Ignore a job."""


def do_waiting(task: Task, *, live: frozenset[str] = frozenset(), then: Then = nothing) -> None:
    """Do every waiting job of a task, and the jobs that follow.

    Args:
        live: Kinds of jobs for their own engine in spite of a recording.
        then: Receiver of each job that is done.

    Raises:
        RuntimeError: A job did not succeed.
    """
    kinds = {
        kind for kind, job in registry.KINDS.items() if job.engine_module and _recorded(kind, task).is_dir()
    } - live
    waiting = Job.objects.filter(task_slug=task.slug, state__in=CLAIMABLE).order_by("created_at")
    with ExitStack() as patches:
        for kind in kinds:
            patches.enter_context(patch.object(registry.KINDS[kind], "engine_module", ENGINE))
        while job := waiting.first():
            if job.kind in kinds:
                about = json.loads((_recorded(job.kind, task) / "recording.json").read_text())
                recorded = {PLAYED_BACK: True, RECORDED_S: about["seconds"]}
                Job.objects.filter(pk=job.pk).update(spec={**job.spec, **recorded})
            run_job(job.pk, worker="demo")
            job.refresh_from_db()
            if job.state != "succeeded":
                # A later resumption runs on this machine.
                Job.objects.filter(pk=job.pk).update(spec=job.spec_as_done_here)
                raise RuntimeError(f"{job.title} is {job.state}: {job.error or job.waiting_reason}")
            then(job)


def _recorded(kind: str, task: Task) -> Path:
    """Return the recording of a kind of job: that of the task, else that of the mails."""
    own = recording_of(kind, task.slug)
    return own if own.is_dir() else recording_of(kind)
