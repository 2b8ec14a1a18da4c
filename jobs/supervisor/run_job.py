"""Course of one attempt: claim the job, find an earlier attempt's engine, start or re-attach, watch."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from jobs.contracts import EngineError, SpecEnvelope
from jobs.kinds import registry
from jobs.kinds.base import JobKind
from jobs.lifecycle import claim, end
from jobs.lifecycle.claim import AttemptLost, Worker
from jobs.lifecycle.parts import HostsTakenError
from jobs.models import Job
from jobs.rundir import acks, identity, machine, write_spec
from jobs.rundir.attempt import RESULT, SPEC
from jobs.rundir.identity import ProcessMark
from jobs.scheduling.halt import HaltedError
from jobs.secrets import store
from jobs.states import JobState
from jobs.supervisor import engine_process as engines
from jobs.supervisor import prune_runs, run_dirs, run_inline
from jobs.supervisor.engine_process import EngineProcess
from jobs.supervisor.heartbeat import HEARTBEAT, HeldLease
from jobs.supervisor.shutdown import SHUTDOWN
from jobs.supervisor.spare_processes import SPARE_PROCESSES
from jobs.supervisor.watch_engine import EngineWatch
from web.disk import full_disk
from web.errors import Refusal
from web.logs import context

logger = logging.getLogger(__name__)
# Two of a worker's threads are left for rings and for the reaper.
SLOTS = threading.BoundedSemaphore(settings.WORKER_THREADS - 2)
MIB = 1 << 20


def run_job(job_id: UUID, *, worker: str) -> None:
    """Do a job that was rung for, if it is free; returns when its attempt has ended or this worker leaves.

    May be called any number of times for the same job: a call that does not get the claim does nothing.
    """
    if SHUTDOWN.has_begun:
        return
    has_place = SLOTS.acquire(blocking=False)
    try:
        who = Worker(worker, identity.host_id(), identity.boot_id())
        obstacle = _full_disk() if has_place else "every place of this worker is taken"
        if job := claim.claim(job_id, worker=who, obstacle=obstacle):
            with context.bound(request_id=job.request_id, job_id=job.pk, kind=job.kind, attempt=job.fence):
                _run_claimed(job, who)
    finally:
        if has_place:
            SLOTS.release()
    prune_runs.prune_now_and_then()


def _run_claimed(job: Job, worker: Worker) -> None:
    logger.info("A worker took a job of the kind %s.", job.kind)
    with HEARTBEAT.holding(job.pk, job.fence) as hold:
        try:
            _work(job, hold, worker)
        except AttemptLost as lost:
            logger.warning("%s", lost)
        except HaltedError as halted:
            logger.info("%s", halted)
            end.release(job.pk, hold.fence, engine_lives=False, reason="All outgoing traffic was stopped.")
        except HostsTakenError as taken:
            end.wait(job.pk, hold.fence, reason=str(taken), again_s=settings.JOB_RERING_S)
        except Exception as error:
            logger.exception("The attempt with fence %s of job %s broke off.", hold.fence, job.pk)
            _break_off(job, hold, error)
        finally:
            close_old_connections()


def _work(job: Job, hold: HeldLease, worker: Worker) -> None:
    kind = registry.KINDS.get(job.kind)
    if kind is None:
        message = f"This worker knows no jobs of the kind '{job.kind}'."
        end.fail(job.pk, hold.fence, error=EngineError(code="unknown_kind", message=message))
    elif kind.engine_module is None:
        job = claim.begin_attempt(job.pk, hold.fence, process=identity.mark_of(os.getpid()))
        run_inline.run_inline(job, kind, hold)
    else:
        engine = None if job.settled else _find_earlier_engine(job, hold)
        if engine is None and kind.begins_with_torch and not machine.has_torch():
            end.fail(job.pk, hold.fence, error=_no_torch(kind))
            return
        if engine is None:
            job = claim.begin_attempt(job.pk, hold.fence)
            engine = _start_engine(job, kind, kind.engine_module, hold, worker)
        _watch(job, kind, kind.engine_module, engine, hold)


def _no_torch(kind: JobKind) -> EngineError:
    return EngineError(
        code="no_library",
        message=f"{kind.label} needs torch, which is not installed on the host {identity.host_id()}.",
        hint="Install the extra there (pip install 'miniatures[training]', in a checkout make torch), "
        "then begin again.",
    )


def _watch(job: Job, kind: JobKind, module: str, engine: EngineProcess, hold: HeldLease) -> None:
    if not kind.keeps_spare:
        EngineWatch(job, kind, engine, hold).run()
        return
    SPARE_PROCESSES.prepare_soon(module)
    is_wanted = False
    try:
        EngineWatch(job, kind, engine, hold).run()
        # After a crash the next attempt takes the spare; a job at its end, or that goes on elsewhere, needs none here.
        is_wanted = claim.state_of(job.pk) == JobState.QUEUED
    finally:
        if not is_wanted:
            SPARE_PROCESSES.drop(module)


def _find_earlier_engine(job: Job, hold: HeldLease) -> EngineProcess | None:
    """Return the earlier attempt's engine: still running, or ended with a result not yet read."""
    run_dir = run_dirs.run_dir_of(job.pk, job.run_fence)
    if not (run_dir / SPEC).is_file():
        return None
    hold.keep(run_dir)
    if engine := engines.find(run_dir):
        claim.record_reattached(job.pk, hold.fence, pid=engine.mark.pid, pid_started=engine.mark.pid_started)
        return engine
    if (run_dir / RESULT).is_file():
        return EngineProcess(run_dir, _ended_process())
    return None


