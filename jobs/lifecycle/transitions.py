"""Moving a job from state to state: the table is asked, the row is written, the move is told as an event.

Every function here wants the job's row locked by the caller's transaction.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from jobs.models import FinishedNotice, Job, JobEvent
from jobs.states import CLAIMABLE, FINISHED, JobState, may_move
from web.db.turns import wait_for_turn


class ForbiddenTransition(ValueError):  # noqa: N818 (named for what was tried)
    """The table of states has no such move."""


def lock_job(job_id: UUID) -> Job:
    """The job with its row locked until the transaction ends.

    On SQLite transactions begin IMMEDIATE, which locks every row there is.

    Raises:
        Job.DoesNotExist: It is gone.
    """
    return Job.objects.select_for_update().get(pk=job_id)


def transition(job: Job, target: JobState, *, reason: str = "", by: str = "", **values: Any) -> None:
    """Bring a locked job to `target`, with further columns, and tell it.

    Raises:
        ForbiddenTransition: The state it is in does not lead there.
    """
    source = JobState(job.state)
    if not may_move(source, target):
        raise ForbiddenTransition(f"A job that is {source} cannot become {target}.")
    values["state"] = target
    values.setdefault("waiting_reason", reason[:200] if target == JobState.WAITING else "")
    if target in CLAIMABLE:
        values.setdefault("queued_at", Now())
        values.setdefault("rung_at", Now())
    if source in FINISHED:
        # Its next end is to be heard, too.
        FinishedNotice.objects.filter(job=job).delete()
    if target in FINISHED:
        values.setdefault("finished_at", Now())
    # In the transaction that ends it: a search for ends not yet consumed sees both or neither, however late it
    # commits. A time of ours: it is compared as it was written, and SQLite writes its own clock in another form.
    values.setdefault("unheard_since", timezone.now() if target in FINISHED else None)
    append_event(job, "state", {"state": str(target), "reason": reason, **({"by": by} if by else {})}, **values)


def append_event(job: Job, kind: str, payload: dict[str, Any], **values: Any) -> JobEvent:
    """Append an event of the room itself to a locked job, writing further columns in the same stroke."""
    job.last_seq += 1
    Job.objects.filter(pk=job.pk).update(last_seq=job.last_seq, **values)
    job.refresh_from_db()
    return JobEvent.objects.create(
        job=job, seq=job.last_seq, fence=job.fence, ts=timezone.now(), kind=kind, payload=payload
    )


def last_engine_seq(job: Job) -> int:
    """The newest of the engine's own numbers that is stored for the attempt the job is at."""
    job_events = JobEvent.objects.filter(job=job, fence=job.run_fence, engine_seq__isnull=False)
    return job_events.aggregate(last=Max("engine_seq"))["last"] or 0


def one_claim_at_a_time(kind: str, host_id: str) -> None:
    """Let claims of one kind and host follow each other until the transaction ends."""
    wait_for_turn(f"{kind} on {host_id}")
