"""Taking the end of an attempt that ran where no supervisor stood: its events, its result, the state they come to.

All of it or nothing, in one transaction, so that no worker ever sees the job between. Knows no kind's files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from jobs.contracts import EngineEvent, Result
from jobs.kinds import registry
from jobs.lifecycle import end, events
from jobs.lifecycle.transitions import lock_job, transition
from jobs.models import Job
from jobs.rundir import identity
from jobs.rundir.tail import BadLine
from jobs.states import JobState
from web.errors import Refusal

AT_REST = frozenset({JobState.PAUSED, JobState.FAILED})
WORKER = "adopted"


@transaction.atomic
def adopt_result(
    job_id: UUID,
    *,
    fence: int,
    blocks: Iterable[Sequence[EngineEvent | BadLine]],
    result: Result,
    collected: dict[str, Any],
) -> Job:
    """End a job at rest as succeeded, by what was done for it elsewhere.

    Args:
        job_id: A paused or failed job.
        fence: The fence it had when it was given away.
        blocks: Events of the attempt, in blocks, in their order.
        result: What it came to; succeeded.
        collected: What the kind's `collect` gave for it.

    Raises:
        Refusal: 409: the job has been set going since, or is not at rest.
    """
    job = lock_job(job_id)
    if job.state not in AT_REST or job.fence != fence:
        raise Refusal(
            "begun_since",
            f"This job is {job.state} and has been begun {job.fence} times; it was given away after {fence}.",
            hint="The work done elsewhere cannot be used: the job continued here.",
            status=409,
            state={"id": str(job.pk), "state": job.state},
        )
    transition(job, JobState.QUEUED, reason="Taken back from elsewhere.", error=None, result=None, finished_at=None)
    new = fence + 1
    transition(
        job,
        JobState.RUNNING,
        fence=new,
        run_fence=new,
        settled=False,
        worker=WORKER,
        attempts=F("attempts") + 1,
        host_id=identity.host_id(),
        boot_id=identity.boot_id(),
        started_at=Coalesce("started_at", Now()),
    )
    for block in blocks:
        events.ingest(job_id, new, block, kind=registry.KINDS[job.kind])
    return end.succeed(job_id, new, result=result, collected=collected)