def _start_engine(job: Job, kind: JobKind, module: str, hold: HeldLease, worker: Worker) -> EngineProcess:
    run_dir = run_dirs.run_dir_of(job.pk, hold.fence)
    run_dir.mkdir(parents=True, exist_ok=True)
    hold.keep(run_dir)
    body = kind.build_spec(job, run_dir)
    refs = kind.secret_refs(job)
    earlier = run_dirs.latest_before(job.pk, hold.fence)
    values = {name: store.resolve(name) for name in refs}
    write_spec(
        run_dir,
        SpecEnvelope(
            job=str(job.pk),
            kind=job.kind,
            fence=hold.fence,
            lease_s=claim.ENGINE_LEASES * settings.JOB_LEASE_S,
            body=body,
            secret_refs=refs,
            resume_from=str(earlier) if earlier else None,
        ),
    )
    acks.acknowledge(run_dir, 0)
    engine = engines.start(module, run_dir, job=str(job.pk), fence=hold.fence, worker=worker.name, secrets=values)
    mark = engine.mark
    try:
        if not claim.record_engine(job.pk, hold.fence, pid=mark.pid, pid_started=mark.pid_started):
            raise AttemptLost(f"Job {job.pk} passed on while its engine was starting.")
    except Exception:
        # Nobody would watch it.
        engine.kill()
        raise
    return engine


def _ended_process() -> ProcessMark:
    return ProcessMark(host_id=identity.host_id(), boot_id=identity.boot_id(), pid=0, pid_started="")


def _full_disk() -> str:
    folder = Path(settings.RUNS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    free_mib = shutil.disk_usage(folder).free / MIB
    if free_mib >= settings.JOB_MIN_FREE_DISK_MIB:
        return ""
    return f"the disk is nearly full: {free_mib:.0f} MiB are free, {settings.JOB_MIN_FREE_DISK_MIB:.0f} are needed"


def _break_off(job: Job, hold: HeldLease, error: Exception) -> None:
    """Try the job again where the database was away, however it comes to know of it; else fail it."""
    if not isinstance(error, Refusal) and full_disk.is_full(error):
        logger.error("A disk of the host %s filled up.", identity.host_id())
        error = full_disk.refusal(
            f"its job was done ({error})", identity.host_id(), hint="Free some room on that host, then resume the job."
        )
    try:
        if isinstance(error, (OperationalError, InterfaceError)):
            # A connection that broke would not take the next statement either.
            close_old_connections()
            away = EngineError(code="database_away", message=f"The database did not answer: {error}")
            kind = registry.KINDS.get(job.kind)
            end.crashed(job.pk, hold.fence, error=away, keeps_result=bool(kind and kind.engine_module))
        else:
            end.fail(job.pk, hold.fence, error=_explained(error))
    except AttemptLost as lost:
        logger.warning("%s", lost)


def _explained(error: Exception) -> EngineError:
    if isinstance(error, Refusal):
        return EngineError(code=error.code, message=error.message, hint=error.hint)
    return EngineError(
        code="could_not_run",
        message=f"The work could not be begun or carried on: {type(error).__name__}: {error}",
        hint="The worker's log has the whole story.",
    )
