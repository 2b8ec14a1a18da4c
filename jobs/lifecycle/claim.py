"""The right to do a job: taken by one worker, renewed by heartbeat, given back or lost. Counted by fences.

Every write here is conditional: a caller whose fence is old changes nothing and is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from jobs.kinds import registry
from jobs.kinds.base import JobKind
from jobs.lifecycle import notify, parts
from jobs.lifecycle.transitions import append_event, lock_job, one_claim_at_a_time, transition
from jobs.models import Job
from jobs.rundir.identity import ProcessMark
from jobs.scheduling import fairness
from jobs.scheduling import halt as scheduling_halt
from jobs.scheduling.clock import database_time_in
from jobs.scheduling.halt import HaltedError
from jobs.states import CLAIMABLE, HELD, JobState
from web.process import late_install

# An engine outlasts its worker's lease by as much again, so that a worker of its host has time to re-attach to it.
ENGINE_LEASES = 2
# Of two runs that each want two hosts, one gets both: in place of a host's name.
SEVERAL_HOSTS = "several hosts"


@dataclass(frozen=True)
class Worker:
    """Worker that claims jobs: its name, and the host and boot of its processes."""

    name: str
    host_id: str
    boot_id: str


class AttemptLost(Exception):  # noqa: N818 (named for what happened)
    """The fence has passed on, or a stop was asked for: whatever this attempt does now must not be written."""


def claim(job_id: UUID, *, worker: Worker, obstacle: str = "") -> Job | None:
    """Take a queued or waiting job, if there is room for it.

    Raced by any number of workers, one gets it: the row moves by a conditional UPDATE.

    Args:
        job_id: The job that was rung for.
        obstacle: Why this worker cannot take any job now; the job then waits, showing it.

    Returns:
        The job under its new fence, or None: it is taken, gone, at rest, or has to wait.
    """
    with transaction.atomic():
        job = Job.objects.filter(_claimable_by(worker), pk=job_id).first()
        if job is None:
            return None
        kind = registry.KINDS.get(job.kind)
        turn = fairness.TurnCheck(may=not obstacle, reason=obstacle)
        if kind is not None and turn.may:
            turn = _check_turn(job, kind, worker)
        if not turn.may:
            _let_pass(job_id, turn)
            return None
        updated = Job.objects.filter(_claimable_by(worker), pk=job_id).update(
            state=JobState.RUNNING,
            waiting_reason="",
            fence=F("fence") + 1,
            lease_until=database_time_in(settings.JOB_LEASE_S),
            worker=worker.name,
            host_id=worker.host_id,
            boot_id=worker.boot_id,
            devices=kind.needs(job).devices if kind else 1,
        )
        if not updated:
            return None  # Another worker was first.
        job = lock_job(job_id)
        payload = {"state": str(JobState.RUNNING), "reason": "", "worker": worker.name, "host": worker.host_id}
        append_event(job, "state", payload)
    return job


def renew(job_id: UUID, fence: int) -> bool:
    """Renew the lease by the database's clock; False when it has passed on."""
    engine_s = ENGINE_LEASES * settings.JOB_LEASE_S + settings.JOB_STOP_GRACE_S
    mine = Job.objects.filter(pk=job_id, fence=fence, state__in=HELD)
    return bool(
        mine.update(
            lease_until=database_time_in(settings.JOB_LEASE_S),
            engine_until=database_time_in(engine_s),
        )
    )


def lock_held(job_id: UUID, fence: int) -> Job:
    """The job, locked, for a worker that still holds it.

    Raises:
        AttemptLost: It does not.
    """
    job = Job.objects.select_for_update().filter(pk=job_id, fence=fence, state__in=HELD).first()
    if job is None:
        raise AttemptLost(f"The attempt with fence {fence} of job {job_id} has passed on.")
    return job


