"""From a ring to the end of an attempt: claim, find what an earlier attempt left, start or re-attach, watch."""

from __future__ import annotations

import logging
import shutil
import threading
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from jobs import ports, rundirs, secrets
from jobs.contracts import EngineError, SpecEnvelope
from jobs.models import Job
from jobs.ports import JobKind
from jobs.rundir import heard, identity, lay
from jobs.rundir.attempt import RESULT, SPEC
from jobs.rundir.identity import ProcessMark
from jobs.services import claiming, ending
from jobs.services.claiming import AttemptLost, Worker
from jobs.services.halting import HaltedError
from jobs.states import JobState
from jobs.supervisor import engine as engines
from jobs.supervisor import inline, pruning
from jobs.supervisor.engine import Engine
from jobs.supervisor.pulse import PULSE, Hold
from jobs.supervisor.shutdown import SHUTDOWN
from jobs.supervisor.spares import SPARES
from jobs.supervisor.watch import Watch
from web.errors import Refusal

logger = logging.getLogger(__name__)
# Two of a worker's threads are left for rings and for the reaper.
PLACES = threading.BoundedSemaphore(settings.WORKER_THREADS - 2)
MIB = 1 << 20


def carry(job_id: UUID, *, worker: str) -> None:
    """Do a job that was rung for, if it is free; returns when its attempt has ended or this worker leaves.

    Called as often as one likes for the same job: whoever does not get the claim does nothing.
    """
    if SHUTDOWN.has_begun:
        return
    has_place = PLACES.acquire(blocking=False)
    try:
        who = Worker(worker, identity.host_id(), identity.boot_id())
        obstacle = _full_disk() if has_place else "every place of this worker is taken"
        if job := claiming.claim(job_id, worker=who, obstacle=obstacle):
            _carry(job, who)
    finally:
        if has_place:
            PLACES.release()
    pruning.prune_now_and_then()


def _carry(job: Job, worker: Worker) -> None:
    with PULSE.holding(job.pk, job.fence) as hold:
        try:
            _work(job, hold, worker)
        except AttemptLost as lost:
            logger.warning("%s", lost)
        except HaltedError as halted:
            logger.info("%s", halted)
            ending.let_go(job.pk, hold.fence, engine_lives=False, reason="Everything that leaves was stopped.")
        except Exception as error:
            logger.exception("The attempt with fence %s of job %s broke off.", hold.fence, job.pk)
            _fail(job, hold, error)
        finally:
            close_old_connections()


def _work(job: Job, hold: Hold, worker: Worker) -> None:
    kind = ports.KINDS.get(job.kind)
    if kind is None:
        message = f"This worker knows no jobs of the kind '{job.kind}'."
        ending.fail(job.pk, hold.fence, error=EngineError(code="unknown_kind", message=message))
    elif kind.engine_module is None:
        inline.run(claiming.begin_attempt(job.pk, hold.fence), kind, hold)
    else:
        engine = None if job.settled else _left_by_earlier(job, hold)
        if engine is None:
            job = claiming.begin_attempt(job.pk, hold.fence)
            engine = _started(job, kind, kind.engine_module, hold, worker)
        _watch(job, kind, kind.engine_module, engine, hold)


def _watch(job: Job, kind: JobKind, module: str, engine: Engine, hold: Hold) -> None:
    if not kind.keeps_spare:
        Watch(job, kind, engine, hold).run()
        return
    SPARES.prepare_soon(module)
    is_wanted = False
    try:
        Watch(job, kind, engine, hold).run()
        # After a crash the next attempt takes the spare; a job at its end, or that goes on elsewhere, needs none here.
        is_wanted = claiming.state_of(job.pk) == JobState.QUEUED
    finally:
        if not is_wanted:
            SPARES.drop(module)


def _left_by_earlier(job: Job, hold: Hold) -> Engine | None:
    """The earlier attempt's engine: still running, or ended with a result nobody has read."""
    run_dir = rundirs.of(job.pk, job.run_fence)
    if not (run_dir / SPEC).is_file():
        return None
    hold.keep(run_dir)
    if engine := engines.find(run_dir):
        claiming.reattached(job.pk, hold.fence, pid=engine.mark.pid, pid_started=engine.mark.pid_started)
        return engine
    if (run_dir / RESULT).is_file():
        return Engine(run_dir, _ended())
    return None


def _started(job: Job, kind: JobKind, module: str, hold: Hold, worker: Worker) -> Engine:
    run_dir = rundirs.of(job.pk, hold.fence)
    run_dir.mkdir(parents=True, exist_ok=True)
    hold.keep(run_dir)
    body = kind.build_spec(job, run_dir)
    refs = kind.secret_refs(job)
    earlier = rundirs.latest_before(job.pk, hold.fence)
    values = {name: secrets.resolve(name) for name in refs}
    lay(
        run_dir,
        SpecEnvelope(
            job=str(job.pk),
            kind=job.kind,
            fence=hold.fence,
            lease_s=claiming.ENGINE_LEASES * settings.JOB_LEASE_S,
            body=body,
            secret_refs=refs,
            resume_from=str(earlier) if earlier else None,
        ),
    )
    heard.tell(run_dir, 0)
    engine = engines.start(module, run_dir, job=str(job.pk), fence=hold.fence, worker=worker.name, secrets=values)
    mark = engine.mark
    if not claiming.name_engine(job.pk, hold.fence, pid=mark.pid, pid_started=mark.pid_started):
        engine.kill()
        raise AttemptLost(f"Job {job.pk} passed on while its engine was starting.")
    return engine


def _ended() -> ProcessMark:
    return ProcessMark(host_id=identity.host_id(), boot_id=identity.boot_id(), pid=0, pid_started="")


def _full_disk() -> str:
    folder = Path(settings.RUNS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    free_mib = shutil.disk_usage(folder).free / MIB
    if free_mib >= settings.JOB_MIN_FREE_DISK_MIB:
        return ""
    return f"the disk is nearly full: {free_mib:.0f} MiB are free, {settings.JOB_MIN_FREE_DISK_MIB:.0f} are needed"


def _fail(job: Job, hold: Hold, error: Exception) -> None:
    if isinstance(error, Refusal):
        said = EngineError(code=error.code, message=error.message, hint=error.hint)
    else:
        said = EngineError(
            code="could_not_run",
            message=f"The work could not be begun or carried on: {type(error).__name__}: {error}",
            hint="The worker's log has the whole story.",
        )
    try:
        ending.fail(job.pk, hold.fence, error=said)
    except AttemptLost as lost:
        logger.warning("%s", lost)