def begin_attempt(job_id: UUID, fence: int, *, process: ProcessMark | None = None) -> Job:
    """Record that a fresh attempt begins under this fence, in a directory of that name, and reserve its other hosts.

    Args:
        job_id: A claimed job.
        fence: Of that claim.
        process: The worker's own where it does the work itself: with it the attempt ends.

    Raises:
        AttemptLost: The fence has passed on.
        HostsTakenError: The other hosts that it needs are not free any more.
        HaltedError: Its work leaves the installation, and everything that leaves is stopped.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        if _leaves(job) and scheduling_halt.check_and_lock():
            raise HaltedError(f"Job {job_id} may not begin: all outgoing traffic is stopped.")
        Job.objects.filter(pk=job_id, started_at__isnull=True).update(started_at=Now())
        Job.objects.filter(pk=job_id).update(
            run_fence=fence,
            settled=False,
            attempts=F("attempts") + 1,
            pid=process.pid if process else None,
            pid_started=process.pid_started if process else "",
        )
        job.refresh_from_db()
        if kind := registry.KINDS.get(job.kind):
            parts.reserve(job, kind)
    return job


def held_job(job_id: UUID, fence: int) -> Job:
    """The job as it stands, unlocked, for a worker that still holds it.

    Raises:
        AttemptLost: It does not.
    """
    job = Job.objects.filter(pk=job_id, fence=fence, state__in=HELD).first()
    if job is None:
        raise AttemptLost(f"The attempt with fence {fence} of job {job_id} has passed on.")
    return job


def run_fence_of(job_id: UUID) -> int | None:
    """Return the fence of the attempt whose run directory the job uses; None where the job is gone."""
    return Job.objects.filter(pk=job_id).values_list("run_fence", flat=True).first()


def state_of(job_id: UUID) -> str | None:
    """The job's state now; None when the job is gone."""
    return Job.objects.filter(pk=job_id).values_list("state", flat=True).first()


def record_reattached(job_id: UUID, fence: int, *, pid: int, pid_started: str) -> None:
    """Write down that an engine was found alive and is watched again; what looked like a crash was none.

    Raises:
        AttemptLost: The fence has passed on.
    """
    with transaction.atomic():
        job = lock_held(job_id, fence)
        payload = {"state": str(job.state), "reason": "Re-attached to the running engine."}
        append_event(job, "state", payload, pid=pid, pid_started=pid_started, crashes=max(0, job.crashes - 1))


def reset_crashes(job_id: UUID, fence: int) -> bool:
    """Reset the count of crashes, since this attempt started well; False when the fence has passed on."""
    return bool(Job.objects.filter(pk=job_id, fence=fence).update(crashes=0))


def record_engine(job_id: UUID, fence: int, *, pid: int, pid_started: str) -> bool:
    """Write down which process works for the attempt; False when the fence has passed on."""
    return bool(Job.objects.filter(pk=job_id, fence=fence).update(pid=pid, pid_started=pid_started))


def _claimable_by(worker: Worker) -> Q:
    # Another host waits until an engine that may still live on the first has seen its stale lease and stopped.
    nobody_else = Q(settled=True) | Q(host_id=worker.host_id) | Q(engine_until__isnull=True) | Q(engine_until__lt=Now())
    return Q(state__in=CLAIMABLE) & nobody_else


def _check_turn(job: Job, kind: JobKind, worker: Worker) -> fairness.TurnCheck:
    if not job.settled and job.host_id == worker.host_id and job.run_fence:
        # Its engine may still live here: no other job's turn comes before looking after it.
        return fairness.TurnCheck(may=True)
    if kind.needs_torch and not job.is_played_back and (install := late_install.pending()):
        return fairness.TurnCheck(may=False, reason=str(install))
    if kind.leaves and (halt := scheduling_halt.check_and_lock()):
        return fairness.TurnCheck(may=False, reason=scheduling_halt.wait_reason(halt))
    if kind.needs(job).hosts > 1:
        one_claim_at_a_time(job.kind, SEVERAL_HOSTS)
    one_claim_at_a_time(kind.whole_kind or job.kind, worker.host_id)
    free = kind.max_running_per_host - fairness.taken_slots(kind, but=job)[worker.host_id]
    return fairness.check_turn(job, kind, host_id=worker.host_id, claimable=_claimable_by(worker), free_slots=free)


def _leaves(job: Job) -> bool:
    kind = registry.KINDS.get(job.kind)
    return kind is not None and kind.leaves


def _let_pass(job_id: UUID, turn: fairness.TurnCheck) -> None:
    if turn.reason:
        _wait(job_id, turn.reason)
    if turn.first is not None and turn.first.pk == job_id:
        # While its message goes round the reaper sends no second one, which would go round as well.
        Job.objects.filter(pk=job_id).update(rung_at=Now())
        notify.pass_on_after_commit(job_id, turn.first.queue)
    elif turn.first is not None:
        notify.notify_after_commit(turn.first.pk, turn.first.queue)


def _wait(job_id: UUID, reason: str) -> None:
    job = lock_job(job_id)
    if job.state == JobState.QUEUED:
        # It keeps its place: waiting is no new beginning.
        transition(job, JobState.WAITING, reason=reason, queued_at=job.queued_at)
    elif job.state == JobState.WAITING and job.waiting_reason != reason[:200]:
        append_event(job, "state", {"state": str(JobState.WAITING), "reason": reason}, waiting_reason=reason[:200])
